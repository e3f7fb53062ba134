//! What `check`, `plan` and `run` say: one object that every output format is made of.
//!
//! In come decisions; out goes a [`Report`] whose JSON is relied on from outside: every key is always there, what does
//! not apply is `null`, results are sorted by path. It holds no policy of its own but [`Report::exit_code`].

mod changes;
mod review;
mod verdict;

use serde::Serialize;

use crate::finding::{Finding, Reason};
use crate::names::{ObjectId, RepoPath, RequestName, SignerName};
use crate::timestamp::Timestamp;

pub use crate::report::changes::{Change, Changes, Direction, Side};
pub use crate::report::review::{Assent, Details, Grounds, Lack, Opinion, Refuser};
pub use crate::report::verdict::Verdict;

/// The version of every object that a command prints.
pub const API_VERSION: &str = "gitca.dev/v1alpha1";

/// Who asked, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requester {
    /// The Principal, when one is proven.
    pub principal: Option<String>,
    /// The author's name, as git says.
    pub name: Option<String>,
    /// The author's e-mail address, as git says.
    pub email: Option<String>,
    /// What proved it: `signature` or `author`.
    pub method: Option<&'static str>,
    /// Whether it was proven by a signature.
    pub verified: bool,
}

/// The verdict on one file of `requests/`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestResult {
    /// The request; `None` for a file that is none.
    pub request: Option<RequestName>,
    /// Its manifest.
    pub file: RepoPath,
    /// The signer that it asks for.
    pub signer_name: Option<SignerName>,
    /// What became of it.
    pub verdict: Verdict,
    /// The policy that admits it.
    pub policy: Option<String>,
    /// Who asked.
    pub requester: Option<Requester>,
    /// Of the certificate, in hexadecimal.
    pub serial_number: Option<String>,
    /// The end of the certificate.
    pub not_after: Option<Timestamp>,
    /// Why, nearest policy first.
    pub reasons: Vec<Reason>,
    /// What a reviewer must know, for text outputs.
    #[serde(skip)]
    pub details: Option<Details>,
}

/// How many files got each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Signed in this run.
    pub issued: usize,
    /// Signed before.
    pub unchanged: usize,
    /// Would be signed.
    pub approved: usize,
    /// Waiting for approvals.
    pub pending: usize,
    /// Refused by policy.
    pub denied: usize,
    /// No proper request.
    pub invalid: usize,
    /// For no signer of this repository.
    pub ignored: usize,
    /// Approved, but not signed.
    pub failed: usize,
}

impl Summary {
    /// Counts one more of this verdict.
    pub fn count(&mut self, verdict: Verdict, number: usize) {
        *self.slot(verdict) += number;
    }

    /// How many got this verdict.
    #[must_use]
    pub fn get(mut self, verdict: Verdict) -> usize {
        *self.slot(verdict)
    }

    fn slot(&mut self, verdict: Verdict) -> &mut usize {
        match verdict {
            Verdict::Issued => &mut self.issued,
            Verdict::Unchanged => &mut self.unchanged,
            Verdict::Approved => &mut self.approved,
            Verdict::Pending => &mut self.pending,
            Verdict::Denied => &mut self.denied,
            Verdict::Invalid => &mut self.invalid,
            Verdict::Ignored => &mut self.ignored,
            Verdict::Failed => &mut self.failed,
        }
    }
}

/// What a command found and did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Always `gitca.dev/v1alpha1`.
    pub api_version: &'static str,
    /// Always `Report`.
    pub kind: &'static str,
    /// `check`, `plan` or `run`.
    pub command: &'static str,
    /// The commit that was judged; `None` for a work tree.
    pub commit: Option<ObjectId>,
    /// The commit that was made.
    pub issue_commit: Option<ObjectId>,
    /// One for each file, sorted by path.
    pub results: Vec<RequestResult>,
    /// What changes no verdict.
    pub notices: Vec<Finding>,
    /// Why nothing, or not all, could be done.
    pub errors: Vec<Finding>,
    /// What would be signed, as one digest.
    pub plan_digest: Option<String>,
    /// The results counted.
    pub summary: Summary,
    /// What a change was judged on, for text outputs.
    #[serde(skip)]
    pub grounds: Option<Grounds>,
    /// Where a change touches the policies, the other decisions that it changes, for text outputs.
    #[serde(skip)]
    pub changes: Option<Changes>,
}

impl Report {
    /// An empty report of this command.
    #[must_use]
    pub fn new(command: &'static str) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Report",
            command,
            commit: None,
            issue_commit: None,
            results: Vec::new(),
            notices: Vec::new(),
            errors: Vec::new(),
            plan_digest: None,
            summary: Summary::default(),
            grounds: None,
            changes: None,
        }
    }

    /// Gives every error and every reason a help with a command that can be pasted.
    pub fn advise(&mut self) {
        for error in &mut self.errors {
            *error = error.clone().advised(self.command);
        }
        for result in &mut self.results {
            for reason in &mut result.reasons {
                *reason = reason.clone().advised(Some(&result.file), self.command);
            }
        }
    }

    /// 2 when something could not be done, 1 when a verdict is among `findings`, else 0.
    #[must_use]
    pub fn exit_code(&self, findings: &[Verdict]) -> u8 {
        if !self.errors.is_empty() {
            return 2;
        }
        u8::from(
            findings
                .iter()
                .any(|verdict| self.summary.get(*verdict) > 0),
        )
    }
}
