//! What is found in files, and what is not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519,
    PKCS_RSA_SHA256, PublicKeyData as _,
};

use super::*;

fn found(octets: &[u8]) -> Vec<Leak> {
    find(octets, &Effort::of(OPENED))
}

fn pair() -> (String, Sha256Digest) {
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let digest = Sha256Digest::of(&pair.subject_public_key_info());
    (pair.serialize_pem(), digest)
}

fn pem_lines(encoded: &str) -> String {
    let lines = encoded.as_bytes().chunks(64);
    let lines = lines.map(|line| str::from_utf8(line).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

fn leak(line: u32, key: Sha256Digest) -> Vec<Leak> {
    let key = Some(key);
    vec![Leak { line, key }]
}

#[test]
fn the_public_half_of_every_kind_of_key_is_found() {
    for algorithm in [
        &PKCS_ECDSA_P256_SHA256,
        &PKCS_ECDSA_P384_SHA384,
        &PKCS_ECDSA_P521_SHA512,
        &PKCS_ED25519,
        &PKCS_RSA_SHA256,
    ] {
        let pair = KeyPair::generate_for(algorithm).unwrap();
        let digest = Sha256Digest::of(&pair.subject_public_key_info());
        assert!(found(pair.serialize_pem().as_bytes()) == leak(1, digest));
        let der = pair.serialize_der();
        assert!(found(&der) == leak(1, digest));
        let encoded = STANDARD.encode(&der);
        for text in [
            encoded.clone(),
            format!("a: b\nkey: {encoded}\nc: d\n"),
            format!("A=b\nKEY={encoded}\n"),
            format!("here it is {}\nC", pem_lines(&encoded)),
            format!("\n// {}", pair.serialize_pem().replace('\n', "\n// ")),
        ] {
            let leaks = found(text.as_bytes());
            let keys: Vec<_> = leaks.iter().map(|leak| leak.key).collect();
            assert!(keys == [Some(digest)], "{} {leaks:?}", text.len());
        }
    }
}

#[test]
fn a_key_is_found_wherever_it_hides() {
    let (pem, digest) = pair();
    let encoded = STANDARD.encode(&pem);
    let wrapped: Vec<&str> = encoded
        .as_bytes()
        .chunks(60)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    let narrow: Vec<&str> = encoded
        .as_bytes()
        .chunks(3)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    let shifted = STANDARD.encode(format!("x{pem}"));
    for (text, line) in [
        (format!("a: b\nkey: |\n  {}", pem.replace('\n', "\n  ")), 3),
        (format!("{{\"key\": {pem:?}}}"), 1),
        (format!("// {}", pem.replace('\n', "\n// ")), 1),
        (pem.replace('\n', "\r\n"), 1),
        (
            format!("users:\n- client-key-data: {encoded}\n  name: x\n"),
            2,
        ),
        (format!("a: >-\n  {}\nb: c\n", wrapped.join("\n  ")), 1),
        (format!("{{\"client-key-data\": \"{encoded}\"}}"), 1),
        (format!("{{\"a\": \"{}\"}}", narrow.join("\\n")), 1),
        (narrow.join(" \r\n\t"), 1),
        (format!("a: {shifted}\n"), 1),
        (format!("words before it {shifted}\n"), 1),
        (format!("a: eA==\n   {encoded}\n"), 1),
        (format!("------{pem}"), 1),
        (
            format!("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n{pem}"),
            4,
        ),
    ] {
        assert!(
            found(text.as_bytes()) == leak(line, digest),
            "a case at line {line}"
        );
    }
}

#[test]
fn a_beginning_without_a_key_hides_no_key_behind_it() {
    let (pem, digest) = pair();
    let encoded = STANDARD.encode(&pem);
    for (before, between) in (0..4).flat_map(|a| (0..4).map(move |b| (a, b))) {
        let (before, between) = ("x".repeat(before), "x".repeat(between));
        for beginning in ["LS0tLS1CRUdJTi", "0tLS0tQkVHSU4", "tLS0tLUJFR0lOI"] {
            let text = format!("{before}{beginning} is one\n{between}{encoded}\n");
            let is_found = found(text.as_bytes()) == leak(1, digest);
            assert!(is_found, "{before} {beginning} {between}");
        }
    }
}

#[test]
fn a_key_in_utf_16_is_found() {
    let (pem, digest) = pair();
    let text = format!("\u{feff}# ä\n{pem}");
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert!(found(&little) == leak(2, digest));
    assert!(found(&big) == leak(2, digest));
}

#[test]
fn what_can_not_be_read_is_a_leak_all_the_same() {
    for label in [
        "ENCRYPTED PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "RSA PRIVATE KEY",
        "PRIVATE KEY",
    ] {
        let text = format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        assert_eq!(found(text.as_bytes()), [Leak { line: 1, key: None }]);
    }
}

#[test]
fn ordinary_files_hold_none() {
    for text in [
        "",
        "0",
        "my PRIVATE KEY----- is elsewhere",
        "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\nMAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN ",
        "LS0tLS1CRUdJTi",
    ] {
        assert_eq!(found(text.as_bytes()), []);
    }
    assert_eq!(found(&[0x30; 200]), []);
    assert_eq!(found("LS0tLS1CRUdJTi".repeat(1000).as_bytes()), []);
    assert_eq!(found(&vec![0xff; 100_000]), []);
}

#[test]
fn a_letter_before_a_key_is_not_taken_out_of_it() {
    assert_eq!(without_margin("\nxAB\nCD\n", "x"), "\nxAB\nCD\n");
    assert_eq!(without_margin("\n# AB\n # CD\n#", "#"), "\n AB\n CD\n\n");
}

#[test]
fn a_whole_key_that_is_not_opened_is_one_all_the_same() {
    for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ED25519, &PKCS_RSA_SHA256] {
        let der = KeyPair::generate_for(algorithm).unwrap().serialize_der();
        let encoded = STANDARD.encode(&der);
        for octets in [
            der,
            encoded.clone().into_bytes(),
            format!("a: b\nkey: {}\n", pem_lines(&encoded)).into_bytes(),
        ] {
            let leaks = find(&octets, &Effort::of(0));
            assert!(matches!(leaks[..], [Leak { key: None, .. }]), "{leaks:?}");
        }
    }
}

#[test]
fn what_is_no_key_leaves_what_opens_keys_to_others() {
    let (pem, digest) = pair();
    let begun = "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEA\n";
    let label = "PRIVATE KEY-----";
    let block = format!("-----BEGIN {label}\n{begun}-----END {label}\n");
    let effort = Effort::of(OPENED);
    for text in [begun.repeat(20_000), block.repeat(2_000)] {
        for octets in [text.as_bytes(), &STANDARD.decode(begun.trim()).unwrap()] {
            let leaks = find(octets, &effort);
            assert!(leaks.iter().all(|leak| leak.key.is_none()), "{leaks:?}");
        }
    }
    assert_eq!(effort.left(), OPENED);
    assert!(find(pem.as_bytes(), &effort) == leak(1, digest));
}

#[test]
fn many_keys_are_not_all_opened() {
    let (pem, _) = pair();
    assert_eq!(found(pem.repeat(100).as_bytes()).len(), LEAKS);
    let effort = Effort::of(0);
    let leak = Leak { line: 1, key: None };
    assert_eq!(find(pem.as_bytes(), &effort), [leak]);
    assert!(effort.is_exhausted());
}
