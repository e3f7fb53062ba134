//! The README's console blocks, run from top to bottom in one directory, as a reader would.
//!
//! `[..]` stands for any text of a line and `...` for any lines, in the README as in what is expected here.
#![expect(clippy::disallowed_methods, reason = "this test runs commands")]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use snapbox::assert_data_eq;
use support::Scratch;

/// Acts `gh` and `glab` on a bare repository: a push is a push, a merge is a merge, and the jobs do what the files of CI
/// say, which tests/ci runs word for word.
const FORGE: &str = r#"#!/bin/bash
set -euo pipefail
forge=$HOME/forge
tool=$(basename "$0")
check() { git clone -q "$forge/ca.git" "$forge/check"; git -C "$forge/check" fetch -q origin "$1"; gitca -C "$forge/check" check --base origin/main --head FETCH_HEAD -o github; rm -rf "$forge/check"; }
sign() {
  rm -rf "$forge/run"; git clone -q "$forge/ca.git" "$forge/run"
  export GITCA_CA_CLUSTER_CA GITCA_ANCHOR GITCA_BRANCH=main
  GITCA_CA_CLUSTER_CA=$(cat "$forge/GITCA_CA_CLUSTER_CA") GITCA_ANCHOR=$(cat "$forge/GITCA_ANCHOR")
  HOME=/nonexistent GITCA_KEY_CLUSTER_CA=env:GITCA_CA_CLUSTER_CA gitca -C "$forge/run" run --push > "$forge/log"
}
branch() { git rev-parse --abbrev-ref HEAD; }
case "$tool $1 $2" in
  "gh repo create" | "glab repo create")
    mkdir -p "$forge"; git init -q --bare --initial-branch main "$forge/ca.git"; git remote add origin "$forge/ca.git"
    if [ "$tool" = gh ]; then [ "$*" = "repo create ca --private --source . --push" ]; git push -q -u origin main; fi;;
  "gh api --silent") [ "$3 $4 $5" = "--method PUT repos/{owner}/{repo}/environments/gitca" ]; touch "$forge/environment";;
  "gh variable set") [ -e "$forge/environment" ]; [ "$4 $5 $6" = "--env gitca --body" ]; echo "$7" > "$forge/$3";;
  "gh secret set") [ -e "$forge/environment" ]; [ "$4 $5" = "--env gitca" ]; cat > "$forge/$3";;
  "glab variable set") case $4 in --*) cat > "$forge/$3";; *) echo "$4" > "$forge/$3";; esac;;
  "glab schedule create") [ "$3 $4 $5 $6" = "--cron 17 * * * * --ref main" ];;
  "gh pr create" | "glab mr create") git -C "$forge/ca.git" rev-parse -q --verify "$(branch)" > "$forge/head"; [ "$(cat "$forge/head")" = "$(git rev-parse HEAD)" ];;
  "gh pr checks") check "$(branch)"; printf 'gitca check\tpass\n';;
  "glab ci status") check "$(branch)"; printf 'gitca-check\tsuccess\n';;
  "gh pr merge" | "glab mr merge")
    git clone -q "$forge/ca.git" "$forge/merge"
    git -C "$forge/merge" merge -q --no-ff -m Merge "origin/$(branch)"; git -C "$forge/merge" push -q origin main; sign;;
  *) echo "unknown call: $tool $*" >&2; exit 9;;
esac
"#;

/// A command and what it prints.
struct Step {
    script: String,
    expected: String,
}

/// The `$` lines of all console blocks, with their `>` lines.
fn steps(readme: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in readme.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap_or_default().lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                steps.push(Step {
                    script: command.to_owned(),
                    expected: String::new(),
                });
            } else if let Some(step) = steps.last_mut() {
                match line.strip_prefix("> ") {
                    Some(more) if step.expected.is_empty() => {
                        step.script = format!("{}\n{more}", step.script);
                    }
                    _ => writeln!(step.expected, "{line}").expect("a string takes everything"),
                }
            }
        }
    }
    steps
}

/// The page in parts, each of which begins in an empty directory.
fn sessions(readme: &str) -> Vec<String> {
    let begins = |line: &str| {
        let from_nothing = ["### With plain git", "### On GitHub", "### On GitLab"];
        from_nothing.contains(&line)
    };
    let (mut main, mut others) = (String::new(), Vec::new());
    let mut is_main = true;
    for line in readme.lines() {
        if begins(line) {
            others.push(String::new());
            is_main = false;
        } else if line.starts_with("## ") {
            is_main = true;
        }
        let part = others.last_mut().filter(|_| !is_main).unwrap_or(&mut main);
        part.push_str(line);
        part.push('\n');
    }
    assert_eq!(others.len(), 3, "the README has three tutorials");
    others.insert(0, main);
    others
}

#[test]
fn the_readme_does_what_it_says() {
    let readme = fs::read_to_string("README.md").expect("the README can be read");
    for session in sessions(&readme) {
        let scratch = Scratch::new();
        scratch.sh(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 3650 \
             -subj /CN=kubernetes -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null",
        );
        scratch.write("home/bin/gh", FORGE);
        scratch.sh("chmod +x home/bin/gh; cp home/bin/gh home/bin/glab");
        let steps = steps(&session);
        assert!(steps.len() > 8, "a tutorial has steps");
        play(&scratch, steps);
    }
}

/// Types the commands of one part, as a reader would.
fn play(scratch: &Scratch, steps: Vec<Step>) {
    let bin = Path::new(env!("CARGO_BIN_EXE_gitca")).parent();
    let path = format!(
        "{}:{}:{}",
        bin.expect("the program has a directory").display(),
        scratch.path("home/bin").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut directory = scratch.path("");
    for Step { script, expected } in steps {
        if let Some(target) = script.strip_prefix("cd ") {
            directory.push(target);
            assert!(directory.is_dir(), "$ {script}");
            continue;
        }
        let mut command = scratch.command("bash");
        // The reader's clock: openssl compares certificates with it.
        command
            .env_remove("GITCA_NOW")
            .env_remove("GIT_AUTHOR_DATE")
            .env_remove("GIT_COMMITTER_DATE")
            .current_dir(&directory);
        // What the text says that the reader has.
        let output = command
            .env("PATH", &path)
            .env("COMMIT", "0123456789abcdef0123456789abcdef01234567")
            .env("TOKEN", "t0ken")
            .args(["-c", &script])
            .output()
            .expect("bash can be run");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "$ {script}\n{printed}{stderr}");
        let expected = if expected.is_empty() && !printed.is_empty() {
            "...\n".to_owned()
        } else {
            expected
        };
        assert_data_eq!(printed, expected);
    }
}
