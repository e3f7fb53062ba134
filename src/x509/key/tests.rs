//! Keys that are read and keys that are refused, row by row of the policy's tables S and K.
//!
//! Moduli here are made up: numbers without small factors do as well as products of primes, since nothing factors them.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaKeyPair,
};

use super::*;
use crate::x509::testing::{oid, product, rsa_key, sequence, sound_number, tlv};

const RSA_OID: &str = "1.2.840.113549.1.1.1";
const EC_OID: &str = "1.2.840.10045.2.1";
const P256_OID: &str = "1.2.840.10045.3.1.7";
const F4: [u8; 3] = [1, 0, 1];

fn code(spki: &[u8]) -> Option<Code> {
    PublicKey::read(spki).err().map(|reason| reason.code)
}

fn info(algorithm: &[&[u8]], key: &[u8]) -> Vec<u8> {
    sequence(&[&sequence(algorithm), &tlv(3, &[&[0], key])])
}

fn ec_pair(algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    EcdsaKeyPair::generate(algorithm).unwrap()
}

/// K1.
#[test]
fn rsa_keys_have_2048_to_8192_bits() {
    for (bits, refused) in [
        (1024, Some(Code::KeyTooSmall)),
        (2047, Some(Code::KeyTooSmall)),
        (2048, None),
        (2050, None),
        (3072, None),
        (8192, None),
        (8193, Some(Code::KeyTooLarge)),
        (16384, Some(Code::KeyTooLarge)),
    ] {
        let spki = rsa_key(&sound_number(bits), &F4);
        assert_eq!(code(&spki), refused, "{bits} bits");
        if refused.is_none() {
            let key = PublicKey::read(&spki).unwrap();
            assert_eq!(key.kind(), KeyKind::Rsa { bits });
            assert_eq!(
                (key.spki(), key.digest()),
                (spki.as_slice(), Sha256Digest::of(&spki))
            );
        }
    }
}

/// K2.
#[test]
fn the_exponent_is_65537() {
    let modulus = sound_number(2048);
    let huge = [1, 0, 0, 0, 0, 0, 0, 0, 1];
    for exponent in [
        &[0][..],
        &[1],
        &[3],
        &[4],
        &[1, 0, 0],
        &[1, 0, 3],
        &huge,
        &modulus,
    ] {
        let spki = rsa_key(&modulus, exponent);
        assert_eq!(code(&spki), Some(Code::KeyWeakExponent), "{exponent:?}");
    }
}

/// S25.
#[test]
fn rsa_keys_are_strict_rsa_public_keys_with_null_parameters() {
    let modulus = tlv(2, &[&[0], &sound_number(2048)]);
    let exponent = tlv(2, &[&F4]);
    let good = sequence(&[&modulus, &exponent]);
    let id = oid(RSA_OID);
    let null: &[u8] = &[5, 0];
    assert_eq!(code(&info(&[&id, null], &good)), None);
    let negative = sequence(&[&tlv(2, &[&sound_number(2048)]), &exponent]);
    let padded = sequence(&[&tlv(2, &[&[0, 0], &sound_number(2048)]), &exponent]);
    let trailing = [good.as_slice(), &[0]].concat();
    let longer = sequence(&[&modulus, &exponent, null]);
    let nested = info(&[&id, null], &good);
    for (algorithm, key) in [
        (vec![id.as_slice()], &good),
        (vec![&id, &[0x30, 0]], &good),
        (vec![&oid("1.2.840.113549.1.1.10")], &good),
        (vec![&oid("1.2.840.113549.1.1.7"), null], &good),
        (vec![&id, null], &negative),
        (vec![&id, null], &padded),
        (vec![&id, null], &trailing),
        (vec![&id, null], &longer),
        (vec![&id, null], &nested),
    ] {
        assert_eq!(
            code(&info(&algorithm, key)),
            Some(Code::MalformedKey),
            "{algorithm:?}"
        );
    }
    let bits = sequence(&[&sequence(&[&id, null]), &tlv(3, &[&[1], &good])]);
    assert_eq!(code(&bits), Some(Code::MalformedKey));
    assert_eq!(code(&[]), Some(Code::MalformedKey));
}

