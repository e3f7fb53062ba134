//! Table X: extensions, usages and what a CA may certify.

use gitca::finding::Code;
use gitca::report::Verdict;
use gitca::timestamp::Timestamp;

use crate::forge::{Draft, cn, dns, extension, extension_request, oid, sequence, tlv};
use crate::judge::{self, Case};
use crate::seeds::seeded_key;
use crate::wide;

const CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";
const PURPOSES: &str = "2.5.29.37";

#[test]
fn hostile_extensions_and_lifetimes_are_refused() {
    judge::judge(&cases());
}

pub(crate) fn rows() -> Vec<&'static str> {
    judge::rows(&cases())
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = requested();
    cases.extend(usages());
    cases.extend(others());
    cases.extend(manifests());
    cases.extend(beyond_the_ca());
    cases.extend(common_names());
    cases.extend(times());
    cases
}

fn asking(row: &'static str, what: &str, id: &str, value: &[u8]) -> Case {
    let draft = Draft::of_attributes(&[&extension_request(&[&extension(id, value)])]);
    Case::of_draft(row, what, &draft)
}

/// X1, X9, X11.
fn requested() -> Vec<Case> {
    let ca = sequence(&[&[1, 1, 0xff]]);
    vec![
        asking("X1", "CA:TRUE", CONSTRAINTS, &ca).denied(&[Code::CaNotAllowed]),
        asking("X1", "CA:FALSE", CONSTRAINTS, &sequence(&[])).approved(&[]),
        asking(
            "X9",
            "a path length",
            CONSTRAINTS,
            &sequence(&[&[1, 1, 0xff], &[2, 1, 0]]),
        )
        .denied(&[Code::CaNotAllowed]),
        asking(
            "X9",
            "a path length without CA",
            CONSTRAINTS,
            &sequence(&[&[2, 1, 0]]),
        )
        .denied(&[Code::CaNotAllowed]),
        // The CA of the zone has path length 0.
        asking("X11", "a CA below a CA of path length 0", CONSTRAINTS, &ca)
            .denied(&[Code::CaNotAllowed]),
    ]
}

/// X2 to X5.
fn usages() -> Vec<Case> {
    let purpose = |id: &str| sequence(&[&oid(id)]);
    let asked = |row, what: &str, usages: &str, signer: &str| {
        let manifest = wide::manifest("jane", signer, usages, &Draft::default().pem());
        Case::of_manifest(row, what, manifest)
    };
    let narrower = |what: &str, id: &str, value: &[u8]| {
        let draft = Draft::of_attributes(&[&extension_request(&[&extension(id, value)])]);
        let usages = "client auth, server auth, digital signature, key encipherment";
        let text = wide::manifest("jane", wide::SIGNER, usages, &draft.pem());
        Case::of_manifest("X3", what, text).approved(&[])
    };
    let users = "kubernetes.io/kube-apiserver-client";
    let tight = wide::signer("wide", wide::SIGNER, "");
    let ours = "1.3.6.1.5.5.7.3.2";
    vec![
        asking("X2", "keyCertSign", KEY_USAGE, &[3, 2, 2, 4]).denied(&[Code::UsageMismatch]),
        asked("X2", "cert sign", "client auth, cert sign", wide::SIGNER)
            .denied(&[Code::UsageNotAllowed]),
        asked("X2", "cert sign of users", "client auth, cert sign", users)
            .denied(&[Code::SignerValidationFailure, Code::UsageNotAllowed]),
        asking(
            "X3",
            "a wider extKeyUsage",
            PURPOSES,
            &sequence(&[&oid(ours), &oid("1.3.6.1.5.5.7.3.1")]),
        )
        .denied(&[Code::UsageMismatch]),
        asking("X3", "a wider keyUsage", KEY_USAGE, &[3, 2, 7, 0x80])
            .denied(&[Code::UsageMismatch]),
        asking("X3", "the same extKeyUsage", PURPOSES, &purpose(ours)).approved(&[]),
        narrower("a narrower extKeyUsage", PURPOSES, &purpose(ours)),
        narrower("a narrower keyUsage", KEY_USAGE, &[3, 2, 7, 0x80]),
        narrower("the same keyUsage", KEY_USAGE, &[3, 2, 5, 0xa0]),
        asking(
            "X4",
            "smart-card logon",
            PURPOSES,
            &purpose("1.3.6.1.4.1.311.20.2.2"),
        )
        .denied(&[Code::UsageMismatch]),
        asking(
            "X5",
            "anyExtendedKeyUsage",
            PURPOSES,
            &purpose("2.5.29.37.0"),
        )
        .denied(&[Code::UsageMismatch]),
        asked("X5", "any", "client auth, any", wide::SIGNER)
            .with("policies/signer.yaml", tight)
            .denied(&[Code::UsageNotAllowed]),
        asked("X5", "any of users", "client auth, any", users)
            .denied(&[Code::SignerValidationFailure, Code::UsageNotAllowed]),
    ]
}

