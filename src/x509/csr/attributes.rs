//! The attributes of a request (RFC 2986 4.1) and the extensions that it asks for in one of them.
//!
//! In come the attributes; out come the names and extensions that are asked for. Only extensionRequest (RFC 2985
//! 5.4.2) asks for something; a challengePassword is a secret that has no place in a repository. Other attributes ask
//! for nothing and are left alone, but for Microsoft's own extension attribute, whose wishes would be lost silently.

use std::collections::HashSet;

use der::asn1::{BitStringRef, SetOfVec};
use der::oid::ObjectIdentifier;
use der::{Any, AnyRef, Encode, Sequence, Tag, Tagged as _, ValueOrd};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::BasicConstraints;

use crate::finding::{Code, Reason};
use crate::x509::csr::names::{self, Names};
use crate::x509::csr::strict::strict;

// RFC 2985 5.4.1 and 5.4.2.
const CHALLENGE_PASSWORD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.7");
const EXTENSION_REQUEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");
const MICROSOFT_EXTENSIONS: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.14");
// RFC 5280 4.2.1.
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
// RFC 5280 4.2.1.3: digitalSignature (0) to decipherOnly (8).
const KEY_USAGES: u16 = 9;

const FIELD: &str = "spec.request";

/// The extensions that a request asks for, besides subjectAltName.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestedExtensions {
    /// The bits of KeyUsage, bit n for number n of RFC 5280 4.2.1.3.
    pub key_usage: Option<u16>,
    /// The `KeyPurposeIds` of extKeyUsage.
    pub extended_key_usage: Vec<ObjectIdentifier>,
    /// basicConstraints with CA:TRUE.
    pub ca: bool,
    /// basicConstraints with any pathLenConstraint.
    pub path_length: bool,
    /// All other extensions.
    pub others: Vec<ObjectIdentifier>,
}

/// `Attributes`, RFC 2986 4.1.
pub(super) type Attributes<'a> = SetOfVec<Attribute<'a>>;

/// `Attribute`, RFC 2986 4.1. Its type is not read: one of a UUID (ITU-T X.667) has an arc that no [`ObjectIdentifier`] holds.
#[derive(Debug, Sequence, ValueOrd)]
pub(super) struct Attribute<'a> {
    kind: AnyRef<'a>,
    values: SetOfVec<Any>,
}

impl Attribute<'_> {
    fn is(&self, kind: ObjectIdentifier) -> bool {
        self.kind.value() == kind.as_bytes()
    }
}

/// What the attributes ask for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) names: Names,
    pub(super) extensions: RequestedExtensions,
}

/// Reads the attributes of a request.
pub(super) fn read(attributes: &Attributes<'_>) -> Result<Asked, Vec<Reason>> {
    let mut reasons: Vec<Reason> = attributes.iter().filter_map(refused).collect();
    match extension_request(attributes) {
        Ok(None) if reasons.is_empty() => Ok(Asked::default()),
        Ok(None) => Err(reasons),
        Ok(Some(request)) => read_extensions(request, reasons),
        Err(reason) => {
            reasons.push(reason);
            Err(reasons)
        }
    }
}

fn refused(attribute: &Attribute<'_>) -> Option<Reason> {
    let is = |kind| attribute.is(kind);
    match attribute.kind.tag() {
        Tag::ObjectIdentifier if is(CHALLENGE_PASSWORD) => {
            let message = "holds a challenge password, which is a secret";
            let reason = Reason::new(Code::SecretInRequest, message).field(FIELD);
            Some(reason.help("make the request anew and leave the challenge password empty"))
        }
        Tag::ObjectIdentifier if is(MICROSOFT_EXTENSIONS) => {
            let message = "asks for extensions in Microsoft's attribute, which is not read";
            let reason = Reason::new(Code::MalformedAttribute, message).field(FIELD);
            Some(reason.help("ask for them in the attribute extensionRequest (RFC 2985)"))
        }
        Tag::ObjectIdentifier => None,
        _ => {
            let message = "holds an attribute whose type is no object identifier";
            Some(Reason::new(Code::MalformedDer, message).field(FIELD))
        }
    }
}

