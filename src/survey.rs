//! Everything that decisions are made of, read from a repository at the mainline's tip or from a work tree.
//!
//! In comes where to look; out comes a [`Survey`], or a [`Stop`] with every finding that stands in the way: a repository
//! whose history can't be trusted, a control zone with one bad file. It joins the git edge with the readers of the core
//! and decides nothing itself.

mod found;
mod leaks;
mod output;
mod passing;
mod proposed;
mod renewals;
mod replay;
mod revocations;
mod rules;

use std::collections::BTreeSet;
use std::path::Path;

pub use crate::survey::found::{Extent, Survey};
pub use crate::survey::output::{CLOCK_TOLERANCE, Standing};
pub use crate::survey::proposed::{Certificates, Proposed, proposal};

use crate::control::ControlZone;
use crate::finding::{Code, Reason, Stop};
use crate::git::{Base, OutputZone, Repository};
use crate::message::Trailers;
use crate::names::{ObjectId, RequestName};
use crate::plan;
use crate::provenance::Provenance;
use crate::snapshot::Snapshot;
use crate::survey::output::Judgement;
use crate::survey::revocations::{Asked, Ground};
use crate::survey::rules::{
    Rules, at_head, check_branch, control_at, load, refuse, rules, rules_before,
};
use crate::timestamp::Timestamp;
use crate::worktree;
use crate::world::World;

/// The mainline of a repository.
#[derive(Debug)]
pub struct Mainline {
    /// The repository.
    pub repository: Repository,
    /// Its branch, without `refs/heads/`.
    pub branch: String,
    /// The commit at its tip.
    pub tip: ObjectId,
    begin: Begin,
    /// What is there.
    pub survey: Survey,
}

impl Mainline {
    /// Opens these requests as well, though `issued/` holds them, so that today's rules can be asked about them.
    ///
    /// # Errors
    /// When git fails.
    pub fn reopen(&mut self, names: &[RequestName]) -> anyhow::Result<()> {
        let mut also = self.survey.due.clone();
        also.extend(self.survey.ended.iter().cloned());
        also.extend(names.iter().cloned());
        for name in names {
            let zone = &self.survey.zone;
            let certified = renewals::certified(&self.repository, self.tip, name, zone)?;
            let survey = &mut self.survey;
            let certified = certified.filter(|_| survey.snapshot.is_unchanged(name));
            survey
                .certified
                .extend(certified.map(|certified| (name.clone(), certified)));
        }
        let mut snapshot = self.repository.snapshot_with(self.tip, &also)?;
        snapshot.remember_leaks(std::mem::take(&mut self.survey.snapshot));
        self.survey.requests = plan::read(&snapshot);
        let keys = plan::keys(&self.survey.requests);
        self.survey.owners = self.repository.key_owners(self.tip, &keys)?;
        let asked = Asked {
            owners: &self.survey.owners,
            again: &also,
        };
        let zone = &self.survey.zone;
        let ground = self.begin.ground(&self.repository, self.tip, zone);
        let revoked = ground.find(&mut snapshot, &asked)?;
        let mut revocations = revoked.revocations;
        let is_open = |name: &RequestName| snapshot.open.contains_key(name);
        self.survey.requests.retain(|name, _| is_open(name));
        let history = self
            .repository
            .history(self.tip, self.begin.anchor, &snapshot)?;
        revocations.forbid(history.places());
        self.survey.revocations = revocations;
        self.survey.rules_before = rules_before(&self.repository, &history, None)?;
        self.survey.introductions = history.introductions;
        self.survey.histories = history.statements;
        self.survey.snapshot = snapshot;
        Ok(())
    }

    /// What the newest certificate of a request rests on, as a run wrote it.
    ///
    /// # Errors
    /// When git fails.
    pub fn provenance(&self, request: &RequestName) -> anyhow::Result<Option<Provenance>> {
        renewals::provenance(&self.repository, self.tip, request)
    }

    /// Refuses a mainline whose `issued/` is not what the last run left.
    ///
    /// # Errors
    /// `ForeignOutput` or `MainlineSwapped`; any other error when git fails.
    pub fn standing(&self) -> anyhow::Result<Standing> {
        let Begin { outputs, now, .. } = self.begin;
        output::standing(&self.repository, outputs, self.tip, &self.branch, now)
    }

