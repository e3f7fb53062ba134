//! The decision on one request: a pure function of the request, the control zone, what is known of its key, and now.
//!
//! In comes a [`Case`]; out comes a [`Judgement`]: approved by one policy that admits the whole request, or refused with
//! every reason of the first step that found one. [`Approved`] can be made nowhere else, and nothing else can be signed.
//! The order of steps is fixed: the signer, deny policies, approval policies, then keys and the CA. No file, no clock.

mod admission;
pub mod approve;
pub mod asked;
pub mod assent;
pub mod authority;
pub mod candidate;
pub mod common_name;
pub mod counting;
pub mod coverage;
pub mod deny;
pub mod facts;
mod faults;
pub mod folding;
pub mod form;
mod minutes;
mod objections;
mod refusal;
pub mod reserved;
mod rules;
pub mod ruling;
pub mod select;
pub mod signer;
pub mod together;
pub mod trace;
pub mod values;

use std::sync::Arc;

pub use crate::decision::refusal::Refusal;

use crate::control::ControlZone;
use crate::control::approval_policy::{ApprovalPolicy, Mode};
use crate::control::identity::Identity;
use crate::control::profile::Profile;
use crate::control::signer::Signer;
use crate::decision::admission::{Admitted, admit};
use crate::decision::asked::Asked;
use crate::decision::assent::{Counted, Poll};
use crate::decision::candidate::Candidate;
use crate::decision::minutes::Minutes;
use crate::decision::trace::{Step, Trace};
use crate::decision::values::Values;
use crate::expression::facts::Facts;
use crate::finding::{Code, Reason};
use crate::report::{Assent, Verdict};
use crate::request::Request;
use crate::snapshot::KeyOwner;
use crate::timestamp::Timestamp;
use crate::trust::Testimony;
use crate::yaml::suggest;

/// What one decision is made of.
#[derive(Clone, Debug)]
pub struct Case<'a, 't> {
    /// The request.
    pub request: &'a Request,
    /// The rules.
    pub zone: &'a ControlZone,
    /// Who asked, and who has approved.
    pub testimony: &'t Testimony,
    /// Another request that has the same key, certified or earlier on the mainline.
    pub key_owner: Option<&'t KeyOwner>,
    /// The clock.
    pub now: Timestamp,
}

/// A request that one policy admits as a whole. Only [`decide`] can make one.
#[derive(Clone, Debug)]
pub struct Approved<'a> {
    request: &'a Request,
    signer: &'a Signer,
    policy: &'a ApprovalPolicy,
    candidate: Candidate,
    requester: Identity,
    approvals: Counted,
}

impl<'a> Approved<'a> {
    /// What was asked.
    #[must_use]
    pub fn request(&self) -> &'a Request {
        self.request
    }

    /// Who signs it.
    #[must_use]
    pub fn signer(&self) -> &'a Signer {
        self.signer
    }

    /// The policy that admits it.
    #[must_use]
    pub fn policy(&self) -> &'a ApprovalPolicy {
        self.policy
    }

    /// The validity that it gets.
    #[must_use]
    pub fn candidate(&self) -> &Candidate {
        &self.candidate
    }

    /// Who asked.
    #[must_use]
    pub fn requester(&self) -> &Identity {
        &self.requester
    }

    /// The approvals that were counted, by the people who gave them.
    #[must_use]
    pub fn approvals(&self) -> &Counted {
        &self.approvals
    }
}

/// The outcome of [`decide`].
#[derive(Clone, Debug)]
pub struct Judgement<'a> {
    /// Approved or not.
    pub decision: Result<Approved<'a>, Refusal>,
    /// The validity that it would get; `None` when there is no signer for it.
    pub candidate: Option<Candidate>,
    /// What changes no verdict.
    pub notices: Vec<Reason>,
    /// How far the approvals have come that admitting policies ask for.
    pub assents: Vec<Assent>,
}

/// Decides one request.
#[must_use]
pub fn decide<'a>(case: &Case<'a, '_>) -> Judgement<'a> {
    let mut minutes = Minutes::default();
    let decision = judge(case, &mut minutes);
    Judgement {
        decision,
        candidate: minutes.candidate,
        notices: minutes.notices,
        assents: minutes.assents,
    }
}

