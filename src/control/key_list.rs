//! Lists of blocked public keys, the files `policies/keys/*.txt`.
//!
//! In come the bytes of one file; out comes a [`KeyList`]. The first line says what the list holds: `# spki-sha256` is
//! one SHA-256 of a SubjectPublicKeyInfo a line, in hexadecimal. Empty lines and further lines with `#` are comments;
//! any other line is an error, since a line that is skipped would be a key that is not blocked.

use std::collections::BTreeSet;

use crate::finding::{Code, Place, Reason};
use crate::names::Sha256Digest;

const SPKI_SHA256: &str = "# spki-sha256";
const OPENSSL_BLACKLIST: &str = "# openssl-blacklist";
// A list of anything but digests would have an error on every line.
const REPORTED_LINES: usize = 20;

/// The digests of blocked keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyList(BTreeSet<Sha256Digest>);

impl KeyList {
    /// Reads one file.
    ///
    /// # Errors
    /// The header is missing or of a later release, or a line is no digest.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<Reason>> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| vec![Reason::new(Code::ConfigInvalid, "is not UTF-8 text")])?;
        let mut lines = text.lines().map(str::trim_end).zip(1..);
        match lines.next() {
            Some((SPKI_SHA256, _)) => {}
            Some((OPENSSL_BLACKLIST, _)) => return Err(vec![later()]),
            _ => return Err(vec![no_header()]),
        }
        let content = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        let mut digests = BTreeSet::new();
        let mut reasons = Vec::new();
        for (line, number) in content {
            match digest(line) {
                Some(digest) => {
                    digests.insert(digest);
                }
                None if reasons.len() < REPORTED_LINES => reasons.push(bad_line(line, number)),
                None => {}
            }
        }
        if reasons.is_empty() {
            Ok(Self(digests))
        } else {
            Err(reasons)
        }
    }

    /// Whether the key with this digest is blocked.
    #[must_use]
    pub fn contains(&self, digest: &Sha256Digest) -> bool {
        self.0.contains(digest)
    }
}

/// A SHA-256 in 64 hexadecimal digits, lower case.
#[must_use]
pub fn digest(text: &str) -> Option<Sha256Digest> {
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
    whole
        .then(|| octets.try_into().ok())
        .flatten()
        .map(Sha256Digest)
}

fn no_header() -> Reason {
    Reason::new(
        Code::ConfigInvalid,
        "the first line must say what the list holds",
    )
    .at(Place { line: 1, column: 1 })
    .help(format!("write `{SPKI_SHA256}` as the first line"))
}

fn later() -> Reason {
    Reason::new(
        Code::NotImplemented,
        format!("lists with `{OPENSSL_BLACKLIST}` are not implemented in this release of gitca"),
    )
    .at(Place { line: 1, column: 1 })
    .help(format!("list the keys with `{SPKI_SHA256}`"))
}

fn bad_line(line: &str, number: u32) -> Reason {
    Reason::new(
        Code::ConfigInvalid,
        "must be a SHA-256 in 64 lower-case hexadecimal digits",
    )
    .value(line)
    .at(Place {
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
                "# openssl-blacklist\n00\n".to_owned(),
                vec![Code::NotImplemented],
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
