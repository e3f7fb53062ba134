//! What one deny policy hits: a row is a pattern, a value, and whether it is a hit.
//!
//! In come policies as text and requests from the sample; spelling never saves a value.

use super::*;
use crate::control::sample::{denying, denying_among};
use crate::decision::asked::sample::Sample;

fn fields(deny: &str, sample: &Sample) -> Vec<String> {
    let policy = denying(&format!("deny: [{{name: entry, {deny}}}]"));
    let hits = hits(&policy, &sample.asked());
    assert!(hits.iter().all(|hit| hit.code == Code::DeniedBy));
    hits.into_iter().filter_map(|hit| hit.field).collect()
}

#[test]
fn a_name_is_denied_however_it_is_asked_for() {
    for (pattern, name, hit) in [
        ("vault.example.com", "vault.example.com", true),
        ("vault.example.com", "VAULT.example.com", true),
        ("vault.example.com", "*.example.com", true),
        ("{exact: vault.example.com}", "*.example.com", true),
        ("web-*.example.com", "*.example.com", true),
        ("vault.example.com", "x.vault.example.com", false),
        ("vault.example.com", "*.vault.example.com", false),
        ("'**.bank.example.com'", "*.example.com", false),
        ("'**.bank.example.com'", "*.bank.example.com", true),
        ("{regex: 'VAULT\\..*'}", "vault.example.com", true),
        ("{regex: 'x'}", "vault.example.com", false),
        ("{regex: 'x'}", "*.example.com", true),
        ("'{{ request.name }}.example.com'", "web.example.com", true),
        ("'{{ request.name }}.example.com'", "x.example.com", false),
        ("'{{ request.path }}.example.com'", "x.example.com", true),
    ] {
        let found = fields(
            &format!("dnsNames: [{pattern}]"),
            &Sample::new().dns(&[name]),
        );
        assert_eq!(!found.is_empty(), hit, "{pattern} {name}");
    }
}

#[test]
fn a_common_name_is_tried_as_what_it_looks_like() {
    for (deny, common_name, hit) in [
        ("dnsNames: [vault.example.com]", "Vault.example.com", true),
        ("dnsNames: [vault.example.com]", "vault.example.com.", true),
        ("dnsNames: [vault.example.com]", "*.example.com", true),
        ("ipAddresses: [10.0.0.0/8]", "10.1.1.1", true),
        ("ipAddresses: [10.0.0.0/8]", "::ffff:10.1.1.1", true),
        ("ipAddresses: ['::/0']", "10.1.1.1", false),
        (
            "emailAddresses: ['root@example.com']",
            "Root@EXAMPLE.com",
            true,
        ),
        ("uris: ['spiffe://td/**']", "spiffe://td/a", true),
        ("dnsNames: [vault.example.com]", "vault example com", false),
        (
            "emailAddresses: ['*@vault.example.com']",
            "A@VAULT.example.com.",
            true,
        ),
        ("uris: ['spiffe://td/admin']", "SPIFFE://td/admin", true),
        ("uris: ['spiffe://td/admin']", "spiffe://td/./admin", true),
        (
            "uris: ['spiffe://td/admin']",
            "spiffe://td/administrator",
            false,
        ),
        ("uris: ['spiffe://td/admin']", "spiffe://td/x/admin", false),
    ] {
        let sample = Sample::new().subject(Attribute::CommonName, common_name);
        let found = fields(deny, &sample);
        let expected = hit.then(|| COMMON_NAME.to_owned());
        assert_eq!(found, Vec::from_iter(expected), "{deny} {common_name}");
    }
}

#[test]
fn a_uri_is_denied_in_its_normal_form_and_with_any_query() {
    for (pattern, uri, hit) in [
        (
            "https://vault.example.com/",
            "https://vault.example.com?x",
            true,
        ),
        (
            "https://vault.example.com/",
            "https://vault.example.com/?x",
            true,
        ),
        (
            "https://vault.example.com/",
            "https://vault.example.com",
            true,
        ),
        (
            "https://vault.example.com",
            "https://vault.example.com/",
            true,
        ),
        (
            "https://vault.example.com/**",
            "https://vault.example.com?x",
            true,
        ),
        (
            "https://vault.example.com/a?x",
            "https://vault.example.com/a?x",
            true,
        ),
        (
            "https://vault.example.com/a?x",
            "https://vault.example.com/a?y",
            false,
        ),
        (
            "{exact: 'https://vault.example.com/a'}",
            "https://vault.example.com/a?x",
            true,
        ),
        (
            "https://vault.example.com/",
            "https://vault.example.com/a",
            false,
        ),
        (
            "https://vault.example.com/",
            "https://vault.example.org",
            false,
        ),
    ] {
        let pattern = if pattern.starts_with('{') {
            pattern.to_owned()
        } else {
            format!("'{pattern}'")
        };
        let found = fields(&format!("uris: [{pattern}]"), &Sample::new().uri(uri));
        assert_eq!(!found.is_empty(), hit, "{pattern} {uri}");
    }
}

