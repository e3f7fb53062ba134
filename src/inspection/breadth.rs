//! Approval policies that let in more than their author may think, or more than the Signer ever gives.
//!
//! In comes a policy; out go warnings with an example where one can be made. The ceilings of Signers hold whatever a
//! policy says, so being wider than they are is no hole, but it misleads whoever reads the policy.

use std::net::IpAddr;

use crate::control::approval_policy::ApprovalPolicy;
use crate::control::approvals::Approvals;
use crate::control::entry::{Entry, Match, ValueKind};
use crate::control::glob::placeholder::Given;
use crate::control::identity::Identity;
use crate::control::keys::KeyTypes;
use crate::control::rule::{Allows, AllowsIp, Rule};
use crate::control::signer::Signer;
use crate::effort::Effort;
use crate::finding::Code;
use crate::inspection::flaws::Flaws;
use crate::inspection::ground::Ground;
use crate::sampling;
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::Attribute;

// No author has these in mind, so an expression that fits all of them says nothing.
const DNS: [&str; 3] = ["q7", "zz9.q7-x.example.net", "a.b.c.d.e.f"];
const EMAIL: [&str; 2] = ["q7@zz9.example.net", "A.b+c@x"];
const URI: [&str; 2] = ["https://zz9.example.net/q7", "spiffe://q7/a/b/c"];
const TEXT: [&str; 3] = ["q7", "Zz 9:a/b@c.d", "\u{fc}"];

/// Everything about how much a policy lets in.
pub(super) fn inspect(policy: &ApprovalPolicy, ground: &Ground<'_>, flaws: &mut Flaws) {
    inspect_rules(policy, flaws);
    let signers = ground.signers_of(&policy.selector).unwrap_or_default();
    if !signers.is_empty() {
        inspect_ceilings(policy, &signers, flaws);
        inspect_constraints(policy, &signers, flaws);
    }
    inspect_grants(policy, flaws);
}

fn inspect_rules(policy: &ApprovalPolicy, flaws: &mut Flaws) {
    let (allowed, origin) = (&policy.allowed, &policy.origin);
    for attribute in [Attribute::CommonName, Attribute::Organization] {
        let rule = allowed.subject(attribute).filter(|rule| !rule.in_sans);
        if rule.is_some_and(|rule| matches!(rule.allows, Allows::Anything)) {
            let field = format!("spec.allowed.subject.{attribute}.any");
            flaws.warn(Code::TooBroad, origin, &field).say(
                format!("every value of `{attribute}` is admitted, except reserved ones"),
                "list the values, or patterns of them",
            );
        }
    }
    for entry in rules(policy).flat_map(entries) {
        if entry.is_regex() && fits_all(entry) {
            flaws.warn(Code::TooBroad, origin, entry.at()).say(
                format!("`{entry}` fits whatever it was tried on"),
                "say what the values look like; `any: true` where every value is meant",
            );
        }
    }
    if let AllowsIp::Blocks { cidrs, .. } = &allowed.ip_addresses.allows {
        for (index, block) in cidrs.iter().enumerate() {
            if block.to_string().ends_with("/0") {
                let field = format!("spec.allowed.ipAddresses.cidrs[{index}]");
                flaws.warn(Code::TooBroad, origin, &field).say(
                    format!("`{block}` is every address of its family"),
                    "name the blocks that are yours; `any: true` where every address is meant",
                );
            }
        }
    }
}

/// The rules of subject and names.
fn rules(policy: &ApprovalPolicy) -> impl Iterator<Item = &Rule> {
    let allowed = &policy.allowed;
    let subject = Attribute::ALL.into_iter();
    subject
        .filter_map(|attribute| allowed.subject(attribute))
        .chain([&allowed.dns_names, &allowed.uris, &allowed.email_addresses])
}

fn entries(rule: &Rule) -> &[Entry] {
    match &rule.allows {
        Allows::Values(entries) => entries,
        Allows::Nothing | Allows::Anything => &[],
    }
}

fn fits_all(entry: &Entry) -> bool {
    let probes: &[&str] = match entry.kind() {
        ValueKind::Dns => &DNS,
        ValueKind::Email => &EMAIL,
        ValueKind::Uri => &URI,
        ValueKind::Attribute { .. } => &TEXT,
    };
    let request = sampling::example_request();
    let effort = Effort::of_words();
    let given = Given::new(&request, Identity::nobody(), &effort);
    let fits = |probe: &&str| entry.matches(probe, given) == Match::Yes;
    probes.iter().all(fits)
}

