//! Statements of 16 KiB and signatures of 8 KiB, as many as one request may have.

use std::collections::BTreeMap;

use gitca::control::ControlZone;
use gitca::names::{ObjectName, RequestName, Sha256Digest};
use gitca::request::Request;
use gitca::snapshot::{Blob, StatementHistory};
use gitca::ssh::secret::SecretKey;
use gitca::ssh::{armor, key_file};
use gitca::statement::{NAMESPACE, Statement, StatementDecision, file_name};
use gitca::trust::{Records, hear};

use crate::forge::Draft;
use crate::proposals::{Brought, Change};
use crate::{Act, Case, filled, wide};

const STATEMENT: usize = 16 * 1024;
const SIGNATURE: usize = 8 * 1024;
const PAIRS: usize = 32;

pub(crate) fn cases() -> Vec<Case> {
    let text = |name: &str, head: &'static str, unit: fn(usize) -> String| {
        of(
            name,
            move |_| filled(STATEMENT, head, unit, ""),
            |said| signer().sign(NAMESPACE, said).unwrap().into_bytes(),
        )
    };
    vec![
        text("brackets", "", |_| "[".into()),
        text("keys", "{", |n| format!("\"k{n}\": 1,")),
        text("lists", "{\"subject\": [", |_| "[],".into()),
        text("escapes", "\"", |_| "\\u0041".into()),
        text("surrogates", "\"", |_| "\\ud800".into()),
        text("digits", "", |_| "1".into()),
        of("reasons that end", good, |said| {
            signer().sign(NAMESPACE, said).unwrap().into_bytes()
        }),
        of("signatures of zeros", good, |_| {
            armor::write(&[0; 5000], "SSH SIGNATURE").into_bytes()
        }),
        of("signatures of dashes", good, |_| vec![b'-'; SIGNATURE]),
        of("signatures of lines", good, |_| {
            filled(
                SIGNATURE,
                "-----BEGIN SSH SIGNATURE-----\n",
                |_| "A\n".into(),
                "-----END SSH SIGNATURE-----\n",
            )
        }),
        of("signatures by nobody", good, |said| {
            let text = key_file::ed25519(&[9; 32], "");
            SecretKey::read(&text, None)
                .unwrap()
                .sign(NAMESPACE, said)
                .unwrap()
                .into_bytes()
        }),
    ]
}

/// So many statements, each with its signature, all by one person.
fn of(
    name: &str,
    say: impl Fn(usize) -> Vec<u8> + 'static,
    sign: impl Fn(&[u8]) -> Vec<u8> + 'static,
) -> Case {
    let make = move || {
        let pairs = (0..PAIRS).map(|number| {
            let said = say(number);
            let signature = sign(&said);
            (said, signature)
        });
        serde_json::to_vec(&pairs.collect::<Vec<_>>()).unwrap()
    };
    let ready = |input: Vec<u8>| ready(&input);
    Case::of_file(format!("statements: {name}"), make, ready, |input| {
        change(&input)
    })
}

fn files(input: &[u8]) -> BTreeMap<String, Blob> {
    let pairs: Vec<(Vec<u8>, Vec<u8>)> = serde_json::from_slice(input).unwrap();
    let mut files = BTreeMap::new();
    for (number, (said, signature)) in pairs.iter().enumerate() {
        // One name for each, also where the statements are the same.
        let file = file_name(
            &person(),
            &[said.as_slice(), &number.to_be_bytes()].concat(),
        );
        files.insert(format!("{file}.sig"), wide::blob(signature));
        files.insert(file, wide::blob(said));
    }
    files
}

fn change(input: &[u8]) -> Change {
    let request = request();
    let mut change = Change::of_file(&format!("requests/{request}.yaml"), manifest().bytes);
    change.rules = vec![("policies/bob.yaml".to_owned(), principal().into_bytes())];
    for (file, blob) in files(input) {
        let path = format!("requests/{request}.approvals/{file}");
        change.brings.push((path, Brought::File(blob.bytes)));
    }
    change
}

fn ready(input: &[u8]) -> Act {
    let zone = zone();
    let (name, blob) = (request(), manifest());
    let request = Request::read(&name, &blob).unwrap();
    let files = files(input);
    Box::new(move || {
        let records = Records {
            request: &request,
            introduction: None,
            statements: &files,
            history: &StatementHistory::default(),
            committer: None,
            renews: None,
        };
        hear(&records, &zone, wide::now()).approvals.is_empty()
    })
}

fn request() -> RequestName {
    "dev/jane".parse().unwrap()
}

fn person() -> ObjectName {
    "bob".parse().unwrap()
}

fn manifest() -> Blob {
    wide::blob(
        wide::manifest("jane", wide::SIGNER, "client auth", &Draft::default().pem()).as_bytes(),
    )
}

fn signer() -> SecretKey {
    SecretKey::read(&key_file::ed25519(&[8; 32], ""), None).unwrap()
}

/// An honest statement with the longest reason, for another branch.
fn good(number: usize) -> Vec<u8> {
    let blob = manifest();
    let said = Statement {
        request: request(),
        git_blob: blob.id,
        sha256: Sha256Digest::of(&blob.bytes),
        decision: StatementDecision::Approve,
        principal: person(),
        repository: zone().settings.repository.to_string(),
        branch: "other".to_owned(),
        created: wide::now(),
        expires: Some(wide::now()),
        nonce: [u8::try_from(number).unwrap(); 16],
        reason: Some("\u{1f980}".repeat(1000)),
    };
    said.to_bytes()
}

fn principal() -> String {
    format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {{name: bob}}\nspec: {{sshKeys: [{}]}}\n",
        signer().public().to_openssh()
    )
}

fn zone() -> ControlZone {
    wide::zone(&[("policies/bob.yaml", principal().as_bytes())])
}
