//! The README's console blocks, run from top to bottom in one directory, as a reader would.
//!
//! `[..]` stands for any text of a line and `...` for any lines, in the README as in what is expected here.
#![expect(clippy::disallowed_methods, reason = "this test runs commands")]

mod support;

use std::fmt::Write as _;
use std::fs;

use snapbox::assert_data_eq;
use support::Scratch;

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

#[test]
fn the_readme_does_what_it_says() {
    let readme = fs::read_to_string("README.md").expect("the README can be read");
    let scratch = Scratch::new();
    scratch.sh(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 3650 \
         -subj /CN=kubernetes -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null",
    );
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_gitca"))
        .parent()
        .expect("the program has a directory");
    let steps = steps(&readme);
    assert!(steps.len() > 8, "the README has a tutorial");
    for Step { script, expected } in steps {
        let path = format!(
            "{}:{}",
            bin.display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut command = scratch.command("bash");
        // The reader's clock: openssl compares certificates with it.
        command
            .env_remove("GITCA_NOW")
            .env_remove("GIT_AUTHOR_DATE")
            .env_remove("GIT_COMMITTER_DATE");
        let output = command
            .env("PATH", path)
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
