//! Everything that decisions are made of, read from a repository at the mainline's tip or from a work tree.
//!
//! In comes where to look; out comes a [`Survey`], or a [`Stop`] with every finding that stands in the way: a repository
//! whose history can't be trusted, a control zone with one bad file. It joins the git edge with the readers of the core
//! and decides nothing itself.

mod output;
mod renewals;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub use crate::survey::output::Standing;

use crate::batch::Workshop;
use crate::control::ControlZone;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::Repository;
use crate::message::Trailers;
use crate::names::{ObjectId, RequestName};
use crate::plan::{self, Evidence, Requests};
use crate::provenance::Provenance;
use crate::render::template::Templates;
use crate::report::Grounds;
use crate::snapshot::{Author, Introduction, KeyOwners, Snapshot, StatementHistory};
use crate::survey::output::Judgement;
use crate::survey::rules::{Loaded, at_head, check_branch, load, loaded, rules_before};
use crate::timestamp::Timestamp;
use crate::worktree;
use crate::world::World;

type Introductions = BTreeMap<RequestName, Introduction>;
type Histories = BTreeMap<RequestName, StatementHistory>;

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
    /// When the clock alone will make the next certificate due.
    pub next_due: Option<Timestamp>,
    /// What a proposed change does to `issued/`, which only a run may.
    pub foreign: Vec<Finding>,
}

/// The mainline of a repository.
#[derive(Debug)]
pub struct Mainline {
    /// The repository.
    pub repository: Repository,
    /// Its branch, without `refs/heads/`.
    pub branch: String,
    /// The commit at its tip.
    pub tip: ObjectId,
    /// Where it begins, if that was named.
    anchor: Option<ObjectId>,
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
        let snapshot = self.repository.snapshot_with(self.tip, &also)?;
        self.survey.requests = plan::read(&snapshot);
        let keys = plan::keys(&self.survey.requests);
        self.survey.owners = self.repository.key_owners(self.tip, &keys)?;
        let history = self.repository.history(self.tip, self.anchor, &snapshot)?;
        self.survey.rules_before = rules_before(&self.repository, &history, None)?;
        self.survey.introductions = history.introductions;
        self.survey.histories = history.statements;
        self.survey.snapshot = snapshot;
        Ok(())
    }

    /// Refuses a mainline whose `issued/` is not what the last run left.
    ///
    /// # Errors
    /// `ForeignOutput` or `MainlineSwapped`; any other error when git fails.
    pub fn standing(&self) -> anyhow::Result<Standing> {
        output::standing(self.judgement()?, self.tip, self.anchor, &self.branch)
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

impl Survey {
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

    /// When the clock alone will make the next work, once these certificates were made: at once where one that was due was
    /// not.
    #[must_use]
    pub fn due_after(
        &self,
        made: &BTreeMap<RequestName, Provenance>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if self.due.iter().any(|name| !made.contains_key(name)) {
            return Some(now);
        }
        let next = renewals::next(&self.zone, made.values());
        self.next_due.into_iter().chain(next).min()
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
            in_detail: false,
            certified: &self.certified,
            due: &self.due,
        }
    }
}

/// Surveys the tip of the mainline, with its history.
///
/// # Errors
/// A [`Stop`] for what can't be trusted or is invalid; any other error when git or the disk fail.
pub fn mainline(world: &World) -> anyhow::Result<Mainline> {
    mainline_at(world, Repository::branch_tip)
}

/// The same, where somebody else finds out what the tip of the branch is.
///
/// # Errors
/// As [`mainline`], and what finding the tip gives.
pub fn mainline_at(
    world: &World,
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
    // HEAD is mostly the tip, and a commit is read once.
    let Loaded {
        snapshot,
        zone,
        templates,
    } = match at_head.filter(|head| head.snapshot.commit == Some(tip)) {
        Some(head) => head,
        None => loaded(&repository, tip)?,
    };
    check_branch(&zone, &branch)?;
    let renewals = renewals::find(&repository, tip, &snapshot, &zone, world.now)?;
    let due: BTreeSet<RequestName> = renewals.due.keys().cloned().collect();
    let snapshot = if due.is_empty() {
        snapshot
    } else {
        repository.snapshot_with(tip, &due)?
    };
    let requests = plan::read(&snapshot);
    let owners = repository.key_owners(tip, &plan::keys(&requests))?;
    let anchor = world
        .anchor
        .as_deref()
        .map(|anchor| repository.anchor(anchor, tip))
        .transpose()?;
    let history = repository.history(tip, anchor, &snapshot)?;
    let rules_before = rules_before(&repository, &history, None)?;
    let survey = Survey {
        snapshot,
        zone,
        templates,
        requests,
        owners,
        introductions: history.introductions,
        histories: history.statements,
        rules_before,
        committer: None,
        certified: renewals.due,
        due,
        next_due: renewals.next,
        foreign: Vec::new(),
    };
    Ok(Mainline {
        repository,
        branch,
        tip,
        anchor,
        survey,
    })
}

/// Surveys the files of a work tree, without history.
///
/// # Errors
/// A [`Stop`] for an invalid control zone; any other error when the disk fails.
pub fn work_tree(directory: &Path) -> anyhow::Result<Survey> {
    let root = worktree::root(directory)?;
    let snapshot = worktree::snapshot(&root)?;
    let (zone, templates) = load(&snapshot)?;
    let requests = plan::read(&snapshot);
    let owners = worktree::key_owners(&root, &plan::keys(&requests))?;
    Ok(Survey {
        snapshot,
        zone,
        templates,
        requests,
        owners,
        introductions: BTreeMap::new(),
        histories: BTreeMap::new(),
        rules_before: BTreeMap::new(),
        committer: Repository::discover(directory)?.and_then(|repository| repository.identity()),
        certified: BTreeMap::new(),
        due: BTreeSet::new(),
        next_due: None,
        foreign: Vec::new(),
    })
}

/// A merge that nobody has made yet.
#[derive(Debug)]
pub struct Proposed {
    /// The commit that would be merged.
    pub head: ObjectId,
    /// What it was judged on.
    pub grounds: Grounds,
    /// What would be there, with the requests that the merge changes as its introductions.
    pub survey: Survey,
}

/// Surveys what a merge of `head` into `base` would be.
///
/// # Errors
/// A [`Stop`] for what can't be trusted or is invalid; any other error when git fails.
pub fn proposal(directory: &Path, base: &str, head: &str) -> anyhow::Result<Proposed> {
    let repository = Repository::open(directory)?;
    repository.require_full_history()?;
    let (base, head) = (repository.resolve(base)?, repository.resolve(head)?);
    let proposal = repository.propose(base, head)?;
    let snapshot = proposal.snapshot()?;
    let (zone, templates) = load(&snapshot)?;
    let requests = plan::read(&snapshot);
    let owners = proposal.key_owners(&plan::keys(&requests))?;
    let history = proposal.history(&snapshot)?;
    let rules_before = rules_before(&repository, &history, Some((head, base)))?;
    let branch = zone.settings.branch.as_str();
    let foreign = output::proposed(&repository, &proposal, (base, head), branch)?;
    let survey = Survey {
        snapshot,
        zone,
        templates,
        requests,
        owners,
        introductions: history.introductions,
        histories: history.statements,
        rules_before,
        committer: None,
        certified: BTreeMap::new(),
        due: BTreeSet::new(),
        next_due: None,
        foreign,
    };
    Ok(Proposed {
        head,
        grounds: proposal.grounds()?,
        survey,
    })
}
