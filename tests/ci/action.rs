//! The composite action of this repository: its steps run as a runner would, with the inputs of an event.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::forge::{Forge, landed};
use crate::github;
use crate::runner::{Done, Values, fill, hosted, yaml};
use crate::signing;
use crate::support::Scratch;

const DIRECTORY: &str = ".github/actions/gitca";
const BASE: &str = "github.event.pull_request.base.ref || github.event.merge_group.base_ref";
const HEAD: &str = "github.event.pull_request.head.sha || github.event.merge_group.head_sha";

fn action() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(DIRECTORY)
        .join("action.yml");
    yaml(&std::fs::read_to_string(file).expect("the action is there"))
}

/// The action with these inputs in a job whose event fills in these expressions.
fn act(scratch: &Scratch, url: &str, inputs: &[(&str, &str)], event: &Values<'_>) -> Done {
    let action = action();
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    for (name, input) in action["inputs"].as_object().expect("inputs") {
        let default = fill(input["default"].as_str().expect("a default"), event);
        given.insert(format!("inputs.{name}"), default);
    }
    for (name, value) in inputs {
        let known = given.insert(format!("inputs.{name}"), (*value).to_owned());
        assert!(known.is_some(), "the action has no input `{name}`");
    }
    let runs = |step: &&Value| match step["if"].as_str() {
        None => true,
        Some(condition) => {
            let command = condition
                .strip_prefix("inputs.command == '")
                .and_then(|rest| rest.strip_suffix('\''));
            Some(given["inputs.command"].as_str()) == command
        }
    };
    let steps = action["runs"]["steps"].as_array().expect("steps").iter();
    let steps: Vec<Value> = steps.filter(runs).cloned().collect();
    assert!(steps.iter().all(|step| step["shell"] == "bash"));
    let values: Values<'_> = given
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let mut job = github::job(scratch);
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join(DIRECTORY);
    let output = scratch.path("temp/output");
    let key = scratch.read("home/.config/gitca/keys/cluster-ca.pem");
    for (name, value) in [
        ("GITHUB_ACTION_PATH", here.display().to_string()),
        ("GITHUB_OUTPUT", output.display().to_string()),
        ("GITHUB_SERVER_URL", url.to_owned()),
        ("GITHUB_EVENT_NAME", "push".to_owned()),
        ("HOME", scratch.path("nobody").display().to_string()),
        ("GITCA_KEY_CLUSTER_CA", "env:GITCA_CA_CLUSTER_CA".to_owned()),
        ("GITCA_CA_CLUSTER_CA", key),
    ] {
        job.environment.insert(name.to_owned(), value);
    }
    job.run(&steps, &BTreeMap::new(), &values, |step| {
        panic!("a foreign action: {step}")
    })
}

fn event(base: &str, head: &str) -> Values<'static> {
    Values::from([
        (BASE, base.to_owned()),
        (HEAD, head.to_owned()),
        ("github.token", "t0ken".to_owned()),
    ])
}

#[test]
fn three_lines_judge_a_pull_request_or_a_merge_group() {
    for (group, code, verdict) in [("dev", 0, "approved"), ("system:masters", 1, "denied")] {
        let scratch = hosted("github");
        let head = github::pull_request(&scratch, group);
        github::checkout(&scratch, "refs/pull/7/merge");
        for base in ["main", "refs/heads/main"] {
            let done = act(&scratch, "https://github.com", &[], &event(base, &head));
            assert_eq!(done.code, code, "{}", done.log);
        }
        let base = scratch.git(&["rev-parse", "main"]).stdout;
        let done = act(
            &scratch,
            "https://github.com",
            &[("base", base.trim())],
            &event("", &head),
        );
        assert_eq!(done.code, code, "{}", done.log);
        let outputs = scratch.read("temp/output");
        let comment = scratch.path("temp/report/comment.md");
        assert!(
            outputs.contains(&format!("comment={}\n", comment.display())),
            "{outputs}"
        );
        let text = scratch.read("temp/report/comment.md");
        assert!(
            text.contains(&format!("\n### `jane` {verdict}\n")),
            "{text}"
        );
    }
}

#[test]
fn without_a_pull_request_it_says_what_it_needs() {
    let scratch = hosted("github");
    github::pull_request(&scratch, "dev");
    github::checkout(&scratch, "refs/pull/7/merge");
    let done = act(&scratch, "https://github.com", &[], &event("", ""));
    assert_eq!(done.code, 2, "{}", done.log);
    assert!(
        done.log
            .contains("::error::gitca check judges pull requests"),
        "{}",
        done.log
    );
    let done = act(
        &scratch,
        "https://github.com",
        &[("command", "run")],
        &event("", ""),
    );
    assert_eq!(done.code, 2, "{}", done.log);
    assert!(
        done.log
            .contains("the inputs branch, the mainline, and anchor"),
        "{}",
        done.log
    );
    let done = act(
        &scratch,
        "https://github.com",
        &[("command", "install")],
        &event("", ""),
    );
    assert_eq!(done.code, 0, "{}", done.log);
    let program = scratch.path("temp/gitca/bin/gitca");
    assert!(
        scratch
            .read("temp/output")
            .contains(&format!("program={}\n", program.display()))
    );
}

#[test]
fn it_signs_what_was_merged() {
    let scratch = hosted("github");
    let Some(forge) = Forge::start(&scratch, "x-access-token:t0ken") else {
        return;
    };
    signing::merged(&scratch, "jane");
    signing::checkout(&scratch, &forge.url);
    let anchor = signing::anchor(&scratch);
    let inputs = [
        ("command", "run"),
        ("branch", "main"),
        ("anchor", anchor.as_str()),
    ];
    let done = act(&scratch, &forge.url, &inputs, &event("", ""));
    assert_eq!(done.code, 0, "{}", done.log);
    assert_eq!(landed(&scratch).0, "gitca: issue: 1 certificate (jane 1)");
}
