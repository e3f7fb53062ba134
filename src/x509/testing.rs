//! A small DER writer and hostile requests for the tests beside it.
//!
//! In come octets as a test wants them, right or wrong; out comes a PEM request that proves possession of an Ed25519
//! key made from a fixed seed, so that only the fault that was put in is left to find.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::Encode as _;
use der::oid::ObjectIdentifier;

/// One value with this tag octet, the parts being its content.
pub(super) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let mut der = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => der.push(short),
        _ => {
            let octets = u32::try_from(length).unwrap().to_be_bytes();
            let octets: Vec<u8> = octets.into_iter().skip_while(|o| *o == 0).collect();
            der.push(0x80 | u8::try_from(octets.len()).unwrap());
            der.extend(octets);
        }
    }
    der.extend(content);
    der
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

pub(super) fn set(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x31, parts)
}

pub(super) fn oid(text: &str) -> Vec<u8> {
    ObjectIdentifier::new_unwrap(text).to_der().unwrap()
}

pub(super) fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0c, &[text.as_bytes()])
}

/// `AttributeTypeAndValue`.
pub(super) fn pair(attribute: &str, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(attribute), value])
}

/// An RDN of one attribute.
pub(super) fn rdn(attribute: &str, value: &[u8]) -> Vec<u8> {
    set(&[&pair(attribute, value)])
}

pub(super) const CN: &str = "2.5.4.3";
pub(super) const O: &str = "2.5.4.10";
pub(super) const SAN: &str = "2.5.29.17";

pub(super) fn cn(text: &str) -> Vec<u8> {
    rdn(CN, &utf8(text))
}

/// An extension that is not critical.
pub(super) fn extension(id: &str, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id), &tlv(4, &[value])])
}

/// The extensionRequest attribute with these extensions.
pub(super) fn extension_request(extensions: &[&[u8]]) -> Vec<u8> {
    let list = sequence(extensions);
    sequence(&[&oid("1.2.840.113549.1.9.14"), &set(&[&list])])
}

/// The attribute that asks for these `GeneralNames`.
pub(super) fn san(names: &[&[u8]]) -> Vec<u8> {
    extension_request(&[&extension(SAN, &sequence(names))])
}

pub(super) fn dns(name: &str) -> Vec<u8> {
    tlv(0x82, &[name.as_bytes()])
}

/// A request before it is signed: each part whole, in DER or in what a test takes for it.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) version: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) attributes: Vec<u8>,
    pub(super) algorithm: Vec<u8>,
}

impl Default for Draft {
    fn default() -> Self {
        let algorithm = sequence(&[&oid("1.3.101.112")]);
        let public = signer();
        let public = public.public_key().as_ref();
        Self {
            version: vec![2, 1, 0],
            subject: sequence(&[&cn("jane")]),
            key: sequence(&[&algorithm, &tlv(3, &[&[0], public])]),
            attributes: tlv(0xa0, &[]),
            algorithm,
        }
    }
}

impl Draft {
    pub(super) fn of_subject(rdns: &[&[u8]]) -> Self {
        Self {
            subject: sequence(rdns),
            ..Self::default()
        }
    }

    pub(super) fn of_attributes(attributes: &[&[u8]]) -> Self {
        Self {
            attributes: tlv(0xa0, attributes),
            ..Self::default()
        }
    }

    pub(super) fn of_names(names: &[&[u8]]) -> Self {
        Self::of_attributes(&[&san(names)])
    }

    pub(super) fn der(&self) -> Vec<u8> {
        let info = sequence(&[&self.version, &self.subject, &self.key, &self.attributes]);
        let signature = signer().sign(&info);
        sequence(&[&info, &self.algorithm, &tlv(3, &[&[0], signature.as_ref()])])
    }

    pub(super) fn pem(&self) -> Vec<u8> {
        pem(&self.der())
    }
}

pub(super) fn pem(der: &[u8]) -> Vec<u8> {
    let body = STANDARD.encode(der);
    let label = "CERTIFICATE REQUEST-----";
    format!("-----BEGIN {label}\n{body}\n-----END {label}\n").into_bytes()
}

fn signer() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

/// The SubjectPublicKeyInfo of an RSA key, modulus and exponent in big-endian.
pub(super) fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[&oid("1.2.840.113549.1.1.1"), &[5, 0]]);
    let key = sequence(&[&positive(modulus), &positive(exponent)]);
    sequence(&[&algorithm, &tlv(3, &[&[0], &key])])
}

fn positive(number: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if number[0] < 0x80 { &[] } else { &[0] };
    tlv(2, &[sign, number])
}

/// A number of so many bits, in big-endian, that has no divisor below 1000.
pub(super) fn sound_number(bits: u32) -> Vec<u8> {
    let octets = usize::try_from(bits.div_ceil(8)).unwrap();
    let mut number: Vec<u8> = (1..=octets)
        .map(|n| u8::try_from(n * 37 % 251).unwrap())
        .collect();
    let top = (bits - 1) % 8;
    number[0] = 1 << top | number[0] & ((1 << top) - 1);
    *number.last_mut().unwrap() |= 1;
    while !has_large_divisors_only(&number) {
        number = plus(&number, 2);
    }
    number
}

pub(super) fn has_large_divisors_only(number: &[u8]) -> bool {
    let residue = |divisor| {
        number
            .iter()
            .fold(0, |rest, o| (rest << 8 | u32::from(*o)) % divisor)
    };
    (2..1000).all(|divisor| residue(divisor) != 0)
}

/// The product of two numbers in big-endian, without leading zeros.
pub(super) fn product(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut digits = vec![0_u32; a.len() + b.len()];
    for (i, x) in a.iter().rev().enumerate() {
        let mut carry = 0;
        for (j, y) in b.iter().rev().enumerate() {
            let sum = digits[i + j] + u32::from(*x) * u32::from(*y) + carry;
            digits[i + j] = sum & 0xff;
            carry = sum >> 8;
        }
        digits[i + b.len()] = carry;
    }
    let octets = digits.into_iter().rev().skip_while(|digit| *digit == 0);
    octets.map(|digit| u8::try_from(digit).unwrap()).collect()
}

/// The same number, larger by `by`.
pub(super) fn plus(number: &[u8], by: u64) -> Vec<u8> {
    let mut sum = number.to_vec();
    let mut carry = by;
    for octet in sum.iter_mut().rev() {
        carry += u64::from(*octet);
        *octet = u8::try_from(carry & 0xff).unwrap();
        carry >>= 8;
    }
    sum
}
