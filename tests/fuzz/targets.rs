//! What the fuzzer and the replay of its corpus run: each reader of what strangers write, with what must hold after it.
//!
//! In come octets. Out comes nothing: a target panics when a reader does, when what was read can be lost or doubled on
//! its way into a certificate, or when a text that a stranger wrote gets into an output unescaped.

#[path = "lists.rs"]
mod lists;
#[path = "people.rs"]
mod people;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use gitca::control::ControlZone;
use gitca::decision::{Approved, Case, decide};
use gitca::issuance::{Issued, prepare};
use gitca::names::{ObjectId, RequestName, Serial};
use gitca::output::{github, junit, markdown, text};
use gitca::plan::{Evidence, Requests, plan};
use gitca::render::circumstances::Circumstances;
use gitca::render::template::Templates;
use gitca::render::{self};
use gitca::report::{Report, Requester};
use gitca::request::Request;
use gitca::snapshot::{Blob, Changeset, Introduction};
use gitca::trust::Testimony;
use gitca::trust::revocations::Revocations;
use gitca::x509::csr::Csr;

use crate::seeds::seeded_key;
use crate::wide;

pub(crate) use lists::revocations;
pub(crate) use people::{signers, statements};

/// A manifest: read, judged, and shown in every form.
pub(crate) fn manifest(data: &[u8]) {
    let blob = wide::blob(data);
    let requests = Requests::from([(name(), Request::read(&name(), &blob))]);
    show(&requests);
    if let Some(Ok(request)) = requests.values().next() {
        assert_eq!(request.name, name());
        certify(request, &blob);
    }
}

/// A PKCS#10 request: as it is, and as the parts of one that is then signed, so that faults behind the signature are
/// reached as well.
pub(crate) fn pkcs10(data: &[u8]) {
    let _ = Csr::read(data);
    let _ = Csr::read(&pem(data));
    let Some((form, rest)) = data.split_first() else {
        return;
    };
    let pem = pem(&signed(*form, rest));
    let manifest = wide::manifest("jane", wide::SIGNER, "client auth", &pem);
    let blob = wide::blob(manifest.as_bytes());
    let requests = Requests::from([(name(), Request::read(&name(), &blob))]);
    show(&requests);
    if let Some(Ok(request)) = requests.values().next() {
        certify(request, &blob);
    }
}

/// A file of the control zone, at a place that its first octet chooses; what loads then judges a request.
pub(crate) fn policy(data: &[u8]) {
    let Some((place, text)) = data.split_first() else {
        return;
    };
    let path = match place {
        b'c' => "policies/ca/cluster.pem",
        b'k' => "policies/keys/list.txt",
        b's' => "policies/settings.yaml",
        b'S' => "policies/signer.yaml",
        _ => "policies/policy.yaml",
    };
    let Ok(zone) = ControlZone::load(&wide::files(&[(path, text)])) else {
        return;
    };
    let (blob, request) = plain();
    if let Some(approved) = approve(request, &zone) {
        assert_eq!(approved.request().blob, blob.id);
    }
}

/// A template: compiled, and rendered for a certificate whose values try to break out.
pub(crate) fn template(data: &[u8]) {
    let signer = wide::signer("wide", wide::SIGNER, "  templates: [fuzz.yaml.j2]\n");
    let files = wide::files(&[
        ("templates/fuzz.yaml.j2", data),
        ("policies/signer.yaml", signer.as_bytes()),
    ]);
    let Ok(zone) = ControlZone::load(&files) else {
        return;
    };
    let Ok(templates) = Templates::compile(&zone) else {
        return;
    };
    let (_, request) = plain();
    let approved = approve(request, &zone).expect("the wide policy admits it");
    let issued = issue(approved);
    if let Ok(text) = templates.render("fuzz.yaml.j2", &issued, ("leaf", "chain"), &zone) {
        assert!(
            text.len() <= 1 << 20,
            "a template made {} octets",
            text.len()
        );
    }
}

pub(crate) fn name() -> RequestName {
    "dev/jane".parse().expect("a name")
}

/// The PEM of a request, whatever is in it.
fn pem(der: &[u8]) -> Vec<u8> {
    let label = "CERTIFICATE REQUEST-----";
    format!(
        "-----BEGIN {label}\n{}\n-----END {label}\n",
        STANDARD.encode(der)
    )
    .into_bytes()
}

pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut der = vec![tag];
    let octets = content.len().to_be_bytes();
    let octets: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
    if content.len() >= 0x80 {
        der.extend(u8::try_from(octets.len()).map(|length| 0x80 | length));
    }
    der.extend(octets);
    if content.is_empty() {
        der.push(0);
    }
    der.extend(content);
    der
}

