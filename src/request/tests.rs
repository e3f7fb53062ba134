//! A manifest as a whole: what it is, where its fields stand, which faults come together.
//!
//! The fixtures write one good manifest with one line of it changed, so that every place in a table can be counted.
//! What the CSR says is tested where it is read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

mod metadata;
mod spec;

// openssl req -new -newkey ed25519 -nodes -keyout /dev/null -subj /CN=jane/O=dev
const PEM: &str = "\
-----BEGIN CERTIFICATE REQUEST-----
MIGcMFACAQAwHTENMAsGA1UEAwwEamFuZTEMMAoGA1UECgwDZGV2MCowBQYDK2Vw
AyEATdd/fp+TdVJP9yEGD5YUaab54T+7oteiH2r/Dv835jigADAFBgMrZXADQQCU
u766aJdOlcfKAV498ieLaDQK/LtyXfFFyJ1AOSUgFELHNPBFRv1++wcybScwaDCU
XncPFIt1ttam1L7xS28C
-----END CERTIFICATE REQUEST-----
";

const METADATA: &str = "metadata: {name: jane}";
const USAGES: &str = "usages: [client auth]";
const SIGNER: &str = "signerName: kubernetes.io/kube-apiserver-client";

fn base64() -> String {
    STANDARD.encode(PEM)
}

fn name() -> RequestName {
    "dev/jane".parse().expect("a valid name")
}

/// A manifest whose lines begin: apiVersion, kind, metadata, spec, then the lines of the spec.
fn manifest(metadata: &str, spec: &[&str]) -> String {
    format!(
        "apiVersion: {API_VERSION}\nkind: {KIND}\n{metadata}\nspec:\n  {}\n",
        spec.join("\n  ")
    )
}

/// A good manifest with this line in its spec: line 5, after it the others.
fn with_spec(line: &str) -> String {
    let request = format!("request: {}", base64());
    let defaults = [request.as_str(), USAGES, SIGNER];
    let key = |line: &str| line.split(':').next().map(str::to_owned);
    let rest = defaults.into_iter().filter(|other| key(other) != key(line));
    let lines: Vec<&str> = std::iter::once(line).chain(rest).collect();
    manifest(METADATA, &lines)
}

/// A good manifest with these metadata, line 3.
fn with_metadata(metadata: &str) -> String {
    let request = format!("request: {}", base64());
    manifest(metadata, &[&request, USAGES, SIGNER])
}

fn draft(text: &str) -> Result<Draft, Vec<Reason>> {
    let mut draft = Draft::read(&name(), text.as_bytes())?;
    let problems = std::mem::replace(
        &mut draft.notes.problems,
        Problems::new(Code::MalformedSpec),
    );
    let reasons = in_order(problems.into_reasons());
    if reasons.is_empty() {
        Ok(draft)
    } else {
        Err(reasons)
    }
}

fn good(text: &str) -> Draft {
    draft(text).unwrap_or_else(|reasons| panic!("{reasons:#?}\n{text}"))
}

/// `code field line:column` of every reason.
fn faults(text: &str) -> Vec<String> {
    draft(text).map_or_else(|reasons| reasons.iter().map(said).collect(), |_| Vec::new())
}

fn notices(text: &str) -> Vec<String> {
    good(text).notes.notices.iter().map(said).collect()
}

fn said(reason: &Reason) -> String {
    let place = reason.line.zip(reason.column);
    let place = place.map_or_else(String::new, |(line, column)| format!("{line}:{column}"));
    format!(
        "{} {} {place}",
        reason.code,
        reason.field.as_deref().unwrap_or("-")
    )
}

#[test]
fn a_manifest_is_read_to_its_values() {
    let metadata =
        "metadata: {name: jane, labels: {team: dev}, annotations: {example.com/why: \"a b\"}}";
    let usages = "usages: [client auth, digital signature]";
    let request = format!("request: {}", base64());
    let text = manifest(
        metadata,
        &[&request, usages, SIGNER, "expirationSeconds: 3600"],
    );
    let draft = good(&text);
    let pair = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
    let metadata = Metadata {
        name: "jane".into(),
        labels: pair("team", "dev"),
        annotations: pair("example.com/why", "a b"),
    };
    assert_eq!(draft.metadata, metadata);
    assert_eq!(
        draft.spec.usages,
        [Usage::ClientAuth, Usage::DigitalSignature]
    );
    assert_eq!(draft.spec.expiration, Some(Lifetime::from_seconds(3600)));
    let signer = draft.spec.signer_name.expect("it has a signer name");
    assert_eq!(signer.as_str(), "kubernetes.io/kube-apiserver-client");
    let request = draft.spec.request.expect("it has a request");
    assert_eq!(
        (request.pem.as_slice(), request.base64),
        (PEM.as_bytes(), base64())
    );
    assert_eq!(draft.notes.notices, []);
}

