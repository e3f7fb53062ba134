//! The public half of a private key in OpenSSH's form, as a certificate would name it.
//!
//! In come the octets of a `BEGIN OPENSSH PRIVATE KEY` (OpenSSH's PROTOCOL.key). Out comes a SubjectPublicKeyInfo
//! (RFC 5280 4.1) in DER, of RSA (RFC 3279), of the NIST curves (RFC 5480) and of Ed25519 (RFC 8410), if the private half is
//! there and is that of the public one: anybody can write somebody else's public key before a private key that is none, and
//! one that is encrypted may be none.

use crate::ssh::secret::SecretKey;

const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
// Tags of X.690 8.
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const NULL: u8 = 0x05;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

// PROTOCOL.key: what such a key begins with, and what one has that is not encrypted.
const BEGINNING: &[u8] = b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01";

/// Whether these octets are one whole private key, not encrypted, before it is opened.
pub(super) fn is_key(octets: &[u8]) -> bool {
    let is_whole = |mut rest: &[u8]| {
        let rest = &mut rest;
        let halves = string(rest).zip(string(rest));
        halves.is_some_and(|_| rest.is_empty())
    };
    octets.strip_prefix(BEGINNING).is_some_and(is_whole)
}

/// The SubjectPublicKeyInfo of the key in these octets; `None` for what is no whole key, or of a kind that is never
/// certified.
pub(super) fn public_key_info(octets: &[u8]) -> Option<Vec<u8>> {
    let key = SecretKey::from_octets(octets, None).ok()?;
    let blob = &mut key.public().blob();
    let (algorithm, key) = match string(blob)? {
        b"ssh-rsa" => {
            let (exponent, modulus) = (string(blob)?, string(blob)?);
            let key = [der(INTEGER, modulus), der(INTEGER, exponent)].concat();
            let algorithm = [der(OBJECT_IDENTIFIER, RSA_ENCRYPTION), der(NULL, &[])];
            (algorithm.concat(), der(SEQUENCE, &key))
        }
        b"ecdsa-sha2-nistp256" => on_curve(P256, blob)?,
        b"ecdsa-sha2-nistp384" => on_curve(P384, blob)?,
        b"ecdsa-sha2-nistp521" => on_curve(P521, blob)?,
        b"ssh-ed25519" => (der(OBJECT_IDENTIFIER, ED25519), string(blob)?.to_vec()),
        _ => return None,
    };
    // No bit of the last octet is unused.
    let bits = [&[0][..], &key].concat();
    let info = [der(SEQUENCE, &algorithm), der(BIT_STRING, &bits)].concat();
    Some(der(SEQUENCE, &info))
}

fn on_curve(curve: &[u8], blob: &mut &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    string(blob)?;
    let algorithm = [
        der(OBJECT_IDENTIFIER, EC_PUBLIC_KEY),
        der(OBJECT_IDENTIFIER, curve),
    ];
    Some((algorithm.concat(), string(blob)?.to_vec()))
}

fn length(rest: &mut &[u8]) -> Option<usize> {
    let (octets, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    usize::try_from(u32::from_be_bytes(*octets)).ok()
}

fn string<'o>(rest: &mut &'o [u8]) -> Option<&'o [u8]> {
    let length = length(rest)?;
    let (octets, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(octets)
}

/// One value in DER, X.690 10.1: the length in as few octets as there can be.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut octets = vec![tag];
    let length = content.len().to_be_bytes();
    let significant = length.iter().position(|octet| *octet != 0);
    let significant = &length[significant.unwrap_or(length.len() - 1)..];
    match significant {
        [short @ ..0x80] => octets.push(*short),
        long => {
            octets.push(0x80 | u8::try_from(long.len()).unwrap_or_default());
            octets.extend(long);
        }
    }
    octets.extend(content);
    octets
}