    /// A commit that this clone has seen on the mainline, or made there itself, and that is not on it any more.
    ///
    /// # Errors
    /// When git fails.
    pub fn lost(&self) -> anyhow::Result<Option<ObjectId>> {
        let is_lost = |commit: &ObjectId| {
            let is_there = self.repository.is_on_mainline(*commit, self.tip)?;
            Ok::<_, anyhow::Error>(!is_there)
        };
        let seen = self.repository.fetched(&self.branch)?;
        if let Some(seen) = seen
            && is_lost(&seen)?
        {
            return Ok(Some(seen));
        }
        // A run of another branch has rules that say so, and one that was swept away is as if it had never been.
        let is_of_here = |commit: &ObjectId| {
            let rules = control_at(&self.repository, *commit).ok().flatten();
            rules.is_some_and(|rules| rules.settings.branch.as_str() == self.branch)
        };
        let Some(made) = self.repository.last_made() else {
            return Ok(None);
        };
        Ok((is_lost(&made)? && is_of_here(&made)).then_some(made))
    }

    /// Remembers for later runs that the anchor that was given is on the mainline.
    pub fn remember(&self) {
        if let Some(anchor) = self.begin.anchor {
            self.repository.remember_anchor(anchor, self.tip);
        }
    }

    /// What a commit says, if the issuing bot made it in a run.
    ///
    /// # Errors
    /// When git fails.
    pub fn run_at(&self, commit: ObjectId) -> anyhow::Result<Option<Trailers>> {
        self.judgement()?.run_at(commit)
    }

    fn judgement(&self) -> anyhow::Result<Judgement<'_>> {
        Judgement::knowing(&self.repository, self.tip, &self.survey.zone)
    }
}

/// Surveys the whole tip of the mainline, with its history.
///
/// # Errors
/// A [`Stop`] for what can't be trusted or is invalid; any other error when git or the disk fail.
pub fn mainline(world: &World) -> anyhow::Result<Mainline> {
    mainline_at(world, Extent::Whole, Repository::branch_tip)
}

/// The same, as far as it is asked for, where somebody else finds out what the tip of the branch is.
///
/// # Errors
/// As [`mainline`], and what finding the tip gives.
pub fn mainline_at(
    world: &World,
    extent: Extent,
    tip: impl FnOnce(&Repository, &str) -> anyhow::Result<Option<ObjectId>>,
) -> anyhow::Result<Mainline> {
    let repository = Repository::open(&world.directory)?;
    repository.require_full_history()?;
    let (branch, at_head) = if let Some(branch) = &world.branch {
        (branch.trim_start_matches("refs/heads/").to_owned(), None)
    } else {
        let head = at_head(&repository)?;
        (head.zone.settings.branch.as_str().to_owned(), Some(head))
    };
    let tip = tip(&repository, &branch)?.ok_or_else(|| {
        let reason = Reason::new(
            Code::NoMainline,
            format!("the mainline `{branch}` does not exist"),
        );
        Stop::because(reason.help("make it, or name another with `--branch`"))
    })?;
    // HEAD is mostly the tip.
    let rules = match at_head.filter(|head| head.commit == tip) {
        Some(head) => head,
        None => rules(&repository, tip)?,
    };
    check_branch(&rules.zone, &branch)?;
    surveyed(world, repository, (branch, tip), rules, extent)
}

/// The same of a tip whose rules are at hand.
fn surveyed(
    world: &World,
    repository: Repository,
    (branch, tip): (String, ObjectId),
    rules: Rules,
    extent: Extent,
) -> anyhow::Result<Mainline> {
    let name = branch.clone();
    let surveyed = surveyed_from_anchor(world, repository, (branch, tip), rules, extent);
    surveyed.map_err(|error| named(error, &name))
}

/// An error about the anchor with the branch, which git's own walks do not know.
fn named(error: anyhow::Error, branch: &str) -> anyhow::Error {
    let mut stop = match error.downcast::<Stop>() {
        Ok(stop) => stop,
        Err(error) => return error,
    };
    for finding in &mut stop.0 {
        if finding.reason.code == Code::AnchorNotOnMainline {
            let message = &finding.reason.message;
            finding.reason.message = format!("{message}, the tip of the mainline `{branch}`");
        }
    }
    stop.into()
}

fn surveyed_from_anchor(
    world: &World,
    repository: Repository,
    (branch, tip): (String, ObjectId),
    rules: Rules,
    extent: Extent,
) -> anyhow::Result<Mainline> {
    let anchor = world
        .anchor
        .as_deref()
        .map(|anchor| repository.anchor(anchor, tip))
        .transpose()?;
    let judgement = Judgement::knowing(&repository, tip, &rules.zone);
    let outputs = output::zone(judgement?, tip, anchor)?;
    let begin = Begin {
        base: output::base(&outputs, world.now).filter(|_| extent == Extent::Open),
        outputs,
        anchor,
        now: world.now,
    };
    let survey = survey(&repository, rules, &begin)?;
    Ok(Mainline {
        repository,
        branch,
        tip,
        begin,
        survey,
    })
}

