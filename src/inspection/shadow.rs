//! Approval policies that another one makes pointless: it admits all of theirs, and asks for no more approvals.
//!
//! In comes one policy among all; out goes a warning when another one holds every part of it and its approvals are
//! easier or the same. Only what can be shown is said; see [`containment`].

use crate::control::approval_policy::{ApprovalPolicy, Mode};
use crate::control::approvals::{Approvals, Requirement};
use crate::control::rule::{Allows, Rule};
use crate::finding::Code;
use crate::inspection::containment::{self, Listed};
use crate::inspection::flaws::Flaws;
use crate::inspection::ground::Ground;
use crate::inspection::lists::List;
use crate::x509::subject::Attribute;

// To see that one policy is about other requests than another.
const PAIR: usize = 4;
// To look up the entries of one in the lists of the other, a few of each.
const RULES: usize = 60;

/// A policy with its rules of subject and names, each with the attribute that it is for.
struct Admitting<'p> {
    policy: &'p ApprovalPolicy,
    rules: Vec<(Option<Attribute>, Listed<'p>)>,
}

/// Warns of each policy of which another one admits all.
pub(super) fn inspect(ground: &Ground<'_>, flaws: &mut Flaws) {
    let nothing = Rule::default();
    let policies = ground.zone.approval_policies.iter();
    let enforced = policies.filter(|policy| policy.mode == Mode::Enforce);
    let policies: Vec<Admitting<'_>> = enforced
        .map(|policy| Admitting::new(policy, &nothing))
        .collect();
    for narrow in &policies {
        let shadows = |wide: &&Admitting<'_>| {
            wide.policy.name != narrow.policy.name
                && ground.may_compare(PAIR)
                && shadows(wide, narrow, ground)
        };
        if let Some(wide) = policies.iter().find(shadows) {
            say(wide.policy, narrow.policy, flaws);
        }
    }
}

impl<'p> Admitting<'p> {
    fn new(policy: &'p ApprovalPolicy, nothing: &'p Rule) -> Self {
        let allowed = &policy.allowed;
        let listed = |rule: &'p Rule, attribute| {
            let entries: &[_] = match &rule.allows {
                Allows::Values(entries) => entries,
                Allows::Nothing | Allows::Anything => &[],
            };
            (attribute, (rule, List::of(entries, attribute)))
        };
        let of_attribute = |attribute| {
            let rule = allowed.subject(attribute);
            listed(rule.unwrap_or(nothing), Some(attribute))
        };
        let subject = Attribute::ALL.into_iter().map(of_attribute);
        let names = [&allowed.dns_names, &allowed.uris, &allowed.email_addresses];
        let names = names.into_iter().map(|rule| listed(rule, None));
        Self {
            policy,
            rules: subject.chain(names).collect(),
        }
    }
}

fn say(wide: &ApprovalPolicy, narrow: &ApprovalPolicy, flaws: &mut Flaws) {
    let ease = if wide.approvals == narrow.approvals {
        "with the same approvals"
    } else {
        "and asks for fewer approvals"
    };
    let place = wide.origin.rule("metadata.name").place();
    let message = format!(
        "`{}` ({}) admits all of it, {ease}",
        wide.name,
        place.unwrap_or_default()
    );
    let help = "remove this policy, or narrow the other one";
    let flaw = flaws.warn(Code::Shadowed, &narrow.origin, "metadata.name");
    flaw.say(message, help);
}

/// Whether one policy admits whatever the other does, on approvals that are no harder.
fn shadows(wide: &Admitting<'_>, narrow: &Admitting<'_>, ground: &Ground<'_>) -> bool {
    let (more, less) = (wide.policy, narrow.policy);
    let is_easier = match (&more.approvals, &less.approvals) {
        (Approvals::None, Approvals::Required(_)) => true,
        (Approvals::Required(wide), Approvals::Required(narrow)) if is_less(wide, narrow) => true,
        // Of two that ask for the same, the first by name is taken, with its own terms of renewal.
        (approvals, others) => {
            approvals == others
                && more.renewal == less.renewal
                && (more.name < less.name || !is_admitting(narrow, wide, ground))
        }
    };
    is_easier && is_admitting(wide, narrow, ground)
}

/// Whether the first is one slot of the second with a smaller number, from the same people.
fn is_less(wide: &Requirement, narrow: &Requirement) -> bool {
    match (one(wide), one(narrow)) {
        (
            Requirement::Slot {
                groups,
                principals,
                count,
            },
            Requirement::Slot {
                groups: others,
                principals: other_principals,
                count: other,
            },
        ) => groups == others && principals == other_principals && count < other,
        _ => false,
    }
}

/// A choice of one, or a list of one, is that one.
fn one(requirement: &Requirement) -> &Requirement {
    match requirement {
        Requirement::AnyOf(parts) | Requirement::AllOf(parts) if parts.len() == 1 => one(&parts[0]),
        other => other,
    }
}

fn is_admitting(wide: &Admitting<'_>, narrow: &Admitting<'_>, ground: &Ground<'_>) -> bool {
    let (more, less) = (&wide.policy.allowed, &narrow.policy.allowed);
    let mut rules = wide.rules.iter().zip(&narrow.rules);
    let mut validations = wide.policy.validations.iter();
    containment::selector(&wide.policy.selector, &narrow.policy.selector, ground)
        && ground.may_compare(RULES)
        && rules
            .all(|((attribute, more), (_, less))| containment::rule(more, less, *attribute, ground))
        && containment::ip_rule(&more.ip_addresses, &less.ip_addresses, ground)
        && less.usages.iter().all(|usage| more.usages.contains(usage))
        && containment::constraints(&wide.policy.constraints, &narrow.policy.constraints)
        && validations.all(|validation| {
            let mut others = narrow.policy.validations.iter();
            others.any(|other| other.rule.source() == validation.rule.source())
        })
}
