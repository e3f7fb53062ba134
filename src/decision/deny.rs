//! One deny policy against one request: every hit, each of them final.
//!
//! In come a compiled policy and the plain view of a request; out come reasons, and none means no hit. Patterns are tried
//! on every value however it is spelt: without letter case, on each name that a requested wildcard covers, and on a
//! common name that has the form of their kind. What can't be told counts as a hit.

use std::net::IpAddr;

use crate::control::deny_policy::{Denial, DenyPolicy};
use crate::control::entry::{Entry, Match};
use crate::control::fold::fold;
use crate::control::glob::placeholder::Given;
use crate::decision::asked::Asked;
use crate::decision::form::Form;
use crate::decision::form::normal_dns;
use crate::decision::rules;
use crate::decision::select;
use crate::finding::{Code, Reason};
use crate::x509::subject::Attribute;

const COMMON_NAME: &str = "csr.subject.commonName";

/// One value as this file tries it: where it stands, as it was asked for, and its spellings.
struct Tried {
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
    let excepted = |denial: &&Denial| {
        let unless = denial.unless.as_ref();
        unless.is_some_and(|unless| select::holds(unless, asked))
    };
    let holding = policy.deny.iter().filter(|denial| !excepted(denial));
    holding
        .flat_map(|denial| denial_hits(denial, asked))
        .map(|reason| reason.policy(policy.name.as_str()))
        .collect()
}

fn denial_hits(denial: &Denial, asked: &Asked<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for (attribute, entries) in &denial.subject {
        let tried = attribute_values(*attribute, asked);
        reasons.extend(pattern_hits(denial, entries, &tried, asked));
    }
    let mut names = |entries: &[Entry], values: fn(&Asked<'_>) -> Vec<Tried>| {
        if !entries.is_empty() {
            reasons.extend(pattern_hits(denial, entries, &values(asked), asked));
        }
    };
    names(&denial.dns_names, dns_names);
    names(&denial.uris, uris);
    names(&denial.email_addresses, email_addresses);
    reasons.extend(address_hits(denial, asked));
    reasons.extend(usage_hits(denial, asked));
    reasons.extend(key_hit(denial, asked));
    reasons.extend(rules::hit(denial, asked));
    reasons
}

fn pattern_hits(
    denial: &Denial,
    entries: &[Entry],
    values: &[Tried],
    asked: &Asked<'_>,
) -> Vec<Reason> {
    let hit = |value: &Tried| {
        let tried = entries
            .iter()
            .map(|entry| (entry, try_entry(entry, value, asked.given())));
        // The clearest hit is the one to show.
        let (entry, matched) = tried
            .filter(|(_, matched)| *matched != Match::No)
            .min_by_key(|(_, matched)| *matched != Match::Yes)?;
        let reason = denied(denial, &value.field, &value.text);
        Some(reason.help(help(entry, matched, &value.text)))
    };
    values.iter().filter_map(hit).collect()
}

fn try_entry(entry: &Entry, value: &Tried, given: Given<'_>) -> Match {
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
        Match::Unknown => format!(
            "name each host: `{entry}` can't tell what a wildcard covers, which counts as a hit"
        ),
    }
}

fn attribute_values(attribute: Attribute, asked: &Asked<'_>) -> Vec<Tried> {
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

fn dns_names(asked: &Asked<'_>) -> Vec<Tried> {
    let mut names = numbered("csr.dnsNames", &asked.sans.dns_names, normal_dns);
    if let Some((text, Form::Dns(name))) = common_name(asked) {
        names.push(from_common_name(text, name.clone()));
    }
    names
}

fn uris(asked: &Asked<'_>) -> Vec<Tried> {
    let mut uris = numbered("csr.uris", &asked.sans.uris, str::to_owned);
    if let Some((text, Form::Uri(uri))) = common_name(asked) {
        uris.push(from_common_name(text, uri.clone()));
    }
    uris
}

fn email_addresses(asked: &Asked<'_>) -> Vec<Tried> {
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

fn address_hits(denial: &Denial, asked: &Asked<'_>) -> Vec<Reason> {
    let numbered = asked.sans.ip_addresses.iter().enumerate();
    let mut addresses: Vec<(String, IpAddr)> = numbered
        .map(|(index, address)| (format!("csr.ipAddresses[{index}]"), *address))
        .collect();
    if let Some((_, Form::Ip(address))) = common_name(asked) {
        addresses.push((COMMON_NAME.to_owned(), *address));
    }
    let hit = |(field, address): &(String, IpAddr)| {
        let mut blocks = denial.ip_addresses.iter();
        let block = blocks.find(|block| block.contains(*address))?;
        let reason = denied(denial, field, &address.to_string());
        Some(reason.help(format!("ask for an address outside `{block}`")))
    };
    addresses.iter().filter_map(hit).collect()
}

fn usage_hits(denial: &Denial, asked: &Asked<'_>) -> Vec<Reason> {
    let usages = asked.usages.iter().enumerate();
    usages
        .filter(|(_, usage)| denial.usages.contains(usage))
        .map(|(index, usage)| {
            denied(denial, &format!("spec.usages[{index}]"), usage.as_str())
                .help(format!("drop usage `{usage}`"))
        })
        .collect()
}

fn key_hit(denial: &Denial, asked: &Asked<'_>) -> Option<Reason> {
    let keys = denial.keys.as_ref()?;
    let (code, what) = if keys.block(asked.key) {
        (Code::KeyBlocked, "the key is blocked")
    } else if keys.list_as_debian(asked.key) {
        let what = "the key can be guessed, a faulty Debian made it (CVE-2008-0166)";
        (Code::KeyWeakDebian, what)
    } else {
        return None;
    };
    let reason = Reason::new(code, message(denial, what)).field("csr.key");
    let reason = reason.value(format!("{} {}", asked.key.kind(), asked.key.digest()));
    Some(reason.help("make a new key"))
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