/// The same at a commit that somebody names, whatever branch it is on.
///
/// # Errors
/// As [`mainline`], and what finding the commit gives.
pub fn at(
    world: &World,
    commit: impl FnOnce(&Repository) -> anyhow::Result<ObjectId>,
) -> anyhow::Result<Mainline> {
    let repository = Repository::open(&world.directory)?;
    repository.require_full_history()?;
    let tip = commit(&repository)?;
    let rules = rules(&repository, tip)?;
    let branch = rules.zone.settings.branch.as_str().to_owned();
    surveyed(world, repository, (branch, tip), rules, Extent::Whole)
}

/// Where a survey begins.
#[derive(Debug)]
struct Begin {
    /// What is known from the last run, and when the clock alone makes the next work.
    base: Option<(Base, Timestamp)>,
    /// The newest run on the mainline, and what became of what it left.
    outputs: OutputZone,
    /// Where the mainline begins, if that was named.
    anchor: Option<ObjectId>,
    now: Timestamp,
}

impl Begin {
    /// The files of a commit, and when the clock alone makes the next work, where that is known from the last run.
    fn snapshot(
        &self,
        repository: &Repository,
        commit: ObjectId,
    ) -> anyhow::Result<(Snapshot, Option<Timestamp>)> {
        if let Some((base, due)) = &self.base
            && let Some(snapshot) = repository.snapshot_since(commit, base)?
        {
            return Ok((snapshot, Some(*due)));
        }
        Ok((repository.snapshot(commit)?, None))
    }

    fn ground<'g>(
        &self,
        repository: &'g Repository,
        tip: ObjectId,
        zone: &'g ControlZone,
    ) -> Ground<'g> {
        Ground {
            repository,
            tip,
            anchor: self.anchor,
            run: self.outputs.run.map(|_| self.outputs.source),
            is_proven: self.outputs.is_proven,
            is_settled: true,
            zone,
            now: self.now,
        }
    }
}

/// Surveys a commit by its own rules.
fn survey(repository: &Repository, rules: Rules, begin: &Begin) -> anyhow::Result<Survey> {
    let Rules {
        commit,
        zone,
        templates,
    } = rules;
    let (snapshot, due_before) = begin.snapshot(repository, commit)?;
    refuse(&snapshot, &zone)?;
    let mut renewals = renewals::find(repository, commit, &snapshot, &zone, begin.now)?;
    let again = renewals.due.keys().chain(&renewals.ended);
    let also: BTreeSet<RequestName> = again.cloned().collect();
    let mut snapshot = if also.is_empty() {
        snapshot
    } else {
        repository.snapshot_with(commit, &also)?
    };
    leaks::add(repository, &begin.outputs, commit, &zone, &mut snapshot)?;
    let mut requests = plan::read(&snapshot);
    let owners = repository.key_owners(commit, &plan::keys(&requests))?;
    let asked = Asked {
        owners: &owners,
        again: &also,
    };
    let mut ground = begin.ground(repository, commit, &zone);
    ground.is_settled = due_before.is_some();
    let revoked = ground.find(&mut snapshot, &asked)?;
    renewals.end_revoked(&revoked.revocations, &mut snapshot);
    requests.retain(|name, _| snapshot.open.contains_key(name));
    let history = repository.history(commit, begin.anchor, &snapshot)?;
    let mut revocations = revoked.revocations;
    revocations.forbid(history.places());
    for name in renewals::settle(&mut renewals.due, &history, &zone, begin.now) {
        snapshot.open.remove(&name);
        requests.remove(&name);
    }
    let rules_before = rules_before(repository, &history, None)?;
    Ok(Survey {
        introductions: history.introductions,
        histories: history.statements,
        rules_before,
        due: renewals.due.keys().cloned().collect(),
        certified: renewals.due,
        ended: renewals.ended,
        next_due: due_before.into_iter().chain(renewals.next).min(),
        newly_revoked: revoked.news,
        lists: revoked.lists,
        ..Survey::of_files(snapshot, (zone, templates), (requests, owners), revocations)
    })
}

/// Surveys the files of a work tree, without history; when requests are named, of `requests/` and `issued/` only theirs.
///
/// # Errors
/// A [`Stop`] for an invalid control zone; any other error when the disk fails.
pub fn work_tree(directory: &Path, named: &[String]) -> anyhow::Result<Survey> {
    let root = worktree::root(directory)?;
    let mut snapshot = if named.is_empty() {
        worktree::snapshot(&root)?
    } else {
        worktree::snapshot_of(&root, named)?
    };
    let (zone, templates) = load(&snapshot)?;
    let revocations = revocations::in_work_tree(&root, &mut snapshot)?;
    let requests = plan::read(&snapshot);
    let owners = worktree::key_owners(&root, &plan::keys(&requests))?;
    Ok(Survey {
        committer: Repository::discover(directory)?.and_then(|repository| repository.identity()),
        ..Survey::of_files(snapshot, (zone, templates), (requests, owners), revocations)
    })
}
