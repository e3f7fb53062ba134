//! Private keys that somebody put where they don't belong, in any file.
//!
//! In come the octets of a file; out comes a [`Leak`] for each private key in it: in PEM (RFC 7468), plain or in the
//! base64 of something else, such as a kubeconfig, and in DER. A leak names the public half, so that nobody gets a
//! certificate for it; the private half is neither kept nor shown.

mod openssh;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};
use rcgen::{KeyPair, PublicKeyData as _};
use zeroize::{Zeroize as _, Zeroizing};

use crate::names::Sha256Digest;

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
// The same in base64, as far as it does not depend on what follows.
const ENCODED_BEGIN: &str = "LS0tLS1CRUdJTi";
// RFC 7468 10, 11 and the labels of older formats all end so.
const LABEL: &str = "PRIVATE KEY";
// The shortest key in PEM, one of Ed25519, has 119 octets; a run of base64 that is shorter holds none.
const SHORTEST_RUN: usize = 100;
// A key of 8192 bits has some 4.7 KiB.
const LARGEST_DER: usize = 16 * 1024;
// Enough to say what is wrong with a file; each costs a look at its key.
const LEAKS: usize = 20;
// SEQUENCE, X.690 8.9.
const SEQUENCE: u8 = 0x30;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// One private key in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The line where it begins, from 1.
    pub line: u32,
    /// SHA-256 of its SubjectPublicKeyInfo; `None` for a key that is encrypted, or of a kind that is never certified.
    pub key: Option<Sha256Digest>,
}

/// The private keys in these octets, at most twenty.
#[must_use]
pub fn find(octets: &[u8]) -> Vec<Leak> {
    if let Some(key) = in_der(octets) {
        return vec![Leak {
            line: 1,
            key: Some(key),
        }];
    }
    let text = String::from_utf8_lossy(octets);
    let mut leaks = in_pem(&text);
    for (start, run) in runs(&text) {
        if leaks.len() >= LEAKS {
            break;
        }
        let inner = Zeroizing::new(decode(run));
        let inner = Zeroizing::new(String::from_utf8_lossy(&inner).into_owned());
        let found = in_pem(&inner);
        // Counting lines goes over all that comes before, so it is done for what was found alone.
        if !found.is_empty() {
            let line = line_at(&text, start);
            leaks.extend(found.into_iter().map(|leak| Leak { line, ..leak }));
        }
    }
    leaks.truncate(LEAKS);
    leaks
}

/// Every block with the label of a private key, however its lines are indented or escaped.
fn in_pem(text: &str) -> Vec<Leak> {
    let starts = text.match_indices(BEGIN).map(|(start, _)| start);
    let leak = |start: usize| {
        let after = &text[start + BEGIN.len()..];
        let (label, rest) = after.split_once(DASHES)?;
        if !label.ends_with(LABEL) || label.contains('\n') {
            return None;
        }
        let body = rest.split(DASHES).next().unwrap_or_default();
        let body = Zeroizing::new(without_margin(body, margin(&text[..start])));
        Some(Leak {
            line: line_at(text, start),
            key: public_half(label, &body),
        })
    };
    starts.filter_map(leak).take(LEAKS).collect()
}

/// What stands before the block in its line, such as the sign of a comment.
fn margin(before: &str) -> &str {
    before.rsplit('\n').next().unwrap_or_default().trim()
}

/// The body without what stands before each of its lines; a letter before the first one alone may begin others by chance.
fn without_margin(body: &str, margin: &str) -> String {
    let lines = || body.lines().map(str::trim_start);
    let is_before = |line: &str| line.is_empty() || line.starts_with(margin);
    let margin = if lines().all(is_before) { margin } else { "" };
    let mut text = String::with_capacity(body.len());
    for line in lines() {
        text.push_str(line.strip_prefix(margin).unwrap_or(line));
        text.push('\n');
    }
    text
}

fn public_half(label: &str, body: &str) -> Option<Sha256Digest> {
    // Old OpenSSL encrypts below a header, and no other block has one.
    if body.contains("Proc-Type") {
        return None;
    }
    let der = Zeroizing::new(decode(body));
    if let Some(info) = openssh::public_key_info(&der) {
        return Some(Sha256Digest::of(&info));
    }
    let body = Zeroizing::new(LENIENT.encode(&*der));
    let pem = Zeroizing::new(format!(
        "{BEGIN}{label}{DASHES}\n{}\n-----END {label}{DASHES}\n",
        *body
    ));
    KeyPair::from_pem(&pem).ok().map(digest)
}

