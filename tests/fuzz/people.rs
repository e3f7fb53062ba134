//! The targets that read what people prove themselves with: statements, their signatures, and the keys of Principals.
//!
//! In come octets; a target panics when a reader does, when a statement counts that is not bound to what it is about or not
//! signed by a key of the one who is counted, or when a key is another after it was written and read again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use gitca::control::{ControlZone, allowed_signers};
use gitca::names::{ObjectName, RequestName, Sha256Digest};
use gitca::snapshot::{Blob, StatementHistory};
use gitca::ssh::key::PublicKey;
use gitca::ssh::secret::SecretKey;
use gitca::ssh::signature::Signature;
use gitca::ssh::{armor, key_file};
use gitca::statement::{NAMESPACE, Statement, StatementDecision, file_name};
use gitca::trust::{Records, hear};

use crate::targets::{plain, show_with};
use crate::wide;

const SIGNATURE: &str = "SSH SIGNATURE";

/// A statement and its signature: the statement under a good signature, a signature of a good statement, the octets in
/// its armor, or both, by the first octet.
pub(crate) fn statements(data: &[u8]) {
    let Some((form, rest)) = data.split_first() else {
        return;
    };
    let good = good(StatementDecision::Approve);
    let (said, signature) = match form {
        b'j' => (rest.to_vec(), signed(rest).into_bytes()),
        b's' => (good.clone(), rest.to_vec()),
        b'a' => (good.clone(), armor::write(rest, SIGNATURE).into_bytes()),
        _ => {
            let end = rest.iter().position(|octet| *octet == 0);
            let (said, signature) = rest.split_at(end.unwrap_or(rest.len()));
            (
                said.to_vec(),
                signature.get(1..).unwrap_or_default().to_vec(),
            )
        }
    };
    if let Ok(read) = Statement::read(&said) {
        let again = Statement::read(&read.to_bytes());
        assert_eq!(again.as_ref(), Ok(&read));
    }
    let files = BTreeMap::from([
        (file_name(&bob(), &said), wide::blob(&said)),
        (
            format!("{}.sig", file_name(&bob(), &said)),
            wide::blob(&signature),
        ),
    ]);
    let counted = judge(&files);
    let is_good = said == good && signature == signed(&good).as_bytes();
    assert!(counted || !is_good, "nothing counts any more");
}

/// What counts is bound to this request and signed by the one who is counted; the rest is shown unharmful.
fn judge(files: &BTreeMap<String, Blob>) -> bool {
    let (blob, request) = plain();
    let records = Records {
        request,
        introduction: None,
        statements: files,
        history: &StatementHistory::default(),
        committer: None,
        renews: None,
    };
    let testimony = hear(&records, zone(), wide::now());
    let approvals = testimony.approvals.keys();
    for person in approvals
        .chain(&testimony.denials)
        .chain(&testimony.identity.principal)
    {
        assert_eq!(person, &bob());
        let (name, said) = files.first_key_value().expect("it is there");
        let read = Statement::read(&said.bytes).expect("it counts");
        assert_eq!((&read.principal, &read.request), (person, &request.name));
        assert_eq!(
            (read.git_blob, read.sha256),
            (blob.id, Sha256Digest::of(&blob.bytes))
        );
        let armor = std::str::from_utf8(&files[&format!("{name}.sig")].bytes).expect("it counts");
        let signature = Signature::parse(armor).expect("it counts");
        assert_eq!(signature.key(), key().public());
        assert_eq!(signature.verify(NAMESPACE, &said.bytes), Ok(()));
    }
    let requests = BTreeMap::from([(request.name.clone(), Ok(request.clone()))]);
    let statements = BTreeMap::from([(request.name.clone(), files.clone())]);
    show_with(&requests, zone(), &statements);
    !testimony.approvals.is_empty()
}

