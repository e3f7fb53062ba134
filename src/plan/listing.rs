//! Results into a report: which are listed, and how all are counted.
//!
//! In come the results of the open requests and the snapshot; out comes a filled report. What is no request, and what
//! `issued/` holds already, is added here.

use std::collections::BTreeSet;

use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::{RepoPath, RequestName, Shard};
use crate::plan::warnings;
use crate::provenance::Provenance;
use crate::report::{Report, RequestResult, Verdict};
use crate::snapshot::Snapshot;
use crate::timestamp::Timestamp;
use crate::trust::revocations::{Revocations, Revoked};
use crate::zones::{self, Role, Zone};

/// Which results a report lists.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listing<'a> {
    /// Unchanged requests, too.
    pub all: bool,
    /// Only these manifests, unchanged or not; `None` is all.
    pub named: Option<&'a BTreeSet<RepoPath>>,
    /// Of what is not open, only that of this share.
    pub shard: Shard,
}

impl Listing<'_> {
    fn names(&self, file: &RepoPath) -> bool {
        self.named.is_some_and(|named| named.contains(file))
    }

    fn takes(&self, file: &RepoPath) -> bool {
        self.named.is_none() || self.names(file)
    }

    /// Whether a run of this share tells of it: what is about a request belongs to its share, what is about another file to
    /// the one that the path of the file hashes to; what is about neither all of them tell.
    #[must_use]
    pub fn tells(&self, finding: &Finding) -> bool {
        match (&finding.request, &finding.file) {
            (Some(request), _) => self.shard.takes(request.as_str()),
            (None, Some(file)) => self.shard.takes(file.as_str()),
            (None, None) => true,
        }
    }
}

/// Puts results and notices into the report, sorted by path, and counts every verdict.
pub fn fill(
    report: &mut Report,
    results: Vec<RequestResult>,
    notices: Vec<Finding>,
    snapshot: &Snapshot,
    listing: Listing<'_>,
) {
    // A path that can't be written down is none of a result.
    let nowhere = findings(snapshot, listing).filter(|finding| finding.file.is_none());
    report.notices.extend(nowhere.cloned());
    let others: Vec<RequestResult> = others(&results, snapshot, listing)
        .filter(|result| {
            report.summary.count(result.verdict, 1);
            result.verdict != Verdict::Unchanged || listing.all || listing.names(&result.file)
        })
        .collect();
    // Where they are, since there may be very many.
    report.results = results;
    report.results.retain(|result| listing.takes(&result.file));
    for result in &report.results {
        report.summary.count(result.verdict, 1);
    }
    if listing.named.is_none() {
        report.summary.count(Verdict::Unchanged, snapshot.untouched);
    }
    report.results.extend(others);
    report.results.sort_by(|a, b| a.file.cmp(&b.file));
    report.notices.extend(
        notices
            .into_iter()
            .filter(|notice| notice.file.as_ref().is_none_or(|file| listing.takes(file))),
    );
}

fn findings<'s>(snapshot: &'s Snapshot, listing: Listing<'s>) -> impl Iterator<Item = &'s Finding> {
    let all = snapshot.findings.iter().chain(&snapshot.withdrawn);
    all.filter(move |finding| listing.tells(finding))
}

/// What is not judged: files that are no requests, and requests that have their certificate.
fn others<'s>(
    judged: &'s [RequestResult],
    snapshot: &'s Snapshot,
    listing: Listing<'s>,
) -> impl Iterator<Item = RequestResult> {
    // A certificate that is made anew is no longer what it was.
    let judged = judged.iter().filter_map(|result| result.request.as_ref());
    let judged: BTreeSet<&RequestName> = judged.collect();
    let unchanged = snapshot
        .requests
        .keys()
        .filter(move |name| listing.shard.takes(name.as_str()))
        .filter(move |name| snapshot.is_unchanged(name) && !judged.contains(name))
        .map(unchanged);
    let strays = findings(snapshot, listing).filter_map(stray);
    strays
        .chain(unchanged)
        .filter(move |result| listing.takes(&result.file))
}

