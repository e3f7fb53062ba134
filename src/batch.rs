//! Carrying out a plan: one certificate for each approved request, and the files of all of them as one changeset.
//!
//! In come a plan, the opened keys, the templates and randomness; out comes a [`Batch`]: what to commit and what became of
//! each request. A signer that is broken makes its own requests fail and no others. Serial numbers are drawn in order of
//! path before anything is signed, so the same randomness gives the same certificates, however many threads sign.

pub mod lists;
pub mod signed;

use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rcgen::SigningKey;

use crate::control::ControlZone;
use crate::control::signer::Signer;
use crate::decision::Approved;
use crate::finding::{Code, Reason};
use crate::issuance::{Issued, Prepared, prepare};
use crate::names::{ObjectName, RequestName, Serial};
use crate::plan::{Entry, Plan};
use crate::provenance::Provenance;
use crate::render::circumstances::Circumstances;
use crate::render::{self, template::Templates};
use crate::report::{RequestResult, Requester, Verdict};
use crate::snapshot::{Changeset, Introduction, Snapshot};
use crate::timestamp::Timestamp;

/// Fills octets with randomness; seeded in tests.
pub type Randomness<'r> = dyn FnMut(&mut [u8]) + 'r;

/// The key of each Signer by name, or why it can't be used.
pub type Keys<'k> = BTreeMap<ObjectName, Result<&'k (dyn SigningKey + Sync), Reason>>;

/// What the certificates are made from, besides the plan.
#[derive(Debug)]
pub struct Workshop<'a> {
    /// The manifests.
    pub snapshot: &'a Snapshot,
    /// The rules.
    pub zone: &'a ControlZone,
    /// The compiled templates.
    pub templates: &'a Templates,
    /// The commits that brought the requests.
    pub introductions: &'a BTreeMap<RequestName, Introduction>,
    /// What the certificates rest on that are made anew.
    pub certified: &'a BTreeMap<RequestName, Provenance>,
    /// The clock.
    pub now: Timestamp,
}

/// What a run made.
#[derive(Debug, Default)]
pub struct Batch {
    /// The files to commit.
    pub changes: Changeset,
    /// One for each open request, in the order of the plan.
    pub results: Vec<RequestResult>,
}

/// Signs and renders everything that the plan approved. Before anything is signed `tell` hears every serial number.
pub fn issue(
    plan: Plan<'_>,
    keys: &Keys<'_>,
    workshop: &Workshop<'_>,
    random: &mut Randomness<'_>,
    tell: &dyn Fn(&RequestName, Serial),
) -> Batch {
    let mut serials = BTreeSet::new();
    let drawn: Vec<_> = plan
        .entries
        .into_iter()
        .map(|entry| {
            let serial = entry.decision.is_ok().then(|| draw(random, &mut serials));
            if let Some(serial) = serial {
                tell(&entry.name, serial);
            }
            (entry, serial)
        })
        .collect();
    // Parallel iterators keep the order, so results and files are those of one thread.
    let made: Vec<_> = drawn
        .into_par_iter()
        .map(|(entry, serial)| make(entry, serial, keys, workshop))
        .collect();
    let mut batch = Batch::default();
    for (result, changes) in made {
        batch.results.push(result);
        batch.changes.extend(changes);
    }
    batch
}

/// What became of one request, and its files.
fn make(
    entry: Entry<'_>,
    serial: Option<Serial>,
    keys: &Keys<'_>,
    workshop: &Workshop<'_>,
) -> (RequestResult, Changeset) {
    let mut result = entry.to_result();
    let mut changes = Changeset::default();
    if let (Ok(approved), Some(requester), Some(serial)) = (entry.decision, entry.requester, serial)
    {
        let key = key_of(approved.signer(), keys);
        let sign = |prepared| Prepared::sign(prepared, key?);
        match issue_one(approved, serial, sign, workshop, &requester, &mut changes) {
            Ok(not_after) => {
                result.verdict = Verdict::Issued;
                result.serial_number = Some(serial.to_string());
                result.not_after = Some(not_after);
            }
            Err(reasons) => {
                result.verdict = Verdict::Failed;
                result.not_after = None;
                result.reasons = reasons;
            }
        }
    }
    (result, changes)
}

fn key_of<'k>(signer: &Signer, keys: &Keys<'k>) -> Result<&'k (dyn SigningKey + Sync), Reason> {
    match keys.get(&signer.name) {
        Some(key) => key.clone(),
        None => Err(Reason::new(
            Code::SignerUnavailable,
            "the key of the signer was not opened",
        )),
    }
}

fn issue_one<'a>(
    approved: Approved<'a>,
    serial: Serial,
    sign: impl FnOnce(Prepared<'a>) -> Result<Issued<'a>, Reason>,
    workshop: &Workshop<'_>,
    requester: &Requester,
    changes: &mut Changeset,
) -> Result<Timestamp, Vec<Reason>> {
    let (request, signer) = (approved.request(), approved.signer());
    let by_signer = |reason: Reason| vec![reason.policy(signer.name.as_str())];
    let found = workshop
        .snapshot
        .open
        .get(&request.name)
        .zip(workshop.introductions.get(&request.name));
    let Some((manifest, introduction)) = found else {
        return Err(vec![Reason::new(
            Code::SigningFailed,
            "no mainline commit brought the request",
        )]);
    };
    let request_name = request.name.clone();
    let issued = sign(prepare(approved, serial)?).map_err(by_signer)?;
    let zone = workshop.zone;
    let circumstances = Circumstances {
        zone,
        manifest,
        introduction,
        requester,
        renews: workshop.certified.get(&request_name),
        now: workshop.now,
    };
    render::add(changes, &issued, workshop.templates, &circumstances).map_err(by_signer)?;
    Ok(issued.contents().not_after)
}

/// A serial number that this run has not used.
fn draw(random: &mut Randomness<'_>, used: &mut BTreeSet<Serial>) -> Serial {
    loop {
        let mut octets = [0; Serial::OCTETS];
        random(&mut octets);
        if let Some(serial) = Serial::from_random(octets).filter(|serial| used.insert(*serial)) {
            return serial;
        }
    }
}
