//! Entries that nothing can ever reach, and approval policies that can admit nothing.
//!
//! In comes a policy among the others; out go warnings for what another entry says already, what a deny policy always
//! hits, what no Signer answers to, and for what every certificate needs and the policy does not allow.

use crate::control::approval_policy::{Allowed, ApprovalPolicy};
use crate::control::deny_policy::DenyPolicy;
use crate::control::entry::Entry;
use crate::control::origin::Origin;
use crate::control::profile::Profile;
use crate::control::rule::{Allows, AllowsIp, Rule};
use crate::control::selector::Selector;
use crate::control::signer::Signer;
use crate::finding::Code;
use crate::inspection::flaws::Flaws;
use crate::inspection::ground::Ground;
use crate::inspection::lists::{Denied, List};
use crate::names::Cidr;
use crate::x509::subject::Attribute;

/// The entries of an approval policy, and whether it can admit anything.
pub(super) fn inspect_approval(policy: &ApprovalPolicy, ground: &Ground<'_>, flaws: &mut Flaws) {
    let (allowed, origin, denials) = (&policy.allowed, &policy.origin, &ground.denials);
    inspect_selector(&policy.selector, origin, ground, flaws);
    for attribute in Attribute::ALL {
        if let Some(rule) = allowed.subject(attribute) {
            inspect_entries(entries(rule), Some(attribute), origin, ground, flaws);
            inspect_denied(rule, denials.subject(attribute), origin, ground, flaws);
        }
    }
    for (rule, denied) in [
        (&allowed.dns_names, &denials.dns_names),
        (&allowed.uris, &denials.uris),
        (&allowed.email_addresses, &denials.email_addresses),
    ] {
        inspect_entries(entries(rule), None, origin, ground, flaws);
        inspect_denied(rule, denied, origin, ground, flaws);
    }
    if let AllowsIp::Blocks { cidrs, .. } = &allowed.ip_addresses.allows {
        inspect_blocks("spec.allowed.ipAddresses.cidrs", cidrs, origin, flaws);
    }
    let obstacle = obstacle(policy, ground);
    if let Some((field, message)) = obstacle {
        let help = "allow what such a certificate needs, or remove the policy";
        flaws
            .warn(Code::NeverAdmits, origin, field)
            .say(message, help);
    }
}

/// The entries of a deny policy.
pub(super) fn inspect_denial(policy: &DenyPolicy, ground: &Ground<'_>, flaws: &mut Flaws) {
    let origin = &policy.origin;
    inspect_selector(&policy.selector, origin, ground, flaws);
    for denial in &policy.deny {
        let lists = [&denial.dns_names, &denial.uris, &denial.email_addresses];
        for list in denial.subject.values().chain(lists) {
            inspect_entries(list, None, origin, ground, flaws);
        }
        let list = format!("{}.ipAddresses", denial.at);
        inspect_blocks(&list, &denial.ip_addresses, origin, flaws);
        if let Some(unless) = &denial.unless {
            inspect_selector(unless, origin, ground, flaws);
        }
    }
}

fn entries(rule: &Rule) -> &[Entry] {
    match &rule.allows {
        Allows::Values(entries) => entries,
        Allows::Nothing | Allows::Anything => &[],
    }
}

/// Patterns of signer names that no Signer has.
fn inspect_selector(selector: &Selector, origin: &Origin, ground: &Ground<'_>, flaws: &mut Flaws) {
    for (index, pattern) in selector.signer_names.iter().enumerate() {
        if ground.has_signer(pattern) == Some(false) {
            let field = format!("{}.signerNames[{index}]", selector.at);
            flaws.warn(Code::DeadEntry, origin, &field).say(
                format!("no Signer answers to `{pattern}`"),
                "write the `signerName` of a Signer, or leave it out",
            );
        }
    }
}

/// Entries that an entry before or after them holds.
fn inspect_entries(
    entries: &[Entry],
    attribute: Option<Attribute>,
    origin: &Origin,
    ground: &Ground<'_>,
    flaws: &mut Flaws,
) {
    for (entry, other) in List::of(entries, attribute).pointless(ground.given()) {
        let place = origin.rule(other.at()).place().unwrap_or_default();
        flaws.warn(Code::DeadEntry, origin, entry.at()).say(
            format!("`{entry}` adds nothing to `{other}` ({place})"),
            "remove it",
        );
    }
}

/// Entries that are always denied.
fn inspect_denied(
    rule: &Rule,
    denied: &Denied<'_>,
    origin: &Origin,
    ground: &Ground<'_>,
    flaws: &mut Flaws,
) {
    for entry in entries(rule) {
        if let Some((policy, denial)) = denied.hit(entry, ground.given()) {
            let place = policy.origin.rule(denial.at()).place().unwrap_or_default();
            flaws.warn(Code::DeadEntry, origin, entry.at()).say(
                format!("`{entry}` is always denied by `{}` ({place})", policy.name),
                "remove it here, or make an exception there with `unless`",
            );
        }
    }
}

