//! Holds `issued/` at the tip against what the last run left there, before anything new is signed.
//!
//! In comes the mainline; out goes its newest run, with a notice about what was touched and restored, or a [`Stop`] with
//! the repair. Who made a commit is judged by the rules of its parent.

use std::collections::{BTreeSet, VecDeque};

use crate::control::ControlZone;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::{Base, Condition, ControlId, OutputZone, Proposal, Repository, RunCommit};
use crate::message::Trailers;
use crate::names::ObjectId;
use crate::survey::rules::control_at;
use crate::timestamp::{Lifetime, Timestamp};
use crate::trust::{self, Flaw, Proof};

// Of a large change so many files are named.
const NAMED: usize = 20;

/// Clocks of machines in one organisation differ by less than this.
pub const CLOCK_TOLERANCE: Lifetime = Lifetime::from_seconds(5 * 60);

/// What the newest run left, if it is still there.
#[derive(Debug)]
pub struct Standing {
    /// When that run was made; `None` before the first, or where nobody can know.
    pub last: Option<Timestamp>,
    /// What somebody did to `issued/` and undid, and what is not believed.
    pub notices: Vec<Finding>,
}

/// Judges commits that have the form of a run, each by the rules of its parent.
pub(super) struct Judgement<'r> {
    repository: &'r Repository,
    /// The rules that are known already.
    known: Option<(ControlId, &'r ControlZone)>,
    /// Those that were read last, the newest first: what a merge brought is held against two.
    last: VecDeque<(ControlId, Option<ControlZone>)>,
}

/// What became of `issued/` since the newest run on the mainline.
pub(super) fn zone(
    mut judgement: Judgement<'_>,
    tip: ObjectId,
    anchor: Option<ObjectId>,
) -> anyhow::Result<OutputZone> {
    let repository = judgement.repository;
    let mut judge = |run: &RunCommit, rules| judgement.judge(run, rules);
    repository.output_zone(tip, anchor, &mut judge)
}

/// What the newest run left, which is still there.
///
/// # Errors
/// `ForeignOutput` or `MainlineSwapped`; any other error when git fails.
pub(super) fn standing(
    repository: &Repository,
    zone: OutputZone,
    tip: ObjectId,
    branch: &str,
    now: Timestamp,
) -> anyhow::Result<Standing> {
    let touched = sound(repository, &zone, branch, tip)?;
    let last = zone.run.map(|run| run.issued_at);
    let is_later = |last: &Timestamp| *last > now.plus(CLOCK_TOLERANCE);
    let doubted = last.filter(|last| !zone.is_proven && is_later(last));
    let doubt = doubted.map(|last| later(zone.source, last, now));
    Ok(Standing {
        last: last.filter(|_| doubted.is_none()),
        notices: touched.into_iter().chain(doubt).collect(),
    })
}

/// A run of tomorrow stops nobody where anybody can have made it.
fn later(run: ObjectId, last: Timestamp, now: Timestamp) -> Finding {
    let message = format!(
        "the last run, {run}, says that it was at {last}, but the clock says {now}; nothing proves who made it, so it is not believed"
    );
    let help = "see who made it with `git log --format=fuller`, and list a key of the bot so that nobody else can; if it is the clock of this machine that is wrong, set it";
    Finding::anywhere(Reason::new(Code::ClockWentBack, message).help(help))
}

/// What the newest run says about the requests at its parent, as long as the clock has made no work since then. What nobody
/// has proven would have people look at less than there is.
pub(super) fn base(zone: &OutputZone, now: Timestamp) -> Option<(Base, Timestamp)> {
    let is_sound = matches!(zone.condition, Condition::Intact | Condition::Restored(..));
    let run = zone.run.filter(|run| is_sound && run.is_current)?;
    if !zone.is_proven {
        return None;
    }
    let due = run.due.filter(|due| now < *due)?;
    let base = Base {
        run: zone.source,
        judged: run.base,
        open: run.open?,
        requests: run.requests?,
    };
    Some((base, due))
}

impl<'r> Judgement<'r> {
    pub(super) fn of(repository: &'r Repository) -> Self {
        Self {
            repository,
            known: None,
            last: VecDeque::new(),
        }
    }

