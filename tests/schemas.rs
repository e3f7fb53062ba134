//! The schemas against the readers: what the readers take the schemas take, and an unknown key neither takes.
#![expect(
    clippy::disallowed_methods,
    reason = "this test reads the starter files"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use gitca::control::ControlZone;
use gitca::names::{ObjectId, RepoPath};
use gitca::revocation::Revocation;
use gitca::schema;
use gitca::snapshot::Blob;

use support::{Scratch, files_below};

/// Documents that the readers take, with every field of every kind.
const VALID: [(&str, &str); 12] = [
    (
        "Signer",
        "{signerName: example.com/a, caCertificate: ca/cluster.pem, key: k, profile: kubernetes.io/kubelet-serving,
          duration: {default: 24h, max: 1h30m5d, beyondCA: truncate}, usages: [server auth], keys: [rsa, {rsa: {bits: [2048]}},
          {ecdsa: {curves: [P-256, P-521]}}], subjectKeyIdentifier: sha256, certificatePolicies: [1.2.3],
          limits: {sans: 3, nameLength: 9}, templates: [kubeconfig.yaml.j2], clusters: [kubernetes],
          crl: {publish: false, validity: 7d, distributionPoints: ['http://a.example.com/b', 'ldap://c']}}",
    ),
    ("Signer", "{signerName: example.com/b, caCertificate: ca/cluster.pem, key: k, certificatePolicies: []}"),
    (
        "ApprovalPolicy",
        "{description: d, selector: {signerNames: [example.com/a, {glob: 'example.com/*'}], paths: ['a/**'],
          labels: {matchLabels: {a: b}}}, allowed: {subject: {commonName: {inSANs: true, crossing: true},
          organizations: {values: [a, {exact: b}, {regex: 'c+'}], required: true, minItems: 1, maxItems: 3}, countries: {absent: true}},
          dnsNames: {values: ['*.a.org'], wildcardCertificates: allow, underscores: deny}, ipAddresses: {cidrs: [10.0.0.0/8],
          except: [10.1.0.0/16]}, uris: {any: true}, emailAddresses: {values: ['*@a.org']}, usages: [server auth]},
          constraints: {duration: {min: 10m, max: 30d, required: true}, keys: [ed25519], keyReuse: allow},
          validations: [{name: a, rule: 'true', message: m}], approvals: none, mode: audit}",
    ),
    ("ApprovalPolicy", "{selector: {everything: true}, approvals: none}"),
    (
        "DenyPolicy",
        "{description: d, selector: {everything: true}, deny: [{name: a, subject: {organizations: ['a*']}, dnsNames: ['**.b.org'],
          uris: [{exact: 'https://a.org/'}], emailAddresses: ['*@b.org'], ipAddresses: [10.0.0.0/8], usages: [any],
          keys: {spkiSHA256: [4f2d0c6e8a1b3957d1e0f8a2b4c6d8e0f1a3b5c7d9e1f3a5b7c9d1e3f5a7b9c1], types: [rsa]}, rule: 'false',
          unless: {paths: [a]}, message: m}], mode: enforce}",
    ),
    ("DenyPolicy", "{deny: [{name: a, usages: [any]}]}"),
    (
        "Cluster",
        "{server: 'https://a.example.com:6443', certificateAuthority: ca/cluster.pem, tlsServerName: a.example.com,
          proxyURL: 'http://p.example.com', namespace: default}",
    ),
    ("Cluster", "{server: 'https://b.example.com'}"),
    (
        "Principal",
        "{kind: bot, displayName: A, emails: [a@b.org], groups: [], sshKeys: [
          ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMfO0m6oFwY1D8uXq2rJ7qvT3xkE1Yc9nHs5aZbQe0Lk a,
          {key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINmYkYCeDGZzYWPkn6KPQSEWnfxpYnpHYGHRH1AqxSeT,
           notBefore: '2026-01-01T00:00:00Z', notAfter: '2027-01-01T00:00:00Z',
           compromisedFrom: 1b4b0f43a1d57d0a2d9a4c5d1e2f3a4b5c6d7e8f}]}",
    ),
    ("Group", "{description: d, members: []}"),
    (
        "PolicyTest",
        "{now: '2030-03-01T00:00:00Z', requester: {name: alice, email: a@b.org, groups: [dev], verified: true}, cases: [
          {name: a, request: {path: shop/web, signerName: example.com/tls, usages: [server auth], expirationSeconds: 60,
           labels: {a: b}, subject: {commonName: a, organizations: [b, c]}, dnsNames: [a.org], ipAddresses: [10.0.0.1],
           uris: ['https://a.org/'], emailAddresses: [a@b.org], key: rsa-4096},
           expect: {verdict: denied, policy: developers, codes: [ValueNotAllowed], field: 'csr.dnsNames[0]'}},
          {name: b, file: {manifest: requests/jane.yaml, path: jane}, requester: {}, approvals: [], denials: [],
           expect: {verdict: pending, codes: [], missing: [{groups: [a], principals: [b], count: 2}]}}]}",
    ),
    (
        "PolicyTest",
        "{cases: [{name: a, request: {path: a, signerName: example.com/a}, expect: {verdict: invalid}}]}",
    ),
];