/// Blocks that lie in another one of the list.
fn inspect_blocks(list: &str, blocks: &[Cidr], origin: &Origin, flaws: &mut Flaws) {
    let mut sorted: Vec<(&Cidr, usize)> = blocks.iter().zip(0..).collect();
    sorted.sort();
    // Each with the first of the list that it is, or lies in.
    let mut around: Vec<(&Cidr, usize)> = Vec::new();
    for (block, index) in sorted {
        while around.pop_if(|(outer, _)| !outer.covers(block)).is_some() {}
        let first = around.last().map(|(_, first)| *first);
        if let Some(other) = first.map(|first| &blocks[first]) {
            let field = format!("{list}[{index}]");
            let message = format!("`{block}` adds nothing to `{other}`");
            flaws
                .warn(Code::DeadEntry, origin, &field)
                .say(message, "remove it");
        }
        around.push((block, first.unwrap_or(index).min(index)));
    }
}

/// The first thing that keeps the policy from ever admitting a request, with the field that says so.
fn obstacle(policy: &ApprovalPolicy, ground: &Ground<'_>) -> Option<(&'static str, String)> {
    let allowed = &policy.allowed;
    if allowed.usages.is_empty() {
        let message = "allows no usage, and every request asks for one";
        return Some(("spec.allowed.usages", message.to_owned()));
    }
    if !names_somebody(allowed) {
        let message = "allows neither a subject nor a name, and every request asks for one";
        return Some(("spec.allowed", message.to_owned()));
    }
    let common_name = allowed.subject(Attribute::CommonName);
    let needs_san = common_name.is_some_and(|rule| rule.in_sans && rule.counts.required);
    if needs_san && !names_by_san(allowed) {
        let message = "the common name must be a subject alternative name, and none is allowed";
        return Some(("spec.allowed.subject.commonName", message.to_owned()));
    }
    if let Some(requesters) = &policy.selector.requesters
        && ground.has_people(requesters) == Some(false)
    {
        let message = "is about requests of people of whom there is none";
        return Some(("spec.selector.requesters", message.to_owned()));
    }
    let signers = ground.signers_of(&policy.selector)?;
    if signers.is_empty() {
        let message = "is about signer names to which no Signer answers";
        return Some(("spec.selector.signerNames", message.to_owned()));
    }
    let obstacles = signers.iter().map(|signer| under(policy, signer));
    let obstacles: Option<Vec<_>> = obstacles.collect();
    obstacles.and_then(|all| all.into_iter().next())
}

/// What keeps the policy from admitting anything that this Signer would sign.
fn under(policy: &ApprovalPolicy, signer: &Signer) -> Option<(&'static str, String)> {
    let (allowed, constraints) = (&policy.allowed, &policy.constraints);
    let needed = signer
        .profile
        .and_then(Profile::usages)
        .map(|usages| usages[0]);
    if let Some(usage) = needed.filter(|usage| !allowed.usages.contains(usage)) {
        let message = format!("signer `{}` asks for the usage `{usage}`", signer.name);
        return Some(("spec.allowed.usages", message));
    }
    let mut usages = allowed.usages.iter();
    if !usages.any(|usage| signer.usages.contains(usage)) {
        let message = format!("signer `{}` gives none of these usages", signer.name);
        return Some(("spec.allowed.usages", message));
    }
    let longest = signer.duration_max;
    if let Some(min) = constraints.duration_min.filter(|min| *min > longest) {
        let message = format!(
            "signer `{}` grants at most {longest}, not {min}",
            signer.name
        );
        return Some(("spec.constraints.duration.min", message));
    }
    let keys = constraints.keys.as_ref();
    if keys.is_some_and(|keys| keys.is_apart(&signer.keys)) {
        let message = format!("signer `{}` certifies none of these keys", signer.name);
        return Some(("spec.constraints.keys", message));
    }
    None
}

fn names_somebody(allowed: &Allowed) -> bool {
    let mut attributes = Attribute::ALL.into_iter();
    let allows = |attribute| {
        let rule = allowed.subject(attribute);
        rule.is_some_and(|rule| !matches!(rule.allows, Allows::Nothing))
    };
    attributes.any(allows) || names_by_san(allowed)
}

fn names_by_san(allowed: &Allowed) -> bool {
    let rules = [&allowed.dns_names, &allowed.uris, &allowed.email_addresses];
    let mut rules = rules.into_iter();
    rules.any(|rule| !matches!(rule.allows, Allows::Nothing))
        || allowed.ip_addresses.allows != AllowsIp::Nothing
}
