//! The to-be-signed part of a certificate, built from the model alone.
//!
//! In comes a [`Contents`]; out comes the DER of a `TBSCertificate` (RFC 5280 4.1), byte for byte what
//! kube-controller-manager writes for the same contents, and of a `Certificate` once there is a signature. From a
//! request only the SubjectPublicKeyInfo is copied as bytes; names and extensions are encoded anew.

use der::asn1::{Any, AnyRef, BitString, OctetString};
use der::oid::ObjectIdentifier;
use der::{Decode as _, Encode as _, Sequence};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, ExtendedKeyUsage};
use x509_cert::name::RdnSequence;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use crate::names::Serial;
use crate::timestamp::Timestamp;
use crate::x509::additions::Additions;
use crate::x509::key::{Curve, KeyKind};
use crate::x509::names::{encode_sans, encode_subject};
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::Subject;
use crate::x509::usage::{Meaning, Usage};

// RFC 5280 4.1.2.1: v3 is 2.
const V3: u8 = 2;
// RFC 5280 4.2.1.9: SEQUENCE {}, which is CA:FALSE without pathLenConstraint.
const NOT_A_CA: [u8; 2] = [0x30, 0x00];

const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const CRL_DISTRIBUTION_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");
const CERTIFICATE_POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

/// Everything that a certificate says, before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Its serial number.
    pub serial: Serial,
    /// The kind of the CA's key, which settles the signature algorithm.
    pub issuer_key: KeyKind,
    /// The DER of the CA's subject, unchanged.
    pub issuer: Vec<u8>,
    /// The first second of its validity.
    pub not_before: Timestamp,
    /// The last second of its validity.
    pub not_after: Timestamp,
    /// Whom it is for.
    pub subject: Subject,
    /// The DER of the SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// What it may be used for.
    pub usages: Vec<Usage>,
    /// The CA's subject key identifier, if it has one.
    pub authority_key_id: Option<Vec<u8>>,
    /// The names of its subject.
    pub sans: SubjectAltNames,
    /// What the signer adds to what Kubernetes writes.
    pub additions: Additions,
}

/// RFC 5280 4.1, with issuer and key as they came.
#[derive(Sequence)]
struct TbsCertificate<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: u8,
    serial_number: SerialNumber,
    signature: AlgorithmIdentifier,
    issuer: AnyRef<'a>,
    validity: Validity,
    subject: RdnSequence,
    subject_public_key_info: AnyRef<'a>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

/// RFC 5280 4.1.1.2.
#[derive(Sequence)]
pub(crate) struct AlgorithmIdentifier {
    algorithm: ObjectIdentifier,
    #[asn1(optional = "true")]
    parameters: Option<Any>,
}

#[derive(Sequence)]
struct Certificate<'a> {
    to_be_signed: AnyRef<'a>,
    signature_algorithm: AlgorithmIdentifier,
    signature: BitString,
}

impl Contents {
    /// The DER of the `TBSCertificate`.
    ///
    /// # Errors
    /// When a value can't be expressed in DER, such as a time after 9999.
    pub fn to_tbs(&self) -> der::Result<Vec<u8>> {
        let subject = encode_subject(&self.subject)?;
        TbsCertificate {
            version: V3,
            serial_number: encode_serial(&self.serial)?,
            signature: signature_algorithm(self.issuer_key),
            issuer: AnyRef::from_der(&self.issuer)?,
            validity: Validity::new(encode_time(self.not_before)?, encode_time(self.not_after)?),
            extensions: self.extensions(&subject)?,
            subject,
            subject_public_key_info: AnyRef::from_der(&self.spki)?,
        }
        .to_der()
    }

    /// The extensions in the order that Go writes them, kube-controller-manager's among them.
    fn extensions(&self, subject: &RdnSequence) -> der::Result<Vec<Extension>> {
        let mut extensions = Vec::new();
        if let Some(bits) = key_usage_bits(&self.usages)? {
            extensions.push(extension(KEY_USAGE, true, bits.to_der()?)?);
        }
        let purposes = purposes(&self.usages);
        if !purposes.is_empty() {
            extensions.push(extension(
                EXTENDED_KEY_USAGE,
                false,
                ExtendedKeyUsage(purposes).to_der()?,
            )?);
        }
        extensions.push(extension(BASIC_CONSTRAINTS, true, NOT_A_CA.to_vec())?);
        if let Some(value) = self.additions.encode_key_id()? {
            extensions.push(extension(SUBJECT_KEY_IDENTIFIER, false, value)?);
        }
        if let Some(key_id) = self
            .authority_key_id
            .as_ref()
            .filter(|_| !self.is_named_as_issuer(subject))
        {
            extensions.push(authority_key_identifier(key_id)?);
        }
        if !self.sans.is_empty() {
            // RFC 5280 4.2.1.6: critical exactly when the subject is empty.
            extensions.push(extension(
                SUBJECT_ALT_NAME,
                subject.is_empty(),
                encode_sans(&self.sans)?,
            )?);
        }
        if let Some(value) = self.additions.encode_policies()? {
            extensions.push(extension(CERTIFICATE_POLICIES, false, value)?);
        }
        if let Some(value) = self.additions.encode_distribution_points()? {
            extensions.push(extension(CRL_DISTRIBUTION_POINTS, false, value)?);
        }
        Ok(extensions)
    }

