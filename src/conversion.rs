//! Policies of cert-manager's approver-policy in our form: never wider, and each difference in meaning said.
//!
//! In comes the text of one `CertificateRequestPolicy`; out comes a [`Conversion`]: the text of an ApprovalPolicy, what it
//! judges otherwise, and what could not be expressed. Where the two languages differ the narrower reading is taken;
//! what upstream would compare as it was written is compared so, by rules in CEL. RBAC is not here to ask: who may
//! use the policy must be a group.

mod duration;
mod issuer;
mod notes;
mod patterns;
mod rules;
mod upstream;
mod written;

use std::collections::BTreeSet;

use crate::conversion::notes::Notes;
use crate::conversion::patterns::Kind;
use crate::conversion::upstream::{LONGEST, PrivateKey, Upstream, Values};
use crate::conversion::written::{
    AddressRule, Allowed, Constraints, Duration, KeyType, People, Policy, Rule, Selector, Spec,
    Validation,
};
use crate::finding::Reason;
use crate::names::ObjectName;
use crate::x509::usage::Usage;
use crate::yaml::parser;

// What Signers take unless they say otherwise.
const RSA_LENGTHS: [i64; 3] = [2048, 3072, 4096];
const CURVES: [(&str, i64); 3] = [("P-256", 256), ("P-384", 384), ("P-521", 521)];
// Upstream's size of a key that has none.
const ED25519_SIZE: i64 = -1;

/// What became of a policy.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// The ApprovalPolicy; `None` when what can be expressed would admit nothing, or not what upstream means.
    pub policy: Option<String>,
    /// What it judges otherwise: always narrower.
    pub differences: Vec<Reason>,
    /// What could not be expressed, and is not admitted.
    pub lost: Vec<Reason>,
}

/// Why a policy has no counterpart at all.
struct Unusable;

/// Converts one policy that the members of these groups may use.
///
/// # Errors
/// Every reason why the text is no `CertificateRequestPolicy`.
pub fn convert(text: &str, groups: &[ObjectName]) -> Result<Conversion, Vec<Reason>> {
    let node = parser::parse(text.as_bytes())?;
    let upstream = Upstream::read(&node)?;
    let mut notes = Notes::default();
    let spec = spec(&upstream, groups, &mut notes);
    let policy = spec
        .ok()
        .and_then(|spec| print(&upstream, spec, &mut notes));
    Ok(Conversion {
        policy,
        differences: notes.differences,
        lost: notes.lost,
    })
}

/// The text; `None`, and said, when it would not be read as it was meant.
fn print(upstream: &Upstream, spec: Spec, notes: &mut Notes) -> Option<String> {
    let policy = Policy::new(upstream.name.as_str(), spec);
    let body = serde_yaml::to_string(&policy).unwrap_or_default();
    let read: Option<serde_json::Value> = serde_yaml::from_str(&body).ok();
    if read.is_none() || read != serde_json::to_value(&policy).ok() {
        let message = "a text in it can't be written as YAML, so the whole policy is left out";
        notes.lost("spec", None, message);
        return None;
    }
    let mut text = format!(
        "# Converted from the CertificateRequestPolicy `{}`. It is never wider; what differs:\n",
        upstream.name
    );
    for reason in notes.lost.iter().chain(&notes.differences) {
        let field = reason.field.as_deref().unwrap_or_default();
        let line = format!("#   {field}: {}", reason.message);
        // A comment is one line, whatever a pattern holds.
        text.extend(line.chars().filter(|c| !c.is_control()));
        text.push('\n');
    }
    Some(text + &body)
}

fn spec(upstream: &Upstream, groups: &[ObjectName], notes: &mut Notes) -> Result<Spec, Unusable> {
    for (field, place) in &upstream.unusable {
        let message = "there is nothing like it here, so the whole policy is left out";
        notes.lost(field, Some(*place), message);
    }
    // All of them are asked before the first says no, so that whatever stands in the way is told at once.
    let issuers = issuer::convert(upstream, notes);
    let mut validations = Vec::new();
    let allowed = allowed(upstream, &mut validations, notes);
    let constraints = constraints(upstream, &mut validations, notes);
    note_refused_here(upstream, notes);
    let issuers = issuers.ok_or(Unusable)?;
    if let Some(pattern) = issuers.pattern {
        let rule = format!("request.signerName.matches({})", rules::quote(&pattern));
        validations.push(Validation::new("issuer", rule));
    }
    let (allowed, constraints) = (allowed?, constraints?);
    if !upstream.unusable.is_empty() {
        return Err(Unusable);
    }
    let (policy, names) = (&upstream.name, people(&upstream.name, groups));
    note_judged_otherwise(policy, &names, notes);
    Ok(Spec {
        description: format!("converted from the CertificateRequestPolicy {policy}"),
        selector: Selector {
            signer_names: issuers.signer_names,
            requesters: People { groups: names },
        },
        allowed,
        constraints,
        validations,
        approvals: "none",
    })
}

