//! How much a checkout would write of what a change brings: a few kilobytes of trees may hold each other ten times over, ten
//! deep, and then no clone ever ends.
//!
//! In come directories that are new at their place, and files; out comes how many of both git would write, no more than
//! [`MOST`] of which anybody counts. Each tree is read once, however often it is there, and nothing is recursive.

use std::collections::HashMap;

use crate::git::objects::Objects;
use crate::git::tree::{self, Entry};
use crate::names::ObjectId;

/// So many files and directories a change may make a checkout write, each as often as it is there.
pub(super) const MOST: usize = 100_000;

/// What a checkout would write.
#[derive(Debug, Default)]
pub(super) struct Checkout {
    written: usize,
    /// What each tree holds, itself left out.
    held: HashMap<ObjectId, usize>,
    /// How many entries they have.
    entries: usize,
}

impl Checkout {
    /// Adds something that is no directory.
    pub(super) fn add_file(&mut self) {
        self.written = self.written.saturating_add(1);
    }

    /// Adds all that lies in a directory, and the directory.
    pub(super) fn add(&mut self, objects: &Objects<'_>, tree: ObjectId) -> anyhow::Result<()> {
        if !self.is_too_much() {
            let held = self.held(objects, tree)?;
            self.written = self.written.saturating_add(held).saturating_add(1);
        }
        Ok(())
    }

    /// Whether nobody would wait for it.
    pub(super) fn is_too_much(&self) -> bool {
        self.written > MOST
    }

    fn held(&mut self, objects: &Objects<'_>, top: ObjectId) -> anyhow::Result<usize> {
        let mut rest = vec![top];
        while let Some(next) = rest.last().copied() {
            if self.held.contains_key(&next) {
                rest.pop();
                continue;
            }
            let directory = objects.directory(Some(next))?;
            // As many are written.
            if self.entries + directory.len() > MOST {
                return Ok(usize::MAX);
            }
            let entries = || directory.entries().unwrap_or_default();
            let directories = entries().filter(|entry| entry.mode == tree::DIRECTORY);
            let below = directories.map(|entry| entry.id);
            let mut below: Vec<_> = below.filter(|id| !self.held.contains_key(id)).collect();
            if below.is_empty() {
                let held = |entry: Entry<'_>| self.held.get(&entry.id).copied().unwrap_or_default();
                let sizes = entries().map(|entry| held(entry).saturating_add(1));
                let size = sizes.fold(0, usize::saturating_add);
                self.entries += directory.len();
                self.held.insert(next, size);
            } else {
                below.sort_unstable();
                below.dedup();
                rest.extend(below);
            }
        }
        Ok(self.held.get(&top).copied().unwrap_or_default())
    }
}
