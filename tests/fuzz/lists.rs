//! The target that reads what takes certificates back: revocations, and lists that were published.
//!
//! In come octets; the target panics when a reader does, when a revocation names what it can't, or when a list that is
//! taken back in would be written otherwise.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::SigningKey as _;

use gitca::control::ControlZone;
use gitca::names::SerialNumber;
use gitca::revocation::{Revocation, Which};
use gitca::x509::ca::CaCertificate;
use gitca::x509::crl::RevocationList;

use crate::seeds::seeded_key;
use crate::targets::{name, tlv};
use crate::wide;

const LABEL: &str = "X509 CRL-----";

/// A revocation, a list as PEM or DER, or what a list says under a good signature, by the first octet.
pub(crate) fn revocations(data: &[u8]) {
    let Some((form, rest)) = data.split_first() else {
        return;
    };
    match form {
        b'y' => revocation(rest),
        b'p' => {
            published_again(rest);
        }
        b'd' => list(rest),
        _ => list(&signed(rest)),
    }
}

fn revocation(text: &[u8]) {
    let Ok(read) = Revocation::read(&name(), &wide::blob(text)) else {
        return;
    };
    for text in [&read.revoked_by, &read.comment].into_iter().flatten() {
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    let Which::Serials(serials) = read.which else {
        return;
    };
    assert!(!serials.is_empty());
    for serial in serials {
        let again: Option<SerialNumber> = serial.to_string().parse().ok();
        assert_eq!(again, Some(serial));
    }
}

/// Octets that are taken for a list are the ones that we would write: this kind of key has one signature for them.
fn list(der: &[u8]) {
    let body = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {LABEL}\n");
    for line in body.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|octet| char::from(*octet)));
        pem.push('\n');
    }
    pem = pem + "-----END " + LABEL + "\n";
    if let Some(again) = published_again(pem.as_bytes()) {
        assert_eq!(String::from_utf8(again), Ok(pem));
    }
}

fn published_again(pem: &[u8]) -> Option<Vec<u8>> {
    let list = RevocationList::read(pem, ca()).ok()?;
    let prepared = list.clone().prepare(ca());
    let again = prepared.and_then(|prepared| prepared.sign(&seeded_key("ca")));
    let again = again.unwrap_or_else(|reason| panic!("{reason:?}"));
    assert_eq!(RevocationList::read(&again, ca()), Ok(list));
    Some(again)
}

/// RFC 5280 5.1.1.
fn signed(tbs: &[u8]) -> Vec<u8> {
    const ED25519: [u8; 7] = [0x30, 5, 6, 3, 0x2b, 0x65, 0x70];
    let signature = seeded_key("ca").sign(tbs).expect("the key signs");
    tlv(
        0x30,
        &[tbs, &ED25519, &tlv(3, &[&[0], signature.as_slice()])],
    )
}

fn ca() -> &'static CaCertificate {
    static ZONE: OnceLock<ControlZone> = OnceLock::new();
    let zone = ZONE.get_or_init(|| wide::zone(&[]));
    zone.signers[0].authority.signing_ca()
}
