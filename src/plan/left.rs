//! What is left of the attention while a plan is made.
//!
//! In come the requests one by one, with what became of them; out comes whether the next one is decided, and told.

use crate::decision::Refusal;
use crate::finding::Code;
use crate::names::RequestName;
use crate::plan::attention::Only;
use crate::plan::evidence::Evidence;
use crate::report::Verdict;
use crate::request::Request;

// What it costs to compare a name with a constraint, and to make and to show a reason, in units of a few nanoseconds.
const COMPARISON: u64 = 8;
const REASON: u64 = 1_000;
// What a policy looks at besides names.
const PARTS: usize = 10;

/// What is left of the attention while a plan is made.
#[derive(Debug)]
pub(super) struct Left<'e, 'a> {
    evidence: &'e Evidence<'a>,
    told: usize,
    patience: u64,
    counts_all: bool,
}

impl<'e, 'a> Left<'e, 'a> {
    pub(super) fn of(evidence: &'e Evidence<'a>) -> Self {
        let attention = evidence.attention;
        Self {
            evidence,
            told: attention.told,
            patience: attention.patience,
            counts_all: attention.counts_all || !evidence.rules_before.is_empty(),
        }
    }

    /// Whether anybody asks about a request.
    pub(super) fn asks(&self, name: &RequestName) -> bool {
        match self.evidence.attention.only {
            Only::Everything => true,
            Only::Introduced => self.evidence.introductions.contains_key(name),
            Only::Named(names) => names.contains(name),
        }
    }

    /// Whether what each policy says of a request is told, which takes as much of what is left as they look at.
    pub(super) fn is_told(&mut self, request: &Request) -> bool {
        let zone = self.evidence.zone;
        let policies = zone.approval_policies.len() + zone.deny_policies.len();
        // The subject, the key and the lifetime are looked at as well.
        let looked_at = (1 + policies).saturating_mul(PARTS + request.csr.sans.len());
        let rest = self.told.checked_sub(looked_at);
        self.told = rest.unwrap_or(self.told);
        rest.is_some()
    }

    /// Counts what a request took, if it is counted: so many units of the policies, the constraints of its CAs, and the words.
    pub(super) fn bear(&mut self, request: &Request, work: u64, refusal: Option<&Refusal>) {
        let is_denied = refusal.is_some_and(|refusal| refusal.verdict == Verdict::Denied);
        if !is_denied && !self.counts_all {
            return;
        }
        let signer = self.evidence.zone.signer(&request.signer_name);
        let chain = signer
            .into_iter()
            .flat_map(|signer| signer.authority.chain());
        let subtrees: usize = chain.map(|ca| ca.constraints.len()).sum();
        let compared = if refusal.is_none_or(comes_to_the_ca) {
            subtrees.saturating_mul(request.csr.sans.len())
        } else {
            0
        };
        let reasons = refusal.map_or(0, |refusal| refusal.reasons.len());
        self.take(1, work);
        self.take(compared, COMPARISON);
        self.take(reasons, REASON);
    }

    fn take(&mut self, number: usize, units: u64) {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        self.patience = self.patience.saturating_sub(number.saturating_mul(units));
    }

    /// Whether nothing more is decided.
    pub(super) fn is_lost(&self) -> bool {
        self.patience == 0
    }

    pub(super) fn units(&self) -> u64 {
        self.patience
    }
}

/// Whether the decision fell at the last step but one, which compares the names with what the CAs may certify.
fn comes_to_the_ca(refusal: &Refusal) -> bool {
    use Code::{BeyondCa, KeyBlocked, KeyReused, NameConstraint, UsageBeyondCa};
    let mut codes = refusal.reasons.iter().map(|reason| reason.code);
    codes.any(|code| {
        matches!(
            code,
            BeyondCa | KeyBlocked | KeyReused | NameConstraint | UsageBeyondCa
        )
    })
}
