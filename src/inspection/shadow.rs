//! Approval policies that another one makes pointless: it admits all of theirs, and asks for no more approvals.
//!
//! In comes one policy among all; out goes a warning when another one holds every part of it and its approvals are
//! easier or the same. Only what can be shown is said; see [`containment`].

use crate::control::ControlZone;
use crate::control::approval_policy::{ApprovalPolicy, Mode};
use crate::control::approvals::{Approvals, Requirement};
use crate::control::rule::Rule;
use crate::finding::Code;
use crate::inspection::containment;
use crate::inspection::flaws::Flaws;
use crate::x509::subject::Attribute;

/// Warns when another policy admits all of this one.
pub(super) fn inspect(policy: &ApprovalPolicy, zone: &ControlZone, flaws: &mut Flaws) {
    if policy.mode == Mode::Audit {
        return;
    }
    let shadows = |other: &&ApprovalPolicy| {
        other.name != policy.name && other.mode == Mode::Enforce && shadows(other, policy)
    };
    let Some(other) = zone.approval_policies.iter().find(shadows) else {
        return;
    };
    let ease = if other.approvals == policy.approvals {
        "with the same approvals"
    } else {
        "and asks for fewer approvals"
    };
    let place = other.origin.rule("metadata.name").place();
    let message = format!(
        "`{}` ({}) admits all of it, {ease}",
        other.name,
        place.unwrap_or_default()
    );
    let help = "remove this policy, or narrow the other one";
    let flaw = flaws.warn(Code::Shadowed, &policy.origin, "metadata.name");
    flaw.say(message, help);
}

/// Whether one policy admits whatever the other does, on approvals that are no harder.
fn shadows(wide: &ApprovalPolicy, narrow: &ApprovalPolicy) -> bool {
    let is_easier = match (&wide.approvals, &narrow.approvals) {
        (Approvals::None, Approvals::Required(_)) => true,
        (Approvals::Required(wide), Approvals::Required(narrow)) if is_less(wide, narrow) => true,
        // Of two that ask for the same, the first by name is taken, with its own terms of renewal.
        (wide_approvals, approvals) => {
            wide_approvals == approvals
                && wide.renewal == narrow.renewal
                && (wide.name < narrow.name || !is_admitting(narrow, wide))
        }
    };
    is_easier && is_admitting(wide, narrow)
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

fn is_admitting(wide: &ApprovalPolicy, narrow: &ApprovalPolicy) -> bool {
    let (more, less) = (&wide.allowed, &narrow.allowed);
    let nothing = Rule::default();
    let mut attributes = Attribute::ALL.into_iter();
    let mut validations = wide.validations.iter();
    containment::selector(&wide.selector, &narrow.selector)
        && attributes.all(|attribute| {
            let more = more.subject(attribute).unwrap_or(&nothing);
            let less = less.subject(attribute).unwrap_or(&nothing);
            containment::rule(more, less, Some(attribute))
        })
        && containment::rule(&more.dns_names, &less.dns_names, None)
        && containment::rule(&more.uris, &less.uris, None)
        && containment::rule(&more.email_addresses, &less.email_addresses, None)
        && containment::ip_rule(&more.ip_addresses, &less.ip_addresses)
        && less.usages.iter().all(|usage| more.usages.contains(usage))
        && containment::constraints(&wide.constraints, &narrow.constraints)
        && validations.all(|validation| {
            let mut others = narrow.validations.iter();
            others.any(|other| other.rule.source() == validation.rule.source())
        })
}
