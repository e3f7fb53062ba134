//! Work trees after a landing: which follow, which are left, and that the help of the notice brings the files.

use serde_json::Value;

use crate::place::{HURRY, codes, place, push, sound};
use crate::support::Scratch;

/// The notices about work trees that were left.
fn left(report: &Value) -> Vec<&Value> {
    let notices = report["notices"].as_array().expect("a list").iter();
    notices
        .filter(|notice| notice["code"] == "WorkTreeNotUpdated")
        .collect()
}

/// Does what a notice says, word for word.
#[track_caller]
fn obey(scratch: &Scratch, notice: &Value) {
    let help = notice["help"].as_str().expect("a help");
    scratch.sh(&format!("cd repo; {help}"));
}

#[track_caller]
fn is_clean(scratch: &Scratch, directory: &str) {
    let status = scratch.sh(&format!(
        "git -C '{directory}' status --porcelain --untracked-files=all"
    ));
    assert_eq!(status.stdout, "", "{directory}");
    scratch.sh(&format!("[ -e '{directory}/issued/jane/certificate.pem' ]"));
}

#[test]
fn other_work_trees_that_have_the_branch_are_named_and_the_help_brings_their_files() {
    for args in [&["run", "-o", "json"][..], &["run", "--push", "-o", "json"]] {
        let scratch = place(&["jane"]);
        scratch.sh(
            "cd repo; git worktree add -q --force '../the second' main; git worktree add -q --force ../third main
             git worktree add -q --detach ../fourth main; git worktree add -q -b side ../fifth main
             echo ../../../../third/.git > .git/worktrees/third/gitdir
             echo gitdir: ../repo/.git/worktrees/third > ../third/.git",
        );
        let report = scratch.gitca_with("repo", args, &HURRY).success().json();
        assert_eq!(
            codes(&report, "notices"),
            ["WorkTreeNotUpdated"; 2],
            "{report:#}"
        );
        is_clean(&scratch, "repo");
        for (notice, name) in left(&report).into_iter().zip(["the second", "third"]) {
            let message = notice["message"].as_str().expect("a message");
            let place = scratch.path(name).canonicalize().expect("it is there");
            assert!(
                message.contains(&format!("`{}`", place.display())),
                "{message}"
            );
            // As git has it: the branch has moved, and the files have not.
            assert!(!scratch.path(name).join("issued").exists());
            obey(&scratch, notice);
            is_clean(&scratch, name);
        }
        for name in ["fourth", "fifth"] {
            assert!(!scratch.path(name).join("issued").exists(), "{name}");
        }
        sound(&scratch);
    }
}

#[test]
fn where_only_another_work_tree_has_the_branch_this_one_is_left_alone() {
    let scratch = place(&["jane"]);
    scratch.sh("cd repo; git switch -q -c side; git worktree add -q ../second main");
    let report = push(&scratch).success().json();
    assert_eq!(left(&report).len(), 1, "{report:#}");
    assert!(!scratch.path("repo/issued").exists());
    assert_eq!(scratch.git(&["status", "--porcelain"]).stdout, "");
    obey(&scratch, left(&report)[0]);
    is_clean(&scratch, "second");
    // From the second one the first has nothing of the branch.
    scratch
        .gitca(&["-C", "second", "new", "june", "--group", "dev"])
        .success();
    scratch.sh("cd second; git add -A; git commit -qm june");
    let report = scratch
        .gitca(&["-C", "second", "run", "-o", "json"])
        .success()
        .json();
    assert_eq!(left(&report).len(), 0, "{report:#}");
    is_clean(&scratch, "second");
    scratch.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn work_that_is_not_committed_is_left_as_it_is_and_the_help_brings_the_files() {
    let gitca = env!("CARGO_BIN_EXE_gitca");
    for work in [
        // Not in the index, staged, deleted, and a directory where a file goes.
        "mkdir -p issued/june; echo mine > issued/june/kubeconfig.yaml",
        "echo mine >> issued/jane/request.yaml; echo '# changed' >> requests/jane.yaml; git commit -qm changed requests",
        "git rm -rq --cached issued/jane; echo '# changed' >> requests/jane.yaml; git commit -qm changed requests",
        "rm -r issued/jane; echo '# changed' >> requests/jane.yaml; git commit -qm changed requests",
        "mkdir -p issued/june/certificate.pem; echo mine > issued/june/certificate.pem/file",
        "mkdir -p issued ../elsewhere; ln -s ../../elsewhere issued/june",
    ] {
        let scratch = place(&["jane"]);
        scratch.in_repo(&["run"]).success();
        scratch
            .in_repo(&["new", "june", "--group", "dev"])
            .success();
        scratch.sh(&format!(
            "cd repo; git add requests; git commit -qm june; {work}"
        ));
        let before =
            "cd repo; git diff-files; find issued | sort; cat issued/june/* 2>/dev/null || :";
        let files = scratch.sh(before).stdout;
        let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
        assert_eq!(
            codes(&report, "notices"),
            ["WorkTreeNotUpdated"],
            "{work}: {report:#}"
        );
        assert_eq!(scratch.sh(before).stdout, files, "{work}");
        assert!(!scratch.path("elsewhere/certificate.pem").exists());
        // The next run does not do it behind anybody's back.
        let again = scratch.in_repo(&["run", "-o", "json"]).success().json();
        assert_eq!(again["issueCommit"], Value::Null, "{work}");
        assert_eq!(scratch.sh(before).stdout, files, "{work}");
        obey(&scratch, left(&report)[0]);
        is_clean(&scratch, "repo");
        assert!(!scratch.path("elsewhere/certificate.pem").exists());
        scratch.sh(&format!(
            "{gitca} -C repo plan; git -C repo fsck --strict --no-dangling"
        ));
    }
}
