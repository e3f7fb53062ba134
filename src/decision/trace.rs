//! What each policy said of a request, so that people can see how a decision fell.
//!
//! It is made by the same walk over each policy that decides, with words for all of them.

use crate::control::approval_policy::Mode;
use crate::finding::Reason;

/// A policy and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// The name of the policy.
    pub policy: String,
    /// `ApprovalPolicy` or `DenyPolicy`.
    pub kind: &'static str,
    /// Whether it decides or is only reported.
    pub mode: Mode,
    /// What it said.
    pub outcome: Outcome,
}

impl Considered {
    /// The policy and what it said in one line; its reasons are only counted.
    #[must_use]
    pub fn line(&self) -> String {
        let what = match (&self.outcome, self.kind) {
            (Outcome::NotSelected(reason), _) => format!("not for it: {}", reason.message),
            (Outcome::Passes, "DenyPolicy") => "no hit".to_owned(),
            (Outcome::Passes, _) => "admits".to_owned(),
            (Outcome::Objects(reasons), "DenyPolicy") => format!("hits, {}", number(reasons)),
            (Outcome::Objects(reasons), _) => format!("does not admit, {}", number(reasons)),
        };
        let is_audit = self.mode == Mode::Audit;
        let audit = if is_audit { " (audit)" } else { "" };
        format!("{} {}{audit}: {what}", self.kind, self.policy)
    }
}

fn number(reasons: &[Reason]) -> String {
    let plural = if reasons.len() == 1 { "" } else { "s" };
    format!("{} reason{plural}", reasons.len())
}

/// What a policy says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is not for such a request: the first part of its selector that does not hold.
    NotSelected(Reason),
    /// An approval policy admits, a deny policy has no hit.
    Passes,
    /// Why an approval policy does not admit, or what a deny policy hit.
    Objects(Vec<Reason>),
}

impl Outcome {
    /// What these reasons come to.
    #[must_use]
    pub fn of(reasons: &[Reason]) -> Self {
        if reasons.is_empty() {
            Self::Passes
        } else {
            Self::Objects(reasons.to_vec())
        }
    }
}
