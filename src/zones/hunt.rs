//! How far the search for private keys has come: what of a repository is still searched, and what was found so far.
//!
//! In come files of which nothing else is read; what they may cost together is bounded here, and each object is searched
//! once.

use std::collections::BTreeMap;

use crate::effort::Effort;
use crate::names::ObjectId;
use crate::secrets::{self, Leak};
use crate::zones::source::{SEARCHED_FILES, SEARCHED_OCTETS};

/// What may still be searched, and what was.
pub(super) struct Hunt {
    /// How many files that mean nothing.
    pub(super) files_left: usize,
    /// How many octets of files that are read for nothing else.
    pub(super) octets_left: u64,
    /// What opening private keys may still cost.
    pub(super) effort: Effort,
    /// How many were found.
    pub(super) found: usize,
    /// The objects that were searched, with what was found.
    pub(super) searched: BTreeMap<ObjectId, Vec<Leak>>,
    /// Whether it was said that not everything is searched.
    pub(super) is_told: bool,
}

impl Default for Hunt {
    fn default() -> Self {
        Self {
            files_left: SEARCHED_FILES,
            octets_left: SEARCHED_OCTETS,
            effort: Effort::of(secrets::OPENED),
            found: 0,
            searched: BTreeMap::new(),
            is_told: false,
        }
    }
}
