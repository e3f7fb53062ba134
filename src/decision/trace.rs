//! How a decision fell: what each step, each policy and each part of a policy said, so that people can follow it.
//!
//! It is written down by the same walk that decides, with words for what holds as well as for what does not, and each
//! with the field of the control zone that it rests on.

use serde::Serialize;

use crate::control::approval_policy::Mode;
use crate::control::origin::Origin;
use crate::finding::{Reason, Rule};

/// What was written down about one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The steps that were taken, in their order; the last one may have refused.
    pub steps: Vec<Taken>,
    /// What each policy said, as far as the decision came: deny policies first, each by name.
    pub policies: Vec<Considered>,
}

/// A step of a decision, in the order in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// The manifest and its CSR are read.
    Read,
    /// The key is no CA's.
    Structure,
    /// No certificate of these bytes was revoked.
    AlreadySigned,
    /// Somebody signs for this signer name.
    Signer,
    /// The Signer may sign such a certificate.
    SignerRules,
    /// No deny policy has a hit.
    DenyPolicies,
    /// One approval policy admits all of it.
    ApprovalPolicies,
    /// The people whom that policy asks agreed.
    Approvals,
    /// The key is not somebody else's, and the CA may certify it.
    KeyAndCa,
    /// The rules before the change allow it, too.
    RulesBefore,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Read,
        Self::Structure,
        Self::AlreadySigned,
        Self::Signer,
        Self::SignerRules,
        Self::DenyPolicies,
        Self::ApprovalPolicies,
        Self::Approvals,
        Self::KeyAndCa,
        Self::RulesBefore,
    ];

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Structure => "structure",
            Self::AlreadySigned => "already signed",
            Self::Signer => "signer",
            Self::SignerRules => "signer's rules",
            Self::DenyPolicies => "deny policies",
            Self::ApprovalPolicies => "approval policies",
            Self::Approvals => "approvals",
            Self::KeyAndCa => "key and CA",
            Self::RulesBefore => "rules before",
        }
    }
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Which one.
    pub step: Step,
    /// Why it refused; none when it did not.
    pub reasons: Vec<Reason>,
    /// What it found when it did not refuse.
    pub remark: String,
}

/// A policy and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// The name of the policy.
    pub policy: String,
    /// `ApprovalPolicy` or `DenyPolicy`.
    pub kind: &'static str,
    /// What it is for.
    pub description: Option<String>,
    /// Where its name stands.
    pub rule: Rule,
    /// Whether it decides or is only reported.
    pub mode: Mode,
    /// The parts of its selector.
    pub selector: Vec<Part>,
    /// What it looked at; nothing when it is not for such a request.
    pub parts: Vec<Part>,
}

impl Considered {
    /// The same with the file and line of each field that a part rests on.
    #[must_use]
    pub(super) fn placed(self, origin: &Origin) -> Self {
        let policy = self.policy.clone();
        let placed = |parts: Vec<Part>| {
            let parts = parts.into_iter();
            parts.map(|part| part.placed(&policy, origin)).collect()
        };
        Self {
            selector: placed(self.selector),
            parts: placed(self.parts),
            ..self
        }
    }

    /// Everything that it has against the request; nothing when it is not for such a request.
    #[must_use]
    pub fn objections(&self) -> Vec<Reason> {
        self.failing().cloned().collect()
    }

    fn failing(&self) -> impl Iterator<Item = &Reason> {
        self.parts.iter().filter_map(Part::objection)
    }

    /// What it comes to.
    #[must_use]
    pub fn outcome(&self) -> Outcome<'_> {
        if let Some(reason) = self.selector.iter().find_map(Part::objection) {
            return Outcome::NotSelected(reason);
        }
        let reasons: Vec<&Reason> = self.failing().collect();
        if reasons.is_empty() {
            Outcome::Passes
        } else {
            Outcome::Objects(reasons)
        }
    }
}

impl Considered {
    /// The policy and what it said in one line; its reasons are only counted.
    #[must_use]
    pub fn line(&self) -> String {
        let what = match (self.outcome(), self.kind) {
            (Outcome::NotSelected(reason), _) => format!("not for it: {}", reason.message),
            (Outcome::Passes, "DenyPolicy") => "no hit".to_owned(),
            (Outcome::Passes, _) => "admits".to_owned(),
            (Outcome::Objects(reasons), "DenyPolicy") => format!("hits, {}", number(&reasons)),
            (Outcome::Objects(reasons), _) => format!("does not admit, {}", number(&reasons)),
        };
        let is_audit = self.mode == Mode::Audit;
        let audit = if is_audit { " (audit)" } else { "" };
        format!("{} {}{audit}: {what}", self.kind, self.policy)
    }
}

fn number(reasons: &[&Reason]) -> String {
    let plural = if reasons.len() == 1 { "" } else { "s" };
    format!("{} reason{plural}", reasons.len())
}

/// What a policy says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<'c> {
    /// It is not for such a request: the first part of its selector that does not hold.
    NotSelected(&'c Reason),
    /// An approval policy admits, a deny policy has no hit.
    Passes,
    /// Why an approval policy does not admit, or what a deny policy hit.
    Objects(Vec<&'c Reason>),
}

/// One thing that a policy looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Nothing is wrong with it.
    Holds(Remark),
    /// Something is.
    Fails(Reason),
}

impl Part {
    /// What is wrong.
    #[must_use]
    pub fn objection(&self) -> Option<&Reason> {
        match self {
            Self::Holds(_) => None,
            Self::Fails(reason) => Some(reason),
        }
    }

    fn placed(self, policy: &str, origin: &Origin) -> Self {
        match self {
            Self::Holds(mut remark) => {
                let field = remark.rule.take().map(|rule| rule.field);
                remark.rule = field.map(|field| origin.rule(&field));
                Self::Holds(remark)
            }
            Self::Fails(reason) => Self::Fails(origin.place(reason.policy(policy))),
        }
    }
}

/// Why nothing is wrong with something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The field of the request that was looked at.
    pub field: Option<String>,
    /// The value that is there.
    pub value: Option<String>,
    /// What was found: lower case, no full stop.
    pub message: String,
    /// What it rests on.
    pub rule: Option<Rule>,
}

impl Remark {
    /// A remark that says `message`; the rest is added by the methods below.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            field: None,
            value: None,
            message: message.into(),
            rule: None,
        }
    }

    /// Names the field of the request.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Shows the value.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// Names the field of the policy that it rests on.
    #[must_use]
    pub fn rule(mut self, field: impl Into<String>) -> Self {
        self.rule = Some(Rule::new(field));
        self
    }
}
