//! `provenance.json` as an earlier run wrote it: who asked, what the certificate rested on and how long it is good for.
//!
//! In come the octets of the file; out comes what they say, and nothing where they are not what a run writes. It proves
//! nothing by itself: the certificate does. Predicate type: gitca.dev/issuance/v1.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::names::{ObjectId, Sha256Digest};
use crate::timestamp::Timestamp;

/// What a certificate rested on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The manifest that was signed.
    pub blob: Option<ObjectId>,
    /// The mainline commit that brought it.
    pub introduced_in: Option<ObjectId>,
    /// Of the certificate, in lower-case hexadecimal.
    pub serial_number: String,
    /// The end of the certificate.
    pub not_after: Timestamp,
    /// The clock of the run that signed it.
    pub now: Timestamp,
    /// The clock of the run that signed the first certificate for the same bytes.
    pub first_issued: Timestamp,
    /// The policy that admitted it.
    pub policy: String,
    /// The Principal who asked, if one was known.
    pub requester: Option<String>,
    /// The approvals that were counted, by the SHA-256 of their octets.
    pub approvals: BTreeSet<Sha256Digest>,
}

impl Provenance {
    /// Reads the file.
    #[must_use]
    pub fn read(octets: &[u8]) -> Option<Self> {
        Self::of(&serde_json::from_slice(octets).ok()?)
    }

    fn of(statement: &Value) -> Option<Self> {
        let text = |pointer: &str| statement.pointer(pointer)?.as_str();
        let time = |pointer: &str| text(pointer)?.parse::<Timestamp>().ok();
        let now = time("/predicate/now")?;
        let first = match statement.pointer("/predicate/renews") {
            None => now,
            Some(_) => time("/predicate/renews/firstIssued")?,
        };
        let id = |pointer: &str| text(pointer)?.parse::<ObjectId>().ok();
        Some(Self {
            blob: id("/predicate/request/gitBlob"),
            introduced_in: id("/predicate/request/introducedIn"),
            serial_number: text("/predicate/serialNumber")?.to_owned(),
            not_after: time("/predicate/notAfter")?,
            now,
            first_issued: first,
            policy: text("/predicate/policy/name")?.to_owned(),
            requester: text("/predicate/requester/principal").map(str::to_owned),
            approvals: digests(statement)?,
        })
    }
}

/// Who had a hand in a certificate, as names of then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// The Principal who asked, if one was known.
    pub requester: Option<String>,
    /// The address that git had for whoever made the request.
    pub email: String,
    /// Whether a signature proved who asked.
    pub verified: bool,
    /// The Principals whose approvals were counted.
    pub approvals: Vec<String>,
}

/// The clock of the run that signed, and who had a hand in it; `None` where the file is not what a run writes.
#[must_use]
pub fn people(octets: &[u8]) -> Option<(Timestamp, People)> {
    let statement: Value = serde_json::from_slice(octets).ok()?;
    let now = statement.pointer("/predicate/now")?.as_str()?;
    let text = |pointer: &str| statement.pointer(pointer)?.as_str().map(str::to_owned);
    let verified = statement.pointer("/predicate/requester/verified");
    let approvals = statement.pointer("/predicate/approvals")?.as_array()?;
    let principal = |approval: &Value| approval.get("principal")?.as_str().map(str::to_owned);
    let people = People {
        requester: text("/predicate/requester/principal"),
        email: text("/predicate/requester/email").unwrap_or_default(),
        verified: verified.and_then(Value::as_bool) == Some(true),
        approvals: approvals.iter().filter_map(principal).collect(),
    };
    Some((now.parse().ok()?, people))
}

/// The Principal who asked; `None` where nobody was known.
#[must_use]
pub fn requester(octets: &[u8]) -> Option<String> {
    let statement = statement(octets);
    let principal = statement.pointer("/predicate/requester/principal")?;
    principal.as_str().map(str::to_owned)
}

/// The statements that a certificate rested on, by their digests, and all that it rested on; the latter only where the file is
/// what a run writes.
#[must_use]
pub fn spent(octets: &[u8]) -> (BTreeSet<Sha256Digest>, Option<Provenance>) {
    let statement = statement(octets);
    let approvals = statement.pointer("/predicate/approvals");
    let approvals = approvals.and_then(Value::as_array).into_iter().flatten();
    (
        approvals.filter_map(digest).collect(),
        Provenance::of(&statement),
    )
}

fn digests(statement: &Value) -> Option<BTreeSet<Sha256Digest>> {
    let approvals = statement.pointer("/predicate/approvals")?.as_array()?;
    approvals.iter().map(digest).collect()
}

fn digest(approval: &Value) -> Option<Sha256Digest> {
    approval.get("sha256")?.as_str()?.parse().ok()
}

fn statement(octets: &[u8]) -> Value {
    serde_json::from_slice(octets).unwrap_or_default()
}
