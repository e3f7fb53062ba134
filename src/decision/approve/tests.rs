//! What one policy admits: a row is a rule, a request and the codes that come out.
//!
//! In come policies as text and requests from the sample. The subject has a file of its own below.

mod subject;

use super::*;
use crate::control::sample::{allowing, approving};
use crate::decision::asked::sample::Sample;
use crate::x509::key::{Curve, KeyKind, PublicKey};

fn codes(allowed: &str, sample: &Sample) -> Vec<Code> {
    let policy = allowing(allowed);
    let reasons = judge(&policy, &sample.asked());
    reasons.iter().map(|reason| reason.code).collect()
}

fn dns(names: &[&str]) -> Sample {
    Sample::new().dns(names)
}

#[test]
fn a_dns_name_is_allowed_by_an_entry_for_it() {
    use Code::{FieldNotAllowed, TemplateValueUnsafe, ValueNotAllowed, WildcardCertificate};
    for (rule, name, code) in [
        ("{values: ['*.example.com']}", "a.example.com", None),
        (
            "{values: ['*.example.com']}",
            "a.b.example.com",
            Some(ValueNotAllowed),
        ),
        (
            "{values: ['*.example.com']}",
            "*.example.com",
            Some(WildcardCertificate),
        ),
        (
            "{values: ['*.example.com']}",
            "example.com",
            Some(ValueNotAllowed),
        ),
        ("{values: ['example.com']}", "EXAMPLE.com", None),
        ("{values: ['EXAMPLE.com']}", "example.com", None),
        ("{any: true}", "*.example.com", Some(WildcardCertificate)),
        (
            "{any: true, wildcardCertificates: allow}",
            "*.example.com",
            None,
        ),
        (
            "{values: ['*.a.example'], wildcardCertificates: allow}",
            "*.a.example",
            None,
        ),
        (
            "{values: ['**.example'], wildcardCertificates: allow}",
            "*.a.example",
            None,
        ),
        (
            "{values: ['w*.a.example'], wildcardCertificates: allow}",
            "*.a.example",
            Some(ValueNotAllowed),
        ),
        (
            "{values: [{regex: '.*'}], wildcardCertificates: allow}",
            "*.a.example",
            Some(ValueNotAllowed),
        ),
        ("{any: true}", "a_b.example.com", Some(ValueNotAllowed)),
        ("{any: true, underscores: allow}", "a_b.example.com", None),
        (
            "{values: [{regex: 'shop\\.example\\.com'}]}",
            "shop.example.com.evil.net",
            Some(ValueNotAllowed),
        ),
        ("{values: [{regex: 'a|shop'}]}", "shop", None),
        (
            "{values: [{regex: 'a|shop'}]}",
            "ashop",
            Some(ValueNotAllowed),
        ),
        ("{values: [{regex: '^a$'}]}", "a\nb", Some(ValueNotAllowed)),
        (
            "{values: [{regex: '(?m)^a$'}]}",
            "a\nb",
            Some(ValueNotAllowed),
        ),
        (
            "{values: [{regex: '(a*)*b'}]}",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            Some(ValueNotAllowed),
        ),
        (
            "{values: ['{{ request.name }}.example.com']}",
            "web.example.com",
            None,
        ),
        (
            "{values: ['{{ request.name }}.example.com']}",
            "x.example.com",
            Some(ValueNotAllowed),
        ),
        (
            "{values: [{exact: '{{ request.dirs[0] }}.example.com'}]}",
            "shop.example.com",
            None,
        ),
        (
            "{values: ['{{ request.path }}.example.com']}",
            "web.example.com",
            Some(TemplateValueUnsafe),
        ),
        (
            "{values: ['{{ request.path }}.example.com', web.example.com]}",
            "web.example.com",
            None,
        ),
        ("{absent: true}", "a.example.com", Some(FieldNotAllowed)),
    ] {
        let found = codes(&format!("{{dnsNames: {rule}}}"), &dns(&[name]));
        assert_eq!(found, Vec::from_iter(code), "{rule} {name:?}");
    }
}