/// X6, X7.
fn others() -> Vec<Case> {
    let mut cases = Vec::new();
    for (row, what, id) in [
        (
            "X6",
            "application policies (CVE-2024-49019)",
            "1.3.6.1.4.1.311.21.10",
        ),
        ("X7", "nameConstraints", "2.5.29.30"),
        ("X7", "policyConstraints", "2.5.29.36"),
        ("X7", "inhibitAnyPolicy", "2.5.29.54"),
        ("X7", "subjectKeyIdentifier", "2.5.29.14"),
        ("X7", "authorityKeyIdentifier", "2.5.29.35"),
        ("X7", "cRLDistributionPoints", "2.5.29.31"),
        ("X7", "certificatePolicies", "2.5.29.32"),
        ("X7", "issuerAltName", "2.5.29.18"),
        ("X7", "authorityInfoAccess", "1.3.6.1.5.5.7.1.1"),
        ("X7", "a poison of CT", "1.3.6.1.4.1.11129.2.4.3"),
        ("X7", "a list of SCTs", "1.3.6.1.4.1.11129.2.4.2"),
        ("X7", "ocsp-nocheck", "1.3.6.1.5.5.7.48.1.5"),
        ("X7", "must-staple", "1.3.6.1.5.5.7.1.24"),
        ("X7", "a Windows SID", "1.3.6.1.4.1.311.25.2"),
        ("X7", "delegation usage", "1.3.6.1.4.1.44363.44"),
        ("X7", "a Windows template", "1.3.6.1.4.1.311.20.2"),
    ] {
        cases.push(asking(row, what, id, &[5, 0]).denied(&[Code::ExtensionNotAllowed]));
    }
    cases
}

/// X8, X13.
fn manifests() -> Vec<Case> {
    let plain = wide::manifest("jane", wide::SIGNER, "client auth", &Draft::default().pem());
    let asks = plain.replace(
        "metadata: {name: jane}",
        "metadata: {name: jane, annotations: {experimental.cert-manager.io/request-is-ca: 'true', \
         experimental.cert-manager.io/request-duration: 87600h}}",
    );
    let lasting = |value: &str| {
        let text = plain.replace(
            "  usages:",
            &format!("  expirationSeconds: {value}\n  usages:"),
        );
        Case::of_manifest("X13", value, text)
    };
    let mut cases = vec![
        Case::of_manifest("X8", "annotations that ask", asks).approved(&[Code::AnnotationIgnored]),
        lasting("null").approved(&[]),
        lasting("600").approved(&[]),
    ];
    for value in ["0", "-1", "599"] {
        cases.push(lasting(value).invalid(&[Code::FieldValueInvalid]));
    }
    for value in [
        "2147483648",
        "9223372036854775808",
        "\"3600\"",
        "1.5",
        "1e4",
        "0x1000",
        "0o7777",
        "1_000",
        "3600.0",
        ".inf",
        "true",
        "[3600]",
    ] {
        cases.push(lasting(value).invalid(&[Code::MalformedSpec]));
    }
    cases
}

/// X10, X12.
fn beyond_the_ca() -> Vec<Case> {
    let constrained = constrained_ca();
    let inside = Draft::of_names(&[&dns("a.example.com")]);
    let outside = Draft::of_names(&[&dns("a.example.net")]);
    let wildcard = Draft::of_names(&[&dns("*.com.example.net")]);
    let ca = "policies/ca/cluster.pem";
    let plain = wide::manifest("jane", wide::SIGNER, "client auth", &Draft::default().pem());
    let truncating = wide::signer("wide", wide::SIGNER, "  duration: {beyondCA: truncate}\n");
    // The CA was made for ten years.
    let late: Timestamp = "2039-12-01T00:00:00Z".parse().expect("a time");
    let at = |mut case: Case| {
        case.now = late;
        case
    };
    vec![
        Case::of_draft("X10", "inside", &inside)
            .with(ca, &constrained)
            .approved(&[]),
        Case::of_draft("X10", "outside", &outside)
            .with(ca, &constrained)
            .denied(&[Code::NameConstraint]),
        Case::of_draft("X10", "a wildcard outside", &wildcard)
            .with(ca, &constrained)
            .denied(&[Code::NameConstraint]),
        Case::of_draft("X10", "inside what the CA above may name", &inside)
            .with(ca, constrained_above())
            .approved(&[]),
        Case::of_draft("X10", "outside of what the CA above may name", &outside)
            .with(ca, constrained_above())
            .denied(&[Code::NameConstraint]),
        at(Case::of_manifest("X12", "past the CA's end", plain.clone())).denied(&[Code::BeyondCa]),
        at(Case::of_manifest("X12", "cut at the CA's end", plain)
            .with("policies/signer.yaml", truncating))
        .approved(&[Code::TruncatedToCa]),
    ]
}

