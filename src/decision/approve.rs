//! One approval policy against one request: every reason why it does not admit the whole of it.
//!
//! In come a compiled policy whose selector holds and the plain view of a request; out come reasons, and none means that
//! the policy admits. There is no early exit, since a requester wants to see all that is wrong. What the policy says
//! nothing about it does not allow. Key reuse is looked up elsewhere.

use crate::control::approval_policy::{Allowed, ApprovalPolicy, Constraints};
use crate::control::entry::Match;
use crate::control::rule::{Allows, Rule};
use crate::decision::asked::Asked;
use crate::decision::common_name::not_in_san;
use crate::decision::faults::{Fault, allowing, allowing_dns, allowing_ip, judge_count};
use crate::decision::form::Form;
use crate::decision::objections::Objections;
use crate::decision::reserved::{Reserved, is_demanded};
use crate::decision::rules;
use crate::decision::values::Value;
use crate::finding::{Code, Reason};
use crate::timestamp::Lifetime;
use crate::x509::subject::Attribute;
use crate::x509::usage::Usage;

const EXPIRATION: &str = "spec.expirationSeconds";

/// Every reason why the policy does not admit the request; none when it does.
#[must_use]
pub fn judge(policy: &ApprovalPolicy, asked: &Asked<'_>) -> Vec<Reason> {
    let mut objections = Objections::told();
    walk(policy, asked, &mut objections);
    let reasons = objections.into_reasons().into_iter();
    reasons
        .map(|reason| reason.policy(policy.name.as_str()))
        .collect()
}

/// Whether the policy admits the request; the same walk without words.
#[must_use]
pub fn admits(policy: &ApprovalPolicy, asked: &Asked<'_>) -> bool {
    let mut objections = Objections::silent();
    walk(policy, asked, &mut objections);
    !objections.any()
}

fn walk(policy: &ApprovalPolicy, asked: &Asked<'_>, objections: &mut Objections) {
    let (allowed, constraints) = (&policy.allowed, &policy.constraints);
    judge_subject(allowed, asked, objections);
    judge_names(allowed, asked, objections);
    judge_usages(&allowed.usages, asked.usages, objections);
    judge_lifetime(constraints, asked, objections);
    judge_key(constraints, asked, objections);
    // Rules cost most.
    if !objections.is_settled() {
        rules::judge(&policy.validations, asked, objections);
    }
}

fn judge_names(allowed: &Allowed, asked: &Asked<'_>, objections: &mut Objections) {
    let (values, given) = (asked.values, asked.given());
    for value in &values.dns_names {
        if let Err(fault) = allowing_dns(&allowed.dns_names, value, given) {
            objections.add(|| fault.reason(value));
        }
    }
    for (index, address) in asked.sans.ip_addresses.iter().enumerate() {
        if let Err(fault) = allowing_ip(&allowed.ip_addresses, *address) {
            objections.add(|| fault.reason(index, *address));
        }
    }
    for (rule, values) in [
        (&allowed.uris, &values.uris),
        (&allowed.email_addresses, &values.email_addresses),
    ] {
        for value in values {
            if let Err(fault) = allowing(rule, value, given) {
                objections.add(|| fault.reason(value));
            }
        }
    }
    let addresses = asked.sans.ip_addresses.len();
    for (field, counts, number) in [
        (
            "csr.dnsNames",
            allowed.dns_names.counts,
            values.dns_names.len(),
        ),
        ("csr.ipAddresses", allowed.ip_addresses.counts, addresses),
        ("csr.uris", allowed.uris.counts, values.uris.len()),
        (
            "csr.emailAddresses",
            allowed.email_addresses.counts,
            values.email_addresses.len(),
        ),
    ] {
        judge_count(counts, number, || field.to_owned(), objections);
    }
}

fn judge_subject(allowed: &Allowed, asked: &Asked<'_>, objections: &mut Objections) {
    let nothing = Rule::default();
    for (attribute, values) in &asked.values.subject {
        let rule = allowed.subject(*attribute).unwrap_or(&nothing);
        for value in values {
            judge_attribute(rule, *attribute, value, asked, objections);
            if rule.in_sans && !is_allowed_name(allowed, asked) {
                objections.add(|| not_in_san(value.text));
            }
        }
        let field = || format!("csr.subject.{attribute}");
        judge_count(rule.counts, values.len(), field, objections);
    }
}