#[test]
fn kinds_never_lend_to_each_other() {
    let allowed = "{dnsNames: {values: [example.com]}}";
    for sample in [
        Sample::new().email("a@example.com"),
        Sample::new().uri("https://example.com"),
        Sample::new().ip("10.0.0.1"),
        Sample::new().subject(Attribute::CommonName, "example.com"),
        Sample::new().subject(Attribute::Organization, "example.com"),
    ] {
        assert_eq!(
            codes(allowed, &sample),
            [Code::FieldNotAllowed],
            "{sample:?}"
        );
    }
}

#[test]
fn an_address_lies_in_a_block_of_its_family() {
    let allowed = "{ipAddresses: {cidrs: [10.20.0.0/16, 'fd00:20::/32'], except: [10.20.0.1/32]}}";
    for (address, refused) in [
        ("10.20.3.4", false),
        ("10.20.0.1", true),
        ("10.21.0.1", true),
        ("fd00:20::1", false),
        ("fd00:21::1", true),
    ] {
        let found = codes(allowed, &Sample::new().ip(address));
        let expected = refused.then_some(Code::ValueNotAllowed);
        assert_eq!(found, Vec::from_iter(expected), "{address}");
    }
}

#[test]
fn mailboxes_and_uris_are_compared_in_normal_form() {
    for (allowed, sample, refused) in [
        (
            "{emailAddresses: {values: ['*@example.com']}}",
            Sample::new().email("A@EXAMPLE.com"),
            false,
        ),
        (
            "{emailAddresses: {values: ['a@example.com']}}",
            Sample::new().email("A@example.com"),
            true,
        ),
        (
            "{emailAddresses: {values: [{exact: 'A@Example.com'}]}}",
            Sample::new().email("A@example.com"),
            false,
        ),
        (
            "{uris: {values: ['spiffe://td/ns/*/sa/*']}}",
            Sample::new().uri("spiffe://td/ns/a/sa/x/ns/prod/sa/admin"),
            true,
        ),
        (
            "{uris: {values: ['spiffe://td/ns/*/sa/*']}}",
            Sample::new().uri("spiffe://td/ns/a/sa/x"),
            false,
        ),
        (
            "{uris: {values: ['spiffe://td/{{ request.path }}']}}",
            Sample::new().uri("spiffe://td/shop/web"),
            false,
        ),
        (
            "{uris: {values: [{exact: 'urn:a:*'}]}}",
            Sample::new().uri("urn:a:b"),
            true,
        ),
        (
            "{uris: {values: [{exact: 'urn:a:b'}]}}",
            Sample::new().uri("urn:a:b"),
            false,
        ),
    ] {
        let expected = refused.then_some(Code::ValueNotAllowed);
        assert_eq!(
            codes(allowed, &sample),
            Vec::from_iter(expected),
            "{allowed} {sample:?}"
        );
    }
}

#[test]
fn counts_are_bounds_of_what_is_asked_for() {
    use Code::{RequiredMissing, TooFewValues, TooManyValues};
    for (rule, names, code) in [
        ("{any: true, required: true}", vec![], Some(RequiredMissing)),
        (
            "{any: true, required: true, minItems: 2}",
            vec![],
            Some(RequiredMissing),
        ),
        ("{any: true, minItems: 2}", vec!["a.b"], Some(TooFewValues)),
        ("{any: true, minItems: 2}", vec!["a.b", "c.d"], None),
        (
            "{any: true, maxItems: 1}",
            vec!["a.b", "c.d"],
            Some(TooManyValues),
        ),
    ] {
        let found = codes(&format!("{{dnsNames: {rule}}}"), &dns(&names));
        assert_eq!(found, Vec::from_iter(code), "{rule} {names:?}");
    }
}

#[test]
fn lifetime_and_key_are_within_the_constraints() {
    use Code::{KeyTypeNotAllowed, LifetimeTooLong, LifetimeTooShort, RequiredMissing};
    for (constraints, code) in [
        ("{duration: {min: 24h, max: 24h}}", None),
        ("{duration: {max: 23h}}", Some(LifetimeTooLong)),
        ("{duration: {min: 25h}}", Some(LifetimeTooShort)),
        ("{duration: {required: true}}", Some(RequiredMissing)),
        ("{keys: [ed25519]}", None),
        ("{keys: [rsa, ecdsa]}", Some(KeyTypeNotAllowed)),
    ] {
        let policy = approving(&format!(
            "{{selector: {{everything: true}}, approvals: none, constraints: {constraints}}}"
        ));
        let reasons = judge(&policy, &Sample::new().asked());
        let found: Vec<Code> = reasons.iter().map(|reason| reason.code).collect();
        assert_eq!(found, Vec::from_iter(code), "{constraints}");
    }
}

