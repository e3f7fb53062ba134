//! Which certificates may be made anew: as the policies that admitted them say, or since people approve them again.
//!
//! In come the mainline's tip and the rules there; out come the requests whose certificate ends soon, with its
//! provenance, and when the clock alone will make the next one due. Whether one is made anew is decided as for every
//! other request, by the rules of today.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::ControlZone;
use crate::control::approval_policy::{Mode, Renewal};
use crate::decision::candidate::BACKDATING;
use crate::git::{History, Repository};
use crate::names::{ObjectId, RequestName, artifact};
use crate::provenance::Provenance;
use crate::request::Request;
use crate::snapshot::Snapshot;
use crate::timestamp::{Lifetime, Timestamp};
use crate::trust::revocations::Revocations;
use crate::x509::leaf::Leaf;

// What the name of a detached signature ends in.
const SIGNATURE: &str = ".sig";

/// The certificates that are looked after.
#[derive(Clone, Debug, Default)]
pub(super) struct Renewals {
    /// Those that are due, by request.
    pub(super) due: BTreeMap<RequestName, Provenance>,
    /// The requests whose certificate has ended, and that somebody has said something about since it was made.
    pub(super) ended: BTreeSet<RequestName>,
    /// When the next of the others will be.
    pub(super) next: Option<Timestamp>,
}

impl Renewals {
    /// Takes out whose certificate was revoked: it stays, and no other one is made.
    pub(super) fn end_revoked(&mut self, revocations: &Revocations, snapshot: &mut Snapshot) {
        let names: Vec<RequestName> = self.due.keys().chain(&self.ended).cloned().collect();
        for name in names {
            let content = snapshot.requests.get(&name);
            if content.is_some_and(|content| revocations.content(&name, *content).is_some()) {
                self.due.remove(&name);
                self.ended.remove(&name);
                snapshot.open.remove(&name);
            }
        }
    }
}

/// Looks through `issued/`; where no policy renews anything nothing is read.
pub(super) fn find(
    repository: &Repository,
    tip: ObjectId,
    snapshot: &Snapshot,
    zone: &ControlZone,
    now: Timestamp,
) -> anyhow::Result<Renewals> {
    let is_renewing = !renewing(zone).is_empty();
    let is_asked = |name: &&RequestName| {
        let is_stated = snapshot.stated.contains(*name);
        snapshot.is_unchanged(name) && (is_stated || is_renewing)
    };
    let names = snapshot.requests.keys().filter(is_asked);
    find_of(repository, tip, names, (zone, now), |name, provenance| {
        let is_stated = snapshot.stated.contains(name);
        Ok(is_stated && has_news(&stated(repository, tip, name)?, provenance))
    })
}

/// The same of these requests, which `issued/` holds; `has_news` tells whether somebody has said something about one since
/// its certificate was made.
pub(super) fn find_of<'n>(
    repository: &Repository,
    tip: ObjectId,
    names: impl Iterator<Item = &'n RequestName>,
    (zone, now): (&ControlZone, Timestamp),
    has_news: impl Fn(&RequestName, &Provenance) -> anyhow::Result<bool>,
) -> anyhow::Result<Renewals> {
    let renewing = renewing(zone);
    let mut renewals = Renewals::default();
    for name in names {
        // What no run wrote is not ours to renew.
        let Some(provenance) = provenance(repository, tip, name)? else {
            continue;
        };
        let renewal = renewing.get(provenance.policy.as_str());
        if renewal.is_some_and(|renewal| renewal.is_due(&provenance, now)) {
            // What no CA stands behind stays as it is, for the audit to find.
            if is_proven(repository, tip, name, &provenance, zone)? {
                renewals.due.insert(name.clone(), provenance);
            }
            continue;
        }
        let begins = renewal.and_then(|renewal| renewal.begins(&provenance));
        let next = begins.filter(|begins| *begins > now);
        renewals.next = renewals.next.into_iter().chain(next).min();
        if has_news(name, &provenance)? {
            if provenance.not_after < now {
                renewals.ended.insert(name.clone());
            } else {
                // What was approved again waits for the end, and nobody but the clock says that it has come.
                let after = provenance.not_after.plus(Lifetime::from_seconds(1));
                renewals.next = renewals.next.into_iter().chain([after]).min();
            }
        }
    }
    Ok(renewals)
}

/// What lies in the directory of the statements about a request.
fn stated(
    repository: &Repository,
    tip: ObjectId,
    request: &RequestName,
) -> anyhow::Result<Vec<String>> {
    repository.file_names(tip, &format!("requests/{request}.approvals"))
}

