//! What people read on a terminal: width, colour, order, and a way out of every error.

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Parser as _;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

use gitca::cli::{Cli, Command};
use gitca::commands;
use gitca::output::{self, text::Style};
use gitca::report::Report;
use gitca::world::World;

use support::{NOW, Scratch, seeded_octets};

/// A repository with a request of each verdict that needs no key.
fn repository() -> Scratch {
    let scratch = Scratch::with_repository();
    let long = "a group of many words that no policy lists anywhere";
    for (name, group, duration) in [
        ("jane", "dev", "24h"),
        ("eve", "system:masters", "1000h"),
        ("web", long, "1000h"),
    ] {
        let args = ["new", name, "--group", group, "--duration", duration];
        scratch.in_repo(&args).success();
    }
    scratch.write("repo/requests/broken.yaml", "a: [\n");
    scratch
}

/// Each `error[..]` with the lines that belong to it.
fn errors(text: &str) -> Vec<String> {
    let mut errors: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("error[") {
            errors.push(String::new());
        } else if !line.starts_with("  ") {
            continue;
        }
        if let Some(error) = errors.last_mut() {
            writeln!(error, "{line}").expect("a string takes everything");
        }
    }
    errors
}

#[track_caller]
fn assert_helpful(text: &str) {
    let errors = errors(text);
    assert!(!errors.is_empty(), "{text}");
    for error in errors {
        let (_, help) = error
            .split_once("  help: ")
            .unwrap_or_else(|| panic!("{error}"));
        let commands = ["gitca ", "git ", "openssl ", "chmod ", "kubectl "];
        assert!(
            commands.iter().any(|command| help.contains(command)),
            "{error}"
        );
    }
}

#[test]
fn a_review_fits_80_columns_and_begins_with_what_matters() {
    let scratch = repository();
    let text = scratch.in_repo(&["check"]).code(1).stdout;
    assert!(
        text.starts_with("check: 1 approved, 2 denied, 1 invalid; privileged: eve\n\n"),
        "{text}"
    );
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let columns: BTreeSet<usize> = text
        .lines()
        .filter(|line| line.starts_with("  subject ") || line.starts_with("  lifetime "))
        .map(|line| {
            line.len()
                - line[2..]
                    .trim_start_matches(char::is_alphabetic)
                    .trim_start()
                    .len()
        })
        .collect();
    assert_eq!(
        columns,
        BTreeSet::from([12]),
        "values begin below each other: {text}"
    );
    assert_helpful(&text);
}

#[test]
fn colour_is_nothing_but_colour() {
    let scratch = repository();
    let plain = scratch.in_repo(&["check"]).code(1).stdout;
    assert!(!plain.contains('\u{1b}'));
    let coloured = scratch
        .in_repo(&["check", "--color", "always"])
        .code(1)
        .stdout;
    assert!(coloured.contains("\u{1b}[31mdenied\u{1b}[0m"), "{coloured}");
    assert!(
        coloured.contains("\u{1b}[32mapproved\u{1b}[0m"),
        "{coloured}"
    );
    let mut rest = coloured.as_str();
    let mut stripped = String::new();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        stripped.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    assert_eq!(stripped + rest, plain);
}

#[test]
fn every_error_says_what_to_type() {
    let scratch = repository();
    for (typed, help) in [
        ("$'\\xff'", "`gitca --help`"),
        ("-C $'/\\xff' get", ""),
        ("get --now $'\\xff'", "`gitca get --help`"),
        ("-C plan get --bogus", "`gitca get --help`"),
    ] {
        let script = format!("{} {typed} 2>&1 || echo $?", env!("CARGO_BIN_EXE_gitca"));
        let told = scratch.sh(&script).stdout;
        assert!(told.ends_with("\n2\n"), "{typed}: {told}");
        assert!(told.contains(help), "{typed}: {told}");
    }
    for args in [
        ["-C", "repo", "check", "nobody"].as_slice(),
        &["-C", "repo", "check", "--base", "main", "--head", "nowhere"],
        &["-C", "home", "check"],
        &["-C", "home", "run"],
        &["-C", "nowhere", "plan"],
        &["-C", "repo", "run", "--key", "other=file:x"],
        &["-C", "repo", "--branch", "other", "plan"],
        &["-C", "repo", "--anchor", "HEAD~7", "plan"],
        &["-C", "repo", "new", "jane"],
        &["-C", "repo", "new", "tom", "--key-out", "tom.key"],
        &["-C", "repo", "new", "tom", "--csr", "no.csr"],
        &["-C", "repo", "describe", "nobody"],
        &["init", "other", "--ca-cert", "no.crt", "--ca-key", "no.key"],
        &["schema", "Nothing"],
    ] {
        let answer = scratch.gitca(args).code(2);
        assert_helpful(&answer.stderr);
    }
    scratch.write(
        "repo/policies/deny.yaml",
        "kind: DenyPolicy\nmetadata: {name: Ä}\nspec: 7\n",
    );
    assert_helpful(&scratch.in_repo(&["check"]).code(2).stderr);
}

