//! Private keys in DER (RFC 5958, RFC 8017, RFC 5915), as a whole file or in base64 without PEM around it.
//!
//! In come the octets of a file; out come the keys, with their public halves. Nothing is decoded but what begins in base64 as
//! such keys do, and nothing opened but what is whole; how many are, is bounded, and the others are keys all the same.

use base64::Engine as _;
use memchr::memchr_iter;
use rcgen::{KeyPair, PublicKeyData as _};
use zeroize::{Zeroize as _, Zeroizing};

use crate::effort::Effort;
use crate::names::Sha256Digest;
use crate::secrets::encoded::{LENIENT, decode, is_inside, is_symbol, next_symbol};
use crate::secrets::whole;

// A key of 8192 bits has some 4.7 KiB.
const LARGEST: usize = 16 * 1024;
// So much is read of what begins as a key in base64 and is none: thousands of beginnings. Each may be as long as the largest
// key, and one may begin in the other.
const MISTAKEN: usize = 1 << 20;
// SEQUENCE, X.690 8.9.
const SEQUENCE: u8 = 0x30;
// INTEGER: the version, with which keys of RFC 5958, RFC 8017 and RFC 5915 begin, and certificates don't.
const INTEGER: u8 = 0x02;
// OCTET STRING.
const OCTETS: u8 = 0x04;
// What a SEQUENCE begins with in base64.
const FIRST: u8 = b'M';
// They say nine octets: SEQUENCE, its length in up to three of them, the version in three, and one or two more.
const BEGINNING: usize = 12;
// The end of the line that begins a block in PEM, and the blanks of the next one.
const DASHES: &[u8] = b"-----";
const MARGIN: usize = 16;

// secp384r1 and secp521r1 (RFC 5480 2.1.1.1), with what they take when one on P-256 takes a unit.
const CURVES: [(&[u8], u64); 2] = [
    (b"\x06\x05\x2b\x81\x04\x00\x22", 6),
    (b"\x06\x05\x2b\x81\x04\x00\x23", 12),
];
// RFC 5958 names the curve before the key and RFC 5915 behind it, in no more than this.
const NAMED: usize = 512;

// What a key of RSA-2048 has in PKCS#1, about half of it.
const UNIT_OCTETS: u64 = 600;

/// Whether these octets are a whole private key.
pub(super) fn is_key(octets: &[u8]) -> bool {
    octets.len() <= LARGEST && whole::is_key(octets)
}

/// The public half of a whole private key, if it is opened.
pub(super) fn open(octets: &[u8], effort: &Effort) -> Option<Sha256Digest> {
    let may_open = effort.spend(cost(octets));
    let pair = may_open.then(|| KeyPair::try_from(octets).ok());
    pair.flatten().map(digest)
}

/// A key in base64.
pub(super) struct Found {
    pub(super) place: usize,
    pub(super) key: Option<Sha256Digest>,
}

/// The keys in base64 that is not in PEM. Where very much begins as one and is none, nobody looks on for those that are whole:
/// that is taken for one.
pub(super) fn in_base64<'o>(
    octets: &'o [u8],
    effort: &'o Effort,
) -> impl Iterator<Item = Found> + 'o {
    let beginnings = memchr_iter(FIRST, octets).filter(|place| {
        let is_first = !octets[..*place].last().is_some_and(|octet| is_part(*octet));
        is_first && is_written_so(&octets[*place..])
    });
    let mut left = Some(MISTAKEN);
    let keys = beginnings.map_while(move |place| {
        let before = left?;
        let begun = octets[place..].first_chunk().and_then(length);
        let Some(length) = begun.filter(|_| !is_in_pem(&octets[..place])) else {
            return Some(None);
        };
        let (text, read) = said(&octets[place..], length.div_ceil(3) * 4);
        let whole = text.get(..length).filter(|text| is_key(text));
        left = before.checked_sub(if whole.is_some() { 0 } else { read });
        let key = whole.and_then(|whole| open(whole, effort));
        let is_found = whole.is_some() || left.is_none();
        Some(is_found.then_some(Found { place, key }))
    });
    keys.flatten()
}

const fn is_part(octet: u8) -> bool {
    is_symbol(octet) && octet != b'='
}

/// Whether some of the symbols are those of a SEQUENCE with its length in none, one or two octets more (X.690 8.1.3) and of
/// an INTEGER of one octet in it. Nearly nothing else is looked at closer.
fn is_written_so(octets: &[u8]) -> bool {
    matches!(
        octets,
        [_, b'A'..=b'H', _, b'C', b'A', ..]
            | [_, b'I', b'E'..=b'H', _, b'A', b'g', b'E', ..]
            | [_, b'I', b'I', _, _, _, _, b'B', b'A', ..]
    )
}

/// Whether a block of PEM begins before it, in which keys are looked for anyway.
fn is_in_pem(before: &[u8]) -> bool {
    let before = &before[before.len().saturating_sub(MARGIN)..];
    before.trim_ascii_end().ends_with(DASHES)
}

