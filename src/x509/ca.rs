//! CA certificates: what a signer's certificate file holds, and what its CA may certify.
//!
//! In comes the PEM of `policies/ca/*.pem`: the signing CA first, then the CAs above it; out comes an [`Authority`], or
//! every reason why nothing may be signed under it. Read with x509-parser, which the builder of certificates does not
//! use. Rules: RFC 5280 4.2.1.3, 4.2.1.9, 4.2.1.10, 6.1.4. The time is no property of a file and is judged elsewhere.

mod keys;
mod rights;

pub use crate::x509::ca::keys::keys_of_cas;

use std::fmt;

use der::oid::ObjectIdentifier;
use der::{AnyRef, Decode as _, Encode as _, Header, SliceReader};
use x509_cert::spki::AlgorithmIdentifierRef;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer as _;

use crate::names::Sha256Digest;
use crate::timestamp::Timestamp;
use crate::x509::ca::rights::{check_rights, signs_crls};
use crate::x509::constraints::NameConstraints;
use crate::x509::key::PublicKey;
use crate::x509::signature::SignatureAlgorithm;

// A chain longer than this is a mistake, not a hierarchy.
const LONGEST_CHAIN: usize = 8;

/// One CA certificate that may certify leaves.
#[derive(Clone, Debug)]
pub struct CaCertificate {
    /// Its DER.
    pub der: Vec<u8>,
    /// The DER of its subject, which becomes the issuer of what it signs.
    pub subject: Vec<u8>,
    /// The DER of its issuer.
    pub issuer: Vec<u8>,
    /// Its subject as text, for people.
    pub display_name: String,
    /// Its public key.
    pub key: PublicKey,
    /// Its subject key identifier, RFC 5280 4.2.1.2.
    pub key_id: Option<Vec<u8>>,
    /// The first second of its validity.
    pub not_before: Timestamp,
    /// The last second of its validity.
    pub not_after: Timestamp,
    /// The purposes it limits its certificates to; `None` when it doesn't.
    pub purposes: Option<Vec<ObjectIdentifier>>,
    /// The names it may certify.
    pub constraints: NameConstraints,
    /// Whether it may sign revocation lists, RFC 5280 4.2.1.3.
    pub signs_crls: bool,
    authority_key_id: Option<Vec<u8>>,
    path_length: Option<u32>,
    signature: Signature,
}

/// The three parts of a certificate, RFC 5280 4.1.
#[derive(Clone, Debug)]
struct Signature {
    signed: Vec<u8>,
    algorithm: Result<SignatureAlgorithm, String>,
    value: Vec<u8>,
}

/// A signing CA and the CAs above it, as far as the file goes.
#[derive(Clone, Debug)]
pub struct Authority {
    chain: Vec<CaCertificate>,
}

impl Authority {
    /// Reads a PEM file of certificates, the signing CA first.
    ///
    /// # Errors
    /// Every reason why this is no chain that may certify leaves, each a sentence that begins with which certificate.
    pub fn read(pem: &[u8]) -> Result<Self, Vec<String>> {
        let blocks = read_blocks(pem).map_err(|problem| vec![problem])?;
        let mut chain = Vec::new();
        let mut problems = Vec::new();
        for (index, block) in blocks.iter().enumerate() {
            let number = index + 1;
            match CaCertificate::read(block) {
                Ok(certificate) => {
                    if certificate
                        .path_length
                        .is_some_and(|length| (length as usize) < index)
                    {
                        problems.push(format!(
                            "certificate {number} allows no CA chain as long as this below it"
                        ));
                    }
                    chain.push(certificate);
                }
                Err(reasons) => problems.extend(
                    reasons
                        .iter()
                        .map(|reason| format!("certificate {number} {reason}")),
                ),
            }
        }
        if problems.is_empty() {
            problems = check_links(&chain);
        }
        if problems.is_empty() {
            Ok(Self { chain })
        } else {
            Err(problems)
        }
    }

    /// The CA whose key signs.
    #[must_use]
    pub fn signing_ca(&self) -> &CaCertificate {
        &self.chain[0]
    }

