//! Entries that nothing can ever reach, and approval policies that can admit nothing.
//!
//! In comes a policy among the others; out go warnings for what another entry says already, what a deny policy always
//! hits, what no Signer answers to, and for what every certificate needs and the policy does not allow.

use crate::control::ControlZone;
use crate::control::approval_policy::{Allowed, ApprovalPolicy, Mode};
use crate::control::deny_policy::{Denial, DenyPolicy};
use crate::control::entry::{Entry, Match};
use crate::control::fold::fold;
use crate::control::glob::placeholder::Given;
use crate::control::identity::Identity;
use crate::control::origin::Origin;
use crate::control::profile::Profile;
use crate::control::rule::{Allows, AllowsIp, Rule};
use crate::control::selector::Selector;
use crate::control::signer::Signer;
use crate::effort::Effort;
use crate::finding::Code;
use crate::inspection::containment::{self, signers_of};
use crate::inspection::flaws::Flaws;
use crate::names::Cidr;
use crate::sampling;
use crate::x509::subject::Attribute;

/// The entries of an approval policy, and whether it can admit anything.
pub(super) fn inspect_approval(policy: &ApprovalPolicy, zone: &ControlZone, flaws: &mut Flaws) {
    let (allowed, origin) = (&policy.allowed, &policy.origin);
    inspect_selector(&policy.selector, origin, zone, flaws);
    for attribute in Attribute::ALL {
        if let Some(rule) = allowed.subject(attribute) {
            let denials = denials(zone, |denial| {
                denial.subject.get(&attribute).map(Vec::as_slice)
            });
            inspect_entries(entries(rule), Some(attribute), &denials, origin, flaws);
        }
    }
    let dns = denials(zone, |denial| Some(&denial.dns_names));
    inspect_entries(entries(&allowed.dns_names), None, &dns, origin, flaws);
    let uris = denials(zone, |denial| Some(&denial.uris));
    inspect_entries(entries(&allowed.uris), None, &uris, origin, flaws);
    let mail = denials(zone, |denial| Some(&denial.email_addresses));
    inspect_entries(
        entries(&allowed.email_addresses),
        None,
        &mail,
        origin,
        flaws,
    );
    if let AllowsIp::Blocks { cidrs, .. } = &allowed.ip_addresses.allows {
        inspect_blocks("spec.allowed.ipAddresses.cidrs", cidrs, origin, flaws);
    }
    let obstacle = obstacle(policy, zone);
    if let Some((field, message)) = obstacle {
        let help = "allow what such a certificate needs, or remove the policy";
        flaws
            .warn(Code::NeverAdmits, origin, field)
            .say(message, help);
    }
}

/// The entries of a deny policy.
pub(super) fn inspect_denial(policy: &DenyPolicy, zone: &ControlZone, flaws: &mut Flaws) {
    let origin = &policy.origin;
    inspect_selector(&policy.selector, origin, zone, flaws);
    for denial in &policy.deny {
        let lists = [&denial.dns_names, &denial.uris, &denial.email_addresses];
        for list in denial.subject.values().chain(lists) {
            inspect_entries(list, None, &[], origin, flaws);
        }
        let list = format!("{}.ipAddresses", denial.at);
        inspect_blocks(&list, &denial.ip_addresses, origin, flaws);
        if let Some(unless) = &denial.unless {
            inspect_selector(unless, origin, zone, flaws);
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
fn inspect_selector(selector: &Selector, origin: &Origin, zone: &ControlZone, flaws: &mut Flaws) {
    let request = sampling::example_request();
    let effort = Effort::of_words();
    let given = Given::new(&request, Identity::nobody(), &effort);
    for (index, pattern) in selector.signer_names.iter().enumerate() {
        let fits = |signer: &Signer| pattern.fits(signer.signer_name.as_str(), given);
        if !zone.signers.iter().any(fits) {
            let field = format!("{}.signerNames[{index}]", selector.at);
            flaws.warn(Code::DeadEntry, origin, &field).say(
                format!("no Signer answers to `{pattern}`"),
                "write the `signerName` of a Signer, or leave it out",
            );
        }
    }
}

/// The entries of this kind that hit whoever asks, each with the name of its policy.
fn denials<'z>(
    zone: &'z ControlZone,
    list: impl Fn(&'z Denial) -> Option<&'z [Entry]>,
) -> Vec<(&'z DenyPolicy, &'z Entry)> {
    let is_always =
        |policy: &&DenyPolicy| policy.mode == Mode::Enforce && policy.selector.is_everything();
    let mut found = Vec::new();
    for policy in zone.deny_policies.iter().filter(is_always) {
        for denial in policy.deny.iter().filter(|denial| denial.unless.is_none()) {
            let entries = list(denial).unwrap_or_default();
            found.extend(entries.iter().map(|entry| (policy, entry)));
        }
    }
    found
}

/// Entries that an entry before or after them holds, and those that are always denied.
fn inspect_entries(
    entries: &[Entry],
    attribute: Option<Attribute>,
    denials: &[(&DenyPolicy, &Entry)],
    origin: &Origin,
    flaws: &mut Flaws,
) {
    let request = sampling::example_request();
    let effort = Effort::of_words();
    let given = Given::new(&request, Identity::nobody(), &effort);
    for (index, entry) in entries.iter().enumerate() {
        let holds = |(at, other): &(usize, &Entry)| {
            let is_first = *at < index || !containment::entry(entry, other, attribute);
            *at != index && is_first && containment::entry(other, entry, attribute)
        };
        if let Some((_, other)) = entries.iter().enumerate().find(holds) {
            let place = origin.rule(other.at()).place().unwrap_or_default();
            flaws.warn(Code::DeadEntry, origin, entry.at()).say(
                format!("`{entry}` adds nothing to `{other}` ({place})"),
                "remove it",
            );
        }
        let hits = |(_, denial): &&(&DenyPolicy, &Entry)| {
            let literal = entry.literal().filter(|_| !denial.has_placeholder());
            literal.is_some_and(|text| denial.matches(&fold(text), given) == Match::Yes)
        };
        if let Some((policy, denial)) = denials.iter().find(hits) {
            let place = policy.origin.rule(denial.at()).place().unwrap_or_default();
            flaws.warn(Code::DeadEntry, origin, entry.at()).say(
                format!("`{entry}` is always denied by `{}` ({place})", policy.name),
                "remove it here, or make an exception there with `unless`",
            );
        }
    }
}

fn inspect_blocks(list: &str, blocks: &[Cidr], origin: &Origin, flaws: &mut Flaws) {
    for (index, block) in blocks.iter().enumerate() {
        let others = blocks.iter().enumerate();
        let mut others = others.filter(|(at, _)| *at != index);
        if let Some((_, other)) = others.find(|(_, other)| other.covers(block)) {
            let field = format!("{list}[{index}]");
            let message = format!("`{block}` adds nothing to `{other}`");
            flaws
                .warn(Code::DeadEntry, origin, &field)
                .say(message, "remove it");
        }
    }
}

/// The first thing that keeps the policy from ever admitting a request, with the field that says so.
fn obstacle(policy: &ApprovalPolicy, zone: &ControlZone) -> Option<(&'static str, String)> {
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
    if let Some(requesters) = &policy.selector.requesters {
        let is_meant = |name| requesters.mean(name, &zone.groups_of(name));
        if !zone.principals.keys().any(is_meant) {
            let message = "is about requests of people of whom there is none";
            return Some(("spec.selector.requesters", message.to_owned()));
        }
    }
    let signers = signers_of(&policy.selector, zone);
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
