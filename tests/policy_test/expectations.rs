//! What a case may expect, and who asks and agrees in it: each row passes or does not, as the decision for real is.
//!
//! All rows of a test run as the cases of one file, in one repository.

use crate::place::{AS_JANE, BY_TWO, compare, jane};

#[test]
fn who_asks_and_who_agrees_is_counted_as_for_real() {
    let lack = |count: u32| {
        format!(
            "verdict: pending, policy: developers, missing: [{{groups: [platform], count: {count}}}]"
        )
    };
    let (one, two, three) = (lack(1), lack(2), lack(3));
    let with = |who: &str| format!("{AS_JANE}, approvals: [{who}]");
    let by_bob = with("bob");
    let no = |who: &str| format!("{BY_TWO}, denials: [{who}]");
    let dev = jane("dev");
    compare(&[
        (&dev, AS_JANE, &two, true),
        (&dev, "", &three, true),
        (&dev, "", &two, false),
        (&dev, ", requester: {name: jane}", &three, true),
        (&dev, &by_bob, &one, true),
        (
            &dev,
            &by_bob,
            "verdict: pending, missing: [{groups: [security]}]",
            false,
        ),
        (&dev, &by_bob, "verdict: pending, missing: []", false),
        (
            &dev,
            BY_TWO,
            "verdict: approved, codes: [], missing: []",
            true,
        ),
        (
            &dev,
            &with("bob, jane"),
            "verdict: pending, codes: [ApproverIsRequester]",
            true,
        ),
        (
            &dev,
            &with("bob, robot"),
            "verdict: pending, codes: [ApprovalNotPerson]",
            true,
        ),
        (
            &dev,
            &with("bob, carol"),
            "verdict: pending, codes: [ApproverNotEligible]",
            true,
        ),
        (
            &dev,
            &no("alice"),
            "verdict: denied, codes: [Rejected]",
            true,
        ),
        (&dev, &no("carol"), "verdict: approved", true),
    ]);
}

#[test]
fn each_thing_that_is_expected_is_compared() {
    let dev = jane("dev");
    let long = format!("{dev}, expirationSeconds: 8640000");
    let other = jane("dev, x");
    let ask = |more: &str| format!("{dev}, {more}");
    compare(&[
        (&dev, BY_TWO, "verdict: approved, policy: privileged", false),
        (
            &dev,
            BY_TWO,
            "verdict: approved, codes: [LifetimeCapped]",
            false,
        ),
        (
            &long,
            BY_TWO,
            "verdict: denied, codes: [LifetimeCapped, LifetimeTooLong]",
            true,
        ),
        (&long, BY_TWO, "verdict: denied, codes: []", false),
        (
            &other,
            BY_TWO,
            "verdict: denied, field: 'csr.subject.organizations[1]'",
            true,
        ),
        (
            &other,
            BY_TWO,
            "verdict: denied, field: 'csr.subject.organizations[0]'",
            false,
        ),
        (
            &other,
            BY_TWO,
            "verdict: denied, codes: [NoPolicyAdmits], field: 'csr.subject.organizations[1]'",
            false,
        ),
        (
            &jane("'system:nodes'"),
            BY_TWO,
            "verdict: denied, policy: privileged, codes: [DeniedBy]",
            true,
        ),
        // What is no request, and what nobody signs for.
        (
            &ask("expirationSeconds: 60"),
            BY_TWO,
            "verdict: invalid, codes: [FieldValueInvalid], field: spec.expirationSeconds",
            true,
        ),
        (
            &ask("dnsNames: ['*.*.a.org']"),
            BY_TWO,
            "verdict: invalid, codes: [MalformedDNSName], field: 'csr.dnsNames[0]'",
            true,
        ),
        (
            &ask("labels: {'!': a}"),
            BY_TWO,
            "verdict: invalid, codes: [FieldValueInvalid], field: metadata.labels",
            true,
        ),
        (&ask("key: rsa-4096"), BY_TWO, "verdict: approved", true),
        (
            &ask("key: ed25519, dnsNames: [a.org]"),
            BY_TWO,
            "verdict: denied, codes: [FieldNotAllowed]",
            true,
        ),
    ]);
}