/// Decides one request as [`decide`] does, and tells how the decision fell.
#[must_use]
pub fn explain<'a>(case: &Case<'a, '_>) -> (Judgement<'a>, Trace) {
    let mut minutes = Minutes::traced();
    let decision = judge(case, &mut minutes);
    let judgement = Judgement {
        decision,
        candidate: minutes.candidate.clone(),
        notices: std::mem::take(&mut minutes.notices),
        assents: std::mem::take(&mut minutes.assents),
    };
    (judgement, minutes.into_trace())
}

/// The steps in their order; each is left with all of its findings.
fn judge<'a>(case: &Case<'a, '_>, minutes: &mut Minutes) -> Result<Approved<'a>, Refusal> {
    let &Case {
        request, zone, now, ..
    } = case;
    let is_ca = authority::is_ca_key(request, zone);
    minutes.close(Step::Structure, Verdict::Invalid, is_ca, || {
        "the key is that of no CA".to_owned()
    })?;
    let signer = minutes.note(Step::Signer, route(request, zone), |signer| {
        format!("`{}` signs for `{}`", signer.name, signer.signer_name)
    })?;
    minutes.notices.extend(legacy(signer));
    minutes.notices.extend(folding::notice(request));
    let candidate = Candidate::of(request, signer, now, &mut minutes.notices);
    minutes.candidate = Some(candidate.clone());
    let gathered = gather(case, signer, &candidate);
    let values = Values::of(&request.csr.subject, &request.csr.sans);
    let asked = ask(case, signer, &candidate, &values, gathered.as_ref());
    let beyond = signer::violations(request, signer, &asked);
    minutes.close(Step::SignerRules, Verdict::Denied, beyond, || {
        let lifetime = candidate.lifetime;
        format!("profile, usages, keys and limits hold; a lifetime of {lifetime}")
    })?;
    let hits = deny_hits(zone, &asked, minutes);
    minutes.close(Step::DenyPolicies, Verdict::Denied, hits, || {
        format!("no hit of {}", number(zone.deny_policies.len(), "policy"))
    })?;
    let admitted = admit(zone, &asked, minutes);
    let admitted = minutes.note(Step::ApprovalPolicies, admitted, |admitted| {
        format!("admitted by {}", named(&admitted.admitting))
    })?;
    let (policy, approvals) = agree(case, signer, &candidate, &admitted, minutes)?;
    Ok(Approved {
        request,
        signer,
        policy,
        candidate,
        requester: case.testimony.identity.clone(),
        approvals,
    })
}

/// The last two steps: what people say, and what keys and CAs forbid whatever people say.
fn agree<'a>(
    case: &Case<'a, '_>,
    signer: &Signer,
    candidate: &Candidate,
    admitted: &Admitted<'a>,
    minutes: &mut Minutes,
) -> Result<(&'a ApprovalPolicy, Counted), Refusal> {
    let poll = Poll {
        request: case.request,
        zone: case.zone,
        testimony: case.testimony,
    };
    let rejected = poll.rejected(&admitted.applicable);
    let able = |policy: &ApprovalPolicy| able(case, signer, candidate, policy);
    let outcome = if rejected.is_empty() {
        poll.complete(&admitted.admitting, &mut minutes.assents)
    } else {
        Err(Refusal::new(Verdict::Denied, rejected))
    };
    let outcome = minutes.note(Step::Approvals, outcome, |(policy, counted)| {
        counted_by(policy, counted)
    });
    let (policy, approvals) = match outcome {
        Ok(complete) => complete,
        Err(refusal) if refusal.verdict == Verdict::Denied => return Err(refusal),
        Err(pending) => {
            let obstacles = obstacles(&admitted.admitting, able);
            let reasons = obstacles.clone();
            minutes
                .close(Step::KeyAndCa, Verdict::Denied, reasons, unobjectionable)
                .unwrap_or_default();
            return Err(with_obstacles(pending, obstacles));
        }
    };
    minutes.note(Step::KeyAndCa, able(policy), |()| unobjectionable())?;
    Ok((policy, approvals))
}

fn unobjectionable() -> String {
    "the key is not another request's, and the CA may certify all of it".to_owned()
}

fn counted_by(policy: &ApprovalPolicy, counted: &Counted) -> String {
    if counted.is_empty() {
        return format!("`{}` asks for none", policy.name);
    }
    let people: Vec<String> = counted.keys().map(|name| format!("`{name}`")).collect();
    format!("complete for `{}`: {}", policy.name, people.join(", "))
}

fn named(policies: &[&ApprovalPolicy]) -> String {
    let names = policies.iter().map(|policy| format!("`{}`", policy.name));
    names.collect::<Vec<_>>().join(", ")
}

fn number(count: usize, what: &str) -> String {
    match (count, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {what}s"),
    }
}