/// Whether one of these statements is none that a certificate rested on.
pub(super) fn has_news<'f>(
    files: impl IntoIterator<Item = &'f String>,
    provenance: &Provenance,
) -> bool {
    let counted: Vec<String> = provenance
        .approvals
        .iter()
        .map(|digest| format!("-{}.json", &digest.to_string()[..8]))
        .collect();
    let is_counted = |name: &String| counted.iter().any(|end| name.ends_with(end));
    files
        .into_iter()
        .any(|name| !name.ends_with(SIGNATURE) && !is_counted(name))
}

/// Takes back what history does not bear out, and has the rest begin where the first certificate was made. Out come the
/// requests that are not renewed after all.
pub(super) fn settle(
    due: &mut BTreeMap<RequestName, Provenance>,
    history: &History,
    zone: &ControlZone,
    now: Timestamp,
) -> BTreeSet<RequestName> {
    let renewing = renewing(zone);
    let mut over = BTreeSet::new();
    for (name, certificate) in &mut *due {
        let first = history.statements.get(name);
        if let Some(first) = first.and_then(|statements| statements.first.clone()) {
            certificate.first_issued = first.first_issued;
            certificate.approvals = first.approvals;
        }
        let renewal = renewing.get(certificate.policy.as_str());
        let is_due = renewal.is_some_and(|renewal| renewal.is_due(certificate, now));
        // Who deletes a request ends its renewals, though the same bytes may come back. Who edits it and thinks better of it
        // does not: it was there all the time.
        let introduction = history.introductions.get(name);
        let is_the_same = introduction.is_some_and(|introduction| {
            let changes = introduction.changes.iter();
            let brought = certificate.introduced_in;
            introduction.is_from_anchor || changes.copied().any(|change| brought == Some(change))
        });
        if !is_due || !is_the_same {
            over.insert(name.clone());
        }
    }
    due.retain(|name, _| !over.contains(name));
    over
}

/// When the first of these certificates is to be made anew.
pub(super) fn next<'c>(
    zone: &ControlZone,
    certificates: impl Iterator<Item = &'c Provenance>,
) -> Option<Timestamp> {
    let renewing = renewing(zone);
    let begins = |certificate: &Provenance| {
        let renewal = renewing.get(certificate.policy.as_str())?;
        renewal.begins(certificate)
    };
    certificates.filter_map(begins).min()
}

/// The policies that have certificates made anew, and when.
fn renewing(zone: &ControlZone) -> BTreeMap<&str, &Renewal> {
    zone.approval_policies
        .iter()
        .filter(|policy| policy.mode == Mode::Enforce)
        .filter_map(|policy| Some((policy.name.as_str(), policy.renewal.as_ref()?)))
        .collect()
}

/// What the newest certificate of a request rested on, if its CA and its certificate agree.
pub(super) fn certified(
    repository: &Repository,
    tip: ObjectId,
    request: &RequestName,
    zone: &ControlZone,
) -> anyhow::Result<Option<Provenance>> {
    match provenance(repository, tip, request)? {
        Some(found) if is_proven(repository, tip, request, &found, zone)? => Ok(Some(found)),
        _ => Ok(None),
    }
}

/// Whether a CA of these rules signed the certificate that the provenance speaks of, when it says so.
fn is_proven(
    repository: &Repository,
    tip: ObjectId,
    request: &RequestName,
    provenance: &Provenance,
    zone: &ControlZone,
) -> anyhow::Result<bool> {
    let Some(file) = repository.file(tip, &request.issued(artifact::CERTIFICATE))? else {
        return Ok(false);
    };
    // The manifest has the same bytes, and may lie in a merge that nobody has made yet.
    let Some(manifest) = repository.file(tip, &request.issued(artifact::REQUEST))? else {
        return Ok(false);
    };
    let Ok(asked) = Request::read(request, &manifest) else {
        return Ok(false);
    };
    let cas = zone.signers.iter();
    let cas = cas.map(|signer| signer.authority.signing_ca());
    Ok(Leaf::proven(&file.bytes, cas).is_some_and(|leaf| {
        leaf.key == asked.csr.key.digest()
            && leaf.serial_number == provenance.serial_number
            && leaf.not_after == provenance.not_after
            && leaf.not_before == provenance.now.minus(BACKDATING)
    }))
}

/// What a run wrote about the newest certificate of a request.
pub(super) fn provenance(
    repository: &Repository,
    tip: ObjectId,
    request: &RequestName,
) -> anyhow::Result<Option<Provenance>> {
    let file = repository.file(tip, &request.issued(artifact::PROVENANCE))?;
    Ok(file.and_then(|blob| Provenance::read(&blob.bytes)))
}
