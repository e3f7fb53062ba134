//! Control zones in a few words, and what is found in them.
//!
//! In come files below `policies/`, in their own words or as what differs from a policy without flaws; out comes what
//! `inspect` finds. Every flaw has a place, a line and a help: that is demanded of each one that any test sees.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gitca::control::ControlZone;
use gitca::finding::Code;
use gitca::inspection::{Flaw, Weight, inspect};
use gitca::names::{ObjectId, RepoPath};
use gitca::snapshot::Blob;

use crate::support::{NOW, files_below, seeded_key};

pub(crate) type Files = Vec<(&'static str, String)>;

pub(crate) fn object(kind: &str, name: &str, spec: &str) -> String {
    let spec = spec.replace('\n', "\n  ");
    format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n  {spec}\n"
    )
}

/// An approval policy of one field a line, which has no flaw but that nobody approves.
pub(crate) fn policy(name: &str, changes: &[(&str, &str)]) -> String {
    let mut fields = BTreeMap::from([
        ("selector", "{paths: ['web/**']}"),
        ("approvals", "none"),
        (
            "allowed",
            "{subject: {organizations: {values: [web]}}, usages: [client auth]}",
        ),
    ]);
    fields.extend(changes.iter().copied());
    let lines: Vec<String> = fields
        .iter()
        .map(|(field, value)| format!("{field}: {value}"))
        .collect();
    object("ApprovalPolicy", name, &lines.join("\n"))
}

pub(crate) fn person(name: &str, number: u8) -> String {
    let mut blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
    let key = seeded_key(&format!("person-{number}"));
    blob.extend(key.public_key_raw());
    let blob = STANDARD.encode(blob);
    object("Principal", name, &format!("sshKeys: [ssh-ed25519 {blob}]"))
}

pub(crate) fn group(name: &str, members: &str) -> String {
    object("Group", name, &format!("members: [{members}]"))
}

/// The starter policies without their approval policy, and these files.
pub(crate) fn zone(files: &Files) -> ControlZone {
    let mut all: BTreeMap<RepoPath, Blob> = BTreeMap::new();
    let mut add = |path: String, bytes: Vec<u8>| {
        let id = ObjectId([7; 20]);
        all.insert(path.parse().expect("a path"), Blob { id, bytes });
    };
    for top in ["policies", "templates"] {
        for (path, bytes) in files_below(Path::new(top)) {
            if !path.ends_with("developers.yaml") {
                add(format!("{top}/{path}"), bytes);
            }
        }
    }
    for (path, text) in files {
        add(format!("policies/{path}"), text.clone().into_bytes());
    }
    ControlZone::load(&all).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

pub(crate) fn flaws(files: &Files) -> Vec<Flaw> {
    let found = inspect(&zone(files), NOW.parse().expect("a time"));
    let mut flaws = found.findings;
    let meant = [Code::ApprovalsNone, Code::NoTests, Code::NoBotKey];
    flaws.retain(|flaw| !meant.contains(&flaw.finding.reason.code));
    for flaw in &flaws {
        let reason = &flaw.finding.reason;
        assert!(reason.line.is_some() && reason.column.is_some(), "{flaw:?}");
        assert!(flaw.finding.file.is_some(), "{flaw:?}");
        assert!(reason.help.is_some(), "{flaw:?}");
        assert!(!reason.message.ends_with('.'), "{flaw:?}");
    }
    flaws
}

/// The warnings and notes of these files, each as code and field.
pub(crate) fn found(files: &Files) -> Vec<(Weight, String, String)> {
    let told = |flaw: &Flaw| {
        let reason = &flaw.finding.reason;
        let field = reason.field.clone().unwrap_or_default();
        (flaw.severity, reason.code.to_string(), field)
    };
    flaws(files).iter().map(told).collect()
}

/// The fields of a policy that differ, and the codes and fields that are found.
pub(crate) type Row<'r> = (&'r [(&'r str, &'r str)], &'r [&'r str]);

/// Judges one policy of these fields, among other files.
#[track_caller]
pub(crate) fn judge(rows: &[Row<'_>], others: &Files) {
    for (changes, expected) in rows {
        let mut files = others.clone();
        files.push(("x.yaml", policy("x", changes)));
        let found: Vec<String> = found(&files)
            .into_iter()
            .map(|(_, code, field)| format!("{code} {field}"))
            .collect();
        assert_eq!(found, *expected, "{changes:?}");
    }
}
