//! `spec` by Kubernetes' create validation, as tables.
//!
//! The line in question is always line 5 of the manifest, indented by two. Places are exact, codes are Kubernetes'.

use super::*;
use crate::request::spec::ENCODE;

#[test]
fn the_request_is_standard_base64() {
    let wrapped = base64()
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join("\n    ");
    for (line, notice) in [
        (format!("request: {}", base64()), ""),
        (format!("request: '{}'", base64()), ""),
        (format!("request: |\n    {wrapped}"), ""),
        (
            format!("request: |\r\n    {}", wrapped.replace('\n', "\r\n")),
            "",
        ),
        (
            format!("request: >-\n    {wrapped}"),
            "Base64Whitespace spec.request 6:5",
        ),
        (
            format!("request:\n    {wrapped}"),
            "Base64Whitespace spec.request 6:5",
        ),
        (
            format!("request: \"{}\\t\"", base64()),
            "Base64Whitespace spec.request 5:12",
        ),
    ] {
        let draft = good(&with_spec(&line));
        let notices: Vec<String> = draft.notes.notices.iter().map(said).collect();
        assert_eq!(notices.join(", "), notice, "{line}");
        let request = draft.spec.request.expect("it has a request");
        assert_eq!(
            (request.pem.as_slice(), request.base64),
            (PEM.as_bytes(), base64()),
            "{line}"
        );
    }
}

#[test]
fn what_is_not_base64_is_refused_with_the_command_that_makes_it() {
    for (value, expected) in [
        ("", "FieldValueRequired spec.request 5:3"),
        ("null", "FieldValueRequired spec.request 5:3"),
        ("''", "FieldValueRequired spec.request 5:3"),
        ("YQ", "MalformedBase64 spec.request 5:12"),
        ("YQ=", "MalformedBase64 spec.request 5:12"),
        ("YQ==YQ==", "MalformedBase64 spec.request 5:12"),
        ("Y", "MalformedBase64 spec.request 5:12"),
        ("Y!==", "MalformedBase64 spec.request 5:12"),
        ("é", "MalformedBase64 spec.request 5:12"),
        ("__-_", "MalformedBase64 spec.request 5:12"),
        (
            "-----BEGIN CERTIFICATE REQUEST-----",
            "MalformedBase64 spec.request 5:12",
        ),
    ] {
        let reasons = draft(&with_spec(&format!("request: {value}"))).expect_err(value);
        assert_eq!(
            reasons.iter().map(said).collect::<Vec<_>>(),
            [expected],
            "{value}"
        );
        assert_eq!(reasons[0].help.as_deref(), Some(ENCODE));
    }
    for value in ["1234", "[76, 83]", "{a: b}"] {
        assert_eq!(
            faults(&with_spec(&format!("request: {value}"))),
            ["MalformedSpec spec.request 5:12"]
        );
    }
}

#[test]
fn bits_after_the_last_octet_are_ignored_as_in_go() {
    let request = good(&with_spec("request: YR=="))
        .spec
        .request
        .expect("it has a request");
    assert_eq!(
        (request.pem.as_slice(), request.base64.as_str()),
        (&b"a"[..], "YQ==")
    );
}

