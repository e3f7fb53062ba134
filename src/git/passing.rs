//! What the commits of a branch bring and its head does not have.
//!
//! In comes a proposal; out come the paths that a commit of it has otherwise than the merge would, where that matters. A merge
//! and a squash land the head alone, but a rebase and a fast-forward land each commit: what was stated or revoked on the way
//! stays in the mainline's history and is believed, and a rebase leaves out merges and what it takes for landed already, so
//! that something else may come of the rest than was judged.

use std::collections::{BTreeSet, HashSet};

use git2::Oid;

use crate::git::diff::Paths;
use crate::git::ids::{id, oid};
use crate::git::objects::Objects;
use crate::git::producer::{LANDING_OCTETS, Node};
use crate::git::proposal::Proposal;
use crate::git::replay::{Branch, Judge, Passing};
use crate::git::touches::{Compared, Touches, Walk};
use crate::zones::Kind;

// What is read of the base since the branch left it, or of a push: a flat directory of five thousand requests in a thousand
// commits.
const MAINLINE_OCTETS: usize = 512 << 20;

/// Why it can't be told what a change has in passing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMany {
    /// The branch has more commits than are looked at one by one.
    Commits,
    /// The base has, since the branch left it.
    CommitsOfBase,
    /// A push has.
    Pushed,
}

/// What was found in passing.
type Found = Result<Vec<Passing>, TooMany>;

impl Proposal<'_> {
    /// What its commits have otherwise than the merge would, by path.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn passing(&self) -> anyhow::Result<Found> {
        let Some(commits) = self.landed()? else {
            return Ok(Err(TooMany::Commits));
        };
        if commits.len() < 2 {
            return Ok(Ok(Vec::new()));
        }
        let objects = Objects::of(self.repository)?;
        let walk = Walk::of(self.repository, &objects, (Compared::Whole, LANDING_OCTETS));
        let Some(touches) = walk.touches(commits.iter().rev())? else {
            return Ok(Err(TooMany::Commits));
        };
        let branch = Branch::of(&touches);
        let since = if branch.is_split {
            self.changed_since(&objects, &touches)?
        } else {
            Some(BTreeSet::new())
        };
        let Some(since) = since else {
            return Ok(Err(TooMany::CommitsOfBase));
        };
        let judge = Judge::of(self, &objects, since)?;
        let mut found = judge.compared(&touches, &branch)?;
        let Some(carried) = judge.carried(&touches)? else {
            return Ok(Err(TooMany::Commits));
        };
        let told: HashSet<String> = found.iter().map(|passing| passing.path.clone()).collect();
        let is_new = |passing: &Passing| !told.contains(&passing.path);
        found.extend(carried.into_iter().filter(is_new));
        Ok(Ok(found))
    }

    /// What the commits of a push, which lands as it is, take away and bring back, or revoke in passing.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn passing_pushed(&self) -> anyhow::Result<Found> {
        let mut mainline: Vec<Oid> = Vec::new();
        let mut current = oid(self.head);
        while current != oid(self.base) {
            mainline.push(current);
            let Some(parent) = self.parent(current)? else {
                break;
            };
            current = parent;
        }
        let objects = Objects::of(self.repository)?;
        let walk = Walk::of(
            self.repository,
            &objects,
            (Compared::Requests, MAINLINE_OCTETS),
        );
        let touches = walk.touches(mainline.iter().rev())?;
        let judge = Judge::of(self, &objects, BTreeSet::new())?;
        match touches {
            Some(touches) => judge.pushed(&touches).map(Ok),
            None => Ok(Err(TooMany::Pushed)),
        }
    }

    /// Those of these paths that commits of the base have changed since the branch left it; `None` where these are too many.
    fn changed_since(
        &self,
        objects: &Objects<'_>,
        touches: &Touches,
    ) -> anyhow::Result<Option<BTreeSet<String>>> {
        let ends = (oid(self.base), oid(self.ancestor()));
        let Some(commits) = self.repository.brought(&[ends.0], &[ends.1])? else {
            return Ok(None);
        };
        let names: Vec<&String> = touches.keys().collect();
        let followed = names.iter().enumerate();
        let followed: Paths<usize> = followed
            .map(|(number, path)| ((*path).clone(), (Kind::File, number)))
            .collect();
        let most = objects.walked() + MAINLINE_OCTETS;
        let mut changed = BTreeSet::new();
        for commit in commits {
            let node = Node::of(self.repository, id(commit))?;
            // A rebase leaves out merges, and looks for none.
            if let [parent] = node.parents[..] {
                let before = self.repository.tree_of(id(parent))?;
                let found = objects.differences(Some(before), Some(node.tree), &followed)?;
                changed.extend(found.into_iter().map(|found| names[found.follower].clone()));
            }
            if objects.walked() > most {
                return Ok(None);
            }
        }
        Ok(Some(changed))
    }
}
