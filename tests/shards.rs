//! `gitca run --shard`: a batch that several runs share, each with a commit of its own.
//!
//! Which request belongs to whom is worked out here once more, from the words of the design. The runs of a batch start at
//! the same moment, on one repository and against one remote.

mod support;

use std::collections::BTreeMap;
use std::process::{Child, Stdio};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use support::{Answer, Scratch};

const NAMES: [&str; 12] = [
    "a0", "a1", "a2", "a3", "a4", "a5", "dev/b0", "dev/b1", "dev/b2", "dev/b3", "ops/c0", "ops/c2",
];

/// The share that a path belongs to.
fn owner(path: &str, count: u64) -> u64 {
    let digest = Sha256::digest(path.as_bytes());
    let first = digest[..8].try_into().expect("eight octets");
    u64::from_be_bytes(first) % count
}

/// The names that belong to a share.
fn of(index: u64, count: u64) -> Vec<&'static str> {
    let mut names = NAMES.to_vec();
    names.retain(|name| owner(name, count) == index);
    names
}

/// A repository that holds all requests, and a bare remote of it.
fn place() -> Scratch {
    let scratch = Scratch::with_repository();
    for name in NAMES {
        scratch.in_repo(&["new", name, "--group", "dev"]).success();
    }
    scratch.commit("requests");
    scratch
        .sh("git clone -q --bare repo remote.git; git -C repo remote add origin $PWD/remote.git");
    scratch
}

fn start(scratch: &Scratch, directory: &str, args: &[&str]) -> Child {
    let mut command = scratch.command(env!("CARGO_BIN_EXE_gitca"));
    command.arg("-C").arg(directory).args(args);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("gitca can be run")
}

fn issued(report: &Value) -> Vec<&str> {
    let results = report["results"].as_array().expect("a list").iter();
    let issued = results.filter(|result| result["verdict"] == "issued");
    issued
        .map(|result| result["request"].as_str().expect("a name"))
        .collect()
}

fn codes<'r>(report: &'r Value, list: &str) -> Vec<&'r str> {
    let findings = report[list].as_array().expect("a list").iter();
    findings
        .map(|finding| finding["code"].as_str().expect("a code"))
        .collect()
}

/// How often each certificate was brought to the mainline.
fn issuances(scratch: &Scratch, mainline: &str) -> BTreeMap<String, usize> {
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
    let scratch = place();
    share_out(&scratch, ["repo"; 4], &[], "repo");
    let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
    assert_eq!(report["issueCommit"], Value::Null);
    assert_eq!(report["summary"]["unchanged"], 12);
    assert_eq!(scratch.git(&["status", "--porcelain"]).stdout, "");
}

#[test]
fn four_shards_at_once_do_a_batch_against_one_remote() {
    let scratch = place();
    let clones = ["one", "two", "three", "four"];
    for clone in clones {
        scratch.sh(&format!("git clone -q remote.git {clone}"));
    }
    share_out(&scratch, clones, &["--push"], "remote.git");
}

#[test]
fn four_shards_at_once_in_one_clone_leave_what_the_others_are_about_to_push() {
    let scratch = place();
    share_out(&scratch, ["repo"; 4], &["--push"], "remote.git");
    let pending = scratch.git(&["for-each-ref", "refs/gitca/pending"]).stdout;
    assert_eq!(pending, "");
}

