//! `gitca run --shard`: a batch that several runs share, each with a commit of its own.
//!
//! Which request belongs to whom is worked out here once more, from the words of the design. The runs of a batch start at
//! the same moment, on one repository and against one remote.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::place::{codes, place};
use crate::support::{Answer, Scratch};

pub(crate) const NAMES: [&str; 12] = [
    "a0", "a1", "a2", "a3", "a4", "a5", "dev/b0", "dev/b1", "dev/b2", "dev/b3", "ops/c0", "ops/c2",
];

/// The share that a path belongs to.
pub(crate) fn owner(path: &str, count: u64) -> u64 {
    let digest = Sha256::digest(path.as_bytes());
    let first = digest[..8].try_into().expect("eight octets");
    u64::from_be_bytes(first) % count
}

/// The names that belong to a share.
pub(crate) fn of(index: u64, count: u64) -> Vec<&'static str> {
    let mut names = NAMES.to_vec();
    names.retain(|name| owner(name, count) == index);
    names
}

fn start(scratch: &Scratch, directory: &str, args: &[&str]) -> Child {
    let mut command = scratch.command(env!("CARGO_BIN_EXE_gitca"));
    command.arg("-C").arg(directory).args(args);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("gitca can be run")
}

pub(crate) fn issued(report: &Value) -> Vec<&str> {
    let results = report["results"].as_array().expect("a list").iter();
    let issued = results.filter(|result| result["verdict"] == "issued");
    issued
        .map(|result| result["request"].as_str().expect("a name"))
        .collect()
}

/// How often each certificate was brought to the mainline.
pub(crate) fn issuances(scratch: &Scratch, mainline: &str) -> BTreeMap<String, usize> {
    let script = format!(
        "git -C {mainline} log --first-parent --format= --name-only --diff-filter=AM main -- 'issued/*/certificate.pem'"
    );
    let mut counts = BTreeMap::new();
    for path in scratch
        .sh(&script)
        .stdout
        .lines()
        .filter(|line| !line.is_empty())
    {
        *counts.entry(path.to_owned()).or_default() += 1;
    }
    counts
}

/// Four runs at once do the batch: none is lost, none is issued twice, and each does its own share.
fn share_out(scratch: &Scratch, directories: [&str; 4], args: &[&str], mainline: &str) {
    let shares: Vec<String> = (0..4).map(|index| format!("{index}/4")).collect();
    let runs: Vec<Child> = directories
        .iter()
        .zip(&shares)
        .map(|(directory, share)| {
            let args = [&["run", "--shard", share, "-o", "json"], args].concat();
            start(scratch, directory, &args)
        })
        .collect();
    for (index, run) in runs.into_iter().enumerate() {
        let answer = Answer::of(&run.wait_with_output().expect("gitca ends")).success();
        let report = answer.json();
        let index = u64::try_from(index).expect("small");
        assert_eq!(issued(&report), of(index, 4), "share {index}: {report:#}");
        assert_eq!(codes(&report, "errors"), [""; 0]);
    }
    let expected = NAMES.map(|name| (format!("issued/{name}/certificate.pem"), 1));
    assert_eq!(issuances(scratch, mainline), BTreeMap::from(expected));
    let script = format!(
        "git -C {mainline} fsck --strict --no-dangling; git -C {mainline} log -4 --format=%B"
    );
    let messages = scratch.sh(&script).stdout;
    assert_eq!(messages.matches("Gitca-Due: ").count(), 4, "{messages}");
    assert!(!messages.contains("Gitca-Open"), "{messages}");
}

#[test]
fn four_shards_at_once_do_a_batch_on_one_repository() {
    let scratch = place(&NAMES);
    share_out(&scratch, ["repo"; 4], &[], "repo");
    let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
    assert_eq!(report["issueCommit"], Value::Null);
    assert_eq!(report["summary"]["unchanged"], 12);
    assert_eq!(scratch.git(&["status", "--porcelain"]).stdout, "");
}

#[test]
fn four_shards_at_once_do_a_batch_against_one_remote() {
    let scratch = place(&NAMES);
    let clones = ["one", "two", "three", "four"];
    for clone in clones {
        scratch.sh(&format!("git clone -q remote.git {clone}"));
    }
    share_out(&scratch, clones, &["--push"], "remote.git");
}

#[test]
fn four_shards_at_once_in_one_clone_leave_what_the_others_are_about_to_push() {
    let scratch = place(&NAMES);
    share_out(&scratch, ["repo"; 4], &["--push"], "remote.git");
    let pending = scratch.git(&["for-each-ref", "refs/gitca/pending"]).stdout;
    assert_eq!(pending, "");
}

#[test]
fn what_a_shard_could_not_push_waits_for_the_same_shard() {
    let scratch = place(&NAMES);
    let killed = [
        ("GITCA_TEST_POINT", "pending"),
        ("GITCA_TEST_COMMAND", "kill -9 $PPID"),
    ];
    let push = ["run", "--push", "-o", "json", "--shard"];
    let killed = scratch.gitca_with("repo", &[&push[..], &["1/3"]].concat(), &killed);
    assert_eq!(killed.code, None);
    let pending = || {
        let refs = "--format=%(objectname)";
        let told = scratch.git(&["for-each-ref", refs, "refs/gitca/pending"]);
        told.stdout.trim().to_owned()
    };
    let signed = pending();
    assert_ne!(signed, "");
    let report = scratch
        .in_repo(&[&push[..], &["0/3"]].concat())
        .success()
        .json();
    assert_eq!(issued(&report), of(0, 3));
    assert_eq!(codes(&report, "notices"), [""; 0]);
    assert_eq!(pending(), signed);
    let report = scratch
        .in_repo(&[&push[..], &["1/3"]].concat())
        .success()
        .json();
    assert_eq!(issued(&report), of(1, 3));
    assert_eq!(pending(), "");
    let before = format!(
        "git -C repo rev-parse {signed}:issued/{0}/certificate.pem remote.git main:issued/{0}/certificate.pem",
        of(1, 3)[0]
    );
    let both = scratch
        .sh(&before.replace(" remote.git ", "; git -C remote.git rev-parse "))
        .stdout;
    let ids: Vec<&str> = both.lines().collect();
    assert_eq!(
        ids[0], ids[1],
        "the certificate that was signed is the one that landed"
    );
}

#[test]
fn after_a_sharded_run_everything_is_looked_at() {
    let scratch = place(&NAMES);
    scratch.in_repo(&["run", "--shard", "0/2"]).success();
    // What the other share has left is in no commit since.
    let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
    assert_eq!(issued(&report), of(1, 2));
}
