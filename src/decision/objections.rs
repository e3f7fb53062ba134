//! What one policy has against a request: counted always, put into words only when somebody reads them.
//!
//! In come predicates with the words for them; out come reasons, or just whether there is any, or all that was looked
//! at. All of it comes from one walk over the policy, so that what decides and what is told can't differ.

use crate::decision::trace::{Part, Remark};
use crate::finding::Reason;

/// How much is put into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    Nothing,
    Objections,
    Everything,
}

/// Objections as they are found.
#[derive(Debug)]
pub(super) struct Objections {
    words: Words,
    any: bool,
    parts: Vec<Part>,
}

impl Objections {
    fn new(words: Words) -> Self {
        Self {
            words,
            any: false,
            parts: Vec::new(),
        }
    }

    /// All of them, in words.
    pub(super) fn told() -> Self {
        Self::new(Words::Objections)
    }

    /// Only whether there is any.
    pub(super) fn silent() -> Self {
        Self::new(Words::Nothing)
    }

    /// In words, and with them what nothing is wrong with.
    pub(super) fn traced() -> Self {
        Self::new(Words::Everything)
    }

    /// Adds one.
    pub(super) fn add(&mut self, reason: impl FnOnce() -> Reason) {
        self.any = true;
        if self.words != Words::Nothing {
            self.parts.push(Part::Fails(reason()));
        }
    }

    /// Notes that something was looked at and holds.
    pub(super) fn hold(&mut self, remark: impl FnOnce() -> Remark) {
        if self.words == Words::Everything {
            self.parts.push(Part::Holds(remark()));
        }
    }

    /// Whether more of them would change nothing.
    pub(super) fn is_settled(&self) -> bool {
        self.any && self.words == Words::Nothing
    }

    /// Whether there is any.
    pub(super) fn any(&self) -> bool {
        self.any
    }

    /// The words of the objections.
    pub(super) fn into_reasons(self) -> impl Iterator<Item = Reason> {
        self.parts.into_iter().filter_map(|part| match part {
            Part::Holds(_) => None,
            Part::Fails(reason) => Some(reason),
        })
    }

    /// All words.
    pub(super) fn into_parts(self) -> Vec<Part> {
        self.parts
    }
}
