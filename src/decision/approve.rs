//! One approval policy against one request: every reason why it does not admit the whole of it.
//!
//! In come a compiled policy whose selector holds and the plain view of a request; out come reasons, and none means that
//! the policy admits; or all that was looked at, which the same walk tells. There is no early exit, since a requester wants
//! to see all that is wrong. What the policy says nothing about it does not allow. Key reuse is looked up elsewhere.

use crate::control::approval_policy::{Allowed, ApprovalPolicy, Constraints};
use crate::control::entry::{Entry, Match};
use crate::control::rule::{Allows, Rule};
use crate::decision::asked::Asked;
use crate::decision::common_name::not_in_san;
use crate::decision::faults::{
    Fault, allowed, allowed_ip, allowing, allowing_dns, allowing_ip, element, judge_count,
};
use crate::decision::form::Form;
use crate::decision::objections::Objections;
use crate::decision::reserved::{Reserved, is_demanded};
use crate::decision::rules;
use crate::decision::select;
use crate::decision::trace::{Considered, Remark};
use crate::decision::values::Value;
use crate::finding::{Code, Reason};
use crate::timestamp::Lifetime;
use crate::x509::subject::Attribute;
use crate::x509::usage::Usage;

const EXPIRATION: &str = "spec.expirationSeconds";
const USAGES: &str = "spec.allowed.usages";
const KEYS: &str = "spec.constraints.keys";
const DURATION: &str = "spec.constraints.duration";

/// Every reason why the policy does not admit the request; none when it does.
#[must_use]
pub fn judge(policy: &ApprovalPolicy, asked: &Asked<'_>) -> Vec<Reason> {
    let mut objections = Objections::told();
    walk(policy, asked, &mut objections);
    let place = |reason: Reason| policy.origin.place(reason.policy(policy.name.as_str()));
    objections.into_reasons().map(place).collect()
}