/// What no Signer of the policy gives.
fn inspect_ceilings(policy: &ApprovalPolicy, signers: &[&Signer], flaws: &mut Flaws) {
    let (origin, constraints) = (&policy.origin, &policy.constraints);
    let mut warn = |field: &str, message: String, help: &str| {
        let flaw = flaws.warn(Code::ExceedsSigner, origin, field);
        flaw.say(message, help);
    };
    for (index, usage) in policy.allowed.usages.iter().enumerate() {
        if !signers.iter().any(|signer| signer.usages.contains(usage)) {
            warn(
                &format!("spec.allowed.usages[{index}]"),
                format!("no Signer of this policy gives the usage `{usage}`"),
                "drop it, or let the Signer give it",
            );
        }
    }
    let longest = signers.iter().map(|signer| signer.duration_max).max();
    if let (Some(max), Some(longest)) = (constraints.duration_max, longest)
        && max > longest
    {
        warn(
            "spec.constraints.duration.max",
            format!("the Signer grants at most {longest}, which is less than {max}"),
            "write the lifetime that is meant; the Signer's `duration.max` holds in any case",
        );
    }
    let keys = constraints.keys.iter().flat_map(KeyTypes::kinds);
    for kind in keys {
        if !signers.iter().any(|signer| signer.keys.include(kind)) {
            warn(
                "spec.constraints.keys",
                format!("no Signer of this policy certifies a key of {kind}"),
                "drop it, or let the Signer accept it",
            );
        }
    }
}

/// Names that fit and that no CA of the policy may certify, each shown by one of them.
fn inspect_constraints(policy: &ApprovalPolicy, signers: &[&Signer], flaws: &mut Flaws) {
    let is_free = |signer: &&Signer| {
        let mut chain = signer.authority.chain().iter();
        chain.all(|ca| ca.constraints.is_empty())
    };
    if signers.iter().any(is_free) {
        return;
    }
    for sample in sampling::of_approval(policy).entries {
        let field = &sample.rule.field;
        let certifiable = |name: &String| one_name(field, name);
        let mut inside = sample.inside.iter().filter_map(certifiable);
        let Some(outside) = inside.find(|sans| signers.iter().all(|signer| excludes(signer, sans)))
        else {
            continue;
        };
        let names = [outside.dns_names, outside.email_addresses, outside.uris].concat();
        let addresses = outside.ip_addresses.iter().map(ToString::to_string);
        let example: Vec<String> = names.into_iter().chain(addresses).collect();
        let flaw = flaws.warn(Code::ExceedsNameConstraints, &policy.origin, field);
        flaw.say(
            format!("the CA may not certify all of it: `{}`", example.join(", ")),
            "list only names within the name constraints of the CA",
        );
    }
}

fn excludes(signer: &Signer, sans: &SubjectAltNames) -> bool {
    let mut chain = signer.authority.chain().iter();
    chain.any(|ca| !ca.constraints.violations(sans).is_empty())
}

/// One name of the kind that the field is for; exceptions let nothing in.
fn one_name(field: &str, name: &str) -> Option<SubjectAltNames> {
    let mut sans = SubjectAltNames::default();
    let kind = field.strip_prefix("spec.allowed.")?;
    match kind.split(['.', '[']).next()? {
        "dnsNames" => sans.dns_names.push(name.to_owned()),
        "uris" => sans.uris.push(name.to_owned()),
        "emailAddresses" => sans.email_addresses.push(name.to_owned()),
        "ipAddresses" if kind.starts_with("ipAddresses.cidrs") => {
            let address: IpAddr = name.parse().ok()?;
            sans.ip_addresses.push(address);
        }
        _ => return None,
    }
    Some(sans)
}

/// Who gets it: labels and names are what the requester writes.
fn inspect_grants(policy: &ApprovalPolicy, flaws: &mut Flaws) {
    let (selector, origin) = (&policy.selector, &policy.origin);
    if !selector.labels.is_empty() && selector.paths.is_empty() && selector.requesters.is_none() {
        flaws
            .warn(Code::LabelsGrant, origin, "spec.selector.labels")
            .say(
                "labels alone say which requests are meant, and the requester writes them",
                "add `paths` or `requesters`",
            );
    }
    if policy.approvals != Approvals::None {
        return;
    }
    let is_chosen = |rule: &Rule| {
        let entries = entries(rule);
        !entries.is_empty() && entries.iter().all(Entry::is_chosen)
    };
    let allows = |rule: &&Rule| !matches!(rule.allows, Allows::Nothing);
    let addresses = policy.allowed.ip_addresses.allows != AllowsIp::Nothing;
    let mut allowing = rules(policy).filter(allows).peekable();
    if !addresses && allowing.peek().is_some() && allowing.all(is_chosen) {
        flaws.warn(Code::RequesterChosenName, origin, "spec.allowed").say(
            "all names come from the request's path, which the requester chooses, and nobody approves",
            "ask for approvals, or use `{{ requester.name }}` with `requesters`",
        );
    }
    flaws
        .note(Code::ApprovalsNone, origin, "spec.approvals")
        .say(
            "the merge is the only approval: whoever may merge decides",
            "protect the branch, or ask for approvals",
        );
}
