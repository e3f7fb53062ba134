//! One deny policy against one request: every hit, each of them final.
//!
//! In come a compiled policy and the plain view of a request; out come reasons, and none means no hit. Patterns are tried
//! on every value however it is spelt: without letter case, on each name that a requested wildcard covers, and on a
//! common name that has the form of their kind. What can't be told counts as a hit.

mod resource;

use std::net::IpAddr;

use crate::control::deny_policy::{Denial, DenyPolicy};
use crate::control::entry::{Entry, Match};
use crate::control::fold::fold;
use crate::control::glob::placeholder::Given;
use crate::decision::asked::Asked;
use crate::decision::exhaustion::CAUSE;
use crate::decision::faults::{element, nearest};
use crate::decision::form::Form;
use crate::decision::form::normal_dns;
use crate::decision::objections::Objections;
use crate::decision::rules;
use crate::decision::select;
use crate::decision::trace::{Considered, Remark};
use crate::effort::Effort;
use crate::finding::{Code, Reason};
use crate::x509::subject::Attribute;

const COMMON_NAME: &str = "csr.subject.commonName";

/// One value as this file tries it: where it stands, as it was asked for, and its spellings.
pub(super) struct Tried {
    field: String,
    text: String,
    spellings: Vec<String>,
}

/// Every hit of the policy on the request; none when its selector does not hold.
#[must_use]
pub fn hits(policy: &DenyPolicy, asked: &Asked<'_>) -> Vec<Reason> {
    if !select::holds(&policy.selector, asked) {
        return Vec::new();
    }
    let mut objections = Objections::told();
    walk(policy, asked, &mut objections);
    let place = |reason: Reason| policy.origin.place(reason.policy(policy.name.as_str()));
    objections.into_reasons().map(place).collect()
}

/// All that the policy looks at, hit or not.
#[must_use]
pub fn consider(policy: &DenyPolicy, asked: &Asked<'_>) -> Considered {
    let selector = select::trace(&policy.selector, asked);
    let mut objections = Objections::traced();
    if select::holds(&policy.selector, asked) {
        walk(policy, asked, &mut objections);
    }
    let considered = Considered {
        policy: policy.name.to_string(),
        kind: "DenyPolicy",
        description: policy.description.clone(),
        rule: policy.origin.rule("metadata.name"),
        mode: policy.mode,
        selector,
        parts: objections.into_parts(),
    };
    considered.placed(&policy.origin)
}

fn walk(policy: &DenyPolicy, asked: &Asked<'_>, objections: &mut Objections) {
    for denial in &policy.deny {
        let unless = denial.unless.as_ref();
        if let Some(unless) = unless.filter(|unless| select::holds(unless, asked)) {
            objections.hold(|| {
                let message = format!("entry `{}` is not for it: its exception holds", denial.name);
                Remark::new(message).rule(&unless.at)
            });
        } else {
            judge(denial, asked, objections);
        }
    }
}

fn judge(denial: &Denial, asked: &Asked<'_>, objections: &mut Objections) {
    for (attribute, entries) in &denial.subject {
        let tried = attribute_values(*attribute, asked);
        judge_values(denial, entries, &tried, asked, objections);
    }
    let mut names = |entries: &[Entry], values: fn(&Asked<'_>) -> Vec<Tried>| {
        if !entries.is_empty() {
            judge_values(denial, entries, &values(asked), asked, objections);
        }
    };
    names(&denial.dns_names, dns_names);
    names(&denial.uris, uris);
    names(&denial.email_addresses, email_addresses);
    judge_addresses(denial, asked, objections);
    judge_usages(denial, asked, objections);
    judge_key(denial, asked, objections);
    rules::judge_denial(denial, asked, objections);
}

