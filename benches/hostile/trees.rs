//! Trees of 200,000 entries and files around the requests, in a repository of their own.

use std::fs;
use std::path::Path;
use std::process::Command;

use gitca::git::Repository;

use crate::forge::Draft;
use crate::proposals::{Brought, Change, git, repository};
use crate::{Act, Case, filled, wide};

const ENTRIES: usize = 200_000;
// What a change may touch, but for the directories around it.
const CHANGED: usize = 10_990;

/// Mode, name and object of an entry.
type Entry = (&'static str, String);

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = wide_ones();
    cases.extend(changes());
    cases.extend(keys());
    cases
}

/// Files for people that are full of private keys, of the size that one may have, and as many as a change may bring.
fn keys() -> Vec<Case> {
    let files = |name: &str, number: usize, octets: usize| {
        of(name, move |folder| {
            let key = rsa_8192();
            let entry = |n: usize| {
                let text = filled(octets, &format!("{n}\n"), |_| key.clone(), "");
                let blob = object(folder, "blob", &text);
                let below = tree(folder, &[(("100644", "README.md".to_owned()), blob)]);
                (("40000", format!("a{n:02}")), below)
            };
            tree(folder, &(0..number).map(entry).collect::<Vec<_>>())
        })
    };
    vec![
        files("a README of keys", 1, 1 << 20),
        files("READMEs of keys", 8, (1 << 20) - 64),
    ]
}

fn rsa_8192() -> String {
    let key = Command::new("openssl").args(["genrsa", "8192"]).output();
    String::from_utf8(key.unwrap().stdout).unwrap()
}

/// As many files and directories as a change may touch.
fn changes() -> Vec<Case> {
    let files = |name: &str, text: fn() -> Vec<u8>, unit: fn(usize) -> Entry| {
        of(name, move |folder| {
            let blob = object(folder, "blob", &text());
            let entries: Vec<(Entry, String)> =
                (0..CHANGED).map(|n| (unit(n), blob.clone())).collect();
            tree(folder, &entries)
        })
    };
    let manifest = || {
        let pem = Draft::default().pem();
        wide::manifest("jane", wide::SIGNER, "client auth", &pem).into_bytes()
    };
    let revocation = || {
        let head = "apiVersion: gitca.dev/v1alpha1\nkind: Revocation\nmetadata: {name: jane}\n";
        format!("{head}spec: {{all: true, reason: superseded}}\n").into_bytes()
    };
    let file = |n: usize| ("100644", format!("a{n:06}.yaml"));
    vec![
        files("manifests of one file", manifest, file),
        files("manifests of an empty file", Vec::new, file),
        files("revocations of one file", revocation, |n| {
            ("100644", format!("a{n:06}.revocation.yaml"))
        }),
        files(
            "capitals",
            || b"x".to_vec(),
            |n| ("100644", format!("A{n:06}.yaml")),
        ),
        directories("directories of one request", manifest, |n| {
            format!("a{n:06}")
        }),
        directories("directories of an empty file", Vec::new, |n| {
            format!("a{n:06}")
        }),
        directories(
            "directories of statements",
            || b"{}".to_vec(),
            |n| format!("a{n:06}.approvals"),
        ),
        of("statements on one request", move |folder| {
            let blob = object(folder, "blob", b"{}");
            let entry = |n| (("100644", format!("bob-{n:08}.json")), blob.clone());
            let below = tree(folder, &(0..CHANGED).map(entry).collect::<Vec<_>>());
            let jane = object(folder, "blob", &manifest());
            let entries = [
                (("40000", "jane.approvals".to_owned()), below),
                (("100644", "jane.yaml".to_owned()), jane),
            ];
            tree(folder, &entries)
        }),
        of("deep directories", |folder| {
            let mut below = object(folder, "blob", b"x");
            let mut mode = "100644";
            // Each directory has three of the one below: some seven thousand in all.
            for _ in 0..8 {
                let entry = |n| ((mode, format!("a{n}")), below.clone());
                below = tree(folder, &(0..3).map(entry).collect::<Vec<_>>());
                mode = "40000";
            }
            below
        }),
    ]
}

/// Directories that are all the same.
fn directories(name: &str, text: fn() -> Vec<u8>, unit: fn(usize) -> String) -> Case {
    of(name, move |folder| {
        let blob = object(folder, "blob", &text());
        let below = tree(folder, &[(("100644", "jane.yaml".to_owned()), blob)]);
        let entry = |n| (("40000", unit(n)), below.clone());
        tree(folder, &(0..CHANGED / 2).map(entry).collect::<Vec<_>>())
    })
}

fn wide_ones() -> Vec<Case> {
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

/// A repository whose `requests/` would be this tree.
fn of(name: &str, make: impl Fn(&Path) -> String + 'static) -> Case {
    const TREE: &str = "tree";
    Case {
        name: format!("requests/: {name}"),
        inputs: 1,
        make: Box::new(move |folder| {
            let repository = repository(folder);
            fs::write(folder.join(TREE), make(&repository)).unwrap();
        }),
        ready: Box::new(|folder| -> Act {
            let repository = Repository::open(&repository(folder)).unwrap();
            let commit = repository.resolve("refs/heads/change").unwrap();
            Box::new(move || {
                let snapshot = repository.snapshot(commit).unwrap();
                !snapshot.findings.is_empty() || !snapshot.errors.is_empty()
            })
        }),
        change: Box::new(|folder| {
            let tree = fs::read_to_string(folder.join(TREE)).unwrap();
            Change {
                brings: vec![("requests".to_owned(), Brought::Directory(tree))],
                ..Change::default()
            }
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
    let input = folder.parent().unwrap().join("input");
    fs::write(input, &octets).unwrap();
    object(folder, "tree", &octets)
}
