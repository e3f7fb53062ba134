//! Approval policies: which requests may be signed.
//!
//! In comes the spec of an approval policy; out comes an [`ApprovalPolicy`], compiled. One policy must allow the
//! whole of a request; what it says nothing about it does not allow. Renewal is read, but comes in a later release, and
//! a file that asks for it is an error.

use std::collections::BTreeMap;

use crate::control::approvals::Approvals;
use crate::control::document::Document;
use crate::control::keys::KeyTypes;
use crate::control::origin::Origin;
use crate::control::reading::{choice, usages};
use crate::control::rule::{IpRule, Rule, RuleField};
use crate::control::selector::{Empty, Selector};
use crate::control::surroundings::Surroundings;
use crate::control::validation::{Validation, read_validations};
use crate::names::{ObjectId, ObjectName, RepoPath};
use crate::provenance::Provenance;
use crate::timestamp::{Lifetime, Timestamp};
use crate::x509::subject::Attribute;
use crate::x509::usage::Usage;
use crate::yaml::{Field, Object, Problems};

const FIELDS: [&str; 8] = [
    "description",
    "selector",
    "allowed",
    "constraints",
    "validations",
    "approvals",
    "renewal",
    "mode",
];
const ALLOWED: [&str; 6] = [
    "subject",
    "dnsNames",
    "ipAddresses",
    "uris",
    "emailAddresses",
    "usages",
];

/// A policy that admits requests.
#[derive(Clone, Debug)]
pub struct ApprovalPolicy {
    /// The name of the object.
    pub name: ObjectName,
    /// The file it was read from.
    pub file: RepoPath,
    /// Its git object.
    pub blob: ObjectId,
    /// Where its fields stand.
    pub origin: Origin,
    /// The line of its name in the file.
    pub line: u32,
    /// What it is for.
    pub description: Option<String>,
    /// The requests that it is about.
    pub selector: Selector,
    /// What they may ask for.
    pub allowed: Allowed,
    /// What their certificates must be like.
    pub constraints: Constraints,
    /// Rules that its certificates must satisfy.
    pub validations: Vec<Validation>,
    /// Who has to approve.
    pub approvals: Approvals,
    /// When certificates are made anew by themselves; `None` is never.
    pub renewal: Option<Renewal>,
    /// Whether it decides or is only reported.
    pub mode: Mode,
}

/// Whether a policy decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    #[default]
    Enforce,
    /// It is evaluated and reported.
    Audit,
}

impl Mode {
    pub(super) fn read(spec: &Object<'_>, problems: &mut Problems) -> Self {
        let words = [("enforce", Self::Enforce), ("audit", Self::Audit)];
        spec.get("mode")
            .and_then(|field| choice(&field, &words, problems))
            .unwrap_or_default()
    }
}

/// What a request may ask for, kind by kind.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    subject: BTreeMap<Attribute, Rule>,
    /// DNS names.
    pub dns_names: Rule,
    /// IP addresses.
    pub ip_addresses: IpRule,
    /// URIs.
    pub uris: Rule,
    /// E-mail addresses.
    pub email_addresses: Rule,
    /// Usages, all that may be asked for.
    pub usages: Vec<Usage>,
}

impl Allowed {
    /// The rule of a subject attribute; `None` when it may not be asked for.
    #[must_use]
    pub fn subject(&self, attribute: Attribute) -> Option<&Rule> {
        self.subject.get(&attribute)
    }
}

/// What a certificate must be like.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    /// The shortest lifetime granted.
    pub duration_min: Option<Lifetime>,
    /// The longest lifetime granted.
    pub duration_max: Option<Lifetime>,
    /// Whether a request must say how long it wants.
    pub duration_required: bool,
    /// The keys; `None` for those of the Signer.
    pub keys: Option<KeyTypes>,
    /// Whether a key may be certified again.
    pub key_reuse: KeyReuse,
}

/// Whether a key may be certified at another path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyReuse {
    /// Never.
    #[default]
    Deny,
    /// For the requester who has it already.
    SameRequester,
    /// For everybody.
    Allow,
}

/// When a certificate is made anew for the same request and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// When less than this is left.
    pub before: Lifetime,
    /// Until this long after the first certificate; `None` is without end.
    pub until: Option<Lifetime>,
}

impl Renewal {
    /// When a certificate is to be made anew; `None` when that would be too late.
    #[must_use]
    pub fn begins(&self, certificate: &Provenance) -> Option<Timestamp> {
        // One that lives no longer than `before` would be due as soon as it is made: it is in the last third of its life.
        let life = certificate.not_after.unix() - certificate.now.unix();
        let life = u64::try_from(life).unwrap_or_default();
        let before = if self.before.seconds() < life {
            self.before
        } else {
            Lifetime::from_seconds(life / 3)
        };
        let begins = certificate.not_after.minus(before);
        let end = self.until.map(|until| certificate.first_issued.plus(until));
        end.is_none_or(|end| begins < end).then_some(begins)
    }

    /// Whether a certificate is to be made anew now.
    #[must_use]
    pub fn is_due(&self, certificate: &Provenance, now: Timestamp) -> bool {
        let end = self.until.map(|until| certificate.first_issued.plus(until));
        let begins = self.begins(certificate);
        begins.is_some_and(|begins| now >= begins) && end.is_none_or(|end| now < end)
    }
}

