//! One approval policy against one request: every reason why it does not admit the whole of it.
//!
//! In come a compiled policy whose selector holds and the plain view of a request; out come reasons, and none means that
//! the policy admits. There is no early exit, since a requester wants to see all that is wrong. What the policy says
//! nothing about it does not allow. Key reuse is looked up elsewhere.

use crate::control::approval_policy::{Allowed, ApprovalPolicy, Constraints};
use crate::control::entry::Match;
use crate::control::rule::{Allows, Rule};
use crate::decision::asked::Asked;
use crate::decision::common_name::{Form, not_in_san};
use crate::decision::reserved::{Reserved, is_demanded};
use crate::decision::rules;
use crate::decision::values::{
    Value, judge_count, normal_dns, normal_email, numbered, refuse, refuse_dns, refuse_ip,
};
use crate::finding::{Code, Reason};
use crate::timestamp::Lifetime;
use crate::x509::subject::Attribute;
use crate::x509::usage::Usage;

const EXPIRATION: &str = "spec.expirationSeconds";

/// Every reason why the policy does not admit the request; none when it does.
#[must_use]
pub fn judge(policy: &ApprovalPolicy, asked: &Asked<'_>) -> Vec<Reason> {
    let names = judge_names(&policy.allowed, asked);
    let mut reasons = judge_subject(&policy.allowed, asked, &names);
    reasons.extend(names);
    reasons.extend(judge_usages(&policy.allowed.usages, asked.usages));
    reasons.extend(judge_lifetime(&policy.constraints, asked));
    reasons.extend(judge_key(&policy.constraints, asked));
    reasons.extend(rules::failing(&policy.validations, asked));
    reasons
        .into_iter()
        .map(|reason| reason.policy(policy.name.as_str()))
        .collect()
}

fn judge_names(allowed: &Allowed, asked: &Asked<'_>) -> Vec<Reason> {
    let sans = asked.sans;
    let mut reasons = Vec::new();
    let dns_names = numbered("csr.dnsNames", &sans.dns_names, normal_dns);
    let uris = numbered("csr.uris", &sans.uris, str::to_owned);
    let emails = numbered("csr.emailAddresses", &sans.email_addresses, normal_email);
    let given = asked.given();
    let refused = |value: &Value<'_>| refuse_dns(&allowed.dns_names, value, given);
    reasons.extend(dns_names.iter().filter_map(refused));
    for (index, address) in sans.ip_addresses.iter().enumerate() {
        let field = format!("csr.ipAddresses[{index}]");
        reasons.extend(refuse_ip(&allowed.ip_addresses, &field, *address));
    }
    reasons.extend(
        uris.iter()
            .filter_map(|uri| refuse(&allowed.uris, uri, given)),
    );
    let refused = |value: &Value<'_>| refuse(&allowed.email_addresses, value, given);
    reasons.extend(emails.iter().filter_map(refused));
    for (field, counts, number) in [
        ("csr.dnsNames", allowed.dns_names.counts, dns_names.len()),
        (
            "csr.ipAddresses",
            allowed.ip_addresses.counts,
            sans.ip_addresses.len(),
        ),
        ("csr.uris", allowed.uris.counts, uris.len()),
        (
            "csr.emailAddresses",
            allowed.email_addresses.counts,
            emails.len(),
        ),
    ] {
        reasons.extend(judge_count(counts, field, number));
    }
    reasons
}

fn judge_subject(allowed: &Allowed, asked: &Asked<'_>, names: &[Reason]) -> Vec<Reason> {
    let nothing = Rule::default();
    let mut reasons = Vec::new();
    for attribute in Attribute::ALL {
        let rule = allowed.subject(attribute).unwrap_or(&nothing);
        let values = subject_values(attribute, asked);
        for value in &values {
            reasons.extend(refuse_attribute(rule, attribute, value, asked));
            if rule.in_sans && !is_allowed_name(value.text, asked, names) {
                reasons.push(not_in_san(value.text));
            }
        }
        let field = format!("csr.subject.{attribute}");
        reasons.extend(judge_count(rule.counts, &field, values.len()));
    }
    reasons
}

fn subject_values<'a>(attribute: Attribute, asked: &Asked<'a>) -> Vec<Value<'a>> {
    let field = |index| {
        if attribute.is_single() {
            format!("csr.subject.{attribute}")
        } else {
            format!("csr.subject.{attribute}[{index}]")
        }
    };
    let values = asked.subject.values(attribute).enumerate();
    let value = |(index, text): (usize, &'a str)| Value {
        field: field(index),
        text,
        normal: text.to_owned(),
    };
    values.map(value).collect()
}

