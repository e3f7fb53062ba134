//! A key that signs wrongly: what it made ends as `failed`, nothing of it is written, and the others are issued.
//!
//! The key stands behind the same trait as a file or a token. A broken token, a bit that flips in memory and somebody who
//! makes the CA sign something else all look like this from here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rcgen::{KeyPair, PublicKeyData, SignatureAlgorithm, SigningKey};

use gitca::batch::{Batch, Keys, Workshop, issue};
use gitca::finding::Code;
use gitca::names::{ObjectId, RequestName};
use gitca::plan::{self, Evidence, Requests, plan};
use gitca::render::template::Templates;
use gitca::report::Verdict;
use gitca::request::Request;
use gitca::snapshot::{Author, Authorship, Introduction, Snapshot};
use gitca::x509::certification_request;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

use crate::repository;
use crate::seeds::{seeded_key, seeded_octets};
use crate::wide;

/// What the key answers in place of a signature.
type Lie = fn(&KeyPair, &[u8]) -> Result<Vec<u8>, rcgen::Error>;

/// The CA's key, which lies where the octets to sign hold this name.
struct Liar {
    key: KeyPair,
    about: &'static str,
    lie: Lie,
}

impl PublicKeyData for Liar {
    fn der_bytes(&self) -> &[u8] {
        self.key.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.key.algorithm()
    }
}

impl SigningKey for Liar {
    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let name = self.about.as_bytes();
        if octets
            .windows(name.len().max(1))
            .any(|window| window.starts_with(name))
        {
            return (self.lie)(&self.key, octets);
        }
        self.key.sign(octets)
    }
}

const LIES: [(&str, Lie, Code); 9] = [
    (
        "a flipped bit",
        |key, octets| {
            let mut signature = key.sign(octets)?;
            signature[20] ^= 1;
            Ok(signature)
        },
        Code::SelfCheckFailed,
    ),
    ("nothing", |_, _| Ok(Vec::new()), Code::SelfCheckFailed),
    ("zeros", |_, _| Ok(vec![0; 64]), Code::SelfCheckFailed),
    (
        "one octet less",
        |key, octets| {
            let mut signature = key.sign(octets)?;
            signature.pop();
            Ok(signature)
        },
        Code::SelfCheckFailed,
    ),
    (
        "one octet more",
        |key, octets| {
            let mut signature = key.sign(octets)?;
            signature.push(0);
            Ok(signature)
        },
        Code::SelfCheckFailed,
    ),
    (
        "a megabyte",
        |_, _| Ok(vec![0x30; 1 << 20]),
        Code::SelfCheckFailed,
    ),
    (
        "another key",
        |_, octets| seeded_key("another").sign(octets),
        Code::SelfCheckFailed,
    ),
    (
        "other octets",
        |key, octets| {
            let text = String::from_utf8_lossy(octets).replace("liar", "root");
            key.sign(text.as_bytes())
        },
        Code::SelfCheckFailed,
    ),
    (
        "an error",
        |_, _| Err(rcgen::Error::RemoteKeyError),
        Code::SigningFailed,
    ),
];

#[test]
fn what_was_signed_wrongly_is_not_written_and_stops_nobody_else() {
    for (what, lie, code) in LIES {
        let key = Liar {
            key: seeded_key("ca"),
            about: "liar",
            lie,
        };
        let batch = run(&key);
        let issued = ["alice", "carol", "ulla"];
        assert_outcome(&batch, &issued, &[("liar", code)], what);
    }
}

#[test]
fn a_key_that_always_lies_fails_the_requests_of_its_signer_alone() {
    for (what, lie, code) in LIES {
        // Every certificate of the wide signer names the CA; none of them comes out.
        let key = Liar {
            key: seeded_key("ca"),
            about: "",
            lie,
        };
        let batch = run(&key);
        let failed = [("alice", code), ("carol", code), ("liar", code)];
        assert_outcome(&batch, &["ulla"], &failed, what);
    }
}

