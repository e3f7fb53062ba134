//! The values of one field against the rule of one policy.
//!
//! In come a rule and the values that a request asks for; out come all reasons why the policy does not allow them, each
//! with the index of its value and the smallest change that would help. Values are compared in the normal form of
//! their kind (RFC 4343 for domains); what is certified keeps the letters that were asked for.

use std::net::IpAddr;

use crate::control::entry::{Entry, Match};
use crate::control::glob::placeholder::Given;
use crate::control::rule::{Allows, AllowsIp, Counts, IpRule, Rule};
use crate::finding::{Code, Reason};

/// One value that a request asks for.
#[derive(Clone, Debug)]
pub(super) struct Value<'v> {
    /// Where it stands, such as `csr.dnsNames[0]`.
    pub(super) field: String,
    /// As it was asked for.
    pub(super) text: &'v str,
    /// As patterns see it.
    pub(super) normal: String,
}

/// A DNS name as patterns see it.
pub(super) fn normal_dns(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// An e-mail address as patterns see it: only the domain is without letter case.
pub(super) fn normal_email(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_ascii_lowercase()),
        None => address.to_owned(),
    }
}

/// The values of one field, each with its index.
pub(super) fn numbered<'v>(
    field: &str,
    values: &'v [String],
    normal: fn(&str) -> String,
) -> Vec<Value<'v>> {
    let value = |(index, text): (usize, &'v String)| Value {
        field: format!("{field}[{index}]"),
        text,
        normal: normal(text),
    };
    values.iter().enumerate().map(value).collect()
}

/// Why so many values are not what the rule asks for.
pub(super) fn judge_count(counts: Counts, field: &str, number: usize) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if counts.required && number == 0 {
        reasons.push(
            Reason::new(Code::RequiredMissing, "at least one value is required")
                .help("ask for one"),
        );
    } else if number < counts.least {
        let message = format!(
            "at least {} values are required, not {number}",
            counts.least
        );
        reasons.push(Reason::new(Code::TooFewValues, message).help("ask for more"));
    }
    if let Some(most) = counts.most.filter(|most| number > *most) {
        let message = format!("at most {most} values are allowed, not {number}");
        let help = format!("ask for at most {most}");
        reasons.push(Reason::new(Code::TooManyValues, message).help(help));
    }
    reasons
        .into_iter()
        .map(|reason| reason.field(field))
        .collect()
}

/// Why the rule does not allow this DNS name, if it does not.
pub(super) fn refuse_dns(rule: &Rule, value: &Value<'_>, given: Given<'_>) -> Option<Reason> {
    let nothing = matches!(rule.allows, Allows::Nothing);
    if !nothing && value.normal.starts_with("*.") && !rule.wildcards {
        let message = format!("wildcards such as `{}` are not allowed", value.text);
        let reason = Reason::new(Code::WildcardCertificate, message).value(value.text);
        return Some(reason.field(&value.field).help("name each host"));
    }
    if !nothing && value.normal.contains('_') && !rule.underscores {
        let message = format!("`{}` holds `_`, which is not allowed", value.text);
        let reason = Reason::new(Code::ValueNotAllowed, message).value(value.text);
        return Some(
            reason
                .field(&value.field)
                .help("ask for a name without `_`"),
        );
    }
    refuse(rule, value, given)
}

/// Why the rule does not allow this value, if it does not.
pub(super) fn refuse(rule: &Rule, value: &Value<'_>, given: Given<'_>) -> Option<Reason> {
    match &rule.allows {
        Allows::Nothing => Some(not_allowed(&value.field, value.text)),
        Allows::Anything => None,
        Allows::Values(entries) => refuse_by(entries, value, given),
    }
}

/// Why the rule does not allow this address, if it does not.
pub(super) fn refuse_ip(rule: &IpRule, field: &str, address: IpAddr) -> Option<Reason> {
    let text = address.to_string();
    let AllowsIp::Blocks { cidrs, except } = &rule.allows else {
        let nothing = rule.allows == AllowsIp::Nothing;
        return nothing.then(|| not_allowed(field, &text));
    };
    let reason = |message: String| {
        let reason = Reason::new(Code::ValueNotAllowed, message);
        reason.field(field).value(&text)
    };
    if let Some(block) = except.iter().find(|block| block.contains(address)) {
        let message = format!("`{address}` lies in the exception `{block}`");
        return Some(reason(message).help(format!("ask for an address outside `{block}`")));
    }
    if cidrs.iter().any(|block| block.contains(address)) {
        return None;
    }
    let blocks: Vec<String> = cidrs.iter().map(ToString::to_string).collect();
    let help = format!("ask for an address in {}", blocks.join(", "));
    Some(reason(format!("`{address}` lies in no block that is allowed")).help(help))
}

/// The reason for a value of a kind that the policy allows none of.
pub(super) fn not_allowed(field: &str, text: &str) -> Reason {
    let kind = field.split('[').next().unwrap_or(field);
    Reason::new(
        Code::FieldNotAllowed,
        format!("no value of `{kind}` is allowed"),
    )
    .field(field)
    .value(text)
    .help(format!("drop `{text}`"))
}

fn refuse_by(entries: &[Entry], value: &Value<'_>, given: Given<'_>) -> Option<Reason> {
    let (mut unsafe_entry, mut unknown) = (None, None);
    for entry in entries {
        match entry.matches(&value.normal, given) {
            Match::Yes => return None,
            Match::Unsafe => unsafe_entry = unsafe_entry.or(Some(entry)),
            Match::Nobody => unknown = unknown.or(Some(entry)),
            Match::No | Match::Unknown => {}
        }
    }
    Some(match (unsafe_entry, unknown) {
        (Some(entry), _) => unsafe_template(entry, value),
        (None, Some(entry)) => nobody(entry, value),
        (None, None) => no_entry(entries, value),
    })
}

/// The reason for a value that only an entry with the requester in it could admit, when nobody knows who asked.
fn nobody(entry: &Entry, value: &Value<'_>) -> Reason {
    Reason::new(
        Code::RequesterUnknown,
        format!(
            "`{}` might fit `{entry}`, but who asked is not known",
            value.text
        ),
    )
    .field(&value.field)
    .value(value.text)
    .help("sign the commit with a key of a Principal")
}

/// The reason for a value that only an entry with an unsafe placeholder could admit.
fn unsafe_template(entry: &Entry, value: &Value<'_>) -> Reason {
    Reason::new(
        Code::TemplateValueUnsafe,
        format!("the request's value for `{entry}` can't stand there as literal text"),
    )
    .field(&value.field)
    .value(value.text)
    .help("give the request a path of plain names without dots")
}

fn no_entry(entries: &[Entry], value: &Value<'_>) -> Reason {
    let reason = Reason::new(
        Code::ValueNotAllowed,
        format!("`{}` fits no entry that is allowed", value.text),
    );
    let reason = reason.field(&value.field).value(value.text);
    match nearest(entries, &value.normal) {
        Some(entry) => reason.help(format!("the nearest that is allowed is `{entry}`")),
        None => reason,
    }
}

/// The entry most like the value; among equals the first by its text, wherever it stands.
fn nearest(entries: &[Entry], value: &str) -> Option<String> {
    let nearness = |text: &String| strsim::jaro_winkler(text, value);
    let texts = entries.iter().map(ToString::to_string);
    texts.max_by(|a, b| {
        let by_nearness = nearness(a).total_cmp(&nearness(b));
        by_nearness.then_with(|| b.cmp(a))
    })
}
