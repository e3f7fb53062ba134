//! What a run would do: every open request of a snapshot, read once and decided once.
//!
//! In come the snapshot, the control zone, what git knows of keys and commits, and now; out comes a [`Plan`] that `check`
//! and `plan` report and `run` carries out. Pure and repeatable: after a plan is applied, planning again gives nothing.
//! Requests are read in order of path, and claim their keys in the order in which the mainline brought them.

mod decoded;
mod details;
mod evidence;
pub mod listing;
pub mod lists;
mod reading;
mod size;
pub mod warnings;

pub use crate::plan::evidence::{Evidence, Requests};
pub use crate::plan::reading::{Patience, read, read_proposed};

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::decision::candidate::Candidate;
use crate::decision::trace::{Step, Taken, Trace};
use crate::decision::{Approved, Case, Refusal, decide, explain, together};
use crate::finding::{Finding, Reason};
use crate::names::{RequestName, Sha256Digest, Shard};
use crate::report::{Details, RequestResult, Requester, Verdict};
use crate::request::Request;
use crate::snapshot::{Introduction, KeyOwner, KeyOwners};
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

const READ: &str = "a proper request, which proves that it has its key";

/// One open request and its decision.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The request.
    pub name: RequestName,
    /// What it says, if it could be read.
    pub request: Option<&'a Request>,
    /// Approved or not.
    pub decision: Result<Approved<'a>, Refusal>,
    /// The validity that it would get.
    pub candidate: Option<Candidate>,
    /// What changes no verdict.
    pub notices: Vec<Reason>,
    /// How the decision fell; empty unless the evidence is to be told in detail.
    pub trace: Trace,
    /// Who asked.
    pub requester: Option<Requester>,
    /// Whether the signature of a commit alone proves it.
    pub is_by_commit: bool,
    /// Another request that has the same key.
    pub key_owner: Option<RequestName>,
    /// What a reviewer must know of it.
    details: Option<Details>,
}

/// Every open request with its decision, sorted by path.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The open requests.
    pub entries: Vec<Entry<'a>>,
}

/// Decides every open request.
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
    let mut left = evidence.told;
    let entries = evidence
        .requests
        .iter()
        .filter_map(|(name, request)| match request {
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
                entry(evidence, &case, evidence.is_told(request, &mut left))
            }
            // These bytes were good when they were signed.
            Err(_) if evidence.ended.contains(name) => None,
            Err(reasons) => {
                let requester = evidence.introductions.get(name).map(requester);
                Some(unreadable(name, reasons, requester))
            }
        })
        .collect();
    Plan { entries }
}

/// The request and its decision; nothing when it stays as it is.
fn entry<'a>(evidence: &Evidence<'a>, case: &Case<'a, '_>, in_detail: bool) -> Option<Entry<'a>> {
    let (request, testimony) = (case.request, case.testimony);
    let (judgement, mut trace) = if in_detail {
        explain(case)
    } else {
        (decide(case), Trace::default())
    };
    if evidence.is_settled(case, &judgement.decision) {
        return None;
    }
    let before = evidence.refusal_before(case, &judgement.decision);
    if in_detail {
        trace.steps.insert(0, taken(Step::Read, &[], READ));
        let refusal = before.clone();
        let refusal = refusal.map(|(cause, refusal)| together::of_before(cause, refusal));
        let step = rules_before(evidence, request, &judgement.decision, refusal.as_ref());
        trace.steps.push(step);
    }
    let notices = request
        .notices
        .iter()
        .cloned()
        .chain(judgement.notices)
        .chain(testimony.notices.iter().cloned());
    let notices = notices.map(|notice| locate(request, notice)).collect();
    let decision =
        together::stricter(judgement.decision, before).map_err(|refusal| place(request, refusal));
    let details = Details {
        trace: details::opinions(&trace.policies),
        assents: judgement.assents,
        ..details::of(case, judgement.candidate.as_ref(), &decision, in_detail)
    };
    Some(Entry {
        name: request.name.clone(),
        request: Some(request),
        notices,
        decision,
        candidate: judgement.candidate,
        trace,
        requester: testimony.requester.clone(),
        is_by_commit: testimony.is_by_commit,
        key_owner: case.key_owner.map(|owner| owner.request.clone()),
        details: Some(details),
    })
}