/// What keys and CAs forbid, whatever people say.
fn able(
    case: &Case<'_, '_>,
    signer: &Signer,
    candidate: &Candidate,
    policy: &ApprovalPolicy,
) -> Result<(), Refusal> {
    unless_any(Verdict::Failed, authority::is_out_of_time(signer, case.now))?;
    let mut reasons = authority::key_reuse(case.key_owner, &case.testimony.identity, policy);
    reasons.extend(authority::leaked_key(case.request));
    reasons.extend(authority::violations(case.request, signer, candidate));
    unless_any(Verdict::Denied, reasons)
}

/// What every policy of these meets: the reasons of the first, none when one of them meets nothing.
fn obstacles(
    admitting: &[&ApprovalPolicy],
    is_able: impl Fn(&ApprovalPolicy) -> Result<(), Refusal>,
) -> Vec<Reason> {
    let obstacles = admitting.iter().map(|policy| is_able(policy).err());
    let obstacles: Option<Vec<Refusal>> = obstacles.collect();
    let first = obstacles.and_then(|refusals| refusals.into_iter().next());
    first.map_or_else(Vec::new, |refusal| refusal.reasons)
}

/// Nobody is asked to approve what can't be signed, so that is shown as well.
fn with_obstacles(mut pending: Refusal, obstacles: Vec<Reason>) -> Refusal {
    pending.reasons.extend(obstacles);
    pending
}

fn unless_any(verdict: Verdict, reasons: Vec<Reason>) -> Result<(), Refusal> {
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(Refusal::new(verdict, reasons))
    }
}

/// What rules see; without a rule nobody looks.
fn gather(case: &Case<'_, '_>, signer: &Signer, candidate: &Candidate) -> Option<Arc<Facts>> {
    let facts = || {
        facts::facts(
            case.request,
            &case.testimony.identity,
            signer,
            candidate,
            case.now,
        )
    };
    case.zone.has_rules().then(|| Arc::new(facts()))
}

fn ask<'a>(
    case: &'a Case<'_, '_>,
    signer: &Signer,
    candidate: &Candidate,
    values: &'a Values<'a>,
    facts: Option<&'a Arc<Facts>>,
) -> Asked<'a> {
    let request = case.request;
    Asked {
        facts,
        requester: &case.testimony.identity,
        request: &request.name,
        signer_name: &request.signer_name,
        profile: signer.profile,
        usages: &request.usages,
        labels: &request.metadata.labels,
        subject: &request.csr.subject,
        sans: &request.csr.sans,
        values,
        key: &request.csr.key,
        lifetime: candidate.lifetime,
        has_expiration: request.expiration.is_some(),
    }
}

fn route<'a>(request: &Request, zone: &'a ControlZone) -> Result<&'a Signer, Refusal> {
    zone.signer(&request.signer_name).ok_or_else(|| {
        let known: Vec<&str> = zone
            .signers
            .iter()
            .map(|signer| signer.signer_name.as_str())
            .collect();
        let reason = Reason::new(
            Code::NoSigner,
            format!("no Signer of this repository is `{}`", request.signer_name),
        )
        .field("spec.signerName")
        .value(request.signer_name.as_str())
        .help(suggest(request.signer_name.as_str(), &known));
        Refusal::new(Verdict::Ignored, vec![reason])
    })
}

/// Says that a Signer has no rules of its own and should go.
fn legacy(signer: &Signer) -> Option<Reason> {
    let message = "Kubernetes retired the signer `kubernetes.io/legacy-unknown`, which has no rules of its own";
    let notice = Reason::new(Code::LegacySigner, message)
        .field("spec.signerName")
        .help("name a signer for one purpose, such as `kubernetes.io/kube-apiserver-client`");
    (signer.profile == Some(Profile::LegacyUnknown)).then_some(notice)
}

/// The hits of all deny policies; those in audit mode are only noted.
fn deny_hits(zone: &ControlZone, asked: &Asked<'_>, minutes: &mut Minutes) -> Vec<Reason> {
    minutes.consider(&zone.deny_policies, |policy| deny::consider(policy, asked));
    let mut reasons = Vec::new();
    for policy in &zone.deny_policies {
        let hits = deny::hits(policy, asked);
        if policy.mode == Mode::Enforce {
            reasons.extend(hits);
        } else {
            minutes.notices.extend(hits.into_iter().map(|hit| Reason {
                code: Code::AuditDenies,
                ..hit
            }));
        }
    }
    reasons
}