/// X10: a common name that OpenSSL takes for a DNS name, since there is no other.
fn common_names() -> Vec<Case> {
    let asking = |what: &str, common_name: &str, names: &[&[u8]], ca: String| {
        let asked = match names {
            [] => Draft::default(),
            _ => Draft::of_names(names),
        };
        let draft = Draft {
            subject: sequence(&[&cn(common_name)]),
            ..asked
        };
        Case::of_draft("X10", format!("{what}: {common_name}"), &draft)
            .with("policies/ca/cluster.pem", ca)
    };
    let (address, name) = (tlv(0x87, &[&[10, 0, 0, 1]]), dns("a.example.com"));
    let mut cases = vec![
        asking("above", "a.example.net", &[], constrained_above()).denied(&[Code::NameConstraint]),
        asking(
            "beside an address",
            "a.example.net",
            &[&address],
            constrained_ca(),
        )
        .denied(&[Code::NameConstraint]),
        asking(
            "beside a DNS name",
            "a.example.net",
            &[&name],
            constrained_ca(),
        )
        .approved(&[]),
        asking("excluded", "vault.example.com", &[], excluding_ca())
            .denied(&[Code::NameConstraint]),
        asking("not excluded", "vault.example.net", &[], excluding_ca()).approved(&[]),
    ];
    for outside in [
        "a.example.net",
        "jane.doe",
        "A_1.b",
        "10.0.0.1",
        "badexample.com",
    ] {
        let case = asking("outside", outside, &[], constrained_ca());
        cases.push(case.denied(&[Code::NameConstraint]));
    }
    for other in [
        "example.com",
        "web.EXAMPLE.com",
        "jane",
        "jane.",
        "a..b",
        "-a.b",
        "a.-b",
        "jane doe.b",
        "svc:a.b",
    ] {
        cases.push(asking("inside or no host", other, &[], constrained_ca()).approved(&[]));
    }
    cases
}

/// A CA that may name hosts below `example.com` alone.
fn constrained_ca() -> String {
    named_ca("constrained", example_com())
}

/// A CA that may name no hosts below `example.com`.
fn excluding_ca() -> String {
    let permitted = example_com();
    let constraints = rcgen::NameConstraints {
        excluded_subtrees: permitted.permitted_subtrees,
        permitted_subtrees: Vec::new(),
    };
    named_ca("excluding", constraints)
}

fn named_ca(name: &str, constraints: rcgen::NameConstraints) -> String {
    let mut params = ca_params(name, 0);
    params.name_constraints = Some(constraints);
    params.self_signed(&seeded_key("ca")).expect("a CA").pem()
}

/// A CA that may name anything, below one that may name hosts below `example.com` alone.
pub(crate) fn constrained_above() -> String {
    let mut above = ca_params("above", 1);
    above.name_constraints = Some(example_com());
    let key = seeded_key("above");
    let root = above.self_signed(&key).expect("a CA").pem();
    let issuer = rcgen::Issuer::from_params(&above, &key);
    let mut below = ca_params("below", 0);
    below.use_authority_key_identifier_extension = true;
    let ca = below.signed_by(&seeded_key("ca"), &issuer);
    ca.expect("a CA").pem() + &root
}

fn ca_params(name: &str, path_length: u8) -> rcgen::CertificateParams {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyUsagePurpose};
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(path_length));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = rcgen::date_time_ymd(2029, 1, 1);
    params.not_after = rcgen::date_time_ymd(2049, 1, 1);
    params
}

fn example_com() -> rcgen::NameConstraints {
    rcgen::NameConstraints {
        permitted_subtrees: vec![rcgen::GeneralSubtree::DnsName("example.com".to_owned())],
        excluded_subtrees: Vec::new(),
    }
}

/// X14.
fn times() -> Vec<Case> {
    let plain = wide::manifest("jane", wide::SIGNER, "client auth", &Draft::default().pem());
    let at = |what: &str, now: &str, ca_begins: &str| {
        let begins = ca_begins.parse().expect("a time");
        let mut case = Case::of_manifest("X14", what, plain.clone())
            .with("policies/ca/cluster.pem", wide::ca(begins));
        case.now = now.parse().expect("a time");
        case
    };
    vec![
        at("past 2049", "2049-12-31T00:00:00Z", "2045-01-01T00:00:00Z").approved(&[]),
        at("past 9999", "9999-12-31T00:00:00Z", "9995-01-01T00:00:00Z").denied(&[Code::BeyondCa]),
        at(
            "before the CA",
            "2029-12-01T00:00:00Z",
            "2030-01-01T00:00:00Z",
        )
        .expect(Verdict::Failed, &[Code::SignerNotYetValid]),
        at(
            "with a CA of now",
            "2030-01-01T00:00:00Z",
            "2030-01-01T00:00:00Z",
        )
        .approved(&[]),
    ]
}
