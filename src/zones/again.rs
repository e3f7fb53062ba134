//! Files that are the same in many places, which are taken from the database no more than twice.
//!
//! In comes a file under its id; out it goes again from its third place on. What lies in one place alone is not kept.

use std::collections::{HashMap, HashSet};

use crate::names::ObjectId;
use crate::snapshot::Blob;

// Several files are the same where somebody wants them to be: a few are, and small ones.
const OCTETS: usize = 1024 * 1024;

/// What was read.
#[derive(Debug)]
pub(super) struct Again {
    met: HashSet<ObjectId>,
    kept: HashMap<ObjectId, Blob>,
    left: usize,
}

impl Default for Again {
    fn default() -> Self {
        Self {
            met: HashSet::new(),
            kept: HashMap::new(),
            left: OCTETS,
        }
    }
}

impl Again {
    /// The file, if it was met twice and has no more than so many octets.
    pub(super) fn get(&self, object: ObjectId, octets: u64) -> Option<Blob> {
        let is_within =
            |file: &&Blob| u64::try_from(file.bytes.len()).is_ok_and(|length| length <= octets);
        self.kept.get(&object).filter(is_within).cloned()
    }

    /// Notes that a file was read, and keeps it if it was before.
    pub(super) fn meet(&mut self, file: &Blob) {
        if self.met.insert(file.id) {
            return;
        }
        if let Some(left) = self.left.checked_sub(file.bytes.len()) {
            self.left = left;
            self.kept.insert(file.id, file.clone());
        }
    }
}
