//! Principals and Groups: who is who, and what is refused.

use super::*;
use crate::control::principal::PrincipalKind;
use crate::ssh::key::PublicKey;
use crate::timestamp::Timestamp;

const ALICE: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMfO0m6oFwY1D8uXq2rJ7qvT3xkE1Yc9nHs5aZbQe0Lk";
const BOB: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINmYkYCeDGZzYWPkn6KPQSEWnfxpYnpHYGHRH1AqxSeT";
const COMMIT: &str = "1b4b0f43a1d57d0a2d9a4c5d1e2f3a4b5c6d7e8f";

fn object(kind: &str, name: &str, spec: &str) -> String {
    file(kind, spec).replace("{name: x}", &format!("{{name: {name}}}"))
}

/// The sample with these Principals and Groups.
fn people(objects: &[(&str, &str, &str)]) -> Result<ControlZone, Vec<Finding>> {
    let files: Vec<(String, String)> = objects
        .iter()
        .map(|(kind, name, spec)| {
            let path = format!("policies/{}-{name}.yaml", kind.to_lowercase());
            (path, object(kind, name, spec))
        })
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    load(&files)
}

/// File, field and message of each finding.
fn faults(objects: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    let found = people(objects).expect_err("it must not load");
    let brief = |finding: Finding| {
        let file = finding.file.unwrap().to_string();
        let reason = finding.reason;
        assert_eq!(reason.code, Code::ConfigInvalid);
        assert_eq!(reason.value, None, "a key or address is never shown twice");
        (file, reason.field.unwrap(), reason.message)
    };
    found.into_iter().map(brief).collect()
}

fn names(names: &BTreeSet<ObjectName>) -> Vec<&str> {
    names.iter().map(ObjectName::as_str).collect()
}

#[test]
fn a_principal_is_found_by_key_and_address() {
    let spec = format!(
        "displayName: Alice Example\nemails: [Alice@Example.COM]\nsshKeys: ['{ALICE} alice@laptop']"
    );
    let zone = people(&[
        ("Principal", "alice", &spec),
        ("Principal", "robot", "kind: bot"),
    ])
    .unwrap();
    let alice = &zone.principals[&"alice".parse().unwrap()];
    assert_eq!(alice.file.as_str(), "policies/principal-alice.yaml");
    assert_eq!(
        (alice.line, alice.display_name.as_str(), alice.kind),
        (3, "Alice Example", PrincipalKind::Person)
    );
    let robot = &zone.principals[&"robot".parse().unwrap()];
    assert_eq!(
        (robot.display_name.as_str(), robot.kind),
        ("robot", PrincipalKind::Bot)
    );
    let key: PublicKey = ALICE.parse().unwrap();
    let (owner, entry) = zone.principal_by_key(&key).unwrap();
    assert_eq!((&owner.name, &entry.key), (&alice.name, &key));
    assert!(zone.principal_by_key(&BOB.parse().unwrap()).is_none());
    for (email, found) in [
        ("Alice@example.com", true),
        ("Alice@EXAMPLE.com", true),
        ("alice@example.com", false),
        ("Alice@example.org", false),
        ("", false),
    ] {
        assert_eq!(zone.principal_by_email(email).is_some(), found, "{email}");
    }
}

#[test]
fn membership_is_the_union_of_both_sides() {
    let zone = people(&[
        ("Principal", "alice", "groups: [dev]"),
        ("Principal", "bob", "groups: []"),
        ("Group", "dev", "description: developers\nmembers: []"),
        ("Group", "platform", "members: [alice, bob]"),
    ])
    .unwrap();
    let of = |name: &str| zone.groups_of(&name.parse().unwrap());
    assert_eq!(names(of("alice")), ["dev", "platform"]);
    assert_eq!(names(of("bob")), ["platform"]);
    assert!(of("carol").is_empty());
}

#[test]
fn a_key_counts_within_its_limits() {
    let now = |text: &str| text.parse::<Timestamp>().unwrap();
    for (limits, counts) in [
        ("", [true, true, true]),
        ("notBefore: 2030-01-01T00:00:00Z", [false, true, true]),
        ("notAfter: 2030-01-01T00:00:00Z", [true, true, false]),
        (&format!("compromisedFrom: {COMMIT}"), [false, false, false]),
    ] {
        let spec = format!("sshKeys: [{{key: {BOB}, {limits}}}]");
        let zone = people(&[("Principal", "bob", &spec)]).unwrap();
        let (_, key) = zone.principal_by_key(&BOB.parse().unwrap()).unwrap();
        let times = [
            "2029-12-31T23:59:59Z",
            "2030-01-01T00:00:00Z",
            "2030-01-01T00:00:01Z",
        ];
        assert_eq!(times.map(|time| key.counts(now(time))), counts, "{limits}");
        let commit = key.compromised_from.map(|commit| commit.to_string());
        assert_eq!(
            commit.is_some(),
            limits.starts_with("compromised"),
            "{limits}"
        );
    }
}

