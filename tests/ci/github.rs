//! The steps of the GitHub workflows, run against a bare repository.

use std::collections::BTreeMap;

use crate::runner::{Done, Job, Values, hosted, with_source, yaml};
use crate::support::Scratch;

/// A branch `ask` with one request, pushed; the forge's merge of it as `refs/pull/7/merge`.
pub(crate) fn pull_request(scratch: &Scratch, group: &str) -> String {
    scratch.git(&["switch", "-q", "-c", "ask"]);
    scratch
        .in_repo(&["new", "jane", "--group", group])
        .success();
    scratch.commit("ask");
    scratch.git(&["push", "-q", "origin", "ask"]);
    let head = scratch.git(&["rev-parse", "HEAD"]).stdout.trim().to_owned();
    scratch.git(&["switch", "-q", "--detach", "main"]);
    scratch.git(&["merge", "-q", "--no-ff", "-m", "Merge", "ask"]);
    scratch.git(&["push", "-q", "origin", "HEAD:refs/pull/7/merge"]);
    scratch.git(&["switch", "-q", "main"]);
    head
}

/// What actions/checkout leaves behind with `fetch-depth: 0` on this reference.
pub(crate) fn checkout(scratch: &Scratch, reference: &str) {
    scratch.sh(&format!(
        "rm -rf work && git init -q work && cd work && git remote add origin ../remote.git && \
         git fetch -q origin '+refs/heads/*:refs/remotes/origin/*' && \
         git fetch -q origin '+{reference}:refs/remotes/pull/7/merge' && \
         git -c advice.detachedHead=false checkout -q refs/remotes/pull/7/merge"
    ));
}

pub(crate) fn job(scratch: &Scratch) -> Job<'_> {
    Job {
        scratch,
        workspace: scratch.path("work"),
        environment: BTreeMap::from([
            ("CI".to_owned(), "true".to_owned()),
            ("GITHUB_ACTIONS".to_owned(), "true".to_owned()),
            ("GITHUB_EVENT_NAME".to_owned(), "pull_request".to_owned()),
            (
                "GITHUB_SERVER_URL".to_owned(),
                "https://github.com".to_owned(),
            ),
            ("GITHUB_REPOSITORY".to_owned(), "example/ca".to_owned()),
            (
                "GITHUB_STEP_SUMMARY".to_owned(),
                scratch.path("temp/summary.md").display().to_string(),
            ),
        ]),
    }
}

fn check(scratch: &Scratch, head: &str) -> (Done, Vec<String>) {
    let workflow = with_source(yaml(
        &scratch.read("repo/.github/workflows/gitca-check.yml"),
    ));
    let expression = "github.event.pull_request.head.sha || github.event.merge_group.head_sha";
    let values = Values::from([(expression, head.to_owned())]);
    let mut used = Vec::new();
    let done = job(scratch).steps(&workflow, "check", &values, |step| {
        used.push(step["uses"].as_str().unwrap_or_default().to_owned());
    });
    (done, used)
}

#[test]
fn a_good_pull_request_passes_with_annotations_summary_and_comment() {
    let scratch = hosted("github");
    let head = pull_request(&scratch, "dev");
    checkout(&scratch, "refs/pull/7/merge");
    let (done, used) = check(&scratch, &head);
    assert_eq!(done.code, 0, "{}", done.log);
    assert!(
        used[0].starts_with("actions/checkout@") && used[1].starts_with("actions/upload-artifact@")
    );
    let comment = scratch.read("temp/report/comment.md");
    assert!(
        comment.starts_with(
            "<!-- gitca:check -->\n**gitca check: 1 approved**\n\n### `jane` approved\n"
        ),
        "{comment}"
    );
    assert!(
        scratch
            .read("temp/summary.md")
            .contains("### `jane` approved\n")
    );
}

#[test]
fn a_bad_pull_request_fails_and_still_hands_its_comment_over() {
    let scratch = hosted("github");
    let head = pull_request(&scratch, "system:masters");
    checkout(&scratch, "refs/pull/7/merge");
    let (done, used) = check(&scratch, &head);
    assert_eq!(done.code, 1, "{}", done.log);
    assert_eq!(used.len(), 2);
    assert!(
        done.log
            .contains("::error title=ReservedIdentity,file=requests/jane.yaml,line="),
        "{}",
        done.log
    );
    assert!(
        scratch
            .read("temp/report/comment.md")
            .contains("- **privileged: `system:masters`**\n")
    );
}

#[test]
fn a_merge_group_is_judged_as_well() {
    let scratch = hosted("github");
    pull_request(&scratch, "dev");
    let merge = scratch
        .sh("git -C remote.git rev-parse refs/pull/7/merge")
        .stdout;
    // The queue has a branch of its own for each group, which is what the runner checks out.
    let branch = format!("refs/heads/gh-readonly-queue/main/pr-7-{}", merge.trim());
    scratch.sh(&format!(
        "git -C remote.git update-ref {branch} {}; git -C remote.git update-ref -d refs/pull/7/merge",
        merge.trim()
    ));
    checkout(&scratch, &branch);
    let (done, _) = check(&scratch, merge.trim());
    assert_eq!(done.code, 0, "{}", done.log);
    assert!(
        scratch
            .read("temp/report/comment.md")
            .contains("### `jane` approved\n")
    );
}

#[test]
fn without_a_source_it_says_what_to_set() {
    let scratch = hosted("github");
    pull_request(&scratch, "dev");
    checkout(&scratch, "refs/pull/7/merge");
    for (file, name) in [("gitca-check", "check"), ("gitca-run", "run")] {
        let workflow = yaml(&scratch.read(&format!("repo/.github/workflows/{file}.yml")));
        let steps = workflow["jobs"][name]["steps"].as_array().expect("steps");
        let install = steps
            .iter()
            .find(|step| step["name"] == "Install gitca")
            .expect("a step");
        let script = install["run"].as_str().expect("a script");
        let empty = ["GITCA_SOURCE", "GITCA_COMMIT"].map(|name| (name.to_owned(), String::new()));
        let output = job(&scratch).bash(script, &BTreeMap::from(empty));
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            told.contains(&format!(".github/workflows/{file}.yml")),
            "{told}"
        );
    }
}