fn document(kind: &str, spec: &str) -> Value {
    let head = format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: x, labels: {{a: b}}, annotations: {{c: d}}}}\n"
    );
    serde_yaml::from_str(&format!("{head}spec: {spec}\n")).expect("it is YAML")
}

/// What the readers say of the document beside the starter kit, as JSON, which is YAML.
fn reader(document: &Value) -> Result<(), String> {
    let mut files: BTreeMap<RepoPath, Blob> = BTreeMap::new();
    let mut add = |path: String, bytes: Vec<u8>| {
        let blob = Blob {
            id: ObjectId([7; 20]),
            bytes,
        };
        files.insert(path.parse().expect("a path"), blob);
    };
    for top in ["policies", "templates"] {
        for (path, bytes) in files_below(Path::new(top)) {
            add(format!("{top}/{path}"), bytes);
        }
    }
    let path = match document["kind"].as_str() {
        Some("Settings") => "policies/settings.yaml",
        Some("PolicyTest") => "policies/tests/x.yaml",
        _ => "policies/x.yaml",
    };
    add(path.to_owned(), document.to_string().into_bytes());
    ControlZone::load(&files)
        .map(drop)
        .map_err(|findings| format!("{findings:?}"))
}

fn validator(kind: &str) -> jsonschema::Validator {
    let schema = schema::of(kind).unwrap_or_else(|| panic!("no schema of {kind}"));
    jsonschema::draft7::meta::validate(&schema).unwrap_or_else(|error| panic!("{kind}: {error}"));
    jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{kind}: {error}"))
}

/// The document with one thing changed, for each place in it: an unknown key, a key taken away, a value of another type.
fn changed(document: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(pointer) = open.pop() {
        let Some(node) = document.pointer(&pointer) else {
            continue;
        };
        match node {
            Value::Object(map) => {
                if !pointer.ends_with("abels") && !pointer.ends_with("annotations") {
                    let mut copy = document.clone();
                    copy.pointer_mut(&pointer).expect("it is there")["unknown"] = "x".into();
                    found.push((format!("unknown {pointer}"), copy));
                }
                for key in map.keys() {
                    let mut copy = document.clone();
                    if let Some(Value::Object(map)) = copy.pointer_mut(&pointer) {
                        map.remove(key);
                    }
                    found.push((format!("without {pointer}/{key}"), copy));
                    open.push(format!("{pointer}/{key}"));
                }
            }
            Value::Array(items) => {
                open.extend((0..items.len()).map(|index| format!("{pointer}/{index}")));
            }
            _ => {}
        }
        for other in [Value::from(-7), Value::from("!")] {
            let mut copy = document.clone();
            *copy.pointer_mut(&pointer).expect("it is there") = other.clone();
            found.push((format!("{other} at {pointer}"), copy));
        }
    }
    found
}

#[test]
fn whatever_the_readers_take_the_schemas_take() {
    let (mut taken, mut refused) = (0, 0);
    for (kind, spec) in VALID {
        let validator = validator(kind);
        let document = document(kind, spec);
        reader(&document).unwrap_or_else(|findings| panic!("{spec}: {findings}"));
        if let Err(error) = validator.validate(&document) {
            panic!("{kind}: {error} at {}", error.instance_path());
        }
        for (what, changed) in changed(&document) {
            let by_schema = validator.is_valid(&changed);
            if changed["kind"] != kind {
                assert!(!by_schema, "{kind} {what}");
                continue;
            }
            if reader(&changed).is_ok() {
                taken += 1;
                assert!(
                    by_schema,
                    "the reader of {kind} takes {what}, the schema does not"
                );
            } else if what.starts_with("unknown") {
                refused += 1;
                assert!(!by_schema, "the schema of {kind} takes {what}");
            }
        }
    }
    assert!(taken > 30 && refused > 30, "{taken} {refused}");
}

#[test]
fn the_starter_kit_and_the_example_are_valid() {
    let below = |top: &str| {
        let files = files_below(Path::new(top)).into_iter();
        files
            .map(|(path, bytes)| (format!("{top}/{path}"), bytes))
            .collect::<Vec<_>>()
    };
    for (path, bytes) in [below("policies"), below("requests")].concat() {
        if Path::new(&path)
            .extension()
            .is_none_or(|extension| extension != "yaml")
        {
            continue;
        }
        let text = String::from_utf8(bytes).expect("it is text");
        let document: Value = serde_yaml::from_str(&text).expect("it is YAML");
        let kind = document["kind"].as_str().expect("a kind");
        if let Err(error) = validator(kind).validate(&document) {
            panic!("{path}: {error} at {}", error.instance_path());
        }
        if path.starts_with("policies/") {
            let up = "../".repeat(path.matches('/').count());
            let line = format!(
                "# yaml-language-server: $schema={up}.gitca/schema/{}\n",
                schema::file_name(kind)
            );
            assert!(text.starts_with(&line), "{path}");
        }
    }
}