    /// Go leaves the authority key identifier out of what looks self-issued.
    fn is_named_as_issuer(&self, subject: &RdnSequence) -> bool {
        subject.to_der().is_ok_and(|subject| subject == self.issuer)
    }
}

/// The DER of a `Certificate` made of exactly these to-be-signed octets.
///
/// # Errors
/// When `tbs` is no DER.
pub fn assemble(tbs: &[u8], issuer_key: KeyKind, signature: &[u8]) -> der::Result<Vec<u8>> {
    Certificate {
        to_be_signed: AnyRef::from_der(tbs)?,
        signature_algorithm: signature_algorithm(issuer_key),
        signature: BitString::from_bytes(signature)?,
    }
    .to_der()
}

/// The algorithm that a CA with such a key signs with, as Go chooses it.
pub(crate) fn signature_algorithm(issuer_key: KeyKind) -> AlgorithmIdentifier {
    let (oid, parameters) = match issuer_key {
        // RFC 4055 5: sha256WithRSAEncryption, parameters NULL.
        KeyKind::Rsa { .. } => ("1.2.840.113549.1.1.11", Some(Any::null())),
        // RFC 5758 3.2: ecdsa-with-SHA256, -SHA384 and -SHA512, no parameters.
        KeyKind::Ecdsa(Curve::P256) => ("1.2.840.10045.4.3.2", None),
        KeyKind::Ecdsa(Curve::P384) => ("1.2.840.10045.4.3.3", None),
        KeyKind::Ecdsa(Curve::P521) => ("1.2.840.10045.4.3.4", None),
        // RFC 8410 3.
        KeyKind::Ed25519 => ("1.3.101.112", None),
    };
    AlgorithmIdentifier {
        algorithm: ObjectIdentifier::new_unwrap(oid),
        parameters,
    }
}

fn encode_serial(serial: &Serial) -> der::Result<SerialNumber> {
    let zeros = serial
        .octets()
        .iter()
        .take_while(|octet| **octet == 0)
        .count();
    SerialNumber::new(&serial.octets()[zeros..])
}

// RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime after; `Time` chooses.
pub(super) fn encode_time(time: Timestamp) -> der::Result<Time> {
    let seconds = u64::try_from(time.unix()).map_err(|_| der::ErrorKind::DateTime)?;
    let time = der::DateTime::from_unix_duration(std::time::Duration::from_secs(seconds))?;
    Ok(Time::from(time))
}

/// The KeyUsage BIT STRING without trailing zero bits; `None` when no usage sets one.
fn key_usage_bits(usages: &[Usage]) -> der::Result<Option<BitString>> {
    let mut octets = [0_u8; 2];
    let mut last = None;
    for usage in usages {
        if let Meaning::KeyUsage(bit) = usage.meaning() {
            octets[usize::from(bit / 8)] |= 0x80 >> (bit % 8);
            last = last.max(Some(bit));
        }
    }
    let Some(last) = last else { return Ok(None) };
    let length = usize::from(last / 8) + 1;
    BitString::new(7 - last % 8, &octets[..length]).map(Some)
}

fn purposes(usages: &[Usage]) -> Vec<ObjectIdentifier> {
    let mut ranked: Vec<(u8, ObjectIdentifier)> = usages
        .iter()
        .filter_map(|usage| match usage.meaning() {
            Meaning::ExtendedKeyUsage { rank, oid } => Some((rank, oid)),
            Meaning::KeyUsage(_) => None,
        })
        .collect();
    ranked.sort_unstable();
    ranked.dedup();
    ranked.into_iter().map(|(_, oid)| oid).collect()
}

/// RFC 5280 4.2.1.1: which key signs, by the subject key identifier of its CA.
pub(super) fn authority_key_identifier(key_id: &[u8]) -> der::Result<Extension> {
    let identifier = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(key_id)?),
        ..AuthorityKeyIdentifier::default()
    };
    extension(AUTHORITY_KEY_IDENTIFIER, false, identifier.to_der()?)
}

pub(super) fn extension(
    oid: ObjectIdentifier,
    critical: bool,
    value: Vec<u8>,
) -> der::Result<Extension> {
    Ok(Extension {
        extn_id: oid,
        critical,
        extn_value: OctetString::new(value)?,
    })
}
