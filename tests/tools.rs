//! The manual pages and completions, read by the programs they are for, and command lines in their other spelling.

mod support;

use std::collections::BTreeSet;

use clap::{CommandFactory as _, Parser as _};
use gitca::cli::Cli;

use support::Scratch;

/// Lines that have every option with a value, as `--option value`.
const LINES: [&[&str]; 17] = [
    &[
        "--branch",
        "main",
        "--anchor",
        "HEAD",
        "--color",
        "never",
        "--now",
        "2030-01-01T00:00:00Z",
        "run",
        "--key",
        "cluster-ca=file:/keys/a=b.pem",
        "--allow-bulk",
        "abc",
        "--fail-on",
        "denied,pending",
        "--push",
        "origin",
        "--shard",
        "1/2",
        "--commit-key",
        "key",
        "--output",
        "json",
    ],
    &["plan", "--fail-on", "denied", "--output", "json"],
    &[
        "check", "--base", "main", "--head", "side", "--output", "json",
    ],
    &[
        "approve",
        "jane",
        "--signing-key",
        "key",
        "--reason",
        "CHG=1",
        "--expires",
        "7d",
        "--as",
        "bob",
    ],
    &[
        "deny",
        "jane",
        "--signing-key",
        "key",
        "--reason",
        "--no",
        "--expires",
        "7d",
        "--as",
        "bob",
    ],
    &[
        "revoke",
        "jane",
        "--reason",
        "keyCompromise",
        "--serial",
        "5a",
        "--comment",
        "a = b",
        "--by",
        "bob",
    ],
    &["get", "--output", "json", "--expiring", "7d"],
    &[
        "new",
        "jane",
        "--group",
        "dev",
        "--usage",
        "client auth",
        "--signer",
        "example.com/x",
        "--duration",
        "1h",
    ],
    &[
        "new",
        "jane",
        "--dns",
        "a.example",
        "--ip",
        "::1",
        "--key-type",
        "ed25519",
        "--key-out",
        "key",
    ],
    &["new", "jane", "--csr", "jane.csr", "--signing-key", "key"],
    &["new", "team", "--from", "all.yaml"],
    &[
        "init",
        "--ca-cert",
        "ca.pem",
        "--ca-key",
        "ca.key",
        "--ci",
        "github",
        "--signing-key",
        "key",
    ],
    &["policy", "test", "--head", "main", "--output", "junit"],
    &["policy", "lint", "--head", "main", "--output", "json"],
    &[
        "policy", "diff", "--base", "main", "--head", "side", "--output", "json",
    ],
    &[
        "policy",
        "explain",
        "--sample",
        "developers",
        "--output",
        "json",
    ],
    &["man", "--dir", "man1"],
];

#[test]
fn every_option_takes_its_value_behind_an_equals_sign_as_well() {
    let mut tried = BTreeSet::new();
    for line in LINES {
        let mut joined = vec!["gitca".to_owned()];
        let mut spaced = joined.clone();
        let mut words = line.iter().copied().peekable();
        while let Some(word) = words.next() {
            spaced.push(word.to_owned());
            let is_option = word.starts_with("--") && word != "--no";
            joined.push(match words.next_if(|_| is_option) {
                Some(value) => {
                    tried.insert(word.trim_start_matches('-').to_owned());
                    // What looks like an option is a value behind the sign alone.
                    spaced.push(if value == "--no" { "no" } else { value }.to_owned());
                    format!("{word}={value}")
                }
                None => word.to_owned(),
            });
        }
        let read = |line: &[String]| {
            let read = Cli::try_parse_from(line);
            format!(
                "{:?}",
                read.unwrap_or_else(|error| panic!("{line:?}: {error}"))
            )
        };
        assert_eq!(read(&joined).replace("--no", "no"), read(&spaced));
    }
    let mut wanted = BTreeSet::new();
    with_values(&Cli::command(), &mut wanted);
    let missing: Vec<_> = wanted.difference(&tried).collect();
    assert!(missing.is_empty(), "not tried: {missing:?}");
}

/// The options of a command, and of those below it, that take a value.
fn with_values(command: &clap::Command, found: &mut BTreeSet<String>) {
    let options = command.get_arguments();
    let options = options.filter(|option| option.get_action().takes_values());
    found.extend(options.filter_map(clap::Arg::get_long).map(str::to_owned));
    for below in command.get_subcommands() {
        with_values(below, found);
    }
}

#[test]
fn a_run_reads_values_behind_equals_signs() {
    let scratch = Scratch::with_repository();
    let new = [
        "new",
        "jane",
        "--group=dev",
        "--duration=1h",
        "--key-type=ed25519",
    ];
    scratch.in_repo(&new).success();
    scratch.commit("ask");
    let key = scratch.path("home/.config/gitca/keys/cluster-ca.pem");
    let key = format!("--key=cluster-ca=file:{}", key.display());
    let run = [
        "--branch=main",
        "run",
        &key,
        "--fail-on=denied,pending",
        "--output=json",
    ];
    let report = scratch.in_repo(&run).success().json();
    assert_eq!(report["results"][0]["verdict"], "issued", "{report:#}");
    assert_eq!(report["results"][0]["notAfter"], "2030-01-01T01:00:00Z");
}

#[test]
fn bash_completes_commands_and_options() {
    let scratch = Scratch::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = scratch.gitca(&["completions", shell]).success().stdout;
        assert!(script.contains("allow-bulk"), "{shell}");
        scratch.write(&format!("gitca.{shell}"), script);
    }
    let complete = |words: &str| {
        let line = format!(
            "source ./gitca.bash; COMP_WORDS=(gitca {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _gitca gitca \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo ${{COMPREPLY[@]}}"
        );
        scratch.write("try.sh", line);
        scratch.sh("bash try.sh").stdout
    };
    assert_eq!(complete("pl").trim(), "plan");
    assert_eq!(complete("run --allow").trim(), "--allow-bulk");
}

#[test]
fn every_command_has_a_manual_page_without_markup_faults() {
    let scratch = Scratch::new();
    scratch.gitca(&["man", "--dir", "man1"]).success();
    let pages = scratch.sh("ls man1").stdout;
    for page in ["gitca.1", "gitca-run.1", "gitca-check.1", "gitca-init.1"] {
        assert!(pages.lines().any(|line| line == page), "{page}\n{pages}");
    }
    let first = scratch.gitca(&["man"]).success().stdout;
    assert_eq!(scratch.sh("cat man1/gitca.1").stdout, first);
    for section in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
        assert!(first.contains(section), "{section}\n{first}");
    }
    let said =
        scratch.sh("if command -v groff > /dev/null; then groff -man -ww -z man1/*.1 2>&1; fi");
    assert_eq!(said.stdout, "", "groff finds nothing to warn of");
}

#[test]
fn init_leaves_nothing_behind_when_the_key_would_lie_in_the_repository() {
    let scratch = Scratch::new();
    for place in ["repo", "."] {
        let told = scratch
            .sh(&format!(
                "XDG_CONFIG_HOME=$PWD/repo/.config {} init {place} 2>&1 || echo code $?",
                env!("CARGO_BIN_EXE_gitca")
            ))
            .stdout;
        assert!(told.contains("would lie in the repository"), "{told}");
        assert!(told.ends_with("code 2\n"), "{told}");
        assert_eq!(
            scratch
                .sh("find . -name .git -o -name '*.yaml' -o -name '*.pem'")
                .stdout,
            ""
        );
    }
}
