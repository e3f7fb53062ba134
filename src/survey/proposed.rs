//! A merge that nobody has made yet, surveyed as if it were on the mainline.
//!
//! In come two commits; out comes a [`Proposed`], or a [`Stop`](crate::finding::Stop) with every finding that stands in the way.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::ControlZone;
use crate::finding::{Code, Finding, Reason};
use crate::git::{Proposal, Repository};
use crate::names::{ObjectId, RepoPath, RequestName, Sha256Digest};
use crate::plan::{self, Requests};
use crate::provenance::Provenance;
use crate::report::Grounds;
use crate::snapshot::Snapshot;
use crate::survey::found::{Extent, Survey};
use crate::survey::leaks;
use crate::survey::output::{self, Judgement};
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
    let proposal = repository.propose(base, head)?;
    let anchor = world.anchor.as_deref();
    let anchor = anchor.map(|anchor| repository.anchor(anchor, base));
    let anchor = anchor.transpose()?;
    let outputs = output::zone(Judgement::of(&repository), base, anchor)?;
    let known = output::base(&outputs, world.now).filter(|_| extent == Extent::Open);
    let known = known.map(|(known, _)| proposal.snapshot_since(&known));
    let mut news = proposal.news()?;
    let mut snapshot = match known.transpose()?.flatten() {
        Some(snapshot) => snapshot,
        None => proposal.snapshot(&BTreeSet::new())?,
    };
    // One that lies there and was not read revokes nothing; that is told, and its request waits.
    for name in std::mem::take(&mut news.revoked) {
        if snapshot.revocations.contains_key(&name) || !proposal.has_revocation(&name)? {
            news.revoked.insert(name);
        }
    }
    let (zone, templates) = load(&snapshot)?;
    // Other bytes are another request.
    let is_unchanged = |name: &&RequestName| snapshot.is_unchanged(name);
    let stated: BTreeSet<RequestName> = news.stated.iter().filter(is_unchanged).cloned().collect();
    let rules = (&zone, world.now);
    let mut renewals = renewals::find_of(&repository, base, stated.iter(), rules, |_, _| Ok(true))?;
    let again = renewals.due.keys().chain(&renewals.ended);
    let again: BTreeSet<RequestName> = again.cloned().collect();
    if !again.is_empty() {
        snapshot = proposal.snapshot(&again)?;
    }
    leaks::add_proposed(
        &repository,
        &outputs,
        (base, &proposal),
        &zone,
        &mut snapshot,
    )?;
    let (mut requests, unread) = plan::read_proposed(&snapshot, &news.asked);
    for name in &unread {
        snapshot.requests.remove(name);
        snapshot.open.remove(name);
        snapshot.statements.remove(name);
    }
    let owners = proposal.key_owners(&plan::keys(&requests))?;
    let asked = Asked {
        owners: &owners,
        again: &stated,
    };
    let mut judgement = Judgement::of(&repository);
    let revoked = revocations::proposed(
        (&proposal, &news.revoked),
        &mut judgement,
        &mut snapshot,
        &asked,
    )?;
    renewals.end_revoked(&revoked.revocations, &mut snapshot);
    end_silent(&repository, base, &mut renewals, &mut snapshot)?;
    requests.retain(|name, _| snapshot.open.contains_key(name));
    let keys = keys(&requests);
    let before = keys_before(&proposal, &news.asked, &snapshot)?;
    let (history, rivals) = proposal.history(&snapshot, anchor, &keys, &before)?;
    let mut revocations = revoked.revocations;
    revocations.forbid(history.places());
    for name in renewals::settle(&mut renewals.due, &history, &zone, world.now) {
        snapshot.open.remove(&name);
        requests.remove(&name);
    }
    let rules_before = rules_before(&repository, &history, Some((head, base)))?;
    let branch = zone.settings.branch.as_str();
    let mut refused = output::proposed(&repository, &proposal, (base, head), branch)?;
    refused.extend(moved(&repository, world, &proposal, &zone)?);
    refused.extend(not_read(&unread, RequestName::manifest));
    refused.extend(not_read(&revoked.unread, RequestName::revocation));
    let read = (requests, owners);
    let survey = Survey {
        introductions: history.introductions,
        rivals,
        histories: history.statements,
        rules_before,
        due: renewals.due.keys().cloned().collect(),
        certified: renewals.due,
        ended: renewals.ended,
        newly_revoked: revoked.news,
        refused,
        ..Survey::of_files(snapshot, (zone, templates), read, revocations)
    };
    Ok(Proposed {
        head,
        grounds: proposal.grounds()?,
        survey,
        certificates: Certificates { repository, base },
    })
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
