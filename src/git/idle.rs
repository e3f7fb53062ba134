//! The directories of `issued/` that a change makes and that hold nothing of a run.
//!
//! In comes a proposal, out go the topmost of these directories. A request may not have the name of a directory in
//! which others lie, so one that is empty, or has a `README.md` and the like alone, would keep somebody from it. Where runs
//! keep the owners of keys and the revocation lists no request can lie.

use std::collections::{BTreeSet, HashMap};

use crate::git::diff::pairs;
use crate::git::differing::known;
use crate::git::objects::Objects;
use crate::git::proposal::Proposal;
use crate::git::tree;
use crate::names::ObjectId;
use crate::zones;

const ISSUED: &str = "issued";
// What a run writes besides certificates.
const OURS: [&[u8]; 2] = [b"_crl", b"_keys"];

impl Proposal<'_> {
    /// The directories that the merge would make in `issued/` though nothing of a run lies in them.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn idle_folders(&self) -> anyhow::Result<BTreeSet<String>> {
        let objects = Objects::of(self.repository)?;
        let issued = |top| objects.entry(top, ISSUED, tree::DIRECTORY);
        let before = issued(self.repository.tree_of(self.base)?)?;
        let mut search = Search {
            objects: &objects,
            path: ISSUED.to_owned(),
            found: BTreeSet::new(),
            seen: HashMap::new(),
        };
        search.folder(before, issued(self.top)?, 0)?;
        Ok(search.found)
    }
}

struct Search<'s, 'r> {
    objects: &'s Objects<'r>,
    path: String,
    found: BTreeSet<String>,
    /// Whether two directories that were compared hold anything of a run: a few trees may name each other very often.
    seen: HashMap<[Option<ObjectId>; 2], bool>,
}

impl Search<'_, '_> {
    /// Whether the new directory holds anything of a run, or may.
    fn folder(
        &mut self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        depth: usize,
    ) -> anyhow::Result<bool> {
        // What is too deep, or can't be read, is told as what only a run may change.
        if old == new || new.is_none() || depth > tree::DEPTH {
            return Ok(true);
        }
        if let Some(is_used) = self.seen.get(&[old, new]) {
            return Ok(*is_used);
        }
        let (before, after) = (known(self.objects, old)?, known(self.objects, new)?);
        let before = before.as_deref().and_then(|tree| tree.entries().ok());
        let after = after.as_deref().and_then(|tree| tree.entries().ok());
        let Some((before, after)) = before.zip(after) else {
            return Ok(true);
        };
        let (end, mut is_used) = (self.path.len(), old.is_some());
        let mut idle = Vec::new();
        for (before, after) in pairs(before, after) {
            let Some(after) = after.filter(|after| depth > 0 || !OURS.contains(&after.name)) else {
                continue;
            };
            self.path.push('/');
            self.path.push_str(&String::from_utf8_lossy(after.name));
            if after.mode != tree::DIRECTORY {
                is_used |= !zones::is_unread(&self.path);
            } else if self.folder(before.map(|before| before.id), Some(after.id), depth + 1)? {
                is_used = true;
            } else {
                idle.push(self.path.clone());
            }
            self.path.truncate(end);
        }
        // Of one that is idle as a whole the directory above is told.
        if is_used || depth == 0 {
            self.found.extend(idle);
        }
        self.seen.insert([old, new], is_used);
        Ok(is_used)
    }
}
