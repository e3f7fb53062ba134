//! Two runs at once, on one repository and against one remote.

use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::Scratch;
use crate::{LOCAL, REMOTE, Way, issuances, tried};

fn start(scratch: &Scratch, directory: &str, args: &[&str]) -> Child {
    let mut command = scratch.command(env!("CARGO_BIN_EXE_gitca"));
    command.arg("-C").arg(directory).args(args);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("gitca can be run")
}

/// Twenty times, two runs at once: each request is issued once, and neither run fails.
fn rivals(scratch: &Scratch, directories: [&str; 2], way: Way) {
    for round in 0..20 {
        let name = format!("r{round}");
        scratch.in_repo(&["new", &name, "--group", "dev"]).success();
        scratch.commit("request");
        if way.mainline == REMOTE.mainline {
            scratch.git(&["push", "-q", "origin", "main"]);
        }
        let both = directories.map(|directory| start(scratch, directory, way.args));
        let mut issued = 0;
        for child in both {
            let output = child.wait_with_output().expect("gitca ends");
            let text = String::from_utf8_lossy(&output.stdout);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(
                output.status.code(),
                Some(0),
                "round {round}: {text} {errors}"
            );
            let report: Value = serde_json::from_str(&text).expect("a report");
            issued += u64::from(report["issueCommit"] != Value::Null);
        }
        assert_eq!(issued, 1, "round {round}");
        let count = issuances(scratch, way).len();
        assert_eq!(
            count,
            round + 1,
            "round {round}: none lost and none issued twice"
        );
        if way.mainline == REMOTE.mainline {
            scratch.git(&["pull", "-q", "--ff-only", "origin", "main"]);
        }
        scratch.git(&["restore", "--source=HEAD", "--staged", "--worktree", "."]);
    }
    scratch.sh(
        "git -C repo fsck --strict --no-dangling; git -C remote.git fsck --strict --no-dangling",
    );
}

#[test]
fn two_runs_at_once_on_one_repository_issue_each_request_once() {
    let scratch = Scratch::with_repository();
    scratch.sh("git clone -q --bare repo remote.git");
    rivals(&scratch, ["repo", "repo"], LOCAL);
    tried(20, "by two runs at once on one repository");
}

#[test]
fn two_runs_at_once_against_one_remote_issue_each_request_once() {
    let scratch = Scratch::with_repository();
    scratch.sh(
        "git clone -q --bare repo remote.git; git -C repo remote add origin $PWD/remote.git
         git clone -q remote.git second",
    );
    rivals(&scratch, ["repo", "second"], REMOTE);
    tried(20, "by two runs at once against one remote");
}
