//! What a decision leaves behind besides itself: the validity, notices and how far approvals have come.

use crate::decision::candidate::Candidate;
use crate::finding::Reason;
use crate::report::Assent;

/// What is written down on the way.
#[derive(Default)]
pub(super) struct Minutes {
    pub(super) candidate: Option<Candidate>,
    pub(super) notices: Vec<Reason>,
    pub(super) assents: Vec<Assent>,
}
