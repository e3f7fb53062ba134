//! Where one line of commits left another.
//!
//! In come two commits; out goes the newest that both have. As `git merge-base --all` tells them, there may be several, of
//! which none leads to another: git merges them first and may come to another result than a merge over one of them, so a
//! branch with several is refused. Dates say nothing of it; where they are wrong, what both have is searched once more.

use std::collections::{HashSet, VecDeque};

use git2::Oid;

use crate::finding::{Code, Reason, Stop};
use crate::git::ids::{id, oid};
use crate::git::repository::Repository;
use crate::git::walk::{MOST, OLDER, OURS, PROPOSED, THEIRS, Walk};
use crate::names::ObjectId;

// So many commits are read to find out which one leads to all others.
const SEARCHED: usize = 20_000;

impl Repository {
    /// Where a branch with this head left the one that it shall be merged into.
    ///
    /// # Errors
    /// [`Stop`] when they have nothing in common, or left each other at several places, or when its commits have more octets
    /// than anybody writes; other errors when history can't be read.
    pub(super) fn fork(&self, base: ObjectId, head: ObjectId) -> anyhow::Result<ObjectId> {
        let walk = Walk::bounded(self, OLDER, (THEIRS, PROPOSED));
        let walk = walk.between((&[oid(base)], OURS), (&[oid(head)], THEIRS))?;
        if walk.is_full() {
            return Err(too_large(base, head).into());
        }
        let common = walk.common();
        // All else that both have lies behind it.
        if let Some(end) = [base, head]
            .into_iter()
            .find(|end| common.contains(&oid(*end)))
        {
            return Ok(end);
        }
        match common.as_slice() {
            [] => Err(unrelated(base, head).into()),
            [only] => Ok(id(*only)),
            several => match self.source(several)? {
                Some(only) => Ok(id(only)),
                None => Err(crossed(base, head, several).into()),
            },
        }
    }

    /// Whether one commit can be reached from another.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn is_ancestor(&self, old: ObjectId, new: ObjectId) -> anyhow::Result<bool> {
        let walk = Walk::of(self, OLDER);
        let walk = walk.between((&[oid(old)], OURS), (&[oid(new)], THEIRS))?;
        Ok(old != new && walk.common().contains(&oid(old)))
    }

    /// The one that all others can be reached from, if that is found out.
    fn source(&self, commits: &[Oid]) -> anyhow::Result<Option<Oid>> {
        for commit in commits {
            if self.leads_to(*commit, commits, SEARCHED / commits.len())? {
                return Ok(Some(*commit));
            }
        }
        Ok(None)
    }

    /// Whether all of these can be reached from one commit, as far as is seen with so many read.
    fn leads_to(&self, commit: Oid, all: &[Oid], most: usize) -> anyhow::Result<bool> {
        let mut sought: HashSet<Oid> = all.iter().copied().collect();
        let mut seen = HashSet::from([commit]);
        let mut next = VecDeque::from([(commit, None)]);
        while let Some((commit, child)) = next.pop_front() {
            sought.remove(&commit);
            if sought.is_empty() {
                return Ok(true);
            }
            for parent in self.commit_named(commit, child)?.parent_ids() {
                if seen.len() < most && seen.insert(parent) {
                    next.push_back((parent, Some(commit)));
                }
            }
        }
        Ok(false)
    }
}

fn too_large(base: ObjectId, head: ObjectId) -> Stop {
    let message = format!(
        "the commits of {head} that {base} has not have more than {MOST} octets in all, each counted as {PROPOSED} at least"
    );
    let help = "squash them into one with a message that people read";
    Stop::because(Reason::new(Code::TooManyFiles, message).help(help))
}

fn unrelated(base: ObjectId, head: ObjectId) -> Stop {
    let message = format!("{head} has no history in common with {base}");
    Stop::because(
        Reason::new(Code::MergeConflict, message).help("branch off the base, and try again"),
    )
}

fn crossed(base: ObjectId, head: ObjectId, several: &[Oid]) -> Stop {
    let commits: Vec<String> = several.iter().take(2).map(ToString::to_string).collect();
    let message = format!(
        "{head} left {base} at more than one commit, {} among them: git merges these first, and may land something else \
         than can be told from one of them",
        commits.join(" and ")
    );
    let help = "merge the base into the branch, or rebase the branch onto it, and try again";
    Stop::because(Reason::new(Code::MergeConflict, message).help(help))
}
