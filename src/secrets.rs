//! Private keys that somebody put where they don't belong, in any file.
//!
//! In come the octets of a file; out comes a [`Leak`] for each private key in it: in PEM (RFC 7468), plain or in the
//! base64 of something else, such as a kubeconfig, and in DER, plain or in base64; text in UTF-16, too. A leak names the
//! public half, so that nobody gets a certificate for it; the private half is neither kept nor shown. How many keys are
//! opened for that is bounded.

mod der;
mod encoded;
mod openssh;
mod whole;

use zeroize::Zeroizing;

use crate::effort::Effort;
use crate::names::Sha256Digest;
use crate::secrets::encoded::{blocks, decode, symbols};

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";
// RFC 7468 10, 11 and the labels of older formats all end so.
const LABEL: &str = "PRIVATE KEY";
const LABEL_OCTETS: usize = 64;
// A key of 8192 bits in base64, with what may stand before each line.
const LARGEST_BODY: usize = 64 * 1024;
// Enough to say what is wrong with a file; each costs a look at its key.
const LEAKS: usize = 20;
const BLOCK: usize = 4096;

/// What one search may spend on opening keys: to tell that one is whole costs the cube of its length, and who commits keys by
/// the thousand has made them for us. One of RSA-2048 takes eight units, one of RSA-8192 nearly all of them, one on P-521
/// twelve, on P-384 six, and on another curve one.
pub const OPENED: u64 = 500;
/// After so many keys nothing is searched any more that is read for nothing else: none past those that are opened stops
/// anybody's request, and whoever has more has made them for us.
pub const FOUND: usize = 1_000;

/// One private key in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The line where it begins, from 1.
    pub line: u32,
    /// SHA-256 of its SubjectPublicKeyInfo; `None` for a key that is encrypted, or of a kind that is never certified, or
    /// that was not opened since there are too many: who brings such a one is told, so nobody brings enough of them unseen.
    pub key: Option<Sha256Digest>,
}

/// The private keys in these octets, at most twenty.
#[must_use]
pub fn find(octets: &[u8], effort: &Effort) -> Vec<Leak> {
    if der::is_key(octets) {
        let key = der::open(octets, effort);
        return vec![Leak { line: 1, key }];
    }
    if let Some(text) = from_utf16(octets) {
        return find(text.as_bytes(), effort);
    }
    // "BEGIN" has capitals, and so has its base64; a list of a million digests has none.
    if !has_capital(octets) {
        return Vec::new();
    }
    let mut leaks = in_pem(octets, effort);
    let mut blocks = blocks(octets);
    while leaks.len() < LEAKS
        && let Some((start, block)) = blocks.next()
    {
        let found = in_pem(&block, effort);
        // Counting lines goes over all that comes before, so it is done for what was found alone.
        if !found.is_empty() {
            let line = line_at(octets, start);
            leaks.extend(found.into_iter().map(|leak| Leak { line, ..leak }));
        }
    }
    for der::Found { place, key } in der::in_base64(octets, effort).take(LEAKS) {
        let line = line_at(octets, place);
        // A block whose lines begin with something may have been told already.
        let is_told = |leak: &Leak| match key {
            Some(_) => leak.key == key,
            None => leak.line == line || leak.line + 1 == line,
        };
        if !leaks.iter().any(is_told) {
            leaks.push(Leak { line, key });
        }
    }
    leaks.truncate(LEAKS);
    leaks
}

/// Looks at whole blocks, which processors do many octets at a time.
fn has_capital(octets: &[u8]) -> bool {
    let in_block = |block: &[u8]| {
        let capitals = block.iter().map(u8::is_ascii_uppercase);
        capitals.fold(false, |found, is_capital| found | is_capital)
    };
    octets.chunks(BLOCK).any(in_block)
}

/// Text with the byte order mark that editors of Windows write before UTF-16.
fn from_utf16(octets: &[u8]) -> Option<Zeroizing<String>> {
    let (rest, is_little) = match octets {
        [0xff, 0xfe, rest @ ..] => (rest, true),
        [0xfe, 0xff, rest @ ..] => (rest, false),
        _ => return None,
    };
    let read = |unit: &[u8; 2]| {
        if is_little {
            u16::from_le_bytes(*unit)
        } else {
            u16::from_be_bytes(*unit)
        }
    };
    // A key is ASCII, and more than that is not worth the memory.
    let units = rest.as_chunks().0.iter().map(read);
    let text = units.map(|unit| {
        u8::try_from(unit)
            .ok()
            .filter(u8::is_ascii)
            .map_or('?', char::from)
    });
    Some(Zeroizing::new(text.collect()))
}

/// Every block with the label of a private key, however its lines are indented or escaped.
fn in_pem(octets: &[u8], effort: &Effort) -> Vec<Leak> {
    let leak = |start: usize| {
        let after = &octets[start + BEGIN.len()..];
        let end = place_of(&after[..after.len().min(LABEL_OCTETS)], DASHES)?;
        let label = str::from_utf8(&after[..end]).ok()?;
        if !label.ends_with(LABEL) || label.contains('\n') {
            return None;
        }
        let rest = &after[end + DASHES.len()..];
        let rest = &rest[..rest.len().min(LARGEST_BODY)];
        let body = &rest[..place_of(rest, DASHES).unwrap_or(rest.len())];
        let body = Zeroizing::new(String::from_utf8_lossy(body).into_owned());
        let body = Zeroizing::new(without_margin(&body, &margin(&octets[..start])));
        Some(Leak {
            line: line_at(octets, start),
            key: public_half(&body, effort),
        })
    };
    beginnings(octets).filter_map(leak).take(LEAKS).collect()
}

/// Where blocks begin. One of five octets in a row is a dash there.
fn beginnings(octets: &[u8]) -> impl Iterator<Item = usize> {
    let dashes = (0..octets.len()).step_by(DASHES.len());
    let mut next = 0;
    dashes
        .filter(|place| octets[*place] == b'-')
        .filter_map(move |place| {
            let first = place.saturating_sub(DASHES.len() - 1).max(next);
            let found = (first..=place).find(|start| octets[*start..].starts_with(BEGIN))?;
            next = found + 1;
            Some(found)
        })
}

fn place_of(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets.windows(wanted.len()).position(|part| part == wanted)
}

/// What stands before the block in its line, such as the sign of a comment.
fn margin(before: &[u8]) -> String {
    let before = &before[before.len().saturating_sub(LABEL_OCTETS)..];
    let line = before
        .rsplit(|octet| *octet == b'\n')
        .next()
        .unwrap_or_default();
    String::from_utf8_lossy(line).trim().to_owned()
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

fn public_half(body: &str, effort: &Effort) -> Option<Sha256Digest> {
    // Old OpenSSL encrypts below a header, and no other block has one.
    if body.contains("Proc-Type") {
        return None;
    }
    let symbols = symbols(body.as_bytes());
    let end = symbols.iter().position(|symbol| *symbol == b'=');
    let der = Zeroizing::new(decode(&symbols[..end.unwrap_or(symbols.len())]));
    if openssh::is_key(&der) {
        let may_open = effort.spend(der::cost(&der));
        let info = may_open.then(|| openssh::public_key_info(&der));
        return info.flatten().map(|info| Sha256Digest::of(&info));
    }
    der::is_key(&der).then(|| der::open(&der, effort)).flatten()
}

fn line_at(octets: &[u8], place: usize) -> u32 {
    let ends = octets[..place].iter().filter(|octet| **octet == b'\n');
    u32::try_from(ends.count() + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
