//! What a decision came to, in the form in which two of them can be compared.
//!
//! In comes a decision, or why a request can't even be read; out comes a [`Ruling`] without anything that could be signed.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::decision::counting::Missing;
use crate::decision::refusal::Refusal;
use crate::decision::{Approved, Judgement};
use crate::finding::{Code, Reason};
use crate::names::ObjectName;
use crate::report::Verdict;

/// A verdict and everything that was said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The verdict of a run that signs nothing.
    pub verdict: Verdict,
    /// The policy that admits.
    pub policy: Option<ObjectName>,
    /// Why it is not approved.
    pub reasons: Vec<Reason>,
    /// What changes no verdict.
    pub notices: Vec<Reason>,
    /// The approvals that each policy misses.
    pub missing: BTreeMap<ObjectName, Vec<Missing>>,
}

impl Ruling {
    /// What this judgement on a request comes to.
    #[must_use]
    pub fn of(judgement: &Judgement<'_>) -> Self {
        Self::of_decision(&judgement.decision, judgement.notices.clone())
    }

    /// What this decision comes to, with what was noted on the way.
    #[must_use]
    pub fn of_decision(decision: &Result<Approved<'_>, Refusal>, notices: Vec<Reason>) -> Self {
        match decision {
            Ok(approved) => Self {
                verdict: Verdict::Approved,
                policy: Some(approved.policy().name.clone()),
                reasons: Vec::new(),
                notices,
                missing: BTreeMap::new(),
            },
            Err(refusal) => Self {
                verdict: refusal.verdict,
                policy: None,
                reasons: refusal.reasons.clone(),
                notices,
                missing: refusal.missing.clone(),
            },
        }
    }

    /// The ruling on what is no request.
    #[must_use]
    pub fn invalid(reasons: Vec<Reason>) -> Self {
        Self {
            verdict: Verdict::Invalid,
            policy: None,
            reasons,
            notices: Vec::new(),
            missing: BTreeMap::new(),
        }
    }
}

impl Serialize for Ruling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let codes: Vec<Code> = self.reasons.iter().map(|reason| reason.code).collect();
        let mut object = serializer.serialize_struct("Ruling", 6)?;
        object.serialize_field("verdict", &self.verdict)?;
        object.serialize_field("policy", &self.policy)?;
        object.serialize_field("codes", &codes)?;
        object.serialize_field("reasons", &self.reasons)?;
        object.serialize_field("notices", &self.notices)?;
        object.serialize_field("missing", &self.missing)?;
        object.end()
    }
}
