//! A certificate that was issued earlier, as its CA proves it.
//!
//! In come the PEM of `certificate.pem` and the CAs that may have signed it; out comes what it says of itself, or nothing
//! where no CA stands behind it. Files beside a certificate say a lot; only this can't be made without the CA's key.

use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::names::{Sha256Digest, hex};
use crate::timestamp::Timestamp;
use crate::x509::ca::CaCertificate;
use crate::x509::signature::SignatureAlgorithm;

/// A proven certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The serial number in lower-case hexadecimal, without a leading zero octet.
    pub serial_number: String,
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub key: Sha256Digest,
    /// SHA-256 of its DER.
    pub digest: Sha256Digest,
}

impl Leaf {
    /// The first certificate of a file, if one of these CAs signed it (RFC 5280 6.1.3 (a) (1)).
    #[must_use]
    pub fn proven<'a>(
        pem: &[u8],
        cas: impl IntoIterator<Item = &'a CaCertificate>,
    ) -> Option<Self> {
        let (_, block) = x509_parser::pem::parse_x509_pem(pem).ok()?;
        let (rest, certificate) = X509Certificate::from_der(&block.contents).ok()?;
        let tbs = &certificate.tbs_certificate;
        let is_signer = |ca: &&CaCertificate| {
            let algorithm = SignatureAlgorithm::of_issuer(ca.key.kind());
            let signature = certificate.signature_value.as_ref();
            ca.key.verify(algorithm, tbs.as_ref(), signature).is_ok()
        };
        if !rest.is_empty() || !cas.into_iter().any(|ca| is_signer(&ca)) {
            return None;
        }
        let serial = tbs.raw_serial();
        let validity = &tbs.validity;
        Some(Self {
            serial_number: hex(serial.strip_prefix(&[0]).unwrap_or(serial)),
            not_before: Timestamp::from_unix(validity.not_before.timestamp())?,
            not_after: Timestamp::from_unix(validity.not_after.timestamp())?,
            key: Sha256Digest::of(tbs.subject_pki.raw),
            digest: Sha256Digest::of(&block.contents),
        })
    }
}
