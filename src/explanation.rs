//! How the decision on one request fell, as one object that every output is made of.
//!
//! In comes an entry of a plan that was made in detail; out goes an [`Explanation`]: each step, each policy, each part of it
//! with the line of the manifest and the line of the policy. Nothing is decided here; what is told is what decided.

use serde::Serialize;

use crate::control::approval_policy::Mode;
use crate::decision::trace::{Considered, Outcome, Part, Step, Taken};
use crate::finding::{Code, Reason, Rule};
use crate::names::{ObjectId, RepoPath, RequestName, SignerName};
use crate::plan::Entry;
use crate::report::{API_VERSION, Requester, Verdict};
use crate::snapshot::Snapshot;
use crate::timestamp::Timestamp;

/// How the decision on one request fell.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Always `gitca.dev/v1alpha1`.
    pub api_version: &'static str,
    /// Always `Explanation`.
    pub kind: &'static str,
    /// The commit that was judged; `None` for a work tree.
    pub commit: Option<ObjectId>,
    /// The request.
    pub request: RequestName,
    /// Its manifest.
    pub file: RepoPath,
    /// The signer that it asks for.
    pub signer_name: Option<SignerName>,
    /// Who asked.
    pub requester: Option<Requester>,
    /// What the rules say of it.
    pub verdict: Verdict,
    /// Whether `issued/` holds these very bytes, so that a run leaves it alone whatever the rules say now.
    pub is_issued: bool,
    /// The policy that admits it.
    pub policy: Option<String>,
    /// The end of its certificate, if it is approved.
    pub not_after: Option<Timestamp>,
    /// The steps, taken or not.
    pub steps: Vec<ToldStep>,
    /// What each policy says, as far as the decision came.
    pub policies: Vec<ToldPolicy>,
    /// What changes no verdict.
    pub notices: Vec<ToldReason>,
}

/// A step.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldStep {
    /// Which one.
    pub step: Step,
    /// What came of it.
    pub outcome: StepOutcome,
    /// What it found; `None` when it refused or was not reached.
    pub message: Option<String>,
    /// Why it refused.
    pub reasons: Vec<ToldReason>,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StepOutcome {
    /// Nothing is wrong.
    Passes,
    /// Something is.
    Refuses,
    /// A step before refused.
    NotReached,
}

/// A reason with what it rests on.
#[derive(Clone, Debug, Serialize)]
pub struct ToldReason {
    /// The reason.
    #[serde(flatten)]
    pub reason: Reason,
    /// The field of the control zone.
    pub rule: Option<Rule>,
}

/// A policy.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldPolicy {
    /// `ApprovalPolicy` or `DenyPolicy`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where its name stands.
    pub rule: Rule,
    /// `enforce` or `audit`.
    pub mode: &'static str,
    /// What it comes to.
    pub outcome: PolicyOutcome,
    /// The parts of its selector, then what it looked at.
    pub parts: Vec<ToldPart>,
}

/// What a policy comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PolicyOutcome {
    /// It is not for such a request.
    NotSelected,
    /// An approval policy that admits it.
    Admits,
    /// An approval policy that does not.
    DoesNotAdmit,
    /// A deny policy that has nothing against it.
    NoHit,
    /// A deny policy that has.
    Hits,
}

/// One thing that a policy looked at.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldPart {
    /// Whether nothing is wrong with it.
    pub holds: bool,
    /// What is wrong.
    pub code: Option<Code>,
    /// The field of the request.
    pub field: Option<String>,
    /// What is there.
    pub value: Option<String>,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line of the field in the manifest.
    pub line: Option<u32>,
    /// The field of the policy.
    pub rule: Option<Rule>,
}

impl Explanation {
    /// Tells how the decision on this entry fell.
    #[must_use]
    pub fn of(entry: &Entry<'_>, snapshot: &Snapshot) -> Self {
        let approved = entry.decision.as_ref().ok();
        let told = |policy| told_policy(policy, entry);
        Self {
            api_version: API_VERSION,
            kind: "Explanation",
            commit: snapshot.commit,
            request: entry.name.clone(),
            file: entry.name.manifest(),
            signer_name: entry.request.map(|request| request.signer_name.clone()),
            requester: entry.requester.clone(),
            verdict: entry.verdict(),
            is_issued: snapshot.is_unchanged(&entry.name),
            policy: approved.map(|approved| approved.policy().name.to_string()),
            not_after: approved.map(|approved| approved.candidate().not_after),
            steps: told_steps(&entry.trace.steps),
            policies: entry.trace.policies.iter().map(told).collect(),
            notices: told_reasons(&entry.notices),
        }
    }
}

fn told_steps(taken: &[Taken]) -> Vec<ToldStep> {
    let told = |step: Step| match taken.iter().find(|taken| taken.step == step) {
        None => ToldStep {
            step,
            outcome: StepOutcome::NotReached,
            message: None,
            reasons: Vec::new(),
        },
        Some(taken) if taken.reasons.is_empty() => ToldStep {
            step,
            outcome: StepOutcome::Passes,
            message: Some(taken.remark.clone()),
            reasons: Vec::new(),
        },
        Some(taken) => ToldStep {
            step,
            outcome: StepOutcome::Refuses,
            message: None,
            reasons: told_reasons(&taken.reasons),
        },
    };
    Step::ALL.map(told).into()
}

fn told_reasons(reasons: &[Reason]) -> Vec<ToldReason> {
    let told = |reason: &Reason| ToldReason {
        rule: reason.rule.as_deref().cloned(),
        reason: reason.clone(),
    };
    reasons.iter().map(told).collect()
}

fn told_policy(considered: &Considered, entry: &Entry<'_>) -> ToldPolicy {
    let denies = considered.kind == "DenyPolicy";
    let parts = considered.selector.iter().chain(&considered.parts);
    ToldPolicy {
        kind: considered.kind,
        name: considered.policy.clone(),
        description: considered.description.clone(),
        rule: considered.rule.clone(),
        mode: match considered.mode {
            Mode::Enforce => "enforce",
            Mode::Audit => "audit",
        },
        outcome: match (considered.outcome(), denies) {
            (Outcome::NotSelected(_), _) => PolicyOutcome::NotSelected,
            (Outcome::Passes, true) => PolicyOutcome::NoHit,
            (Outcome::Passes, false) => PolicyOutcome::Admits,
            (Outcome::Objects(_), true) => PolicyOutcome::Hits,
            (Outcome::Objects(_), false) => PolicyOutcome::DoesNotAdmit,
        },
        parts: parts.map(|part| told_part(part, entry)).collect(),
    }
}

fn told_part(part: &Part, entry: &Entry<'_>) -> ToldPart {
    let line = |field: &Option<String>| {
        let place = entry.request?.locate(field.as_deref()?)?;
        Some(place.line)
    };
    match part {
        Part::Holds(remark) => ToldPart {
            holds: true,
            code: None,
            line: line(&remark.field),
            field: remark.field.clone(),
            value: remark.value.clone(),
            message: remark.message.clone(),
            help: None,
            rule: remark.rule.clone(),
        },
        Part::Fails(reason) => ToldPart {
            holds: false,
            code: Some(reason.code),
            line: line(&reason.field),
            field: reason.field.clone(),
            value: reason.value.clone(),
            message: reason.message.clone(),
            help: reason.help.clone(),
            rule: reason.rule.as_deref().cloned(),
        },
    }
}
