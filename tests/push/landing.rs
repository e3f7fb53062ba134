//! What a push lands, at the remote and here.

use serde_json::Value;

use crate::place::{
    HURRY, codes, others, pending, place, push, push_while, result, rev, serial, serial_at_remote,
    sound, told_serial,
};
use crate::support::Scratch;

#[test]
fn a_push_lands_at_the_remote_and_here() {
    let scratch = place(&["jane", "ops/omar"]);
    let base = rev(&scratch, "remote.git", "main");
    let report = push(&scratch).success().json();
    assert_eq!(report["summary"]["issued"], 2);
    assert_eq!(report["commit"], base);
    let tip = rev(&scratch, "remote.git", "main");
    assert_eq!(report["issueCommit"], tip);
    for reference in ["main", "HEAD", "refs/gitca/remote/main"] {
        assert_eq!(rev(&scratch, "repo", reference), tip, "{reference}");
    }
    assert_eq!(scratch.git(&["status", "--porcelain"]).stdout, "");
    assert!(
        scratch
            .path("repo/issued/ops/omar/kubeconfig.yaml")
            .exists()
    );
    assert_eq!(pending(&scratch), "");
    let again = push(&scratch).success().json();
    assert_eq!(again["issueCommit"], Value::Null);
    assert_eq!(rev(&scratch, "remote.git", "main"), tip);
    sound(&scratch);
}

#[test]
fn the_remote_is_what_is_judged_and_unpushed_commits_are_not() {
    let scratch = place(&["kim"]);
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("not pushed");
    let ours = rev(&scratch, "repo", "main");
    scratch
        .gitca(&["-C", "other", "new", "june", "--group", "dev"])
        .success();
    scratch.sh(&others("true"));
    let report = push(&scratch).success().json();
    assert_eq!(result(&report, "june")["verdict"], "issued");
    assert_eq!(report["summary"]["issued"], 2);
    assert_eq!(
        rev(&scratch, "repo", "main"),
        ours,
        "a branch that has commits of its own stays"
    );
    sound(&scratch);
}

/// Who has forgotten `--push` has signed all the same.
#[test]
fn what_a_run_without_a_push_has_signed_is_what_the_next_one_pushes() {
    let scratch = place(&["jane"]);
    let here = scratch.in_repo(&["run", "-o", "json"]).success().json();
    let serial = result(&here, "jane")["serialNumber"].clone();
    assert!(serial.is_string(), "{here:#}");
    let there = push(&scratch).success().json();
    assert_eq!(result(&there, "jane")["serialNumber"], serial, "{there:#}");
    let file = "issued/jane/certificate.pem";
    let of = |repo: &str| {
        let script = format!("git -C {repo} rev-parse main:{file}");
        scratch.sh(&script).stdout
    };
    assert_eq!(of("repo"), of("remote.git"));
    let again = push(&scratch).success().json();
    assert_eq!(again["issueCommit"], Value::Null);
    sound(&scratch);
}

#[test]
fn a_fetch_moves_no_reference_but_its_own_whatever_the_configuration_says() {
    for is_detached in [false, true] {
        let scratch = place(&["jane"]);
        push(&scratch).success();
        scratch.write("repo/notes", "mine");
        scratch.commit("not pushed");
        let ours = rev(&scratch, "repo", "main");
        let map = "+refs/heads/*:refs/heads/*";
        scratch.git(&["config", "remote.origin.fetch", map]);
        if is_detached {
            scratch.git(&["switch", "-q", "--detach"]);
        }
        let report = push(&scratch).success().json();
        assert_eq!(report["issueCommit"], Value::Null);
        assert_eq!(rev(&scratch, "repo", "main"), ours);
        sound(&scratch);
    }
}