fn unreadable<'a>(
    name: &RequestName,
    reasons: &[Reason],
    requester: Option<Requester>,
) -> Entry<'a> {
    let refusal = Refusal::new(Verdict::Invalid, reasons.to_vec());
    let trace = Trace {
        steps: vec![taken(Step::Read, reasons, READ)],
        policies: Vec::new(),
    };
    Entry {
        name: name.clone(),
        request: None,
        decision: Err(refusal),
        candidate: None,
        notices: Vec::new(),
        trace,
        requester,
        is_by_commit: false,
        key_owner: None,
        details: None,
    }
}

/// The last step, which looks at the rules before a change that touched them.
fn rules_before(
    evidence: &Evidence<'_>,
    request: &Request,
    decision: &Result<Approved<'_>, Refusal>,
    refusal: Option<&Refusal>,
) -> Taken {
    let is_known = evidence.introductions.contains_key(&request.name);
    let came_along = evidence.rules_came_along(request, decision);
    let remark = match (is_known, came_along.is_empty()) {
        (false, _) => "a work tree has no history; `gitca check --base` looks at the rules before",
        (true, true) => "no rule changed along with it",
        (true, false) => "rules changed along with it, and those before allow it, too",
    };
    let reasons = refusal.map(|refusal| &refusal.reasons[..]);
    taken(Step::RulesBefore, reasons.unwrap_or_default(), remark)
}

fn taken(step: Step, reasons: &[Reason], remark: &str) -> Taken {
    Taken {
        step,
        reasons: reasons.to_vec(),
        remark: remark.to_owned(),
    }
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

/// What git says of who made a file that is no request.
fn requester(introduction: &Introduction) -> Requester {
    let author = introduction
        .maker
        .as_ref()
        .and_then(|maker| maker.author.as_ref());
    Requester {
        principal: None,
        name: author.map(|author| author.name.clone()),
        email: author.map(|author| author.email.clone()),
        method: None,
        verified: false,
    }
}

fn place(request: &Request, refusal: Refusal) -> Refusal {
    let reasons = refusal
        .reasons
        .into_iter()
        .map(|reason| locate(request, reason))
        .collect();
    Refusal { reasons, ..refusal }
}

/// Adds the line and column of the field that the reason is about.
fn locate(request: &Request, reason: Reason) -> Reason {
    if reason.line.is_some() {
        return reason;
    }
    match reason
        .field
        .as_deref()
        .and_then(|field| request.locate(field))
    {
        Some(place) => reason.at(place),
        None => reason,
    }
}

impl<'a> Plan<'a> {
    /// The requests that would be signed.
    pub fn approved(&self) -> impl Iterator<Item = &Approved<'a>> {
        self.entries
            .iter()
            .filter_map(|entry| entry.decision.as_ref().ok())
    }

    /// One result for each open request. There may be very many, so nothing of them is kept twice.
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

impl Entry<'_> {
    /// The verdict of a run that signs nothing.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.decision
            .as_ref()
            .map_or_else(|refusal| refusal.verdict, |_| Verdict::Approved)
    }

    /// The entry as every output shows it.
    #[must_use]
    pub fn to_result(&self) -> RequestResult {
        let policy = self.decision.as_ref().ok().map(Approved::policy);
        RequestResult {
            request: Some(self.name.clone()),
            file: self.name.manifest(),
            signer_name: self.request.map(|request| request.signer_name.clone()),
            verdict: self.verdict(),
            policy: policy.map(|policy| policy.name.to_string()),
            requester: self.requester.clone(),
            serial_number: None,
            not_after: self
                .decision
                .as_ref()
                .ok()
                .map(|approved| approved.candidate().not_after),
            reasons: self
                .decision
                .as_ref()
                .err()
                .map(|refusal| refusal.reasons.clone())
                .unwrap_or_default(),
            details: self.details.clone(),
        }
    }

    fn into_result(mut self) -> RequestResult {
        let (requester, details) = (self.requester.take(), self.details.take());
        let reasons = match &mut self.decision {
            Ok(_) => Vec::new(),
            Err(refusal) => std::mem::take(&mut refusal.reasons),
        };
        RequestResult {
            requester,
            reasons,
            details,
            ..self.to_result()
        }
    }

    /// Its notices, each with the request that it is about.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        self.notices
            .iter()
            .map(|notice| Finding::in_request(&self.name, notice.clone()))
    }
}