    /// All CAs of the file, the signing CA first.
    #[must_use]
    pub fn chain(&self) -> &[CaCertificate] {
        &self.chain
    }

    /// The CAs that go into `certificate.pem` after the leaf: all but self-signed roots.
    pub fn intermediates(&self) -> impl Iterator<Item = &CaCertificate> {
        self.chain.iter().filter(|ca| !ca.is_self_issued())
    }

    /// The earliest end of all of the chain: nothing that it signs is valid longer.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        let signing_ca = self.signing_ca().not_after;
        self.chain
            .iter()
            .map(|ca| ca.not_after)
            .min()
            .unwrap_or(signing_ca)
    }

    /// The latest start of all of the chain.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        let signing_ca = self.signing_ca().not_before;
        self.chain
            .iter()
            .map(|ca| ca.not_before)
            .max()
            .unwrap_or(signing_ca)
    }
}

impl CaCertificate {
    /// SHA-256 of its DER.
    #[must_use]
    pub fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(&self.der)
    }

    fn is_signed_by(&self, above: &Self) -> bool {
        let Signature {
            signed,
            algorithm,
            value,
        } = &self.signature;
        // An algorithm that does not count was reported already.
        let verify =
            |algorithm: &SignatureAlgorithm| above.key.verify(*algorithm, signed, value).is_ok();
        algorithm.as_ref().map_or(true, verify)
    }

    fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    fn read(der: &[u8]) -> Result<Self, Vec<String>> {
        let certificate = match X509Certificate::from_der(der) {
            Ok(([], certificate)) => certificate,
            Ok(_) => return Err(vec!["is followed by other octets".into()]),
            Err(error) => return Err(vec![format!("can't be read: {error}")]),
        };
        let mut problems = check_rights(&certificate);
        let key = noted(key(&certificate), &mut problems);
        let times = noted(validity(&certificate), &mut problems);
        let constraints = noted(NameConstraints::of(&certificate), &mut problems);
        let purposes = noted(purposes(&certificate), &mut problems);
        let (Some(key), Some((not_before, not_after)), Some(constraints), Some(purposes), true) =
            (key, times, constraints, purposes, problems.is_empty())
        else {
            return Err(problems);
        };
        Ok(Self {
            der: der.to_vec(),
            subject: certificate.subject().as_raw().to_vec(),
            issuer: certificate.issuer().as_raw().to_vec(),
            display_name: certificate.subject().to_string(),
            key,
            key_id: key_id(&certificate),
            not_before,
            not_after,
            purposes,
            constraints,
            signs_crls: signs_crls(&certificate),
            authority_key_id: authority_key_id(&certificate),
            path_length: path_length(&certificate),
            signature: Signature {
                signed: certificate.tbs_certificate.as_ref().to_vec(),
                algorithm: signature_algorithm(der),
                value: certificate.signature_value.data.to_vec(),
            },
        })
    }
}

/// What could be read; what is wrong with the rest is kept beside what is wrong with others.
fn noted<T>(read: Result<T, String>, problems: &mut Vec<String>) -> Option<T> {
    read.map_err(|problem| problems.push(problem)).ok()
}

fn key(certificate: &X509Certificate<'_>) -> Result<PublicKey, String> {
    let key = PublicKey::read(certificate.public_key().raw);
    key.map_err(|reason| format!("has a key that may not sign: {}", reason.message))
}

/// Its first and its last second.
fn validity(certificate: &X509Certificate<'_>) -> Result<(Timestamp, Timestamp), String> {
    let validity = certificate.validity();
    let first = Timestamp::from_unix(validity.not_before.timestamp());
    let last = Timestamp::from_unix(validity.not_after.timestamp());
    let both = first.zip(last);
    both.ok_or_else(|| "has a validity outside the years 1970 to 9999".into())
}

