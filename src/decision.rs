//! The decision on one request: a pure function of the request, the control zone, what is known of its key, and now.
//!
//! In comes a [`Case`]; out comes a [`Judgement`]: approved by one policy that admits the whole request, or refused with
//! every reason of the first step that found one. [`Approved`] can be made nowhere else, and nothing else can be signed.
//! The order of steps is fixed: the signer, deny policies, approval policies, then keys and the CA. No file, no clock.

pub mod approve;
pub mod asked;
pub mod authority;
pub mod candidate;
pub mod common_name;
pub mod counting;
pub mod deny;
pub mod facts;
pub mod reserved;
mod rules;
pub mod select;
pub mod signer;
pub mod together;
pub mod trace;
pub mod values;

use std::sync::Arc;

use crate::control::ControlZone;
use crate::control::approval_policy::{ApprovalPolicy, Mode};
use crate::control::identity::Identity;
use crate::control::profile::Profile;
use crate::control::signer::Signer;
use crate::decision::asked::Asked;
use crate::decision::candidate::Candidate;
use crate::decision::trace::{Considered, Outcome};
use crate::expression::facts::Facts;
use crate::finding::{Code, Reason};
use crate::report::Verdict;
use crate::request::Request;
use crate::timestamp::Timestamp;
use crate::yaml::suggest;

/// What one decision is made of.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The request.
    pub request: &'a Request,
    /// The rules.
    pub zone: &'a ControlZone,
    /// Who asked.
    pub requester: &'a Identity,
    /// The path of another request that has the same key, certified or earlier on the mainline.
    pub key_owner: Option<String>,
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
}

/// A verdict other than approved, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What became of it.
    pub verdict: Verdict,
    /// Every reason of the step that refused it.
    pub reasons: Vec<Reason>,
}

impl Refusal {
    /// A refusal for these reasons.
    #[must_use]
    pub fn new(verdict: Verdict, reasons: Vec<Reason>) -> Self {
        Self { verdict, reasons }
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
    /// What each policy said, as far as the decision came: deny policies first, each by name.
    pub trace: Vec<Considered>,
}

/// What is written down on the way.
#[derive(Default)]
struct Minutes {
    candidate: Option<Candidate>,
    notices: Vec<Reason>,
    trace: Vec<Considered>,
}

/// Decides one request.
#[must_use]
pub fn decide<'a>(case: &Case<'a>) -> Judgement<'a> {
    let mut minutes = Minutes::default();
    let decision = judge(case, &mut minutes);
    Judgement {
        decision,
        candidate: minutes.candidate,
        notices: minutes.notices,
        trace: minutes.trace,
    }
}

/// The steps in their order; each is left with all of its findings.
fn judge<'a>(case: &Case<'a>, minutes: &mut Minutes) -> Result<Approved<'a>, Refusal> {
    let &Case {
        request, zone, now, ..
    } = case;
    unless_any(Verdict::Invalid, authority::is_ca_key(request, zone))?;
    let signer = route(request, zone)?;
    minutes.notices.extend(legacy(signer));
    let candidate = Candidate::of(request, signer, now, &mut minutes.notices);
    minutes.candidate = Some(candidate.clone());
    let gathered = gather(case, signer, &candidate);
    let asked = ask(case, signer, &candidate, gathered.as_ref());
    unless_any(Verdict::Denied, signer::violations(request, signer, &asked))?;
    unless_any(Verdict::Denied, deny_hits(zone, &asked, minutes))?;
    let policy = admit(zone, &asked, minutes)?;
    unless_any(Verdict::Failed, authority::is_out_of_time(signer, now))?;
    let mut reasons = authority::key_reuse(case.key_owner.as_deref(), policy);
    reasons.extend(authority::violations(request, signer, &candidate));
    unless_any(Verdict::Denied, reasons)?;
    Ok(Approved {
        request,
        signer,
        policy,
        candidate,
    })
}

fn unless_any(verdict: Verdict, reasons: Vec<Reason>) -> Result<(), Refusal> {
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(Refusal::new(verdict, reasons))
    }
}

/// What rules see; without a rule nobody looks.
fn gather(case: &Case<'_>, signer: &Signer, candidate: &Candidate) -> Option<Arc<Facts>> {
    let facts = || facts::facts(case.request, case.requester, signer, candidate, case.now);
    case.zone.has_rules().then(|| Arc::new(facts()))
}

