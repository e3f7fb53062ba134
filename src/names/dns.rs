//! DNS-1123 names (RFC 1123 2.1) as Kubernetes applies them to its objects, and why a text is none.
//!
//! In come texts; out comes nothing, or a [`NameError`] that can stand after the name of the field.

use std::borrow::Cow;
use std::fmt;

// RFC 1123 2.1, as Kubernetes bounds a subdomain.
pub(super) const SUBDOMAIN_OCTETS: usize = 253;
// RFC 1035 2.3.4.
pub(super) const LABEL_OCTETS: usize = 63;

/// Why a text is not the name it should be: a sentence without its subject, `must not be empty`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError(Cow<'static, str>);

impl NameError {
    /// Says what the text must be or must not be.
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NameError {}

pub(super) fn check_subdomain(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError("must not be empty".into()));
    }
    if text.len() > SUBDOMAIN_OCTETS {
        return Err(NameError::new(format!(
            "must have at most {SUBDOMAIN_OCTETS} characters"
        )));
    }
    if !text.split('.').all(is_label_of_any_length) {
        return Err(NameError(
            "must be lower-case letters, digits, `-` and `.`, and begin and end with a letter or digit".into(),
        ));
    }
    Ok(())
}

/// Whether the text is a lower-case DNS-1123 label, if one forgets its length.
pub(crate) fn is_label_of_any_length(label: &str) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = label.as_bytes();
    bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
}
