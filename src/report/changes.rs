//! Decisions that a change of the rules changes, as values that every output shows in its own way.
//!
//! In come two rulings on each request; out comes what differs, what became looser first. Nothing in here decides.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::finding::Code;
use crate::names::{RepoPath, RequestName};
use crate::report::verdict::Verdict;
use crate::timestamp::Timestamp;

/// Which way a decision changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The verdict is milder.
    Loosened,
    /// The verdict is stricter.
    Tightened,
    /// The verdict is the same; the policy or the codes are others.
    Changed,
}

impl Direction {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Loosened, Self::Tightened, Self::Changed];

    /// The word for it in every output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loosened => "loosened",
            Self::Tightened => "tightened",
            Self::Changed => "changed",
        }
    }
}

/// A decision by one set of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// The verdict.
    pub verdict: Verdict,
    /// The policy that admits.
    pub policy: Option<String>,
    /// The codes of the reasons.
    pub codes: BTreeSet<Code>,
    /// What the reasons say, for text outputs.
    #[serde(skip)]
    pub why: Vec<String>,
}

/// A decision that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The request.
    pub request: RequestName,
    /// What was judged: its manifest, or the one that was signed.
    pub file: RepoPath,
    /// When it was signed, if it was; then it is judged as of that time.
    pub issued: Option<Timestamp>,
    /// Which way.
    pub direction: Direction,
    /// By the rules of the base.
    pub base: Side,
    /// By those of the head.
    pub head: Side,
}

/// Everything that was judged twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// How many requests and certificates.
    pub judged: usize,
    /// Those whose decision changes.
    pub changes: Vec<Change>,
}

impl Changes {
    /// Takes over what another part of the repository gave.
    pub fn extend(&mut self, other: Self) {
        self.judged += other.judged;
        self.changes.extend(other.changes);
    }

    /// Puts what became looser first.
    pub fn sort(&mut self) {
        let key = |change: &Change| (change.direction, change.request.clone(), change.issued);
        self.changes.sort_by_key(key);
    }

    /// How many change this way.
    #[must_use]
    pub fn count(&self, direction: Direction) -> usize {
        let changes = self.changes.iter();
        changes
            .filter(|change| change.direction == direction)
            .count()
    }

    /// How many change, and which way, in words: `2 loosened, 1 tightened`.
    #[must_use]
    pub fn counts(&self) -> String {
        let counted = Direction::ALL.map(|direction| (self.count(direction), direction.as_str()));
        let words = counted.iter().filter(|(number, _)| *number > 0);
        let words: Vec<String> = words
            .map(|(number, word)| format!("{number} {word}"))
            .collect();
        words.join(", ")
    }
}
