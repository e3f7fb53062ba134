//! The syntax of labels and annotations, as the API server checks it.
//!
//! In come keys and values; out comes what is wrong with one, as a sentence without its subject. A key is a name of at
//! most 63 characters, alone or after a DNS name and `/`; the value of a label follows the rules of such a name or is
//! empty.

use crate::names::ObjectName;

// Kubernetes, "Labels and Selectors", syntax and character set: as long as a DNS label (RFC 1035 2.3.4).
const NAME_OCTETS: usize = 63;
const NAME: &str =
    "must have at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends";

pub(super) fn check_key(key: &str) -> Result<(), String> {
    let name = match key.split_once('/') {
        None => key,
        Some((prefix, name)) => {
            let prefix: Result<ObjectName, _> = prefix.parse();
            prefix.map_err(|error| format!("the part before `/` {error}"))?;
            name
        }
    };
    if is_name(name) {
        return Ok(());
    }
    Err(format!("the name {NAME}"))
}

pub(super) fn check_value(value: &str) -> Result<(), String> {
    if value.is_empty() || is_name(value) {
        return Ok(());
    }
    Err(format!("the value {NAME}, or be empty"))
}

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    bytes.len() <= NAME_OCTETS
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(inner)
}