#[test]
fn a_push_moves_no_branch_here_whatever_the_configuration_says() {
    let scratch = place(&["jane"]);
    scratch.write("repo/notes", "mine");
    scratch.commit("not pushed");
    let ours = rev(&scratch, "repo", "main");
    scratch.sh(
        "cd repo; git config remote.origin.fetch '+refs/heads/*:refs/heads/*'; git config remote.origin.mirror true",
    );
    let report = push(&scratch).success().json();
    assert_eq!(report["summary"]["issued"], 1, "{report:#}");
    assert_eq!(report["issueCommit"], rev(&scratch, "remote.git", "main"));
    assert_eq!(rev(&scratch, "repo", "main"), ours);
    sound(&scratch);
}

#[test]
fn a_branch_here_that_lags_behind_by_more_than_certificates_is_left_and_said() {
    let scratch = place(&["jane"]);
    scratch.sh(&others("echo x > notes"));
    let ours = rev(&scratch, "repo", "main");
    let report = push(&scratch).success().json();
    assert_eq!(codes(&report, "notices"), ["WorkTreeNotUpdated"]);
    assert_eq!(rev(&scratch, "repo", "main"), ours);
    let help = report["notices"][0]["help"].as_str().expect("a help");
    scratch.sh(&format!("cd repo; {help}"));
    assert_eq!(
        rev(&scratch, "repo", "main"),
        rev(&scratch, "remote.git", "main")
    );
}

#[test]
fn bare_and_detached_clones_push_too() {
    let scratch = place(&["jane"]);
    scratch.sh("git clone -q --bare remote.git mirror.git");
    let report = scratch
        .gitca_with("mirror.git", &["run", "--push", "-o", "json"], &HURRY)
        .success()
        .json();
    assert_eq!(report["summary"]["issued"], 1);
    assert_eq!(report["issueCommit"], rev(&scratch, "remote.git", "main"));
    assert_eq!(report["issueCommit"], rev(&scratch, "mirror.git", "main"));

    scratch
        .gitca(&["-C", "other", "new", "june", "--group", "dev"])
        .success();
    scratch.sh(&others("true"));
    scratch.sh("cd repo; git pull -q origin main; git checkout -q --detach; git branch -D main -q");
    let before = rev(&scratch, "repo", "HEAD");
    let report = push(&scratch);
    // The Settings at HEAD name the branch, which need not exist here.
    let report = report.success().json();
    assert_eq!(report["summary"]["issued"], 1, "{report:#}");
    assert_eq!(rev(&scratch, "repo", "HEAD"), before);
}

#[test]
fn the_job_of_a_pull_request_pushes_nothing_and_opens_no_key() {
    let scratch = place(&["jane"]);
    for variable in [
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_NAME", "pull_request_target"),
        ("CI_MERGE_REQUEST_IID", "7"),
    ] {
        let args = [
            "run",
            "--push",
            "-o",
            "json",
            "--key",
            "cluster-ca=file:/nowhere",
        ];
        let report = scratch
            .gitca_with("repo", &args, &[variable])
            .code(2)
            .json();
        assert_eq!(codes(&report, "errors"), ["PullRequestContext"]);
    }
    let push = [("GITHUB_EVENT_NAME", "push")];
    scratch
        .gitca_with("repo", &["run", "--push"], &push)
        .success();
}

#[test]
fn a_remote_is_never_an_option_and_must_be_there() {
    let scratch = place(&["jane"]);
    for (remote, code) in [
        ("--push=--upload-pack=touch pwned", "ConfigInvalid"),
        ("--push=nowhere", "FetchFailed"),
        ("--push=file:///nowhere.git", "FetchFailed"),
    ] {
        let report = scratch
            .gitca_with("repo", &["run", remote, "-o", "json"], &HURRY)
            .code(2)
            .json();
        assert_eq!(codes(&report, "errors"), [code], "{report:#}");
        assert_eq!(report["results"], Value::Array(Vec::new()));
    }
    assert!(!scratch.path("repo/pwned").exists());
    let lost = "rm -rf remote.git";
    let report = push_while(&scratch, "pending", lost).code(2).json();
    assert_eq!(codes(&report, "errors"), ["FetchFailed"]);
    assert_ne!(pending(&scratch), "");
}

