//! The commits of earlier runs: which they are, and when the last one was made.
//!
//! In come commits of the mainline and the e-mail address of the bot; out come the trailers of those that look like the
//! commit of a run: one parent, nothing but `issued/` differs, the trailers are in form and name that parent. Whether
//! such a commit is genuine is not decided by its author line: certificates prove themselves.

use anyhow::Context as _;

use crate::git::ids::id;
use crate::git::objects::Objects;
use crate::git::repository::Repository;
use crate::git::tree::{self, Entry};
use crate::message::Trailers;
use crate::names::ObjectId;

impl Repository {
    /// The trailers of the newest commit on the first-parent chain of `tip` that a run of this bot made.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn last_run(&self, tip: ObjectId, email: &str) -> anyhow::Result<Option<Trailers>> {
        let mut next = Some(tip);
        while let Some(commit) = next {
            if let Some(trailers) = self.run_trailers(commit, email)? {
                return Ok(Some(trailers));
            }
            let commit = self.commit_at(commit)?;
            next = commit.parent_ids().next().map(id);
        }
        Ok(None)
    }

    /// The trailers of a commit, if a run of this bot could have made it.
    ///
    /// # Errors
    /// When the commit or its trees can't be read.
    pub fn run_trailers(&self, commit: ObjectId, email: &str) -> anyhow::Result<Option<Trailers>> {
        let found = self.commit_at(commit)?;
        if found.parent_count() != 1 || found.author().email_bytes() != email.as_bytes() {
            return Ok(None);
        }
        let parent = id(found.parent_id(0).context("reading the parent")?);
        let message = String::from_utf8_lossy(found.message_raw_bytes());
        let Some(trailers) = Trailers::read(&message).filter(|trailers| trailers.base == parent)
        else {
            return Ok(None);
        };
        let is_alone = self.only_issued_differs(parent, commit)?;
        Ok(is_alone.then_some(trailers))
    }

    /// Whether two commits are the same but for `issued/`.
    ///
    /// # Errors
    /// When a tree can't be read.
    pub fn only_issued_differs(&self, old: ObjectId, new: ObjectId) -> anyhow::Result<bool> {
        let objects = Objects::of(&self.inner)?;
        let (old, new) = (self.tree_of(old)?, self.tree_of(new)?);
        let (Ok(old), Ok(new)) = (objects.tree(old)?, objects.tree(new)?) else {
            return Ok(false);
        };
        let (Ok(old), Ok(new)) = (tree::parse(old.data()), tree::parse(new.data())) else {
            return Ok(false);
        };
        let is_other = |entry: &&Entry<'_>| entry.name != b"issued";
        Ok(old.iter().filter(is_other).eq(new.iter().filter(is_other)))
    }
}
