//! Whether `issued/` at the tip is what the last run left there.
//!
//! In come a tip, an anchor and somebody who tells genuine runs from others; out goes the newest genuine run on the
//! mainline, or its beginning, and how `issued/` got from there to the tip. Only the form of a commit is looked at in
//! here, and tree ids: who signed it is judged elsewhere. Files that nobody reads in any zone may come and go.

use crate::git::commit::Commit;
use anyhow::Context as _;

use crate::git::bot::RunCommit;
use crate::git::follow::Zones;
use crate::git::foreign::is_touched;
use crate::git::ids::id;
use crate::git::objects::Objects;
use crate::git::repository::Repository;
use crate::message::Trailers;
use crate::names::ObjectId;
use crate::trust::{Flaw, Proof};

// Of more than so many commits that touched `issued/` the oldest ones are not remembered one by one.
const CHANGES: usize = 1_000;

/// What became of `issued/` since the last run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nobody has touched it.
    Intact,
    /// This commit, which is none of a run, changed it, and what it was is back.
    Restored(ObjectId, Flaw),
    /// This commit, which is none of a run, changed it.
    Foreign(ObjectId, Flaw),
    /// This merge made a branch the mainline.
    Swapped {
        /// The merge.
        merge: ObjectId,
        /// The tip of the mainline that was.
        old: ObjectId,
    },
}

/// The state of `issued/` at the tip of the mainline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputZone {
    /// The newest genuine run, or where the mainline begins.
    pub source: ObjectId,
    /// What that run says; `None` at the beginning.
    pub run: Option<Trailers>,
    /// Whether it is proven that a run of the bot says so: by its key, or since it was made in this clone. Anybody can write
    /// the bot's name.
    pub is_proven: bool,
    /// What became of it.
    pub condition: Condition,
}

/// Tells how it is known, by the rules at a commit, that one that has the form of a run was made by one, or what it lacks.
pub type Judge<'j> = dyn FnMut(&RunCommit, ObjectId) -> anyhow::Result<Result<Proof, Flaw>> + 'j;

impl Repository {
    /// What became of `issued/` between the newest genuine run on the mainline of `tip` and the tip itself. What was there
    /// at the anchor was left by nobody knows whom, and counts as the beginning.
    ///
    /// # Errors
    /// When history can't be read, or the judge fails.
    pub fn output_zone(
        &self,
        tip: ObjectId,
        anchor: Option<ObjectId>,
        judge: &mut Judge<'_>,
    ) -> anyhow::Result<OutputZone> {
        let objects = Objects::of(self)?;
        let mut search = Search {
            repository: self,
            objects: &objects,
            judge,
        };
        let found = search.back(tip, anchor)?;
        let condition = search.condition(&found)?;
        let source = found.source.commit;
        let is_signed = found.proof == Some(Proof::Signature);
        Ok(OutputZone {
            source,
            run: found.run,
            is_proven: is_signed || found.proof.is_some() && self.has_made(source),
            condition,
        })
    }

    /// The first commit after `base`, on the first-parent chain of `head`, that changed `issued/` and is none of a run.
    ///
    /// # Errors
    /// When history can't be read, the judge fails, or `base` is not on that chain.
    pub fn foreign_since(
        &self,
        base: ObjectId,
        head: ObjectId,
        judge: &mut Judge<'_>,
    ) -> anyhow::Result<Option<(ObjectId, Flaw)>> {
        let objects = Objects::of(self)?;
        let mut search = Search {
            repository: self,
            objects: &objects,
            judge,
        };
        search.since(base, head)
    }

    /// Whether a commit has anything in `issued/`.
    ///
    /// # Errors
    /// When the commit can't be read.
    pub fn has_output(&self, commit: ObjectId) -> anyhow::Result<bool> {
        let objects = Objects::of(self)?;
        let zones = Zones::of(&objects, self.tree_of(commit)?)?;
        Ok(zones.issued.is_some())
    }
}

pub(super) struct Search<'s, 'r, 'j> {
    pub(super) repository: &'s Repository,
    objects: &'s Objects<'r>,
    pub(super) judge: &'s mut Judge<'j>,
}

/// A commit of the mainline and what it holds.
#[derive(Clone, Copy)]
pub(super) struct Place {
    from_tip: u64,
    pub(super) commit: ObjectId,
    issued: Option<ObjectId>,
}

/// A commit that is no genuine run and changed `issued/`.
#[derive(Clone, Copy)]
struct Change {
    at: Place,
    before: Option<ObjectId>,
}

/// How far a search went.
pub(super) struct Found {
    pub(super) tip: Place,
    pub(super) source: Place,
    pub(super) run: Option<Trailers>,
    proof: Option<Proof>,
    /// Newest first.
    changes: Vec<Change>,
    /// The merges after the source, newest first.
    pub(super) merges: Vec<ObjectId>,
}

/// What lies between the tip and where a search has got to, newest first.
#[derive(Default)]
struct Trail {
    tip: Option<Place>,
    /// The oldest so far that has `policies/`.
    beginning: Option<Place>,
    changes: Vec<Change>,
    merges: Vec<(u64, ObjectId)>,
}

impl Trail {
    fn reach(&mut self, here: Place, has_policies: bool) {
        self.tip.get_or_insert(here);
        if has_policies {
            self.beginning = Some(here);
        }
    }

    /// Goes on to the first parent, which has `before` in its `issued/`.
    fn leave(&mut self, here: Place, is_merge: bool, before: Option<ObjectId>) {
        if is_merge {
            self.merges.push((here.from_tip, here.commit));
        }
        if before != here.issued {
            self.changes.truncate(CHANGES);
            self.changes.push(Change { at: here, before });
        }
    }