fn refuse_attribute(
    rule: &Rule,
    attribute: Attribute,
    value: &Value<'_>,
    asked: &Asked<'_>,
) -> Option<Reason> {
    let demanded = is_demanded(asked.profile, attribute, value.text);
    let reserved = Reserved::of(attribute, value.text).filter(|_| !demanded);
    let Some(reserved) = reserved else {
        return refuse(rule, value, asked.given());
    };
    let entries = match &rule.allows {
        Allows::Values(entries) => entries.as_slice(),
        Allows::Nothing | Allows::Anything => &[],
    };
    let admitted = entries.iter().any(|entry| {
        reserved.is_spelt_by(entry) && entry.matches(&value.normal, asked.given()) == Match::Yes
    });
    (!admitted).then(|| refuse_reserved(reserved, attribute, value))
}

fn refuse_reserved(reserved: Reserved, attribute: Attribute, value: &Value<'_>) -> Reason {
    let (kind, help) = match attribute {
        Attribute::Organization => (
            "group",
            "name an ordinary group and bind it to a role, for example `ops-admins`",
        ),
        _ => ("user", "name an ordinary user"),
    };
    let message = format!(
        "{kind} `{}` is kept for Kubernetes: it is or looks like `{}`",
        value.text,
        reserved.as_str()
    );
    let reason = Reason::new(Code::ReservedIdentity, message).value(value.text);
    reason.field(&value.field).help(help)
}

/// Whether a subject alternative name that passed says the same as the common name.
fn is_allowed_name(common_name: &str, asked: &Asked<'_>, names: &[Reason]) -> bool {
    let sans = asked.sans;
    let (field, index) = match Form::of(common_name) {
        None => return false,
        Some(Form::Dns(name)) => (
            "csr.dnsNames",
            sans.dns_names
                .iter()
                .position(|san| normal_dns(san) == name),
        ),
        Some(Form::Ip(address)) => (
            "csr.ipAddresses",
            sans.ip_addresses.iter().position(|san| *san == address),
        ),
        Some(Form::Email(address)) => (
            "csr.emailAddresses",
            sans.email_addresses
                .iter()
                .position(|san| normal_email(san) == address),
        ),
        Some(Form::Uri(uri)) => ("csr.uris", sans.uris.iter().position(|san| *san == uri)),
    };
    index.is_some_and(|index| {
        let field = Some(format!("{field}[{index}]"));
        !names.iter().any(|reason| reason.field == field)
    })
}

fn judge_usages(allowed: &[Usage], asked: &[Usage]) -> Vec<Reason> {
    let refused = |(index, usage): (usize, &Usage)| {
        (!allowed.contains(usage)).then(|| {
            Reason::new(
                Code::UsageNotAllowed,
                format!("usage `{usage}` is not allowed"),
            )
            .field(format!("spec.usages[{index}]"))
            .value(usage.as_str())
            .help(format!("drop usage `{usage}`"))
        })
    };
    asked.iter().enumerate().filter_map(refused).collect()
}

fn judge_lifetime(constraints: &Constraints, asked: &Asked<'_>) -> Vec<Reason> {
    let granted = asked.lifetime;
    let reason = |code, message: String, help: String| {
        Reason::new(code, message).field(EXPIRATION).help(help)
    };
    let seconds = |bound: Lifetime| format!("`expirationSeconds: {}`", bound.seconds());
    let mut reasons = Vec::new();
    if constraints.duration_required && !asked.has_expiration {
        let message = "the request must say how long the certificate lives".to_owned();
        let help = format!("set for example {}", seconds(granted));
        reasons.push(reason(Code::RequiredMissing, message, help));
    }
    if let Some(max) = constraints.duration_max.filter(|max| granted > *max) {
        let message = format!("a lifetime of {granted} is longer than {max}");
        let help = format!("ask for at most {max}: {}", seconds(max));
        let reason = reason(Code::LifetimeTooLong, message, help);
        reasons.push(reason.value(granted.to_string()));
    }
    if let Some(min) = constraints.duration_min.filter(|min| granted < *min) {
        let message = format!("a lifetime of {granted} is shorter than {min}");
        let help = format!("ask for at least {min}: {}", seconds(min));
        let reason = reason(Code::LifetimeTooShort, message, help);
        reasons.push(reason.value(granted.to_string()));
    }
    reasons
}

fn judge_key(constraints: &Constraints, asked: &Asked<'_>) -> Option<Reason> {
    let keys = constraints.keys.as_ref()?;
    let kind = asked.key.kind();
    (!keys.include(kind)).then(|| {
        Reason::new(
            Code::KeyTypeNotAllowed,
            format!("a key of {kind} is not allowed"),
        )
        .field("csr.key")
        .value(kind.to_string())
        .help(format!("make a new key of one of {keys}"))
    })
}

#[cfg(test)]
mod tests;