/// The DER of each certificate; anything else in the file is refused.
fn read_blocks(pem: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut blocks = Vec::new();
    for block in Pem::iter_from_buffer(pem) {
        let block = block.map_err(|error| format!("is no PEM file: {error}"))?;
        if block.label.contains("PRIVATE KEY") {
            return Err(
                "holds a private key: keep it outside the repository and treat it as leaked".into(),
            );
        }
        if block.label != "CERTIFICATE" {
            return Err(format!(
                "holds a `{}` block, not only certificates",
                block.label
            ));
        }
        blocks.push(block.contents);
    }
    if blocks.is_empty() {
        return Err("holds no certificate".into());
    }
    if blocks.len() > LONGEST_CHAIN {
        return Err(format!("holds more than {LONGEST_CHAIN} certificates"));
    }
    Ok(blocks)
}

/// Whether each certificate was issued by the next, RFC 5280 6.1.3. A self-signed root is trusted for being there, so
/// its own signature counts for nothing.
fn check_links(chain: &[CaCertificate]) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, ca) in chain.iter().enumerate() {
        if let (Err(weakness), false) = (&ca.signature.algorithm, ca.is_self_issued()) {
            problems.push(format!("certificate {} {weakness}", index + 1));
        }
    }
    for (index, pair) in chain.windows(2).enumerate() {
        let [below, above] = pair else { continue };
        let (number, next) = (index + 1, index + 2);
        if below.issuer != above.subject {
            problems.push(format!(
                "certificate {number} names another issuer than certificate {next}"
            ));
        }
        let named = below.authority_key_id.as_ref().zip(above.key_id.as_ref());
        if named.is_some_and(|(wanted, found)| wanted != found) {
            problems.push(format!(
                "certificate {number} names another issuer key than certificate {next} has"
            ));
        }
        if !below.is_signed_by(above) {
            problems.push(format!(
                "certificate {number} was not signed by certificate {next}"
            ));
        }
    }
    problems
}

/// The algorithm that a certificate says it was signed with, or why that does not count.
fn signature_algorithm(der: &[u8]) -> Result<SignatureAlgorithm, String> {
    let read = || -> der::Result<Vec<u8>> {
        let mut outer = SliceReader::new(der)?;
        Header::decode(&mut outer)?;
        AnyRef::decode(&mut outer)?;
        AnyRef::decode(&mut outer)?.to_der()
    };
    let identifier = read().map_err(|error| format!("has no signature algorithm: {error}"))?;
    let identifier = AlgorithmIdentifierRef::from_der(&identifier)
        .map_err(|error| format!("has a broken signature algorithm: {error}"))?;
    SignatureAlgorithm::read(&identifier).map_err(|reason| reason.message)
}

fn key_id(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0.to_vec()),
            _ => None,
        })
}

fn authority_key_id(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(identifier) => identifier
                .key_identifier
                .as_ref()
                .map(|identifier| identifier.0.to_vec()),
            _ => None,
        })
}

fn path_length(certificate: &X509Certificate<'_>) -> Option<u32> {
    certificate
        .basic_constraints()
        .ok()
        .flatten()
        .and_then(|constraints| constraints.value.path_len_constraint)
}

/// The KeyPurposeIds that limit what the CA certifies; `None` where there is no limit.
fn purposes(certificate: &X509Certificate<'_>) -> Result<Option<Vec<ObjectIdentifier>>, String> {
    let broken = |error: &dyn fmt::Display| format!("has a broken extKeyUsage: {error}");
    let usage = certificate
        .extended_key_usage()
        .map_err(|error| broken(&error))?;
    let Some(usage) = usage
        .map(|extension| extension.value)
        .filter(|usage| !usage.any)
    else {
        return Ok(None);
    };
    let known = [
        (usage.server_auth, "1.3.6.1.5.5.7.3.1"),
        (usage.client_auth, "1.3.6.1.5.5.7.3.2"),
        (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
        (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
        (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
        (usage.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
    ];
    let known = known
        .iter()
        .filter(|(present, _)| *present)
        .map(|(_, oid)| (*oid).to_owned());
    let others = usage.other.iter().map(ToString::to_string);
    let oids: Result<Vec<_>, _> = known
        .chain(others)
        .map(|oid| ObjectIdentifier::new(&oid))
        .collect();
    oids.map(Some).map_err(|error| broken(&error))
}