#[test]
fn json_is_a_manifest_too() {
    let text = format!(
        "{{\"apiVersion\": \"{API_VERSION}\", \"kind\": \"{KIND}\", \"metadata\": {{\"name\": \"jane\"}}, \
         \"spec\": {{\"request\": \"{}\", \"usages\": [\"client auth\"], \"signerName\": \"a.b/c\", \"uid\": null}}}}",
        base64()
    );
    good(&text);
}

#[test]
fn what_is_no_request_manifest_is_told_once() {
    for (text, expected) in [
        ("just text", "MalformedSpec  1:1"),
        ("[a]", "MalformedSpec  1:1"),
        (
            "a: b\nkind: Secret\napiVersion: v1\n",
            "MalformedSpec kind 2:7, MalformedSpec apiVersion 3:13",
        ),
        (
            "kind: CertificateSigningRequest\n",
            "MalformedSpec apiVersion 1:1",
        ),
        (
            "kind: 1\napiVersion: certificates.k8s.io/v1alpha1",
            "MalformedSpec kind 1:7, MalformedSpec apiVersion 2:13",
        ),
        (
            "Kind: CertificateSigningRequest\napiVersion: certificates.k8s.io/v1",
            "MalformedSpec kind 1:1",
        ),
        ("kind: x\nkind: y", "MalformedFile - 2:1"),
    ] {
        assert_eq!(faults(text).join(", "), expected, "{text}");
    }
}

#[test]
fn several_requests_in_a_file_are_to_be_split() {
    let two = format!("{}---\n{}", with_spec(USAGES), with_spec(USAGES));
    for (text, code) in [
        ("kind: List\napiVersion: v1\nitems: []", Code::MalformedSpec),
        (
            "kind: CertificateSigningRequestList\napiVersion: x",
            Code::MalformedSpec,
        ),
        (two.as_str(), Code::MalformedFile),
    ] {
        let reasons = draft(text).expect_err("it is not one request");
        let first: Vec<_> = reasons
            .iter()
            .map(|reason| (reason.code, reason.help.as_deref()))
            .collect();
        assert_eq!(first, [(code, Some(SPLIT))], "{text}");
    }
}

#[test]
fn an_unknown_key_is_refused_wherever_it_stands() {
    let root = format!("{}stauts: {{}}\n", with_spec(USAGES));
    for (text, expected) in [
        (root, "MalformedSpec stauts 8:1"),
        (
            with_spec("SignerName: a.b/c"),
            "MalformedSpec spec.SignerName 5:3",
        ),
        (
            with_metadata("metadata: {name: jane, label: x}"),
            "MalformedSpec metadata.label 3:24",
        ),
    ] {
        assert_eq!(faults(&text), [expected], "{text}");
    }
}

#[test]
fn all_faults_come_together_in_the_order_of_kubernetes() {
    let text = manifest(
        "metadata: {namespace: x}",
        &[
            "expirationSeconds: 1",
            "signerName: ''",
            "usages: [x, x]",
            "request: '='",
            "typo: 1",
        ],
    );
    assert_eq!(
        faults(&text),
        [
            "MalformedSpec spec.typo 9:3",
            "FieldValueRequired metadata.name 3:11",
            "FieldValueForbidden metadata.namespace 3:23",
            "MalformedBase64 spec.request 8:12",
            "FieldValueNotSupported spec.usages[0] 7:12",
            "FieldValueNotSupported spec.usages[1] 7:15",
            "FieldValueDuplicate spec.usages[1] 7:15",
            "FieldValueRequired spec.signerName 6:15",
            "FieldValueInvalid spec.expirationSeconds 5:22",
        ]
    );
    let bare = format!("apiVersion: {API_VERSION}\nkind: {KIND}\n");
    assert_eq!(
        faults(&bare),
        [
            "FieldValueRequired metadata.name 1:1",
            "FieldValueRequired spec.request 1:1",
            "FieldValueRequired spec.usages 1:1",
            "FieldValueRequired spec.signerName 1:1",
        ]
    );
}

