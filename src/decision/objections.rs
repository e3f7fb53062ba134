//! What one policy has against a request: counted always, put into words only when somebody reads them.
//!
//! In come predicates with the words for them; out come reasons, or just whether there is any. Both come from one walk
//! over the policy, so that what decides and what is told can't differ.

use crate::finding::Reason;

/// Objections as they are found.
#[derive(Debug)]
pub(super) struct Objections {
    told: bool,
    any: bool,
    reasons: Vec<Reason>,
}

impl Objections {
    /// All of them, in words.
    pub(super) fn told() -> Self {
        Self {
            told: true,
            any: false,
            reasons: Vec::new(),
        }
    }

    /// Only whether there is any.
    pub(super) fn silent() -> Self {
        Self {
            told: false,
            ..Self::told()
        }
    }

    /// Adds one.
    pub(super) fn add(&mut self, reason: impl FnOnce() -> Reason) {
        self.any = true;
        if self.told {
            self.reasons.push(reason());
        }
    }

    /// Whether more of them would change nothing.
    pub(super) fn is_settled(&self) -> bool {
        self.any && !self.told
    }

    /// Whether there is any.
    pub(super) fn any(&self) -> bool {
        self.any
    }

    /// The words.
    pub(super) fn into_reasons(self) -> Vec<Reason> {
        self.reasons
    }
}