/// S25.
#[test]
fn ec_keys_are_uncompressed_points_on_a_named_curve() {
    let pair = ec_pair(&ECDSA_P256_SHA256_ASN1_SIGNING);
    let point = pair.public_key().as_ref().to_vec();
    let (id, curve) = (oid(EC_OID), oid(P256_OID));
    let with_first = |first: u8| [&[first], &point[1..]].concat();
    let mut off = point.clone();
    off[64] ^= 1;
    assert_eq!(code(&info(&[&id, &curve], &point)), None);
    for (key, wanted) in [
        (vec![0], Code::KeyWeakPoint),
        (off, Code::KeyWeakPoint),
        ([[4].as_slice(), &[0; 64]].concat(), Code::KeyWeakPoint),
        ([[4].as_slice(), &[0xff; 64]].concat(), Code::KeyWeakPoint),
        (with_first(6), Code::KeyWeakPoint),
        (with_first(7), Code::KeyWeakPoint),
        (with_first(2)[..33].to_vec(), Code::MalformedKey),
        (with_first(3)[..33].to_vec(), Code::MalformedKey),
        (point[..64].to_vec(), Code::MalformedKey),
        ([point.as_slice(), &[0]].concat(), Code::MalformedKey),
        (Vec::new(), Code::MalformedKey),
        (info(&[&id, &curve], &point), Code::MalformedKey),
    ] {
        assert_eq!(code(&info(&[&id, &curve], &key)), Some(wanted), "{key:?}");
    }
    let explicit = sequence(&[&[2, 1, 1]]);
    for parameters in [
        oid("1.3.132.0.33"),
        oid("1.3.132.0.10"),
        oid("1.3.132.0.34"),
        explicit,
        vec![5, 0],
    ] {
        assert_eq!(
            code(&info(&[&id, &parameters], &point)),
            Some(Code::MalformedKey)
        );
    }
    assert_eq!(code(&info(&[&id], &point)), Some(Code::MalformedKey));
}

/// S26.
#[test]
fn ed25519_keys_are_canonical_and_of_large_order() {
    let id = oid("1.3.101.112");
    let pair = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let good = pair.public_key().as_ref();
    assert_eq!(code(&info(&[&id], good)), None);
    assert_eq!(code(&info(&[&id, &[5, 0]], good)), Some(Code::MalformedKey));
    assert_eq!(code(&info(&[&id], &good[1..])), Some(Code::MalformedKey));
    assert_eq!(
        code(&info(&[&oid("1.3.101.113")], good)),
        Some(Code::MalformedKey)
    );
    let mut weak: Vec<[u8; 32]> = ED25519_SMALL_ORDER.to_vec();
    weak.extend((0xed..=0xff).map(near_prime));
    for mut key in weak {
        key.reverse();
        for sign in [0, 0x80] {
            key[31] |= sign;
            assert_eq!(
                code(&info(&[&id], &key)),
                Some(Code::KeyWeakPoint),
                "{key:?}"
            );
        }
    }
}

#[test]
fn a_curve_is_known_by_its_name() {
    for curve in Curve::ALL {
        assert_eq!(curve.to_string().parse(), Ok(curve));
    }
    for text in ["", "p-256", "P-224", "P256", "secp256r1"] {
        assert!(text.parse::<Curve>().is_err(), "{text}");
    }
}

#[test]
fn every_algorithm_verifies_with_keys_of_its_kind_alone() {
    let message = b"message";
    for (key, algorithm, signature) in signatures(message) {
        assert_eq!(
            key.verify(algorithm, message, &signature),
            Ok(()),
            "{algorithm:?}"
        );
        let mismatch = Err(SignatureError::Mismatch);
        assert_eq!(key.verify(algorithm, b"massage", &signature), mismatch);
        assert_eq!(key.verify(algorithm, message, &[]), mismatch);
        let other = match algorithm {
            SignatureAlgorithm::Ed25519 => SignatureAlgorithm::Ecdsa(Hash::Sha256),
            _ => SignatureAlgorithm::Ed25519,
        };
        let other_kind = Err(SignatureError::OtherKindOfKey);
        assert_eq!(key.verify(other, message, &signature), other_kind);
    }
}

