//! The octets of DER (X.690 10 and 11) below what a reader takes apart: every value at every depth.
//!
//! In come octets, whatever they hold; out comes whether each value in them that says its own type has its only
//! encoding. A reader leaves alone what it does not know, and compares object identifiers octet by octet: one with a
//! padded subidentifier is unknown to it and well known to others. The content of OCTET STRINGs and of primitive values
//! with a tag of their context says no type, and is for its reader to judge; so is the form of REAL.

// X.690 8.1.2: the bits of the first octet, and X.680 8.4: the numbers of the universal class.
const CONSTRUCTED: u8 = 0x20;
const NUMBER: u8 = 0x1f;
const UNIVERSAL: u8 = 0;
const SET: u64 = 17;

/// Whether all values one after the other are DER, and so are all that they consist of.
///
/// Takes no stack and a time that grows with the octets, however deep they are.
pub(super) fn is_canonical(der: &[u8]) -> bool {
    let mut left = vec![der];
    while let Some(octets) = left.pop() {
        let Some(values) = split(octets) else {
            return false;
        };
        for value in &values {
            if !value.is_canonical() {
                return false;
            }
            if value.is_constructed {
                left.push(value.content);
            }
        }
    }
    true
}

/// X.690 8.19.2: whole subidentifiers, each in the fewest octets.
pub(super) fn is_object_identifier(content: &[u8]) -> bool {
    let is_more = |octet: &u8| octet & 0x80 != 0;
    content.last().is_some_and(|last| !is_more(last))
        && content
            .split_inclusive(|octet| !is_more(octet))
            .all(|digits| digits.first() != Some(&0x80))
}

struct Value<'a> {
    class: u8,
    number: u64,
    is_constructed: bool,
    whole: &'a [u8],
    content: &'a [u8],
}

fn split(mut octets: &[u8]) -> Option<Vec<Value<'_>>> {
    let mut values = Vec::new();
    while !octets.is_empty() {
        let value = Value::first(octets)?;
        octets = &octets[value.whole.len()..];
        values.push(value);
    }
    Some(values)
}

impl<'a> Value<'a> {
    fn first(octets: &'a [u8]) -> Option<Self> {
        let (&first, rest) = octets.split_first()?;
        let (number, rest) = number(first, rest)?;
        let (length, rest) = length(rest)?;
        let content = rest.get(..length)?;
        Some(Self {
            class: first >> 6,
            number,
            is_constructed: first & CONSTRUCTED != 0,
            whole: &octets[..octets.len() - rest.len() + length],
            content,
        })
    }

    fn is_canonical(&self) -> bool {
        if self.class != UNIVERSAL {
            return true;
        }
        match (self.number, self.is_constructed) {
            (SET, true) => is_sorted(self.content),
            // EXTERNAL, EMBEDDED PDV, SEQUENCE, CHARACTER STRING; X.690 10.2: no string is in parts.
            (8 | 11 | 16 | 29, is_constructed) => is_constructed,
            (_, true) => false,
            (_, false) => is_primitive(self.number, self.content),
        }
    }
}

fn is_primitive(number: u64, content: &[u8]) -> bool {
    match number {
        // The end of contents of an indefinite length, and what X.680 reserves.
        0 | 15 | SET => false,
        1 => matches!(content, [0 | 0xff]),
        2 | 10 => is_integer(content),
        3 => is_bit_string(content),
        5 => content.is_empty(),
        6 | 13 => is_object_identifier(content),
        23 => is_time(content, 12),
        24 => is_time(content, 14),
        _ => true,
    }
}

/// X.690 8.3.2: the first nine bits are not alike.
fn is_integer(content: &[u8]) -> bool {
    match content {
        [] => false,
        [0, second, ..] => second & 0x80 != 0,
        [0xff, second, ..] => second & 0x80 == 0,
        _ => true,
    }
}

/// X.690 11.2.1: each unused bit is zero.
fn is_bit_string(content: &[u8]) -> bool {
    match content {
        [unused] => *unused == 0,
        [unused, .., last] => *unused < 8 && u32::from(*unused) <= last.trailing_zeros(),
        [] => false,
    }
}

/// X.690 11.7 and 11.8: so many digits down to the seconds, a fraction without zeros at its end, and `Z`.
fn is_time(content: &[u8], digits: usize) -> bool {
    let Some((whole, rest)) = content.split_at_checked(digits) else {
        return false;
    };
    let are_digits = |octets: &[u8]| octets.iter().all(u8::is_ascii_digit);
    let is_rest = match rest {
        [b'Z'] => true,
        // UTCTime, which has twelve digits, has no fraction.
        [b'.', fraction @ .., b'Z'] if digits > 12 => {
            are_digits(fraction) && fraction.last().is_some_and(|last| *last != b'0')
        }
        _ => false,
    };
    are_digits(whole) && is_rest
}

