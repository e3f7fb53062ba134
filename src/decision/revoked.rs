//! What a revocation forbids: to certify the same bytes again, and ever to certify a key that others have.
//!
//! In come a request and what is revoked; out come the reasons against it. No policy can allow what is refused here.

use crate::decision::case::Case;
use crate::finding::{Code, Reason};

/// Bytes whose certificate was revoked get no other one.
pub(super) fn content(case: &Case<'_, '_>) -> Vec<Reason> {
    let request = case.request;
    if case.revocations.is_forbidden(&request.name, request.blob) {
        let message = "every certificate of this request was revoked before it had one";
        let help = "change the request, and land that together with the revocation or after it";
        return vec![Reason::new(Code::ContentRevoked, message).help(help)];
    }
    let found = case.revocations.content(&request.name, request.blob);
    let reason = |serial: &str, why: String| {
        let message = format!("certificate {serial} of these very bytes was revoked: {why}");
        Reason::new(Code::ContentRevoked, message)
            .value(serial)
            .help(format!(
                "a new certificate takes a new request: `gitca new {}`",
                request.name
            ))
    };
    let found = found.map(|found| reason(&found.leaf.serial_number, found.reason.to_string()));
    found.into_iter().collect()
}

/// A key that was revoked since others have it is blocked for good.
pub(super) fn key(case: &Case<'_, '_>) -> Option<Reason> {
    let key = case.request.csr.key.digest();
    let found = case.revocations.compromised(&key)?;
    let message = format!(
        "the key of this request is compromised: certificate {} of request `{}` was revoked for it",
        found.leaf.serial_number, found.request
    );
    let reason = Reason::new(Code::KeyBlocked, message).field("csr.key");
    let reason = reason.value(key.to_string());
    Some(reason.help("make a new key for this request: `gitca new NAME`"))
}