    /// With the rules of this commit at hand.
    pub(super) fn knowing(
        repository: &'r Repository,
        commit: ObjectId,
        zone: &'r ControlZone,
    ) -> anyhow::Result<Self> {
        let known = Some((repository.control_id(commit)?, zone));
        Ok(Self {
            known,
            ..Self::of(repository)
        })
    }

    /// What a commit says, if the issuing bot made it in a run.
    pub(super) fn run_at(&mut self, commit: ObjectId) -> anyhow::Result<Option<Trailers>> {
        let Ok(run) = self.repository.run_commit(commit)? else {
            return Ok(None);
        };
        Ok(self.judge(&run, run.parent)?.ok().map(|_| run.trailers))
    }

    /// How it is known that the issuing bot, as the rules at that commit name it, has made another, or why it has not.
    fn judge(&mut self, run: &RunCommit, rules: ObjectId) -> anyhow::Result<Result<Proof, Flaw>> {
        let zone = self.rules(rules)?;
        Ok(zone.map_or(Err(Flaw::Lawless), |zone| {
            trust::by_bot(&run.authorship, zone, run.trailers.issued_at)
        }))
    }

    /// Rules that can't be loaded name nobody.
    fn rules(&mut self, commit: ObjectId) -> anyhow::Result<Option<&ControlZone>> {
        let id = self.repository.control_id(commit)?;
        if let Some((_, zone)) = self.known.filter(|(known, _)| *known == id) {
            return Ok(Some(zone));
        }
        let place = self.last.iter().position(|(last, _)| *last == id);
        let found = match place.and_then(|place| self.last.remove(place)) {
            Some(found) => found,
            None => (id, control_at(self.repository, commit)?),
        };
        self.last.push_front(found);
        self.last.truncate(2);
        Ok(self.last.front().and_then(|(_, zone)| zone.as_ref()))
    }
}

/// What is worth a word about a zone that nobody has to repair.
///
/// # Errors
/// Why it must be repaired first, and how.
fn sound(
    repository: &Repository,
    zone: &OutputZone,
    branch: &str,
    tip: ObjectId,
) -> anyhow::Result<Option<Finding>> {
    match zone.condition {
        Condition::Intact => Ok(None),
        Condition::Restored(commit, flaw) => Ok(Some(restored(commit, flaw))),
        Condition::Foreign(commit, flaw) => {
            let restore = restore(repository, zone.source)?;
            Err(foreign(commit, flaw, zone, &restore).into())
        }
        Condition::Swapped { merge, old } => Err(swapped(merge, old, branch, tip).into()),
    }
}

/// What a proposed change does to `issued/`, though only a run may, and its commits that pass for those of a run. A push
/// that a server holds in quarantine is the mainline to be, and may bring what runs have made.
pub(super) fn proposed(
    repository: &Repository,
    proposal: &Proposal<'_>,
    (base, head): (ObjectId, ObjectId),
    (branch, is_pushed): (&str, bool),
) -> anyhow::Result<Vec<Finding>> {
    let odd = repository.odd_since(base, head)?;
    let unsaid = |commit| unsaid(commit, (base, head));
    let mut findings: Vec<_> = odd.malformed.into_iter().take(NAMED).map(unsaid).collect();
    let mut paths = proposal.outputs()?;
    let mut idle = proposal.idle_folders()?;
    if is_pushed {
        if !paths.is_empty() {
            findings.extend(pushed(repository, (base, head), branch)?);
        }
        paths.clear();
    } else {
        findings.extend(odd.marked.into_iter().take(NAMED).map(marked_as_run));
    }
    paths.append(&mut idle);
    if !paths.is_empty() {
        findings.extend(touching(repository, proposal.ancestor(), &paths)?);
    }
    Ok(findings)
}

/// A change of what only a run may change.
fn touching(
    repository: &Repository,
    ancestor: ObjectId,
    paths: &BTreeSet<String>,
) -> anyhow::Result<Vec<Finding>> {
    let restore = restore(repository, ancestor)?;
    let help = format!(
        "take it out of the branch and its history: `{restore} && git reset --soft {ancestor} && git commit -m \"leave issued\"`"
    );
    let reason = |message: String| Reason::new(Code::ForeignOutput, message).help(help.clone());
    let named = paths.iter().take(NAMED).map(|path| Finding {
        file: path.parse().ok(),
        ..Finding::anywhere(reason(format!(
            "the change touches `{path}`, but only `gitca run` writes below `issued/`"
        )))
    });
    let more = paths.len().saturating_sub(NAMED);
    let rest = (more > 0).then(|| {
        let message = format!("the change touches {more} more files below `issued/`");
        Finding::anywhere(reason(message))
    });
    Ok(named.chain(rest).collect())
}