/// A signed request of octets that stand for the subject and for names, extensions or attributes, by its form.
fn signed(form: u8, parts: &[u8]) -> Vec<u8> {
    // ed25519, RFC 8410 3; extensionRequest, RFC 2985 5.4.2; subjectAltName, RFC 5280 4.2.1.6.
    const ALGORITHM: [u8; 7] = [0x30, 5, 6, 3, 0x2b, 0x65, 0x70];
    const EXTENSION_REQUEST: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 9, 14];
    const SUBJECT_ALT_NAME: [u8; 5] = [6, 3, 0x55, 0x1d, 0x11];
    let split = parts.first().map_or(0, |length| usize::from(*length));
    let parts = parts.get(1..).unwrap_or_default();
    let (subject, rest) = parts.split_at(split.min(parts.len()));
    let requested = |extensions: &[u8]| {
        let list = tlv(0x30, &[extensions]);
        tlv(0x30, &[&EXTENSION_REQUEST, &tlv(0x31, &[&list])])
    };
    let attributes = match form {
        b'n' if rest.is_empty() => Vec::new(),
        b'n' => {
            let names = tlv(4, &[&tlv(0x30, &[rest])]);
            requested(&tlv(0x30, &[&SUBJECT_ALT_NAME, &names]))
        }
        b'e' => requested(rest),
        _ => rest.to_vec(),
    };
    let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("32 octets are a seed");
    let public = tlv(3, &[&[0], key.public_key().as_ref()]);
    let info = tlv(
        0x30,
        &[
            &[2, 1, 0],
            &tlv(0x30, &[subject]),
            &tlv(0x30, &[&ALGORITHM, &public]),
            &tlv(0xa0, &[&attributes]),
        ],
    );
    let signature = tlv(3, &[&[0], key.sign(&info).as_ref()]);
    tlv(0x30, &[&info, &ALGORITHM, &signature])
}

fn zone() -> &'static (ControlZone, Templates) {
    static ZONE: OnceLock<(ControlZone, Templates)> = OnceLock::new();
    ZONE.get_or_init(|| {
        let zone = wide::zone(&[]);
        let templates = Templates::compile(&zone).expect("the starter template compiles");
        (zone, templates)
    })
}

/// A request with values that try to break out of where they are put.
pub(crate) fn plain() -> &'static (Blob, Request) {
    static PLAIN: OnceLock<(Blob, Request)> = OnceLock::new();
    PLAIN.get_or_init(|| {
        let common_name = "a\": {{ 7 * 7 }}\\ #'|%25<b>";
        let value = tlv(0x0c, &[common_name.as_bytes()]);
        let pair = tlv(0x30, &[&[6, 3, 0x55, 4, 3], &value]);
        let rdn = tlv(0x31, &[&pair]);
        let length = u8::try_from(rdn.len()).expect("a short name");
        let pem = pem(&signed(b'n', &[&[length], rdn.as_slice()].concat()));
        let manifest = wide::manifest("jane", wide::SIGNER, "client auth", &pem);
        let blob = wide::blob(manifest.as_bytes());
        let request = Request::read(&name(), &blob).unwrap_or_else(|why| panic!("{why:?}"));
        (blob, request)
    })
}

fn approve<'a>(request: &'a Request, zone: &'a ControlZone) -> Option<Approved<'a>> {
    let case = Case {
        request,
        zone,
        testimony: &Testimony::default(),
        key_owner: None,
        revocations: Revocations::NONE,
        now: wide::now(),
    };
    decide(&case).decision.ok()
}

/// What is approved can be built, linted, signed, read back and rendered: anything else is a difference between two of
/// our own readers.
fn certify(request: &Request, manifest: &Blob) {
    let (zone, templates) = zone();
    let Some(approved) = approve(request, zone) else {
        return;
    };
    let issued = issue(approved);
    assert_eq!(issued.contents().sans, request.csr.sans);
    let introduction = Introduction {
        commit: ObjectId([1; 20]),
        position: 1,
        committed: wide::now(),
        changes: vec![ObjectId([1; 20])],
        is_from_anchor: false,
        maker: None,
        contributors: Vec::new(),
        touches_control: false,
    };
    let requester = Requester {
        principal: None,
        name: None,
        email: None,
        method: None,
        verified: false,
    };
    let circumstances = Circumstances {
        zone,
        manifest,
        introduction: &introduction,
        requester: &requester,
        renews: None,
        now: wide::now(),
    };
    let mut changes = Changeset::default();
    let added = render::add(&mut changes, &issued, templates, &circumstances);
    // A user without a name makes no kubeconfig; everything else must.
    if request.csr.subject.common_name().is_some() {
        added.unwrap_or_else(|reason| panic!("{reason:?}"));
    }
}

fn issue(approved: Approved<'_>) -> Issued<'_> {
    let serial = Serial::from_random([7; Serial::OCTETS]).expect("not zero");
    let prepared = prepare(approved, serial).unwrap_or_else(|reasons| panic!("{reasons:?}"));
    let issued = prepared.sign(&seeded_key("ca"));
    issued.unwrap_or_else(|reason| panic!("{reason:?}"))
}

/// Every form that a report has, none of which may hold a character that a terminal or a log obeys.
fn show(requests: &Requests) {
    show_with(requests, &zone().0, &BTreeMap::new());
}

/// The same with statements about the requests.
pub(crate) fn show_with(
    requests: &Requests,
    zone: &ControlZone,
    statements: &BTreeMap<RequestName, BTreeMap<String, Blob>>,
) {
    let evidence = Evidence {
        statements,
        ..Evidence::alone(requests, zone)
    };
    let plan = plan(&evidence, wide::now());
    let mut report = Report::new("check");
    report.notices = plan.notices();
    report.results = plan.into_results();
    for text in [
        text::report(&report, &text::Style::default()),
        markdown::report(&report),
        junit::report(&report),
        github::report(&report),
    ] {
        let obeyed = text
            .chars()
            .find(|character| character.is_control() && *character != '\n');
        assert_eq!(obeyed, None, "{text:?}");
    }
}
