//! Lists of blocked public keys, the files `policies/keys/*.txt`.
//!
//! In come the bytes of one file; out comes a [`KeyList`]. The first line says what the list holds: `# spki-sha256` is
//! one SHA-256 of a SubjectPublicKeyInfo a line, `# openssl-blacklist` the last 20 digits of one SHA-1 of a modulus, as
//! Debian published them for CVE-2008-0166, both in hexadecimal. Empty lines and further lines with `#` are comments;
//! any other line is an error, since a line that is skipped would be a key that is not blocked.

use crate::finding::{Code, Place, Reason};
use crate::names::Sha256Digest;
use crate::x509::key::ModulusDigest;

const SPKI_SHA256: &str = "# spki-sha256";
const OPENSSL_BLACKLIST: &str = "# openssl-blacklist";
const A_KEY: &str = "a SHA-256 in 64 lower-case hexadecimal digits";
const A_MODULUS: &str = "the end of a SHA-1 in 20 lower-case hexadecimal digits";
// A list of anything but digests would have an error on every line.
const REPORTED_LINES: usize = 20;
// A list of 16 MiB has more digits than there is time to look at in two steps.
const DIGITS: [u8; 256] = digits();
const NO_DIGIT: u8 = 0x10;

/// The digests of blocked keys, in order: a list of 16 MiB has some hundred thousand, and is read by every command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyList {
    /// SHA-256 of each SubjectPublicKeyInfo.
    Keys(Vec<Sha256Digest>),
    /// Ends of SHA-1 digests of RSA moduli, as the list of CVE-2008-0166 has them.
    Moduli(Vec<ModulusDigest>),
}

impl KeyList {
    /// Reads one file.
    ///
    /// # Errors
    /// The header is missing or unknown, or a line is no digest.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<Reason>> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| vec![Reason::new(Code::ConfigInvalid, "is not UTF-8 text")])?;
        let (header, lines) = text.split_once('\n').unwrap_or((text, ""));
        match header.trim_end() {
            SPKI_SHA256 => collect(lines, digest, A_KEY).map(Self::Keys),
            OPENSSL_BLACKLIST => collect(lines, hexadecimal, A_MODULUS).map(Self::Moduli),
            _ => Err(vec![no_header()]),
        }
    }

    /// Whether the key with this digest is blocked.
    #[must_use]
    pub fn contains(&self, digest: &Sha256Digest) -> bool {
        matches!(self, Self::Keys(keys) if keys.binary_search(digest).is_ok())
    }

    /// Whether the modulus with this digest is one of those that could be guessed.
    #[must_use]
    pub fn contains_modulus(&self, digest: &ModulusDigest) -> bool {
        matches!(self, Self::Moduli(moduli) if moduli.binary_search(digest).is_ok())
    }
}

/// The digests of all lines below the header that are no comments, or what is wrong with the others.
fn collect<T: Ord>(
    mut lines: &str,
    read: impl Fn(&str) -> Option<T>,
    wanted: &str,
) -> Result<Vec<T>, Vec<Reason>> {
    // Two to an octet.
    let digits = 2 * size_of::<T>();
    let mut digests = Vec::with_capacity(lines.len() / (digits + 1));
    let mut reasons = Vec::new();
    let mut number = 2;
    // A list of 16 MiB may have a million more that are wrong.
    while !lines.is_empty() && reasons.len() < REPORTED_LINES {
        // Nearly every line is one digest and no more.
        if let Some((line, rest)) = lines.split_at_checked(digits)
            && let Some(rest) = rest.strip_prefix('\n')
            && let Some(digest) = read(line)
        {
            digests.push(digest);
            (lines, number) = (rest, number + 1);
            continue;
        }
        // Sixteen million line ends are a list, too.
        let bare = lines.bytes().take_while(|octet| *octet == b'\n').count();
        number += u32::try_from(bare).unwrap_or(u32::MAX);
        let text = &lines[bare..];
        // A search that is made for long lines costs more than these.
        let end = text.bytes().position(|octet| octet == b'\n');
        let (line, rest) = end.map_or((text, ""), |end| (&text[..end], &text[end + 1..]));
        let line = line.trim_end();
        if !line.is_empty() && !line.starts_with('#') {
            match read(line) {
                Some(digest) => digests.push(digest),
                None => reasons.push(bad_line(line, number, wanted)),
            }
        }
        (lines, number) = (rest, number + 1);
    }
    if !reasons.is_empty() {
        return Err(reasons);
    }
    digests.sort_unstable();
    digests.dedup();
    Ok(digests)
}

/// A SHA-256 in 64 hexadecimal digits, lower case.
#[must_use]
pub fn digest(text: &str) -> Option<Sha256Digest> {
    hexadecimal(text).map(Sha256Digest)
}

/// So many octets in hexadecimal digits, lower case.
fn hexadecimal<const OCTETS: usize>(text: &str) -> Option<[u8; OCTETS]> {
    let (pairs, rest) = text.as_bytes().as_chunks();
    if pairs.len() != OCTETS || !rest.is_empty() {
        return None;
    }
    let mut octets = [0; OCTETS];
    let mut all = 0;
    for (octet, [high, low]) in octets.iter_mut().zip(pairs) {
        let (high, low) = (DIGITS[usize::from(*high)], DIGITS[usize::from(*low)]);
        all |= high | low;
        *octet = high << 4 | low;
    }
    (all < NO_DIGIT).then_some(octets)
}

/// What each octet says as a digit.
const fn digits() -> [u8; 256] {
    let mut digits = [NO_DIGIT; 256];
    let mut digit = 0u8;
    while digit < 16 {
        digits[b"0123456789abcdef"[digit as usize] as usize] = digit;
        digit += 1;
    }
    digits
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
            (format!("# spki-sha256\n\n\n{hex} \n\n{hex}"), vec![]),
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
    fn a_bad_line_is_found_by_its_number() {
        let hex = Sha256Digest::of(b"key").to_string();
        let text = format!("# spki-sha256\n{hex}\n\n\nx\n \n\ny");
        let reasons = KeyList::read(text.as_bytes()).unwrap_err();
        let lines: Vec<_> = reasons.iter().map(|reason| reason.line).collect();
        assert_eq!(lines, [Some(5), Some(8)]);
    }

    #[test]
    fn a_listed_key_is_found() {
        let digest = Sha256Digest::of(b"key");
        let list = KeyList::read(format!("# spki-sha256\n{digest}\n").as_bytes()).unwrap();
        assert!(list.contains(&digest));
        assert!(!list.contains(&Sha256Digest::of(b"other")));
    }
}
