//! Where a branch left the mainline is what `git merge-base --all` says, whatever the dates; where that says several commits,
//! the branch is refused.

use std::fmt::Write as _;

use gitca::finding::{Code, Stop};
use gitca::names::ObjectId;

use crate::dice::Dice;
use crate::repository::{Repo, git, object};

const OLD: &str = "the old rule";
const NEW: &str = "the new rule";

/// A commit: its date, the numbers of its parents, and the policy that it writes.
struct Made(usize, Vec<usize>, Option<&'static str>);

/// Makes these commits, each with a file of its own.
fn import(repo: &Repo, name: &str, commits: &[Made]) -> Vec<ObjectId> {
    let mut stream = String::new();
    let mut names = vec!["rev-parse".to_owned()];
    for (number, Made(date, parents, policy)) in commits.iter().enumerate() {
        let mut add = |line: &str| writeln!(stream, "{line}").expect("it has room");
        add(&format!("commit refs/heads/{name}-{number}"));
        add(&format!("mark :{}", number + 1));
        add(&format!("committer Cai <cai@example.com> {date} +0000"));
        add("data 4\nmade");
        for (place, parent) in parents.iter().enumerate() {
            let command = if place == 0 { "from" } else { "merge" };
            add(&format!("{command} :{}", parent + 1));
        }
        add(&format!("M 100644 inline {name}/{number}\ndata 1\nx"));
        if let Some(policy) = policy {
            let size = policy.len();
            add(&format!(
                "M 100644 inline policies/a.yaml\ndata {size}\n{policy}"
            ));
        }
        names.push(format!("{name}-{number}"));
    }
    git(repo.path(), &["fast-import", "--quiet"], stream.as_bytes());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    repo.git(&names).lines().map(object).collect()
}

/// Where the head left the base; nothing when it is refused.
fn fork(repo: &Repo, [base, head]: [ObjectId; 2]) -> Option<ObjectId> {
    match repo.open().propose(base, head) {
        Ok(proposal) => Some(proposal.ancestor()),
        Err(error) => {
            let stop = error.downcast_ref::<Stop>().expect("a refusal");
            let codes = stop.0.iter().map(|finding| finding.reason.code);
            assert!(codes.eq([Code::MergeConflict]), "{error:#}");
            None
        }
    }
}

fn best_of_git(repo: &Repo, sides: [ObjectId; 2]) -> Vec<ObjectId> {
    let [base, head] = sides.map(|side| side.to_string());
    let said = repo.git(&["merge-base", "--all", &base, &head]);
    said.lines().map(object).collect()
}

/// The policy that a merge by git lands, without a conflict.
fn landed_by_git(repo: &Repo, [base, head]: [ObjectId; 2]) -> String {
    let (base, head) = (base.to_string(), head.to_string());
    let tree = repo.git(&["merge-tree", "--write-tree", &base, &head]);
    repo.git(&["show", &format!("{tree}:policies/a.yaml")])
}

/// A history with one beginning, whose dates say the truth, or nothing.
fn any_history(dice: &mut Dice) -> Vec<Made> {
    let (latest, are_true) = (*dice.one(&[1, 3, 30]), dice.once_in(3));
    let made = |number: usize| {
        let date = if are_true { number } else { dice.below(latest) };
        let window = number.min(5);
        let mut parents = Vec::new();
        for _ in 0..=usize::from(!dice.once_in(3)) {
            let parent = number.checked_sub(1 + dice.below(window));
            parents.extend(parent.filter(|parent| !parents.contains(parent)));
        }
        Made(1_000_000_000 + date, parents, None)
    };
    (0..16).map(made).collect()
}

#[test]
fn a_branch_left_the_mainline_where_git_says_whatever_the_dates() {
    let repo = Repo::new();
    let (mut one, mut several, mut behind) = (0, 0, 0);
    for seed in 0..24 {
        let mut dice = Dice::of(seed);
        let commits = import(&repo, &format!("s{seed}"), &any_history(&mut dice));
        let tops = &commits[commits.len() - 5..];
        for (place, base) in tops.iter().enumerate() {
            for head in &tops[..=place] {
                let best = best_of_git(&repo, [*base, *head]);
                let only = (best.len() == 1).then(|| best[0]);
                for [base, head] in [[*base, *head], [*head, *base]] {
                    assert_eq!(fork(&repo, [base, head]), only, "{seed}: {base} {head}");
                    let is_behind = repo.open().is_ancestor(base, head).expect("it is read");
                    assert_eq!(is_behind, base != head && only == Some(base), "{seed}");
                    behind += usize::from(is_behind);
                }
                one += usize::from(only.is_some());
                several += usize::from(only.is_none());
            }
        }
    }
    assert!(
        one > 100 && several > 20 && behind > 50,
        "{one}, {several}, {behind}"
    );
}

/// Two merges that cross: git merges both commits where the branches parted, and lands what a merge over the newer one of them
/// does not.
#[test]
fn a_branch_that_left_at_two_commits_is_refused_until_the_base_is_in_it() {
    let repo = Repo::new();
    let made = [
        Made(1_000_000_000, vec![], Some(OLD)),
        Made(1_000_000_010, vec![0], Some(NEW)),
        Made(1_000_000_020, vec![0], None),
        Made(1_000_000_030, vec![1, 2], None),
        Made(1_000_000_040, vec![2, 1], Some(NEW)),
        Made(1_000_000_050, vec![4], Some(OLD)),
        Made(1_000_000_060, vec![5, 3], Some(OLD)),
        Made(1, vec![5, 3], Some(OLD)),
        Made(1_000_000_060, vec![3], Some(OLD)),
    ];
    let commits = import(&repo, "crossed", &made);
    let (base, head) = (commits[3], commits[5]);
    assert_eq!(best_of_git(&repo, [base, head]).len(), 2);
    assert_eq!(landed_by_git(&repo, [base, head]), OLD);
    assert_eq!(fork(&repo, [base, head]), None);
    assert_eq!(fork(&repo, [head, base]), None);
    for head in &commits[6..] {
        assert_eq!(fork(&repo, [base, *head]), Some(base));
        let repository = repo.open();
        let proposal = repository.propose(base, *head).expect("a merge");
        let policies = proposal.grounds().expect("the rules").policies;
        let of_git = repo.git(&["rev-parse", &format!("{head}:policies")]);
        assert_eq!(policies, Some(object(&of_git)));
        assert_eq!(landed_by_git(&repo, [base, *head]), OLD);
    }
}

/// A commit dated in 2099 lies behind the one where the branch left, and the way from one to the other leads by one of 1970.
#[test]
fn a_commit_that_another_leads_to_is_not_where_a_branch_left_however_new_it_says_it_is() {
    let repo = Repo::new();
    let made = [
        Made(1_893_456_000, vec![], Some(OLD)),
        Made(4_070_908_800, vec![0], None),
        Made(1_000_000, vec![1], None),
        Made(1_893_456_010, vec![1], None),
        Made(1_893_456_020, vec![0, 2], None),
        Made(1_893_456_030, vec![4], Some(NEW)),
        Made(1_893_456_040, vec![5, 3], None),
        Made(1_893_456_050, vec![5], Some(OLD)),
        Made(1_893_456_045, vec![1], None),
        Made(1_893_456_060, vec![7, 8], None),
    ];
    let commits = import(&repo, "dated", &made);
    let sides = [commits[6], commits[9]];
    assert_eq!(best_of_git(&repo, sides), [commits[5]]);
    assert_eq!(landed_by_git(&repo, sides), OLD);
    assert_eq!(fork(&repo, sides), Some(commits[5]));
}
