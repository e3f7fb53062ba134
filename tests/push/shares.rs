//! What belongs to a share of a batch: its part of the plan and of the limit, keys, renewals and lists, and how a share is
//! written.

use serde_json::Value;

use crate::place::{codes, place};
use crate::shards::{NAMES, issuances, issued, of, owner};
use crate::support::Scratch;

#[test]
fn a_dry_run_of_a_shard_agrees_with_its_run_and_the_shares_make_the_whole() {
    let scratch = place(&NAMES);
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
    let scratch = place(&NAMES);
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
    let scratch = place(&NAMES);
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
fn certificates_that_are_made_anew_are_shared_out_too() {
    let scratch = Scratch::with_repository();
    scratch.replace(
        "repo/policies/developers.yaml",
        "  approvals:",
        "  renewal: {before: 8h, until: 2d}\n  approvals:",
    );
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
    let scratch = place(&NAMES);
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