/// Git makes no such commit, and other programs that read history may stop at it.
fn unsaid(commit: ObjectId, (base, head): (ObjectId, ObjectId)) -> Finding {
    let message = format!(
        "commit {commit} does not say who made it and when: its author or committer line is missing or malformed"
    );
    let help = format!(
        "put the same files into a commit of your own: `git switch -C again {base} && git merge --squash {head} && git commit`"
    );
    Finding::anywhere(Reason::new(Code::MalformedCommit, message).help(help))
}

/// Where the bot has no key, such a commit counts once it is on the mainline, whatever became of `issued/` after it.
fn marked_as_run(commit: ObjectId) -> Finding {
    let message = format!(
        "commit {commit} says that a run made it, but a run lands what it makes by itself; on the mainline it could pass for one"
    );
    let help = format!(
        "take it out of the branch: `git rebase --onto {commit}^ {commit}`; or take the lines that begin with `Gitca-` out of its message"
    );
    Finding::anywhere(Reason::new(Code::ForeignOutput, message).help(help))
}

/// A push may bring what runs have made, or put back what the last one before it left.
fn pushed(
    repository: &Repository,
    (base, head): (ObjectId, ObjectId),
    branch: &str,
) -> anyhow::Result<Vec<Finding>> {
    let mut judgement = Judgement::of(repository);
    let mut judge = |run: &RunCommit, rules| judgement.judge(run, rules);
    let zone = repository.output_zone(head, None, &mut judge)?;
    if repository.is_on_mainline(zone.source, base)? {
        return match sound(repository, &zone, branch, head) {
            Ok(_) => Ok(Vec::new()),
            Err(error) => Ok(error.downcast::<Stop>()?.0),
        };
    }
    let found = repository.foreign_since(base, head, &mut judge)?;
    let refused = found.map(|(commit, flaw)| {
        let message = format!("commit {commit} changes `issued/` and is none of a run: {flaw}");
        let help = format!("take it out of what is pushed: `git rebase --onto {commit}^ {commit}`");
        Finding::anywhere(Reason::new(Code::ForeignOutput, message).help(help))
    });
    Ok(refused.into_iter().collect())
}

/// The command that makes `issued/` what it is in this commit.
fn restore(repository: &Repository, commit: ObjectId) -> anyhow::Result<String> {
    Ok(if repository.has_output(commit)? {
        format!("git restore --source={commit} --staged --worktree issued")
    } else {
        "git rm -r --quiet issued".to_owned()
    })
}

fn restored(commit: ObjectId, flaw: Flaw) -> Finding {
    let message = format!(
        "commit {commit} changed `issued/` and is none of a run: {flaw}; what was there before is back"
    );
    let reason = Reason::new(Code::ForeignOutput, message);
    Finding::anywhere(reason.help(format!("find out why: git show --stat {commit}")))
}

fn foreign(commit: ObjectId, flaw: Flaw, zone: &OutputZone, restore: &str) -> Stop {
    let source = zone.source;
    let left = match zone.run {
        Some(_) => "the last run",
        None => "the beginning of the mainline",
    };
    let message = format!(
        "commit {commit} changed `issued/` and is none of a run: {flaw}; nothing is signed until that is as {left}, {source}, left it"
    );
    let help = format!(
        "find out why with `git show --stat {commit}`; then `{restore} && git commit -m \"restore issued\"`, and land that"
    );
    Stop::because(Reason::new(Code::ForeignOutput, message).help(help))
}

fn swapped(merge: ObjectId, old: ObjectId, branch: &str, tip: ObjectId) -> Stop {
    let message = format!(
        "merge {merge} made a branch the mainline `{branch}`: the tip of the mainline that was, {old}, is not its first parent"
    );
    let help = format!(
        "if `git log --first-parent {old}` shows the mainline that was, land a merge that has it there, with what was issued: `git switch -C {branch} {old} && git merge --no-ff --no-commit {tip} && git restore --source={old} --staged --worktree issued && git commit -m \"repair\"`"
    );
    Stop::because(Reason::new(Code::MainlineSwapped, message).help(help))
}
