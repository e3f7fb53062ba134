//! What became of a request, in one word that every output spells alike.
//!
//! The words are relied on from outside; which of them is strict and which is mild is decided elsewhere.

use std::fmt;

use serde::Serialize;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Signed in this run.
    Issued,
    /// This very content was signed before.
    Unchanged,
    /// Would be signed.
    Approved,
    /// Admitted by a policy, approvals missing.
    Pending,
    /// No policy admits it, or a deny policy hit.
    Denied,
    /// Not a proper request.
    Invalid,
    /// No Signer has that name.
    Ignored,
    /// Admitted and approved, but the signing broke.
    Failed,
}

impl Verdict {
    /// All verdicts, in the order of the summary.
    pub const ALL: [Self; 8] = [
        Self::Issued,
        Self::Unchanged,
        Self::Approved,
        Self::Pending,
        Self::Denied,
        Self::Invalid,
        Self::Ignored,
        Self::Failed,
    ];

    /// The word for it in every output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Unchanged => "unchanged",
            Self::Approved => "approved",
            Self::Pending => "pending",
            Self::Denied => "denied",
            Self::Invalid => "invalid",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