fn signatures(message: &[u8]) -> Vec<(PublicKey, SignatureAlgorithm, Vec<u8>)> {
    let random = SystemRandom::new();
    let mut signatures = Vec::new();
    for (algorithm, hash) in [
        (&ECDSA_P256_SHA256_ASN1_SIGNING, Hash::Sha256),
        (&ECDSA_P384_SHA384_ASN1_SIGNING, Hash::Sha384),
        (&ECDSA_P521_SHA512_ASN1_SIGNING, Hash::Sha512),
    ] {
        let pair = ec_pair(algorithm);
        let key = PublicKey::read(pair.public_key().as_der().unwrap().as_ref()).unwrap();
        let signature = pair.sign(&random, message).unwrap().as_ref().to_vec();
        signatures.push((key, SignatureAlgorithm::Ecdsa(hash), signature));
    }
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let key = PublicKey::read(pair.public_key().as_der().unwrap().as_ref()).unwrap();
    for (encoding, algorithm) in [
        (
            &RSA_PKCS1_SHA256,
            SignatureAlgorithm::RsaPkcs1(Hash::Sha256),
        ),
        (
            &RSA_PKCS1_SHA384,
            SignatureAlgorithm::RsaPkcs1(Hash::Sha384),
        ),
        (
            &RSA_PKCS1_SHA512,
            SignatureAlgorithm::RsaPkcs1(Hash::Sha512),
        ),
        (&RSA_PSS_SHA256, SignatureAlgorithm::RsaPss(Hash::Sha256)),
        (&RSA_PSS_SHA384, SignatureAlgorithm::RsaPss(Hash::Sha384)),
        (&RSA_PSS_SHA512, SignatureAlgorithm::RsaPss(Hash::Sha512)),
    ] {
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(encoding, &random, message, &mut signature)
            .unwrap();
        signatures.push((key.clone(), algorithm, signature));
    }
    let pair = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let spki = info(&[&oid("1.3.101.112")], pair.public_key().as_ref());
    let signature = pair.sign(message).as_ref().to_vec();
    signatures.push((
        PublicKey::read(&spki).unwrap(),
        SignatureAlgorithm::Ed25519,
        signature,
    ));
    signatures
}

/// Bleichenbacher's forgery of 2006: with an exponent of 3 a cube root is enough, where a verifier does not look at all
/// octets of the padding. Keys with that exponent are refused before; their signatures must not verify either.
#[test]
fn forged_signatures_of_exponent_3_do_not_verify() {
    use aws_lc_rs::digest::{SHA256, digest};
    use aws_lc_rs::signature::UnparsedPublicKey;
    // RFC 8017 9.2: DigestInfo of SHA-256.
    let info = [
        0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20,
    ];
    let message = b"message";
    let hash = digest(&SHA256, message);
    let modulus = sound_number(2048);
    let key = sequence(&[&tlv(2, &[&[0], &modulus]), &[2, 1, 3]]);
    let algorithm = SignatureAlgorithm::RsaPkcs1(Hash::Sha256)
        .verification(KeyKind::Rsa { bits: 2048 })
        .unwrap();
    // As short as a padding may be, and shorter than it may be.
    for padding in [8, 1, 0] {
        let head = [
            &[0, 1][..],
            &vec![0xff; padding],
            &[0],
            &info,
            hash.as_ref(),
        ]
        .concat();
        let root = cube_root(&head);
        let cube = product(&product(&root, &root), &root);
        let cube = [vec![0; 256 - cube.len()], cube].concat();
        assert_eq!(cube[..head.len()], head[..], "the forgery is one");
        let signature = [vec![0; 256 - root.len()], root].concat();
        let verified = UnparsedPublicKey::new(algorithm, &key).verify(message, &signature);
        assert!(verified.is_err(), "padding of {padding}");
    }
}

/// The least number of which the cube begins with these octets, as a number of 2048 bits.
fn cube_root(head: &[u8]) -> Vec<u8> {
    let least = BoxedUint::from_be_slice_vartime(&[head, &vec![0; 256 - head.len()]].concat());
    let bits = 2048 / 3 + 1;
    let mut root = vec![0; usize::try_from(bits / 8 + 1).unwrap()];
    let is_below = |root: &[u8]| {
        let cube = product(&product(root, root), root);
        BoxedUint::from_be_slice_vartime(&cube) < least
    };
    for bit in (0..bits).rev() {
        let place = root.len() - 1 - usize::try_from(bit / 8).unwrap();
        root[place] |= 1 << (bit % 8);
        if !is_below(&root) {
            root[place] &= !(1 << (bit % 8));
        }
    }
    let root = crate::x509::testing::plus(&root, 1);
    root.into_iter().skip_while(|octet| *octet == 0).collect()
}
