//! What was read of a mainline, of a change to it or of a work tree: all that decisions are made of.
//!
//! It is filled by the survey; out come the evidence for decisions and what the commit of a run says about the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::batch::Workshop;
use crate::batch::lists::Lists;
use crate::control::ControlZone;
use crate::finding::Finding;
use crate::names::{ObjectId, RequestName, Sha256Digest, Shard};
use crate::plan::lists::{self, DueList, Published};
use crate::plan::{self, Attention, Evidence, Requests, warnings};
use crate::provenance::Provenance;
use crate::render::template::Templates;
use crate::snapshot::{Author, Introduction, KeyOwners, Snapshot, StatementHistory};
use crate::survey::renewals;
use crate::timestamp::Timestamp;
use crate::trust::revocations::{Revocations, Revoked};
use crate::worktree;
use crate::x509::leaf::Leaf;

type Introductions = BTreeMap<RequestName, Introduction>;
type Histories = BTreeMap<RequestName, StatementHistory>;

/// How much of the mainline is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Every request and every output.
    Whole,
    /// What is open; requests that the last run left with their certificates are counted, where that run can be trusted.
    Open,
}

/// What was read.
#[derive(Debug)]
pub struct Survey {
    /// The files.
    pub snapshot: Snapshot,
    /// The rules.
    pub zone: ControlZone,
    /// The compiled templates.
    pub templates: Templates,
    /// The open requests.
    pub requests: Requests,
    /// Who was certified with their keys.
    pub owners: KeyOwners,
    /// Which commits brought them; empty for a work tree.
    pub introductions: Introductions,
    /// Those of them that a proposed change leaves alone, and that have the key of one that it brings, or one that it takes
    /// from another.
    pub rivals: BTreeSet<RequestName>,
    /// Those of them that something beside them kept from being judged before, and those that the change itself brings.
    pub freed: BTreeSet<RequestName>,
    /// What the mainline knows of statements about the open requests; empty for a work tree.
    pub histories: Histories,
    /// The rules before each commit that brought one of these and touched them; `None` where those can't be loaded.
    pub rules_before: BTreeMap<ObjectId, Option<ControlZone>>,
    /// In a work tree, who would commit what is there.
    pub committer: Option<Author>,
    /// What the certificates rest on that open requests have for these very bytes.
    pub certified: BTreeMap<RequestName, Provenance>,
    /// The requests that are open because their certificate is to be made anew.
    pub due: BTreeSet<RequestName>,
    /// The requests that are open because their certificate has ended, and they may have been approved again.
    pub ended: BTreeSet<RequestName>,
    /// When the clock alone will make the next certificate due.
    pub next_due: Option<Timestamp>,
    /// What is revoked of all that bears on the open requests and the lists.
    pub revocations: Revocations,
    /// What is revoked that no list and no run knows yet.
    pub newly_revoked: Vec<Revoked>,
    /// The revocation lists that were published; `None` where none of them can be due.
    pub lists: Option<Published>,
    /// Why a proposed change may not be merged, whatever it asks for: it touches `issued/`, or names another mainline.
    pub refused: Vec<Finding>,
}

impl Survey {
    /// What a work tree holds: files and what they mean, and nothing that only a mainline knows.
    pub(super) fn of_files(
        snapshot: Snapshot,
        (zone, templates): (ControlZone, Templates),
        (requests, owners): (Requests, KeyOwners),
        revocations: Revocations,
    ) -> Self {
        Self {
            snapshot,
            zone,
            templates,
            requests,
            owners,
            introductions: BTreeMap::new(),
            rivals: BTreeSet::new(),
            freed: BTreeSet::new(),
            histories: BTreeMap::new(),
            rules_before: BTreeMap::new(),
            committer: None,
            certified: BTreeMap::new(),
            due: BTreeSet::new(),
            ended: BTreeSet::new(),
            next_due: None,
            revocations,
            newly_revoked: Vec::new(),
            lists: None,
            refused: Vec::new(),
        }
    }

    /// Whether a proposed change brings this request, or something about it.
    #[must_use]
    pub fn brings(&self, name: &RequestName) -> bool {
        self.introductions.contains_key(name) && !self.rivals.contains(name)
    }

