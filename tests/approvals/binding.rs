//! Which repository and branch a statement is for: never those that a pull request would like.

use std::fs;

use crate::place::{read, refused, scratch, statements};
use crate::support::{Answer, Scratch};

/// The Settings' repository and branch, changed as a pull request could.
fn change_settings(scratch: &Scratch, from: &str, to: &str) {
    let settings = scratch.read("repo/policies/settings.yaml");
    assert!(settings.contains(from), "{settings}");
    scratch.write("repo/policies/settings.yaml", settings.replace(from, to));
}

fn repository_id(scratch: &Scratch) -> String {
    let settings = scratch.read("repo/policies/settings.yaml");
    let id = settings
        .lines()
        .find_map(|line| line.trim().strip_prefix("repository: "));
    id.expect("Settings name the repository").to_owned()
}

const FOREIGN: &str = "7f0c2c1e-5a0b-4b53-9a0d-1f6f3a0c9d11";

#[test]
fn a_checked_out_pull_request_does_not_choose_the_repository_that_is_signed_for() {
    let scratch = scratch();
    let own = repository_id(&scratch);
    scratch.git(&["checkout", "-q", "-b", "pr"]);
    change_settings(&scratch, &own, FOREIGN);
    scratch.commit("a typo");
    for command in [
        &["approve"][..],
        &["deny"],
        &["approve", "--as-requester"],
        &["approve", "--print"],
    ] {
        let more = ["dev/jane", "--signing-key", "../bob"];
        let told = refused(
            scratch.in_repo(&[command, &more].concat()),
            "BranchMismatch",
        );
        for part in [own.as_str(), FOREIGN, "--branch main approve", "git fetch"] {
            assert!(told.contains(part), "{command:?}: no `{part}` in {told}");
        }
        assert!(statements(&scratch).is_empty(), "{command:?}");
        // The branch that was named has the last word, not what is checked out.
        let pinned = ["--branch", "main"];
        let answer = scratch
            .in_repo(&[&pinned, command, &more].concat())
            .success();
        let signed = format!("for branch main of repository {own}\n");
        if command.contains(&"--print") {
            assert_eq!(answer.stderr, format!("note: this statement is {signed}"));
            assert!(answer.stdout.contains(&own), "{}", answer.stdout);
            continue;
        }
        let (_, statement, _) = read(&scratch, &statements(&scratch)[0]);
        assert_eq!((&statement.repository, &*statement.branch), (&own, "main"));
        let shown = format!("  for      branch main of repository {own}\n");
        assert!(answer.stdout.contains(&shown), "{}", answer.stdout);
        fs::remove_dir_all(scratch.path("repo/requests/dev/jane.approvals")).expect("a folder");
    }
}

#[test]
fn a_checked_out_pull_request_does_not_choose_the_branch_that_is_signed_for() {
    let scratch = scratch();
    let deny = |global: &[&str]| {
        let command = ["deny", "dev/jane", "--signing-key", "../bob"];
        scratch.in_repo(&[global, &command].concat())
    };
    scratch.git(&["checkout", "-q", "-b", "next"]);
    // The branch that the Settings name is not here.
    change_settings(&scratch, "branch: main", "branch: gone");
    let told = refused(deny(&[]), "BranchMismatch");
    assert!(told.contains("`gone`"), "{told}");
    // It is here and agrees, but a clone knows what the remote takes for its main branch.
    change_settings(&scratch, "branch: gone", "branch: next");
    scratch.commit("settings");
    scratch.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    scratch.git(&[
        "symbolic-ref",
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/main",
    ]);
    let told = refused(deny(&[]), "BranchMismatch");
    for part in ["branch next of", "branch main of", "`origin/HEAD`"] {
        assert!(told.contains(part), "no `{part}` in {told}");
    }
    // A branch that anybody may push is not taken for the remote's own.
    scratch.git(&["update-ref", "refs/remotes/origin/x/main", "next"]);
    scratch.git(&["update-ref", "-d", "refs/heads/main"]);
    deny(&["--branch", "main"]).success();
    let (_, statement, _) = read(&scratch, &statements(&scratch)[0]);
    assert_eq!(statement.branch, "main");
    // The branch that is named must be there and name itself.
    refused(deny(&["--branch", "nowhere"]), "BranchMismatch");
    scratch.git(&["branch", "other", "next"]);
    let told = refused(deny(&["--branch", "other"]), "BranchMismatch");
    assert!(
        told.contains("`next`") && told.contains("`other`"),
        "{told}"
    );
    let answer = scratch
        .command(env!("CARGO_BIN_EXE_gitca"))
        .args(["-C", "repo", "deny", "dev/jane", "--signing-key", "../bob"])
        .env("GITCA_BRANCH", "nowhere")
        .output()
        .expect("gitca runs");
    refused(Answer::of(&answer), "BranchMismatch");
}

#[test]
fn a_claim_with_a_new_request_is_bound_as_an_approval_is() {
    let scratch = scratch();
    scratch.git(&["checkout", "-q", "-b", "pr"]);
    let own = repository_id(&scratch);
    change_settings(&scratch, &own, FOREIGN);
    let new = [
        "new",
        "dev/mary",
        "--group",
        "dev",
        "--signing-key",
        "../bob",
    ];
    refused(scratch.in_repo(&new), "BranchMismatch");
    assert!(!scratch.path("repo/requests/dev/mary.yaml").exists());
    let answer = scratch
        .in_repo(&[&["--branch", "main"][..], &new].concat())
        .success();
    let shown = format!("for branch main of repository {own}, so that");
    assert!(answer.stdout.contains(&shown), "{}", answer.stdout);
}

#[test]
fn a_repository_that_was_just_made_has_nothing_that_disagrees() {
    let scratch = scratch();
    scratch.sh("rm -rf repo/.git");
    let deny = || scratch.in_repo(&["deny", "dev/jane", "--signing-key", "../bob"]);
    deny().success();
    scratch.git(&["init", "-q", "-b", "trunk"]);
    deny().success();
    scratch.commit("all of it");
    refused(deny(), "BranchMismatch");
}
