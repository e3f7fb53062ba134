//! Making a PKCS#10 request (RFC 2986 4), for `gitca new` and the demo.
//!
//! In come a subject, names and a private key; out comes the PEM of a request that [`Csr`](crate::x509::csr::Csr) reads
//! back. The key signs and shows its public half; its private half is neither copied nor printed.

use std::fmt;

use der::asn1::{AnyRef, BitString, OctetString, SetOfVec};
use der::oid::ObjectIdentifier;
use der::{Decode as _, Encode as _, Sequence, ValueOrd};
use rcgen::{KeyPair, PublicKeyData as _, SigningKey as _};
use x509_cert::ext::Extension;
use x509_cert::name::RdnSequence;

use crate::finding::{Code, Reason};
use crate::x509::certificate::{AlgorithmIdentifier, signature_algorithm};
use crate::x509::key::PublicKey;
use crate::x509::names::{encode_sans, encode_subject};
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::Subject;

// RFC 2986 4.1: v1 is 0.
const V1: u8 = 0;
// RFC 7468 7.
const LABEL: &str = "CERTIFICATE REQUEST";
// RFC 2985 5.4.2: pkcs-9-at-extensionRequest.
const EXTENSION_REQUEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");

#[derive(Sequence)]
struct CertificationRequestInfo<'a> {
    version: u8,
    subject: RdnSequence,
    subject_public_key_info: AnyRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true")]
    attributes: SetOfVec<Attribute>,
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence, ValueOrd)]
struct Attribute {
    kind: ObjectIdentifier,
    values: SetOfVec<der::Any>,
}

#[derive(Sequence)]
struct CertificationRequest<'a> {
    info: AnyRef<'a>,
    signature_algorithm: AlgorithmIdentifier,
    signature: BitString,
}

/// A request for this subject and these names, signed with the key, as PEM.
///
/// # Errors
/// When the key is none that gitca certifies, or a value can't be expressed in DER.
pub fn build(subject: &Subject, sans: &SubjectAltNames, pair: &KeyPair) -> Result<String, Reason> {
    let spki = pair.subject_public_key_info();
    let kind = PublicKey::read(&spki)?.kind();
    let broken = |error: &dyn fmt::Display| {
        Reason::new(
            Code::OperationFailed,
            format!("can't make the request: {error}"),
        )
    };
    let info = info_of(subject, sans, &spki).map_err(|error| broken(&error))?;
    let signature = pair.sign(&info).map_err(|error| broken(&error))?;
    encode_request(&info, signature_algorithm(kind), &signature).map_err(|error| broken(&error))
}

fn info_of(subject: &Subject, sans: &SubjectAltNames, spki: &[u8]) -> der::Result<Vec<u8>> {
    let names = if sans.is_empty() {
        None
    } else {
        Some(encode_sans(sans)?)
    };
    encode_info(encode_subject(subject)?, names, spki)
}

/// The `CertificationRequestInfo` for this subject, these `GeneralNames` and this `SubjectPublicKeyInfo`.
pub(super) fn encode_info(
    subject: RdnSequence,
    names: Option<Vec<u8>>,
    spki: &[u8],
) -> der::Result<Vec<u8>> {
    let mut attributes = SetOfVec::new();
    if let Some(names) = names {
        let extension = Extension {
            extn_id: SUBJECT_ALT_NAME,
            critical: subject.is_empty(),
            extn_value: OctetString::new(names)?,
        };
        let mut values = SetOfVec::new();
        values.insert(der::Any::encode_from(&vec![extension])?)?;
        attributes.insert(Attribute {
            kind: EXTENSION_REQUEST,
            values,
        })?;
    }
    let subject_public_key_info = AnyRef::from_der(spki)?;
    CertificationRequestInfo {
        version: V1,
        subject,
        subject_public_key_info,
        attributes,
    }
    .to_der()
}

/// The PEM of the request with this signature.
pub(super) fn encode_request(
    info: &[u8],
    algorithm: AlgorithmIdentifier,
    signature: &[u8],
) -> der::Result<String> {
    let request = CertificationRequest {
        info: AnyRef::from_der(info)?,
        signature_algorithm: algorithm,
        signature: BitString::from_bytes(signature)?,
    };
    let request = request.to_der()?;
    let text = der::pem::encode_string(LABEL, der::pem::LineEnding::LF, &request);
    text.map_err(der::Error::from)
}
