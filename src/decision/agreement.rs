//! The last two steps of a decision: what people say, and what keys and CAs forbid whatever people say.
//!
//! In come the policies that admit the request; out comes the one that it is approved by, or why there is none. A request
//! that waits for people is looked at by the last step all the same, so that nobody is asked to approve what can't be
//! signed.

use crate::control::approval_policy::ApprovalPolicy;
use crate::control::signer::Signer;
use crate::decision::admission::Admitted;
use crate::decision::assent::{Counted, Poll};
use crate::decision::authority;
use crate::decision::candidate::Candidate;
use crate::decision::case::Case;
use crate::decision::minutes::Minutes;
use crate::decision::refusal::Refusal;
use crate::decision::revoked;
use crate::decision::trace::Step;
use crate::finding::Reason;
use crate::report::Verdict;

/// The last two steps: what people say, and what keys and CAs forbid whatever people say.
pub(super) fn agree<'a>(
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
    let admitting = without_reuse(&admitted.admitting, case);
    let outcome = if rejected.is_empty() {
        poll.complete(&admitting, &mut minutes.assents)
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
            let obstacles = obstacles(&admitting, able);
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

/// The policies that let the key be certified, if any does: one that forbids it must not stand before one that allows it,
/// or a policy that admits more could take away what another one grants.
fn without_reuse<'a>(
    admitting: &[&'a ApprovalPolicy],
    case: &Case<'_, '_>,
) -> Vec<&'a ApprovalPolicy> {
    let identity = &case.testimony.identity;
    let lets = |policy: &&&ApprovalPolicy| {
        authority::key_reuse(case.key_owner, identity, policy).is_empty()
    };
    let letting: Vec<_> = admitting.iter().filter(lets).copied().collect();
    if letting.is_empty() {
        admitting.to_vec()
    } else {
        letting
    }
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
    reasons.extend(revoked::key(case));
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
