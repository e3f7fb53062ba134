//! A merge that nobody has made yet, surveyed as if it were on the mainline.
//!
//! In come two commits; out comes a [`Proposed`], or a [`Stop`](crate::finding::Stop) with every finding that stands in the way.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::ControlZone;
use crate::finding::{Code, Finding, Reason};
use crate::git::{self, News, OutputZone, Proposal, Repository};
use crate::names::{ObjectId, RepoPath, RequestName, Sha256Digest};
use crate::plan::{self, Requests, warnings};
use crate::provenance::Provenance;
use crate::report::Grounds;
use crate::snapshot::{KeyOwners, Snapshot};
use crate::survey::found::{Extent, Survey};
use crate::survey::leaks;
use crate::survey::output::{self, Judgement};
use crate::survey::passing;
use crate::survey::renewals::{self, Renewals};
use crate::survey::revocations::{self, Asked};
use crate::survey::rules::{check_branch, control_at, load, rules_before};
use crate::world::World;

/// A merge that nobody has made yet.
#[derive(Debug)]
pub struct Proposed {
    /// The commit that would be merged.
    pub head: ObjectId,
    /// What it was judged on.
    pub grounds: Grounds,
    /// What would be there, with the requests that the merge changes as its introductions, and the rivals.
    pub survey: Survey,
    /// What was issued before.
    pub certificates: Certificates,
}

/// What runs have issued on the mainline that a change would be merged into.
#[derive(Debug)]
pub struct Certificates {
    repository: Repository,
    base: ObjectId,
}

impl Certificates {
    /// What the newest certificate of a request rests on, as a run wrote it.
    ///
    /// # Errors
    /// When git fails.
    pub fn provenance(&self, request: &RequestName) -> anyhow::Result<Option<Provenance>> {
        renewals::provenance(&self.repository, self.base, request)
    }
}

/// Surveys what a merge of `head` into `base` would be.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) for what can't be trusted or is invalid; any other error when git fails.
pub fn proposal(
    world: &World,
    extent: Extent,
    (base, head): (&str, &str),
) -> anyhow::Result<Proposed> {
    let repository = Repository::open(&world.directory)?;
    repository.require_full_history()?;
    let (base, head) = (repository.resolve(base)?, repository.resolve(head)?);
    let merge = Merge::of(world, &repository, (base, head))?;
    let grounds = merge.proposal.grounds()?;
    let survey = merge.survey(extent)?;
    Ok(Proposed {
        head,
        grounds,
        survey,
        certificates: Certificates { repository, base },
    })
}

/// What a merge is surveyed on.
struct Merge<'m> {
    world: &'m World,
    repository: &'m Repository,
    base: ObjectId,
    head: ObjectId,
    proposal: Proposal<'m>,
    anchor: Option<ObjectId>,
    outputs: OutputZone,
}

/// The requests that were read, whose their keys are, and those that were not read.
struct Read {
    requests: Requests,
    owners: KeyOwners,
    unread: BTreeSet<RequestName>,
}

impl<'m> Merge<'m> {
    fn of(
        world: &'m World,
        repository: &'m Repository,
        (base, head): (ObjectId, ObjectId),
    ) -> anyhow::Result<Self> {
        let proposal = repository.propose(base, head)?;
        let anchor = world.anchor.as_deref();
        let anchor = anchor.map(|anchor| repository.anchor(anchor, base));
        let anchor = anchor.transpose()?;
        Ok(Self {
            world,
            repository,
            base,
            head,
            proposal,
            anchor,
            outputs: output::zone(Judgement::of(repository), base, anchor)?,
        })
    }

    fn survey(&self, extent: Extent) -> anyhow::Result<Survey> {
        let (proposal, now) = (&self.proposal, self.world.now);
        let (mut snapshot, news) = self.files(extent)?;
        let (zone, templates) = load(&snapshot)?;
        let stated = unchanged(&news.stated, &snapshot);
        let mut renewals = self.renewals(&stated, &zone, &mut snapshot)?;
        let unsearched = self.look_around(&news.stated, &zone, &mut snapshot)?;
        let mut read = self.read(&news, &mut snapshot)?;
        let asked = Asked {
            owners: &read.owners,
            again: &self.again(&read.owners, &zone, stated)?,
        };
        let mut judgement = Judgement::of(self.repository);
        let change = (proposal, &news.revoked);
        let revoked = revocations::proposed(change, &mut judgement, &mut snapshot, &asked)?;
        renewals.end_revoked(&revoked.revocations, &mut snapshot);
        end_silent(self.repository, self.base, &mut renewals, &mut snapshot)?;
        read.requests
            .retain(|name, _| snapshot.open.contains_key(name));
        let keys = keys(&read.requests);
        let before = keys_before(proposal, &news.asked, &snapshot)?;
        let freed = proposal.freed(&snapshot)?;
        let (history, rivals) = proposal.history(&snapshot, self.anchor, &keys, &before, &freed)?;
        let mut revocations = revoked.revocations;
        revocations.forbid(history.places());
        for name in renewals::settle(&mut renewals.due, &history, &zone, now) {
            snapshot.open.remove(&name);
            read.requests.remove(&name);
        }
        let mut refused = self.refused(&zone, &read.unread, &revoked.unread)?;
        refused.extend(unsearched);
        let made = Some((self.head, self.base));
        let rules_before = rules_before(self.repository, &history, made)?;
        let read = (read.requests, read.owners);
        Ok(Survey {
            introductions: history.introductions,
            rivals,
            freed,
            histories: history.statements,
            rules_before,
            due: renewals.due.keys().cloned().collect(),
            certified: renewals.due,
            ended: renewals.ended,
            newly_revoked: revoked.news,
            refused,
            ..Survey::of_files(snapshot, (zone, templates), read, revocations)
        })
    }

