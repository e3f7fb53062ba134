//! The keys of the CAs in a file of certificates, whatever else there is in the file and whatever these CAs may certify.
//!
//! In comes PEM; out come digests of public keys. A block that can't be read has no key that anybody could be given a
//! certificate for, and it is not for this file to say so. There may be tens of thousands of certificates in a proposal,
//! so no more of each is read than its key and its basicConstraints.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::oid::ObjectIdentifier;
use der::{AnyRef, Decode as _, Reader as _, SliceReader, Tag, TagNumber, Tagged as _};

use crate::names::Sha256Digest;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END ";
// The INTEGER 2.
const VERSION_3: [u8; 3] = [2, 1, 2];
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");

/// The digest of the bits of each key: its algorithm may be written in more than one way.
pub fn keys_of_cas(pem: &str) -> impl Iterator<Item = Sha256Digest> {
    let blocks = pem.split(BEGIN).skip(1);
    blocks.filter_map(|block| {
        let (body, _) = block.split_once(END)?;
        let body: Vec<u8> = body
            .bytes()
            .filter(|octet| !octet.is_ascii_whitespace())
            .collect();
        key_of_ca(&STANDARD.decode(body).ok()?)
    })
}

/// RFC 5280 4.1.
fn key_of_ca(certificate: &[u8]) -> Option<Sha256Digest> {
    let certificate = AnyRef::from_der(certificate).ok()?;
    let signed = elements(certificate.value()).next()?;
    let mut fields = elements(signed.value()).peekable();
    let version = fields.next_if(|field| is_tagged(*field, TagNumber(0)));
    // The serial number, the algorithm, the issuer, the validity and the subject.
    let key = elements(fields.nth(5)?.value()).nth(1)?;
    let (_unused_bits, key) = key.value().split_first()?;
    let extensions = fields.find(|field| is_tagged(*field, TagNumber(3)));
    let is_ca = match extensions {
        Some(extensions) => may_certify(extensions),
        // Before version 3 no certificate could say what its key is for.
        None => version.is_none_or(|version| version.value() != VERSION_3),
    };
    is_ca.then(|| Sha256Digest::of(key))
}

/// RFC 5280 4.2.1.9. What is broken is taken for what it would be worst as.
fn may_certify(extensions: AnyRef<'_>) -> bool {
    let mut extensions = elements(extensions.value()).flat_map(|list| elements(list.value()));
    let constraints = extensions.find(|extension| {
        let id = elements(extension.value()).next();
        id.and_then(|id| id.decode_as().ok()) == Some(BASIC_CONSTRAINTS)
    });
    let Some(constraints) = constraints else {
        return false;
    };
    let value = elements(constraints.value()).last();
    let value = value.and_then(|value| AnyRef::from_der(value.value()).ok());
    let says = |value: AnyRef<'_>| {
        let first = elements(value.value()).next();
        first.is_some_and(|first| first.tag() == Tag::Boolean && first.value() != [0])
    };
    value.is_none_or(says)
}

/// The elements of what is constructed, up to the first that is none.
fn elements(content: &[u8]) -> impl Iterator<Item = AnyRef<'_>> {
    let mut reader = SliceReader::new(content).ok();
    std::iter::from_fn(move || {
        let reader = reader.as_mut().filter(|reader| !reader.is_finished())?;
        AnyRef::decode(reader).ok()
    })
}

fn is_tagged(field: AnyRef<'_>, number: TagNumber) -> bool {
    matches!(field.tag(), Tag::ContextSpecific { number: its, .. } if its == number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::testing::{oid, rsa_key, sequence, tlv};

    /// A certificate of this version, for a key of RSA, with this value of basicConstraints.
    fn certificate(version: u8, constraints: Option<&[u8]>) -> String {
        let version = match version {
            1 => Vec::new(),
            other => tlv(0xa0, &[&[2, 1, other - 1]]),
        };
        let constraints = constraints.map(|value| {
            let extension = sequence(&[&oid("2.5.29.19"), &tlv(4, &[value])]);
            tlv(0xa3, &[&sequence(&[&extension])])
        });
        let algorithm = sequence(&[&oid("1.3.101.112")]);
        let time = tlv(0x17, &[b"300101000000Z"]);
        let certificate = sequence(&[
            &sequence(&[
                &version,
                &[2, 1, 1],
                &algorithm,
                &sequence(&[]),
                &sequence(&[&time, &time]),
                &sequence(&[]),
                &rsa_key(&[0x40], &[3]),
                &constraints.unwrap_or_default(),
            ]),
            &algorithm,
            &tlv(3, &[&[0]]),
        ]);
        let pem = crate::x509::testing::pem(&certificate);
        String::from_utf8(pem)
            .unwrap()
            .replace("CERTIFICATE REQUEST", "CERTIFICATE")
    }

    #[test]
    fn a_ca_is_what_says_so_or_what_can_not_say_otherwise() {
        let yes = sequence(&[&[1, 1, 0xff]]);
        for (version, constraints, is_ca) in [
            (3, Some(&yes[..]), true),
            (3, Some(&sequence(&[])), false),
            (3, Some(&[0x30, 1]), true),
            (3, None, false),
            (1, None, true),
        ] {
            let pem = certificate(version, constraints);
            let key = Sha256Digest::of(&sequence(&[&[2, 1, 0x40], &[2, 1, 3]]));
            let keys: Vec<Sha256Digest> = keys_of_cas(&pem).collect();
            let wanted = if is_ca { vec![key] } else { Vec::new() };
            assert_eq!(keys, wanted, "version {version} {constraints:?}");
        }
    }

    #[test]
    fn other_blocks_hide_no_ca() {
        let ca = certificate(1, None);
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let worse = broken.replace("AAAA", "*");
        let text = [broken, &worse, "text\n", &ca, broken].concat();
        assert_eq!(keys_of_cas(&text).count(), 1);
        assert_eq!(keys_of_cas(broken).count(), 0);
    }
}
