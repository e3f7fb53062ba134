//! A request in a few words, as policy tests write it.
//!
//! In comes the `request` of a case; out comes a [`Wish`], from which a whole manifest is made. Names and subject are taken
//! as they are written, so that a test can ask for what is never legal; the words of other fields must be known ones.

use std::collections::BTreeMap;

use crate::control::reading::choice;
use crate::names::{RequestName, SignerName};
use crate::x509::key::{Curve, KeyKind};
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::{Attribute, Subject};
use crate::x509::usage::Usage;
use crate::yaml::{Field, Object, Problems, Value};

const FIELDS: [&str; 11] = [
    "path",
    "signerName",
    "usages",
    "expirationSeconds",
    "labels",
    "subject",
    "dnsNames",
    "ipAddresses",
    "uris",
    "emailAddresses",
    "key",
];
/// The kinds of key, by the words for them.
const KEYS: [(&str, KeyKind); 7] = [
    ("ecdsa-p256", KeyKind::Ecdsa(Curve::P256)),
    ("ecdsa-p384", KeyKind::Ecdsa(Curve::P384)),
    ("ecdsa-p521", KeyKind::Ecdsa(Curve::P521)),
    ("ed25519", KeyKind::Ed25519),
    ("rsa-2048", KeyKind::Rsa { bits: 2048 }),
    ("rsa-3072", KeyKind::Rsa { bits: 3072 }),
    ("rsa-4096", KeyKind::Rsa { bits: 4096 }),
];
const DEFAULT_KEY: KeyKind = KeyKind::Ecdsa(Curve::P256);

/// What a made request asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Its path.
    pub request: RequestName,
    /// The signer that it asks.
    pub signer_name: SignerName,
    /// Its usages, in the order written.
    pub usages: Vec<Usage>,
    /// Its `expirationSeconds`, legal or not.
    pub expiration_seconds: Option<i64>,
    /// Its labels, legal or not.
    pub labels: BTreeMap<String, String>,
    /// Its subject, legal or not.
    pub subject: Subject,
    /// Its names, legal or not.
    pub names: SubjectAltNames,
    /// The kind of its key.
    pub key: KeyKind,
}

impl Wish {
    /// Reads the `request` of a case.
    pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let object = field.object(&FIELDS, problems)?;
        let request = object.require("path", problems);
        let request = request.and_then(|field| field.parse(problems));
        let signer_name = object.require("signerName", problems);
        let signer_name = signer_name.and_then(|field| field.parse(problems));
        let subject = object.get("subject");
        let subject = subject.map(|field| read_subject(&field, problems));
        let labels = object.get("labels");
        let labels = labels.map(|field| read_labels(&field, problems));
        let expiration = object.get("expirationSeconds");
        let expiration_seconds = expiration.and_then(|field| field.integer(problems));
        let key = object.get("key");
        let key = key.and_then(|field| choice(&field, &KEYS, problems));
        Some(Self {
            usages: read_usages(&object, problems),
            expiration_seconds,
            labels: labels.unwrap_or_default(),
            subject: subject.unwrap_or_default(),
            names: read_names(&object, problems),
            key: key.unwrap_or(DEFAULT_KEY),
            request: request?,
            signer_name: signer_name?,
        })
    }
}

/// Usages that there are; one that is there twice is for the request's own reader to refuse.
fn read_usages(object: &Object<'_>, problems: &mut Problems) -> Vec<Usage> {
    let words: Vec<(&str, Usage)> = Usage::ALL.map(|usage| (usage.as_str(), usage)).to_vec();
    let usages = object.get("usages").map(|field| field.list(problems));
    let usages = usages.unwrap_or_default();
    usages
        .iter()
        .filter_map(|element| choice(element, &words, problems))
        .collect()
}

fn read_names(object: &Object<'_>, problems: &mut Problems) -> SubjectAltNames {
    let mut names = |key| {
        object
            .get(key)
            .map(|field| texts(&field.list(problems), problems))
            .unwrap_or_default()
    };
    let dns_names = names("dnsNames");
    let uris = names("uris");
    let email_addresses = names("emailAddresses");
    let addresses = object.get("ipAddresses");
    SubjectAltNames {
        dns_names,
        email_addresses,
        ip_addresses: addresses
            .map(|field| field.parse_list(problems))
            .unwrap_or_default(),
        uris,
    }
}

fn texts(fields: &[Field<'_>], problems: &mut Problems) -> Vec<String> {
    fields
        .iter()
        .filter_map(|field| field.text(problems).map(str::to_owned))
        .collect()
}

/// Attributes, each with one value or a list of them: even of those that a subject may hold once only.
fn read_subject(field: &Field<'_>, problems: &mut Problems) -> Subject {
    let mut subject = Subject::default();
    let Some(object) = field.object(&Attribute::ALL.map(Attribute::name), problems) else {
        return subject;
    };
    for attribute in Attribute::ALL {
        let Some(field) = object.get(attribute.name()) else {
            continue;
        };
        let values = match field.node.value {
            Value::List(_) => field.list(problems),
            _ => vec![field],
        };
        for value in texts(&values, problems) {
            subject.push(attribute, value);
        }
    }
    subject
}

fn read_labels(field: &Field<'_>, problems: &mut Problems) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for (key, value) in field.entries(problems) {
        if let Some(value) = value.text(problems) {
            labels.insert(key.to_owned(), value.to_owned());
        }
    }
    labels
}
