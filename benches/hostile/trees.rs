//! Trees of 200,000 entries and files around the requests, in a repository of their own.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use gitca::git::Repository;

use crate::{Act, Case, filled};

const ENTRIES: usize = 200_000;

/// Mode, name and object of an entry.
type Entry = (&'static str, String);

pub(crate) fn cases() -> Vec<Case> {
    let files = |name: &str, entries: usize, unit: fn(usize) -> Entry| {
        of(name, move |folder| {
            let blob = object(folder, "blob", b"x");
            let entries: Vec<(Entry, String)> =
                (0..entries).map(|n| (unit(n), blob.clone())).collect();
            tree(folder, &entries)
        })
    };
    vec![
        files("one entry too many", ENTRIES + 1, |n| {
            ("100644", format!("a{n:06}.yaml"))
        }),
        files("long names", ENTRIES, |n| {
            ("100644", format!("{n:06}{}.yaml", "a".repeat(233)))
        }),
        files("long names, no order", ENTRIES, |n| {
            (
                "100644",
                format!("{:06}{}.yaml", ENTRIES - n, "a".repeat(233)),
            )
        }),
        files("no requests", ENTRIES, |n| {
            ("100644", format!("a{n:06}.txt"))
        }),
        files("links", ENTRIES, |n| ("120000", format!("a{n:06}.yaml"))),
        files("submodules", ENTRIES, |n| {
            ("160000", format!("a{n:06}.yaml"))
        }),
        files("programs", ENTRIES, |n| ("100755", format!("a{n:06}.yaml"))),
        files("names that are none", ENTRIES, |n| {
            ("100644", format!("A {n:06}"))
        }),
        files("twins", ENTRIES, |n| {
            let letter = if n < ENTRIES / 2 { 'A' } else { 'a' };
            ("100644", format!("{letter}{:06}.yaml", n % (ENTRIES / 2)))
        }),
        files("no tree", ENTRIES, |_| ("9", String::new())),
        of("a blob of 100 MiB", |folder| {
            let blob = object(folder, "blob", &vec![b'x'; 100 << 20]);
            tree(folder, &[(("100644", "a.yaml".to_owned()), blob)])
        }),
        of("attributes", |folder| {
            let text = filled(64 * 1024, "", |_| "* diff\n".into(), "");
            let blob = object(folder, "blob", &text);
            tree(folder, &[(("100644", ".gitattributes".to_owned()), blob)])
        }),
        of("macros", |folder| {
            let text = filled(
                64 * 1024,
                "",
                |n| format!("[attr]m{n} m{}\n", n + 1),
                "* m0\n",
            );
            let blob = object(folder, "blob", &text);
            tree(folder, &[(("100644", ".gitattributes".to_owned()), blob)])
        }),
    ]
}

/// A repository whose `requests/` is this tree.
fn of(name: &str, make: impl Fn(&Path) -> String + 'static) -> Case {
    Case {
        name: format!("requests/: {name}"),
        make: Box::new(move |folder| {
            git(folder, &["init", "-q", "--bare", "-b", "main", "."], &[]);
            let requests = make(folder);
            let top = tree(folder, &[(("40000", "requests".to_owned()), requests)]);
            let commit = git(folder, &["commit-tree", "-m", "x", &top], &[]);
            git(folder, &["update-ref", "refs/heads/main", &commit], &[]);
        }),
        ready: Box::new(|folder| -> Act {
            let repository = Repository::open(folder).unwrap();
            let commit = repository.resolve("refs/heads/main").unwrap();
            Box::new(move || {
                let snapshot = repository.snapshot(commit).unwrap();
                !snapshot.findings.is_empty() || !snapshot.errors.is_empty()
            })
        }),
    }
}

fn object(folder: &Path, kind: &str, octets: &[u8]) -> String {
    git(
        folder,
        &["hash-object", "-t", kind, "--literally", "-w", "--stdin"],
        octets,
    )
}

fn tree(folder: &Path, entries: &[(Entry, String)]) -> String {
    let mut octets = Vec::new();
    for ((mode, name), id) in entries {
        octets.extend(format!("{mode} {name}\0").as_bytes());
        octets.extend(
            (0..40)
                .step_by(2)
                .map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()),
        );
    }
    fs::write(folder.join("input"), &octets).unwrap();
    object(folder, "tree", &octets)
}

fn git(folder: &Path, args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new("git")
        .args(["-c", "user.name=x", "-c", "user.email=x@example.com"])
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "git {args:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
