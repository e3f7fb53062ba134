//! The types that SSH puts on the wire (RFC 4251 5): octets, numbers and strings with their length before them.
//!
//! In come octets that somebody else wrote; a [`Reader`] hands out their pieces or nothing, and never allocates for a
//! length that isn't there. The functions write the same types.

/// Octets that are read from the front.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// So many octets.
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn octet(&mut self) -> Option<u8> {
        self.take(1).map(|octets| octets[0])
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        let octets = self.take(4)?.try_into().ok()?;
        Some(u32::from_be_bytes(octets))
    }

    /// The content of a string.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    /// The content of a string that is text.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.string()?).ok()
    }

    /// A positive integer without its leading zero. RFC 4251 5: no octet more than it needs, and none for zero.
    pub(super) fn positive(&mut self) -> Option<&'a [u8]> {
        match self.string()? {
            [] => None,
            [0, rest @ ..] => {
                Some(rest).filter(|rest| rest.first().is_some_and(|octet| octet >> 7 == 1))
            }
            digits => Some(digits).filter(|digits| digits[0] >> 7 == 0),
        }
    }

    /// What is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Something, if nothing is left.
    pub(super) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// Appends a number.
pub(super) fn put_number(out: &mut Vec<u8>, number: u32) {
    out.extend(number.to_be_bytes());
}

/// Appends a string.
pub(super) fn put_string(out: &mut Vec<u8>, content: impl AsRef<[u8]>) {
    let content = content.as_ref();
    let length = u32::try_from(content.len()).expect("nothing here is as long as 4 GiB");
    put_number(out, length);
    out.extend(content);
}

/// Appends a positive integer that is given with any number of leading zeros.
pub(super) fn put_positive(out: &mut Vec<u8>, digits: &[u8]) {
    let zeros = digits.iter().take_while(|octet| **octet == 0).count();
    let digits = &digits[zeros..];
    let mut integer = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_some_and(|octet| octet >> 7 == 1) {
        integer.push(0);
    }
    integer.extend(digits);
    put_string(out, integer);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_has_one_way_to_be_written() {
        for (content, digits) in [
            (&[1][..], Some(&[1][..])),
            (&[0, 0x80], Some(&[0x80])),
            (&[], None),
            (&[0], None),
            (&[0, 1], None),
            (&[0x80], None),
        ] {
            let mut octets = Vec::new();
            put_string(&mut octets, content);
            assert_eq!(Reader::new(&octets).positive(), digits, "{content:?}");
            let mut again = Vec::new();
            put_positive(&mut again, digits.unwrap_or(&[1]));
            assert_eq!(again == octets, digits.is_some(), "{content:?}");
        }
    }

    #[test]
    fn a_string_ends_where_the_octets_end() {
        assert_eq!(Reader::new(&[0, 0, 0, 2, b'a']).string(), None);
        assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff]).string(), None);
        assert_eq!(Reader::new(&[0, 0, 0]).number(), None);
    }
}
