//! A made-up request is never signed, whoever approves of it.
//!
//! What a test supposes has no proof of possession, and none of the types on the way to a signature takes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use gitca::decision::{Case, decide};
use gitca::finding::Code;
use gitca::issuance::prepare;
use gitca::names::Serial;
use gitca::request::Request;
use gitca::trust::Testimony;
use gitca::trust::revocations::Revocations;
use gitca::x509::key::KeyKind;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::specimen;
use gitca::x509::subject::{Attribute, Subject};

use crate::wide;

/// Judging takes no proof of possession, signing does.
#[test]
fn what_was_only_supposed_is_never_signed() {
    let zone = wide::zone(&[]);
    let mut subject = Subject::default();
    subject.push(Attribute::CommonName, "jane".to_owned());
    let pem = specimen::request(&subject, &SubjectAltNames::default(), KeyKind::Ed25519);
    let pem = pem.expect("it can be written");
    let manifest = wide::manifest("jane", wide::SIGNER, "client auth", pem.as_bytes());
    assert!(manifest.contains(&STANDARD.encode(&pem)));
    let (name, blob) = (
        "jane".parse().expect("a name"),
        wide::blob(manifest.as_bytes()),
    );
    let proven = Request::read(&name, &blob).expect_err("nobody signed it");
    assert_eq!(proven[0].code, Code::ProofOfPossession);
    let request = Request::suppose(&name, &blob).expect("it is well formed");
    let approved = decide(&Case {
        request: &request,
        zone: &zone,
        testimony: &Testimony::default(),
        key_owner: None,
        revocations: Revocations::NONE,
        now: wide::now(),
    });
    let approved = approved.decision.expect("the wide policy admits it");
    let serial = Serial::from_random([7; Serial::OCTETS]).expect("not zero");
    let refused = prepare(approved, serial).expect_err("it must not be signed");
    assert_eq!(refused[0].code, Code::LintFailed);
}