/// X.690 11.6 for a SET OF, by encoding, or 10.3 for a SET, by tag: the octets do not say which of the two it is.
fn is_sorted(content: &[u8]) -> bool {
    let tag = |value: &Value<'_>| (value.class, value.number);
    split(content).is_some_and(|values| {
        values.is_sorted_by_key(|value| value.whole)
            || values.is_sorted_by(|one, next| tag(one) < tag(next))
    })
}

/// The number of the tag; X.690 8.1.2.4: above 30, and only then, in further octets, as few as can be.
fn number(first: u8, octets: &[u8]) -> Option<(u64, &[u8])> {
    let short = first & NUMBER;
    if short != NUMBER {
        return Some((u64::from(short), octets));
    }
    let end = octets.iter().position(|octet| octet & 0x80 == 0)?;
    let (digits, rest) = octets.split_at(end + 1);
    // More digits would not fit the number; no type has such a tag.
    if digits[0] == 0x80 || digits.len() > 9 {
        return None;
    }
    let number = digits
        .iter()
        .fold(0, |number, digit| number << 7 | u64::from(digit & 0x7f));
    (number >= u64::from(NUMBER)).then_some((number, rest))
}

/// X.690 10.1: the definite form, in the fewest octets.
fn length(octets: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = octets.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    if digits.len() > size_of::<usize>() || digits.first().is_none_or(|digit| *digit == 0) {
        return None;
    }
    let length = digits
        .iter()
        .fold(0, |length, digit| length << 8 | usize::from(*digit));
    (length >= 0x80).then_some((length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::testing::{sequence, set, tlv};

    #[test]
    fn each_value_has_one_encoding() {
        for (octets, is_der) in [
            (&[][..], true),
            (&[5, 0, 5, 0], true),
            (&[5], false),
            (&[0x30, 3, 5, 0], false),
            (&[1, 1, 0], true),
            (&[2, 1, 0xff], true),
            (&[2, 2, 0xff, 0x7f], true),
            (&[2, 2, 0xff, 0xff], false),
            (&[2, 2, 0, 0x7f], false),
            (&[3, 1, 0], true),
            (&[3, 1, 1], false),
            (&[3, 0], false),
            (&[3, 2, 7, 0x80], true),
            (&[3, 2, 8, 0], false),
            (&[6, 0], false),
            (&[6, 4, 0x88, 0x37, 0x81, 0x00], true),
            (&[6, 1, 0x80], false),
            (&[9, 0], true),
            (&[15, 0], false),
            (&[17, 0], false),
            (b"\x17\x0d30010100000\x30Z", true),
            (b"\x17\x0f300101000000.1Z", false),
            (b"\x18\x1120300101000000.1Z", true),
            (b"\x18\x1220300101000000.10Z", false),
            (b"\x18\x1020300101000000.Z", false),
            (b"\x18\x0f2030010100000aZ", false),
            // Long tags: 31, 30, a leading zero digit, no end, and a universal one of no type here.
            (&[0x5f, 0x1f, 0], true),
            (&[0x5f, 0x1e, 0], false),
            (&[0x5f, 0x80, 0x1f, 0], false),
            (&[0x5f, 0xff], false),
            (&[0x1f, 0x22, 1, b'a'], true),
            // A SET of a SEQUENCE (16) and a PrintableString (19), by tag and by encoding; by neither.
            (&[0x31, 4, 0x30, 0, 0x13, 0], true),
            (&[0x31, 4, 0x13, 0, 0x30, 0], true),
            (&[0x31, 6, 0x30, 0, 0x13, 0, 0x13, 0], false),
            (&[0x31, 4, 5, 0, 5, 0], true),
            (&[4, 0x82, 0, 0x80], false),
            (&[4, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0], false),
            (&[4, 0xff], false),
        ] {
            assert_eq!(is_canonical(octets), is_der, "{octets:x?}");
        }
        for length in [127, 128, 255, 256, 70_000] {
            assert!(is_canonical(&tlv(4, &[&vec![1; length]])), "{length}");
        }
    }

    #[test]
    fn the_depth_of_values_costs_no_stack_and_no_square_of_time() {
        let nested = |value: Vec<u8>| {
            (0..5000).fold(value, |value, n| {
                if n % 2 == 0 {
                    sequence(&[&value])
                } else {
                    set(&[&value])
                }
            })
        };
        assert!(is_canonical(&nested(vec![5, 0])));
        assert!(!is_canonical(&nested(vec![5, 1, 0])));
    }
}