fn judge_attribute(
    rule: &Rule,
    attribute: Attribute,
    value: &Value<'_>,
    asked: &Asked<'_>,
    objections: &mut Objections,
) {
    let demanded = |_: &Reserved| !is_demanded(asked.profile, attribute, value.text);
    let Some(reserved) = value.reserved.filter(demanded) else {
        if let Err(fault) = allowing(rule, value, asked.given()) {
            objections.add(|| fault.reason(value));
        }
        return;
    };
    let entries = match &rule.allows {
        Allows::Values(entries) => entries.as_slice(),
        Allows::Nothing | Allows::Anything => &[],
    };
    let admitted = entries.iter().any(|entry| {
        reserved.is_spelt_by(entry) && entry.matches(&value.normal, asked.given()) == Match::Yes
    });
    if !admitted {
        objections.add(|| refuse_reserved(reserved, attribute, value));
    }
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
    reason.field(value.field()).help(help)
}

/// Whether a subject alternative name that passed says the same as the common name.
fn is_allowed_name(allowed: &Allowed, asked: &Asked<'_>) -> bool {
    let (values, given) = (asked.values, asked.given());
    let passes = |values: &[Value<'_>], name: &str, judge: &dyn Fn(&Value<'_>) -> bool| {
        let same = values.iter().find(|value| value.normal == name);
        same.is_some_and(judge)
    };
    let is_ok = |result: Result<_, Fault<'_>>| result.is_ok();
    match &values.form {
        None => false,
        Some(Form::Dns(name)) => passes(&values.dns_names, name, &|value| {
            is_ok(allowing_dns(&allowed.dns_names, value, given))
        }),
        Some(Form::Ip(address)) => {
            asked.sans.ip_addresses.contains(address)
                && allowing_ip(&allowed.ip_addresses, *address).is_ok()
        }
        Some(Form::Email(address)) => passes(&values.email_addresses, address, &|value| {
            is_ok(allowing(&allowed.email_addresses, value, given))
        }),
        Some(Form::Uri(uri)) => passes(&values.uris, uri, &|value| {
            is_ok(allowing(&allowed.uris, value, given))
        }),
    }
}

fn judge_usages(allowed: &[Usage], asked: &[Usage], objections: &mut Objections) {
    for (index, usage) in asked.iter().enumerate() {
        if !allowed.contains(usage) {
            objections.add(|| {
                let message = format!("usage `{usage}` is not allowed");
                Reason::new(Code::UsageNotAllowed, message)
                    .field(format!("spec.usages[{index}]"))
                    .value(usage.as_str())
                    .help(format!("drop usage `{usage}`"))
            });
        }
    }
}

fn judge_lifetime(constraints: &Constraints, asked: &Asked<'_>, objections: &mut Objections) {
    let granted = asked.lifetime;
    let reason = |code, message: String, help: String| {
        Reason::new(code, message).field(EXPIRATION).help(help)
    };
    let seconds = |bound: Lifetime| format!("`expirationSeconds: {}`", bound.seconds());
    if constraints.duration_required && !asked.has_expiration {
        objections.add(|| {
            let message = "the request must say how long the certificate lives".to_owned();
            let help = format!("set for example {}", seconds(granted));
            reason(Code::RequiredMissing, message, help)
        });
    }
    if let Some(max) = constraints.duration_max.filter(|max| granted > *max) {
        objections.add(|| {
            let message = format!("a lifetime of {granted} is longer than {max}");
            let help = format!("ask for at most {max}: {}", seconds(max));
            reason(Code::LifetimeTooLong, message, help).value(granted.to_string())
        });
    }
    if let Some(min) = constraints.duration_min.filter(|min| granted < *min) {
        objections.add(|| {
            let message = format!("a lifetime of {granted} is shorter than {min}");
            let help = format!("ask for at least {min}: {}", seconds(min));
            reason(Code::LifetimeTooShort, message, help).value(granted.to_string())
        });
    }
}

fn judge_key(constraints: &Constraints, asked: &Asked<'_>, objections: &mut Objections) {
    let kind = asked.key.kind();
    let keys = constraints.keys.as_ref();
    if let Some(keys) = keys.filter(|keys| !keys.include(kind)) {
        objections.add(|| {
            Reason::new(
                Code::KeyTypeNotAllowed,
                format!("a key of {kind} is not allowed"),
            )
            .field("csr.key")
            .value(kind.to_string())
            .help(format!("make a new key of one of {keys}"))
        });
    }
}

#[cfg(test)]
mod tests;
