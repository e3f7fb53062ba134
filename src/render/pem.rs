//! Certificates as text (RFC 7468).
//!
//! In comes DER; out comes one block with lines of 64 characters and a line end at the end of each, as openssl writes
//! it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

// RFC 7468 2: lines of 64 characters.
const PEM_COLUMNS: usize = 64;

/// A certificate as PEM, RFC 7468 5.
#[must_use]
pub fn pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in body.as_bytes().chunks(PEM_COLUMNS) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}