/// What these octets say in base64, up to so many symbols, broken over lines or not, and how many of them were looked at.
fn said(octets: &[u8], wanted: usize) -> (Zeroizing<Vec<u8>>, usize) {
    let near = &octets[..octets.len().min(wanted * 4)];
    let mut rest = near;
    let mut symbols = Zeroizing::new(Vec::with_capacity(wanted));
    while symbols.len() < wanted
        && let Some((symbol, after)) = next_symbol(rest)
        && symbol != b'='
        && rest[..rest.len() - after.len()]
            .iter()
            .copied()
            .all(is_inside)
    {
        symbols.push(symbol);
        rest = after;
    }
    (Zeroizing::new(decode(&symbols)), near.len() - rest.len())
}

/// How many octets the key has whose base64 begins so, if that of one does.
fn length(symbols: &[u8; BEGINNING]) -> Option<usize> {
    let mut beginning = [0; BEGINNING / 4 * 3];
    LENIENT.decode_slice(symbols, &mut beginning).ok()?;
    let header = header(&beginning)?;
    let length = match beginning.get(1..header)? {
        [length] | [0x81, length] => usize::from(*length),
        [0x82, high, low] => usize::from(u16::from_be_bytes([*high, *low])),
        _ => return None,
    };
    // A version of 0 or 1, and then the algorithm, a number of the key or the key itself.
    let is_key = matches!(
        beginning.get(header..)?,
        [INTEGER, 1, 0, SEQUENCE | INTEGER, ..] | [INTEGER, 1, 1, SEQUENCE | OCTETS, ..]
    );
    Some(header + length).filter(|whole| is_key && *whole <= LARGEST)
}

/// How many octets stand before the first element of a SEQUENCE. X.690 8.1.3: the length is in one octet, or in as many as
/// the first one says.
fn header(octets: &[u8]) -> Option<usize> {
    match octets {
        [SEQUENCE, length @ 0x80..=0xff, ..] => Some(2 + usize::from(length & 0x7f)),
        [SEQUENCE, ..] => Some(2),
        _ => None,
    }
}

/// What it takes to open a key: where it does not say its public half, that is a product on its curve.
pub(super) fn cost(key: &[u8]) -> u64 {
    let octets = u64::try_from(key.len()).unwrap_or(u64::MAX);
    let whole = octets.saturating_pow(3) / UNIT_OCTETS.pow(3);
    let named = &key[..key.len().min(NAMED)];
    let curves = CURVES.iter().filter(|(curve, _)| {
        let mut places = named.windows(curve.len());
        places.any(|place| place == *curve)
    });
    let curve = curves.map(|(_, units)| *units).max();
    whole.max(curve.unwrap_or(1))
}

/// Names a key by its public half, and forgets it.
pub(super) fn digest(mut pair: KeyPair) -> Sha256Digest {
    let digest = Sha256Digest::of(&pair.subject_public_key_info());
    pair.zeroize();
    digest
}

#[cfg(test)]
mod tests {
    use rcgen::{
        PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519,
    };

    use super::*;
    use crate::secrets::OPENED;

    #[test]
    fn few_long_keys_are_opened_and_many_short_ones() {
        for (octets, number) in [(138, 499), (1_190, 71), (2_350, 8), (4_700, 1)] {
            let effort = Effort::of(OPENED);
            let key = vec![0; octets];
            let opened = (0..2_000).take_while(|_| effort.spend(cost(&key)));
            assert_eq!(opened.count(), number, "{octets}");
        }
    }

    #[test]
    fn fewer_keys_are_opened_on_the_curves_that_take_longer() {
        for (algorithm, number) in [
            (&PKCS_ED25519, 499),
            (&PKCS_ECDSA_P256_SHA256, 499),
            (&PKCS_ECDSA_P384_SHA384, 83),
            (&PKCS_ECDSA_P521_SHA512, 41),
        ] {
            let key = KeyPair::generate_for(algorithm).unwrap().serialize_der();
            let effort = Effort::of(OPENED);
            let opened = (0..2_000).take_while(|_| effort.spend(cost(&key)));
            assert_eq!(opened.count(), number, "{algorithm:?}");
        }
    }

    #[test]
    fn what_only_begins_as_a_key_costs_nothing_of_what_opens_keys() {
        let effort = Effort::of(1);
        let begun = "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEA";
        for text in [
            &format!("{begun}\n"),
            "MIIEpAIBAgKC",
            "MAAA",
            "MIIE",
            "xMIIEpAIBAAKC",
            "-----\n MIIEpAIBAAKC",
        ] {
            assert_eq!(in_base64(text.as_bytes(), &effort).count(), 0, "{text}");
        }
        // So many are taken for one, for nobody looks which of them are whole.
        let text = format!("{begun}\n").repeat(3_000);
        let found: Vec<_> = in_base64(text.as_bytes(), &effort).collect();
        assert!(
            matches!(found[..], [Found { key: None, .. }]),
            "{}",
            found.len()
        );
        assert!(!effort.is_exhausted());
    }
}
