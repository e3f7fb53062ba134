//! Lists of blocked public keys, the files `policies/keys/*.txt`.
//!
//! In come the bytes of one file; out comes a [`KeyList`]. The first line says what the list holds: `# spki-sha256` is
//! one SHA-256 of a SubjectPublicKeyInfo a line, `# openssl-blacklist` the last 20 digits of one SHA-1 of a modulus, as
//! Debian published them for CVE-2008-0166, both in hexadecimal. Empty lines and further lines with `#` are comments;
//! any other line is an error, since a line that is skipped would be a key that is not blocked.

use std::collections::BTreeSet;

use crate::finding::{Code, Place, Reason};
use crate::names::Sha256Digest;
use crate::x509::key::ModulusDigest;

const SPKI_SHA256: &str = "# spki-sha256";
const OPENSSL_BLACKLIST: &str = "# openssl-blacklist";
const A_KEY: &str = "a SHA-256 in 64 lower-case hexadecimal digits";
const A_MODULUS: &str = "the end of a SHA-1 in 20 lower-case hexadecimal digits";
// A list of anything but digests would have an error on every line.
const REPORTED_LINES: usize = 20;

/// The digests of blocked keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyList {
    /// SHA-256 of each SubjectPublicKeyInfo.
    Keys(BTreeSet<Sha256Digest>),
    /// Ends of SHA-1 digests of RSA moduli, as the list of CVE-2008-0166 has them.
    Moduli(BTreeSet<ModulusDigest>),
}

impl KeyList {
    /// Reads one file.
    ///
    /// # Errors
    /// The header is missing or unknown, or a line is no digest.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<Reason>> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| vec![Reason::new(Code::ConfigInvalid, "is not UTF-8 text")])?;
        let mut lines = text.lines().map(str::trim_end).zip(1..);
        match lines.next() {
            Some((SPKI_SHA256, _)) => collect(lines, digest, A_KEY).map(Self::Keys),
            Some((OPENSSL_BLACKLIST, _)) => {
                collect(lines, hexadecimal, A_MODULUS).map(Self::Moduli)
            }
            _ => Err(vec![no_header()]),
        }
    }

    /// Whether the key with this digest is blocked.
    #[must_use]
    pub fn contains(&self, digest: &Sha256Digest) -> bool {
        matches!(self, Self::Keys(keys) if keys.contains(digest))
    }

    /// Whether the modulus with this digest is one of those that could be guessed.
    #[must_use]
    pub fn contains_modulus(&self, digest: &ModulusDigest) -> bool {
        matches!(self, Self::Moduli(moduli) if moduli.contains(digest))
    }
}

/// The digests of all lines that are no comments, or what is wrong with the others.
fn collect<'t, T: Ord>(
    lines: impl Iterator<Item = (&'t str, u32)>,
    read: impl Fn(&str) -> Option<T>,
    wanted: &str,
) -> Result<BTreeSet<T>, Vec<Reason>> {
    let content = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    let mut digests = BTreeSet::new();
    let mut reasons = Vec::new();
    for (line, number) in content {
        match read(line) {
            Some(digest) => {
                digests.insert(digest);
            }
            None => reasons.push(bad_line(line, number, wanted)),
        }
        // A list of 16 MiB may have a million more.
        if reasons.len() == REPORTED_LINES {
            break;
        }
    }
    if reasons.is_empty() {
        Ok(digests)
    } else {
        Err(reasons)
    }
}

/// A SHA-256 in 64 hexadecimal digits, lower case.
#[must_use]
pub fn digest(text: &str) -> Option<Sha256Digest> {
    hexadecimal(text).map(Sha256Digest)
}

/// So many octets in hexadecimal digits, lower case.
fn hexadecimal<const OCTETS: usize>(text: &str) -> Option<[u8; OCTETS]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let digits: Vec<u8> = text.bytes().map(digit).collect::<Option<_>>()?;
    let octets: Vec<u8> = digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect();
    let whole = digits.len().is_multiple_of(2);
    whole.then(|| octets.try_into().ok()).flatten()
}

fn no_header() -> Reason {
    Reason::new(
        Code::ConfigInvalid,
        "the first line must say what the list holds",
    )
    .at(Place { line: 1, column: 1 })
    .help(format!(
        "write `{SPKI_SHA256}` as the first line, or `{OPENSSL_BLACKLIST}` for a list of that format"
    ))
}

fn bad_line(line: &str, number: u32, wanted: &str) -> Reason {
    let reason = Reason::new(Code::ConfigInvalid, format!("must be {wanted}")).value(line);
    reason.at(Place {
        line: number,
        column: 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_header_and_one_digest_a_line() {
        let hex = Sha256Digest::of(b"key").to_string();
        for (text, codes) in [
            (format!("# spki-sha256\n{hex}\n"), vec![]),
            (format!("# spki-sha256\r\n\r\n# why\r\n{hex}\r\n"), vec![]),
            (format!("{hex}\n"), vec![Code::ConfigInvalid]),
            (String::new(), vec![Code::ConfigInvalid]),
            (
                format!("# spki-sha256\n{hex}0\n{}\n", hex.to_uppercase()),
                vec![Code::ConfigInvalid, Code::ConfigInvalid],
            ),
            (
                "# openssl-blacklist\n# RSA 2048\n0123456789abcdef0123\n".to_owned(),
                vec![],
            ),
            (
                format!("# openssl-blacklist\n00\n0123456789ABCDEF0123\n{hex}\n"),
                vec![Code::ConfigInvalid; 3],
            ),
        ] {
            let read = KeyList::read(text.as_bytes());
            let found: Vec<Code> = read
                .err()
                .unwrap_or_default()
                .iter()
                .map(|r| r.code)
                .collect();
            assert_eq!(found, codes, "{text}");
        }
    }

    #[test]
    fn a_listed_key_is_found() {
        let digest = Sha256Digest::of(b"key");
        let list = KeyList::read(format!("# spki-sha256\n{digest}\n").as_bytes()).unwrap();
        assert!(list.contains(&digest));
        assert!(!list.contains(&Sha256Digest::of(b"other")));
    }
}
