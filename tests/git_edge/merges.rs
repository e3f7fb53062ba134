//! A merge that nobody has made is the one that git would make without looking for renames, but for lines: a file that both
//! sides changed is a conflict.

use std::collections::{BTreeMap, BTreeSet};

use gitca::finding::{Code, Finding};
use gitca::names::ObjectId;

use crate::dice::Dice;
use crate::repository::{Repo, git};

const FILES: [&str; 4] = [
    "policies/a.yaml",
    "policies/x/b.yaml",
    "policies/x/c.yaml",
    "policies/y/d.yaml",
];
const LINES: usize = 24;

/// A file with this word in one of its lines.
fn text(line: usize, word: &str) -> String {
    let lines = (0..LINES).map(|number| {
        if number == line {
            format!("{word}\n")
        } else {
            format!("{number}\n")
        }
    });
    lines.collect()
}

/// What one side does to files, or does not.
fn change(repo: &Repo, dice: &mut Dice, side: &str) {
    for file in FILES {
        match dice.below(8) {
            0 => std::fs::remove_file(repo.path().join(file)).expect("it is there"),
            1 | 2 => {
                let line = *dice.one(&[0, 12, LINES - 1]);
                repo.write(file, &text(line, dice.one::<&str>(&[side, "both"])));
            }
            3 => repo.write(&format!("{file}.yaml"), dice.one::<&str>(&[side, "both"])),
            _ => {}
        }
    }
    repo.write(&format!("src/{side}"), side);
    repo.write("src/file", side);
    repo.commit(side);
}

fn conflicts(findings: &[Finding]) -> BTreeSet<String> {
    let conflict = findings
        .iter()
        .filter(|finding| finding.reason.code == Code::MergeConflict);
    let files = conflict.filter_map(|finding| finding.file.as_ref());
    files.map(ToString::to_string).collect()
}

/// The files that both sides changed, each in its way.
fn changed_twice(repo: &Repo, sides: [ObjectId; 2]) -> BTreeSet<String> {
    let changes = sides.map(|side| {
        let side = side.to_string();
        let raw = repo.git(&[
            "diff",
            "--raw",
            "--no-abbrev",
            "--no-renames",
            "main",
            &side,
        ]);
        let lines = raw.lines().filter_map(|line| line.split_once('\t'));
        let changes = lines.filter(|(_, path)| path.starts_with("policies/"));
        changes
            .map(|(change, path)| (path.to_owned(), change.to_owned()))
            .collect::<BTreeMap<_, _>>()
    });
    let [ours, theirs] = changes;
    let is_other =
        |(path, change): &(String, String)| theirs.get(path).is_some_and(|other| other != change);
    ours.into_iter()
        .filter(is_other)
        .map(|(path, _)| path)
        .collect()
}

#[test]
fn a_merge_in_memory_is_that_of_git() {
    let repo = Repo::new();
    for file in FILES {
        repo.write(file, &text(0, "0"));
    }
    repo.commit("base");
    let (mut merged, mut refused) = (0, 0);
    for seed in 0..24 {
        let mut dice = Dice::of(seed);
        let mut sides = ["ours", "theirs"].map(|side| {
            repo.git(&["switch", "--quiet", "--detach", "main"]);
            change(&repo, &mut dice, side);
            repo.head()
        });
        sides.rotate_left(dice.below(2));
        let [ours, theirs] = sides;
        let repository = repo.open();
        let proposal = repository.propose(ours, theirs).expect("a merge");
        let snapshot = proposal.snapshot(&BTreeSet::new()).expect("a snapshot");
        let args = [
            &["-c", "merge.renames=false", "merge-tree", "--stdin"][..],
            &["--name-only", "--no-messages"],
        ];
        let asked = format!("{ours} {theirs}\n");
        let said = git(repo.path(), &args.concat(), asked.as_bytes());
        let mut said = said.split('\0').skip(1);
        let tree = said.next().expect("a tree");
        let expected = said.filter(|path| path.starts_with("policies/"));
        let mut expected: BTreeSet<String> = expected.map(ToOwned::to_owned).collect();
        expected.extend(changed_twice(&repo, [ours, theirs]));
        assert_eq!(conflicts(&snapshot.errors), expected, "{seed}");
        if expected.is_empty() {
            let policies = proposal.grounds().expect("the rules").policies;
            let of_git = repo.git(&["rev-parse", &format!("{tree}:policies")]);
            let policies = policies.map(|id| id.to_string());
            assert_eq!(policies.as_deref(), Some(of_git.as_str()), "{seed}");
            merged += 1;
        } else {
            refused += 1;
        }
    }
    assert!(merged > 4 && refused > 4, "{merged} and {refused}");
}