impl ApprovalPolicy {
    /// Reads the spec of an approval policy.
    pub fn read(
        document: &Document<'_>,
        around: &Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let spec = document.spec.object(&FIELDS, problems)?;
        let approvals = spec
            .require("approvals", problems)
            .and_then(|field| Approvals::read(&field, around, problems));
        let description = spec.get("description");
        let description = description.and_then(|field| field.text(problems));
        let selector = spec
            .require("selector", problems)
            .and_then(|field| Selector::read(&field, Empty::Forbidden, around, problems));
        let allowed = spec
            .get("allowed")
            .and_then(|field| read_allowed(&field, around, problems));
        let constraints = spec
            .get("constraints")
            .and_then(|field| read_constraints(&field, problems));
        let validations = spec.get("validations");
        let validations = validations.map(|field| read_validations(&field, around, problems));
        let longest = constraints.as_ref().and_then(|its| its.duration_max);
        let renewal = spec.get("renewal");
        let renewal = renewal.and_then(|field| read_renewal(&field, longest, problems));
        Some(Self {
            validations: validations.unwrap_or_default(),
            renewal,
            name: document.name.clone(),
            file: document.file.clone(),
            blob: document.blob,
            origin: Origin::of(document),
            line: document.name_field.place.line,
            description: description.map(str::to_owned),
            mode: Mode::read(&spec, problems),
            selector: selector?,
            approvals: approvals?,
            allowed: allowed.unwrap_or_default(),
            constraints: constraints.unwrap_or_default(),
        })
    }
}

/// The times of a renewal; a certificate that is due when it is made would never rest.
fn read_renewal(
    field: &Field<'_>,
    longest: Option<Lifetime>,
    problems: &mut Problems,
) -> Option<Renewal> {
    let object = field.object(&["before", "until"], problems)?;
    let before_field = object.require("before", problems);
    let before: Option<Lifetime> = before_field.as_ref()?.parse(problems);
    let until = object.get("until");
    let until_field = until.clone();
    let until: Option<Lifetime> = until.and_then(|field| field.parse(problems));
    if let (Some(before), Some(longest), Some(field)) = (before, longest, &before_field)
        && before >= longest
    {
        let message = format!("no certificate of this policy lives longer than {longest}");
        problems.report_with_help(field, message, "renew later, or grant longer lifetimes");
    }
    if let (Some(before), Some(until), Some(field)) = (before, until, &until_field)
        && until < before
    {
        problems.report(field, format!("is shorter than `before`, {before}"));
    }
    Some(Renewal {
        before: before?,
        until,
    })
}

fn read_allowed(
    field: &Field<'_>,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Option<Allowed> {
    let object = field.object(&ALLOWED, problems)?;
    let subject = object.get("subject");
    let subject = subject.and_then(|field| read_subject(&field, around, problems));
    let ip_addresses = object
        .get("ipAddresses")
        .and_then(|field| IpRule::read(&field, problems));
    let mut rule = |key, place| {
        let rule = object
            .get(key)
            .and_then(|field| Rule::read(&field, place, around, problems));
        rule.unwrap_or_default()
    };
    Some(Allowed {
        subject: subject.unwrap_or_default(),
        dns_names: rule("dnsNames", RuleField::DnsNames),
        ip_addresses: ip_addresses.unwrap_or_default(),
        uris: rule("uris", RuleField::Uris),
        email_addresses: rule("emailAddresses", RuleField::EmailAddresses),
        usages: object
            .get("usages")
            .map(|field| usages(&field, problems))
            .unwrap_or_default(),
    })
}

fn read_subject(
    field: &Field<'_>,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Option<BTreeMap<Attribute, Rule>> {
    let object = field.object(&Attribute::ALL.map(Attribute::name), problems)?;
    let mut rules = BTreeMap::new();
    for attribute in Attribute::ALL {
        let place = match attribute {
            Attribute::CommonName => RuleField::CommonName,
            _ => RuleField::Attribute,
        };
        let rule = object
            .get(attribute.name())
            .and_then(|field| Rule::read(&field, place, around, problems));
        rules.extend(rule.map(|rule| (attribute, rule)));
    }
    Some(rules)
}

fn read_constraints(field: &Field<'_>, problems: &mut Problems) -> Option<Constraints> {
    let object = field.object(&["duration", "keys", "keyReuse"], problems)?;
    let duration = object
        .get("duration")
        .and_then(|field| field.object(&["min", "max", "required"], problems));
    let get = |key| duration.as_ref().and_then(|duration| duration.get(key));
    let min: Option<Lifetime> = get("min").and_then(|field| field.parse(problems));
    let max: Option<Lifetime> = get("max").and_then(|field| field.parse(problems));
    if let (Some(min), Some(max), Some(field)) = (min, max, get("min"))
        && min > max
    {
        problems.report(&field, format!("is longer than `max`, {max}"));
    }
    let required = get("required").and_then(|field| field.boolean(problems));
    let words = [
        ("deny", KeyReuse::Deny),
        ("sameRequester", KeyReuse::SameRequester),
        ("allow", KeyReuse::Allow),
    ];
    let key_reuse = object
        .get("keyReuse")
        .and_then(|field| choice(&field, &words, problems));
    Some(Constraints {
        duration_min: min,
        duration_max: max,
        duration_required: required == Some(true),
        keys: object
            .get("keys")
            .map(|field| KeyTypes::read(&field, problems)),
        key_reuse: key_reuse.unwrap_or_default(),
    })
}
