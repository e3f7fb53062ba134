//! Serial numbers of certificates: those that a run draws, and those that people and lists name.
//!
//! In come random octets, or what RFC 5280 4.1.2.2 allows of octets or hexadecimal; out comes a number that is positive
//! and has one spelling, the one that openssl prints.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::names::digest::hex;
use crate::names::dns::NameError;

/// The serial number of a certificate: positive, at most sixteen octets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; Serial::OCTETS]);

impl Serial {
    // RFC 5280 4.1.2.2: positive, at most 20 octets. Sixteen, sign bit cleared, carry 127 random bits.
    /// How many random octets make one.
    pub const OCTETS: usize = 16;

    /// The serial number that these random octets make; `None` for the one in 2^127 that would be zero.
    #[must_use]
    pub fn from_random(mut octets: [u8; Self::OCTETS]) -> Option<Self> {
        octets[0] &= 0x7f;
        (octets != [0; Self::OCTETS]).then_some(Self(octets))
    }

    /// Its octets, big-endian.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As in its DER, and so as openssl prints it: no leading octet that is zero.
        let zeros = self.0.iter().take_while(|octet| **octet == 0).count();
        f.write_str(&hex(&self.0[zeros..]))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Serial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The serial number of any certificate that RFC 5280 allows: positive, at most twenty octets. They sort as numbers.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SerialNumber(Vec<u8>);

impl SerialNumber {
    // RFC 5280 4.1.2.2: at most 20 octets, of which DER takes one where the first bit would mean a negative number.
    const BITS: usize = 20 * 8 - 1;

    /// The number that these octets are, big-endian; `None` for zero and for what is too long.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        let number = &octets[zeros..];
        let unused = number.first()?.leading_zeros() as usize;
        (number.len() * 8 - unused <= Self::BITS).then(|| Self(number.to_vec()))
    }

    /// Its octets, big-endian, the first of which is not zero.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl Ord for SerialNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        let shorter = self.0.len().cmp(&other.0.len());
        shorter.then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for SerialNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for SerialNumber {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let error = || {
            NameError::new(
                "must be the serial number in lower-case hexadecimal, two digits an octet, the first not 00, of at most 159 bits",
            )
        };
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let (pairs, odd) = text.as_bytes().as_chunks::<2>();
        let octet = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
        let octets: Option<Vec<u8>> = pairs.iter().map(octet).collect();
        let octets = octets.filter(|octets| odd.is_empty() && octets.first() != Some(&0));
        octets
            .and_then(|octets| Self::from_octets(&octets))
            .ok_or_else(error)
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_is_written_as_in_its_der() {
        let written = |first: u8, second: u8| {
            let mut octets = [0xab; Serial::OCTETS];
            (octets[0], octets[1]) = (first, second);
            Serial::from_random(octets).map(|serial| serial.to_string())
        };
        let rest = "ab".repeat(14);
        assert_eq!(written(0x01, 0x80), Some(format!("0180{rest}")));
        assert_eq!(written(0x80, 0x80), Some(format!("80{rest}")));
        assert_eq!(written(0x00, 0x00), Some(rest));
        assert_eq!(Serial::from_random([0; Serial::OCTETS]), None);
    }

    #[test]
    fn a_serial_number_that_people_name_has_one_spelling() {
        let longest = format!("7f{}", "ff".repeat(19));
        for text in ["01", "0a", "80ff", &longest] {
            let number: SerialNumber = text.parse().expect(text);
            assert_eq!(number.to_string(), *text);
        }
        let (too_long, too_great) = ("01".repeat(21), "80".repeat(20));
        for text in [
            "", "0", "00", "0001", "0A", "123", "0x12", "-1", "12 34", &too_long, &too_great,
        ] {
            assert!(text.parse::<SerialNumber>().is_err(), "{text}");
        }
    }

    #[test]
    fn serial_numbers_sort_as_numbers() {
        let number = |text: &str| text.parse::<SerialNumber>().expect("a serial number");
        assert!(number("ff") < number("0100"));
        assert!(number("0100") < number("0101"));
    }
}
