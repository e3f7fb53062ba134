//! Deny policies: what is never signed, whatever else allows it.
//!
//! In comes the spec of a deny policy; out comes a [`DenyPolicy`], compiled. Each entry is one reason, and one value
//! that fits one of its patterns is a hit. An entry without any criterion is an error, since it would deny nothing.
//! So is a rule that can't be read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::control::approval_policy::Mode;
use crate::control::document::Document;
use crate::control::entry::{Entry, Purpose, ValueKind};
use crate::control::key_list::{KeyList, digest};
use crate::control::keys::KeyTypes;
use crate::control::origin::Origin;
use crate::control::reading::{distinct, elements, short_text, usages};
use crate::control::selector::{Empty, Selector};
use crate::control::surroundings::Surroundings;
use crate::control::validation::read_rule;
use crate::expression::Expression;
use crate::names::Cidr;
use crate::names::{ObjectId, ObjectName, RepoPath, Sha256Digest};
use crate::x509::key::PublicKey;
use crate::x509::subject::Attribute;
use crate::x509::usage::Usage;
use crate::yaml::{Field, Object, Problems};

const CRITERIA: [&str; 8] = [
    "subject",
    "dnsNames",
    "uris",
    "emailAddresses",
    "ipAddresses",
    "usages",
    "keys",
    "rule",
];

/// A policy that denies requests.
#[derive(Clone, Debug)]
pub struct DenyPolicy {
    /// The name of the object.
    pub name: ObjectName,
    /// The file it was read from.
    pub file: RepoPath,
    /// Its git object.
    pub blob: ObjectId,
    /// Where its fields stand.
    pub origin: Origin,
    /// What it is for.
    pub description: Option<String>,
    /// The requests that it looks at.
    pub selector: Selector,
    /// Its reasons.
    pub deny: Vec<Denial>,
    /// Whether it decides or is only reported.
    pub mode: Mode,
}

/// One reason to deny.
#[derive(Clone, Debug)]
pub struct Denial {
    /// Its name, which reports show.
    pub name: ObjectName,
    /// Where it stands in its file, such as `spec.deny[0]`.
    pub at: String,
    /// Patterns of subject attributes.
    pub subject: BTreeMap<Attribute, Vec<Entry>>,
    /// Patterns of DNS names.
    pub dns_names: Vec<Entry>,
    /// Patterns of URIs.
    pub uris: Vec<Entry>,
    /// Patterns of e-mail addresses.
    pub email_addresses: Vec<Entry>,
    /// Blocks of IP addresses.
    pub ip_addresses: Vec<Cidr>,
    /// Usages.
    pub usages: Vec<Usage>,
    /// Keys.
    pub keys: Option<BlockedKeys>,
    /// A rule that is true for what it denies.
    pub rule: Option<Expression>,
    /// Requests that it does not hold for.
    pub unless: Option<Selector>,
    /// What the requester is told.
    pub message: Option<String>,
}

/// Keys that are never certified.
#[derive(Clone, Debug, Default)]
pub struct BlockedKeys {
    digests: Vec<Sha256Digest>,
    lists: Vec<Arc<KeyList>>,
    types: Option<KeyTypes>,
}

impl BlockedKeys {
    /// Whether this key is blocked, by itself or by its type.
    #[must_use]
    pub fn block(&self, key: &PublicKey) -> bool {
        let digest = key.digest();
        let of_type = |types: &KeyTypes| types.include(key.kind());
        self.digests.contains(&digest)
            || self.lists.iter().any(|list| list.contains(&digest))
            || self.types.as_ref().is_some_and(of_type)
    }

    /// Whether this key is one of those that faulty Debian systems made (CVE-2008-0166), by a list of them.
    #[must_use]
    pub fn list_as_debian(&self, key: &PublicKey) -> bool {
        let digest = key.modulus_digest();
        digest.is_some_and(|digest| {
            let mut lists = self.lists.iter();
            lists.any(|list| list.contains_modulus(&digest))
        })
    }
}

impl DenyPolicy {
    /// Reads the spec of a deny policy.
    pub fn read(
        document: &Document<'_>,
        around: &Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let known = ["description", "selector", "deny", "mode"];
        let spec = document.spec.object(&known, problems)?;
        let description = spec.get("description");
        let description = description.and_then(|field| field.text(problems));
        let selector = match spec.get("selector") {
            Some(field) => Selector::read(&field, Empty::Everything, around, problems),
            None => Some(Selector {
                at: "spec.selector".to_owned(),
                ..Selector::default()
            }),
        };
        let deny = spec.require("deny", problems)?;
        let mut denials: Vec<Denial> = Vec::new();
        let mut names = BTreeSet::new();
        for element in elements(&deny, problems) {
            if problems.is_full() {
                break;
            }
            let Some(denial) = Denial::read(&element, around, problems) else {
                continue;
            };
            if !names.insert(denial.name.clone()) {
                problems.report(&element, format!("`{}` is there twice", denial.name));
            }
            denials.push(denial);
        }
        Some(Self {
            name: document.name.clone(),
            file: document.file.clone(),
            blob: document.blob,
            origin: Origin::of(document),
            description: description.map(str::to_owned),
            mode: Mode::read(&spec, problems),
            selector: selector?,
            deny: denials,
        })
    }
}