/// What upstream may allow, and no policy of ours can.
fn note_refused_here(upstream: &Upstream, notes: &mut Notes) {
    if upstream.is_ca {
        notes.differs("spec.allowed.isCA", "requests for a CA are refused here");
    }
    if upstream.other_attributes {
        let message = "requests with other subject attributes or otherNames are refused here";
        notes.differs("spec.allowed", message);
    }
}

/// What is so for every policy that is converted.
fn note_judged_otherwise(policy: &ObjectName, names: &[String], notes: &mut Notes) {
    let message = format!(
        "who may use `{policy}` is RBAC's matter upstream; here it is the group `{}`",
        names.join("`, `")
    );
    notes.differs("metadata.name", message);
    let message = "a key may not be certified at two paths; Signers have limits of their own";
    notes.differs("spec", message);
}

fn people(name: &ObjectName, groups: &[ObjectName]) -> Vec<String> {
    if groups.is_empty() {
        return vec![name.to_string()];
    }
    let groups: BTreeSet<&ObjectName> = groups.iter().collect();
    groups.into_iter().map(ToString::to_string).collect()
}

fn allowed(
    upstream: &Upstream,
    validations: &mut Vec<Validation>,
    notes: &mut Notes,
) -> Result<Allowed, Unusable> {
    let mut allowed = Allowed::default();
    for (attribute, values) in &upstream.subject {
        let rule = rule(values, Kind::Attribute(*attribute), validations, notes)?;
        if let Some(rule) = rule {
            allowed.subject.set(*attribute, rule);
        }
    }
    let mut names = |values, kind| match values {
        Some(values) => rule(values, kind, validations, notes),
        None => Ok(None),
    };
    allowed.dns_names = names(upstream.dns_names.as_ref(), Kind::Dns)?;
    allowed.uris = names(upstream.uris.as_ref(), Kind::Uri)?;
    allowed.email_addresses = names(upstream.email_addresses.as_ref(), Kind::Email)?;
    if let Some(values) = &upstream.ip_addresses {
        allowed.ip_addresses = addresses(values, validations, notes)?;
    }
    for (usage, place) in &upstream.usages {
        match usage.parse::<Usage>() {
            Ok(usage) if allowed.usages.contains(&usage.to_string()) => {}
            Ok(usage) => allowed.usages.push(usage.to_string()),
            Err(_) => {
                let message = format!("there is no usage `{usage}`, which is left out");
                notes.lost("spec.allowed.usages", Some(*place), message);
            }
        }
    }
    if allowed.usages.is_empty() {
        let message = "a CertificateSigningRequest always asks for usages, and none is allowed";
        notes.differs("spec.allowed.usages", message);
    }
    // Upstream compares letter by letter, and a domain here has no letter case.
    if allowed.dns_names.is_some() || allowed.email_addresses.is_some() {
        let rule =
            "csr.dnsNames == cert.dnsNames && csr.emailAddresses == cert.emailAddresses".to_owned();
        validations.push(Validation::new("lower-case-domains", rule));
    }
    Ok(allowed)
}

/// The rule for the values of one field; `None` when none may be asked for.
fn rule(
    values: &Values,
    kind: Kind,
    validations: &mut Vec<Validation>,
    notes: &mut Notes,
) -> Result<Option<Rule>, Unusable> {
    let mut rule = Rule::default();
    match &values.patterns {
        // Without patterns the rules alone decide.
        None if !values.rules.is_empty() => kind.allow_all(&mut rule),
        None => {}
        Some(patterns) => {
            for (pattern, place) in patterns {
                if let Err(message) = kind.add(pattern, &mut rule, notes) {
                    notes.lost(&values.field, Some(*place), message);
                }
            }
        }
    }
    admit(values, kind, rule.is_nothing(), validations, notes)?;
    rule.required = values.required.then_some(true);
    Ok((!rule.is_nothing()).then_some(rule))
}

