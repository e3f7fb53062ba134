//! Crashes, full disks, locks and rivals: whatever happens at whatever moment, nothing is lost, nothing is signed twice on
//! the branch, and the next run finishes the job.
//!
//! Runs are killed at places that the hook of debug builds names (`src/git/fault.rs`), and at system calls by `strace`.
//! Each test says how many fault points it tried, past the capture of the test runner.
#![expect(
    clippy::disallowed_methods,
    reason = "these tests break repositories and run two programs at once"
)]

#[path = "../support/mod.rs"]
mod support;

mod locks;
mod rivals;
mod serials;
mod server;
mod space;
mod steps;

use serde_json::Value;
use support::{Scratch, say};

/// A repository with two requests whose CA publishes a list, and a clone of it as its remote.
fn place() -> Scratch {
    let scratch = Scratch::with_repository();
    let signer = "repo/policies/signer.yaml";
    let text = scratch.read(signer) + "  crl: {publish: true}\n";
    scratch.write(signer, text);
    for name in ["jane", "ops/omar"] {
        scratch.in_repo(&["new", name, "--group", "dev"]).success();
    }
    scratch.commit("request");
    scratch
        .sh("git clone -q --bare repo remote.git; git -C repo remote add origin $PWD/remote.git");
    scratch
}

/// A copy of a place, to be broken in its turn.
fn copy(place: &Scratch) -> Scratch {
    let scratch = Scratch::new();
    let from = place.path("");
    scratch.sh(&format!("cp -a {}/. .", from.display()));
    scratch.sh("git -C repo remote set-url origin $PWD/remote.git");
    scratch
}

/// Where a run lands, and where its mainline is then.
#[derive(Clone, Copy)]
struct Way {
    args: &'static [&'static str],
    mainline: &'static str,
}

const LOCAL: Way = Way {
    args: &["run", "-o", "json"],
    mainline: "repo",
};
const REMOTE: Way = Way {
    args: &["run", "--push", "-o", "json"],
    mainline: "remote.git",
};

/// How many commits brought a certificate, for each path.
fn issuances(scratch: &Scratch, way: Way) -> Vec<String> {
    let script = format!(
        "git -C {} log --first-parent --format= --name-only --diff-filter=AM main -- 'issued/*/certificate.pem'",
        way.mainline
    );
    let text = scratch.sh(&script).stdout;
    let mut paths: Vec<String> = text
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths
}

const BOTH: [&str; 2] = [
    "issued/jane/certificate.pem",
    "issued/ops/omar/certificate.pem",
];

/// What holds after every fault, before anybody has repaired anything.
#[track_caller]
fn intact(scratch: &Scratch, way: Way, what: &str) {
    scratch.sh("git -C repo fsck --strict --no-dangling 2>&1
         git -C remote.git fsck --strict --no-dangling 2>&1");
    let found = issuances(scratch, way);
    assert!(
        found.is_empty() || found == BOTH,
        "{what}: all or nothing, not {found:?}"
    );
}

/// The next run finishes the job, and the one after it has nothing to do.
#[track_caller]
fn finishes(scratch: &Scratch, way: Way, what: &str) {
    let report = scratch.in_repo(way.args).success().json();
    assert_eq!(report["errors"], Value::Array(Vec::new()), "{what}");
    assert_eq!(issuances(scratch, way), BOTH, "{what}");
    let status = scratch.git(&["status", "--porcelain"]).stdout;
    assert_eq!(status, "", "{what}: the work tree has followed");
    let pending = scratch.git(&["for-each-ref", "refs/gitca/pending"]).stdout;
    assert_eq!(pending, "", "{what}");
    scratch.sh(
        "git -C repo fsck --strict --no-dangling; git -C remote.git fsck --strict --no-dangling",
    );
    let again = scratch.in_repo(way.args).success().json();
    assert_eq!(again["issueCommit"], Value::Null, "{what}");
    assert_eq!(again["summary"]["unchanged"], 2, "{what}");
    for name in ["jane", "ops/omar"] {
        scratch.sh(&format!(
            "openssl verify -attime 1893459600 -crl_check -CRLfile repo/issued/_crl/cluster-users.pem \
             -CAfile repo/policies/ca/cluster.pem repo/issued/{name}/certificate.pem"
        ));
    }
}

/// Says how many fault points were tried; the test runner shows it, though the test passes.
fn tried(number: usize, how: &str) {
    say(&format!("fault points tried: {number}, {how}"));
}