/// One side moves a file, or a directory, and the other changes what is there: git carries the change along, wherever that is.
#[test]
fn a_change_that_git_carries_to_where_gitca_reads_is_a_conflict() {
    let repo = Repo::new();
    repo.write("docs/file", &text(0, "0"));
    repo.write("docs/deep/other", "other");
    repo.write("policies/a.yaml", "a");
    repo.commit("base");
    for (from, to, changed, conflict) in [
        (
            "docs/file",
            "policies/p.yaml",
            "docs/file",
            Some("docs/file"),
        ),
        (
            "docs/file",
            "requests/x.yaml",
            "docs/file",
            Some("docs/file"),
        ),
        (
            "docs/file",
            "issued/x/request.yaml",
            "docs/file",
            Some("docs/file"),
        ),
        (
            "docs/file",
            ".gitattributes",
            "docs/file",
            Some("docs/file"),
        ),
        ("docs", "requests/docs", "docs/new", Some("docs")),
        (
            "docs/deep",
            "requests/docs",
            "docs/deep/new",
            Some("docs/deep"),
        ),
        ("docs/file", "src/file", "docs/file", None),
        ("docs/file", "requests/x.yaml", "docs/deep/other", None),
    ] {
        repo.git(&["switch", "--quiet", "--detach", "main"]);
        let parent = repo.path().join(to);
        std::fs::create_dir_all(parent.parent().expect("a directory")).expect("made");
        repo.git(&["mv", from, to]);
        repo.commit("move");
        let moved = repo.head();
        repo.git(&["switch", "--quiet", "--detach", "main"]);
        repo.write(changed, &text(LINES - 1, "changed"));
        repo.commit("change");
        let repository = repo.open();
        let mut sides = [moved, repo.head()];
        for _ in 0..2 {
            sides.rotate_left(1);
            let [ours, theirs] = sides.map(|side| side.to_string());
            let merge = [
                "-c",
                "merge.directoryRenames=true",
                "merge-tree",
                "--write-tree",
                &ours,
                &theirs,
            ];
            let tree = repo.git(&merge);
            let read = [".gitattributes", "policies", "requests", "issued"];
            let read = |tree: &str| repo.git(&[&["ls-tree", "-r", tree], &read[..]].concat());
            let (there, alone) = (read(&tree), read(&moved.to_string()));
            assert_eq!(there != alone, conflict.is_some(), "{from} {to} {changed}");
            let proposal = repository.propose(sides[0], sides[1]).expect("a merge");
            let snapshot = proposal.snapshot(&BTreeSet::new()).expect("a snapshot");
            let expected = conflict.into_iter().map(ToOwned::to_owned).collect();
            assert_eq!(
                conflicts(&snapshot.errors),
                expected,
                "{from} {to} {changed}"
            );
        }
    }
}

/// It is carried out of directories that are deeper than a merge in memory looks, too.
#[test]
fn a_change_that_git_carries_out_of_where_nobody_looks_is_a_conflict() {
    let repo = Repo::new();
    let deep = format!("docs/{}file", "d/".repeat(260));
    repo.write(&deep, &text(0, "0"));
    repo.write(&format!("{deep}s"), "another");
    repo.commit("base");
    for (to, is_read) in [("requests/x.yaml", true), ("src/x.yaml", false)] {
        let sides = [Some(to), None].map(|to| {
            repo.git(&["switch", "--quiet", "--detach", "main"]);
            match to {
                Some(to) => {
                    let place = repo.path().join(to);
                    std::fs::create_dir_all(place.parent().expect("a directory")).expect("made");
                    repo.git(&["mv", &deep, to]);
                }
                None => repo.write(&deep, &text(LINES - 1, "changed")),
            }
            repo.commit("change");
            repo.head()
        });
        let repository = repo.open();
        for [ours, theirs] in [sides, [sides[1], sides[0]]] {
            let merge = ["merge-tree", "--write-tree"];
            let names = [ours, theirs].map(|side| side.to_string());
            let tree = repo.git(&[&merge[..], &names.each_ref().map(String::as_str)].concat());
            assert!(
                repo.git(&["show", &format!("{tree}:{to}")])
                    .contains("changed")
            );
            let proposal = repository.propose(ours, theirs).expect("a merge");
            let snapshot = proposal.snapshot(&BTreeSet::new()).expect("a snapshot");
            let told = conflicts(&snapshot.errors);
            assert_eq!(!told.is_empty(), is_read, "{to}: {told:?}");
        }
    }
}