#[test]
fn one_key_and_one_address_have_one_owner() {
    let key = format!("sshKeys: ['{ALICE}']");
    let other =
        format!("sshKeys: [{{key: '{ALICE} other comment', notAfter: 2030-01-01T00:00:00Z}}]");
    let found = faults(&[("Principal", "alice", &key), ("Principal", "bob", &other)]);
    let fingerprint = ALICE.parse::<PublicKey>().unwrap().fingerprint();
    let message = format!("`{fingerprint}` belongs to the Principal `alice` already");
    assert_eq!(
        found,
        [(
            "policies/principal-bob.yaml".into(),
            "spec.sshKeys[0].key".into(),
            message
        )]
    );
    let found = faults(&[
        ("Principal", "alice", "emails: [a@b.org]"),
        ("Principal", "bob", "emails: [b@b.org, a@B.org]"),
    ]);
    assert_eq!(
        found,
        [(
            "policies/principal-bob.yaml".into(),
            "spec.emails[1]".into(),
            "`a@b.org` belongs to the Principal `alice` already".into()
        )]
    );
    let twice = format!("emails: [a@b.org, a@b.org]\nsshKeys: ['{ALICE}', '{ALICE} again']");
    let found = faults(&[("Principal", "alice", &twice)]);
    let fields: Vec<&str> = found.iter().map(|(_, field, _)| field.as_str()).collect();
    assert_eq!(fields, ["spec.emails[1]", "spec.sshKeys[1]"]);
}

#[test]
fn a_wrong_principal_or_group_names_the_field() {
    let private = "sshKeys:\n  - |\n    -----BEGIN OPENSSH PRIVATE-KEY-----\n    AAAA";
    let limits = |limits: &str| format!("sshKeys: [{{key: {BOB}, {limits}}}]");
    for (kind, spec, field) in [
        ("Principal", "kind: human".to_owned(), "spec.kind"),
        ("Principal", "displayName: ''".into(), "spec.displayName"),
        (
            "Principal",
            "emails: alice@example.com".into(),
            "spec.emails",
        ),
        ("Principal", "emails: [alice]".into(), "spec.emails[0]"),
        (
            "Principal",
            "emails: ['@example.com']".into(),
            "spec.emails[0]",
        ),
        (
            "Principal",
            "emails: ['A <a@b.org>']".into(),
            "spec.emails[0]",
        ),
        ("Principal", "emails: ['a@b@c']".into(), "spec.emails[0]"),
        ("Principal", "sshKeys: [AAAA]".into(), "spec.sshKeys[0]"),
        (
            "Principal",
            "sshKeys: [ssh-dss AAAA]".into(),
            "spec.sshKeys[0]",
        ),
        (
            "Principal",
            private.replace("PRIVATE-KEY", "PUBLIC KEY"),
            "spec.sshKeys[0]",
        ),
        (
            "Principal",
            "sshKeys: [{notAfter: 2030-01-01T00:00:00Z}]".into(),
            "spec.sshKeys[0].key",
        ),
        (
            "Principal",
            limits("notAfter: 2030-01-01"),
            "spec.sshKeys[0].notAfter",
        ),
        (
            "Principal",
            limits("notBefore: '2030-01-01T01:00:00+01:00'"),
            "spec.sshKeys[0].notBefore",
        ),
        (
            "Principal",
            limits("notBefore: 2030-01-02T00:00:00Z, notAfter: 2030-01-01T00:00:00Z"),
            "spec.sshKeys[0]",
        ),
        (
            "Principal",
            limits("compromisedFrom: HEAD"),
            "spec.sshKeys[0].compromisedFrom",
        ),
        ("Principal", limits("until: never"), "spec.sshKeys[0].until"),
        ("Principal", "groups: [dev]".into(), "spec.groups[0]"),
        ("Principal", "sshkeys: []".into(), "spec.sshkeys"),
        ("Group", "members: [x]".into(), "spec.members[0]"),
        ("Group", "members: [Bob]".into(), "spec.members[0]"),
        ("Group", "description: [a]".into(), "spec.description"),
        ("Group", "member: [bob]".into(), "spec.member"),
    ] {
        assert_eq!(
            fields(kind, &spec, Code::ConfigInvalid),
            [field],
            "{kind} {spec}"
        );
    }
}

#[test]
fn a_private_key_is_named_as_what_it_is() {
    let spec = "sshKeys:\n  - |\n    -----BEGIN OPENSSH PRIVATE KEY-----\n    AAAA";
    let found = people(&[("Principal", "bob", spec)]).unwrap_err();
    let messages: Vec<&str> = found
        .iter()
        .map(|found| found.reason.message.as_str())
        .collect();
    let in_key = "is a private key: put the line of its `.pub` file here, and replace the key, since it is burnt";
    assert_eq!(messages, ["holds a private key", in_key]);
}

#[test]
fn what_a_later_release_reads_is_said_to() {
    for (spec, field) in [
        ("kind: forge", "spec.kind"),
        ("pgpKeys: [x]", "spec.pgpKeys"),
    ] {
        let found = fields("Principal", spec, Code::NotImplemented);
        assert_eq!(found, [field], "{spec}");
    }
}

#[test]
fn a_private_key_in_the_comments_of_a_list_of_keys_is_found() {
    let digest = "4f2d0c6e8a1b3957d1e0f8a2b4c6d8e0f1a3b5c7d9e1f3a5b7c9d1e3f5a7b9c1";
    // The second is the base64 of the first.
    for (comment, is_key) in [
        ("-----BEGIN PRIVATE KEY-----", true),
        ("LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t", true),
        ("Made by Jane", false),
        ("made by jane", false),
    ] {
        let list = format!("# spki-sha256\n{digest}\n# {comment}\n{digest}\n");
        let found = load(&[("policies/keys/k.txt", &list)])
            .err()
            .unwrap_or_default();
        let found: Vec<&str> = found
            .iter()
            .map(|found| found.reason.message.as_str())
            .collect();
        let expected: &[&str] = if is_key {
            &["holds a private key"]
        } else {
            &[]
        };
        assert_eq!(found, expected, "{comment}");
    }
}
