//! The scripts of the GitLab jobs, run against a bare repository.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::github::pull_request;
use crate::runner::{Job, hosted, variables, yaml};
use crate::support::Scratch;

/// What a runner leaves behind with `GIT_DEPTH: "0"` for a merge request: its commit, and no branch.
fn checkout(scratch: &Scratch, commit: &str) {
    scratch.sh(&format!(
        "rm -rf work && git init -q work && cd work && git remote add origin ../remote.git && \
         git fetch -q origin {commit} && git -c advice.detachedHead=false checkout -q FETCH_HEAD"
    ));
}

fn script(job: &Value, part: &str) -> String {
    let lines = job[part].as_array().expect("a list of scripts").iter();
    lines
        .map(|line| line.as_str().expect("a script"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Runs one job of the repository's own file as one shell, as GitLab does.
pub(crate) fn run(
    scratch: &Scratch,
    name: &str,
    environment: &[(&str, &str)],
) -> (Option<i32>, String) {
    let jobs = yaml(&scratch.read("repo/.gitlab/gitca.yml"));
    run_of(&jobs, scratch, name, environment)
}

fn run_of(
    jobs: &Value,
    scratch: &Scratch,
    name: &str,
    environment: &[(&str, &str)],
) -> (Option<i32>, String) {
    let mut extra = variables(&jobs["variables"], &BTreeMap::new());
    extra.insert(
        "GITCA_SOURCE".to_owned(),
        "https://git.example.com/gitca".to_owned(),
    );
    extra.insert("GITCA_COMMIT".to_owned(), "0123".to_owned());
    extra.extend(variables(&jobs[".gitca"]["variables"], &BTreeMap::new()));
    extra.extend(variables(&jobs[name]["variables"], &BTreeMap::new()));
    let script = format!(
        "{}\n{}",
        script(&jobs[".gitca"], "before_script"),
        script(&jobs[name], "script")
    );
    let pairs = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut job = Job {
        scratch,
        workspace: scratch.path("work"),
        environment: pairs.collect(),
    };
    let output = job.bash(&script, &extra);
    let log = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), log)
}

#[test]
fn a_merge_request_is_judged_with_code_quality_and_tests() {
    for (group, code, quality) in [("dev", 0, 0), ("nobody", 1, 2)] {
        let scratch = hosted("gitlab");
        let head = pull_request(&scratch, group);
        checkout(&scratch, &head);
        let environment = [("CI", "true"), ("CI_COMMIT_SHA", head.as_str())];
        let (status, log) = run(&scratch, "gitca-check", &environment);
        assert_eq!(status, Some(code), "{log}");
        assert!(log.contains("subject   CN=jane"), "{log}");
        let issues =
            serde_json::from_str::<Vec<Value>>(&scratch.read("work/gitca-codequality.json"));
        assert_eq!(issues.expect("it is JSON").len(), quality);
        assert!(
            scratch
                .read("work/gitca-junit.xml")
                .contains("name=\"jane\"")
        );
    }
}

#[test]
fn the_pipeline_includes_the_jobs() {
    let scratch = hosted("gitlab");
    let pipeline = yaml(&scratch.read("repo/.gitlab-ci.yml"));
    assert_eq!(pipeline["include"][0]["local"], ".gitlab/gitca.yml");
}

/// The include of this repository with its inputs filled in, as GitLab merges it.
fn included(branch: &str) -> String {
    let text = include_str!("../../.gitlab/include.yml");
    let (head, body) = text.split_once("\n---\n").expect("a head and a body");
    let head = yaml(head);
    let inputs = head["spec"]["inputs"].as_object().expect("inputs");
    assert_eq!(
        inputs.keys().collect::<Vec<_>>(),
        ["branch", "commit", "source"]
    );
    let mut body = body.to_owned();
    for (name, value) in [
        ("branch", branch),
        ("source", "https://git.example.com/gitca"),
        ("commit", "0123"),
    ] {
        body = body.replace(&format!("$[[ inputs.{name} ]]"), value);
    }
    assert!(!body.contains("$[["), "{body}");
    body
}

#[test]
fn the_include_is_what_init_writes() {
    let keys = "  variables:\n    # __KEYS__\n";
    let told = "  # Where the keys are: a variable of the project, such as GITCA_KEY_CLUSTER_CA with the value \
                env:GITCA_CA_CLUSTER_CA.\n";
    let starter = include_str!("../../src/starter/ci/gitlab.yml")
        .replace(keys, told)
        .replace("__BRANCH__", "release")
        .replace(
            "GITCA_SOURCE: \"\"",
            "GITCA_SOURCE: \"https://git.example.com/gitca\"",
        )
        .replace("GITCA_COMMIT: \"\"", "GITCA_COMMIT: \"0123\"")
        .replace(
            "set GITCA_SOURCE and GITCA_COMMIT in .gitlab/gitca.yml",
            "give the include the inputs source and commit",
        );
    assert_eq!(included("release"), starter);
}

#[test]
fn the_included_jobs_judge_as_well() {
    let scratch = hosted("gitlab");
    let head = pull_request(&scratch, "nobody");
    checkout(&scratch, &head);
    let environment = [("CI", "true"), ("CI_COMMIT_SHA", head.as_str())];
    let jobs = yaml(&included("main"));
    let (status, log) = run_of(&jobs, &scratch, "gitca-check", &environment);
    assert_eq!(status, Some(1), "{log}");
    assert!(log.contains("subject   CN=jane"), "{log}");
}
