//! Every request once more under other rules: which decisions a change of the control zone changes.
//!
//! In come what the decisions on open requests are made of, the certificates of the past with their provenance, and a second
//! control zone; out come the decisions that differ. What was issued is judged as of then: with the clock, the requester
//! and the approvals that its provenance names, and without an inventory. Each decision is the one of a run.

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::control::ControlZone;
use crate::control::identity::Identity;
use crate::decision::ruling::Ruling;
use crate::decision::together::strictness;
use crate::decision::{Case, decide};
use crate::effort::Effort;
use crate::finding::{Code, Reason};
use crate::names::{ObjectName, RepoPath, RequestName, artifact};
use crate::plan::{Attention, Entry, Evidence, plan};
use crate::provenance::{self, People};
use crate::report::{Change, Changes, Direction, Side, Verdict};
use crate::request::Request;
use crate::snapshot::Certified;
use crate::timestamp::Timestamp;
use crate::trust::Supposition;
use crate::trust::revocations::Revocations;

// Its files are read and its request is parsed twice: a third of a millisecond.
const CERTIFICATE: u64 = 100_000;

/// The open requests whose decision is another one under the rules of `head`; `None` where that takes more work than is
/// left.
#[must_use]
pub fn open(
    evidence: &Evidence<'_>,
    head: &ControlZone,
    now: Timestamp,
    left: &Effort,
) -> Option<Changes> {
    let other = Evidence {
        zone: head,
        ..*evidence
    };
    let rulings = |evidence: &Evidence<'_>| -> BTreeMap<RequestName, Ruling> {
        let attention = Attention::to_everything(left.left());
        let evidence = Evidence {
            attention,
            ..*evidence
        };
        let plan = plan(&evidence, now);
        let _ = left.spend(left.left() - plan.left);
        let ruling = |entry: &Entry<'_>| Ruling::of_decision(&entry.decision, Vec::new());
        plan.entries
            .iter()
            .map(|entry| (entry.name.clone(), ruling(entry)))
            .collect()
    };
    let (base, head) = (rulings(evidence), rulings(&other));
    let mut changes = Changes::default();
    for name in evidence.requests.keys() {
        // What a plan leaves out stays as it is.
        let of = |rulings: &BTreeMap<RequestName, Ruling>| {
            rulings.get(name).cloned().unwrap_or_else(unchanged)
        };
        changes.judged += 1;
        let change = change(name, name.manifest(), None, &of(&base), &of(&head));
        changes.changes.extend(change);
    }
    (!left.is_exhausted()).then_some(changes)
}

/// The certificates that would not have been issued in the same way under the rules of `head`; `None` where that takes more
/// work than is left.
#[must_use]
pub fn past(
    certificates: &BTreeMap<RequestName, Certified>,
    base: &ControlZone,
    head: &ControlZone,
    left: &Effort,
) -> Option<Changes> {
    let replayed: Vec<(Option<Change>, u64)> = certificates
        .par_iter()
        .map(|(name, certified)| {
            let Some((signed, people)) = provenance::people(&certified.provenance) else {
                return (None, CERTIFICATE);
            };
            let by = |zone| judge(name, certified, signed, &people, zone);
            let ((base, one), (head, other)) = (by(base), by(head));
            let file = name.issued(artifact::REQUEST);
            let change = change(name, file, Some(signed), &base, &head);
            (change, CERTIFICATE + one + other)
        })
        .collect();
    let is_within = left.spend(replayed.iter().map(|(_, work)| work).sum());
    let changes = replayed.into_iter().filter_map(|(change, _)| change);
    is_within.then(|| Changes {
        judged: certificates.len(),
        changes: changes.collect(),
    })
}

/// The decision of then, had these rules been in force, and how many units of work it took.
fn judge(
    name: &RequestName,
    certified: &Certified,
    signed: Timestamp,
    people: &People,
    zone: &ControlZone,
) -> (Ruling, u64) {
    // Possession of the key was proven when it was signed.
    let request = match Request::suppose(name, &certified.request) {
        Ok(request) => request,
        Err(reasons) => return (Ruling::invalid(reasons), 0),
    };
    let names = people.approvals.iter();
    let approvals: Vec<ObjectName> = names.filter_map(|name| name.parse().ok()).collect();
    let supposition = Supposition {
        requester: &identity(people, zone),
        approvals: &approvals,
        denials: &[],
    };
    let testimony = supposition.testimony(&request, zone);
    // A CA that is newer than the certificate would have signed at its beginning.
    let begins = zone
        .signer(&request.signer_name)
        .map(|signer| signer.authority.not_before());
    let judgement = decide(&Case {
        request: &request,
        zone,
        testimony: &testimony,
        key_owner: None,
        revocations: Revocations::NONE,
        now: begins.map_or(signed, |begins| begins.max(signed)),
    });
    (Ruling::of(&judgement), judgement.work)
}

/// Who asked then, with the groups that he has under these rules.
fn identity(people: &People, zone: &ControlZone) -> Identity {
    let principal = people.requester.as_ref().and_then(|name| name.parse().ok());
    let Some(principal): Option<ObjectName> = principal else {
        return Identity::default();
    };
    let owner = zone.principal_by_email(&people.email);
    let is_his = owner.is_some_and(|owner| owner.name == principal);
    let listed = zone.principals.get(&principal);
    let first = listed.and_then(|principal| principal.emails.first());
    Identity {
        email: if is_his {
            people.email.clone()
        } else {
            first.map(ToString::to_string).unwrap_or_default()
        },
        groups: zone.groups_of(&principal).clone(),
        verified: people.verified,
        principal: Some(principal),
    }
}

fn unchanged() -> Ruling {
    Ruling {
        verdict: Verdict::Unchanged,
        ..Ruling::invalid(Vec::new())
    }
}

/// What differs; nothing when verdict, policy and codes are the same.
fn change(
    request: &RequestName,
    file: RepoPath,
    issued: Option<Timestamp>,
    base: &Ruling,
    head: &Ruling,
) -> Option<Change> {
    let (base, head) = (side(base), side(head));
    if (base.verdict, &base.policy, &base.codes) == (head.verdict, &head.policy, &head.codes) {
        return None;
    }
    let rank = |side: &Side| match side.verdict {
        Verdict::Unchanged => strictness(Verdict::Approved),
        verdict => strictness(verdict),
    };
    let direction = match rank(&head).cmp(&rank(&base)) {
        std::cmp::Ordering::Less => Direction::Loosened,
        std::cmp::Ordering::Greater => Direction::Tightened,
        std::cmp::Ordering::Equal => Direction::Changed,
    };
    Some(Change {
        request: request.clone(),
        file,
        issued,
        direction,
        base,
        head,
    })
}

fn side(ruling: &Ruling) -> Side {
    let is_headline = |reason: &&Reason| {
        matches!(
            reason.code,
            Code::NoPolicyAdmits | Code::NoApplicablePolicy | Code::ControlChangedTogether
        )
    };
    let reasons = ruling.reasons.iter();
    Side {
        verdict: ruling.verdict,
        policy: ruling.policy.as_ref().map(ToString::to_string),
        codes: reasons.clone().map(|reason| reason.code).collect(),
        why: reasons
            .filter(|reason| !is_headline(reason))
            .map(|reason| reason.message.clone())
            .collect(),
    }
}
