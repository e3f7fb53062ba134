//! PEM inside of something else's base64, such as a kubeconfig's `client-key-data`, broken over lines or not.
//!
//! In come the octets of a file; out come the stretches that decode to the beginning of a PEM block, with their places. Five
//! dashes are looked for as base64 spells them, in each of its three positions, so that nothing else is ever decoded: a file
//! may be sixteen mebibytes of digits.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};
use memchr::{memchr_iter, memmem};
use zeroize::Zeroizing;

// The shortest key in PEM, one of Ed25519, has 119 octets; a run of base64 that is shorter holds none.
const SHORTEST_RUN: usize = 100;
// `-----BEGIN ` in base64, as far as it does not depend on what stands around it, after none, one or two other octets;
// and where in a group of four symbols that begins.
const BEGINNINGS: [(&[u8], usize); 3] = [
    (b"LS0tLS1CRUdJTi", 0),
    (b"0tLS0tQkVHSU4", 2),
    (b"tLS0tLUJFR0lOI", 3),
];
// Four dashes, which each of the three has, so many symbols after its beginning.
const DASHES: &[u8] = b"LS0t";
const DASHES_AT: [usize; 3] = [0, 2, 1];
// What follows them in each of the three.
const BEHIND_DASHES: [&[u8]; 3] = [b"LS1CRUdJTi", b"QkVHSU4", b"LUJFR0lOI"];

pub(super) const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What the stretches of base64 say that hold the beginning of a block, each with the place where its run begins.
pub(super) fn blocks(octets: &[u8]) -> impl Iterator<Item = (usize, Zeroizing<Vec<u8>>)> {
    // Nearly no file has a run to take apart.
    let octets = if may_begin(octets) { octets } else { &[] };
    let runs = runs(octets).filter(|(_, run)| may_begin(run));
    runs.flat_map(|(place, run)| {
        let symbols = symbols(run);
        let blocks = stretches(&symbols).into_iter();
        blocks.map(move |block| (place, Zeroizing::new(decode(&symbols[block]))))
    })
}

/// From each beginning to the end of its piece. One that is no block may hide another of a block that stands otherwise in
/// the groups of four, so there are up to four of a piece.
fn stretches(symbols: &[u8]) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut start = 0;
    // What stands behind the end of one is another.
    for piece in symbols.split(|symbol| *symbol == b'=') {
        let end = start + piece.len();
        let firsts = beginnings(piece);
        stretches.extend(firsts.into_iter().flatten().map(|first| start + first..end));
        start = end + 1;
    }
    stretches
}

/// Whether symbols follow each other somewhere as they do at the beginning of a block.
fn may_begin(octets: &[u8]) -> bool {
    let mut dashes =
        memchr_iter(DASHES[0], octets).filter_map(|place| behind(&octets[place..], DASHES));
    dashes.any(|rest| {
        BEHIND_DASHES
            .iter()
            .any(|text| behind(rest, text).is_some())
    })
}

/// What follows these symbols, if they are the next.
fn behind<'o>(octets: &'o [u8], wanted: &[u8]) -> Option<&'o [u8]> {
    let mut wanted = wanted.iter();
    let mut next = wanted.next();
    let mut rest = octets;
    while let Some(symbol) = next {
        let (first, after) = next_symbol(rest)?;
        if first != *symbol {
            return None;
        }
        (rest, next) = (after, wanted.next());
    }
    Some(rest)
}

/// Where the first group of symbols is that holds the beginning of a block, for each place in a group of four.
fn beginnings(symbols: &[u8]) -> [Option<usize>; 4] {
    let mut firsts = [None; 4];
    for dashes in memmem::find_iter(symbols, DASHES) {
        let mut beginnings = BEGINNINGS.iter().zip(DASHES_AT);
        let group = beginnings.find_map(|((text, phase), at)| {
            let place = dashes.checked_sub(at)?;
            let is_it = symbols[place..].starts_with(text);
            // The group before would have to be whole.
            place.checked_sub(*phase).filter(|_| is_it)
        });
        if let Some(group) = group {
            firsts[group % firsts.len()].get_or_insert(group);
        }
        if firsts.iter().all(Option::is_some) {
            break;
        }
    }
    firsts
}

/// What these symbols say; nothing when they say nothing.
pub(super) fn decode(symbols: &[u8]) -> Vec<u8> {
    let whole = symbols.len() / 4 * 4;
    LENIENT
        .decode(symbols)
        .or_else(|_| LENIENT.decode(&symbols[..whole]))
        .unwrap_or_default()
}

/// The symbols alone, without line ends, blanks and the `\n` of embedded JSON.
pub(super) fn symbols(run: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut symbols = Zeroizing::new(Vec::with_capacity(run.len()));
    let mut rest = run;
    while let Some((symbol, after)) = next_symbol(rest) {
        symbols.push(symbol);
        rest = after;
    }
    symbols
}

/// The first symbol, and what follows it.
pub(super) fn next_symbol(mut octets: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        octets = match octets {
            [b'\\', b'n' | b'r', rest @ ..] => rest,
            [first, rest @ ..] if is_symbol(*first) => return Some((*first, rest)),
            [_, rest @ ..] => rest,
            [] => return None,
        };
    }
}

/// The stretches of base64 with their places.
fn runs(octets: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    let runs = octets.split(|octet| !is_inside(*octet)).map(move |run| {
        let place = start;
        start += run.len() + 1;
        (place, run)
    });
    runs.filter(|(_, run)| run.len() >= SHORTEST_RUN)
}

pub(super) const fn is_inside(octet: u8) -> bool {
    is_symbol(octet) || matches!(octet, b' ' | b'\n' | b'\r' | b'\t' | b'\\')
}

pub(super) const fn is_symbol(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_found_in_each_position() {
        for before in ["", "x", "xy", "xyz", "words and\n"] {
            for base in ["", "AAAA", "AA"] {
                let encoded = LENIENT.encode(format!("{before}-----BEGIN PRIVATE KEY-----\nMC4C"));
                let text = format!("{base}{encoded}");
                let [only] = &stretches(text.as_bytes())[..] else {
                    panic!("{text}");
                };
                let said = decode(&text.as_bytes()[only.clone()]);
                let said = String::from_utf8_lossy(&said).into_owned();
                assert!(
                    said.contains("-----BEGIN PRIVATE KEY-----"),
                    "{text}: {said}"
                );
            }
        }
        for text in ["LS0tLS1CRUdJ", "LS0t", "0tLS0tQkVHSU", "LS0tLS1CRUdj"] {
            assert!(stretches(text.as_bytes()).is_empty());
        }
    }
}
