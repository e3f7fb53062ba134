//! The keys of the CAs in a file of certificates, whatever else there is in the file and whatever these CAs may certify.
//!
//! In comes PEM; out come digests of public keys. A block that can't be read has no key that anybody could be given a
//! certificate for, and it is not for this file to say so. There may be tens of thousands of certificates in a proposal,
//! so no more of each is read than its key and what says that it is a CA.

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
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
// Bit 5 of the BIT STRING, the first bit being the highest; before it stands how many bits are unused.
const KEY_CERT_SIGN: u8 = 0x04;

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

/// RFC 5280 4.2.1.9; without it, OpenSSL goes by 4.2.1.3. What is broken is taken for what it would be worst as.
fn may_certify(extensions: AnyRef<'_>) -> bool {
    let says_ca = |constraints: AnyRef<'_>| {
        let first = elements(constraints.value()).next();
        first.is_some_and(|first| first.tag() == Tag::Boolean && first.value() != [0])
    };
    let says_sign = |usage: AnyRef<'_>| {
        let first = usage.value().get(1);
        first.is_some_and(|bits| bits & KEY_CERT_SIGN != 0)
    };
    let of = |id| extension(extensions, id);
    match (of(BASIC_CONSTRAINTS), of(KEY_USAGE)) {
        (Some(constraints), _) => value(constraints).is_none_or(says_ca),
        (None, Some(usage)) => value(usage).is_none_or(says_sign),
        (None, None) => false,
    }
}

fn extension(extensions: AnyRef<'_>, id: ObjectIdentifier) -> Option<AnyRef<'_>> {
    let mut extensions = elements(extensions.value()).flat_map(|list| elements(list.value()));
    extensions.find(|extension| {
        let its = elements(extension.value()).next();
        its.and_then(|its| its.decode_as().ok()) == Some(id)
    })
}

/// What an extension says, if it can be read.
fn value(extension: AnyRef<'_>) -> Option<AnyRef<'_>> {
    let value = elements(extension.value()).last()?;
    AnyRef::from_der(value.value()).ok()
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

    /// A certificate of this version, for a key of RSA, with these extensions.
    fn certificate(version: u8, extensions: &[(&str, &[u8])]) -> String {
        let version = match version {
            1 => Vec::new(),
            other => tlv(0xa0, &[&[2, 1, other - 1]]),
        };
        let extension = |(id, value): &(&str, &[u8])| sequence(&[&oid(id), &tlv(4, &[value])]);
        let listed: Vec<u8> = extensions.iter().flat_map(extension).collect();
        let extensions = match extensions {
            [] => Vec::new(),
            _ => tlv(0xa3, &[&sequence(&[&listed])]),
        };
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
                &extensions,
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
        let constraints = |value: &'static [u8]| ("2.5.29.19", value);
        let usage = |value: &'static [u8]| ("2.5.29.15", value);
        let [yes, no] = [&[0x30, 3, 1, 1, 0xff][..], &[0x30, 0]].map(constraints);
        // digitalSignature, and keyCertSign with it.
        let [signing, certifying] = [&[3, 2, 7, 0x80][..], &[3, 2, 2, 0x84]].map(usage);
        for (version, extensions, is_ca) in [
            (3, &[yes][..], true),
            (3, &[no], false),
            (3, &[constraints(&[0x30, 1])], true),
            (3, &[signing, yes], true),
            (3, &[certifying, no], false),
            (3, &[certifying], true),
            (3, &[signing], false),
            (3, &[usage(&[3, 1])], true),
            (3, &[usage(&[3, 1, 0])], false),
            (3, &[], false),
            (1, &[], true),
        ] {
            let pem = certificate(version, extensions);
            let key = Sha256Digest::of(&sequence(&[&[2, 1, 0x40], &[2, 1, 3]]));
            let keys: Vec<Sha256Digest> = keys_of_cas(&pem).collect();
            let wanted = if is_ca { vec![key] } else { Vec::new() };
            assert_eq!(keys, wanted, "version {version} {extensions:?}");
        }
    }

    #[test]
    fn other_blocks_hide_no_ca() {
        let ca = certificate(1, &[]);
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let worse = broken.replace("AAAA", "*");
        let text = [broken, &worse, "text\n", &ca, broken].concat();
        assert_eq!(keys_of_cas(&text).count(), 1);
        assert_eq!(keys_of_cas(broken).count(), 0);
    }
}