#[test]
fn v1beta1_fills_in_usages_and_leaves_the_signer_to_the_csr() {
    let old = |text: String| text.replace(API_VERSION, OLD_API_VERSION);
    let bare = manifest(METADATA, &[&format!("request: {}", base64())]);
    let draft = good(&old(bare));
    assert_eq!(
        draft.notes.notices.iter().map(said).collect::<Vec<_>>(),
        ["OldApiVersion apiVersion 1:13"]
    );
    assert_eq!(
        draft.spec.usages,
        [Usage::DigitalSignature, Usage::KeyEncipherment]
    );
    assert_eq!(draft.spec.signer_name, None);
    for (line, expected) in [
        ("usages: null", ""),
        ("signerName: null", ""),
        ("usages: []", "FieldValueRequired spec.usages 5:11"),
        ("signerName: ''", "FieldValueRequired spec.signerName 5:15"),
    ] {
        assert_eq!(faults(&old(with_spec(line))).join(", "), expected, "{line}");
    }
}

#[test]
fn a_field_is_located_at_itself_or_at_the_nearest_around_it() {
    let places = good(&with_spec("usages: [any, client auth]")).places;
    for (field, place) in [
        ("spec.usages[1]", Some((5, 17))),
        ("spec.usages[7]", Some((5, 11))),
        ("spec.usages", Some((5, 11))),
        ("spec.expirationSeconds", Some((5, 3))),
        ("spec", Some((5, 3))),
        ("metadata.labels.a.b/c", Some((3, 11))),
        ("csr.dnsNames[0]", Some((6, 12))),
        ("csr", Some((6, 12))),
        ("spec.request", Some((6, 12))),
        ("status.conditions", None),
        ("", None),
    ] {
        let found = locate(&places, field).map(|place| (place.line, place.column));
        assert_eq!(found, place, "{field}");
    }
}

#[test]
fn what_is_wrong_with_the_csr_stands_at_spec_request() {
    let mut draft = good(&with_spec("request: bm90IGEgQ1NS"));
    assert_eq!(draft.read_csr(Csr::read), None);
    for reason in draft.notes.problems.into_reasons() {
        assert_eq!(
            (reason.line, reason.column),
            (Some(5), Some(12)),
            "{reason:?}"
        );
        assert!(reason.field.is_some(), "{reason:?}");
    }
}

#[test]
fn a_manifest_that_is_wrong_is_no_request() {
    let bytes = with_spec("expirationSeconds: 1").into_bytes();
    let blob = Blob {
        id: ObjectId([0; 20]),
        bytes,
    };
    let reasons = Request::read(&name(), &blob).expect_err("its lifetime is too short");
    assert!(
        reasons
            .iter()
            .any(|reason| reason.code == Code::FieldValueInvalid)
    );
}

#[test]
fn no_single_byte_that_is_changed_makes_reading_panic() {
    let mut bytes = with_metadata("metadata: {name: jane, labels: {a: b}, uid: x}").into_bytes();
    for index in 0..bytes.len() {
        let original = bytes[index];
        for byte in [
            0,
            b'\n',
            b' ',
            b'"',
            b'-',
            b':',
            b'[',
            b'{',
            b'~',
            b'1',
            0xff,
            original ^ 1,
        ] {
            bytes[index] = byte;
            drop(Draft::read(&name(), &bytes));
        }
        bytes[index] = original;
    }
}
#[test]
fn a_private_key_is_reported_alone_and_never_shown() {
    let key = "-----BEGIN PRIVATE KEY-----\nbm8ga2V5\n-----END PRIVATE KEY-----\n";
    let appended = STANDARD.encode(format!("{PEM}{key}"));
    let annotated = |value: &str| {
        with_metadata(&format!(
            "metadata: {{name: jane, typo: x, annotations: {{a: {value:?}}}}}"
        ))
    };
    for (text, expected) in [
        (
            with_spec(&format!("request: {appended}")),
            "SecretInRequest spec.request 5:12",
        ),
        (
            annotated(key),
            "SecretInRequest metadata.annotations.a 3:50",
        ),
        (
            annotated(&STANDARD.encode(key)),
            "SecretInRequest metadata.annotations.a 3:50",
        ),
        (
            with_metadata(&format!("metadata: {{name: {key:?}}}")),
            "SecretInRequest metadata.name 3:18",
        ),
        (
            format!("{}# {}", with_spec(USAGES), STANDARD.encode(key)),
            "SecretInRequest - 8:1",
        ),
        (
            format!("{}{key}", with_spec(USAGES)),
            "SecretInRequest - 8:1",
        ),
    ] {
        assert_eq!(faults(&text), [expected], "{text}");
        assert!(
            !format!("{:?}", draft(&text)).contains("bm8ga2V5"),
            "{text}"
        );
    }
}
