//! A verdict other than approved: what became of a request, and every reason of the step that refused it.

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
