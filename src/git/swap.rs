//! Merges that made a branch the mainline.
//!
//! In comes the part of the mainline that no run has confirmed yet; out goes the merge that brought a run of another
//! mainline, whatever it did to `issued/`: a run is made on the mainline alone, so each one that can be reached from the tip
//! is the newest on its chain or lies before that one. Only commits that the newest run does not descend from are read, and
//! only where there are merges.

use anyhow::Context as _;

use crate::git::ids::{id, oid};
use crate::git::output::{Found, Search};
use crate::names::ObjectId;
use crate::trust::Proof;

impl Search<'_, '_, '_> {
    /// The merge that made a branch the mainline, and the tip of the mainline that was.
    pub(super) fn swap(&mut self, found: &Found) -> anyhow::Result<Option<(ObjectId, ObjectId)>> {
        if found.merges.is_empty() {
            return Ok(None);
        }
        let mut walk = self.repository.inner.revwalk().context("walking history")?;
        walk.push(oid(found.tip.commit))
            .and_then(|()| walk.hide(oid(found.source.commit)))
            .context("walking history")?;
        let known = match found.run {
            Some(_) => self.proof(found.source.commit)?,
            None => None,
        };
        for commit in walk {
            let run = id(commit.context("walking history")?);
            if self.is_of_another(run, known, found)? {
                return self.brought(run, found).map(Some);
            }
        }
        Ok(None)
    }

    /// How it is known that a commit was made by a run, if it was.
    fn proof(&mut self, commit: ObjectId) -> anyhow::Result<Option<Proof>> {
        let proven = self.proven(&self.repository.commit_at(commit)?)?;
        Ok(proven.map(|(_, proof)| proof))
    }

    /// Whether a commit was made by a run of another mainline. Anybody can write the author line of the bot into a commit of
    /// his branch, or list a key of his own there. So what is known of the newest run here must be known of the other one,
    /// and where that is an author line there is nothing to know: a merge with such a commit is an ordinary one, which is
    /// held against what the run here left. A mainline without a run of its own believes whatever its rules do.
    fn is_of_another(
        &mut self,
        commit: ObjectId,
        known: Option<Proof>,
        found: &Found,
    ) -> anyhow::Result<bool> {
        let Some(proof) = self.proof(commit)? else {
            return Ok(false);
        };
        let is_believed = match known {
            None => true,
            Some(known) => known == Proof::Signature && proof == Proof::Signature,
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