/// A manifest with a key of its own.
fn manifest(name: &str, group: &str) -> String {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key can be made");
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
        .distinguished_name
        .push(DnType::OrganizationName, group);
    let request = params.serialize_request(&key).expect("it can be signed");
    let request = request.pem().expect("it is PEM");
    format!(
        "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: {name}}}\nspec:\n  \
         signerName: kubernetes.io/kube-apiserver-client\n  usages: [client auth]\n  request: {}\n",
        STANDARD.encode(request)
    )
}

/// A branch `side` with 10,000 requests in 13 directories: one of fifty is broken, one of ten asks for too much.
fn many_on_a_side(scratch: &Scratch) {
    let mut stream = String::from(
        "commit refs/heads/side\ncommitter Test <test@example.com> 1893456000 +0000\ndata 4\nmany\n\
         from refs/heads/main\n",
    );
    for number in 0..10_000 {
        let (team, name) = (number % 13, format!("r{number:05}"));
        let text = match number % 10 {
            0 if number % 50 == 0 => "a: [\n".to_owned(),
            1 => manifest(&name, "system:nodes"),
            _ => manifest(&name, "dev"),
        };
        let length = text.len();
        write!(
            stream,
            "M 100644 inline requests/team-{team}/{name}.yaml\ndata {length}\n{text}\n",
        )
        .expect("a string takes everything");
    }
    scratch.write("stream", stream);
    scratch.sh("git -C repo fast-import --quiet < stream");
}

/// What `gitca check --base main --head side` reports.
fn check(scratch: &Scratch) -> Report {
    let typed = Cli::try_parse_from(["gitca", "check", "--base", "main", "--head", "side"]);
    let Command::Check(args) = typed.expect("it can be typed").command else {
        panic!("`check` was typed");
    };
    let world = World {
        directory: scratch.path("repo"),
        branch: None,
        anchor: None,
        variable: |_| None,
        now: NOW.parse().expect("it is a time"),
        random: Box::new(seeded_octets("check")),
        talk: Box::new(|_| ()),
    };
    let mut report = Report::new("check");
    commands::check::check(&args, &world, &mut report).expect("it can be judged");
    report.advise();
    report
}

#[test]
fn ten_thousand_requests_stay_readable_in_every_format() {
    let scratch = Scratch::with_repository();
    many_on_a_side(&scratch);
    // Judged once: it is the formats that are looked at.
    let report = check(&scratch);
    let text = output::text::report(&report, &Style::default());
    let (first, rest) = text.split_once("\n\n").expect("it has parts");
    assert_eq!(
        first,
        "check: 8800 approved, 1000 denied, 200 invalid; privileged: team-0/r00091,\n  \
         team-0/r00221, team-0/r00351 and 997 more"
    );
    assert!(
        rest.starts_with("team-0/r00000: invalid\n"),
        "{}",
        &rest[..200]
    );
    assert!(text.lines().count() < 150, "{} lines", text.lines().count());
    assert!(!text.contains(": approved"), "the worst come first");
    let told = "\n9980 more are not shown here: 180 invalid, 1000 denied, 8800 approved; `-o json`\n  lists all\n";
    assert!(text.contains(told), "{text}");
    assert!(text.contains("\n  requests/team-2/"), "{text}");
    assert!(text.ends_with("  and 3 directories more\n"), "{text}");

    let comment = output::markdown::report(&report);
    assert!(comment.len() < 65_536);
    let shown = comment.matches("\n### ").count();
    // The note that one run signs no more than a thousand is one of them.
    let told = format!("\n{} more are not shown here", 10_001 - shown);
    assert!(shown > 50 && comment.contains(&told), "{shown} shown");
    let annotations = output::github::report(&report);
    // Ten errors, and the note.
    assert_eq!(annotations.lines().count(), 11, "{annotations}");
    let log = serde_json::to_string_pretty(&output::sarif::report(&report)).expect("it is JSON");
    assert!(log.len() < 10_000_000, "{}", log.len());
    let issues = serde_json::to_value(output::gitlab::report(&report)).expect("it is JSON");
    let issues = issues.as_array().expect("a list");
    let print = |issue: &serde_json::Value| issue["fingerprint"].to_string();
    let prints: BTreeSet<String> = issues.iter().map(print).collect();
    assert_eq!(prints.len(), issues.len(), "fingerprints are unique");
    assert_eq!(report.results.len(), 10_000, "JSON has all");
}