#[track_caller]
fn assert_outcome(batch: &Batch, issued: &[&str], failed: &[(&str, Code)], what: &str) {
    for result in &batch.results {
        let name = result.request.as_ref().expect("a request").as_str();
        let fault = failed.iter().find(|(failed, _)| *failed == name);
        let codes: Vec<Code> = result.reasons.iter().map(|reason| reason.code).collect();
        match fault {
            Some((_, code)) => {
                assert_eq!(
                    (result.verdict, codes),
                    (Verdict::Failed, vec![*code]),
                    "{what}: {name}"
                );
                assert_eq!(
                    (&result.serial_number, &result.not_after),
                    (&None, &None),
                    "{what}: {name}"
                );
            }
            None => assert_eq!(
                (result.verdict, codes),
                (Verdict::Issued, vec![]),
                "{what}: {name}"
            ),
        }
    }
    assert_eq!(batch.results.len(), issued.len() + failed.len(), "{what}");
    let folders: Vec<&str> = batch
        .changes
        .folders
        .keys()
        .map(gitca::names::RepoPath::as_str)
        .collect();
    let wanted: Vec<String> = issued.iter().map(|name| format!("issued/{name}")).collect();
    assert_eq!(folders, wanted, "{what}");
    let owners: BTreeSet<String> = batch
        .changes
        .files
        .values()
        .map(|bytes| String::from_utf8_lossy(bytes).trim_end().to_owned())
        .collect();
    assert_eq!(
        owners,
        issued.iter().map(|name| (*name).to_owned()).collect(),
        "{what}"
    );
}

fn manifest(name: &str) -> String {
    let mut subject = Subject::default();
    subject.push(Attribute::CommonName, name.to_owned());
    let sans = SubjectAltNames::default();
    let pem = certification_request::build(&subject, &sans, &seeded_key(name)).expect("a request");
    wide::manifest(name, wide::SIGNER, "client auth", pem.as_bytes())
}

/// Three requests for the signer with this key, and one for a signer with an honest one.
fn run(key: &Liar) -> Batch {
    let zone = wide::zone(&[]);
    let mut snapshot = Snapshot::default();
    let mut introductions = BTreeMap::new();
    let ulla = ("ulla", repository::manifest("ulla"));
    let others = ["alice", "carol", "liar"].map(|name| (name, manifest(name)));
    for (name, text) in others.into_iter().chain([ulla]) {
        let name: RequestName = name.parse().expect("a name");
        introductions.insert(name.clone(), introduction());
        snapshot.open.insert(name, wide::blob(text.as_bytes()));
    }
    let requests: Requests = snapshot
        .open
        .iter()
        .map(|(name, blob)| (name.clone(), Request::read(name, blob)))
        .collect();
    let evidence = Evidence {
        introductions: &introductions,
        ..Evidence::alone(&requests, &zone)
    };
    let plan: plan::Plan<'_> = plan(&evidence, wide::now());
    let honest = seeded_key("ca");
    let keys = Keys::from([
        ("wide".parse().expect("a name"), Ok(key as _)),
        ("users".parse().expect("a name"), Ok(&honest as _)),
    ]);
    let workshop = Workshop {
        snapshot: &snapshot,
        zone: &zone,
        templates: &Templates::compile(&zone).expect("templates"),
        introductions: &introductions,
        certified: &BTreeMap::new(),
        now: wide::now(),
    };
    issue(
        plan,
        &keys,
        &workshop,
        &mut seeded_octets("serials"),
        &|_, _| (),
    )
}

fn introduction() -> Introduction {
    let maker = Arc::new(Authorship {
        commit: ObjectId([1; 20]),
        author: Some(Author {
            name: "Alice".to_owned(),
            email: "alice@example.com".to_owned(),
        }),
        co_authors: Some(Vec::new()),
        signature: None,
    });
    Introduction {
        commit: ObjectId([1; 20]),
        position: 1,
        committed: wide::now(),
        changes: vec![ObjectId([1; 20])],
        is_from_anchor: false,
        maker: Some(maker.clone()),
        contributors: vec![maker],
        touches_control: false,
    }
}
