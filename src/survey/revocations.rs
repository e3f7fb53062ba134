//! What is revoked, of all that bears on the open requests and on the revocation lists.
//!
//! In come the mainline and its snapshot; out comes what revocations say about certificates that genuine runs have brought.
//! Only requests are looked at that somebody speaks of: those that have a revocation, or had one since the lists were made,
//! those that want a certificate again, and those that a key was certified for before.

mod reading;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::control::ControlZone;
use crate::control::approval_policy::{ApprovalPolicy, KeyReuse};
use crate::control::signer::Signer;
use crate::finding::{Code, Finding, Reason};
use crate::git::{Horizon, Proposal, Repository};
use crate::names::{ObjectId, RepoPath, RequestName, artifact};
use crate::plan::lists::{self, Published};
use crate::plan::{Patience, Turn};
use crate::snapshot::{Brought, KeyOwners, Output, RevocationHistory, Snapshot};
use crate::survey::output::Judgement;
use crate::survey::revocations::reading::{
    Histories, findings, forget_wrong, idle, read, read_all, read_one, tell_idle, unknown_serials,
    withhold,
};
use crate::timestamp::Timestamp;
use crate::trust::revocations::{Revocations, Revoked};
use crate::worktree;

// Of a hundred thousand revoked certificates, some forty octets each.
const LIST_OCTETS: u64 = 16 * 1024 * 1024;
const LISTS: &str = "issued/_crl";

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What is revoked.
    pub(super) revocations: Revocations,
    /// What is new since the lists, or since the newest run where there are none.
    pub(super) news: Vec<Revoked>,
    /// The lists that were published; `None` where none of them can be due.
    pub(super) lists: Option<Published>,
    /// What a change brings beside these requests was not read.
    pub(super) unread: BTreeSet<RequestName>,
}

/// What is at hand.
#[derive(Clone, Copy)]
pub(super) struct Ground<'g> {
    pub(super) repository: &'g Repository,
    pub(super) tip: ObjectId,
    pub(super) anchor: Option<ObjectId>,
    /// The newest run on the mainline.
    pub(super) run: Option<ObjectId>,
    /// Whether it is proven who made that run.
    pub(super) is_proven: bool,
    /// Whether that run is known to have left nothing to do, so that only what came after it is looked at.
    pub(super) is_settled: bool,
    pub(super) zone: &'g ControlZone,
    pub(super) now: Timestamp,
}

impl Ground<'_> {
    /// Looks for revocations, and adds to the snapshot what is wrong with them.
    pub(super) fn find(&self, snapshot: &mut Snapshot, asked: &Asked<'_>) -> anyhow::Result<Found> {
        let mut judgement = Judgement::knowing(self.repository, self.tip, self.zone)?;
        let judgement = &mut judgement;
        let mut lists = if self.is_settled {
            None
        } else {
            Some(self.lists()?)
        };
        let news = self.news(judgement, lists.as_ref())?;
        if lists.is_none() && !news.is_empty() {
            lists = Some(self.lists()?);
        }
        let mut names: BTreeSet<RequestName> = snapshot.revocations.keys().cloned().collect();
        names.extend(news.iter().cloned());
        names.extend(asked.names(snapshot));
        let mainline = (self.repository, self.tip);
        names.extend(compromising(asked.owners, self.zone, mainline)?);
        let mut histories = self.repository.revocations(self.tip, &names)?;
        self.keep_genuine(judgement, &mut histories)?;
        let findings = findings(read_all(snapshot), &histories);
        withhold(snapshot, findings);
        let revocations = Revocations::of(&histories);
        if let Some(lists) = &mut lists
            && !lists::due(self.zone, lists, &revocations, self.now)
                .0
                .is_empty()
        {
            // A number that was given out is given to no other list.
            let mut recall = |octets| lists.recall(self.zone, octets);
            self.repository.lists(self.tip, LIST_OCTETS, &mut recall)?;
        }
        let listed = lists.as_ref().map(|lists| self.listed(lists));
        let is_new = |revoked: &&Revoked| {
            let serial = &revoked.leaf.serial_number;
            !listed
                .as_ref()
                .is_some_and(|listed| listed.contains(serial))
        };
        Ok(Found {
            news: revoked(&news, &revocations)
                .filter(is_new)
                .cloned()
                .collect(),
            lists,
            revocations,
            unread: BTreeSet::new(),
        })
    }

    /// What was there at the anchor is whose it is: whoever named the anchor says so.
    fn keep_genuine(
        &self,
        judgement: &mut Judgement<'_>,
        histories: &mut Histories,
    ) -> anyhow::Result<()> {
        keep_genuine(histories, |commit| {
            let is_run = judgement.run_at(commit)?.is_some();
            let anchor = self.anchor.filter(|_| !is_run);
            let is_before = anchor.map(|anchor| self.repository.is_on_mainline(commit, anchor));
            Ok(is_run || is_before.transpose()?.unwrap_or_default())
        })
    }

    fn publishing(&self) -> impl Iterator<Item = &Signer> {
        let signers = self.zone.signers.iter();
        signers.filter(|signer| signer.crl.publish)
    }

    /// The serial numbers that the lists have.
    fn listed(&self, lists: &Published) -> BTreeSet<String> {
        let lists = self.publishing().filter_map(|signer| lists.of(signer));
        let entries = lists.flat_map(|there| there.list.entries.keys());
        entries.map(ToString::to_string).collect()
    }

    fn lists(&self) -> anyhow::Result<Published> {
        let mut published = Published::default();
        if self.publishing().next().is_none() {
            return Ok(published);
        }
        for file in self.repository.file_names(self.tip, LISTS)? {
            let name = file.strip_suffix(".pem").and_then(|name| name.parse().ok());
            let Some(name) = name else { continue };
            let path = lists::file(&name);
            let file = self.repository.file_within(self.tip, &path, LIST_OCTETS)?;
            if let Some(file) = file {
                published.add(self.zone, name, file.bytes);
            }
        }
        Ok(published)
    }

    fn news(
        &self,
        judgement: &mut Judgement<'_>,
        lists: Option<&Published>,
    ) -> anyhow::Result<BTreeSet<RequestName>> {
        // Before the first run there is nothing to revoke.
        let Some(run) = self.run else {
            return Ok(BTreeSet::new());
        };
        let is_listed = |signer: &Signer| lists.is_some_and(|lists| lists.of(signer).is_some());
        let files = self.publishing().map(|signer| lists::file(&signer.name));
        let files: Vec<RepoPath> = files.collect();
        let horizon = if self.is_settled || files.is_empty() {
            Horizon::Commit(run)
        } else if self.is_proven && self.publishing().all(is_listed) {
            Horizon::Files(&files)
        } else {
            Horizon::Beginning
        };
        let mut is_run = |commit| Ok(judgement.run_at(commit)?.is_some());
        self.repository
            .revoked_since(self.tip, horizon, &mut is_run)
    }
}