/// Tells of each unchanged request in the report which certificate it has, and whether that was revoked or has ended; `read` finds what
/// its certificate rests on.
///
/// # Errors
/// What `read` gives.
pub fn tell_certificates(
    report: &mut Report,
    revocations: &Revocations,
    now: Timestamp,
    mut read: impl FnMut(&RequestName) -> anyhow::Result<Option<Provenance>>,
) -> anyhow::Result<()> {
    let told = report.notices.iter();
    let told = told.filter(|told| told.reason.code == Code::CertificateRevoked);
    let told: BTreeSet<RequestName> = told.filter_map(|told| told.request.clone()).collect();
    let results = report.results.iter_mut();
    for result in results.filter(|result| result.verdict == Verdict::Unchanged) {
        let Some(name) = &result.request else {
            continue;
        };
        let Some(provenance) = read(name)? else {
            continue;
        };
        let revoked = revocations.request(name);
        let is_it = |revoked: &&Revoked| revoked.leaf.serial_number == provenance.serial_number;
        let revoked = revoked.filter(|_| !told.contains(name)).find(is_it);
        report.notices.extend(revoked.map(warnings::revoked));
        if provenance.not_after < now {
            report.notices.push(ended(name, provenance.not_after));
        }
        result.serial_number = Some(provenance.serial_number);
        result.not_after = Some(provenance.not_after);
    }
    Ok(())
}

fn ended(name: &RequestName, not_after: Timestamp) -> Finding {
    let message = format!("its certificate ended at {not_after}, and these bytes get no other one");
    let help = format!(
        "make a new key and request, `gitca new {name}`; where the policy asks for approvals, new ones do as well: `gitca approve {name}`"
    );
    let reason = Reason::new(Code::CertificateExpired, message).help(help);
    Finding::in_request(name, reason)
}

/// The manifest that a person means by a path or a request's name: for a statement that of its request. `None` for a file
/// that is read with all others of its kind, or never: a policy, a template, a README.
///
/// # Errors
/// `PathNotAllowed` when there is no such request, and no such file in `requests/`.
pub fn find(text: &str, snapshot: &Snapshot) -> Result<Option<RepoPath>, Stop> {
    let is_there = |name: &RequestName| snapshot.requests.contains_key(name);
    if let Some(request) = name(text).filter(is_there) {
        return Ok(Some(request.manifest()));
    }
    let path = text.trim_start_matches("./");
    // A request that may not be there is called by its name, too.
    let manifest = name(text).map(|name| name.manifest());
    let is_meant = |file: &&RepoPath| file.as_str() == path || Some(*file) == manifest.as_ref();
    let mut findings = snapshot.findings.iter();
    let stray = findings.find_map(|finding| finding.file.as_ref().filter(is_meant));
    if let Some(stray) = stray {
        return Ok(Some(stray.clone()));
    }
    let is_control = || {
        let path = path.parse::<RepoPath>();
        path.is_ok_and(|path| snapshot.control.contains_key(&path))
    };
    let zone = Zone::of(path).filter(|_| path.contains('/'));
    match zone.map(|zone| (zone, zones::role(path))) {
        Some((Zone::Data, Some(Role::Statement(name) | Role::Revocation(name))))
            if is_there(&name) =>
        {
            Ok(Some(name.manifest()))
        }
        Some((Zone::Data | Zone::Control, Some(Role::LetThrough | Role::Attributes))) => Ok(None),
        Some((Zone::Control, Some(Role::Control))) if is_control() => Ok(None),
        _ => Err(no_such_request(text)),
    }
}

/// The request that a person means by its name or by the path of its manifest, whether it is there or not.
#[must_use]
pub fn name(text: &str) -> Option<RequestName> {
    let path = text.trim_start_matches("./");
    let manifest = path
        .strip_prefix("requests/")
        .and_then(|path| path.strip_suffix(".yaml"));
    manifest.unwrap_or(path).parse().ok()
}

/// Says that nothing is called so.
#[must_use]
pub fn no_such_request(text: &str) -> Stop {
    let reason = Reason::new(
        Code::PathNotAllowed,
        format!("there is no request `{text}`"),
    );
    Stop::because(
        reason.help("name it by its path, `requests/dev/jane.yaml`, or by its name, `dev/jane`"),
    )
}

/// A request whose very bytes `issued/` holds.
fn unchanged(name: &RequestName) -> RequestResult {
    RequestResult {
        request: Some(name.clone()),
        file: name.manifest(),
        signer_name: None,
        verdict: Verdict::Unchanged,
        policy: None,
        requester: None,
        serial_number: None,
        not_after: None,
        reasons: Vec::new(),
        details: None,
    }
}

/// A file of `requests/` that is no request.
fn stray(finding: &Finding) -> Option<RequestResult> {
    let file = finding.file.clone()?;
    Some(RequestResult {
        request: finding.request.clone(),
        file,
        signer_name: None,
        verdict: Verdict::Invalid,
        policy: None,
        requester: None,
        serial_number: None,
        not_after: None,
        reasons: vec![finding.reason.clone()],
        details: None,
    })
}
