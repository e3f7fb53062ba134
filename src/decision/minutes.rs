//! What a decision leaves behind besides itself: the validity and notices.

use crate::decision::candidate::Candidate;
use crate::finding::Reason;

/// What is written down on the way.
#[derive(Default)]
pub(super) struct Minutes {
    pub(super) candidate: Option<Candidate>,
    pub(super) notices: Vec<Reason>,
}