/// The mainline takes a file away, and runs add one: git pairs them if they are alike, and carries the change of the first into
/// `issued/`.
#[test]
fn a_change_that_git_carries_to_what_a_run_added_is_a_conflict() {
    let (file, other) = (text(0, "0"), text(1, "other"));
    let half = format!("{}{}", &file[..file.len() / 2 + 4], "x".repeat(20));
    for (issued, moved, is_twice, is_carried, is_told) in [
        (&file, None, false, true, true),
        (&other, None, false, true, true),
        (&half, None, false, true, true),
        (&file.repeat(3), None, false, false, false),
        (&half[..20].to_owned(), None, false, false, false),
        // The very same file elsewhere is taken first.
        (&other, Some(&file), false, false, false),
        (&other, Some(&half), false, true, true),
        // Of two that are the same one is left over.
        (&other, Some(&file), true, true, true),
    ] {
        let repo = Repo::new();
        repo.write("docs/file", &file);
        if is_twice {
            repo.write("docs/also", &file);
        }
        repo.write("src/file", "file");
        repo.commit("base");
        repo.git(&["switch", "--quiet", "--detach", "main"]);
        repo.git(&["rm", "--quiet", "-r", "docs"]);
        if let Some(moved) = moved {
            repo.write("src/also", moved);
        }
        repo.write("issued/x/request.yaml", issued);
        let ours = repo.commit("a run");
        repo.git(&["switch", "--quiet", "--detach", "main"]);
        repo.write("docs/file", &format!("{file}more\n"));
        let theirs = repo.commit("change");
        let args = [ours, theirs].map(|side| side.to_string());
        let merge = format!(
            "!git merge-tree --write-tree {} {} | head -n 1",
            args[0], args[1]
        );
        let tree = repo.git(&["-c", &format!("alias.made={merge}"), "made"]);
        let landed = repo.git(&["show", &format!("{tree}:issued/x/request.yaml")]);
        let what = format!("{issued} {moved:?} {is_twice}");
        assert_eq!(landed.contains("more"), is_carried, "{what}: {landed}");
        let repository = repo.open();
        let proposal = repository.propose(ours, theirs).expect("a merge");
        let snapshot = proposal.snapshot(&BTreeSet::new()).expect("a snapshot");
        let told = conflicts(&snapshot.errors);
        assert_eq!(!told.is_empty(), is_told, "{what}: {told:?}");
    }
}

/// What one side changes, takes away or issues where gitca reads is nothing that it moved there.
#[test]
fn a_change_that_git_carries_elsewhere_is_no_conflict() {
    let repo = Repo::new();
    repo.write("docs/file", &text(0, "0"));
    repo.write("policies/a.yaml", "a");
    repo.write("requests/x.yaml", "x");
    repo.commit("base");
    for (path, is_issued) in [
        ("policies/a.yaml", false),
        ("requests/x.yaml", false),
        ("issued/x/request.yaml", true),
    ] {
        repo.git(&["switch", "--quiet", "--detach", "main"]);
        repo.git(&["mv", "docs/file", "docs/moved"]);
        repo.write(path, "changed");
        repo.commit("move");
        let moved = repo.head();
        repo.git(&["switch", "--quiet", "--detach", "main"]);
        repo.write("docs/file", &text(LINES - 1, "changed"));
        repo.commit("change");
        let repository = repo.open();
        let mut sides = [moved, repo.head()];
        for _ in 0..2 {
            let [ours, theirs] = sides.map(|side| side.to_string());
            repo.git(&["merge-tree", "--write-tree", &ours, &theirs]);
            let proposal = repository.propose(sides[0], sides[1]).expect("a merge");
            let snapshot = proposal.snapshot(&BTreeSet::new()).expect("a snapshot");
            // Nobody but a run may add it, and runs are made on the mainline.
            let expected = is_issued && sides[1] == moved;
            let told = conflicts(&snapshot.errors);
            assert_eq!(!told.is_empty(), expected, "{path}: {told:?}");
            sides.rotate_left(1);
        }
    }
}

/// The same three directories in two places are merged once.
#[test]
fn a_conflict_in_each_of_two_directories_that_are_the_same_is_told() {
    let repo = Repo::new();
    let sides = ["base", "ours", "theirs"].map(|side| {
        for file in ["requests/a/x.yaml", "requests/b/x.yaml"] {
            repo.write(file, side);
        }
        repo.commit(side);
        let made = repo.head();
        repo.git(&["switch", "--quiet", "--detach", "main"]);
        made
    });
    let repository = repo.open();
    let proposal = repository.propose(sides[1], sides[2]).expect("a merge");
    let snapshot = proposal.snapshot(&BTreeSet::new()).expect("a snapshot");
    let told = ["requests/a/x.yaml", "requests/b"].map(ToOwned::to_owned);
    assert_eq!(conflicts(&snapshot.findings), BTreeSet::from(told));
}
