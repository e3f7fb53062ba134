//! Whether the to-be-signed octets are DER from the first to the last, read without any decoder of ours or theirs.
//!
//! In come the octets; out comes the first place that has another, shorter or more usual encoding (X.690 10 and 11), or
//! that RFC 5280 wants otherwise. Two parsers may read one encoding in two ways only where it is none of these.

use crate::x509::key::kind::{Curve, KeyKind};

// X.690 8.1.2: class and number of the tags that a certificate is made of.
const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONTEXT: u8 = 0x80;
const CONSTRUCTED: u8 = 0x20;
// X.690 8.1.2.4: more octets of a tag follow.
const LONG_TAG: u8 = 0x1f;
// RFC 5280 4.1: where they stand in a TBSCertificate that has a version.
pub(super) const SIGNATURE: usize = 2;
const ISSUER: usize = 3;
const KEY: usize = 6;
// A certificate of the largest request is below 2^24 octets.
const LENGTHS: std::ops::RangeInclusive<usize> = 1..=3;
// Deeper than any certificate; it bounds the recursion.
const DEPTH: usize = 12;

/// The `AlgorithmIdentifier` that an issuer with such a key signs with: RFC 4055 5, RFC 5758 3.2, RFC 8410 3.
pub(super) fn signature_of(issuer: KeyKind) -> &'static [u8] {
    match issuer {
        KeyKind::Rsa { .. } => &[
            0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0,
        ],
        KeyKind::Ecdsa(Curve::P256) => &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2],
        KeyKind::Ecdsa(Curve::P384) => &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3],
        KeyKind::Ecdsa(Curve::P521) => &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4],
        KeyKind::Ed25519 => &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70],
    }
}

/// What is not DER, if anything is. Issuer and key are not looked into: they are copied, and compared octet by octet.
pub(super) fn fault(tbs: &[u8]) -> Option<&'static str> {
    match split(tbs) {
        Ok((SEQUENCE, _, [])) => {}
        Ok(_) => return Some("it is not one SEQUENCE"),
        Err(problem) => return Some(problem),
    }
    let mut parts = parts(tbs).into_iter().enumerate();
    parts.find_map(|(place, part)| {
        let is_copied = place == ISSUER || place == KEY;
        let checked = (!is_copied).then(|| value(part, DEPTH, Holder::Certificate));
        checked.and_then(Result::err)
    })
}

/// The values that the TBSCertificate holds one after another.
pub(super) fn parts(tbs: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let Ok((SEQUENCE, mut rest, [])) = split(tbs) else {
        return parts;
    };
    while let Ok((_, _, after)) = split(rest)
        && let Some(part) = rest.get(..rest.len() - after.len())
    {
        parts.push(part);
        rest = after;
    }
    parts
}

/// What an OCTET STRING holds depends on where it stands: that of an extension holds DER.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Certificate,
    Extension,
}

/// Checks the first value and returns what follows it.
fn value(der: &[u8], depth: usize, holder: Holder) -> Result<&[u8], &'static str> {
    let depth = depth.checked_sub(1).ok_or("is nested too deep")?;
    let (tag, content, rest) = split(der)?;
    match tag {
        SEQUENCE => sequence(content, depth, holder)?,
        SET => set(content, depth, holder)?,
        OCTET_STRING if holder == Holder::Certificate => {
            let after = value(content, depth, Holder::Extension)?;
            unless(after.is_empty(), "octets follow an extension")?;
        }
        OCTET_STRING => {}
        tag if tag & CONTEXT != 0 && tag & CONSTRUCTED != 0 => sequence(content, depth, holder)?,
        tag if tag & CONTEXT != 0 => {}
        _ => primitive(tag, content)?,
    }
    Ok(rest)
}

