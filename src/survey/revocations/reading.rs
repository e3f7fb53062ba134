//! What the revocations that lie in a snapshot say, and what is wrong with them.
//!
//! In come the files and what the mainline knows of the certificates beside them; out come the revocations, and the findings.
//! Of what a change brings no more is read once so much is wrong that nobody would mend it at once.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Code, Finding, Reason};
use crate::names::RequestName;
use crate::plan::{Patience, warnings};
use crate::revocation::{Revocation, Which};
use crate::snapshot::{Blob, RevocationHistory, Snapshot};
use crate::trust::revocations::unknown;
use crate::zones;

pub(super) type Histories = BTreeMap<RequestName, RevocationHistory>;

/// The revocations that lie there, each with what it says or why it says nothing.
pub(super) type Read = BTreeMap<RequestName, Result<Revocation, Vec<Reason>>>;

pub(super) fn read(snapshot: &Snapshot, names: &BTreeSet<RequestName>) -> Read {
    let files = names
        .iter()
        .filter_map(|name| snapshot.revocations.get_key_value(name));
    files
        .map(|(name, blob)| (name.clone(), Revocation::read(name, blob)))
        .collect()
}

pub(super) fn read_all(snapshot: &Snapshot) -> Read {
    read(snapshot, &snapshot.revocations.keys().cloned().collect())
}

/// Drops what was read and says nothing, so that it is not read as a part of its history again.
pub(super) fn forget_wrong(read: &Read, snapshot: &Snapshot, histories: &mut Histories) {
    let wrong = read.iter().filter(|(_, revocation)| revocation.is_err());
    for (name, blob) in wrong.filter_map(|(name, _)| snapshot.revocations.get_key_value(name)) {
        if let Some(history) = histories.get_mut(name) {
            let is_other =
                |version: &Option<Blob>| version.as_ref().map(|file| file.id) != Some(blob.id);
            history.revocations.retain(|(_, version)| is_other(version));
        }
    }
}

/// What is wrong with them.
pub(super) fn findings(read: Read, histories: &Histories) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, revocation) in read {
        let reasons = match revocation {
            Err(reasons) => reasons,
            Ok(revocation) => unknown(&revocation, histories.get(&name)),
        };
        findings.extend(reasons.into_iter().map(|reason| Finding {
            request: Some(name.clone()),
            file: Some(name.revocation()),
            reason,
        }));
    }
    findings
}

/// Reads one that a change brings, and counts it if it is wrong.
pub(super) fn read_one(
    name: &RequestName,
    blob: &Blob,
    patience: &mut Patience,
) -> (RequestName, Result<Revocation, Vec<Reason>>) {
    let revocation = Revocation::read(name, blob);
    if revocation.is_err() {
        patience.bear(blob);
    }
    (name.clone(), revocation)
}

/// The requests whose revocation can be read and names a certificate that is none, each once.
pub(super) fn unknown_serials(findings: &[Finding]) -> impl Iterator<Item = &RequestName> {
    let unknown = findings
        .iter()
        .filter(|finding| finding.reason.code == Code::SerialUnknown);
    let names: BTreeSet<&RequestName> = unknown
        .filter_map(|finding| finding.request.as_ref())
        .collect();
    names.into_iter()
}

/// The requests of which all certificates are revoked, and which have none.
pub(super) fn idle<'r>(
    read: &'r Read,
    histories: &Histories,
) -> impl Iterator<Item = &'r RequestName> {
    let is_idle = |name: &RequestName, revocation: &Revocation| {
        let outputs = histories.get(name).map(|history| &history.outputs);
        revocation.which == Which::All && outputs.is_none_or(Vec::is_empty)
    };
    let read = read.iter();
    let read = read.filter_map(|(name, revocation)| Some((name, revocation.as_ref().ok()?)));
    read.filter(move |(name, revocation)| is_idle(name, revocation))
        .map(|(name, _)| name)
}

/// Tells those who read a change what they would not see otherwise: of each of a hundred, and how many more there are.
pub(super) fn tell_idle(idle: &[RequestName], notices: &mut Vec<Finding>) {
    notices.extend(warnings::of_each(idle, warnings::idle, warnings::idle_more));
}

/// Tells what is wrong; a revocation with a mistake may be of what is asked for again, so its request waits.
pub(super) fn withhold(snapshot: &mut Snapshot, findings: Vec<Finding>) {
    for name in findings
        .iter()
        .filter_map(|finding| finding.request.as_ref())
    {
        snapshot.leave_out(name);
    }
    let more = findings.len().saturating_sub(zones::REPORTED);
    snapshot
        .findings
        .extend(findings.into_iter().take(zones::REPORTED));
    if more > 0 {
        let message = format!("{more} more revocations are wrong");
        let reason = Reason::new(Code::MalformedFile, message);
        let file = "requests".parse().ok();
        let request = None;
        snapshot.findings.push(Finding {
            request,
            file,
            reason,
        });
    }
}