fn judge_values(
    denial: &Denial,
    entries: &[Entry],
    values: &[Tried],
    asked: &Asked<'_>,
    objections: &mut Objections,
) {
    for value in values {
        let tried = entries
            .iter()
            .map(|entry| (entry, try_entry(entry, value, asked.given())));
        // The clearest hit is the one to show.
        let hit = tried
            .filter(|(_, matched)| *matched != Match::No)
            .min_by_key(|(_, matched)| *matched != Match::Yes);
        match hit {
            Some((entry, matched)) => objections.add(|| {
                let reason = denied(denial, &value.field, &value.text).rule(entry.at());
                reason.help(help(entry, matched, &value.text))
            }),
            None => objections.hold(|| no_hit(denial, entries, value, asked.effort)),
        }
    }
}

/// The entry that comes nearest, since that is the one to look at.
fn no_hit(denial: &Denial, entries: &[Entry], value: &Tried, effort: &Effort) -> Remark {
    let remark = match nearest(entries, &value.text, effort) {
        Some(entry) => {
            let message = format!("entry `{}`: does not fit `{entry}`", denial.name);
            Remark::new(message).rule(entry.at())
        }
        None => Remark::new(format!("entry `{}`: fits nothing", denial.name)).rule(&denial.at),
    };
    remark.field(&value.field).value(&value.text)
}

pub(super) fn try_entry(entry: &Entry, value: &Tried, given: Given<'_>) -> Match {
    let matches = value
        .spellings
        .iter()
        .map(|spelling| entry.matches(spelling, given));
    matches
        .max_by_key(|matched| *matched != Match::No)
        .unwrap_or(Match::No)
}

fn help(entry: &Entry, matched: Match, text: &str) -> String {
    match matched {
        Match::Yes | Match::No | Match::Nobody => format!("drop `{text}`"),
        Match::Unsafe => {
            format!("the request's value for `{entry}` can't stand there, which counts as a hit")
        }
        Match::Untried => format!("`{entry}` was not tried, which counts as a hit: {CAUSE}"),
        Match::Unknown => format!(
            "name each host: `{entry}` can't tell what a wildcard covers, which counts as a hit"
        ),
    }
}

pub(super) fn attribute_values(attribute: Attribute, asked: &Asked<'_>) -> Vec<Tried> {
    let value = |(index, text): (usize, &str)| Tried {
        field: if attribute.is_single() {
            format!("csr.subject.{attribute}")
        } else {
            format!("csr.subject.{attribute}[{index}]")
        },
        text: text.to_owned(),
        spellings: vec![fold(text), text.to_owned()],
    };
    let values = asked.subject.values(attribute).enumerate();
    values.map(value).collect()
}

pub(super) fn dns_names(asked: &Asked<'_>) -> Vec<Tried> {
    let mut names = numbered("csr.dnsNames", &asked.sans.dns_names, normal_dns);
    if let Some((text, Form::Dns(name))) = common_name(asked) {
        names.push(from_common_name(text, name.clone()));
    }
    names
}

pub(super) fn uris(asked: &Asked<'_>) -> Vec<Tried> {
    let mut uris = numbered("csr.uris", &asked.sans.uris, str::to_owned);
    if let Some((text, Form::Uri(uri))) = common_name(asked) {
        uris.push(from_common_name(text, uri.clone()));
    }
    for uri in &mut uris {
        uri.spellings.extend(resource::spellings(&uri.text));
    }
    uris
}

pub(super) fn email_addresses(asked: &Asked<'_>) -> Vec<Tried> {
    let addresses = &asked.sans.email_addresses;
    let mut addresses = numbered("csr.emailAddresses", addresses, str::to_lowercase);
    if let Some((text, Form::Email(address))) = common_name(asked) {
        addresses.push(from_common_name(text, address.to_lowercase()));
    }
    addresses
}

fn common_name<'a>(asked: &Asked<'a>) -> Option<(&'a str, &'a Form)> {
    let text = asked.subject.common_name()?;
    Some((text, asked.values.form.as_ref()?))
}

