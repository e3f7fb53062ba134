//! What is judged first, and what else decides: each row changes one thing of a request or of the policies.
//!
//! A signer first, then deny policies, then approval policies; keys that others have, and policies that only watch.

use std::net::IpAddr;

use gitca::control::ControlZone;
use gitca::decision::{Case, decide};
use gitca::finding::Code;
use gitca::report::Verdict;
use gitca::snapshot::KeyOwner;
use gitca::trust::Testimony;
use gitca::trust::revocations::Revocations;
use gitca::x509::subject::Attribute;

use crate::draft::{Draft, now, zone};

#[test]
fn a_request_is_judged_by_the_signer_then_by_deny_policies_then_by_approval_policies() {
    use Verdict::{Approved, Denied, Ignored, Invalid};
    let zone = zone(now(), &[]);
    for (draft, verdict, codes) in [
        (Draft::jane(), Approved, vec![]),
        (
            Draft::with(|d| d.signer = "example.com/nobody"),
            Ignored,
            vec![Code::NoSigner],
        ),
        (Draft::with(|d| d.key = "ca"), Invalid, vec![Code::KeyIsCa]),
        (
            Draft::with(|d| d.subject.push((Attribute::Organization, "system:masters"))),
            Denied,
            vec![Code::ReservedIdentity],
        ),
        (
            Draft::with(|d| d.usages = vec!["server auth"]),
            Denied,
            vec![Code::SignerValidationFailure, Code::UsageNotAllowed],
        ),
        (
            Draft::with(|d| d.usages = vec!["digital signature"]),
            Denied,
            vec![Code::SignerValidationFailure],
        ),
        (
            Draft::with(|d| d.subject.push((Attribute::Organization, "system:nodes"))),
            Denied,
            vec![Code::DeniedBy],
        ),
        (
            Draft::with(|d| d.subject[0].1 = "bob"),
            Denied,
            vec![Code::NoPolicyAdmits, Code::ValueNotAllowed],
        ),
        (
            Draft::with(|d| d.subject.push((Attribute::Organization, "finance"))),
            Denied,
            vec![Code::NoPolicyAdmits, Code::ValueNotAllowed],
        ),
        (
            Draft::with(|d| d.sans.dns_names.push("a.example.com".into())),
            Denied,
            vec![Code::NoPolicyAdmits, Code::FieldNotAllowed],
        ),
        (
            Draft::with(|d| d.sans.ip_addresses.push(IpAddr::from([10, 0, 0, 1]))),
            Denied,
            vec![Code::NoPolicyAdmits, Code::FieldNotAllowed],
        ),
        (
            Draft::with(|d| d.subject.push((Attribute::Country, "DE"))),
            Denied,
            vec![Code::NoPolicyAdmits, Code::FieldNotAllowed],
        ),
        (
            Draft::with(|d| d.expiration = Some(31 * 86400)),
            Denied,
            vec![Code::NoPolicyAdmits, Code::LifetimeTooLong],
        ),
        (
            Draft::with(|d| d.subject.clear()),
            Denied,
            vec![Code::NoPolicyAdmits],
        ),
    ] {
        let (found, found_codes) = draft_or_nameless(&draft, &zone);
        assert_eq!(found, verdict, "{:?} {:?}", draft.subject, draft.usages);
        for code in codes {
            assert!(
                found_codes.contains(&code),
                "{code} is not among {found_codes:?} for {:?}",
                draft.subject
            );
        }
    }
}

/// A request without subject needs a name to be one at all.
fn draft_or_nameless(draft: &Draft, zone: &ControlZone) -> (Verdict, Vec<Code>) {
    if draft.subject.is_empty() {
        let nameless = Draft::with(|d| {
            d.subject.clear();
            d.sans.dns_names.push("a.example.com".into());
        });
        return nameless.judged(zone, now());
    }
    draft.judged(zone, now())
}

#[test]
fn capital_letters_that_policies_do_not_see_are_told() {
    let allowing = "    dnsNames: {any: true}\n    usages: [client auth, digital";
    let zone = zone(now(), &[("    usages: [client auth, digital", allowing)]);
    for (name, notices) in [
        ("a.example.com", vec![]),
        ("A.example.com", vec![Code::CaseFolded]),
    ] {
        let draft = Draft::with(|d| d.sans.dns_names.push(name.into()));
        assert_eq!(draft.judged(&zone, now()), (Verdict::Approved, notices));
    }
}

#[test]
fn a_key_that_another_request_has_is_refused_unless_the_policy_allows_it() {
    for (reuse, verdict) in [
        ("deny", Verdict::Denied),
        // Who asked is unknown, and nobody is not the same as nobody.
        ("sameRequester", Verdict::Denied),
        ("allow", Verdict::Approved),
    ] {
        let zone = zone(now(), &[("keyReuse: deny", &format!("keyReuse: {reuse}"))]);
        let request = Draft::jane().request();
        let owner = KeyOwner::certified("ops/omar".parse().expect("a name"), None);
        let case = Case {
            request: &request,
            zone: &zone,
            testimony: &Testimony::default(),
            key_owner: Some(&owner),
            revocations: Revocations::NONE,
            now: now(),
        };
        let found = decide(&case)
            .decision
            .map_or_else(|refusal| refusal.verdict, |_| Verdict::Approved);
        assert_eq!(found, verdict, "{reuse}");
    }
}

#[test]
fn a_policy_in_audit_mode_is_reported_and_decides_nothing() {
    let audited = zone(
        now(),
        &[(
            "selector: {everything: true}",
            "mode: audit\n  selector: {everything: true}",
        )],
    );
    let nodes = Draft::with(|d| d.subject.push((Attribute::Organization, "system:nodes")));
    let request = nodes.request();
    let judgement = decide(&Case {
        request: &request,
        zone: &audited,
        testimony: &Testimony::default(),
        key_owner: None,
        revocations: Revocations::NONE,
        now: now(),
    });
    assert!(
        judgement
            .notices
            .iter()
            .any(|notice| notice.code == Code::AuditDenies)
    );
    let admitting = zone(
        now(),
        &[("approvals: none", "approvals: none\n  mode: audit")],
    );
    let (verdict, codes) = Draft::jane().judged(&admitting, now());
    assert_eq!(
        (verdict, codes.first()),
        (Verdict::Denied, Some(&Code::NoApplicablePolicy))
    );
}