fn primitive(tag: u8, content: &[u8]) -> Result<(), &'static str> {
    match tag {
        // Every BOOLEAN of a certificate is FALSE by default, and a default is left out.
        BOOLEAN => unless(content == [0xff], "a BOOLEAN is no TRUE"),
        INTEGER => unless(
            is_shortest(content),
            "an INTEGER is not in its shortest form",
        ),
        BIT_STRING => unless(
            is_named_bits(content),
            "a BIT STRING does not end with its last bit that is set",
        ),
        NULL => unless(content.is_empty(), "a NULL is not empty"),
        OBJECT_IDENTIFIER => unless(is_identifier(content), "an OBJECT IDENTIFIER is malformed"),
        UTF8_STRING => unless(
            str::from_utf8(content).is_ok_and(|text| !text.is_empty() && !is_printable(content)),
            "a UTF8String is empty, no UTF-8, or fits a PrintableString",
        ),
        PRINTABLE_STRING => unless(
            !content.is_empty() && is_printable(content),
            "a PrintableString holds what it can't",
        ),
        UTC_TIME => unless(is_time(content, 12), "a UTCTime is malformed"),
        // RFC 5280 4.1.2.5: until 2049 it has to be a UTCTime.
        GENERALIZED_TIME => unless(
            is_time(content, 14) && content >= b"2050",
            "a GeneralizedTime is malformed or before 2050",
        ),
        _ => Err("it holds a value of a kind that no certificate has"),
    }
}

fn unless(holds: bool, problem: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(problem) }
}

/// Tag, content and what follows. X.690 10.1: the length is definite and in as few octets as it can be.
pub(super) fn split(der: &[u8]) -> Result<(u8, &[u8], &[u8]), &'static str> {
    let [tag, length, rest @ ..] = der else {
        return Err("it is cut off");
    };
    if tag & LONG_TAG == LONG_TAG {
        return Err("a tag has several octets");
    }
    let (length, rest) = if *length < 0x80 {
        (usize::from(*length), rest)
    } else {
        let octets = usize::from(length & 0x7f);
        if !LENGTHS.contains(&octets) {
            return Err("a length is indefinite or too large");
        }
        let (octets, rest) = rest.split_at_checked(octets).ok_or("it is cut off")?;
        let length = octets
            .iter()
            .fold(0, |length, octet| length << 8 | usize::from(*octet));
        unless(
            octets.first() != Some(&0) && length >= 0x80,
            "a length is not in its shortest form",
        )?;
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length).ok_or("it is cut off")?;
    Ok((*tag, content, rest))
}

fn sequence(mut content: &[u8], depth: usize, holder: Holder) -> Result<(), &'static str> {
    while !content.is_empty() {
        content = value(content, depth, holder)?;
    }
    Ok(())
}

/// X.690 11.6: the values of a SET OF come in ascending order, here none of them twice.
fn set(mut content: &[u8], depth: usize, holder: Holder) -> Result<(), &'static str> {
    let mut last: &[u8] = &[];
    while !content.is_empty() {
        let rest = value(content, depth, holder)?;
        let this = &content[..content.len() - rest.len()];
        unless(last < this, "the values of a SET are not in order")?;
        (last, content) = (this, rest);
    }
    unless(!last.is_empty(), "a SET is empty")
}

fn is_shortest(integer: &[u8]) -> bool {
    match integer {
        [] => false,
        [_] => true,
        [first, second, ..] => !matches!((first, second), (0, 0..0x80) | (0xff, 0x80..)),
    }
}

/// X.690 11.2.2: of a list of named bits, KeyUsage here, no zero bit at the end is written.
fn is_named_bits(bits: &[u8]) -> bool {
    match bits {
        [unused, .., last] => u32::from(*unused) == last.trailing_zeros(),
        _ => false,
    }
}

/// X.690 8.19.2: each part ends with an octet below 0x80 and begins with none that is 0x80.
fn is_identifier(content: &[u8]) -> bool {
    let mut begins = true;
    for octet in content {
        if begins && *octet == 0x80 {
            return false;
        }
        begins = *octet < 0x80;
    }
    begins && !content.is_empty()
}

/// X.680 41.4, table 10.
fn is_printable(text: &[u8]) -> bool {
    text.iter()
        .all(|octet| octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(octet))
}

/// X.690 11.7, 11.8: so many digits, and `Z`.
fn is_time(content: &[u8], digits: usize) -> bool {
    let (last, text) = match content.split_last() {
        Some((last, text)) => (*last, text),
        None => return false,
    };
    last == b'Z' && text.len() == digits && text.iter().all(u8::is_ascii_digit)
}