/// The one value of the one extensionRequest.
fn extension_request<'a>(attributes: &'a Attributes<'_>) -> Result<Option<&'a Any>, Reason> {
    let mut requests = attributes
        .iter()
        .filter(|attribute| attribute.is(EXTENSION_REQUEST));
    let Some(request) = requests.next() else {
        return Ok(None);
    };
    let fault = |message| Reason::new(Code::MalformedAttribute, message).field(FIELD);
    if requests.next().is_some() {
        return Err(fault("holds two extensionRequest attributes"));
    }
    match (request.values.get(0), request.values.len()) {
        (Some(value), 1) => Ok(Some(value)),
        _ => Err(fault(
            "the extensionRequest attribute does not hold exactly one value",
        )),
    }
}

fn read_extensions(request: &Any, reasons: Vec<Reason>) -> Result<Asked, Vec<Reason>> {
    let mut reader = Reader {
        reasons,
        ..Reader::default()
    };
    match list(request) {
        Ok(extensions) => extensions.iter().for_each(|one| reader.read(one)),
        Err(mut reasons) => reader.reasons.append(&mut reasons),
    }
    if reader.reasons.is_empty() {
        Ok(reader.asked)
    } else {
        Err(reader.reasons)
    }
}

fn list(request: &Any) -> Result<Vec<Extension>, Vec<Reason>> {
    let der = request.to_der().unwrap_or_default();
    strict(&der, Code::MalformedExtension, "extensionRequest")
}

#[derive(Default)]
struct Reader {
    asked: Asked,
    seen: HashSet<ObjectIdentifier>,
    reasons: Vec<Reason>,
}

impl Reader {
    fn read(&mut self, extension: &Extension) {
        let oid = extension.extn_id;
        if !self.seen.insert(oid) {
            let reason = Reason::new(Code::DuplicateExtension, "asks for one extension twice");
            self.reasons
                .push(reason.field(FIELD).value(oid.to_string()));
            return;
        }
        if let Err(mut reasons) = self.read_value(oid, extension.extn_value.as_bytes()) {
            self.reasons.append(&mut reasons);
        }
    }

    fn read_value(&mut self, oid: ObjectIdentifier, value: &[u8]) -> Result<(), Vec<Reason>> {
        let extensions = &mut self.asked.extensions;
        match oid {
            SUBJECT_ALT_NAME => self.asked.names = names::read(value)?,
            KEY_USAGE => extensions.key_usage = Some(key_usage(value)?),
            EXTENDED_KEY_USAGE => extensions.extended_key_usage = purposes(value)?,
            BASIC_CONSTRAINTS => {
                let constraints: BasicConstraints =
                    strict(value, Code::MalformedExtension, "basicConstraints")?;
                extensions.ca = constraints.ca;
                extensions.path_length = constraints.path_len_constraint.is_some();
            }
            other => extensions.others.push(other),
        }
        Ok(())
    }
}

/// The bits of a KeyUsage, bit n for number n; X.690 11.2.2 wants no zero bit at its end.
fn key_usage(value: &[u8]) -> Result<u16, Vec<Reason>> {
    let fault = |code, message| vec![Reason::new(code, message).field(FIELD)];
    let bits: BitStringRef<'_> = strict(value, Code::MalformedExtension, "keyUsage")?;
    let mut usage = 0;
    let mut last = false;
    for (number, bit) in (0..).zip(bits.bits()) {
        if bit && number >= KEY_USAGES {
            return Err(fault(
                Code::MalformedExtension,
                "keyUsage holds a bit that no usage has",
            ));
        }
        usage |= u16::from(bit).checked_shl(u32::from(number)).unwrap_or(0);
        last = bit;
    }
    if !last && bits.bit_len() > 0 {
        return Err(fault(Code::MalformedDer, "keyUsage ends with zero bits"));
    }
    Ok(usage)
}

fn purposes(value: &[u8]) -> Result<Vec<ObjectIdentifier>, Vec<Reason>> {
    let purposes: Vec<ObjectIdentifier> = strict(value, Code::MalformedExtension, "extKeyUsage")?;
    if purposes.is_empty() {
        let reason = Reason::new(Code::MalformedExtension, "extKeyUsage is empty");
        return Err(vec![reason.field(FIELD)]);
    }
    Ok(purposes)
}
