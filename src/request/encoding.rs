//! The base64 of `spec.request` (RFC 4648 4), read as the API server reads it and a little kinder to YAML.
//!
//! In comes the text of the field; out come the octets and their canonical encoding, or what is wrong with it and how
//! to make it right. Only the standard alphabet with padding is accepted; CR and LF are ignored as in Go, and blanks are
//! too since YAML folds the lines of a plain scalar into them.

use base64::DecodeError;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

// Bits after the last octet are ignored as in Go: what is judged is the octets, and what is written is encoded anew.
const GO: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// The content of `spec.request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    /// What was encoded, PEM if the request is one.
    pub(super) pem: Vec<u8>,
    /// Its encoding in one line.
    pub(super) base64: String,
    /// Whether blanks stood between the symbols.
    pub(super) blanks: bool,
}

/// Why a text is not base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EncodingError {
    Pem,
    UrlAlphabet,
    Symbol,
    Padding,
}

impl EncodingError {
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Pem => "must be the base64 of the PEM, not the PEM itself",
            Self::UrlAlphabet => "must use the standard alphabet of base64, with `+` and `/`",
            Self::Symbol => "holds a character that is not base64",
            Self::Padding => "is cut off, or its padding of `=` is missing or misplaced",
        }
    }
}

pub(super) fn decode(text: &str) -> Result<Encoded, EncodingError> {
    if text.contains("-----BEGIN") {
        return Err(EncodingError::Pem);
    }
    let blanks = text.contains([' ', '\t']);
    let symbols: String = text
        .chars()
        .filter(|symbol| !matches!(symbol, '\r' | '\n' | ' ' | '\t'))
        .collect();
    let pem = GO.decode(&symbols).map_err(|error| explain(&error))?;
    let base64 = GO.encode(&pem);
    Ok(Encoded {
        pem,
        base64,
        blanks,
    })
}

fn explain(error: &DecodeError) -> EncodingError {
    match error {
        DecodeError::InvalidByte(_, b'-' | b'_') => EncodingError::UrlAlphabet,
        DecodeError::InvalidByte(_, b'=') => EncodingError::Padding,
        DecodeError::InvalidByte(..) => EncodingError::Symbol,
        _ => EncodingError::Padding,
    }
}