fn in_der(octets: &[u8]) -> Option<Sha256Digest> {
    if octets.first() != Some(&SEQUENCE) || octets.len() > LARGEST_DER {
        return None;
    }
    KeyPair::try_from(octets).ok().map(digest)
}

fn digest(mut pair: KeyPair) -> Sha256Digest {
    let digest = Sha256Digest::of(&pair.subject_public_key_info());
    pair.zeroize();
    digest
}

/// What base64 says once line ends, blanks and the `\n` of embedded JSON are gone; nothing when it says nothing.
fn decode(text: &str) -> Vec<u8> {
    let text = Zeroizing::new(text.replace("\\r", "").replace("\\n", ""));
    let symbols: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|symbol| is_symbol(*symbol)).collect());
    // Words before and after it may look like base64 too.
    let start = symbols.find(ENCODED_BEGIN).unwrap_or_default();
    let symbols = &symbols[start..];
    let end = symbols.find('=').unwrap_or(symbols.len());
    let symbols = &symbols.as_bytes()[..end];
    let whole = symbols.len() / 4 * 4;
    LENIENT
        .decode(symbols)
        .or_else(|_| LENIENT.decode(&symbols[..whole]))
        .unwrap_or_default()
}

/// The stretches of base64 with their places, broken over lines or not.
fn runs(text: &str) -> Vec<(usize, &str)> {
    let mut runs = Vec::new();
    let mut start = 0;
    for (place, character) in text.char_indices().chain([(text.len(), '\0')]) {
        let inside = is_symbol(character) || matches!(character, ' ' | '\n' | '\r' | '\t' | '\\');
        if !inside {
            let run = &text[start..place];
            if run.len() >= SHORTEST_RUN {
                runs.push((start, run));
            }
            start = place + character.len_utf8();
        }
    }
    runs
}

fn is_symbol(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=')
}

fn line_at(text: &str, place: usize) -> u32 {
    let ends = text[..place].matches('\n').count();
    u32::try_from(ends + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use rcgen::{
        PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519,
        PKCS_RSA_SHA256,
    };

    use super::*;

    fn pair() -> (String, Sha256Digest) {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let digest = Sha256Digest::of(&pair.subject_public_key_info());
        (pair.serialize_pem(), digest)
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
            assert!(find(pair.serialize_pem().as_bytes()) == leak(1, digest));
            assert!(find(&pair.serialize_der()) == leak(1, digest));
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
            (format!("a: {shifted}\n"), 1),
            (
                format!("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n{pem}"),
                4,
            ),
        ] {
            assert!(
                find(text.as_bytes()) == leak(line, digest),
                "a case at line {line}"
            );
        }
    }

    #[test]
    fn what_can_not_be_read_is_a_leak_all_the_same() {
        for label in [
            "ENCRYPTED PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "RSA PRIVATE KEY",
            "PRIVATE KEY",
        ] {
            let text = format!("{BEGIN}{label}{DASHES}\nAAAA\n-----END {label}{DASHES}\n");
            assert_eq!(find(text.as_bytes()), [Leak { line: 1, key: None }]);
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
            assert_eq!(find(text.as_bytes()), []);
        }
        assert_eq!(find(&[0x30; 200]), []);
        assert_eq!(find("LS0tLS1CRUdJTi".repeat(1000).as_bytes()), []);
        assert_eq!(find(&vec![0xff; 100_000]), []);
    }

    #[test]
    fn a_letter_before_a_key_is_not_taken_out_of_it() {
        assert_eq!(without_margin("\nxAB\nCD\n", "x"), "\nxAB\nCD\n");
        assert_eq!(without_margin("\n# AB\n # CD\n#", "#"), "\n AB\n CD\n\n");
    }

    #[test]
    fn many_keys_are_not_all_opened() {
        let (pem, _) = pair();
        assert_eq!(find(pem.repeat(100).as_bytes()).len(), LEAKS);
    }
}
