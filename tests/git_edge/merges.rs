//! A merge that nobody has made is the one that git would make without looking for renames.

use std::collections::BTreeSet;

use gitca::finding::{Code, Finding};

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
        let expected: BTreeSet<String> = expected.map(ToOwned::to_owned).collect();
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