fn addresses(
    values: &Values,
    validations: &mut Vec<Validation>,
    notes: &mut Notes,
) -> Result<Option<AddressRule>, Unusable> {
    let mut rule = AddressRule::default();
    match &values.patterns {
        None if !values.rules.is_empty() => rule.any = Some(true),
        None => {}
        Some(patterns) => {
            for (pattern, place) in patterns {
                if let Err(message) = patterns::add_address(pattern, &mut rule) {
                    notes.lost(&values.field, Some(*place), message);
                }
            }
        }
    }
    admit(values, Kind::Ip, rule.is_nothing(), validations, notes)?;
    rule.required = values.required.then_some(true);
    Ok((!rule.is_nothing()).then_some(rule))
}

/// Adds the rules for the values, unless none may be asked for; where one must be, nothing is ever admitted.
fn admit(
    values: &Values,
    kind: Kind,
    nothing: bool,
    validations: &mut Vec<Validation>,
    notes: &mut Notes,
) -> Result<(), Unusable> {
    if nothing {
        if values.required {
            let message =
                "is required and nothing is allowed, so the policy admits nothing and is left out";
            notes.differs(&values.field, message);
            return Err(Unusable);
        }
        return Ok(());
    }
    for (index, rule) in values.rules.iter().enumerate() {
        match rules::convert(&rule.source, kind, notes) {
            Ok(source) => {
                let name = format!("{}-{}", kind.rule_name(), index + 1);
                validations.push(Validation {
                    message: rule.message.clone(),
                    ..Validation::new(&name, source)
                });
            }
            Err(message) => {
                let message = format!("{message}, so the whole policy is left out");
                notes.lost(&values.field, Some(rule.place), message);
                return Err(Unusable);
            }
        }
    }
    Ok(())
}

fn constraints(
    upstream: &Upstream,
    validations: &mut Vec<Validation>,
    notes: &mut Notes,
) -> Result<Constraints, Unusable> {
    let bounds = &upstream.constraints;
    let min = bounds.min.filter(|min| *min > 0);
    let mut constraints = Constraints::default();
    if bounds.min.is_some() || bounds.max.is_some() {
        constraints.duration = Some(Duration {
            min: min.map(|seconds| format!("{seconds}s")),
            max: bounds.max.map(|seconds| format!("{seconds}s")),
            required: true,
        });
    }
    if min.unwrap_or(1) > bounds.max.unwrap_or(LONGEST) {
        let message =
            "no lifetime is within the bounds, so the policy admits nothing and is left out";
        notes.differs("spec.constraints", message);
        return Err(Unusable);
    }
    if let Some(max) = bounds.max {
        // A Signer cuts what is too long, upstream refuses it.
        let rule = format!("request.expirationSeconds <= {max}");
        validations.push(Validation::new("asked-duration", rule));
    }
    if let Some(key) = &bounds.private_key {
        let keys = keys(key);
        let field = "spec.constraints.privateKey";
        if keys.is_empty() {
            let message =
                "no key is within the bounds, so the policy admits nothing and is left out";
            notes.differs(field, message);
            return Err(Unusable);
        }
        if keys.iter().any(|key| matches!(key, KeyType::Rsa { .. })) {
            let message = "RSA keys of 2048, 3072 and 4096 bits are admitted, no other lengths";
            notes.differs(field, message);
        }
        constraints.keys = Some(keys);
    }
    Ok(constraints)
}

fn keys(key: &PrivateKey) -> Vec<KeyType> {
    let fits = |size: i64| {
        key.min.is_none_or(|least| size >= least) && key.max.is_none_or(|most| size <= most)
    };
    let is = |algorithm: &str| key.algorithm.as_deref().is_none_or(|its| its == algorithm);
    let mut keys = Vec::new();
    let bits: Vec<i64> = RSA_LENGTHS.into_iter().filter(|bits| fits(*bits)).collect();
    if is("RSA") && !bits.is_empty() {
        keys.push(KeyType::rsa(bits));
    }
    let curves = CURVES.into_iter().filter(|(_, size)| fits(*size));
    let curves: Vec<&'static str> = curves.map(|(curve, _)| curve).collect();
    if is("ECDSA") && !curves.is_empty() {
        keys.push(KeyType::ecdsa(curves));
    }
    if is("Ed25519") && fits(ED25519_SIZE) {
        keys.push(KeyType::Ed25519("ed25519"));
    }
    keys
}

#[cfg(test)]
mod tests;
