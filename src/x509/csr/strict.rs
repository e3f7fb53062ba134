//! Values that are DER (X.690 10 and 11) from their first octet to their last.
//!
//! In come the octets of one value; out come the value, or the reason why they are not its only encoding.

use der::{Decode, Encode, ErrorKind};

use crate::finding::{Code, Reason};
use crate::x509::csr::canonical::is_canonical;

const FIELD: &str = "spec.request";

/// Decodes one value that is DER from its first octet to its last; `code` is for content that is not of this type.
///
/// Decoders do not look into values of any type, which encode as they were read, so each of those is looked at by itself.
pub(super) fn strict<'a, T>(der: &'a [u8], code: Code, what: &str) -> Result<T, Vec<Reason>>
where
    T: Decode<'a, Error = der::Error> + Encode,
{
    let value = strict_frame(der, code, what)?;
    if is_canonical(der) {
        Ok(value)
    } else {
        Err(no_der(what))
    }
}

/// The same, but what stands in it as a value of any type is left to the caller.
///
/// Decoders let some BER pass, such as an unsorted SET OF, so what was read has to encode to the same octets again.
pub(super) fn strict_frame<'a, T>(der: &'a [u8], code: Code, what: &str) -> Result<T, Vec<Reason>>
where
    T: Decode<'a, Error = der::Error> + Encode,
{
    let fault = |message| vec![Reason::new(code, message).field(FIELD)];
    let value = T::from_der(der).map_err(|error| match error.kind() {
        ErrorKind::IndefiniteLength
        | ErrorKind::Length { .. }
        | ErrorKind::Noncanonical { .. }
        | ErrorKind::Overlength
        | ErrorKind::SetOrdering => no_der(what),
        ErrorKind::TrailingData { .. } => fault(format!("bytes stand after {what}")),
        _ => fault(format!("{what} can't be decoded")),
    })?;
    if value.to_der().is_ok_and(|again| again == der) {
        Ok(value)
    } else {
        Err(no_der(what))
    }
}

/// The reason why a value is not its only encoding.
pub(super) fn no_der(what: &str) -> Vec<Reason> {
    vec![Reason::new(Code::MalformedDer, format!("{what} is not DER")).field(FIELD)]
}
