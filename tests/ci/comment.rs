//! The job that comments, with a `gh` that keeps what it is told in files.

use std::collections::BTreeMap;

use crate::runner::{Done, Job, Values, hosted, yaml};
use crate::support::{Scratch, tool};

/// Answers the calls that the job makes; anything else fails. Comments are the files `comments/ID`.
const GH: &str = r#"#!/usr/bin/env python3
import json, os, pathlib, sys
args, here = sys.argv[1:], pathlib.Path(os.environ["FORGE"])
with open(here / "calls", "a") as calls: print(" ".join(args), file=calls)
comments = here / "comments"
comments.mkdir(exist_ok=True)
body = lambda: open(args[args.index("-F") + 1].removeprefix("body=@")).read()
if args[:2] == ["run", "download"]:
    target = pathlib.Path(args[args.index("--dir") + 1])
    target.mkdir()
    (target / "comment.md").write_bytes((here / "artifact").read_bytes())
elif args[:4] == ["api", "--method", "GET", "repos/example/ca/pulls"]:
    print(json.dumps([{"number": 7, "head": {"sha": "c0ffee"}}]))
elif args[-1] == "repos/example/ca/issues/7/comments" and "GET" in args:
    print(json.dumps([{"id": int(f.name), "user": {"type": "Bot"}, "body": f.read_text()} for f in sorted(comments.iterdir())]))
elif args[:4] == ["api", "--method", "POST", "repos/example/ca/issues/7/comments"]:
    (comments / "11").write_text(body())
elif args[:3] == ["api", "--method", "PATCH"]:
    (comments / args[3].rsplit("/", 1)[1]).write_text(body())
else:
    sys.exit(f"unknown call: {args}")
"#;

fn comment(scratch: &Scratch, artifact: &str, head: &str) -> Done {
    scratch.write("bin/gh", GH);
    scratch.sh("chmod +x bin/gh; rm -rf temp/* work; mkdir -p work forge");
    scratch.write("forge/artifact", artifact);
    let workflow = yaml(&scratch.read("repo/.github/workflows/gitca-comment.yml"));
    assert_eq!(
        workflow["on"]["workflow_run"]["workflows"][0],
        "gitca check"
    );
    let run = "github.event.workflow_run";
    let names = [
        "id",
        "head_repository.owner.login",
        "head_branch",
        "head_sha",
    ]
    .map(|name| format!("{run}.{name}"));
    let mut values = Values::from([("github.token", "t".to_owned())]);
    for (name, value) in names
        .iter()
        .zip(["5", "example", "ask; rm -rf $HOME", head])
    {
        values.insert(name, value.to_owned());
    }
    let mut job = Job {
        scratch,
        workspace: scratch.path("work"),
        environment: BTreeMap::from([
            ("GITHUB_REPOSITORY".to_owned(), "example/ca".to_owned()),
            (
                "FORGE".to_owned(),
                scratch.path("forge").display().to_string(),
            ),
        ]),
    };
    job.steps(&workflow, "comment", &values, |step| {
        panic!("a foreign action: {step}")
    })
}

#[test]
fn one_comment_is_kept_up_to_date() {
    if !tool("jq") || !tool("python3") {
        return;
    }
    let scratch = hosted("github");
    for text in ["first", "second"] {
        let done = comment(
            &scratch,
            &format!("<!-- gitca:check -->\n{text} $(id) `id`\n"),
            "c0ffee",
        );
        assert_eq!(done.code, 0, "{}", done.log);
        assert_eq!(
            scratch.read("forge/comments/11"),
            format!("<!-- gitca:check -->\n{text} $(id) `id`\n")
        );
    }
    let calls = scratch.read("forge/calls");
    assert_eq!(calls.matches("--method POST").count(), 1, "{calls}");
    assert_eq!(calls.matches("--method PATCH").count(), 1, "{calls}");
    assert!(
        calls.contains("-f head=example:ask; rm -rf $HOME\n"),
        "{calls}"
    );
}

#[test]
fn what_is_no_comment_of_an_open_pull_request_is_not_posted() {
    if !tool("jq") || !tool("python3") {
        return;
    }
    let scratch = hosted("github");
    let done = comment(&scratch, &"x".repeat(65_001), "c0ffee");
    assert_eq!(done.code, 1, "{}", done.log);
    let done = comment(&scratch, "x\n", "0ld");
    assert_eq!(done.code, 0, "{}", done.log);
    let calls = scratch.read("forge/calls");
    assert!(
        !calls.contains("POST") && !calls.contains("PATCH"),
        "{calls}"
    );
}
