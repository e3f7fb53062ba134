//! Conversions against a small model of upstream: whatever our policy admits, upstream's does.
//!
//! The model follows approver-policy's evaluators: one wildcard, compared letter by letter; a field that is not allowed must
//! be absent; bounds on the lifetime that was asked for. The policies and requests are drawn from a seed.

mod model;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

use super::*;
use crate::control::ControlZone;
use crate::control::identity::Identity;
use crate::control::sample;
use crate::conversion::tests::model::{Dice, Model};
use crate::decision::asked::Asked;
use crate::decision::candidate::Candidate;
use crate::decision::values::Values as AskedValues;
use crate::decision::{approve, facts, select};
use crate::effort::Effort;
use crate::names::ObjectId;
use crate::request::Request;
use crate::snapshot::Blob;
use crate::x509::certification_request;
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::{Attribute, Subject};

const GROUP: &str = "apiVersion: gitca.dev/v1alpha1\nkind: Group\nmetadata: {name: team}\nspec: {members: [alice]}\n";
const ALICE: &str = "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {name: alice}\nspec: {kind: person}\n";

fn request(dice: &mut Dice, keys: &[KeyPair]) -> Option<Request> {
    let mut subject = Subject::default();
    let names = [
        "",
        "web",
        "wex",
        "a.example.com",
        "Web",
        "w{{b",
        "system:a",
        "w",
    ];
    let common_name = dice.pick(&names);
    if !common_name.is_empty() {
        subject.push(Attribute::CommonName, common_name.to_owned());
    }
    let organizations = [
        "dev", "dev:a", "dev:a:b", "system:x", "système", "ops", "vv",
    ];
    for organization in dice.some(&organizations, 1) {
        subject.push(Attribute::Organization, organization.to_owned());
    }
    let mut draw = |from: &[&str], most| -> Vec<String> {
        let mut names: Vec<String> = dice
            .some(from, most)
            .into_iter()
            .map(str::to_owned)
            .collect();
        names.sort();
        names.dedup();
        names
    };
    let sans = SubjectAltNames {
        dns_names: draw(
            &[
                "web.example.com",
                "a.b.example.com",
                "WEB.example.com",
                "*.example.com",
                "wb.example.com",
                "web.org",
                "a_b.org",
                "w.x.b.example.com",
            ],
            1,
        ),
        uris: draw(
            &["spiffe://a.org/ns/x/y", "https://a.org/x", "https://b.org/"],
            1,
        ),
        email_addresses: draw(
            &[
                "a@example.com",
                "A@example.com",
                "a@EXAMPLE.com",
                "b@x.example.com",
            ],
            1,
        ),
        ip_addresses: draw(
            &["10.0.0.1", "10.0.0.12", "10.0.1.1", "fd00:20::1", "fd00::1"],
            1,
        )
        .iter()
        .map(|address| address.parse().unwrap())
        .collect(),
    };
    let usages = draw(&["client auth", "server auth", "digital signature"], 2);
    let lifetime = dice.pick(&[
        None,
        Some(600),
        Some(900),
        Some(3600),
        Some(5400),
        Some(7200),
    ]);
    let signer_name = dice.pick(&[
        "issuers.cert-manager.io/team.ca",
        "issuers.cert-manager.io/other.ca",
        "issuers.cert-manager.io/team.x.ca",
        "clusterissuers.cert-manager.io/ca",
        "clusterissuers.cert-manager.io/x.ca",
        "issuers.cert-manager.io/team.cb",
    ]);
    let pem = certification_request::build(&subject, &sans, &keys[dice.roll(keys.len())]).ok()?;
    let manifest = format!(
        "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: web}}\nspec:\n  \
         signerName: {signer_name}\n  usages: {usages:?}\n  request: {}\n{}",
        STANDARD.encode(&pem),
        lifetime.map_or(String::new(), |seconds| format!(
            "  expirationSeconds: {seconds}\n"
        )),
    );
    let blob = Blob {
        id: ObjectId([1; 20]),
        bytes: manifest.into_bytes(),
    };
    Request::read(&"team/web".parse().unwrap(), &blob).ok()
}

/// Whether the one approval policy of the zone admits the request of somebody in the group.
fn admits(zone: &ControlZone, request: &Request) -> bool {
    let requester = Identity {
        principal: Some("alice".parse().unwrap()),
        groups: ["team".parse().unwrap()].into(),
        ..Identity::default()
    };
    let (signer, policy) = (&zone.signers[0], &zone.approval_policies[0]);
    let now = "2030-01-01T00:00:00Z".parse().unwrap();
    let candidate = Candidate::of(request, signer, now, &mut Vec::new());
    let facts = Arc::new(facts::facts(request, &requester, signer, &candidate, now));
    let values = AskedValues::of(&request.csr.subject, &request.csr.sans);
    let effort = Effort::of_decision();
    let asked = Asked {
        effort: &effort,
        facts: Some(&facts),
        requester: &requester,
        request: &request.name,
        signer_name: &request.signer_name,
        profile: None,
        usages: &request.usages,
        labels: &request.metadata.labels,
        subject: &request.csr.subject,
        sans: &request.csr.sans,
        values: &values,
        key: &request.csr.key,
        lifetime: candidate.lifetime,
        has_expiration: request.expiration.is_some(),
    };
    select::holds(&policy.selector, &asked) && approve::admits(policy, &asked)
}

fn load(converted: &str) -> ControlZone {
    let files = [
        ("policies/team.yaml", converted),
        ("policies/group.yaml", GROUP),
        ("policies/alice.yaml", ALICE),
    ];
    sample::load(&files).unwrap_or_else(|findings| panic!("{converted}\n{findings:#?}"))
}

#[test]
fn nothing_is_admitted_that_upstream_refuses() {
    let mut dice = Dice(4);
    let algorithms = [
        &PKCS_ECDSA_P256_SHA256,
        &PKCS_ECDSA_P384_SHA384,
        &PKCS_ED25519,
    ];
    let keys = algorithms.map(|algorithm| KeyPair::generate_for(algorithm).unwrap());
    let requests: Vec<Request> = (0..120).filter_map(|_| request(&mut dice, &keys)).collect();
    assert!(requests.len() > 60, "{}", requests.len());
    let (mut ours, mut theirs, mut left_out) = (0, 0, 0);
    for round in 0..250 {
        let model = Model::draw(&mut dice);
        let yaml = model.yaml();
        let converted =
            convert(&yaml, &[]).unwrap_or_else(|reasons| panic!("{yaml}\n{reasons:#?}"));
        let Some(text) = converted.policy else {
            left_out += 1;
            continue;
        };
        let zone = load(&text);
        for request in &requests {
            let (here, upstream) = (admits(&zone, request), model.admits(request));
            assert!(
                !here || upstream,
                "round {round}: {yaml}\n{text}\n{request:#?}"
            );
            ours += usize::from(here);
            theirs += usize::from(upstream);
        }
    }
    assert!(
        ours > 30 && theirs > ours && left_out > 20,
        "{ours} {theirs} {left_out}"
    );
    // Narrower, but not useless.
    assert!(ours * 4 > theirs, "{ours} {theirs}");
}
