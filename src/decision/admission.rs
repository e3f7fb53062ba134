//! What the approval policies say of a request (step 7): one of them must admit the whole of it.
//!
//! In comes what is asked for; out come the policies that apply and those that admit, or why none does, the nearest
//! policy first. Allowances of two policies are never added up.

use crate::control::ControlZone;
use crate::control::approval_policy::{ApprovalPolicy, Mode};
use crate::decision::asked::Asked;
use crate::decision::minutes::Minutes;
use crate::decision::refusal::Refusal;
use crate::decision::{approve, select};
use crate::finding::{Code, Reason};
use crate::report::Verdict;

/// What approval policies say, each list by name.
pub(super) struct Admitted<'a> {
    /// Those whose selector holds.
    pub(super) applicable: Vec<&'a ApprovalPolicy>,
    /// Those that admit the whole request; at least one.
    pub(super) admitting: Vec<&'a ApprovalPolicy>,
}

/// The policies that admit the whole request.
pub(super) fn admit<'a>(
    zone: &'a ControlZone,
    asked: &Asked<'_>,
    minutes: &mut Minutes,
) -> Result<Admitted<'a>, Refusal> {
    for policy in &zone.approval_policies {
        minutes.consider(|| approve::consider(policy, asked));
    }
    let (mut applicable, mut admitting) = (Vec::new(), Vec::new());
    for policy in &zone.approval_policies {
        if !select::holds(&policy.selector, asked) {
            continue;
        }
        applicable.extend((policy.mode == Mode::Enforce).then_some(policy));
        match policy.mode {
            Mode::Enforce if approve::admits(policy, asked) => admitting.push(policy),
            Mode::Audit if approve::admits(policy, asked) => {
                minutes.notices.push(audit_admits(policy));
            }
            Mode::Enforce | Mode::Audit => {}
        }
    }
    if !admitting.is_empty() {
        return Ok(Admitted {
            applicable,
            admitting,
        });
    }
    Err(Refusal::new(Verdict::Denied, objections(zone, asked)))
}

/// Why no policy admits.
fn objections(zone: &ControlZone, asked: &Asked<'_>) -> Vec<Reason> {
    let (mut selectors, mut refusals) = (Vec::new(), Vec::new());
    for policy in &zone.approval_policies {
        match select::failing(&policy.selector, asked) {
            Some(reason) => {
                let reason = reason.policy(policy.name.as_str());
                selectors.push(policy.origin.place(reason));
            }
            None if policy.mode == Mode::Audit => {}
            None => refusals.push((policy, approve::judge(policy, asked))),
        }
    }
    if refusals.is_empty() {
        no_applicable_policy(selectors)
    } else {
        no_policy_admits(refusals)
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
