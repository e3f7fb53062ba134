//! Principals: the persons and bots that a repository knows, by their keys and addresses.
//!
//! In comes the spec of a Principal file; out comes a [`Principal`]. Whoever signs or writes is found by these files
//! alone, so one key or one address belongs to one Principal, in whatever file the other one stands. Persons approve;
//! bots ask and commit. Meaning of keys: OpenSSH's, with the times compared with the clock of the run.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::control::document::Document;
use crate::control::origin::Origin;
use crate::control::reading::{choice, later};
use crate::control::surroundings::Surroundings;
use crate::finding::Code;
use crate::names::{NameError, ObjectId, ObjectName, RepoPath};
use crate::ssh::key::PublicKey;
use crate::timestamp::Timestamp;
use crate::yaml::{Field, Object, Problems, Value};

const FIELDS: [&str; 6] = [
    "kind",
    "displayName",
    "emails",
    "sshKeys",
    "pgpKeys",
    "groups",
];
const KEY_FIELDS: [&str; 4] = ["key", "notBefore", "notAfter", "compromisedFrom"];
const FORGE: &str = "forge";
// RFC 5321 4.5.3.1: 64 octets, an at sign and 255 octets.
const EMAIL_OCTETS: usize = 320;

/// One person or bot.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The name of the object.
    pub name: ObjectName,
    /// The file it was read from.
    pub file: RepoPath,
    /// Where its fields stand.
    pub origin: Origin,
    /// The line of that file where its name stands.
    pub line: u32,
    /// Whether it may approve.
    pub kind: PrincipalKind,
    /// What reports call it.
    pub display_name: String,
    /// The addresses by which it is found as an author.
    pub emails: Vec<EmailAddress>,
    /// The keys by which it is found as a signer.
    pub ssh_keys: Vec<SshKey>,
    /// The groups that its own file puts it into; [`groups_of`](crate::control::ControlZone::groups_of) knows all.
    pub groups: Vec<ObjectName>,
}

/// Whether a Principal is one that approves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrincipalKind {
    /// A human being.
    #[default]
    Person,
    /// A program, which never approves.
    Bot,
}

/// A key and when it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshKey {
    /// The public key.
    pub key: PublicKey,
    /// It does not count before.
    pub not_before: Option<Timestamp>,
    /// It does not count after.
    pub not_after: Option<Timestamp>,
    /// It does not count at all, and what it signed from this commit on is in doubt.
    pub compromised_from: Option<ObjectId>,
}

impl SshKey {
    /// Whether a signature by this key counts now.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        self.compromised_from.is_none()
            && self.not_before.is_none_or(|start| start <= now)
            && self.not_after.is_none_or(|end| now <= end)
    }
}

/// An e-mail address in the form that is compared: the domain in lower case, the local part as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailAddress {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || NameError::new("must be an e-mail address such as `alice@example.com`");
        let (local, domain) = text.rsplit_once('@').ok_or_else(wrong)?;
        let odd = |c: char| c.is_control() || c.is_whitespace() || "<>@,;".contains(c);
        if local.is_empty() || domain.is_empty() || text.len() > EMAIL_OCTETS {
            return Err(wrong());
        }
        if local.contains(odd) || domain.contains(odd) {
            return Err(wrong());
        }
        Ok(Self(format!("{local}@{}", domain.to_lowercase())))
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which Principal has which key and which address.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    keys: BTreeMap<PublicKey, ObjectName>,
    emails: BTreeMap<EmailAddress, ObjectName>,
}

impl Owners {
    /// Who has this key.
    #[must_use]
    pub fn of_key(&self, key: &PublicKey) -> Option<&ObjectName> {
        self.keys.get(key)
    }

    /// Who has this address.
    #[must_use]
    pub fn of_email(&self, email: &EmailAddress) -> Option<&ObjectName> {
        self.emails.get(email)
    }
}

impl Principal {
    /// Reads the spec of a Principal file, after those that `owners` knows.
    pub fn read(
        document: &Document<'_>,
        around: &Surroundings<'_>,
        owners: &mut Owners,
        problems: &mut Problems,
    ) -> Option<Self> {
        // Statements are named after who made them.
        document.refuse_long_name(problems);
        let spec = document.spec.object(&FIELDS, problems)?;
        if let Some(keys) = spec.get("pgpKeys") {
            later(&keys, problems);
        }
        let kind = spec.get("kind").map(|field| read_kind(&field, problems));
        let display_name = spec.get("displayName");
        let display_name = display_name.map(|field| read_display_name(&field, problems));
        let ssh_keys = read_keys(&spec, &document.name, owners, problems);
        let emails = read_emails(&spec, &document.name, owners, problems);
        Some(Self {
            groups: written(&spec, "groups")
                .map(|field| around.groups(&field, problems))
                .unwrap_or_default(),
            name: document.name.clone(),
            file: document.file.clone(),
            origin: Origin::of(document),
            line: document.name_field.place.line,
            kind: kind.unwrap_or(Some(PrincipalKind::Person))?,
            display_name: display_name.unwrap_or_else(|| Some(document.name.to_string()))?,
            emails,
            ssh_keys,
        })
    }
}

