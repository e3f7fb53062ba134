//! `provenance.json` as an earlier run wrote it: who asked, and which statements the certificate rested on.
//!
//! In come the octets of the file; out comes what they say, and nothing where they are not what a run writes. It proves
//! nothing by itself: the certificate does. Predicate type: gitca.dev/issuance/v1.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::names::Sha256Digest;

/// The Principal who asked; `None` where nobody was known.
#[must_use]
pub fn requester(octets: &[u8]) -> Option<String> {
    let statement = statement(octets);
    let principal = statement.pointer("/predicate/requester/principal")?;
    principal.as_str().map(str::to_owned)
}

/// The statements that a certificate rested on, by their digests.
#[must_use]
pub fn approvals(octets: &[u8]) -> BTreeSet<Sha256Digest> {
    let statement = statement(octets);
    let approvals = statement.pointer("/predicate/approvals");
    let digest = |approval: &Value| approval.get("sha256")?.as_str()?.parse().ok();
    approvals
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(digest)
        .collect()
}

fn statement(octets: &[u8]) -> Value {
    serde_json::from_slice(octets).unwrap_or_default()
}
