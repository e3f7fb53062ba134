//! PKCS#10 (RFC 2986): one parse of the bytes of `spec.request` to a complete model.
//!
//! In comes the content of `spec.request` after base64; out comes a [`Csr`] whose proof of possession holds, or every
//! reason why it is not one. What is legal but never issued stays in the model, for judgement to refuse.

use der::oid::ObjectIdentifier;

use crate::finding::Reason;
use crate::x509::key::PublicKey;
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::Subject;

/// A certification request that proved possession of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csr {
    /// The attributes that a certificate can carry.
    pub subject: Subject,
    /// Attributes that no certificate from here carries, with their text.
    pub other_attributes: Vec<(ObjectIdentifier, String)>,
    /// The names that a certificate can carry.
    pub sans: SubjectAltNames,
    /// Kinds of names that no certificate from here carries, by their RFC 5280 name (`otherName`).
    pub other_sans: Vec<&'static str>,
    /// The key that is to be certified.
    pub key: PublicKey,
    /// The name of the algorithm that signed the request, such as `ECDSA-SHA256`.
    pub signature_algorithm: &'static str,
    /// What it asks for in extensions besides names.
    pub extensions: RequestedExtensions,
}

/// The extensions that a request asks for, besides subjectAltName.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestedExtensions {
    /// The bits of KeyUsage, bit n for number n of RFC 5280 4.2.1.3.
    pub key_usage: Option<u16>,
    /// The KeyPurposeIds of extKeyUsage.
    pub extended_key_usage: Vec<ObjectIdentifier>,
    /// basicConstraints with CA:TRUE.
    pub ca: bool,
    /// basicConstraints with any pathLenConstraint.
    pub path_length: bool,
    /// All other extensions.
    pub others: Vec<ObjectIdentifier>,
}

impl Csr {
    /// Reads the PEM text that `spec.request` holds after base64.
    ///
    /// # Errors
    /// Every reason why it is not one strong, well-formed request with proof of possession (RFC 2986 4.2).
    pub fn read(pem: &[u8]) -> Result<Self, Vec<Reason>> {
        let _ = pem;
        Err(Vec::new())
    }
}