/// Kinds whose format is settled, and that later releases read.
#[test]
fn kinds_of_later_releases_have_their_schema() {
    for (kind, spec, valid) in [
        ("Principal", "{kind: person, displayName: A, emails: [a@b.org], sshKeys: [ssh-ed25519 AAAA, {key: x, notAfter: '2027-01-01T00:00:00Z'}], groups: [dev]}", true),
        ("Principal", "{kind: forge}", false),
        ("Group", "{description: d, members: [bob, carol]}", true),
        ("Group", "{members: [Bob]}", false),
        (
            "ApprovalPolicy",
            "{selector: {requesters: {groups: [dev], principals: [bob]}}, renewal: {before: 8h, until: 30d},
              approvals: {anyOf: [{groups: [a], count: 2}, {allOf: [{anyOf: [{principals: [b]}, {allOf: [{groups: [c]}]}]}]}]}}",
            true,
        ),
        ("ApprovalPolicy", "{selector: {everything: true}, approvals: {groups: [a]}}", false),
        ("ApprovalPolicy", "{selector: {everything: true}, approvals: {anyOf: [{count: 1}]}}", false),
        ("ApprovalPolicy", "{selector: {everything: true}, approvals: {anyOf: [{groups: [a], count: 0}]}}", false),
        ("ApprovalPolicy", "{selector: {everything: true}, approvals: {anyOf: []}}", false),
        ("ApprovalPolicy", "{selector: {requesters: {groups: []}}, approvals: none}", false),
        ("ApprovalPolicy", "{selector: {everything: true}, approvals: none, renewal: {until: 30d}}", false),
    ] {
        let found = validator(kind).is_valid(&document(kind, spec));
        assert_eq!(found, valid, "{kind} {spec}");
    }
}

#[test]
fn the_schema_of_revocations_takes_what_their_reader_takes() {
    let longest = format!("{{serialNumbers: [7f{}]}}", "ff".repeat(19));
    let too_long = format!("{{serialNumbers: [7f{}]}}", "ff".repeat(20));
    for (spec, valid) in [
        (
            "{serialNumbers: [5a1c, '80'], reason: keyCompromise, revokedBy: bob, comment: c}",
            true,
        ),
        (&longest, true),
        ("{all: true}", true),
        (r#"{all: true, comment: "Zoë: \"gone\""}"#, true),
        ("{}", false),
        ("{reason: superseded}", false),
        ("{all: false}", false),
        ("{all: true, serialNumbers: [5a1c]}", false),
        ("{serialNumbers: []}", false),
        ("{serialNumbers: [5a1c, 5a1c]}", false),
        ("{serialNumbers: [5A1C]}", false),
        ("{serialNumbers: [a1c]}", false),
        ("{serialNumbers: ['005a1c']}", false),
        ("{serialNumbers: [12]}", false),
        (&too_long, false),
        ("{all: true, reason: cACompromise}", false),
        (r#"{all: true, comment: "two\nlines"}"#, false),
        (r#"{all: true, revokedBy: "a\tb"}"#, false),
        ("{all: true, until: tomorrow}", false),
    ] {
        let text = format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: Revocation\nmetadata: {{name: jane}}\nspec: {spec}\n"
        );
        let blob = Blob {
            id: ObjectId([0; 20]),
            bytes: text.into_bytes(),
        };
        let name = "jane".parse().expect("a name");
        let read = Revocation::read(&name, &blob);
        assert_eq!(read.is_ok(), valid, "the reader: {spec} {read:?}");
        let found = validator("Revocation").is_valid(&document("Revocation", spec));
        assert_eq!(found, valid, "the schema: {spec}");
    }
}

#[test]
fn the_files_for_editors_are_what_the_command_prints() {
    let scratch = Scratch::with_repository();
    let kinds = scratch.gitca(&["schema"]).success().stdout;
    assert_eq!(kinds.lines().collect::<Vec<_>>(), schema::kinds());
    for kind in schema::kinds() {
        let printed = scratch.gitca(&["schema", kind]).success().stdout;
        let name = format!(".gitca/schema/{}", schema::file_name(kind));
        assert_eq!(
            scratch.read(&format!("repo/{name}")),
            printed,
            "init writes it"
        );
        if std::env::var_os("GOLDEN").is_some() {
            fs::create_dir_all(".gitca/schema").expect("a folder");
            fs::write(&name, &printed).expect("a file");
        }
        assert_eq!(
            fs::read_to_string(&name).expect("the example has it"),
            printed,
            "GOLDEN=overwrite writes it"
        );
    }
    scratch.gitca(&["schema", "Pod"]).code(2);
}
