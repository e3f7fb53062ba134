//! The subject: stars in attributes, reserved identities, placeholders, and common names that are also names.
//!
//! One row is a rule, a value and whether it is refused. What looks reserved is refused like what is.

use super::*;
use crate::control::profile::Profile;

#[test]
fn a_star_in_an_attribute_ends_at_separators_unless_it_crosses() {
    for (rule, value, refused) in [
        ("{values: ['dev:*']}", "dev:ops", false),
        ("{values: ['dev:*']}", "dev:ops:x", true),
        ("{values: ['dev:*'], crossing: true}", "dev:ops:x", false),
        ("{values: [{exact: 'dev:*'}]}", "dev:ops", true),
        ("{values: [{exact: 'dev:*'}]}", "dev:*", false),
        ("{values: ['cafe\u{301}']}", "caf\u{e9}", false),
        ("{values: ['Dev']}", "dev", true),
        ("{values: ['{{ request.name }}']}", "web", false),
        ("{any: true}", "anything", false),
    ] {
        let sample = Sample::new().subject(Attribute::Organization, value);
        let found = codes(&format!("{{subject: {{organizations: {rule}}}}}"), &sample);
        let expected = refused.then_some(Code::ValueNotAllowed);
        assert_eq!(found, Vec::from_iter(expected), "{rule} {value}");
    }
}

#[test]
fn a_reserved_identity_is_spelt_out_or_refused() {
    use Attribute::{CommonName, Organization};
    for (rule, attribute, value, refused) in [
        ("{any: true}", Organization, "system:masters", true),
        (
            "{values: ['sys*'], crossing: true}",
            Organization,
            "system:masters",
            true,
        ),
        (
            "{values: [{regex: 'system:.*'}]}",
            Organization,
            "system:masters",
            true,
        ),
        (
            "{values: ['system:*']}",
            Organization,
            "system:masters",
            false,
        ),
        (
            "{values: ['system:*']}",
            Organization,
            "System:masters",
            true,
        ),
        (
            "{values: ['System:*']}",
            Organization,
            "System:masters",
            true,
        ),
        ("{any: true}", Organization, "\u{455}ystem:masters", true),
        (
            "{values: [{exact: \"\u{455}ystem:masters\"}]}",
            Organization,
            "\u{455}ystem:masters",
            true,
        ),
        ("{any: true}", CommonName, "system:anonymous", true),
        ("{any: true}", CommonName, "system:node:x", true),
        (
            "{values: ['system:node:*']}",
            CommonName,
            "system:node:x",
            false,
        ),
        ("{any: true}", CommonName, "kubernetes-admin", true),
        (
            "{values: ['kubernetes-*']}",
            CommonName,
            "kubernetes-admin",
            true,
        ),
        (
            "{values: ['kubernetes-admin']}",
            CommonName,
            "kubernetes-admin",
            false,
        ),
        (
            "{any: true}",
            CommonName,
            "system:serviceaccount:ns:sa",
            true,
        ),
        ("{any: true}", Organization, "kubernetes-admin", false),
    ] {
        let sample = Sample::new().subject(attribute, value);
        let found = codes(&format!("{{subject: {{{attribute}: {rule}}}}}"), &sample);
        let expected = refused.then_some(Code::ReservedIdentity);
        assert_eq!(found, Vec::from_iter(expected), "{rule} {value}");
    }
}

#[test]
fn a_kubelet_profile_needs_no_entry_for_what_it_demands() {
    let allowed = "{subject: {commonName: {any: true}, organizations: {any: true}}}";
    for (profile, group, codes_expected) in [
        (Some(Profile::KubeletServing), "system:nodes", vec![]),
        (
            Some(Profile::KubeletServing),
            "system:masters",
            vec![Code::ReservedIdentity],
        ),
        (
            None,
            "system:nodes",
            vec![Code::ReservedIdentity, Code::ReservedIdentity],
        ),
        (
            Some(Profile::KubeApiserverClient),
            "system:nodes",
            vec![Code::ReservedIdentity, Code::ReservedIdentity],
        ),
    ] {
        let mut sample = Sample::new()
            .subject(Attribute::CommonName, "system:node:a")
            .subject(Attribute::Organization, group);
        sample.profile = profile;
        assert_eq!(
            codes(allowed, &sample),
            codes_expected,
            "{profile:?} {group}"
        );
    }
}

#[test]
fn a_placeholder_is_literal_text_or_nothing() {
    for (request, rule, value, code) in [
        ("a.b", "{values: ['{{ request.name }}']}", "a.b", None),
        (
            "x/y",
            "{values: ['{{ request.path }}']}",
            "x/y",
            Some(Code::TemplateValueUnsafe),
        ),
        ("x", "{values: ['{{ request.path }}']}", "x", None),
        (
            "x",
            "{values: ['{{ request.dirs[0] }}']}",
            "x",
            Some(Code::ValueNotAllowed),
        ),
        (
            "system.x",
            "{values: ['{{ request.name }}*'], crossing: true}",
            "system.x:y",
            None,
        ),
    ] {
        let mut sample = Sample::new().subject(Attribute::CommonName, value);
        sample.request = request.parse().unwrap();
        let found = codes(&format!("{{subject: {{commonName: {rule}}}}}"), &sample);
        assert_eq!(found, Vec::from_iter(code), "{request} {rule}");
    }
}

#[test]
fn a_common_name_in_the_sans_is_one_that_passed() {
    let allowed = "{subject: {commonName: {inSANs: true}}, dnsNames: {values: ['*.example.com']}}";
    for (common_name, san, expected) in [
        ("A.example.com", "a.example.com", vec![]),
        (
            "b.example.com",
            "a.example.com",
            vec![Code::CommonNameNotInSan],
        ),
        (
            "a.evil.net",
            "a.evil.net",
            vec![Code::CommonNameNotInSan, Code::ValueNotAllowed],
        ),
    ] {
        let sample = dns(&[san]).subject(Attribute::CommonName, common_name);
        assert_eq!(codes(allowed, &sample), expected, "{common_name}");
    }
}

#[test]
fn a_common_name_in_the_sans_is_written_as_one_of_them() {
    let allowed = "{subject: {commonName: {inSANs: true}}, dnsNames: {any: true}, \
                   ipAddresses: {any: true}, emailAddresses: {any: true}, uris: {any: true}}";
    let sample = Sample::new().dns(&["Shop.example.com"]).ip("10.0.0.1");
    let sample = sample.ip("2001:db8::1").email("Jane@Example.com");
    let sample = sample.uri("spiffe://example.com/shop");
    for (common_name, is_one) in [
        ("shop.EXAMPLE.com", true),
        ("shop.example.com.", false),
        ("10.0.0.1", true),
        ("::ffff:10.0.0.1", false),
        ("2001:DB8::1", true),
        ("2001:db8:0:0:0:0:0:1", false),
        ("Jane@example.com", true),
        ("jane@example.com", false),
        ("Jane@example.com.", false),
        ("spiffe://example.com/shop", true),
        ("spiffe://Example.com/shop", false),
    ] {
        let sample = sample.clone().subject(Attribute::CommonName, common_name);
        let expected = (!is_one).then_some(Code::CommonNameNotInSan);
        let found = codes(allowed, &sample);
        assert_eq!(found, Vec::from_iter(expected), "{common_name}");
    }
}
