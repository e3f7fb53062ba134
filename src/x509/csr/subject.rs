//! Distinguished names (RFC 5280 4.1.2.4) read to the model of a subject.
//!
//! In comes the DER of a Name; out come the nine attributes that a certificate carries, as text, and the rest, which
//! judgement refuses. String types that relying parties read in different ways are refused, and so is everything that
//! the certificate, whose subject is written anew from the model, could not hold as it was asked for.

use std::collections::{BTreeMap, HashSet};

use der::oid::ObjectIdentifier;
use der::{Decode, ErrorKind, Tag, Tagged};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{RdnSequence, RelativeDistinguishedName};

use crate::finding::{Code, Reason};
use crate::names::hex;
use crate::x509::csr::strict::strict;
use crate::x509::subject::{Attribute, Subject, check_text};

const FIELD: &str = "csr.subject";
// Policy 5.1.
const RDNS: usize = 32;
// Policy 7: what expressions over a subject may cost rests on this.
const VALUES: usize = 32;

/// The attributes that are issued, and those that are not with their text.
pub type Attributes = (Subject, Vec<(ObjectIdentifier, String)>);

/// Reads the DER of a Name.
///
/// # Errors
/// Every value and RDN that is not accepted, or why the whole can't be read.
pub fn read(der: &[u8]) -> Result<Attributes, Vec<Reason>> {
    if has_unknown_string(der) {
        let reason = malformed_string("the subject holds a string of a type that is not accepted");
        return Err(vec![reason.field(FIELD)]);
    }
    let name: RdnSequence = strict(der, Code::MalformedDer, "the subject")?;
    if name.len() > RDNS {
        let message = format!("the subject has {} RDNs, more than {RDNS}", name.len());
        return Err(vec![Reason::new(Code::LimitExceeded, message).field(FIELD)]);
    }
    let mut reader = Reader::default();
    for rdn in name.iter() {
        reader.read(rdn);
    }
    reader.finish()
}

/// `UniversalString` and its like are none of der's tags; they are a fault of the value, not of the encoding.
fn has_unknown_string(der: &[u8]) -> bool {
    let error = RdnSequence::from_der(der).err();
    error.is_some_and(|error| matches!(error.kind(), ErrorKind::TagUnknown { .. }))
}

#[derive(Default)]
struct Reader {
    subject: Subject,
    others: Vec<(ObjectIdentifier, String)>,
    reasons: Vec<Reason>,
    seen: HashSet<(Attribute, String)>,
    counts: BTreeMap<Attribute, usize>,
}

impl Reader {
    fn read(&mut self, rdn: &RelativeDistinguishedName) {
        let mut types = rdn.iter().map(|pair| pair.oid);
        let first = types.next();
        if first.is_none() {
            let reason = Reason::new(Code::MalformedSubject, "the subject has an empty RDN");
            self.reasons.push(reason.field(FIELD));
        }
        if types.any(|oid| Some(oid) != first) {
            let message = "one RDN of the subject holds attributes of several types";
            let reason = Reason::new(Code::MultiValuedRdn, message).field(FIELD);
            self.reasons
                .push(reason.help("give each attribute an RDN of its own"));
        }
        for pair in rdn.iter() {
            match Attribute::from_oid(pair.oid) {
                Some(attribute) => self.read_value(attribute, pair),
                None => self.others.push((pair.oid, shown(pair))),
            }
        }
    }

    fn read_value(&mut self, attribute: Attribute, pair: &AttributeTypeAndValue) {
        let count = self.counts.entry(attribute).or_default();
        let field = field(attribute, *count);
        *count += 1;
        match accepted(pair).and_then(|text| check_text(text).map(|()| text)) {
            Err(reason) => self.reasons.push(reason.field(field)),
            Ok(text) if !self.seen.insert((attribute, text.to_owned())) => {
                let message = format!("`{attribute}` holds one value twice");
                let reason = Reason::new(Code::MalformedSubject, message);
                self.reasons.push(reason.field(field).value(text));
            }
            Ok(text) => self.subject.push(attribute, text.to_owned()),
        }
    }

    fn finish(mut self) -> Result<Attributes, Vec<Reason>> {
        for (&attribute, &count) in &self.counts {
            let (code, most) = if is_once(attribute) {
                (Code::MalformedSubject, 1)
            } else {
                (Code::LimitExceeded, VALUES)
            };
            if count > most {
                let message = format!("the subject has {count} of `{attribute}`, more than {most}");
                let field = format!("{FIELD}.{attribute}");
                self.reasons.push(Reason::new(code, message).field(field));
            }
        }
        if self.reasons.is_empty() {
            Ok((self.subject, self.others))
        } else {
            Err(self.reasons)
        }
    }
}

/// RFC 4519 2.2: countryName is single-valued too, though policies write a list.
fn is_once(attribute: Attribute) -> bool {
    attribute.is_single() || attribute == Attribute::Country
}

fn field(attribute: Attribute, index: usize) -> String {
    if attribute.is_single() {
        format!("{FIELD}.{attribute}")
    } else {
        format!("{FIELD}.{attribute}[{index}]")
    }
}

/// The text of a PrintableString or UTF8String that keeps to its character set.
fn accepted(pair: &AttributeTypeAndValue) -> Result<&str, Reason> {
    let octets = pair.value.value();
    let text = str::from_utf8(octets).ok();
    match (pair.value.tag(), text) {
        (Tag::Utf8String, Some(text)) => Ok(text),
        (Tag::PrintableString, Some(text)) if text.chars().all(is_printable) => Ok(text),
        (Tag::Utf8String, None) => {
            let reason = malformed_string("subject value is not UTF-8");
            Err(reason.value(String::from_utf8_lossy(octets)))
        }
        (Tag::PrintableString, _) => {
            let reason = malformed_string("subject value holds what a PrintableString can't");
            Err(reason
                .value(String::from_utf8_lossy(octets))
                .help("write it as a UTF8String"))
        }
        _ => {
            let reason =
                malformed_string("subject value is neither PrintableString nor UTF8String");
            Err(reason.value(shown(pair)))
        }
    }
}

/// X.680 41.4, table 10.
fn is_printable(c: char) -> bool {
    c.is_ascii_alphanumeric() || " '()+,-./:=?".contains(c)
}

/// A value for people: its text, or as RFC 4514 2.4 writes what has none.
fn shown(pair: &AttributeTypeAndValue) -> String {
    let octets = pair.value.value();
    let is_text = matches!(
        pair.value.tag(),
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String
    );
    match str::from_utf8(octets) {
        Ok(text) if is_text => text.to_owned(),
        _ => format!("#{}", hex(octets)),
    }
}

fn malformed_string(message: &str) -> Reason {
    Reason::new(Code::MalformedSubjectString, message)
}