    /// Adds the keys that lay about, and what nobody would see otherwise; out goes what was not searched.
    fn look_around(
        &self,
        stated: &BTreeSet<RequestName>,
        zone: &ControlZone,
        snapshot: &mut Snapshot,
    ) -> anyhow::Result<Option<Finding>> {
        let (outputs, change) = (&self.outputs, (self.base, &self.proposal));
        let unsearched = leaks::add_proposed(self.repository, outputs, change, zone, snapshot)?;
        tell_orphaned(stated, snapshot);
        snapshot.notices.extend(self.swapping(zone)?);
        Ok(unsearched)
    }

    /// The files as they would be, and what is new among them.
    fn files(&self, extent: Extent) -> anyhow::Result<(Snapshot, News)> {
        let (proposal, now) = (&self.proposal, self.world.now);
        let known = output::base(&self.outputs, now).filter(|_| extent == Extent::Open);
        let known = known.map(|(known, _)| proposal.snapshot_since(&known));
        let snapshot = match known.transpose()?.flatten() {
            Some(snapshot) => snapshot,
            None => proposal.snapshot(&BTreeSet::new())?,
        };
        let mut news = proposal.news()?;
        // One that lies there and was not read revokes nothing; that is told, and its request waits.
        for name in std::mem::take(&mut news.revoked) {
            if snapshot.revocations.contains_key(&name) || !proposal.has_revocation(&name)? {
                news.revoked.insert(name);
            }
        }
        Ok((snapshot, news))
    }

    /// The certificates that may be made anew, since something is stated beside their requests, which are open then.
    fn renewals(
        &self,
        stated: &BTreeSet<RequestName>,
        zone: &ControlZone,
        snapshot: &mut Snapshot,
    ) -> anyhow::Result<Renewals> {
        let rules = (zone, self.world.now);
        let all = |_: &_, _: &_| Ok(true);
        let found = renewals::find_of(self.repository, self.base, stated.iter(), rules, all)?;
        let again: BTreeSet<RequestName> = found.due.keys().chain(&found.ended).cloned().collect();
        if !again.is_empty() {
            *snapshot = self.proposal.snapshot(&again)?;
        }
        Ok(found)
    }

    /// What to say of a branch that a fast-forward would make the mainline.
    fn swapping(&self, zone: &ControlZone) -> anyhow::Result<Option<Finding>> {
        let is_swapping =
            self.outputs.run.is_some() && self.proposal.merges_run(self.outputs.source)?;
        Ok(is_swapping.then(|| warnings::swapping(zone.settings.branch.as_str())))
    }

    /// The requests whose certificates bear on the merge, besides those that it asks for: these are made anew, or are of a
    /// key that it asks for.
    fn again(
        &self,
        owners: &KeyOwners,
        zone: &ControlZone,
        stated: BTreeSet<RequestName>,
    ) -> anyhow::Result<BTreeSet<RequestName>> {
        let mainline = (self.repository, self.base);
        let mut again = revocations::compromising(owners, zone, mainline)?;
        again.extend(stated);
        Ok(again)
    }

    /// Reads the open requests; one that is not read is not there any more.
    fn read(&self, news: &News, snapshot: &mut Snapshot) -> anyhow::Result<Read> {
        let (requests, unread) = plan::read_proposed(snapshot, &news.asked);
        for name in &unread {
            snapshot.leave_out(name);
        }
        Ok(Read {
            owners: self.proposal.key_owners(&plan::keys(&requests))?,
            requests,
            unread,
        })
    }

