//! Commits that have the form of one that a run made.
//!
//! In come commits; out come the trailers of those with one parent, which they name, where something differs that runs
//! alone write, and nothing outside of `issued/`.
//! Anybody can make one: whose it is, is judged elsewhere, by the rules of its parent.

use crate::git::commit::Commit;

use crate::git::authorship::authorship;
use crate::git::follow::Zones;
use crate::git::foreign::is_touched;
use crate::git::ids::{id, oid};
use crate::git::objects::Objects;
use crate::git::repository::Repository;
use crate::git::tree::Entry;
use crate::message::Trailers;
use crate::names::ObjectId;
use crate::snapshot::Authorship;
use crate::trust::Flaw;

/// A commit that has the form of one that a run made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunCommit {
    /// Who made it, and the signature that may prove it.
    pub authorship: Authorship,
    /// Its only parent, which is the commit that was judged.
    pub parent: ObjectId,
    /// What it says.
    pub trailers: Trailers,
}

/// Commits that nobody's git makes by itself, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Odd {
    /// Those that do not say who made them and when.
    pub malformed: Vec<ObjectId>,
    /// Those that say that a run made them. Whether they have the form of one may be otherwise once they have landed, as
    /// after a rebase.
    pub marked: Vec<ObjectId>,
}

impl Repository {
    /// The commit, if it has the form of a run, or what it lacks.
    ///
    /// # Errors
    /// When the commit or its trees can't be read.
    pub fn run_commit(&self, commit: ObjectId) -> anyhow::Result<Result<RunCommit, Flaw>> {
        self.form(&*self.commit_at(commit)?)
    }

    pub(super) fn form(&self, commit: &Commit) -> anyhow::Result<Result<RunCommit, Flaw>> {
        let message = String::from_utf8_lossy(commit.message());
        let Some(trailers) = Trailers::read(&message) else {
            return Ok(Err(Flaw::Unmarked));
        };
        let parents: Vec<ObjectId> = commit.parent_ids().map(id).collect();
        let [parent] = parents[..] else {
            return Ok(Err(Flaw::Merge));
        };
        if parent != trailers.base {
            return Ok(Err(Flaw::Moved));
        }
        if !self.only_issued_differs(parent, id(commit.id()))? {
            return Ok(Err(Flaw::Wider));
        }
        if !self.brings_output(parent, id(commit.tree_id()))? {
            return Ok(Err(Flaw::Empty));
        }
        Ok(Ok(RunCommit {
            authorship: authorship(self, commit)?,
            parent,
            trailers,
        }))
    }

    /// The commits that `head` would bring to a mainline that has `base`, and that nobody's git makes by itself.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn odd_since(&self, base: ObjectId, head: ObjectId) -> anyhow::Result<Odd> {
        let mut odd = Odd::default();
        let brought = self.reach(&[oid(head)], &[oid(base)])?;
        for found in brought.into_iter().rev() {
            let commit = self.commit_at(id(found))?;
            if !commit.is_signed_off() {
                odd.malformed.push(id(found));
            }
            if Trailers::read(&String::from_utf8_lossy(commit.message())).is_some() {
                odd.marked.push(id(found));
            }
        }
        Ok(odd)
    }

    /// Whether a tree has anything that a run alone could have changed.
    fn brings_output(&self, parent: ObjectId, tree: ObjectId) -> anyhow::Result<bool> {
        let objects = Objects::of(self)?;
        let before = Zones::of(&objects, self.tree_of(parent)?)?;
        let after = Zones::of(&objects, tree)?;
        is_touched(&objects, before.issued, after.issued)
    }

    /// Whether two commits are the same but for `issued/`.
    ///
    /// # Errors
    /// When a tree can't be read.
    pub fn only_issued_differs(&self, old: ObjectId, new: ObjectId) -> anyhow::Result<bool> {
        let (old, new) = (self.tree_of(old)?, self.tree_of(new)?);
        are_same_beside_output(&Objects::of(self)?, old, new)
    }
}

/// The same of two trees.
fn are_same_beside_output(
    objects: &Objects<'_>,
    old: ObjectId,
    new: ObjectId,
) -> anyhow::Result<bool> {
    let (Ok(old), Ok(new)) = (objects.tree(old)?, objects.tree(new)?) else {
        return Ok(false);
    };
    let (Ok(old), Ok(new)) = (old.entries(), new.entries()) else {
        return Ok(false);
    };
    let is_other = |entry: &Entry<'_>| entry.name != b"issued";
    Ok(old.filter(is_other).eq(new.filter(is_other)))
}
