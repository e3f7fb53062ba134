//! What the approval policies say of a request (step 7): one of them must admit the whole of it.
//!
//! In comes what is asked for; out come the policies that apply and those that admit, or why none does, the nearest
//! policy first. Allowances of two policies are never added up.

use crate::control::ControlZone;
use crate::control::approval_policy::{ApprovalPolicy, Mode};
use crate::decision::asked::Asked;
use crate::decision::minutes::Minutes;
use crate::decision::refusal::Refusal;
use crate::decision::{approve, exhaustion, select};
use crate::effort::Effort;
use crate::finding::{Code, Reason};
use crate::report::Verdict;

// What nobody reads to the end: of so many findings no further policy is told.
const TOLD: usize = 1_000;

/// What approval policies say, each list by name.
pub(super) struct Admitted<'a> {
    /// Those whose selector holds.
    pub(super) applicable: Vec<&'a ApprovalPolicy>,
    /// Those that admit the whole request; at least one.
    pub(super) admitting: Vec<&'a ApprovalPolicy>,
}

/// The policies that admit the whole request; those in audit mode are `tried` within bounds of their own, and why none
/// does is `told` within others.
pub(super) fn admit<'a>(
    zone: &'a ControlZone,
    asked: &Asked<'_>,
    tried: &Asked<'_>,
    told: &Asked<'_>,
    minutes: &mut Minutes,
) -> Result<Admitted<'a>, Refusal> {
    let telling = Effort::of_words();
    for policy in &zone.approval_policies {
        minutes.consider(|| approve::consider(policy, &asked.within(&telling)));
    }
    let (mut applicable, mut admitting) = (Vec::new(), Vec::new());
    for policy in &zone.approval_policies {
        if !select::holds(&policy.selector, asked) {
            continue;
        }
        applicable.extend((policy.mode == Mode::Enforce).then_some(policy));
        match policy.mode {
            Mode::Enforce if approve::admits(policy, asked) => admitting.push(policy),
            Mode::Audit if approve::admits(policy, tried) => {
                minutes.notices.push(audit_admits(policy));
            }
            Mode::Enforce | Mode::Audit => {}
        }
        if asked.effort.is_exhausted() {
            let reason = exhaustion::reason(&policy.name, &policy.origin);
            return Err(Refusal::new(Verdict::Denied, vec![reason]));
        }
    }
    if !admitting.is_empty() {
        return Ok(Admitted {
            applicable,
            admitting,
        });
    }
    Err(Refusal::new(Verdict::Denied, objections(zone, told)))
}

/// Why no policy admits, as far as it can be told.
fn objections(zone: &ControlZone, asked: &Asked<'_>) -> Vec<Reason> {
    let (mut selectors, mut refusals) = (Vec::new(), Vec::new());
    let (mut told, mut untold) = (0, 0);
    for policy in &zone.approval_policies {
        match select::failing(&policy.selector, asked) {
            Some(reason) => {
                let reason = reason.policy(policy.name.as_str());
                selectors.push(policy.origin.place(reason));
            }
            None if policy.mode == Mode::Audit => {}
            None if told >= TOLD || asked.effort.is_exhausted() => untold += 1,
            None => {
                let reasons = approve::judge(policy, asked);
                told += reasons.len();
                refusals.push((policy, reasons));
            }
        }
    }
    if refusals.is_empty() {
        no_applicable_policy(selectors)
    } else {
        no_policy_admits(refusals, untold)
    }
}

fn audit_admits(policy: &ApprovalPolicy) -> Reason {
    let reason = Reason::new(
        Code::AuditAdmits,
        format!(
            "policy `{}` would admit it, but is in audit mode",
            policy.name
        ),
    )
    .policy(policy.name.as_str())
    .rule("spec.mode");
    policy.origin.place(reason)
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
fn no_policy_admits(
    mut refusals: Vec<(&ApprovalPolicy, Vec<Reason>)>,
    untold: usize,
) -> Vec<Reason> {
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
    let rest = (untold > 0).then(|| {
        let message = format!("{untold} more policies do not admit it; why is too much to tell");
        Reason::new(Code::NoPolicyAdmits, message).help("mend what is told first")
    });
    let reasons = std::iter::once(headline).chain(findings);
    reasons.chain(rest).collect()
}
