//! A repository, its remote, and somebody else who pushes there: what the tests of pushes share.
//!
//! What somebody else does happens at a place inside the run that the hook of debug builds names (`src/git/fault.rs`).

use serde_json::Value;

use crate::support::{Answer, Scratch};

/// A bare remote, the clone `repo` that runs, and the clone `other` of somebody else.
pub(crate) fn place(names: &[&str]) -> Scratch {
    let scratch = Scratch::with_repository();
    for name in names {
        scratch.in_repo(&["new", name, "--group", "dev"]).success();
    }
    scratch.commit("request");
    with_remote(&scratch);
    scratch
}

/// Makes the remote of a repository, and the clone of somebody else.
pub(crate) fn with_remote(scratch: &Scratch) {
    scratch.sh(
        "git clone -q --bare repo remote.git; git -C repo remote add origin $PWD/remote.git
         git clone -q remote.git other",
    );
}

pub(crate) fn push(scratch: &Scratch) -> Answer {
    scratch.gitca_with("repo", &["run", "--push", "-o", "json"], &HURRY)
}

pub(crate) const HURRY: [(&str, &str); 1] = [("GITCA_TEST_HURRY", "1")];

/// The same, while somebody does something when the run has come to this place.
pub(crate) fn push_while(scratch: &Scratch, point: &str, script: &str) -> Answer {
    let variables = [
        HURRY[0],
        ("GITCA_TEST_POINT", point),
        ("GITCA_TEST_COMMAND", script),
    ];
    scratch.gitca_with("repo", &["run", "--push", "-o", "json"], &variables)
}

/// What somebody else does: a change, committed and pushed.
pub(crate) fn others(change: &str) -> String {
    format!(
        "set -eu; cd other; git pull -q; {change}; git add -A; git commit -qm other; git push -q"
    )
}

pub(crate) fn rev(scratch: &Scratch, directory: &str, what: &str) -> String {
    scratch
        .sh(&format!("git -C {directory} rev-parse {what}"))
        .stdout
        .trim()
        .to_owned()
}

pub(crate) fn serial_at_remote(scratch: &Scratch, request: &str) -> String {
    serial(scratch, "remote.git", "main", request)
}

/// The serial number of a certificate in a commit, as openssl says it: no octet before the first that is not zero.
pub(crate) fn serial(scratch: &Scratch, directory: &str, commit: &str, request: &str) -> String {
    let script = format!(
        "git -C {directory} show {commit}:issued/{request}/certificate.pem | openssl x509 -noout -serial"
    );
    let text = scratch.sh(&script).stdout.trim().to_lowercase();
    text.trim_start_matches("serial=").to_owned()
}

/// The one run that has signed and not landed.
#[track_caller]
pub(crate) fn only_pending(scratch: &Scratch) -> String {
    let found = pending(scratch);
    assert_eq!(found.lines().count(), 1, "{found}");
    found.trim().to_owned()
}

/// The serial number that a report tells of an issued request.
#[track_caller]
pub(crate) fn told_serial(report: &Value, request: &str) -> String {
    let result = result(report, request);
    assert_eq!(result["verdict"], "issued", "{report:#}");
    let serial = result["serialNumber"].as_str().expect("a serial number");
    serial.to_owned()
}

pub(crate) fn pending(scratch: &Scratch) -> String {
    scratch
        .sh("git -C repo for-each-ref --format='%(refname)' refs/gitca/pending")
        .stdout
}

#[track_caller]
pub(crate) fn result<'r>(report: &'r Value, request: &str) -> &'r Value {
    let results = report["results"].as_array().expect("results are a list");
    let found = results.iter().find(|result| result["request"] == request);
    found.unwrap_or_else(|| panic!("no `{request}` in {report:#}"))
}

pub(crate) fn codes(report: &Value, list: &str) -> Vec<String> {
    let findings = report[list].as_array().expect("a list");
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Nothing is lost or broken anywhere.
pub(crate) fn sound(scratch: &Scratch) {
    scratch.sh(
        "git -C repo fsck --strict --no-dangling; git -C remote.git fsck --strict --no-dangling",
    );
}

/// Every certificate that was ever on the mainline, by its serial number and the number of commits that brought one.
pub(crate) fn issuances(scratch: &Scratch) -> usize {
    let script = "git -C remote.git log --first-parent --format= --name-only --diff-filter=AM main -- 'issued/*/certificate.pem'";
    scratch
        .sh(script)
        .stdout
        .lines()
        .filter(|line| !line.is_empty())
        .count()
}

/// Writes a hook of the remote.
pub(crate) fn hook(scratch: &Scratch, name: &str, text: &str) {
    scratch.write(
        &format!("remote.git/hooks/{name}"),
        format!("#!/bin/sh\n{text}\n"),
    );
    scratch.sh(&format!("chmod +x remote.git/hooks/{name}"));
}

/// A run of a place that signs and can't push, with these arguments.
pub(crate) fn refuse(scratch: &Scratch, args: &[&str]) {
    hook(scratch, "pre-receive", "exit 1");
    let run = [&["run", "--push"], args].concat();
    scratch.gitca_with("repo", &run, &HURRY).code(2);
    scratch.sh("rm remote.git/hooks/pre-receive");
}

/// A place where that has happened.
pub(crate) fn refused_once(names: &[&str]) -> Scratch {
    let scratch = place(names);
    refuse(&scratch, &[]);
    scratch
}