    /// Ends here: at the anchor or a genuine run, or else where history does.
    fn end(mut self, here: Place, is_end: bool, run: Option<(Trailers, Proof)>) -> Found {
        let source = self.beginning.filter(|_| !is_end).unwrap_or(here);
        self.changes
            .retain(|change| change.at.from_tip < source.from_tip);
        self.merges
            .retain(|(from_tip, _)| *from_tip < source.from_tip);
        let (run, proof) = run.unzip();
        Found {
            tip: self.tip.unwrap_or(here),
            source,
            run,
            proof,
            changes: self.changes,
            merges: self.merges.into_iter().map(|(_, merge)| merge).collect(),
        }
    }
}

impl Search<'_, '_, '_> {
    /// Back to the newest genuine run; without one to the anchor, or else the first commit that has `policies/`.
    fn back(&mut self, tip: ObjectId, anchor: Option<ObjectId>) -> anyhow::Result<Found> {
        let mut commit = self.repository.commit_at(tip)?;
        let mut zones = Zones::of(self.objects, id(commit.tree_id()))?;
        let mut trail = Trail::default();
        for from_tip in 0.. {
            let here = Place {
                from_tip,
                commit: id(commit.id()),
                issued: zones.issued,
            };
            trail.reach(here, zones.policies.is_some());
            let is_anchor = anchor == Some(here.commit);
            let run = if is_anchor {
                None
            } else {
                self.in_order(&commit, anchor)?
            };
            let is_end = is_anchor || run.is_some();
            let Some(parent) = commit.parent_ids().next().filter(|_| !is_end) else {
                return Ok(trail.end(here, is_end, run));
            };
            let is_merge = commit.parent_ids().count() > 1;
            commit = self.repository.commit_at(id(parent))?;
            zones = Zones::of(self.objects, id(commit.tree_id()))?;
            trail.leave(here, is_merge, zones.issued);
        }
        unreachable!("a chain of commits has an end")
    }

    fn since(
        &mut self,
        base: ObjectId,
        head: ObjectId,
    ) -> anyhow::Result<Option<(ObjectId, Flaw)>> {
        let issued = |search: &Self, commit: &Commit| {
            Zones::of(search.objects, id(commit.tree_id())).map(|zones| zones.issued)
        };
        let mut found = None;
        let mut commit = self.repository.commit_at(head)?;
        while id(commit.id()) != base {
            let parent = commit
                .parent_ids()
                .next()
                .with_context(|| format!("finding {base} on the mainline"))?;
            let before = self.repository.commit_at(id(parent))?;
            let (old, new) = (issued(self, &before)?, issued(self, &commit)?);
            let is_foreign =
                is_touched(self.objects, old, new)? && self.in_order(&commit, None)?.is_none();
            if is_foreign {
                found = Some(id(commit.id()));
            }
            commit = before;
        }
        found
            .map(|commit| Ok((commit, self.flaw(commit)?)))
            .transpose()
    }

    /// What a run says and how it is known, unless it claims to be older than the run before it. Where that rests on an
    /// author line, whoever wrote it could write any time.
    fn in_order(
        &mut self,
        commit: &Commit,
        anchor: Option<ObjectId>,
    ) -> anyhow::Result<Option<(Trailers, Proof)>> {
        let run = match self.proven(commit)? {
            Some((run, Proof::Signature)) => run,
            other => return Ok(other),
        };
        let mut parent = commit.parent_ids().next().map(id);
        while let Some(place) = parent.filter(|parent| anchor != Some(*parent)) {
            let earlier = self.repository.commit_at(place)?;
            if let Some((before, Proof::Signature)) = self.proven(&earlier)? {
                let is_later = before.issued_at <= run.issued_at;
                return Ok(is_later.then_some((run, Proof::Signature)));
            }
            parent = earlier.parent_ids().next().map(id);
        }
        Ok(Some((run, Proof::Signature)))
    }

    /// What a commit of the issuing bot says, and how it is known; `None` for any other.
    fn proven(&mut self, commit: &Commit) -> anyhow::Result<Option<(Trailers, Proof)>> {
        let Ok(run) = self.repository.form(commit)? else {
            return Ok(None);
        };
        let judged = (self.judge)(&run, run.parent)?;
        Ok(judged.ok().map(|proof| (run.trailers, proof)))
    }

    /// Why a commit that changed `issued/` is none of a run.
    fn flaw(&mut self, commit: ObjectId) -> anyhow::Result<Flaw> {
        Ok(match self.repository.run_commit(commit)? {
            Err(flaw) => flaw,
            Ok(run) => (self.judge)(&run, run.parent)?
                .err()
                .unwrap_or(Flaw::Backdated),
        })
    }

    fn condition(&mut self, found: &Found) -> anyhow::Result<Condition> {
        if let Some((merge, old)) = self.swap(found)? {
            return Ok(Condition::Swapped { merge, old });
        }
        let mut touching = Vec::new();
        for change in &found.changes {
            if is_touched(self.objects, change.before, change.at.issued)? {
                touching.push(*change);
            }
        }
        let left = found.source.issued;
        let is_whole = !is_touched(self.objects, left, found.tip.issued)?;
        // The commit from which on it never was whole again.
        let mut began = None;
        for change in &touching {
            began = Some(change.at.commit);
            if !is_touched(self.objects, left, change.before)? {
                break;
            }
        }
        let Some(commit) = began else {
            return Ok(Condition::Intact);
        };
        let flaw = self.flaw(commit)?;
        Ok(if is_whole {
            Condition::Restored(commit, flaw)
        } else {
            Condition::Foreign(commit, flaw)
        })
    }
}