fn ask<'a>(
    case: &Case<'a>,
    signer: &Signer,
    candidate: &Candidate,
    facts: Option<&'a Arc<Facts>>,
) -> Asked<'a> {
    let request = case.request;
    Asked {
        facts,
        requester: case.requester,
        request: &request.name,
        signer_name: &request.signer_name,
        profile: signer.profile,
        usages: &request.usages,
        labels: &request.metadata.labels,
        subject: &request.csr.subject,
        sans: &request.csr.sans,
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
    let mut reasons = Vec::new();
    for policy in &zone.deny_policies {
        let hits = deny::hits(policy, asked);
        let outcome = match select::failing(&policy.selector, asked) {
            Some(reason) => Outcome::NotSelected(reason),
            None => Outcome::of(&hits),
        };
        minutes.trace.push(Considered {
            policy: policy.name.to_string(),
            kind: "DenyPolicy",
            mode: policy.mode,
            outcome,
        });
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

/// The first policy by name that admits the whole request.
fn admit<'a>(
    zone: &'a ControlZone,
    asked: &Asked<'_>,
    minutes: &mut Minutes,
) -> Result<&'a ApprovalPolicy, Refusal> {
    let mut selectors = Vec::new();
    let mut refusals = Vec::new();
    let mut admitting = None;
    for policy in &zone.approval_policies {
        let mut consider = |outcome| {
            minutes.trace.push(Considered {
                policy: policy.name.to_string(),
                kind: "ApprovalPolicy",
                mode: policy.mode,
                outcome,
            });
        };
        if let Some(reason) = select::failing(&policy.selector, asked) {
            consider(Outcome::NotSelected(reason.clone()));
            selectors.push(reason.policy(policy.name.as_str()));
            continue;
        }
        let reasons = approve::judge(policy, asked);
        consider(Outcome::of(&reasons));
        match (policy.mode, reasons.is_empty()) {
            (Mode::Enforce, true) => admitting = admitting.or(Some(policy)),
            (Mode::Enforce, false) => refusals.push((policy, reasons)),
            (Mode::Audit, true) => minutes.notices.push(audit_admits(policy)),
            (Mode::Audit, false) => {}
        }
    }
    if let Some(policy) = admitting {
        return Ok(policy);
    }
    let reasons = if refusals.is_empty() {
        no_applicable_policy(selectors)
    } else {
        no_policy_admits(refusals)
    };
    Err(Refusal::new(Verdict::Denied, reasons))
}

fn audit_admits(policy: &ApprovalPolicy) -> Reason {
    Reason::new(
        Code::AuditAdmits,
        format!(
            "policy `{}` would admit it, but is in audit mode",
            policy.name
        ),
    )
    .policy(policy.name.as_str())
}

fn no_applicable_policy(selectors: Vec<Reason>) -> Vec<Reason> {
    let headline = Reason::new(
        Code::NoApplicablePolicy,
        "no approval policy is for such a request",
    )
    .help("ask the owners of `policies/` for an ApprovalPolicy whose selector holds for it");
    std::iter::once(headline).chain(selectors).collect()
}

/// Nearest policy first: fewest findings, then by name.
fn no_policy_admits(mut refusals: Vec<(&ApprovalPolicy, Vec<Reason>)>) -> Vec<Reason> {
    refusals.sort_by(|(a, one), (b, other)| {
        one.len()
            .cmp(&other.len())
            .then_with(|| a.name.cmp(&b.name))
    });
    let nearest = refusals
        .first()
        .map(|(policy, reasons)| (policy.name.to_string(), reasons));
    let mut headline = Reason::new(
        Code::NoPolicyAdmits,
        "no approval policy admits the whole request",
    );
    if let Some((name, reasons)) = nearest {
        headline = Reason::new(
            Code::NoPolicyAdmits,
            format!("no approval policy admits the whole request; `{name}` comes nearest"),
        );
        let helps: Vec<&str> = reasons
            .iter()
            .filter_map(|reason| reason.help.as_deref())
            .collect();
        if helps.len() == reasons.len() && helps.len() <= 3 {
            headline = headline.help(helps.join("; "));
        }
    }
    let findings = refusals.into_iter().flat_map(|(_, reasons)| reasons);
    std::iter::once(headline).chain(findings).collect()
}
