//! One label of a DNS name, as host names have them.

// RFC 1035 2.3.4.
pub(super) const LABEL_OCTETS: usize = 63;

/// Whether a text can be one label of a requested name, in lower case.
#[must_use]
pub fn is_label(text: &str) -> bool {
    (1..=LABEL_OCTETS).contains(&text.len())
        && text.bytes().all(is_label_octet)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

pub(super) fn is_label_octet(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
}
