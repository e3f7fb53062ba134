//! Certificate revocation lists: the model, and its way to signed octets and back (RFC 5280 section 5).
//!
//! In come what a list says and the CA; [`RevocationList::prepare`] builds the to-be-signed octets and reads them back with
//! another parser, [`Prepared::sign`] consumes them. [`RevocationList::read`] takes a list that was published, if its CA
//! signed it. No clock, no file: times and number come in.

mod encoding;
mod list;
mod reading;

pub use crate::x509::crl::list::{ReasonCode, RevocationList, RevokedCertificate};

use std::fmt;

use rcgen::SigningKey;

use crate::finding::{Code, Reason};
use crate::x509::ca::CaCertificate;
use crate::x509::certificate::assemble;

// RFC 7468 section 7.
const LABEL: &str = "X509 CRL";

/// To-be-signed octets that say what was meant.
#[derive(Debug)]
pub struct Prepared<'a> {
    list: RevocationList,
    ca: &'a CaCertificate,
    tbs: Vec<u8>,
}

impl RevocationList {
    /// Builds the list and reads it back.
    ///
    /// # Errors
    /// `LintFailed` when it can't be expressed in DER, or another parser reads something else.
    pub fn prepare(self, ca: &CaCertificate) -> Result<Prepared<'_>, Reason> {
        let failed = |problem: String| {
            let message = format!("the revocation list that would be signed is wrong: {problem}");
            Reason::new(Code::LintFailed, message)
        };
        let tbs = encoding::tbs(&self, ca).map_err(|error| failed(error.to_string()))?;
        match reading::tbs(&tbs, ca) {
            Ok(list) if list == self => Ok(Prepared {
                list: self,
                ca,
                tbs,
            }),
            Ok(_) => Err(failed("it reads as another one".to_owned())),
            Err(problem) => Err(failed(problem)),
        }
    }

    /// Reads a list that was published, as PEM.
    ///
    /// # Errors
    /// Why it is none that this CA has signed and that we would have made.
    pub fn read(pem: &[u8], ca: &CaCertificate) -> Result<Self, String> {
        let (label, der) = der::pem::decode_vec(pem).map_err(|_| "it is not PEM".to_owned())?;
        if label != LABEL {
            return Err(format!("it is `{label}` and not `{LABEL}`"));
        }
        reading::signed(&der, ca)
    }
}

impl Prepared<'_> {
    /// Signs once, with the CA's key; out comes PEM.
    ///
    /// # Errors
    /// `SigningFailed` when the key can't sign, `SelfCheckFailed` when the result is not what was prepared.
    pub fn sign(self, key: &dyn SigningKey) -> Result<Vec<u8>, Reason> {
        let failed = |error: &dyn fmt::Display| {
            Reason::new(Code::SigningFailed, format!("the key can't sign: {error}"))
        };
        let signature = key.sign(&self.tbs).map_err(|error| failed(&error))?;
        let kind = self.ca.key.kind();
        let der = assemble(&self.tbs, kind, &signature).map_err(|error| failed(&error))?;
        let wrong = |problem: String| {
            let message = format!("the signed revocation list is wrong: {problem}");
            Reason::new(Code::SelfCheckFailed, message)
        };
        if reading::signed(&der, self.ca).map_err(wrong)? != self.list {
            return Err(wrong("it reads as another one".to_owned()));
        }
        let pem = der::pem::encode_string(LABEL, der::pem::LineEnding::LF, &der);
        Ok(pem.map_err(|error| failed(&error))?.into_bytes())
    }
}