impl Denial {
    fn read(field: &Field<'_>, around: &Surroundings<'_>, problems: &mut Problems) -> Option<Self> {
        let mut known = vec!["name", "unless", "message"];
        known.extend(CRITERIA);
        let object = field.object(&known, problems)?;
        if !CRITERIA.iter().any(|key| object.get(key).is_some()) {
            let help = format!("add one of {}", CRITERIA.join(", "));
            problems.report_with_help(field, "an entry without any criterion denies nothing", help);
        }
        let rule = object.get("rule");
        let name = object.require("name", problems);
        let name = name.and_then(|field| field.parse(problems));
        let subject = object.get("subject");
        let ip_addresses = object.get("ipAddresses");
        let usage_list = object.get("usages");
        let keys = object.get("keys");
        let unless = object.get("unless");
        let message = object.get("message");
        Some(Self {
            subject: subject
                .and_then(|field| read_subject(&field, around, problems))
                .unwrap_or_default(),
            dns_names: patterns(&object, "dnsNames", ValueKind::Dns, around, problems),
            uris: patterns(&object, "uris", ValueKind::Uri, around, problems),
            email_addresses: patterns(
                &object,
                "emailAddresses",
                ValueKind::Email,
                around,
                problems,
            ),
            ip_addresses: ip_addresses
                .map(|field| distinct(&field, problems))
                .unwrap_or_default(),
            usages: usage_list
                .map(|field| usages(&field, problems))
                .unwrap_or_default(),
            keys: keys.and_then(|field| read_keys(&field, around, problems)),
            unless: unless.and_then(|field| Selector::read(&field, Empty::Never, around, problems)),
            message: message
                .and_then(|field| short_text(&field, problems))
                .map(str::to_owned),
            rule: rule.and_then(|field| read_rule(&field, around, problems)),
            at: field.path.clone(),
            name: name?,
        })
    }
}

fn patterns(
    object: &Object<'_>,
    key: &str,
    kind: ValueKind,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Vec<Entry> {
    let Some(field) = object.get(key) else {
        return Vec::new();
    };
    elements(&field, problems)
        .filter_map(|element| Entry::read(&element, kind, Purpose::Deny, around, problems))
        .collect()
}

fn read_subject(
    field: &Field<'_>,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Option<BTreeMap<Attribute, Vec<Entry>>> {
    let object = field.object(&Attribute::ALL.map(Attribute::name), problems)?;
    let kind = ValueKind::Attribute { crossing: true };
    let mut subject = BTreeMap::new();
    for attribute in Attribute::ALL {
        let entries = patterns(&object, attribute.name(), kind, around, problems);
        if !entries.is_empty() {
            subject.insert(attribute, entries);
        }
    }
    if object.keys().next().is_none() {
        problems.report(field, "must name at least one attribute");
    }
    Some(subject)
}

fn read_keys(
    field: &Field<'_>,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Option<BlockedKeys> {
    let object = field.object(&["lists", "spkiSHA256", "types"], problems)?;
    if object.keys().next().is_none() {
        problems.report(field, "must hold `lists`, `spkiSHA256` or `types`");
    }
    let mut blocked = BlockedKeys::default();
    if let Some(lists) = object.get("lists") {
        let elements = elements(&lists, problems);
        let list = |element| around.key_list(&element, problems);
        blocked.lists = elements.filter_map(list).collect();
    }
    if let Some(digests) = object.get("spkiSHA256") {
        let elements = elements(&digests, problems);
        let digest = |element| read_digest(&element, problems);
        blocked.digests = elements.filter_map(digest).collect();
    }
    if let Some(types) = object.get("types") {
        blocked.types = Some(KeyTypes::read(&types, problems));
    }
    Some(blocked)
}

fn read_digest(field: &Field<'_>, problems: &mut Problems) -> Option<Sha256Digest> {
    let digest = digest(field.text(problems)?);
    if digest.is_none() {
        problems.report(
            field,
            "must be a SHA-256 in 64 lower-case hexadecimal digits",
        );
    }
    digest
}