/// All that the policy looks at, whether it holds or not.
#[must_use]
pub fn consider(policy: &ApprovalPolicy, asked: &Asked<'_>) -> Considered {
    let selector = select::trace(&policy.selector, asked);
    let mut objections = Objections::traced();
    if select::holds(&policy.selector, asked) {
        walk(policy, asked, &mut objections);
    }
    let considered = Considered {
        policy: policy.name.to_string(),
        kind: "ApprovalPolicy",
        description: policy.description.clone(),
        rule: policy.origin.rule("metadata.name"),
        mode: policy.mode,
        selector,
        parts: objections.into_parts(),
    };
    considered.placed(&policy.origin)
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

/// Notes what became of a value.
fn note(
    value: &Value<'_>,
    judged: Result<Option<&Entry>, Fault<'_>>,
    asked: &Asked<'_>,
    objections: &mut Objections,
) {
    match judged {
        Ok(entry) => objections.hold(|| allowed(value, entry)),
        Err(fault) => objections.add(|| fault.reason(value, asked.effort)),
    }
}

fn judge_names(allowed: &Allowed, asked: &Asked<'_>, objections: &mut Objections) {
    let (values, given) = (asked.values, asked.given());
    for value in &values.dns_names {
        if objections.is_settled() {
            return;
        }
        let judged = allowing_dns(&allowed.dns_names, value, given);
        note(value, judged, asked, objections);
    }
    let rule = &allowed.ip_addresses;
    for (index, address) in asked.sans.ip_addresses.iter().enumerate() {
        match allowing_ip(rule, *address) {
            Ok(block) => objections.hold(|| allowed_ip(rule, index, *address, block)),
            Err(fault) => objections.add(|| fault.reason(rule, index, *address)),
        }
    }
    for (rule, values) in [
        (&allowed.uris, &values.uris),
        (&allowed.email_addresses, &values.email_addresses),
    ] {
        for value in values {
            if objections.is_settled() {
                return;
            }
            note(value, allowing(rule, value, given), asked, objections);
        }
    }
    judge_counts(allowed, asked, objections);
}

fn judge_counts(allowed: &Allowed, asked: &Asked<'_>, objections: &mut Objections) {
    let values = asked.values;
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
            if !rule.in_sans {
                continue;
            }
            let rule = || format!("{}.inSANs", value.rule());
            if is_allowed_name(allowed, value.text, asked) {
                objections.hold(|| {
                    let remark = Remark::new("is an allowed subject alternative name, too");
                    let remark = remark.field(value.field()).value(value.text);
                    remark.rule(rule())
                });
            } else {
                objections.add(|| not_in_san(value.text).rule(rule()));
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
        let judged = allowing(rule, value, asked.given());
        note(value, judged, asked, objections);
        return;
    };
    let entries = match &rule.allows {
        Allows::Values(entries) => entries.as_slice(),
        Allows::Nothing | Allows::Anything => &[],
    };
    let admitting = entries.iter().find(|entry| {
        reserved.is_spelt_by(entry) && entry.matches(&value.normal, asked.given()) == Match::Yes
    });
    match admitting {
        Some(entry) => objections.hold(|| allowed(value, Some(entry))),
        None => objections.add(|| refuse_reserved(reserved, attribute, value)),
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
    let reason = reason.field(value.field()).rule(value.rule());
    reason.help(help)
}

/// Whether a subject alternative name that passed says the same as the common name, in the same spelling.
fn is_allowed_name(allowed: &Allowed, common_name: &str, asked: &Asked<'_>) -> bool {
    let (values, given) = (asked.values, asked.given());
    let Some(form) = &values.form else {
        return false;
    };
    let text = form.text(common_name);
    let passes = |values: &[Value<'_>], judge: &dyn Fn(&Value<'_>) -> bool| {
        let same = values.iter().find(|value| value.normal == text);
        same.is_some_and(judge)
    };
    let is_ok = |result: Result<_, Fault<'_>>| result.is_ok();
    match form {
        Form::Dns(_) => passes(&values.dns_names, &|value| {
            is_ok(allowing_dns(&allowed.dns_names, value, given))
        }),
        Form::Ip(_) => {
            let mut addresses = asked.sans.ip_addresses.iter();
            let same = addresses.find(|address| address.to_string() == text);
            same.is_some_and(|address| allowing_ip(&allowed.ip_addresses, *address).is_ok())
        }
        Form::Email(_) => passes(&values.email_addresses, &|value| {
            is_ok(allowing(&allowed.email_addresses, value, given))
        }),
        Form::Uri(_) => passes(&values.uris, &|value| {
            is_ok(allowing(&allowed.uris, value, given))
        }),
    }
}

fn judge_usages(allowed: &[Usage], asked: &[Usage], objections: &mut Objections) {
    for (index, usage) in asked.iter().enumerate() {
        let field = || format!("spec.usages[{index}]");
        if allowed.contains(usage) {
            objections.hold(|| {
                let remark = Remark::new("is allowed").field(field());
                let remark = remark.value(usage.as_str());
                remark.rule(element(USAGES, allowed, usage))
            });
            continue;
        }
        objections.add(|| {
            let message = format!("usage `{usage}` is not allowed");
            Reason::new(Code::UsageNotAllowed, message)
                .field(field())
                .rule(USAGES)
                .value(usage.as_str())
                .help(format!("drop usage `{usage}`"))
        });
    }
}

fn judge_lifetime(constraints: &Constraints, asked: &Asked<'_>, objections: &mut Objections) {
    let granted = asked.lifetime;
    let bound = |key| format!("{DURATION}.{key}");
    let reason = |code, key, message: String, help: String| {
        let reason = Reason::new(code, message).field(EXPIRATION);
        reason.rule(bound(key)).help(help)
    };
    let hold = |key, message: String| {
        let remark = Remark::new(message).field(EXPIRATION).rule(bound(key));
        remark.value(granted.to_string())
    };
    let seconds = |bound: Lifetime| format!("`expirationSeconds: {}`", bound.seconds());
    if constraints.duration_required && !asked.has_expiration {
        objections.add(|| {
            let message = "the request must say how long the certificate lives".to_owned();
            let help = format!("set for example {}", seconds(granted));
            reason(Code::RequiredMissing, "required", message, help)
        });
    } else if constraints.duration_required {
        objections.hold(|| hold("required", "the request says how long".to_owned()));
    }
    match constraints.duration_max {
        Some(max) if granted > max => objections.add(|| {
            let message = format!("a lifetime of {granted} is longer than {max}");
            let help = format!("ask for at most {max}: {}", seconds(max));
            let reason = reason(Code::LifetimeTooLong, "max", message, help);
            reason.value(granted.to_string())
        }),
        Some(max) => objections.hold(|| hold("max", format!("is granted, and at most {max}"))),
        None => {}
    }
    match constraints.duration_min {
        Some(min) if granted < min => objections.add(|| {
            let message = format!("a lifetime of {granted} is shorter than {min}");
            let help = format!("ask for at least {min}: {}", seconds(min));
            let reason = reason(Code::LifetimeTooShort, "min", message, help);
            reason.value(granted.to_string())
        }),
        Some(min) => objections.hold(|| hold("min", format!("is granted, and at least {min}"))),
        None => {}
    }
}

fn judge_key(constraints: &Constraints, asked: &Asked<'_>, objections: &mut Objections) {
    let kind = asked.key.kind();
    let Some(keys) = &constraints.keys else {
        return;
    };
    if keys.include(kind) {
        objections.hold(|| {
            let remark = Remark::new("is a kind of key that is allowed").field("csr.key");
            remark.value(kind.to_string()).rule(KEYS)
        });
        return;
    }
    objections.add(|| {
        Reason::new(
            Code::KeyTypeNotAllowed,
            format!("a key of {kind} is not allowed"),
        )
        .field("csr.key")
        .rule(KEYS)
        .value(kind.to_string())
        .help(format!("make a new key of one of {keys}"))
    });
}

#[cfg(test)]
mod tests;
