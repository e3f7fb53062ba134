//! A verdict other than approved: what became of a request, and every reason of the step that refused it.
//!
//! In come the reasons of one step, since later ones are not reached; out comes a value that reports are made of. A refusal
//! is no error, and has no way to become an approval: that one is another type.

use std::collections::BTreeMap;

use crate::decision::counting::Missing;
use crate::finding::Reason;
use crate::names::ObjectName;
use crate::report::Verdict;

/// A verdict other than approved, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What became of it.
    pub verdict: Verdict,
    /// Every reason of the step that refused it.
    pub reasons: Vec<Reason>,
    /// For a request that waits, the approvals that each policy misses.
    pub missing: BTreeMap<ObjectName, Vec<Missing>>,
}

impl Refusal {
    /// A refusal for these reasons.
    #[must_use]
    pub fn new(verdict: Verdict, reasons: Vec<Reason>) -> Self {
        Self {
            verdict,
            reasons,
            missing: BTreeMap::new(),
        }
    }
}