fn revoked<'r>(
    names: &'r BTreeSet<RequestName>,
    revocations: &'r Revocations,
) -> impl Iterator<Item = &'r Revoked> {
    let names = names.iter();
    names.flat_map(|name| revocations.request(name))
}

/// Looks for what a proposed change revokes, and what is revoked already of what it asks for.
pub(super) fn proposed(
    (proposal, news): (&Proposal<'_>, &BTreeSet<RequestName>),
    judgement: &mut Judgement<'_>,
    snapshot: &mut Snapshot,
    asked: &Asked<'_>,
) -> anyhow::Result<Found> {
    let mut names = asked.names(snapshot);
    names.extend(news.iter().cloned());
    let is_asked =
        |name: &&RequestName| !asked.owners.is_empty() || snapshot.open.contains_key(*name);
    names.extend(snapshot.revocations.keys().filter(is_asked).cloned());
    snapshot.revocations.retain(|name, _| names.contains(name));
    let is_brought =
        |name: &RequestName| news.contains(name) && snapshot.revocations.contains_key(name);
    let (brought, others): (BTreeSet<_>, BTreeSet<_>) = names.into_iter().partition(is_brought);
    let judged = in_turns(proposal, judgement, snapshot, (others, &brought))?;
    withhold(snapshot, judged.wrong);
    tell_idle(&judged.idle, &mut snapshot.notices);
    let revocations = Revocations::of(&judged.histories);
    Ok(Found {
        news: revoked(news, &revocations).cloned().collect(),
        lists: None,
        revocations,
        unread: judged.unread,
    })
}

/// Revocations that were read, with what the mainline knows of their certificates.
#[derive(Default)]
struct Judged {
    histories: Histories,
    /// Those of all certificates where there are none.
    idle: Vec<RequestName>,
    wrong: Vec<Finding>,
    unread: BTreeSet<RequestName>,
}

/// Judges what a change brings until so much of it is wrong, and what it leaves alone with the first of that, in one walk.
fn in_turns(
    proposal: &Proposal<'_>,
    judgement: &mut Judgement<'_>,
    snapshot: &Snapshot,
    (others, brought): (BTreeSet<RequestName>, &BTreeSet<RequestName>),
) -> anyhow::Result<Judged> {
    let blob = |name: &RequestName| &snapshot.revocations[name];
    let (mut judged, mut names) = (Judged::default(), others);
    let (mut patience, mut turn) = (Patience::default(), Turn::FIRST);
    let mut done = 0;
    loop {
        let end = turn.files(brought.iter().map(blob));
        let mut read = read(snapshot, &names);
        for name in brought.iter().take(end).skip(done) {
            if patience.is_lost() {
                break;
            }
            read.extend([read_one(name, blob(name), &mut patience)]);
            names.insert(name.clone());
            done += 1;
        }
        let mut histories = proposal.revocations(&names)?;
        keep_genuine(&mut histories, |commit| {
            Ok(judgement.run_at(commit)?.is_some())
        })?;
        forget_wrong(&read, snapshot, &mut histories);
        let idle = idle(&read, &histories).filter(|name| brought.contains(*name));
        judged.idle.extend(idle.cloned());
        let wrong = findings(read, &histories);
        for name in unknown_serials(&wrong).filter(|name| brought.contains(*name)) {
            patience.bear(blob(name));
        }
        judged.wrong.extend(wrong);
        judged.histories.extend(histories);
        if done == brought.len() || patience.is_lost() {
            judged.unread = brought.iter().skip(done).cloned().collect();
            return Ok(judged);
        }
        names.clear();
        turn = Turn::of(brought.iter().take(done).map(blob)).next(&patience);
    }
}

/// What the revocations of a work tree say of the certificates that lie there; older ones are in history alone.
pub(super) fn in_work_tree(root: &Path, snapshot: &mut Snapshot) -> anyhow::Result<Revocations> {
    let brought = |position| Brought {
        commit: ObjectId([0; 20]),
        position,
        touches_control: false,
    };
    let mut histories = Histories::new();
    for (name, blob) in &snapshot.revocations {
        let mut history = RevocationHistory::default();
        history.revocations.push((brought(1), Some(blob.clone())));
        let certificate = worktree::file(root, &name.issued(artifact::CERTIFICATE))?;
        let request = snapshot.issued.get(name);
        history
            .outputs
            .extend(certificate.zip(request).map(|(file, request)| Output {
                brought: brought(0),
                request: *request,
                certificate: file.bytes,
            }));
        histories.insert(name.clone(), history);
    }
    let (unknown, findings) = findings(read_all(snapshot), &histories)
        .into_iter()
        .partition(|finding| finding.reason.code == Code::SerialUnknown);
    withhold(snapshot, findings);
    snapshot.notices.extend(unknown.into_iter().map(elsewhere));
    Ok(Revocations::of(&histories))
}

/// A serial number that is not that of the newest certificate may be an older one's.
fn elsewhere(finding: Finding) -> Finding {
    let message =
        "this is not the serial number of the newest certificate; older ones are only in history";
    let reason = Reason {
        message: message.to_owned(),
        ..finding.reason
    };
    let help = "gitca check --base origin/main --head HEAD";
    Finding {
        reason: reason.help(help),
        ..finding
    }
}

/// What is asked for.
pub(super) struct Asked<'a> {
    pub(super) owners: &'a KeyOwners,
    /// Requests whose certificate may be made anew.
    pub(super) again: &'a BTreeSet<RequestName>,
}

