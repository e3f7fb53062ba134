//! From an approved request to a certificate: prepare it, lint it, sign exactly those octets, look again.
//!
//! In comes an [`Approved`], which only a decision makes; [`prepare`] builds and lints the to-be-signed octets, and
//! [`Prepared::sign`] consumes them, so nothing is signed twice and nothing unlinted is signed. The key is whatever
//! implements [`SigningKey`]: a file or a token, we cannot tell. No file, no clock, no randomness: the serial comes in.

use std::fmt;

use rcgen::SigningKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::decision::Approved;
use crate::finding::{Code, Reason};
use crate::lint;
use crate::names::Serial;
use crate::x509::additions::Additions;
use crate::x509::ca::CaCertificate;
use crate::x509::certificate::{Contents, assemble};
use crate::x509::signature::SignatureAlgorithm;

/// To-be-signed octets that passed every lint.
#[derive(Debug)]
pub struct Prepared<'a> {
    approved: Approved<'a>,
    contents: Contents,
    tbs: Vec<u8>,
}

/// A signed certificate. Only [`Prepared::sign`] can make one.
#[derive(Debug)]
pub struct Issued<'a> {
    approved: Approved<'a>,
    contents: Contents,
    der: Vec<u8>,
}

/// Builds the certificate of an approved request and lints it.
///
/// # Errors
/// `LintFailed` with every difference between what was approved and what would be signed, and for a request that was
/// only supposed.
pub fn prepare(approved: Approved<'_>, serial: Serial) -> Result<Prepared<'_>, Vec<Reason>> {
    let contents = contents(&approved, serial);
    if approved.request().is_supposed() {
        let message = "nothing proves that somebody has the key of this request";
        return Err(vec![Reason::new(Code::LintFailed, message)]);
    }
    let failed = |problem: String| {
        Reason::new(
            Code::LintFailed,
            format!("what would be signed is wrong: {problem}"),
        )
    };
    let tbs = contents
        .to_tbs()
        .map_err(|error| vec![failed(error.to_string())])?;
    let differences = lint::differences(&tbs, &contents);
    if differences.is_empty() {
        Ok(Prepared {
            approved,
            contents,
            tbs,
        })
    } else {
        Err(differences.into_iter().map(failed).collect())
    }
}

fn contents(approved: &Approved<'_>, serial: Serial) -> Contents {
    let request = approved.request();
    let signer = approved.signer();
    let ca = signer.authority.signing_ca();
    Contents {
        serial,
        issuer_key: ca.key.kind(),
        issuer: ca.subject.clone(),
        not_before: approved.candidate().not_before,
        not_after: approved.candidate().not_after,
        subject: request.csr.subject.clone(),
        spki: request.csr.key.spki().to_vec(),
        usages: request.usages.clone(),
        authority_key_id: ca.key_id.clone(),
        sans: request.csr.sans.clone(),
        additions: Additions {
            subject_key_id: signer.key_id.identify(&request.csr.key),
            policies: signer.certificate_policies.clone(),
            distribution_points: signer.crl.distribution_points.clone(),
        },
    }
}

impl<'a> Prepared<'a> {
    /// Signs once, with the CA's key.
    ///
    /// # Errors
    /// `SigningFailed` when the key can't sign, `SelfCheckFailed` when the result is not what was prepared.
    pub fn sign(self, key: &dyn SigningKey) -> Result<Issued<'a>, Reason> {
        let signer = self.approved.signer();
        let ca = signer.authority.signing_ca();
        let failed = |error: &dyn fmt::Display| {
            Reason::new(
                Code::SigningFailed,
                format!("the key of signer `{}` can't sign: {error}", signer.name),
            )
        };
        let signature = key.sign(&self.tbs).map_err(|error| failed(&error))?;
        let der = assemble(&self.tbs, ca.key.kind(), &signature).map_err(|error| failed(&error))?;
        self.take(der)
    }

    /// Takes a certificate that was signed earlier, if it is of these very octets and verifies; nothing is signed.
    ///
    /// # Errors
    /// `SelfCheckFailed` when it is another certificate.
    pub fn take(self, der: Vec<u8>) -> Result<Issued<'a>, Reason> {
        let Self {
            approved,
            contents,
            tbs,
        } = self;
        let ca = approved.signer().authority.signing_ca();
        check(&der, &tbs, &contents, ca).map_err(|problem| {
            Reason::new(
                Code::SelfCheckFailed,
                format!("the signed certificate is wrong: {problem}"),
            )
        })?;
        Ok(Issued {
            approved,
            contents,
            der,
        })
    }
}

/// Reads the certificate back, compares it with what was linted, and verifies it under the CA certificate.
fn check(der: &[u8], tbs: &[u8], contents: &Contents, ca: &CaCertificate) -> Result<(), String> {
    let certificate = match X509Certificate::from_der(der) {
        Ok(([], certificate)) => certificate,
        Ok(_) => return Err("octets follow it".into()),
        Err(error) => return Err(format!("it can't be read back: {error}")),
    };
    if certificate.tbs_certificate.as_ref() != tbs {
        return Err("other octets were signed than were prepared".into());
    }
    if certificate.signature_algorithm != certificate.tbs_certificate.signature {
        return Err("it names two signature algorithms".into());
    }
    if let Some(difference) =
        lint::differences(certificate.tbs_certificate.as_ref(), contents).first()
    {
        return Err(difference.clone());
    }
    let algorithm = SignatureAlgorithm::of_issuer(ca.key.kind());
    ca.key
        .verify(algorithm, tbs, certificate.signature_value.as_ref())
        .map_err(|_| "its signature does not verify under the CA certificate".to_owned())
}

impl<'a> Issued<'a> {
    /// The request and the policy behind it.
    #[must_use]
    pub fn approved(&self) -> &Approved<'a> {
        &self.approved
    }

    /// What it says.
    #[must_use]
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Its DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}
