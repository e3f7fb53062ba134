//! What a run commits, what it leaves for later, and what stops it.
//!
//! Each begins with requests that were merged, and compares the report, the commit and what git says of it.

use std::fs;

use serde_json::Value;

use crate::place::{head, result, run, with_requests};
use crate::support::Scratch;

#[test]
fn a_run_makes_one_commit_by_the_bot_with_trailers() {
    let scratch = with_requests(&["jane", "ops/omar"]);
    let base = head(&scratch);
    let report = run(&scratch);
    assert_eq!(report["commit"], base);
    assert_eq!(report["issueCommit"], head(&scratch));
    assert_eq!(report["summary"]["issued"], 2);
    let log = scratch
        .git(&["log", "-1", "--format=%P|%an <%ae>|%ct|%s"])
        .stdout;
    let expected = "gitca <gitca@example.com>|1893456000|issue: 2 certificates (jane 1, ops 1)\n";
    assert_eq!(log, format!("{base}|{expected}"));
    let trailers = scratch
        .sh("git -C repo log -1 --format=%B | git interpret-trailers --parse")
        .stdout;
    let expected = format!(
        "Gitca-Version: {}\nGitca-Base: {base}\nGitca-Issued: 2\nGitca-Issued-At: 2030-01-01T00:00:00Z\nGitca-Open: 0\nGitca-Requests: 2\nGitca-Due: 9999-12-31T23:59:59Z\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(trailers, expected);
    let changed = scratch
        .git(&["diff", "--name-only", "HEAD^", "HEAD"])
        .stdout;
    assert!(
        changed.lines().all(|path| path.starts_with("issued/")),
        "{changed}"
    );
    scratch.git(&["fsck", "--strict"]);
}

#[test]
fn the_clock_of_runs_never_goes_back() {
    let scratch = with_requests(&["jane"]);
    let at = |now| scratch.in_repo(&["--now", now, "run", "-o", "json"]);
    at("2030-01-01T02:00:00Z").success();
    scratch
        .in_repo(&["new", "june", "--group", "dev"])
        .success();
    scratch.commit("one more");
    let tip = head(&scratch);
    let report = at("2030-01-01T01:54:59Z").code(2).json();
    assert_eq!(report["errors"][0]["code"], "ClockWentBack");
    assert_eq!(head(&scratch), tip);
    at("2030-01-01T01:55:00Z").success();
    let message = scratch.git(&["log", "-1", "--format=%B"]).stdout;
    assert!(
        message.contains("Gitca-Issued-At: 2030-01-01T02:00:00Z"),
        "{message}"
    );
    let provenance = scratch.read("repo/issued/june/provenance.json");
    assert!(
        provenance.contains("\"now\": \"2030-01-01T01:55:00Z\""),
        "{provenance}"
    );
    at("2030-01-01T00:00:00Z").success();
}

#[test]
fn the_manifest_and_its_copy_are_one_git_object() {
    let scratch = with_requests(&["jane"]);
    run(&scratch);
    let objects = scratch
        .git(&[
            "rev-parse",
            "HEAD:requests/jane.yaml",
            "HEAD:issued/jane/request.yaml",
        ])
        .stdout;
    let ids: Vec<&str> = objects.lines().collect();
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_second_run_makes_no_commit() {
    let scratch = with_requests(&["jane"]);
    run(&scratch);
    let tip = head(&scratch);
    let report = run(&scratch);
    assert_eq!(report["issueCommit"], Value::Null);
    assert_eq!(report["summary"]["unchanged"], 1);
    assert_eq!(report["results"], Value::Array(Vec::new()));
    assert_eq!(head(&scratch), tip);
    let all = scratch
        .in_repo(&["run", "--all", "-o", "json"])
        .success()
        .json();
    assert_eq!(result(&all, "jane")["verdict"], "unchanged");
}

#[test]
fn a_changed_request_is_signed_again() {
    let scratch = with_requests(&["jane"]);
    let first = run(&scratch);
    let manifest = scratch.read("repo/requests/jane.yaml");
    scratch.write(
        "repo/requests/jane.yaml",
        manifest.replace("spec:\n", "spec:\n  expirationSeconds: 3600\n"),
    );
    scratch.commit("shorter");
    let second = run(&scratch);
    let serial = |report| {
        result(report, "jane")["serialNumber"]
            .as_str()
            .map(str::to_owned)
    };
    assert_ne!(serial(&first), serial(&second));
    assert_eq!(result(&second, "jane")["notAfter"], "2030-01-01T01:00:00Z");
    assert_eq!(scratch.git(&["status", "--porcelain"]).stdout, "");
}

#[test]
fn a_request_that_fails_does_not_stop_the_others() {
    let scratch = with_requests(&["jane"]);
    scratch.write("repo/requests/broken.yaml", "kind: [\n");
    scratch.write("repo/requests/Upper.yaml", "x\n");
    let jane = scratch.read("repo/requests/jane.yaml");
    scratch.write(
        "repo/requests/thief.yaml",
        jane.replace("name: jane", "name: thief"),
    );
    scratch.commit("more");
    let report = run(&scratch);
    assert_eq!(result(&report, "jane")["verdict"], "issued");
    assert_eq!(result(&report, "broken")["verdict"], "invalid");
    assert_eq!(result(&report, "thief")["verdict"], "denied");
    let stray = report["results"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|result| result["file"] == "requests/Upper.yaml");
    let stray = stray.expect("a file that is no request is listed");
    assert_eq!(
        (&stray["request"], &stray["verdict"]),
        (&Value::Null, &Value::from("invalid"))
    );
    assert_eq!(report["summary"]["issued"], 1);
}

#[test]
fn denied_requests_turn_a_run_red_only_when_that_is_asked_for() {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "mallory", "--group", "system:masters"])
        .success();
    scratch.in_repo(&["check"]).code(1);
    scratch.commit("request");
    scratch.in_repo(&["run"]).code(0);
    scratch.in_repo(&["plan"]).code(0);
    scratch
        .in_repo(&["run", "--fail-on", "denied,invalid"])
        .code(1);
    scratch.in_repo(&["plan", "--fail-on", "invalid"]).code(0);
}

