//! What the decisions of a plan are made of, and rule 2: the rules before a change judge what came with it, too.
//!
//! In come what the edges read and one request; out come the testimony about it and, where a change touched the rules as
//! well, the refusal of the rules before. Statements are heard by the keys of the rules that judge.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::ControlZone;
use crate::decision::together::{self, Cause};
use crate::decision::{Approved, Case, Refusal, decide};
use crate::finding::Reason;
use crate::names::{ObjectId, RequestName};
use crate::plan::attention::Attention;
use crate::provenance::Provenance;
use crate::request::Request;
use crate::snapshot::{Author, Blob, Introduction, KeyOwners, StatementHistory};
use crate::timestamp::Timestamp;
use crate::trust::revocations::Revocations;
use crate::trust::{self, Records, Testimony};

/// The open requests of a snapshot, each read or with every reason why it can't be.
pub type Requests = BTreeMap<RequestName, Result<Request, Vec<Reason>>>;

/// What the decisions are made of, besides the clock.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The requests as [`read`] gave them.
    pub requests: &'a Requests,
    /// The rules.
    pub zone: &'a ControlZone,
    /// The requests that the keys were certified for.
    pub owners: &'a KeyOwners,
    /// The commits that brought the requests; empty for a work tree.
    pub introductions: &'a BTreeMap<RequestName, Introduction>,
    /// The rules before each commit that brought a request or a statement and touched them; `None` where those can't be
    /// loaded.
    pub rules_before: &'a BTreeMap<ObjectId, Option<ControlZone>>,
    /// The files of statements about the requests.
    pub statements: &'a BTreeMap<RequestName, BTreeMap<String, Blob>>,
    /// What the mainline knows of them; empty for a work tree.
    pub histories: &'a BTreeMap<RequestName, StatementHistory>,
    /// In a work tree, who would commit what is there.
    pub committer: Option<&'a Author>,
    /// Whom the plan is for.
    pub attention: Attention<'a>,
    /// What the certificates rest on that open requests have for these very bytes.
    pub certified: &'a BTreeMap<RequestName, Provenance>,
    /// Those of them that are open because their certificate is to be made anew.
    pub due: &'a BTreeSet<RequestName>,
    /// What is revoked of all that bears on the requests.
    pub revocations: &'a Revocations,
    /// Those that are open because their certificate has ended, and they may have been approved again.
    pub ended: &'a BTreeSet<RequestName>,
}

static NO_STATEMENTS: BTreeMap<String, Blob> = BTreeMap::new();
static NO_FILES: BTreeMap<RequestName, BTreeMap<String, Blob>> = BTreeMap::new();
static NO_HISTORIES: BTreeMap<RequestName, StatementHistory> = BTreeMap::new();
static NO_INTRODUCTIONS: BTreeMap<RequestName, Introduction> = BTreeMap::new();
static NO_RULES: BTreeMap<ObjectId, Option<ControlZone>> = BTreeMap::new();
static NO_CERTIFICATES: BTreeMap<RequestName, Provenance> = BTreeMap::new();
static NO_OWNERS: KeyOwners = KeyOwners::new();
static NOBODY: BTreeSet<RequestName> = BTreeSet::new();
static NO_HISTORY: StatementHistory = StatementHistory {
    brought: BTreeMap::new(),
    deleted: Vec::new(),
    spent: BTreeSet::new(),
    first: None,
};

impl<'a> Evidence<'a> {
    /// Requests and rules of which no history is known, nothing was issued and nobody has said anything.
    #[must_use]
    pub fn alone(requests: &'a Requests, zone: &'a ControlZone) -> Self {
        Self {
            requests,
            zone,
            owners: &NO_OWNERS,
            introductions: &NO_INTRODUCTIONS,
            rules_before: &NO_RULES,
            statements: &NO_FILES,
            histories: &NO_HISTORIES,
            committer: None,
            attention: Attention::EVERYTHING,
            certified: &NO_CERTIFICATES,
            due: &NOBODY,
            ended: &NOBODY,
            revocations: Revocations::NONE,
        }
    }

    /// What git knows about the people behind a request.
    fn records(&self, request: &'a Request) -> Records<'a> {
        let name = &request.name;
        Records {
            request,
            introduction: self.introductions.get(name),
            statements: self.statements.get(name).unwrap_or(&NO_STATEMENTS),
            history: self.histories.get(name).unwrap_or(&NO_HISTORY),
            committer: self.committer,
            renews: self.certified.get(name),
        }
    }

    /// Whether a request stays with the certificate that it has.
    pub(super) fn is_settled(
        &self,
        case: &Case<'_, '_>,
        decision: &Result<Approved<'_>, Refusal>,
    ) -> bool {
        let name = &case.request.name;
        match decision {
            // Approvals that a certificate has rested on are spent, so these are new.
            Ok(approved) if self.ended.contains(name) => approved.approvals().is_empty(),
            Err(_) => self.ended.contains(name),
            // Another policy admits it now, which has its own terms.
            Ok(approved) => {
                let renewal = approved.policy().renewal;
                let is_due =
                    |certificate| renewal.is_some_and(|its| its.is_due(certificate, case.now));
                self.due.contains(name) && !self.certified.get(name).is_some_and(is_due)
            }
        }
    }

    /// Who asked, and who has approved, by the keys of one control zone.
    pub(super) fn hear(
        &self,
        request: &'a Request,
        zone: &ControlZone,
        now: Timestamp,
    ) -> Testimony {
        trust::hear(&self.records(request), zone, now)
    }

    /// The commits that brought the request, or an approval that counts, and touched the rules as well.
    pub(super) fn rules_came_along(
        &self,
        request: &Request,
        decision: &Result<Approved<'a>, Refusal>,
    ) -> Vec<(ObjectId, Cause)> {
        let Some(introduction) = self.introductions.get(&request.name) else {
            return Vec::new();
        };
        let by_request = introduction
            .touches_control
            .then_some((introduction.commit, Cause::Request));
        let counted = decision
            .iter()
            .flat_map(|approved| approved.approvals().values());
        let by_approvals = counted
            .filter_map(|approval| approval.brought)
            .filter(|brought| brought.touches_control)
            .map(|brought| (brought.commit, Cause::Approval));
        by_request.into_iter().chain(by_approvals).collect()
    }

    /// Why the rules before a change refuse what it brought, if it touched them and they do: the strictest refusal. And how
    /// many units of work it took to say so.
    pub(super) fn refusal_before(
        &self,
        case: &Case<'a, '_>,
        decision: &Result<Approved<'a>, Refusal>,
    ) -> (Option<(Cause, Refusal)>, u64) {
        let mut strictest: Option<(Cause, Refusal)> = None;
        let mut work = 0;
        for (commit, cause) in self.rules_came_along(case.request, decision) {
            let zone = self.rules_before.get(&commit).and_then(Option::as_ref);
            let refusal = match zone {
                None => Some(together::unreadable()),
                Some(zone) => {
                    let testimony = &self.hear(case.request, zone, case.now);
                    let before = Case {
                        zone,
                        testimony,
                        ..case.clone()
                    };
                    let judgement = decide(&before);
                    work += judgement.work;
                    judgement.decision.err()
                }
            };
            let is_stricter = |refusal: &Refusal| {
                strictest
                    .as_ref()
                    .is_none_or(|(_, other)| together::is_stricter(refusal, other))
            };
            if let Some(refusal) = refusal.filter(is_stricter) {
                strictest = Some((cause, refusal));
            }
        }
        (strictest, work)
    }
}