    /// Opens these requests of the work tree as well, though `issued/` holds them.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn reopen(&mut self, directory: &Path, names: &[RequestName]) -> anyhow::Result<()> {
        let root = worktree::root(directory)?;
        let is_there = |name: &&RequestName| self.snapshot.requests.contains_key(*name);
        for name in names.iter().filter(is_there) {
            if let Some(blob) = worktree::file(&root, &name.manifest())? {
                self.snapshot.open.insert(name.clone(), blob);
            }
        }
        self.requests = plan::read(&self.snapshot);
        self.owners = worktree::key_owners(&root, &plan::keys(&self.requests))?;
        Ok(())
    }

    /// What certificates are made from at this time.
    #[must_use]
    pub fn workshop(&self, now: Timestamp) -> Workshop<'_> {
        Workshop {
            snapshot: &self.snapshot,
            zone: &self.zone,
            templates: &self.templates,
            introductions: &self.introductions,
            certified: &self.certified,
            now,
        }
    }

    /// How many requests are without their certificate once these were made; whatever else is in the way counts, too, so
    /// that the next run looks at it again.
    #[must_use]
    pub fn open_after(&self, made: &BTreeMap<RequestName, Provenance>) -> usize {
        self.left_after(made).count() + self.snapshot.findings.len()
    }

    /// The requests that are without their certificate once these were made.
    pub fn left_after(
        &self,
        made: &BTreeMap<RequestName, Provenance>,
    ) -> impl Iterator<Item = &RequestName> {
        let is_left =
            |name: &&RequestName| !made.contains_key(*name) && !self.ended.contains(*name);
        self.snapshot.open.keys().filter(is_left)
    }

    /// The keys of open requests whose private halves lie in commits, this one among them: the next run looks no further back,
    /// and what lies there now may be taken away until then.
    #[must_use]
    pub fn leaked(&self) -> BTreeMap<Sha256Digest, ObjectId> {
        let keys = plan::keys(&self.requests).into_iter();
        let snapshot = &self.snapshot;
        let commit = |key: &Sha256Digest| {
            let here = snapshot
                .commit
                .filter(|_| snapshot.leaked.contains_key(key));
            snapshot.withdrawn_keys.get(key).copied().or(here)
        };
        keys.filter_map(|key| Some((key, commit(&key)?))).collect()
    }

    /// Whether there was more than could be searched for private keys: the next run says so again.
    #[must_use]
    pub fn is_unsearched(&self) -> bool {
        self.snapshot.is_unsearched
    }

    /// When the clock alone will make the next work, once these certificates and lists were made: at once where one that was
    /// due was not.
    #[must_use]
    pub fn due_after(
        &self,
        made: &BTreeMap<RequestName, Provenance>,
        lists: &Lists,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if self.due.iter().any(|name| !made.contains_key(name)) {
            return Some(now);
        }
        let (due, untouched) = self.due_lists(now);
        if due.len() > lists.number() {
            return Some(now);
        }
        let next = renewals::next(&self.zone, made.values());
        let lists = [untouched, lists.next_due(now)].into_iter().flatten();
        self.next_due.into_iter().chain(next).chain(lists).min()
    }

    /// The revocation lists that are due, and when the clock alone makes the next one so.
    #[must_use]
    pub fn due_lists(&self, now: Timestamp) -> (Vec<DueList<'_>>, Option<Timestamp>) {
        let published = self.lists.as_ref();
        published.map_or_else(Default::default, |published| {
            lists::due(&self.zone, published, &self.revocations, now)
        })
    }

    /// The due revocation lists that a share of the batch makes: one share numbers them all.
    #[must_use]
    pub fn due_lists_of(&self, shard: Shard, now: Timestamp) -> Vec<DueList<'_>> {
        let (due, _) = self.due_lists(now);
        due.into_iter().filter(|_| shard.takes_crls()).collect()
    }

    /// What is revoked by what is new.
    #[must_use]
    pub fn revoked(&self) -> Vec<Finding> {
        let signers = self.zone.signers.iter();
        let publishing: Vec<_> = signers.filter(|signer| signer.crl.publish).collect();
        let is_covered = |revoked: &Revoked| {
            let cas = publishing
                .iter()
                .map(|signer| signer.authority.signing_ca());
            publishing.is_empty() || Leaf::proven(&revoked.certificate, cas).is_some()
        };
        let told = |revoked| {
            if is_covered(revoked) {
                warnings::revoked(revoked)
            } else {
                warnings::unlisted(revoked)
            }
        };
        self.newly_revoked.iter().map(told).collect()
    }

    /// What the decisions are made of.
    #[must_use]
    pub fn evidence(&self) -> Evidence<'_> {
        Evidence {
            requests: &self.requests,
            zone: &self.zone,
            owners: &self.owners,
            introductions: &self.introductions,
            rules_before: &self.rules_before,
            statements: &self.snapshot.statements,
            histories: &self.histories,
            committer: self.committer.as_ref(),
            attention: Attention::EVERYTHING,
            certified: &self.certified,
            due: &self.due,
            ended: &self.ended,
            revocations: &self.revocations,
        }
    }
}