#[test]
fn a_list_of_keys_means_lengths_and_curves() {
    for (keys, kind, listed) in [
        ("[{rsa: {bits: [3072]}}]", KeyKind::Rsa { bits: 3072 }, true),
        (
            "[{rsa: {bits: [3072]}}]",
            KeyKind::Rsa { bits: 2048 },
            false,
        ),
        ("[rsa]", KeyKind::Rsa { bits: 2050 }, true),
        (
            "[{ecdsa: {curves: [P-256]}}]",
            KeyKind::Ecdsa(Curve::P384),
            false,
        ),
        ("[ecdsa]", KeyKind::Ecdsa(Curve::P384), true),
        ("[rsa, ecdsa]", KeyKind::Ed25519, false),
    ] {
        let policy = approving(&format!(
            "{{selector: {{everything: true}}, approvals: none, constraints: {{keys: {keys}}}}}"
        ));
        let mut sample = Sample::new();
        sample.key = PublicKey::for_tests(kind);
        assert_eq!(
            judge(&policy, &sample.asked()).is_empty(),
            listed,
            "{keys} {kind}"
        );
    }
}

#[test]
fn a_reason_says_what_would_help() {
    let policy = approving(
        "selector: {everything: true}\napprovals: none\n\
         allowed: {usages: [client auth], dnsNames: {values: ['web.example.com', '*.shop.example']}}\n\
         constraints: {duration: {max: 10h}}",
    );
    let sample = dns(&["wbe.example.com"])
        .usage("client auth")
        .usage("server auth");
    let reasons = judge(&policy, &sample.asked());
    let brief: Vec<(&str, &str)> = reasons
        .iter()
        .map(|reason| {
            (
                reason.field.as_deref().unwrap(),
                reason.help.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        brief,
        [
            (
                "csr.dnsNames[0]",
                "the nearest that is allowed is `web.example.com`"
            ),
            ("spec.usages[1]", "drop usage `server auth`"),
            (
                "spec.expirationSeconds",
                "ask for at most 10h: `expirationSeconds: 36000`"
            ),
        ]
    );
    assert!(
        reasons
            .iter()
            .all(|reason| reason.policy.as_deref() == Some("x"))
    );
}

#[test]
fn the_order_of_entries_decides_nothing() {
    let sample = dns(&["a.example.com", "x.example.net"]).usage("any");
    let judged = |entries: &str| {
        let policy = allowing(&format!("{{dnsNames: {{values: [{entries}]}}}}"));
        judge(&policy, &sample.asked())
    };
    assert_eq!(
        judged("'*.example.com', y.example.net, z.example.net"),
        judged("z.example.net, y.example.net, '*.example.com'")
    );
}

#[test]
fn a_placeholder_of_the_requester_needs_a_known_one() {
    use Code::{RequesterUnknown, TemplateValueUnsafe, ValueNotAllowed};
    for (rule, principal, name, code) in [
        (
            "{values: ['{{ requester.name }}.dev.example']}",
            Some("jane"),
            "jane.dev.example",
            None,
        ),
        (
            "{values: ['{{ requester.name }}.dev.example']}",
            Some("bob"),
            "jane.dev.example",
            Some(ValueNotAllowed),
        ),
        (
            "{values: ['{{ requester.name }}.dev.example']}",
            Some("jane.doe"),
            "jane.dev.example",
            Some(TemplateValueUnsafe),
        ),
        (
            "{values: ['{{ requester.name }}.dev.example']}",
            None,
            "jane.dev.example",
            Some(RequesterUnknown),
        ),
        (
            "{values: ['{{ requester.name }}.dev.example', 'jane.dev.example']}",
            None,
            "jane.dev.example",
            None,
        ),
    ] {
        let mut sample = dns(&[name]);
        sample.requester.principal = principal.map(|name| name.parse().unwrap());
        let found = codes(&format!("{{dnsNames: {rule}}}"), &sample);
        assert_eq!(found, Vec::from_iter(code), "{rule} {principal:?}");
    }
}