fn from_common_name(text: &str, spelling: String) -> Tried {
    Tried {
        field: COMMON_NAME.to_owned(),
        text: text.to_owned(),
        spellings: vec![spelling],
    }
}

fn numbered(field: &str, values: &[String], normal: fn(&str) -> String) -> Vec<Tried> {
    let value = |(index, text): (usize, &String)| Tried {
        field: format!("{field}[{index}]"),
        text: text.clone(),
        spellings: vec![normal(text)],
    };
    values.iter().enumerate().map(value).collect()
}

fn judge_addresses(denial: &Denial, asked: &Asked<'_>, objections: &mut Objections) {
    if denial.ip_addresses.is_empty() {
        return;
    }
    let list = format!("{}.ipAddresses", denial.at);
    let numbered = asked.sans.ip_addresses.iter().enumerate();
    let mut addresses: Vec<(String, IpAddr)> = numbered
        .map(|(index, address)| (format!("csr.ipAddresses[{index}]"), *address))
        .collect();
    if let Some((_, Form::Ip(address))) = common_name(asked) {
        addresses.push((COMMON_NAME.to_owned(), *address));
    }
    for (field, address) in addresses {
        let mut blocks = denial.ip_addresses.iter();
        match blocks.find(|block| block.contains(address)) {
            Some(block) => objections.add(|| {
                let reason = denied(denial, &field, &address.to_string());
                let reason = reason.rule(element(&list, &denial.ip_addresses, block));
                reason.help(format!("ask for an address outside `{block}`"))
            }),
            None => objections.hold(|| {
                let message = format!("entry `{}`: lies in none of its blocks", denial.name);
                let remark = Remark::new(message).field(&field);
                remark.value(address.to_string()).rule(&list)
            }),
        }
    }
}

fn judge_usages(denial: &Denial, asked: &Asked<'_>, objections: &mut Objections) {
    if denial.usages.is_empty() {
        return;
    }
    let list = || format!("{}.usages", denial.at);
    for (index, usage) in asked.usages.iter().enumerate() {
        let field = || format!("spec.usages[{index}]");
        if denial.usages.contains(usage) {
            objections.add(|| {
                denied(denial, &field(), usage.as_str())
                    .rule(element(&list(), &denial.usages, usage))
                    .help(format!("drop usage `{usage}`"))
            });
        } else {
            objections.hold(|| {
                let message = format!("entry `{}`: is not among its usages", denial.name);
                let remark = Remark::new(message).field(field());
                remark.value(usage.as_str()).rule(list())
            });
        }
    }
}

fn judge_key(denial: &Denial, asked: &Asked<'_>, objections: &mut Objections) {
    let Some(keys) = &denial.keys else { return };
    let rule = || format!("{}.keys", denial.at);
    let (code, what) = if keys.block(asked.key) {
        (Code::KeyBlocked, "the key is blocked")
    } else if keys.list_as_debian(asked.key) {
        let what = "the key can be guessed, a faulty Debian made it (CVE-2008-0166)";
        (Code::KeyWeakDebian, what)
    } else {
        objections.hold(|| {
            let message = format!("entry `{}`: the key is not blocked", denial.name);
            let remark = Remark::new(message).field("csr.key").rule(rule());
            remark.value(asked.key.kind().to_string())
        });
        return;
    };
    objections.add(|| {
        let reason = Reason::new(code, message(denial, what)).field("csr.key");
        let reason = reason.value(format!("{} {}", asked.key.kind(), asked.key.digest()));
        reason.rule(rule()).help("make a new key")
    });
}

fn denied(denial: &Denial, field: &str, text: &str) -> Reason {
    let message = message(denial, &format!("`{text}` may not be certified"));
    let reason = Reason::new(Code::DeniedBy, message);
    reason.field(field).value(text)
}

fn message(denial: &Denial, generated: &str) -> String {
    let text = denial.message.as_deref().unwrap_or(generated);
    format!("denied by entry `{}`: {text}", denial.name)
}

#[cfg(test)]
mod tests;