    /// What else is in the merge that lets nobody land it.
    fn refused(
        &self,
        zone: &ControlZone,
        requests: &BTreeSet<RequestName>,
        revocations: &BTreeSet<RequestName>,
    ) -> anyhow::Result<Vec<Finding>> {
        let branch = zone.settings.branch.as_str();
        let commits = (self.base, self.head);
        let (repository, proposal) = (self.repository, &self.proposal);
        let is_pushed = git::is_quarantined() && repository.is_on_mainline(self.base, self.head)?;
        let to = (branch, is_pushed);
        let mut refused = output::proposed(repository, proposal, commits, to)?;
        refused.extend(moved(self.repository, self.world, &self.proposal, zone)?);
        let is_foreign = |finding: &Finding| finding.reason.code == Code::ForeignOutput;
        let is_told = refused.iter().any(is_foreign);
        refused.extend(passing::refused(proposal, commits, (is_pushed, is_told))?);
        refused.extend_from_slice(self.proposal.unfit());
        refused.extend(not_read(requests, RequestName::manifest));
        refused.extend(not_read(revocations, RequestName::revocation));
        Ok(refused)
    }
}

/// Other bytes are another request.
fn unchanged(names: &BTreeSet<RequestName>, snapshot: &Snapshot) -> BTreeSet<RequestName> {
    let is_unchanged = |name: &&RequestName| snapshot.is_unchanged(name);
    names.iter().filter(is_unchanged).cloned().collect()
}

/// Tells of statements that the merge brings beside requests that are not there: nobody would see them, and who asks by such a
/// name later has them against the limit.
fn tell_orphaned(stated: &BTreeSet<RequestName>, snapshot: &mut Snapshot) {
    let is_orphaned = |name: &&RequestName| {
        snapshot.stated.contains(*name) && !snapshot.requests.contains_key(*name)
    };
    let orphaned: Vec<RequestName> = stated.iter().filter(is_orphaned).cloned().collect();
    let told = warnings::of_each(&orphaned, warnings::orphaned, warnings::orphaned_more);
    snapshot.notices.extend(told);
}

/// What to say of files beside these requests that were not read, since so many before them are wrong.
fn not_read(unread: &BTreeSet<RequestName>, file: fn(&RequestName) -> RepoPath) -> Option<Finding> {
    let first = file(unread.first()?);
    let number = unread.len();
    let message =
        format!("so many files before this one are wrong that {number} of its kind were not read");
    let reason = Reason::new(Code::TooManyFiles, message);
    let help = "mend those that are told";
    Some(Finding::in_file(first, reason.help(help)))
}

/// A change of the mainline's name is landed on the branch that it names: where it is merged elsewhere, every run stops.
fn moved(
    repository: &Repository,
    world: &World,
    proposal: &Proposal<'_>,
    zone: &ControlZone,
) -> anyhow::Result<Option<Finding>> {
    let named = if let Some(branch) = &world.branch {
        Some(branch.trim_start_matches("refs/heads/").to_owned())
    } else {
        let grounds = proposal.grounds()?;
        let before = repository.directory(grounds.base, "policies")?;
        let is_same = before == grounds.policies;
        let before = (!is_same).then(|| control_at(repository, grounds.base));
        let before = before.transpose()?.flatten();
        before.map(|zone| zone.settings.branch.as_str().to_owned())
    };
    Ok(named.and_then(|branch| check_branch(zone, &branch).err()?.0.pop()))
}

/// The keys that the base has where the merge asks for something else or for nothing: another request may stand first
/// for one of them then.
fn keys_before(
    proposal: &Proposal<'_>,
    asked: &BTreeSet<RequestName>,
    snapshot: &Snapshot,
) -> anyhow::Result<BTreeSet<Sha256Digest>> {
    if snapshot.open.keys().all(|name| asked.contains(name)) {
        return Ok(BTreeSet::new());
    }
    let before = Snapshot {
        open: proposal.manifests_before(asked)?,
        ..Snapshot::default()
    };
    Ok(plan::keys(&plan::read(&before)).into_iter().collect())
}

/// The key of each request that can be read.
fn keys(requests: &Requests) -> BTreeMap<RequestName, Sha256Digest> {
    let read = requests
        .iter()
        .filter_map(|(name, request)| Some((name, request.as_ref().ok()?)));
    read.map(|(name, request)| (name.clone(), request.csr.key.digest()))
        .collect()
}

/// Takes back the requests whose certificate has ended and beside which the merge leaves nothing new: what it takes away is
/// no reason to make another one.
fn end_silent(
    repository: &Repository,
    base: ObjectId,
    renewals: &mut Renewals,
    snapshot: &mut Snapshot,
) -> anyhow::Result<()> {
    for name in std::mem::take(&mut renewals.ended) {
        let files = snapshot.statements.get(&name);
        let files = files.into_iter().flat_map(BTreeMap::keys);
        let provenance = renewals::provenance(repository, base, &name)?;
        if provenance.is_some_and(|provenance| renewals::has_news(files, &provenance)) {
            renewals.ended.insert(name);
        } else {
            snapshot.open.remove(&name);
        }
    }
    Ok(())
}