/// A line or the octets of a key, or the file of a Principal, by the first octet; and the file for ssh-keygen that comes
/// of it.
pub(crate) fn signers(data: &[u8]) {
    let Some((form, rest)) = data.split_first() else {
        return;
    };
    match form {
        b'l' => {
            let line = std::str::from_utf8(rest);
            if let Some(key) = line.ok().and_then(|line| line.parse::<PublicKey>().ok()) {
                let text = of_key(line.expect("a key was in it")).expect("a Principal may have it");
                assert!(text.contains(&key.to_openssh()), "{text}");
            }
        }
        b'o' => {
            if let Ok(key) = PublicKey::from_blob(rest) {
                let line = key.to_openssh();
                assert_eq!(line.parse::<PublicKey>().as_ref(), Ok(&key));
                assert_eq!(key.blob(), rest);
                let text = of_key(&line).expect("a Principal may have it");
                assert!(text.contains(&STANDARD.encode(rest)), "{text}");
            }
        }
        b'g' => {
            let armor = armor::write(rest, SIGNATURE);
            if let Ok(signature) = Signature::parse_for("git", &armor) {
                assert_eq!(signature.namespace(), "git");
                assert!(signature.verify(NAMESPACE, b"").is_err());
            }
        }
        _ => {
            let _ = of_file(rest);
        }
    }
}

/// The allowed signers when a Principal has this key.
fn of_key(line: &str) -> Result<String, ()> {
    let line = serde_json::to_string(line).expect("texts are JSON");
    let file = format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {{name: eve}}\nspec:\n  sshKeys: [{line}]\n"
    );
    of_file(file.as_bytes())
}

/// The allowed signers when there is this file; each key of a Principal is one line of it.
fn of_file(file: &[u8]) -> Result<String, ()> {
    let zone = ControlZone::load(&wide::files(&[("policies/eve.yaml", file)])).map_err(drop)?;
    let keys = zone
        .principals
        .values()
        .flat_map(|principal| &principal.ssh_keys);
    let keys: BTreeSet<String> = keys
        .filter(|key| key.compromised_from.is_none())
        .map(|key| key.key.to_openssh())
        .collect();
    let text = allowed_signers::text(&zone);
    let lines: BTreeSet<String> = text
        .lines()
        .map(|line| {
            let [_, options, kind, key] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line:?}");
            };
            assert!(options.starts_with("namespaces=\""), "{line:?}");
            format!("{kind} {key}")
        })
        .collect();
    assert_eq!(lines, keys, "{text:?}");
    assert_eq!(text.lines().count(), keys.len(), "{text:?}");
    assert!(
        !text.contains(|c: char| c.is_control() && c != '\n'),
        "{text:?}"
    );
    Ok(text)
}

fn bob() -> ObjectName {
    "bob".parse().expect("a name")
}

/// A key that everybody can make, so it is good for nothing else.
fn key() -> &'static SecretKey {
    static KEY: OnceLock<SecretKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let text = key_file::ed25519(&[8; 32], "bob");
        SecretKey::read(&text, None).expect("a key")
    })
}

fn signed(said: &[u8]) -> String {
    key().sign(NAMESPACE, said).expect("it can be signed")
}

/// A statement of bob's about the request of these targets.
fn good(decision: StatementDecision) -> Vec<u8> {
    let (blob, request) = plain();
    let name: RequestName = request.name.clone();
    let settings = &zone().settings;
    let said = Statement {
        request: name,
        git_blob: blob.id,
        sha256: Sha256Digest::of(&blob.bytes),
        decision,
        principal: bob(),
        repository: settings.repository.to_string(),
        branch: settings.branch.to_string(),
        created: wide::now(),
        expires: Some("2030-01-15T00:00:00Z".parse().expect("a time")),
        nonce: [7; 16],
        reason: None,
    };
    said.to_bytes()
}

/// Rules under which bob and carol approve.
fn zone() -> &'static ControlZone {
    static ZONE: OnceLock<ControlZone> = OnceLock::new();
    ZONE.get_or_init(|| {
        let principal = |name: &str, keys: &str| {
            format!(
                "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {{name: {name}}}\nspec: {{sshKeys: [{keys}]}}\n"
            )
        };
        let bob = principal("bob", &key().public().to_openssh());
        let carol = principal("carol", "");
        let approved = "apiVersion: gitca.dev/v1alpha1\nkind: ApprovalPolicy\nmetadata: {name: wide}\nspec:\n  \
            selector: {everything: true}\n  allowed:\n    subject: {commonName: {any: true}}\n    \
            usages: [client auth]\n  approvals: {anyOf: [{principals: [bob, carol], count: 1}]}\n";
        wide::zone(&[
            ("policies/bob.yaml", bob.as_bytes()),
            ("policies/carol.yaml", carol.as_bytes()),
            ("policies/wide.yaml", approved.as_bytes()),
        ])
    })
}
