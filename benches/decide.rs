//! What it costs to decide one request, against the signature check that every request needs anyway.
//!
//! `cargo bench --bench decide` prints microseconds and ratios of one run; machines differ, ratios hardly.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and the starter files"
)]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::KeyPair;

use gitca::control::ControlZone;
use gitca::decision::{Case, decide};
use gitca::names::{ObjectId, RepoPath, RequestName};
use gitca::request::Request;
use gitca::snapshot::Blob;
use gitca::timestamp::Timestamp;
use gitca::trust::Testimony;
use gitca::trust::revocations::Revocations;
use gitca::x509::certification_request;
use gitca::x509::csr::Csr;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

const ROUNDS: u32 = 2000;

fn blob(bytes: &[u8]) -> Blob {
    Blob {
        id: ObjectId([7; 20]),
        bytes: bytes.to_vec(),
    }
}

/// The starter's signer and a number of policies that apply to the request, the last of which admits it.
fn zone(policies: u32, rule: &str) -> ControlZone {
    let read = |name: &str| fs::read(format!("policies/{name}")).expect("a starter file");
    let mut files: BTreeMap<RepoPath, Blob> = BTreeMap::new();
    let mut add = |name: &str, bytes: &[u8]| {
        files.insert(name.parse().expect("a path"), blob(bytes));
    };
    for name in [
        "settings.yaml",
        "cluster.yaml",
        "signer.yaml",
        "ca/cluster.pem",
    ] {
        add(&format!("policies/{name}"), &read(name));
    }
    let template = fs::read("templates/kubeconfig.yaml.j2").expect("the starter template");
    add("templates/kubeconfig.yaml.j2", &template);
    for number in 0..policies {
        let group = if number + 1 == policies {
            "dev"
        } else {
            "other"
        };
        let text = format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: ApprovalPolicy\nmetadata: {{name: p{number:03}}}\nspec:\n  \
             selector: {{signerNames: [kubernetes.io/kube-apiserver-client], paths: ['dev/**']}}\n  allowed:\n    \
             subject: {{commonName: {{values: ['{{{{ request.name }}}}']}}, organizations: {{values: ['{group}', '{group}:*']}}}}\n    \
             usages: [client auth, digital signature]\n  approvals: none\n{rule}"
        );
        add(&format!("policies/p{number:03}.yaml"), text.as_bytes());
    }
    ControlZone::load(&files).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

fn micros(mut act: impl FnMut()) -> f64 {
    act();
    let start = Instant::now();
    for _ in 0..ROUNDS {
        act();
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
}

fn main() {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
    let mut subject = Subject::default();
    subject.push(Attribute::CommonName, "jane".to_owned());
    subject.push(Attribute::Organization, "dev".to_owned());
    let pem =
        certification_request::build(&subject, &SubjectAltNames::default(), &key).expect("a CSR");
    let manifest = format!(
        "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: jane}}\nspec:\n  \
         signerName: kubernetes.io/kube-apiserver-client\n  usages: [client auth]\n  request: {}\n",
        STANDARD.encode(&pem)
    );
    let name: RequestName = "dev/jane".parse().expect("a name");
    let request = Request::read(&name, &blob(manifest.as_bytes())).expect("a request");
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().expect("a time");
    let verify = micros(|| {
        black_box(Csr::read(pem.as_bytes())).expect("a CSR");
    });
    println!("read and verify one P-256 request      {verify:8.1} us");
    let rule = "  validations:\n    - {name: a, rule: 'cert.subject.organizations.all(o, o.size() < 20)'}\n";
    for (what, policies, rule) in [
        ("decide against 1 policy", 1, ""),
        ("decide against 100 policies", 100, ""),
        ("decide against 1 policy with a rule", 1, rule),
        ("decide against 100 policies with rules", 100, rule),
    ] {
        let zone = zone(policies, rule);
        let case = Case {
            request: &request,
            zone: &zone,
            testimony: &Testimony::default(),
            key_owner: None,
            revocations: Revocations::NONE,
            now,
        };
        let took = micros(|| {
            let judgement = decide(black_box(&case));
            assert!(judgement.decision.is_ok());
        });
        println!("{what:38} {took:8.1} us, {:5.2} of that", took / verify);
    }
}
