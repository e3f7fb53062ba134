//! What a run would do: every open request of a snapshot that somebody asks about, read once and decided by the rules. One
//! that comes with a change of the rules is decided by those before that change as well.
//!
//! In come the snapshot, the control zone, what git knows of keys and commits, and now; out comes a [`Plan`] that `check`
//! and `plan` report and `run` carries out. Pure and repeatable: after a plan is applied, planning again gives nothing.
//! Requests are read in order of path, and claim their keys in the order in which the mainline brought them.

mod attention;
mod decoded;
mod details;
mod entry;
mod evidence;
mod left;
pub mod listing;
pub mod lists;
mod reading;
mod size;
pub mod warnings;

pub use crate::plan::attention::Attention;
pub use crate::plan::entry::Entry;
pub use crate::plan::evidence::{Evidence, Requests};
pub use crate::plan::reading::{Patience, Turn, read, read_proposed};

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::decision::{Approved, Case};
use crate::finding::Finding;
use crate::names::{RequestName, Sha256Digest, Shard};
use crate::plan::left::Left;
use crate::report::RequestResult;
use crate::request::Request;
use crate::snapshot::{KeyOwner, KeyOwners};
use crate::timestamp::Timestamp;
use crate::trust::Testimony;

/// The keys that the requests want certified, to look their owners up.
#[must_use]
pub fn keys(requests: &Requests) -> Vec<Sha256Digest> {
    requests
        .values()
        .flatten()
        .map(|request| request.csr.key.digest())
        .collect()
}

/// The open requests that somebody asks about, each with its decision, sorted by path.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The requests.
    pub entries: Vec<Entry<'a>>,
    /// How many units of work are left of those that it could take.
    pub left: u64,
}

/// Decides every open request that somebody asks about.
#[must_use]
pub fn plan<'a>(evidence: &Evidence<'a>, now: Timestamp) -> Plan<'a> {
    // Most of it is the verification of signatures.
    let heard: BTreeMap<&RequestName, Testimony> = evidence
        .requests
        .par_iter()
        .filter_map(|(name, request)| Some((name, request.as_ref().ok()?)))
        .map(|(name, request)| (name, evidence.hear(request, evidence.zone, now)))
        .collect();
    let owners = claim_keys(evidence, &heard);
    let mut left = Left::of(evidence);
    let entries = evidence
        .requests
        .iter()
        .filter_map(|(name, request)| match request {
            _ if !left.asks(name) => None,
            Ok(request) => {
                let owner = owners.get(&request.csr.key.digest());
                let case = Case {
                    request,
                    zone: evidence.zone,
                    testimony: &heard[name],
                    key_owner: owner.filter(|owner| owner.request != *name),
                    revocations: evidence.revocations,
                    now,
                };
                match left.is_lost() {
                    // A certificate that has ended stays as it is, whatever is decided against it.
                    true if evidence.ended.contains(name) => None,
                    true => Some(entry::undecided(&case)),
                    false => entry::of(evidence, &case, &mut left),
                }
            }
            // These bytes were good when they were signed.
            Err(_) if evidence.ended.contains(name) => None,
            Err(reasons) => {
                let introduction = evidence.introductions.get(name);
                Some(entry::unreadable(name, reasons, introduction))
            }
        })
        .collect();
    let left = left.units();
    Plan { entries, left }
}

/// The owner of each key: who was certified with it, else who asked first by (mainline position, path).
fn claim_keys(evidence: &Evidence<'_>, heard: &BTreeMap<&RequestName, Testimony>) -> KeyOwners {
    let mut owners = evidence.owners.clone();
    let mut claims: Vec<(u64, &RequestName, Sha256Digest)> = Vec::new();
    for (name, request) in evidence.requests {
        let Ok(request) = request else { continue };
        let position = evidence
            .introductions
            .get(name)
            .map_or(0, |introduction| introduction.position);
        claims.push((position, name, request.csr.key.digest()));
    }
    claims.sort();
    for (_, name, digest) in claims {
        owners.entry(digest).or_insert_with(|| KeyOwner {
            request: name.clone(),
            requester: heard[name]
                .identity
                .principal
                .as_ref()
                .map(ToString::to_string),
        });
    }
    owners
}

impl<'a> Plan<'a> {
    /// The requests that would be signed.
    pub fn approved(&self) -> impl Iterator<Item = &Approved<'a>> {
        self.entries
            .iter()
            .filter_map(|entry| entry.decision.as_ref().ok())
    }

    /// One result for each request. There may be very many, so nothing of them is kept twice.
    #[must_use]
    pub fn into_results(self) -> Vec<RequestResult> {
        self.entries.into_iter().map(Entry::into_result).collect()
    }

    /// The notices of all requests.
    #[must_use]
    pub fn notices(&self) -> Vec<Finding> {
        self.entries.iter().flat_map(Entry::findings).collect()
    }

    /// SHA-256 over the sorted lines `<path> SP <blob id> LF` of what would be signed.
    #[must_use]
    pub fn digest(&self) -> Sha256Digest {
        let line = |request: &Request| format!("{} {}\n", request.name, request.blob);
        let lines: Vec<String> = self
            .approved()
            .map(|approved| line(approved.request()))
            .collect();
        Sha256Digest::of(lines.concat().as_bytes())
    }

    /// Leaves the requests of the other shares to them. They were decided all the same, since whose a key is depends on all.
    pub fn keep(&mut self, shard: Shard) {
        self.entries
            .retain(|entry| shard.takes(entry.name.as_str()));
    }
}