#[test]
fn a_subject_is_denied_without_letter_case_and_across_separators() {
    for (pattern, value, hit) in [
        ("'system:masters'", "System:Masters", true),
        ("'SYSTEM:*'", "system:a:b/c", true),
        ("'stra\u{df}e'", "STRASSE", true),
        ("{regex: 'stra\u{df}e'}", "Stra\u{df}e", true),
        ("{exact: 'A'}", "a", true),
        ("'sys'", "system", false),
    ] {
        let sample = Sample::new().subject(Attribute::Organization, value);
        let found = fields(&format!("subject: {{organizations: [{pattern}]}}"), &sample);
        assert_eq!(!found.is_empty(), hit, "{pattern} {value}");
    }
}

#[test]
fn every_value_that_is_hit_is_reported() {
    let sample = Sample::new()
        .dns(&["a.example.com", "ok.example.net", "b.example.com"])
        .ip("10.0.0.1")
        .email("A@example.com")
        .usage("client auth")
        .usage("any");
    let deny = "dnsNames: ['*.example.com', a.example.com], ipAddresses: [10.0.0.0/8], \
                emailAddresses: ['a@example.com'], usages: [any]";
    assert_eq!(
        fields(deny, &sample),
        [
            "csr.dnsNames[0]",
            "csr.dnsNames[2]",
            "csr.emailAddresses[0]",
            "csr.ipAddresses[0]",
            "spec.usages[1]",
        ]
    );
}

#[test]
fn a_selector_or_an_exception_that_holds_not_is_respected() {
    let sample = Sample::new().usage("any");
    for (spec, hit) in [
        ("{deny: [{name: a, usages: [any]}]}", true),
        (
            "{selector: {paths: ['shop/*']}, deny: [{name: a, usages: [any]}]}",
            true,
        ),
        (
            "{selector: {paths: [x]}, deny: [{name: a, usages: [any]}]}",
            false,
        ),
        (
            "{deny: [{name: a, usages: [any], unless: {paths: ['shop/*']}}]}",
            false,
        ),
        (
            "{deny: [{name: a, usages: [any], unless: {paths: ['shop/*'], signerNames: [a.b/c]}}]}",
            true,
        ),
    ] {
        let found = hits(&denying(spec), &sample.asked());
        assert_eq!(!found.is_empty(), hit, "{spec}");
    }
}

#[test]
fn a_blocked_key_is_found_by_digest_list_and_type() {
    let sample = Sample::new();
    let digest = sample.key.digest();
    let list = format!("# spki-sha256\n{digest}\n");
    let other = format!("# spki-sha256\n{}\n", "0".repeat(64));
    for (keys, hit) in [
        (format!("{{spkiSHA256: ['{digest}']}}"), true),
        ("{lists: [keys/list.txt]}".to_owned(), true),
        ("{lists: [keys/other.txt]}".to_owned(), false),
        ("{types: [ed25519]}".to_owned(), true),
        ("{types: [rsa]}".to_owned(), false),
    ] {
        let files = [
            ("policies/keys/list.txt", list.as_str()),
            ("policies/keys/other.txt", other.as_str()),
        ];
        let policy = denying_among(&format!("{{deny: [{{name: a, keys: {keys}}}]}}"), &files);
        let found: Vec<Code> = hits(&policy, &sample.asked())
            .iter()
            .map(|r| r.code)
            .collect();
        assert_eq!(
            found,
            Vec::from_iter(hit.then_some(Code::KeyBlocked)),
            "{keys}"
        );
    }
}

#[test]
fn the_entry_and_its_message_are_in_the_reason() {
    let policy = denying("deny: [{name: vault, dnsNames: [a.b], message: ask the operators}]");
    let found = hits(&policy, &Sample::new().dns(&["a.b"]).asked());
    assert_eq!(
        found[0].message,
        "denied by entry `vault`: ask the operators"
    );
    assert_eq!(found[0].policy.as_deref(), Some("x"));
}

#[test]
fn the_order_of_entries_decides_nothing() {
    let sample = Sample::new().dns(&["a.b", "c.d"]).usage("any");
    let judged = |deny: &str| {
        let policy = denying(&format!("deny: [{deny}]"));
        let mut found = hits(&policy, &sample.asked());
        found.sort_by_key(|reason| (reason.message.clone(), reason.field.clone()));
        // The place moves with the entry.
        for reason in &mut found {
            reason.rule = None;
        }
        found
    };
    assert_eq!(
        judged("{name: p, dnsNames: [c.d, a.b]}, {name: q, usages: [any]}"),
        judged("{name: q, usages: [any]}, {name: p, dnsNames: [a.b, c.d]}")
    );
}

#[test]
fn a_placeholder_of_the_requester_denies_whatever_the_letter_case() {
    for (principal, common_name, hit) in [
        (Some("jane"), "JANE@Example.com", true),
        (Some("jane"), "bob@example.com", false),
        (None, "jane@example.com", false),
    ] {
        let spec = "{deny: [{name: own, subject: {commonName: ['{{ requester.email }}']}}]}";
        let policy = denying(spec);
        let mut sample = Sample::new().subject(Attribute::CommonName, common_name);
        sample.requester.principal = principal.map(|name: &str| name.parse().unwrap());
        sample.requester.email = "Jane@example.COM".to_owned();
        let found = hits(&policy, &sample.asked());
        assert_eq!(!found.is_empty(), hit, "{principal:?} {common_name}");
    }
}
