//! What a decision leaves behind besides itself: the validity, notices, how far approvals have come and,
//! for those who ask, how it fell.
//!
//! In come the steps as they are taken; out comes the refusal of the first one that has reasons. Words for what holds are
//! only made when somebody reads them.

use crate::decision::candidate::Candidate;
use crate::decision::refusal::Refusal;
use crate::decision::trace::{Considered, Step, Taken, Trace};
use crate::finding::Reason;
use crate::report::{Assent, Verdict};

/// What is written down on the way.
#[derive(Default)]
pub(super) struct Minutes {
    pub(super) candidate: Option<Candidate>,
    pub(super) notices: Vec<Reason>,
    pub(super) assents: Vec<Assent>,
    trace: Option<Trace>,
}

impl Minutes {
    /// Minutes that are read by somebody who wants to know how the decision fell.
    pub(super) fn traced() -> Self {
        Self {
            trace: Some(Trace::default()),
            ..Self::default()
        }
    }

    /// Ends a step that refuses for these reasons, if there are any.
    pub(super) fn close(
        &mut self,
        step: Step,
        verdict: Verdict,
        reasons: Vec<Reason>,
        remark: impl FnOnce() -> String,
    ) -> Result<(), Refusal> {
        let refusal = if reasons.is_empty() {
            Ok(())
        } else {
            Err(Refusal::new(verdict, reasons))
        };
        self.note(step, refusal, |()| remark())
    }

    /// Ends a step whose outcome is there already.
    pub(super) fn note<T>(
        &mut self,
        step: Step,
        outcome: Result<T, Refusal>,
        remark: impl FnOnce(&T) -> String,
    ) -> Result<T, Refusal> {
        if let Some(trace) = &mut self.trace {
            let (reasons, remark) = match &outcome {
                Ok(value) => (Vec::new(), remark(value)),
                Err(refusal) => (refusal.reasons.clone(), String::new()),
            };
            trace.steps.push(Taken {
                step,
                reasons,
                remark,
            });
        }
        outcome
    }

    /// Notes what a policy says, if anybody reads it.
    pub(super) fn consider(
        &mut self,
        consider: impl FnOnce() -> Considered,
    ) -> Option<&Considered> {
        let trace = self.trace.as_mut()?;
        trace.policies.push(consider());
        trace.policies.last()
    }

    /// What was written down; nothing where nobody asked.
    pub(super) fn into_trace(self) -> Trace {
        self.trace.unwrap_or_default()
    }
}