#[test]
fn what_a_shard_could_not_push_waits_for_the_same_shard() {
    let scratch = place();
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
fn a_dry_run_of_a_shard_agrees_with_its_run_and_the_shares_make_the_whole() {
    let scratch = place();
    let whole = scratch.in_repo(&["plan", "-o", "json"]).success().json();
    let mut approved = 0;
    for share in ["0/2", "1/2"] {
        let dry = ["run", "--shard", share, "--dry-run", "-o", "json"];
        let dry = scratch.in_repo(&dry).success().json();
        approved += dry["summary"]["approved"].as_u64().expect("a number");
        assert_ne!(dry["planDigest"], whole["planDigest"]);
        let run = scratch.gitca_with("repo", &["run", "-o", "json"], &[("GITCA_SHARD", share)]);
        let run = run.success().json();
        assert_eq!(run["planDigest"], dry["planDigest"]);
        assert_eq!(run["summary"]["issued"], dry["summary"]["approved"]);
        let names = |report: &Value| {
            let results = report["results"].as_array().expect("a list").iter();
            results
                .map(|result| result["request"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&run), names(&dry));
    }
    assert_eq!(approved, 12);
    assert_eq!(whole["summary"]["approved"], 12);
    // What is unchanged is shared out as well.
    let unchanged = ["0/2", "1/2"].map(|share| {
        let report = scratch.in_repo(&["run", "--shard", share, "--all", "-o", "json"]);
        let report = report.success().json();
        let listed = report["results"].as_array().expect("a list").len();
        assert_eq!(report["summary"]["unchanged"], listed);
        listed
    });
    assert_eq!(unchanged, [of(0, 2).len(), of(1, 2).len()]);
}

#[test]
fn the_limit_of_the_settings_holds_for_each_share_and_its_digest_allows_that_share_alone() {
    let scratch = place();
    let (small, large) = (1, 0);
    assert!(of(small, 2).len() < of(large, 2).len());
    let limit = of(large, 2).len() - 1;
    scratch.sh(&format!(
        "sed -i 's/maxIssuePerRun: 1000/maxIssuePerRun: {limit}/' repo/policies/settings.yaml"
    ));
    scratch.commit("limit");
    let run = |share: &str, more: &[&str]| {
        scratch.in_repo(&[&["run", "-o", "json", "--shard", share], more].concat())
    };
    let (small, large) = (format!("{small}/2"), format!("{large}/2"));
    let report = run(&large, &[]).code(2).json();
    assert_eq!(codes(&report, "errors"), ["TooManyToIssue"]);
    let help = report["errors"][0]["help"].as_str().expect("a help");
    let digest = report["planDigest"].as_str().expect("a digest");
    assert!(
        help.contains(&format!(
            "`gitca run --allow-bulk {digest} --shard {large}`"
        )),
        "{help}"
    );
    run(&small, &[]).success();
    run(&large, &["--allow-bulk", digest]).success();
    assert_eq!(issuances(&scratch, "repo").len(), NAMES.len());
}

#[test]
fn every_share_knows_whose_a_key_is() {
    let scratch = Scratch::with_repository();
    // Brought by one commit, so the first path has the key.
    let first = NAMES[0];
    let mut others = NAMES
        .iter()
        .filter(|name| owner(name, 2) != owner(first, 2));
    let second = others.next().expect("a name of the other share");
    for name in [first, second] {
        let last = name.rsplit('/').next().expect("a piece");
        scratch.sh(&format!(
            "[ -e key ] || openssl ecparam -genkey -name prime256v1 -noout -out key
             openssl req -new -key key -subj /O=dev/CN={last} -out {last}.csr"
        ));
        let csr = scratch.path(&format!("{last}.csr"));
        let csr = csr.to_str().expect("a path");
        scratch.in_repo(&["new", name, "--csr", csr]).success();
    }
    scratch.commit("one key");
    for round in 0..2 {
        // The share without the key first: it must not take it.
        for index in [owner(second, 2), owner(first, 2)] {
            let share = format!("{index}/2");
            let report = scratch.in_repo(&["run", "--shard", &share, "-o", "json"]);
            let report = report.success().json();
            let is_first = index == owner(first, 2);
            let expected: &[&str] = if is_first && round == 0 {
                &[first]
            } else {
                &[]
            };
            assert_eq!(issued(&report), expected, "{report:#}");
            if !is_first {
                let refused = &report["results"][0];
                assert_eq!(refused["request"], *second);
                assert_eq!(refused["reasons"][0]["code"], "KeyReused", "{refused:#}");
            }
        }
    }
}

#[test]
fn what_is_no_request_is_told_by_one_share_and_what_stops_a_run_by_all() {
    let scratch = place();
    scratch.write("repo/requests/stray.txt", "hello");
    scratch.write("repo/requests/dev/Bad.yaml", "hello");
    scratch.commit("strays");
    let files = |share: &str| {
        let report = scratch.in_repo(&["run", "--dry-run", "--shard", share, "-o", "json"]);
        let report = report.success().json();
        let results = report["results"].as_array().expect("a list").clone();
        let invalid = results
            .into_iter()
            .filter(|result| result["verdict"] == "invalid");
        let files = invalid.map(|result| result["file"].as_str().expect("a path").to_owned());
        files.collect::<Vec<_>>()
    };
    for index in 0..3 {
        let mut expected = vec!["requests/dev/Bad.yaml", "requests/stray.txt"];
        expected.retain(|path| owner(path, 3) == index);
        assert_eq!(files(&format!("{index}/3")), expected);
    }
    scratch.write("repo/policies/broken.yaml", "kind: [");
    scratch.commit("broken");
    for share in ["0/2", "1/2"] {
        scratch.in_repo(&["run", "--shard", share]).code(2);
    }
}

#[test]
fn after_a_sharded_run_everything_is_looked_at() {
    let scratch = place();
    scratch.in_repo(&["run", "--shard", "0/2"]).success();
    // What the other share has left is in no commit since.
    let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
    assert_eq!(issued(&report), of(1, 2));
}

#[test]
fn certificates_that_are_made_anew_are_shared_out_too() {
    let scratch = Scratch::with_repository();
    let policy = scratch.read("repo/policies/developers.yaml");
    let renewing = policy.replace(
        "  approvals:",
        "  renewal: {before: 8h, until: 2d}\n  approvals:",
    );
    assert_ne!(policy, renewing);
    scratch.write("repo/policies/developers.yaml", renewing);
    for name in NAMES {
        scratch.in_repo(&["new", name, "--group", "dev"]).success();
    }
    scratch.commit("requests");
    scratch.in_repo(&["run"]).success();
    for index in 0..2 {
        let share = format!("{index}/2");
        let later = [
            "--now",
            "2030-01-01T16:30:00Z",
            "run",
            "-o",
            "json",
            "--shard",
        ];
        let report = scratch.in_repo(&[&later[..], &[&share]].concat());
        assert_eq!(issued(&report.success().json()), of(index, 2));
    }
    assert!(
        issuances(&scratch, "repo")
            .values()
            .all(|times| *times == 2)
    );
}

#[test]
fn a_share_that_is_none_is_a_usage_error() {
    let scratch = Scratch::with_repository();
    let wrong = "|1|1/|/2|2/2|-1/2|+1/2|00/2|0x1/2\
                 |1/2/3| 0/2|0 /2|0/0|0/1001|job|job/|job/0|job/x|job/1/2|Job/2|gitlab/2|github|0.5/2|18446744073709551616/2";
    for share in wrong.split('|') {
        let argument = format!("--shard={share}");
        let answer = scratch.in_repo(&["run", &argument]).code(2);
        assert!(
            answer.stderr.contains("'--shard <I/N>'"),
            "{share:?}: {}",
            answer.stderr
        );
        assert_eq!(answer.stdout, "", "{share:?}");
    }
    for (share, variables) in [
        ("job/2", &[][..]),
        ("job/2", &[("JOB_COMPLETION_INDEX", "2")]),
        ("gitlab", &[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "2")]),
        ("gitlab", &[("CI_NODE_TOTAL", "2")]),
    ] {
        let run = ["run", "-o", "json", "--shard", share];
        let report = scratch.gitca_with("repo", &run, variables).code(2).json();
        assert_eq!(codes(&report, "errors"), ["ConfigInvalid"], "{variables:?}");
    }
    let job = [("JOB_COMPLETION_INDEX", "1"), ("GITCA_SHARD", "job/2")];
    scratch.gitca_with("repo", &["run"], &job).success();
    let node = [("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "2")];
    scratch
        .gitca_with("repo", &["run", "--shard", "gitlab"], &node)
        .success();
    scratch
        .gitca_with("repo", &["run"], &[("GITCA_SHARD", "")])
        .success();
}

#[test]
fn one_share_makes_the_revocation_lists() {
    let scratch = place();
    scratch.sh(
        "sed -i 's/^  key: .*/&\\n  crl: {publish: true, validity: 7d}/' repo/policies/signer.yaml",
    );
    scratch.commit("publish");
    for index in 0..4 {
        let share = format!("{index}/4");
        let lists = || scratch.git(&["ls-tree", "-r", "--name-only", "main", "issued/_crl/"]);
        let before = lists().stdout;
        scratch.in_repo(&["run", "--shard", &share]).success();
        assert_eq!(
            lists().stdout != before,
            index == owner("_crl", 4),
            "{share}"
        );
        let again = scratch.in_repo(&["run", "--shard", &share, "-o", "json"]);
        assert_eq!(
            again.success().json()["issueCommit"],
            Value::Null,
            "{share}"
        );
    }
}