/// A list that is there and says something: an empty one is the same as none here.
pub(super) fn written<'n>(spec: &Object<'n>, key: &str) -> Option<Field<'n>> {
    let empty =
        |field: &Field<'_>| matches!(&field.node.value, Value::List(nodes) if nodes.is_empty());
    spec.get(key).filter(|field| !empty(field))
}

fn read_kind(field: &Field<'_>, problems: &mut Problems) -> Option<PrincipalKind> {
    if matches!(&field.node.value, Value::Plain(text) | Value::Text(text) if text == FORGE) {
        let message = "principals of kind `forge` come in a later release of gitca";
        let reason = field.reason(Code::NotImplemented, message);
        problems.push(reason.help(
            "leave the file out; until then a squash needs the signed statement of `gitca new --signing-key`",
        ));
        return None;
    }
    let kinds = [
        ("person", PrincipalKind::Person),
        ("bot", PrincipalKind::Bot),
    ];
    choice(field, &kinds, problems)
}

fn read_display_name(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    let text = field.text(problems)?;
    if text.is_empty() || text.contains(char::is_control) {
        problems.report(field, "must be a name without control characters");
        return None;
    }
    Some(text.to_owned())
}

fn read_emails(
    spec: &Object<'_>,
    name: &ObjectName,
    owners: &mut Owners,
    problems: &mut Problems,
) -> Vec<EmailAddress> {
    let fields = spec.get("emails").map(|field| field.list(problems));
    let mut emails = Vec::new();
    for field in fields.unwrap_or_default() {
        let Some(email) = field.parse::<EmailAddress>(problems) else {
            continue;
        };
        match owners.emails.insert(email.clone(), name.clone()) {
            Some(other) => problems.report(&field, twice(&email, &other, name)),
            None => emails.push(email),
        }
    }
    emails
}

fn read_keys(
    spec: &Object<'_>,
    name: &ObjectName,
    owners: &mut Owners,
    problems: &mut Problems,
) -> Vec<SshKey> {
    let fields = spec.get("sshKeys").map(|field| field.list(problems));
    let mut keys = Vec::new();
    for field in fields.unwrap_or_default() {
        let Some((key, field)) = read_key(&field, problems) else {
            continue;
        };
        match owners.keys.insert(key.key.clone(), name.clone()) {
            Some(other) => problems.report(&field, twice(&key.key.fingerprint(), &other, name)),
            None => keys.push(key),
        }
    }
    keys
}

fn twice(what: &dyn fmt::Display, owner: &ObjectName, name: &ObjectName) -> String {
    if owner == name {
        format!("`{what}` is listed twice")
    } else {
        format!("`{what}` belongs to the Principal `{owner}` already")
    }
}

/// One entry of `sshKeys` and the field where its key stands.
fn read_key<'n>(field: &Field<'n>, problems: &mut Problems) -> Option<(SshKey, Field<'n>)> {
    if !matches!(field.node.value, Value::Map(_)) {
        let key = SshKey {
            key: public_key(field, problems)?,
            not_before: None,
            not_after: None,
            compromised_from: None,
        };
        return Some((key, field.clone()));
    }
    let object = field.object(&KEY_FIELDS, problems)?;
    let line = object.require("key", problems);
    let key = line.as_ref().and_then(|field| public_key(field, problems));
    let mut time = |name| object.get(name).map(|field| read_time(&field, problems));
    let (not_before, not_after) = (time("notBefore"), time("notAfter"));
    let compromised = object.get("compromisedFrom");
    let compromised = compromised.map(|field| field.parse::<ObjectId>(problems));
    if let (Some(Some(start)), Some(Some(end))) = (not_before, not_after)
        && end < start
    {
        problems.report(field, "`notAfter` is before `notBefore`");
    }
    // What is written and can't be read was reported; the key without its limits must not come out.
    let key = SshKey {
        key: key?,
        not_before: not_before.map_or(Some(None), |time| time.map(Some))?,
        not_after: not_after.map_or(Some(None), |time| time.map(Some))?,
        compromised_from: compromised.map_or(Some(None), |commit| commit.map(Some))?,
    };
    Some((key, line?))
}

fn read_time(field: &Field<'_>, problems: &mut Problems) -> Option<Timestamp> {
    let text = field.text(problems)?;
    let time = text.parse::<Timestamp>().ok();
    let time = time.filter(|time| time.to_string() == text);
    if time.is_none() {
        problems.report(
            field,
            "must be a time in UTC such as `2030-01-01T00:00:00Z`",
        );
    }
    time
}

fn public_key(field: &Field<'_>, problems: &mut Problems) -> Option<PublicKey> {
    let text = field.text(problems)?;
    match text.parse() {
        Ok(key) => Some(key),
        Err(error) => {
            // Never with the value: it may be a private key.
            let error: crate::ssh::key::KeyError = error;
            problems.report(field, error.to_string());
            None
        }
    }
}
