//! A revocation list as DER, built from the model alone (RFC 5280 5.1).
//!
//! In come the list and its CA; out come the octets of the `TBSCertList`, version 2, with the number and the identifier
//! of the CA's key. The same list gives the same octets; what was read plays no part in it.

use der::asn1::{AnyRef, Uint};
use der::oid::ObjectIdentifier;
use der::{Decode as _, Encode as _, Sequence};
use x509_cert::ext::Extension;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;

use crate::x509::ca::CaCertificate;
use crate::x509::certificate::{
    AlgorithmIdentifier, authority_key_identifier, encode_time, extension, signature_algorithm,
};
use crate::x509::crl::list::{ReasonCode, RevocationList};

// RFC 5280 5.1.2.1: v2 is 1.
const V2: u8 = 1;
const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");

/// RFC 5280 5.1, with the issuer as it came.
#[derive(Sequence)]
struct TbsCertList<'a> {
    version: u8,
    signature: AlgorithmIdentifier,
    issuer: AnyRef<'a>,
    this_update: Time,
    next_update: Time,
    #[asn1(optional = "true")]
    revoked_certificates: Option<Vec<Entry>>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

#[derive(Sequence)]
struct Entry {
    user_certificate: SerialNumber,
    revocation_date: Time,
    #[asn1(optional = "true")]
    extensions: Option<Vec<Extension>>,
}

/// The DER of the `TBSCertList`.
pub(super) fn tbs(list: &RevocationList, ca: &CaCertificate) -> der::Result<Vec<u8>> {
    let mut entries = Vec::new();
    for (serial, entry) in &list.entries {
        // RFC 5280 5.3.1: unspecified is said by leaving it out.
        let reason = match entry.reason {
            ReasonCode::Unspecified => None,
            reason => Some(vec![extension(REASON_CODE, false, reason.to_der()?)?]),
        };
        entries.push(Entry {
            user_certificate: SerialNumber::new(serial.octets())?,
            revocation_date: encode_time(entry.revocation_date)?,
            extensions: reason,
        });
    }
    let mut extensions = Vec::new();
    if let Some(key_id) = &ca.key_id {
        extensions.push(authority_key_identifier(key_id)?);
    }
    let number = Uint::new(&list.number.to_be_bytes())?.to_der()?;
    extensions.push(extension(CRL_NUMBER, false, number)?);
    TbsCertList {
        version: V2,
        signature: signature_algorithm(ca.key.kind()),
        issuer: AnyRef::from_der(&ca.subject)?,
        this_update: encode_time(list.this_update)?,
        next_update: encode_time(list.next_update)?,
        // RFC 5280 5.1.2.6: no empty list.
        revoked_certificates: (!entries.is_empty()).then_some(entries),
        extensions,
    }
    .to_der()
}
