//! PKCS#10 (RFC 2986): one parse of the bytes of `spec.request` to a complete model.
//!
//! In comes the content of `spec.request` after base64; out comes a [`Csr`] whose proof of possession holds, or every
//! reason why it is not one. What is legal but never issued stays in the model, for judgement to refuse. Everything is
//! DER at every depth, be it read or not: what was read is written again and has to give the very same octets.

use der::asn1::{BitStringRef, IntRef};
use der::oid::ObjectIdentifier;
use der::{AnyRef, Encode, Sequence};
use x509_cert::spki::AlgorithmIdentifierRef;

pub use crate::x509::csr::attributes::RequestedExtensions;

use crate::finding::{Code, Reason};
use crate::x509::csr::attributes::Attributes;
use crate::x509::csr::strict::strict;
use crate::x509::key::PublicKey;
use crate::x509::pem;
use crate::x509::san::SubjectAltNames;
use crate::x509::signature::SignatureAlgorithm;
use crate::x509::subject::Subject;

mod attributes;
mod canonical;
pub mod names;
mod strict;
pub mod subject;

#[cfg(test)]
mod tests;

// RFC 7468 7.
const LABEL: &str = "CERTIFICATE REQUEST";
const FIELD: &str = "spec.request";

/// A certification request; one that was [read](Csr::read) proved possession of its key.
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

/// Whether the signature of a request must prove possession of its key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Possession {
    Proven,
    Supposed,
}

/// `CertificationRequest`, RFC 2986 4.2.
#[derive(Sequence)]
struct Request<'a> {
    info: AnyRef<'a>,
    algorithm: AlgorithmIdentifierRef<'a>,
    signature: BitStringRef<'a>,
}

/// `CertificationRequestInfo`, RFC 2986 4.1.
#[derive(Sequence)]
struct Info<'a> {
    version: IntRef<'a>,
    subject: AnyRef<'a>,
    key: AnyRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    attributes: Attributes<'a>,
}

impl Csr {
    /// Reads the PEM text that `spec.request` holds after base64.
    ///
    /// # Errors
    /// Every reason why it is not one strong, well-formed request with proof of possession (RFC 2986 4.2).
    pub fn read(pem: &[u8]) -> Result<Self, Vec<Reason>> {
        Self::parse(pem, Possession::Proven)
    }

    /// Reads such a text without a look at the signature, for requests that are judged and never signed: those of policy
    /// tests, and those whose certificates were issued long ago.
    ///
    /// # Errors
    /// As [`Csr::read`], but for the proof.
    pub fn suppose(pem: &[u8]) -> Result<Self, Vec<Reason>> {
        Self::parse(pem, Possession::Supposed)
    }

    fn parse(pem: &[u8], possession: Possession) -> Result<Self, Vec<Reason>> {
        let der = pem::read(pem, LABEL).map_err(|reason| vec![reason.field(FIELD)])?;
        let request: Request<'_> = strict(&der, Code::MalformedDer, "the request")?;
        let signed = octets(request.info);
        let info: Info<'_> = strict(&signed, Code::MalformedDer, "the request")?;

        let mut reasons = Vec::new();
        check_version(info.version, &mut reasons);
        let attributes = subject::read(&octets(info.subject));
        let (subject, other_attributes) = keep(attributes, &mut reasons);
        let asked = keep(attributes::read(&info.attributes), &mut reasons);
        let (sans, other_sans) = asked.names;
        let others = other_attributes.len() + other_sans.len();
        if reasons.is_empty() && subject.is_empty() && sans.is_empty() && others == 0 {
            let message = "has neither a subject nor a subject alternative name";
            reasons.push(Reason::new(Code::NoIdentity, message).field("csr.subject"));
        }
        let key = keep_key(&request, &octets(info.key), &mut reasons);
        if let (Some((key, algorithm)), Possession::Proven) = (&key, possession) {
            reasons.extend(unproven(&request, key, *algorithm, &signed));
        }
        match key {
            Some((key, algorithm)) if reasons.is_empty() => Ok(Self {
                subject,
                other_attributes,
                sans,
                other_sans,
                key,
                signature_algorithm: algorithm.name(),
                extensions: asked.extensions,
            }),
            _ => Err(reasons),
        }
    }
}

fn check_version(version: IntRef<'_>, reasons: &mut Vec<Reason>) {
    // RFC 2986 4.1: it shall be 0 for this version of the standard.
    if version.as_bytes() != [0] {
        let reason = Reason::new(
            Code::MalformedVersion,
            "the version of the request is not 0",
        );
        reasons.push(reason.field(FIELD));
    }
}

/// The key and the algorithm, when both are strong.
fn keep_key(
    request: &Request<'_>,
    key: &[u8],
    reasons: &mut Vec<Reason>,
) -> Option<(PublicKey, SignatureAlgorithm)> {
    let key = PublicKey::read(key).map_err(|reason| reason.field("csr.key"));
    let algorithm = SignatureAlgorithm::read(&request.algorithm)
        .map_err(|reason| reason.field("csr.signatureAlgorithm"));
    match (key, algorithm) {
        (Ok(key), Ok(algorithm)) => Some((key, algorithm)),
        (key, algorithm) => {
            reasons.extend(key.err());
            reasons.extend(algorithm.err());
            None
        }
    }
}

/// Why the signature over `signed` does not prove possession of the key.
fn unproven(
    request: &Request<'_>,
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    signed: &[u8],
) -> Option<Reason> {
    // Bits that are no whole octets are no signature of any algorithm.
    let signature = request.signature.as_bytes().unwrap_or_default();
    let error = key.verify(algorithm, signed, signature).err()?;
    let reason = Reason::new(Code::ProofOfPossession, error.to_string()).field(FIELD);
    Some(reason.help("make the request anew with the key that it is for"))
}

/// The whole encoding of a value, which is what stood in the input since that is DER.
fn octets(value: AnyRef<'_>) -> Vec<u8> {
    value.to_der().unwrap_or_default()
}

fn keep<T: Default>(read: Result<T, Vec<Reason>>, reasons: &mut Vec<Reason>) -> T {
    read.unwrap_or_else(|mut found| {
        reasons.append(&mut found);
        T::default()
    })
}
