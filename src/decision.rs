//! The decision on one request: a pure function of the request, the control zone, what is known of its key, and now.
//!
//! In comes a [`Case`]; out comes a [`Judgement`]: approved by one policy that admits the whole request, or refused with
//! every reason of the first step that found one. [`Approved`] can be made nowhere else, and nothing else can be signed.
//! The order of steps is fixed: the signer, deny policies, approval policies, then keys and the CA. No file, no clock.

mod admission;
mod agreement;
pub mod approve;
pub mod asked;
pub mod assent;
pub mod authority;
pub mod candidate;
mod case;
pub mod common_name;
pub mod counting;
pub mod coverage;
pub mod deny;
mod exhaustion;
pub mod facts;
mod faults;
pub mod folding;
pub mod form;
mod minutes;
mod objections;
mod refusal;
pub mod reserved;
mod revoked;
mod rules;
pub mod ruling;
pub mod select;
pub mod signer;
pub mod together;
pub mod trace;
pub mod values;

use std::sync::Arc;

pub use crate::decision::case::Case;
pub use crate::decision::refusal::Refusal;

use crate::control::ControlZone;
use crate::control::approval_policy::{ApprovalPolicy, Mode};
use crate::control::identity::Identity;
use crate::control::profile::Profile;
use crate::control::signer::Signer;
use crate::decision::admission::admit;
use crate::decision::agreement::agree;
use crate::decision::asked::Asked;
use crate::decision::assent::Counted;
use crate::decision::candidate::Candidate;
use crate::decision::minutes::Minutes;
use crate::decision::trace::{Considered, Step, Trace};
use crate::decision::values::Values;
use crate::effort::{Allowances, Effort};
use crate::expression::facts::Facts;
use crate::finding::{Code, Reason};
use crate::report::{Assent, Verdict};
use crate::request::Request;
use crate::yaml::suggest;

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
    /// How many units of work the policies took.
    pub work: u64,
}

/// Decides one request.
#[must_use]
pub fn decide<'a>(case: &Case<'a, '_>) -> Judgement<'a> {
    let (mut minutes, allowances) = (Minutes::default(), Allowances::default());
    let decision = judge(case, &allowances, &mut minutes);
    Judgement {
        decision,
        candidate: minutes.candidate,
        notices: minutes.notices,
        assents: minutes.assents,
        work: allowances.used(),
    }
}

/// Decides one request as [`decide`] does, and tells how the decision fell.
#[must_use]
pub fn explain<'a>(case: &Case<'a, '_>) -> (Judgement<'a>, Trace) {
    let (mut minutes, allowances) = (Minutes::traced(), Allowances::default());
    let decision = judge(case, &allowances, &mut minutes);
    let judgement = Judgement {
        decision,
        candidate: minutes.candidate.clone(),
        notices: std::mem::take(&mut minutes.notices),
        assents: std::mem::take(&mut minutes.assents),
        work: allowances.used(),
    };
    (judgement, minutes.into_trace())
}

/// The steps in their order; each is left with all of its findings.
fn judge<'a>(
    case: &Case<'a, '_>,
    allowances: &Allowances,
    minutes: &mut Minutes,
) -> Result<Approved<'a>, Refusal> {
    let &Case {
        request, zone, now, ..
    } = case;
    judge_bytes(case, minutes)?;
    let signer = minutes.note(Step::Signer, route(request, zone), |signer| {
        format!("`{}` signs for `{}`", signer.name, signer.signer_name)
    })?;
    minutes.notices.extend(legacy(signer));
    minutes.notices.extend(folding::notice(request));
    let candidate = Candidate::of(request, signer, now, &mut minutes.notices);
    minutes.candidate = Some(candidate.clone());
    let gathered = gather(case, signer, &candidate);
    let values = Values::of(&request.csr.subject, &request.csr.sans);
    let effort = &allowances.decision;
    let asked = ask(case, signer, &candidate, &values, gathered.as_ref(), effort);
    // What decides nothing may not use up what decides.
    let tried = asked.within(&allowances.aside);
    let beyond = signer::violations(request, signer, &asked);
    minutes.close(Step::SignerRules, Verdict::Denied, beyond, || {
        let lifetime = candidate.lifetime;
        format!("profile, usages, keys and limits hold; a lifetime of {lifetime}")
    })?;
    let hits = deny_hits(zone, &asked, &tried, minutes);
    minutes.close(Step::DenyPolicies, Verdict::Denied, hits, || {
        format!("no hit of {}", number(zone.deny_policies.len(), "policy"))
    })?;
    let told = asked.within(&allowances.words);
    let admitted = admit(zone, &asked, &tried, &told, minutes);
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

/// The steps for which no Signer need be known.
fn judge_bytes(case: &Case<'_, '_>, minutes: &mut Minutes) -> Result<(), Refusal> {
    let is_ca = authority::is_ca_key(case.request, case.zone);
    minutes.close(Step::Structure, Verdict::Invalid, is_ca, || {
        "the key is that of no CA".to_owned()
    })?;
    let again = revoked::content(case);
    minutes.close(Step::AlreadySigned, Verdict::Denied, again, || {
        "no certificate of these very bytes was revoked".to_owned()
    })
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
    effort: &'a Effort,
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
        effort,
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
fn deny_hits(
    zone: &ControlZone,
    asked: &Asked<'_>,
    tried: &Asked<'_>,
    minutes: &mut Minutes,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for policy in &zone.deny_policies {
        let asked = match policy.mode {
            Mode::Enforce => asked,
            Mode::Audit => tried,
        };
        let considered = minutes.consider(|| deny::consider(policy, asked));
        let told = considered.map(Considered::objections);
        let hits = told.unwrap_or_else(|| deny::hits(policy, asked));
        if policy.mode == Mode::Enforce && asked.effort.is_exhausted() {
            reasons.push(exhaustion::reason(&policy.name, &policy.origin));
            break;
        }
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
