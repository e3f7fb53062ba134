//! Merges that made a branch the mainline, and branches that a fast-forward would make that.
//!
//! In comes the part of the mainline that no run has confirmed yet; out goes the merge that brought a run of another
//! mainline, whatever it did to `issued/`: a run is made on the mainline alone, so each one that can be reached from the tip
//! is the newest on its chain or lies before that one. Only commits that the newest run does not descend from are read, and
//! only where there are merges.

use std::collections::HashSet;

use git2::Oid;

use crate::git::ids::{id, oid};
use crate::git::output::{Found, Search};
use crate::git::proposal::Proposal;
use crate::names::ObjectId;
use crate::trust::Proof;

impl Search<'_, '_, '_> {
    /// The merge that made a branch the mainline, and the tip of the mainline that was.
    pub(super) fn swap(&mut self, found: &Found) -> anyhow::Result<Option<(ObjectId, ObjectId)>> {
        if found.merges.is_empty() {
            return Ok(None);
        }
        let (tip, source) = (oid(found.tip.commit), oid(found.source.commit));
        for commit in self.repository.reach(&[tip], &[source])? {
            let run = id(commit);
            if self.is_of_another(run, found)? {
                return self.brought(run, found).map(Some);
            }
        }
        Ok(None)
    }

    /// Whether a commit was made by a run of another mainline. Anybody can write the author line of the bot into a commit of
    /// his branch, or list a key of his own there and take it back. So it takes a key that the rules here list, at the tip
    /// or where the newest run was made: a bot that got a new one is known by either. Where they list none there is nothing
    /// to know: a merge with such a commit is an ordinary one, which is held against what the run here left. A mainline
    /// without a run and a key of its own believes the author line.
    fn is_of_another(&mut self, commit: ObjectId, found: &Found) -> anyhow::Result<bool> {
        let Ok(run) = self.repository.run_commit(commit)? else {
            return Ok(false);
        };
        let is_believed = match (self.judge)(&run, found.tip.commit)? {
            Ok(Proof::Signature) => true,
            Ok(Proof::AuthorLine) => found.run.is_none(),
            Err(_) => (self.judge)(&run, found.source.commit)? == Ok(Proof::Signature),
        };
        Ok(is_believed && !self.repository.is_on_mainline(commit, found.tip.commit)?)
    }

    /// The oldest merge from which on this run can be reached, and the tip of its mainline as far as that merge tells.
    fn brought(&self, run: ObjectId, found: &Found) -> anyhow::Result<(ObjectId, ObjectId)> {
        for merge in found.merges.iter().rev() {
            let commit = self.repository.commit_at(*merge)?;
            for parent in commit.parent_ids().skip(1).map(id) {
                if parent != run && !self.repository.is_ancestor(run, parent)? {
                    continue;
                }
                let is_tip = self.repository.is_on_mainline(run, parent)?;
                return Ok((*merge, if is_tip { parent } else { run }));
            }
        }
        anyhow::bail!("finding the merge that brought {run}")
    }
}

impl Proposal<'_> {
    /// Whether a fast-forward would land a run of another mainline: the branch has this newest run of its base by a merge.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn merges_run(&self, run: ObjectId) -> anyhow::Result<bool> {
        if self.ancestor() != self.base {
            return Ok(false);
        }
        let Some(landed) = self.landed()? else {
            return Ok(false);
        };
        let landed: HashSet<&Oid> = landed.iter().collect();
        let mut left = oid(self.head);
        while landed.contains(&left) {
            let Some(parent) = self.parent(left)? else {
                return Ok(true);
            };
            left = parent;
        }
        let mut current = Some(oid(self.base));
        while let Some(commit) = current.filter(|commit| *commit != left) {
            if commit == oid(run) {
                return Ok(true);
            }
            current = self.parent(commit)?;
        }
        Ok(false)
    }

    /// The first parent of a commit, if it has one.
    pub(super) fn parent(&self, commit: Oid) -> anyhow::Result<Option<Oid>> {
        Ok(self.repository.commit_at(id(commit))?.parent_ids().next())
    }
}
