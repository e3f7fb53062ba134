//! Reading revocation lists back, with another parser than built them: only what we would have written is taken.
//!
//! In come octets and the CA; out comes the list, if the CA has signed it and encoding it again gives the very same
//! octets. Whatever else it holds is a reason to refuse it, in words.

use std::collections::BTreeMap;

use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::{CertificateRevocationList, RevokedCertificate, TbsCertList};
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Version;

use crate::names::SerialNumber;
use crate::timestamp::Timestamp;
use crate::x509::ca::CaCertificate;
use crate::x509::certificate::assemble;
use crate::x509::crl::encoding;
use crate::x509::crl::list::{self, ReasonCode, RevocationList};
use crate::x509::signature::SignatureAlgorithm;

const CRITICAL: &str = "an extension is critical";

/// A list that this CA has signed.
pub(super) fn signed(der: &[u8], ca: &CaCertificate) -> Result<RevocationList, String> {
    let list = match CertificateRevocationList::from_der(der) {
        Ok(([], list)) => list,
        Ok(_) => return Err("octets follow it".into()),
        Err(error) => return Err(format!("it can't be read: {error}")),
    };
    if list.signature_algorithm != list.tbs_cert_list.signature {
        return Err("it names two signature algorithms".into());
    }
    let algorithm = SignatureAlgorithm::of_issuer(ca.key.kind());
    let octets = list.tbs_cert_list.as_ref();
    let signature = list.signature_value.as_ref();
    ca.key
        .verify(algorithm, octets, signature)
        .map_err(|_| "its signature does not verify under the CA certificate".to_owned())?;
    let read = contents(&list.tbs_cert_list, ca)?;
    // The parser lets pass what DER does not, also outside of what is signed.
    let written = encoding::tbs(&read, ca).and_then(|tbs| assemble(&tbs, ca.key.kind(), signature));
    match written {
        Ok(written) if written == der => Ok(read),
        _ => Err("it is written otherwise than a list of ours".into()),
    }
}

/// What would be signed.
pub(super) fn tbs(der: &[u8], ca: &CaCertificate) -> Result<RevocationList, String> {
    match TbsCertList::from_der(der) {
        Ok(([], list)) => contents(&list, ca),
        Ok(_) => Err("octets follow it".into()),
        Err(error) => Err(format!("it can't be read: {error}")),
    }
}

fn contents(list: &TbsCertList<'_>, ca: &CaCertificate) -> Result<RevocationList, String> {
    if list.version != Some(X509Version::V2) {
        return Err("it is not of version 2".into());
    }
    if list.issuer.as_raw() != ca.subject {
        return Err("its issuer is not the CA".into());
    }
    let next_update = list.next_update.ok_or("it has no nextUpdate")?;
    let mut entries = BTreeMap::new();
    for entry in &list.revoked_certificates {
        let (serial, entry) = revoked(entry)?;
        if entries.insert(serial, entry).is_some() {
            return Err("a serial number is in it twice".into());
        }
    }
    Ok(RevocationList {
        number: number(list.extensions(), ca)?,
        this_update: time(list.this_update)?,
        next_update: time(next_update)?,
        entries,
    })
}

/// The number; besides it a list has the identifier of the CA's key and nothing else.
fn number(extensions: &[X509Extension<'_>], ca: &CaCertificate) -> Result<u64, String> {
    let (mut number, mut key_id) = (None, None);
    for extension in extensions {
        match extension.parsed_extension() {
            _ if extension.critical => return Err(CRITICAL.into()),
            ParsedExtension::CRLNumber(found) if number.is_none() => {
                number = Some(u64::try_from(found).map_err(|_| "its number is too large")?);
            }
            ParsedExtension::AuthorityKeyIdentifier(found)
                if key_id.is_none() && found.authority_cert_issuer.is_none() =>
            {
                key_id = found.key_identifier.as_ref().map(|found| found.0.to_vec());
            }
            _ => return Err("it has an extension that is not expected".into()),
        }
    }
    if key_id != ca.key_id {
        return Err("it identifies another key than the CA's".into());
    }
    number.ok_or_else(|| "it has no number".into())
}

fn revoked(
    entry: &RevokedCertificate<'_>,
) -> Result<(SerialNumber, list::RevokedCertificate), String> {
    let serial = SerialNumber::from_octets(entry.raw_serial()).ok_or("a serial number is none")?;
    let reason = match entry.extensions() {
        [] => ReasonCode::Unspecified,
        [extension] if extension.critical => return Err(CRITICAL.into()),
        [extension] => match extension.parsed_extension() {
            ParsedExtension::ReasonCode(code) => word(code.0)?,
            _ => return Err("an entry has an extension that is not expected".into()),
        },
        _ => return Err("an entry has more than one extension".into()),
    };
    let revocation_date = time(entry.revocation_date)?;
    let entry = list::RevokedCertificate {
        revocation_date,
        reason,
    };
    Ok((serial, entry))
}

fn word(number: u8) -> Result<ReasonCode, String> {
    // RFC 5280 5.3.1: unspecified is said by leaving it out.
    let mut said = ReasonCode::ALL.into_iter().skip(1);
    let found = said.find(|reason| *reason as u8 == number);
    found.ok_or_else(|| format!("reason {number} is not expected"))
}

fn time(time: ASN1Time) -> Result<Timestamp, String> {
    Timestamp::from_unix(time.timestamp()).ok_or_else(|| "a time is out of range".into())
}