impl Asked<'_> {
    /// The requests whose certificates bear on this.
    fn names(&self, snapshot: &Snapshot) -> BTreeSet<RequestName> {
        let has_output = |name: &&RequestName| snapshot.issued.contains_key(*name);
        let open = snapshot.open.keys().filter(has_output).cloned();
        let owners = self.owners.values().map(|owner| owner.request.clone());
        open.chain(owners)
            .chain(self.again.iter().cloned())
            .collect()
    }
}

/// The requests that were ever revoked, if that bears on keys that have owners: such a key may be that of any certificate, and
/// stays blocked when the file is gone. Where no policy lets a key be certified for two, `issued/_keys/` knows the one.
pub(super) fn compromising(
    owners: &KeyOwners,
    zone: &ControlZone,
    (repository, tip): (&Repository, ObjectId),
) -> anyhow::Result<BTreeSet<RequestName>> {
    let is_reusing = |policy: &ApprovalPolicy| policy.constraints.key_reuse != KeyReuse::Deny;
    if owners.is_empty() {
        Ok(BTreeSet::new())
    } else if zone.approval_policies.iter().any(is_reusing) {
        repository.revoked_since(tip, Horizon::Beginning, &mut |_| Ok(false))
    } else {
        repository.revoked_at(tip)
    }
}

/// Drops what no run has brought: anybody can put the certificate of somebody else beside a revocation.
fn keep_genuine(
    histories: &mut Histories,
    mut is_genuine: impl FnMut(ObjectId) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let mut known: BTreeMap<ObjectId, bool> = BTreeMap::new();
    for history in histories.values_mut() {
        for output in &history.outputs {
            if let Entry::Vacant(unknown) = known.entry(output.brought.commit) {
                unknown.insert(is_genuine(output.brought.commit)?);
            }
        }
        history
            .outputs
            .retain(|output| known[&output.brought.commit]);
    }
    Ok(())
}
