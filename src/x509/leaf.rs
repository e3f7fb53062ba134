//! A certificate that was issued earlier, and whether its CA stands behind it.
//!
//! In come the PEM of `certificate.pem` and the CAs that may have signed it; out comes what it says of itself. Files beside
//! a certificate say a lot; only what is proven can't be made without the CA's key.

use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::names::{Sha256Digest, hex};
use crate::timestamp::Timestamp;
use crate::x509::ca::CaCertificate;
use crate::x509::signature::SignatureAlgorithm;

/// What a certificate says.
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
}

impl Leaf {
    /// The first certificate of a file, whoever signed it; `None` for one that can't be read.
    #[must_use]
    pub fn read(pem: &[u8]) -> Option<Self> {
        let (_, block) = x509_parser::pem::parse_x509_pem(pem).ok()?;
        Self::of(&parse(&block.contents)?)
    }

    /// The first certificate of a file, if one of these CAs signed it (RFC 5280 6.1.3 (a) (1)).
    #[must_use]
    pub fn proven<'a>(
        pem: &[u8],
        cas: impl IntoIterator<Item = &'a CaCertificate>,
    ) -> Option<Self> {
        let (_, block) = x509_parser::pem::parse_x509_pem(pem).ok()?;
        let certificate = parse(&block.contents)?;
        let is_signer = |ca: &CaCertificate| {
            let algorithm = SignatureAlgorithm::of_issuer(ca.key.kind());
            let signature = certificate.signature_value.as_ref();
            let signed = certificate.tbs_certificate.as_ref();
            ca.key.verify(algorithm, signed, signature).is_ok()
        };
        let is_proven = cas.into_iter().any(is_signer);
        Self::of(&certificate).filter(|_| is_proven)
    }

    fn of(certificate: &X509Certificate<'_>) -> Option<Self> {
        let tbs = &certificate.tbs_certificate;
        let serial = tbs.raw_serial();
        let validity = &tbs.validity;
        Some(Self {
            serial_number: hex(serial.strip_prefix(&[0]).unwrap_or(serial)),
            not_before: Timestamp::from_unix(validity.not_before.timestamp())?,
            not_after: Timestamp::from_unix(validity.not_after.timestamp())?,
            key: Sha256Digest::of(tbs.subject_pki.raw),
        })
    }
}

fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    rest.is_empty().then_some(certificate)
}
