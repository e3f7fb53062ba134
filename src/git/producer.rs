//! Who wrote the bytes that a mainline commit brought: behind a merge it is not the one who pressed the button.
//!
//! In come a mainline commit and a request that it brought; out goes the author of the commit that made these bytes.
//! From a merge the search goes to the parent that has the bytes already, and on from there, but never out of what the
//! merge landed. Nothing of it is proven: authors are what git says.

use std::collections::HashSet;

use anyhow::Context as _;
use git2::{Commit, Oid};

use crate::git::authorship::authorship;
use crate::git::ids::id;
use crate::git::objects::Objects;
use crate::git::repository::Repository;
use crate::git::tree;
use crate::names::{ObjectId, RequestName};
use crate::snapshot::Authorship;

// A landing of more commits than this is not searched; the author of its requests is unknown.
const LANDING_COMMITS: usize = 10_000;

/// A mainline commit with all that it brought.
pub(super) struct Landing<'a> {
    repository: &'a Repository,
    objects: &'a Objects<'a>,
    commit: &'a Commit<'a>,
    searched: Searched,
}

enum Searched {
    /// One parent, or the anchor: who made the commit made the bytes.
    Itself,
    /// What a merge landed, itself included.
    Landed(HashSet<Oid>),
    TooMany,
}

impl<'a> Landing<'a> {
    /// Looks at what the commit landed; the anchor is taken as it is.
    pub(super) fn of(
        repository: &'a Repository,
        objects: &'a Objects<'a>,
        commit: &'a Commit<'a>,
        is_anchor: bool,
    ) -> anyhow::Result<Self> {
        let searched = if is_anchor || commit.parent_count() < 2 {
            Searched::Itself
        } else {
            landed(repository, commit)?
        };
        Ok(Self {
            repository,
            objects,
            commit,
            searched,
        })
    }

    /// The commit that made this request what it is; `None` when that can't be told.
    pub(super) fn maker(
        &self,
        name: &RequestName,
        blob: ObjectId,
    ) -> anyhow::Result<Option<Authorship>> {
        match &self.searched {
            Searched::Itself => authorship(self.repository, self.commit).map(Some),
            Searched::TooMany => Ok(None),
            Searched::Landed(commits) => self.search(commits, name, blob).map(Some),
        }
    }

    fn search(
        &self,
        landed: &HashSet<Oid>,
        name: &RequestName,
        blob: ObjectId,
    ) -> anyhow::Result<Authorship> {
        let manifest = name.manifest();
        let pieces: Vec<&str> = manifest.as_str().split('/').collect();
        let mut current = self.commit.clone();
        loop {
            let mut holders = Vec::new();
            for parent in current.parent_ids() {
                let commit = self.repository.commit_at(id(parent))?;
                if self
                    .objects
                    .follow(id(commit.tree_id()), &pieces, tree::FILE)?
                    == Some(blob)
                {
                    holders.push(commit);
                }
            }
            if holders.is_empty() {
                return authorship(self.repository, &current);
            }
            // Only ancestors come next, so this ends.
            match holders
                .into_iter()
                .find(|holder| landed.contains(&holder.id()))
            {
                Some(holder) => current = holder,
                // A merge that brings back old bytes: it is the merge that did it.
                None => return authorship(self.repository, self.commit),
            }
        }
    }
}

fn landed(repository: &Repository, commit: &Commit<'_>) -> anyhow::Result<Searched> {
    let context = || format!("reading what commit {} landed", commit.id());
    let mut walk = repository.inner.revwalk().with_context(context)?;
    walk.push(commit.id()).with_context(context)?;
    walk.hide(commit.parent_id(0)?).with_context(context)?;
    let mut commits = HashSet::new();
    for found in walk {
        commits.insert(found.with_context(context)?);
        if commits.len() > LANDING_COMMITS {
            return Ok(Searched::TooMany);
        }
    }
    Ok(Searched::Landed(commits))
}