#[test]
fn one_bad_file_in_the_control_zone_signs_nothing() {
    let scratch = with_requests(&["jane"]);
    for (file, text) in [
        ("policies/deny.yml", "kind: DenyPolicy\n"),
        (
            "policies/typo.yaml",
            "apiVersion: gitca.dev/v1alpha1\nkind: DenyPolicy\nmetadata: {name: x}\nspec: {denny: []}\n",
        ),
        (
            "policies/people.yaml",
            "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {name: bob}\nspec: {kind: forge}\n",
        ),
        ("templates/x.yaml.j2", "{% for %}\n"),
        ("templates/csr.yaml.j2", "{{ cert.pem }}\n"),
    ] {
        scratch.write(&format!("repo/{file}"), text);
        scratch.commit("bad");
        let tip = head(&scratch);
        let report = scratch.in_repo(&["run", "-o", "json"]).code(2).json();
        assert_eq!(report["errors"][0]["file"], file, "{report:#}");
        assert_eq!(report["results"], Value::Array(Vec::new()));
        assert_eq!(head(&scratch), tip);
        fs::remove_file(scratch.path(&format!("repo/{file}"))).expect("the file was there");
        scratch.commit("mend");
    }
    assert_eq!(run(&scratch)["summary"]["issued"], 1);
}

#[test]
fn a_shallow_clone_is_refused_with_the_way_out() {
    let scratch = with_requests(&["jane"]);
    scratch.sh("git clone -q --depth 1 file://$PWD/repo shallow");
    let answer = scratch
        .gitca(&["-C", "shallow", "run", "-o", "json"])
        .code(2);
    let error = &answer.json()["errors"][0];
    assert_eq!(error["code"], "ShallowClone");
    assert!(
        error["help"]
            .as_str()
            .is_some_and(|help| help.contains("git fetch --unshallow"))
    );
    scratch.gitca(&["-C", "shallow", "check"]).success();
}

#[test]
fn a_plan_that_is_too_large_signs_nothing_unless_its_digest_is_given() {
    let scratch = with_requests(&["jane", "june"]);
    let settings = scratch.read("repo/policies/settings.yaml");
    scratch.write(
        "repo/policies/settings.yaml",
        settings.replace("maxIssuePerRun: 1000", "maxIssuePerRun: 1"),
    );
    scratch.commit("tighten");
    let check = ["check", "--base", "HEAD~2", "--head", "HEAD", "-o", "json"];
    let report = scratch.in_repo(&check).success().json();
    let notices = report["notices"].as_array().expect("a list").iter();
    let mut codes = notices.map(|notice| &notice["code"]);
    assert!(codes.any(|code| code == "TooManyToIssue"), "{report:#}");
    let report = scratch.in_repo(&["run", "-o", "json"]).code(2).json();
    assert_eq!(report["errors"][0]["code"], "TooManyToIssue");
    let digest = report["planDigest"].as_str().expect("a digest").to_owned();
    let report = scratch
        .in_repo(&["run", "-o", "json", "--allow-bulk", &digest])
        .success()
        .json();
    assert_eq!(report["summary"]["issued"], 2);
}

#[test]
fn a_dry_run_signs_and_commits_nothing() {
    let scratch = with_requests(&["jane"]);
    let tip = head(&scratch);
    let report = scratch
        .in_repo(&["run", "--dry-run", "-o", "json"])
        .success()
        .json();
    assert_eq!(result(&report, "jane")["verdict"], "approved");
    assert_eq!(head(&scratch), tip);
}

#[test]
fn a_settings_file_that_names_another_branch_stops_the_run() {
    let scratch = with_requests(&["jane"]);
    scratch.git(&["branch", "other"]);
    let report = scratch
        .in_repo(&["run", "--branch", "other", "-o", "json"])
        .code(2)
        .json();
    assert_eq!(report["errors"][0]["code"], "BranchMismatch");
    let report = scratch
        .in_repo(&["run", "--branch", "none", "-o", "json"])
        .code(2)
        .json();
    assert_eq!(report["errors"][0]["code"], "NoMainline");
}