#[test]
fn usages_are_judged_like_kubernetes_does() {
    for (line, expected) in [
        (
            "usages: [signing, digital signature, s/mime, email protection]",
            "",
        ),
        ("usages: []", "FieldValueRequired spec.usages 5:11"),
        ("usages:", "FieldValueRequired spec.usages 5:3"),
        ("usages: null", "FieldValueRequired spec.usages 5:3"),
        ("usages: client auth", "MalformedSpec spec.usages 5:11"),
        (
            "usages: [Client Auth]",
            "FieldValueNotSupported spec.usages[0] 5:12",
        ),
        ("usages: ['']", "FieldValueNotSupported spec.usages[0] 5:12"),
        ("usages: [any, 1]", "MalformedSpec spec.usages[1] 5:17"),
        (
            "usages: [any, any, any]",
            "FieldValueDuplicate spec.usages[1] 5:17, FieldValueDuplicate spec.usages[2] 5:22",
        ),
        (
            "usages: [x, any, x]",
            "FieldValueNotSupported spec.usages[0] 5:12, FieldValueNotSupported spec.usages[2] 5:20, FieldValueDuplicate spec.usages[2] 5:20",
        ),
    ] {
        // A missing value is null: it takes its mapping's start.
        let found = faults(&with_spec(line)).join(", ");
        assert_eq!(found, expected, "{line}");
    }
    let reasons = draft(&with_spec("usages: [clientauth]")).expect_err("it is no usage");
    assert_eq!(
        reasons[0].help.as_deref(),
        Some("did you mean `client auth`?")
    );
    assert_eq!(reasons[0].value.as_deref(), Some("clientauth"));
}

#[test]
fn signer_names_are_judged_like_kubernetes_does() {
    let (label, long) = ("a".repeat(64), format!("{}.b", ["a"; 127].join(".")));
    let pieces = ["a"; 200].join(".");
    for (value, expected) in [
        ("kubernetes.io/legacy-unknown", vec![]),
        ("1.2/3", vec![]),
        (&format!("a.b/{pieces}"), vec![]),
        ("''", vec![Code::FieldValueRequired]),
        ("kubernetes.io", vec![Code::FieldValueInvalid]),
        ("a.b/c/d", vec![Code::FieldValueInvalid]),
        ("/", vec![Code::FieldValueInvalid; 3]),
        ("a/b", vec![Code::FieldValueInvalid]),
        ("A.b/c", vec![Code::FieldValueInvalid]),
        ("A.B/c", vec![Code::FieldValueInvalid]),
        ("a.b/C", vec![Code::FieldValueInvalid]),
        ("a.b/c..d", vec![Code::FieldValueInvalid]),
        (&format!("{label}.b/c"), vec![Code::FieldValueInvalid]),
        (&format!("{label}-.b/c"), vec![Code::FieldValueInvalid; 2]),
        (&format!("{long}/c"), vec![Code::FieldValueTooLong]),
        (
            &format!("a.b/{pieces}.{pieces}"),
            vec![Code::FieldValueTooLong],
        ),
    ] {
        let reasons = draft(&with_spec(&format!("signerName: {value}")))
            .err()
            .unwrap_or_default();
        let codes: Vec<Code> = reasons.iter().map(|reason| reason.code).collect();
        assert_eq!(codes, expected, "{value}");
        for reason in reasons {
            assert_eq!(
                said(&reason),
                format!("{} spec.signerName 5:15", reason.code)
            );
        }
    }
}

#[test]
fn the_lifetime_is_a_decimal_integer_of_at_least_ten_minutes() {
    for (value, code) in [
        ("600", None),
        ("2147483647", None),
        ("null", None),
        ("", None),
        ("599", Some(Code::FieldValueInvalid)),
        ("0", Some(Code::FieldValueInvalid)),
        ("-1", Some(Code::FieldValueInvalid)),
        ("-2147483649", Some(Code::MalformedSpec)),
        ("2147483648", Some(Code::MalformedSpec)),
        ("99999999999999999999", Some(Code::MalformedSpec)),
        ("\"3600\"", Some(Code::MalformedSpec)),
        ("1.5", Some(Code::MalformedSpec)),
        ("3600.0", Some(Code::MalformedSpec)),
        ("1e4", Some(Code::MalformedSpec)),
        ("0x1000", Some(Code::MalformedSpec)),
        ("01000", Some(Code::MalformedSpec)),
        ("1_000", Some(Code::MalformedSpec)),
        ("1h", Some(Code::MalformedSpec)),
    ] {
        let expected: Vec<String> = code
            .iter()
            .map(|code| format!("{code} spec.expirationSeconds 5:22"))
            .collect();
        assert_eq!(
            faults(&with_spec(&format!("expirationSeconds: {value}"))),
            expected,
            "{value}"
        );
    }
}