#[test]
fn what_somebody_set_for_pushes_of_their_own_is_not_set_for_that_of_a_run() {
    let scratch = place(&["jane"]);
    // The remote takes neither.
    scratch.sh(
        "cd repo; git config push.gpgSign true; git config --add push.pushOption ci.skip; git config --add push.pushOption x
         ! git push -q origin HEAD:refs/heads/other 2>> log
         ! git push -q --no-signed origin HEAD:refs/heads/other 2>> log
         grep 'signed push' log; grep 'push options' log; rm log",
    );
    let report = push(&scratch).success().json();
    assert_eq!(report["summary"]["issued"], 1);
    assert_eq!(pending(&scratch), "");
    sound(&scratch);
}

#[test]
fn a_run_without_a_push_says_that_what_was_on_the_mainline_is_not_there_any_more() {
    let scratch = place(&["jane"]);
    let run = |told: &[&str]| {
        let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
        assert_eq!(codes(&report, "notices"), told, "{report:#}");
        report
    };
    let began = rev(&scratch, "repo", "main");
    push(&scratch).success();
    run(&[]);
    // What the remote had, and what a run here has made, is gone from here.
    for makes in ["true", "git update-ref -d refs/gitca/remote/main"] {
        let issued = rev(&scratch, "repo", "main");
        scratch.sh(&format!("cd repo; {makes}; git reset -q --hard {began}"));
        let report = run(&["MainlineRewritten"]);
        let notice = &report["notices"][0];
        let message = notice["message"].as_str().expect("a message");
        assert!(message.contains(&issued), "{message}");
        assert_eq!(report["summary"]["issued"], 1);
        // The help brings it back.
        let help = notice["help"].as_str().expect("a help");
        let repair = help.split('`').nth(3).expect("a command");
        scratch.sh(&format!("cd repo; git reset -q --hard {began}; {repair}"));
        assert_eq!(rev(&scratch, "repo", "main"), issued);
        scratch.write("repo/.git/gitca/run", format!("{issued}\n"));
        run(&[]);
    }
}

#[test]
fn a_run_with_a_push_says_that_what_a_run_has_made_here_is_nowhere_any_more() {
    let scratch = place(&["jane"]);
    let began = rev(&scratch, "repo", "main");
    scratch.in_repo(&["run"]).success();
    let issued = rev(&scratch, "repo", "main");
    let jane = serial(&scratch, "repo", &issued, "jane");
    scratch.sh(&format!("cd repo; git reset -q --hard {began}"));
    let plan = |scratch: &Scratch| {
        let report = scratch.in_repo(&["run", "--push", "--dry-run", "-o", "json"]);
        report.success().json()
    };
    let report = plan(&scratch);
    assert_eq!(codes(&report, "notices"), ["MainlineRewritten"]);
    let message = report["notices"][0]["message"].as_str().expect("a message");
    assert!(message.contains(&issued), "{message}");
    // The help brings it back.
    let help = report["notices"][0]["help"].as_str().expect("a help");
    let repair = help.split('`').nth(3).expect("a command");
    scratch.sh(&format!("cd repo; {repair}"));
    let report = push(&scratch).success().json();
    assert_eq!(told_serial(&report, "jane"), jane);
    assert_eq!(serial_at_remote(&scratch, "jane"), jane);
    assert_eq!(codes(&plan(&scratch), "notices"), [""; 0]);
}

#[test]
fn what_a_run_has_left_on_the_branch_here_is_not_lost_for_a_push() {
    let scratch = place(&["jane"]);
    scratch.in_repo(&["run"]).success();
    let jane = serial(&scratch, "repo", "main", "jane");
    let report = push(&scratch).success().json();
    assert_eq!(codes(&report, "notices"), [""; 0]);
    assert_eq!(serial_at_remote(&scratch, "jane"), jane);
}
