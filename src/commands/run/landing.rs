//! Landing: the certificates become one commit on the mainline, whoever else moves it meanwhile.
//!
//! In come certificates; out goes the commit that brought them, or none when nothing was left to bring. A lost race puts
//! the same octets on the new tip. Nothing is signed in here but commits; what can't land any more is dropped and said.

use std::collections::{BTreeMap, BTreeSet};

use crate::batch::lists::Lists;
use crate::batch::signed::Signed;
use crate::commands::run::commit_key::CommitKey;
use crate::commands::run::keys::{self, Opened};
use crate::commands::run::sifting::{Dropped, sift};
use crate::commands::run::target::{self, Step, Target};
use crate::finding::{self, Code, Finding, Reason, Stop};
use crate::git::{CommitSigner, Draft, fault};
use crate::keystore::Keystore;
use crate::message::{self, Left, Trailers};
use crate::names::{ObjectId, Shard, hex};
use crate::report::{RequestResult, Verdict};
use crate::snapshot::{Author, Changeset};
use crate::survey::{self, CLOCK_TOLERANCE, Extent, Mainline};
use crate::timestamp::Timestamp;
use crate::world::World;

// git-trust 8.3: what a busy branch needs, and no more than a minute; each other share may be first, and two of its runs.
const ATTEMPTS: u32 = 8;
const ATTEMPTS_A_SHARD: u32 = 2;

/// What is to land.
pub(super) struct Landing<'l> {
    pub(super) target: &'l Target,
    /// The share of the batch that this is.
    pub(super) shard: Shard,
    /// The mainline as it was judged.
    pub(super) first: &'l Mainline,
    /// When the run before this one was.
    pub(super) last: Option<Timestamp>,
    pub(super) signed: Vec<Signed>,
    pub(super) results: &'l mut [RequestResult],
    /// Earlier runs whose certificates are among them.
    pub(super) runs: Vec<String>,
    /// What signs the commit.
    pub(super) key: &'l CommitKey,
    /// The revocation lists, made anew wherever the mainline has moved to.
    pub(super) lists: &'l mut Lists,
    /// The keys of the Signers, as far as they were needed.
    pub(super) opened: Opened,
    pub(super) keystore: &'l Keystore,
}

/// A commit on the mainline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Landed {
    /// Its parent.
    pub(super) base: ObjectId,
    pub(super) commit: ObjectId,
}

impl Landing<'_> {
    /// Lands everything in one commit.
    ///
    /// # Errors
    /// A [`Stop`] when the branch is closed to us or was rewritten, or every race was lost.
    pub(super) fn land(
        mut self,
        world: &mut World,
        notices: &mut Vec<Finding>,
    ) -> anyhow::Result<Option<Landed>> {
        if self.is_empty() {
            self.forget(None)?;
            return Ok(None);
        }
        let run = run_id(world);
        let landed = self.race(&run, world, notices);
        if landed.is_err() {
            // References that stay behind cost the next run a look, and nothing else.
            self.hand_over(&run).ok();
        }
        landed
    }

    /// Tries until the commit has landed, nothing is left to land, or no further attempt makes sense.
    fn race(
        &mut self,
        run: &str,
        world: &mut World,
        notices: &mut Vec<Finding>,
    ) -> anyhow::Result<Option<Landed>> {
        let mut moved: Option<Mainline> = None;
        let mut last = self.last.take();
        let mut ready: Option<ObjectId> = None;
        let mut problem = None;
        for attempt in 0..self.attempts() {
            if attempt > 0 {
                target::wait(attempt, &mut *world.random);
            }
            let here = moved.as_ref().unwrap_or(self.first);
            if self.is_empty() {
                break;
            }
            let commit = match ready {
                Some(commit) => commit,
                None => self.commit(here, last, run, world.now)?,
            };
            ready = Some(commit);
            let base = here.tip;
            let places = (base, commit);
            match self
                .target
                .attempt(&here.repository, &here.branch, places, &mut *world.random)?
            {
                Step::Landed => {
                    fault::point("landed");
                    here.repository.remember_run(commit);
                    // One that stays behind is forgotten by the next run, as its commit is on the mainline.
                    if let Err(error) = self.forget(Some(run)) {
                        let reason = Reason::new(Code::OperationFailed, format!("{error:#}"));
                        notices.push(Finding::anywhere(reason));
                    }
                    return Ok(Some(Landed { base, commit }));
                }
                Step::Again(stop) => problem = Some(stop),
                Step::Moved(tip) => {
                    problem = Some(race_lost(here, tip));
                    let next = survey::mainline_at(world, Extent::Open, |_, _| Ok(Some(tip)))?;
                    last = self.catch_up(&next, world.now, notices)?;
                    (moved, ready) = (Some(next), None);
                }
            }
        }
        match problem {
            Some(stop) if !self.is_empty() => Err(stop.into()),
            _ => {
                self.forget(Some(run))?;
                Ok(None)
            }
        }
    }

    fn attempts(&self) -> u32 {
        if self.shard.is_whole() {
            ATTEMPTS
        } else {
            ATTEMPTS + ATTEMPTS_A_SHARD * self.shard.count()
        }
    }

    fn is_empty(&self) -> bool {
        let is_empty = |signed: &Signed| signed.changes.is_empty();
        self.signed.iter().all(is_empty) && self.lists.changes.is_empty()
    }

    /// Makes the commit, and the reference by which the next run finds it.
    fn commit(
        &self,
        here: &Mainline,
        last: Option<Timestamp>,
        run: &str,
        now: Timestamp,
    ) -> anyhow::Result<ObjectId> {
        let bot = &here.survey.zone.settings.bot;
        let mut changes = Changeset::default();
        let mut made = BTreeMap::new();
        for signed in &self.signed {
            changes.extend(signed.changes.clone());
            made.extend(signed.provenances());
        }
        changes.extend(self.lists.changes.clone());
        // What becomes of the others at the same time one share can't know.
        let is_whole = self.shard.is_whole();
        let open = is_whole.then(|| here.survey.open_after(&made));
        let requests = here.survey.snapshot.number().filter(|_| is_whole);
        let left = Left {
            requests: requests.map(|_| here.survey.left_after(&made).cloned().collect()),
            leaked: here.survey.leaked(),
            is_unsearched: here.survey.is_unsearched(),
        };
        let issued_at = clock(last.max(newest(&self.signed)), now)?;
        let due = here.survey.due_after(&made, self.lists, issued_at);
        let trailers = Trailers::of(here.tip, made.len(), (open, requests), issued_at, due);
        self.key.check(&here.survey.zone, issued_at)?;
        let signer = self.key.signer();
        let commit = here.repository.make_commit(&Draft {
            base: here.tip,
            changes: &changes,
            author: &Author {
                name: bot.name.clone(),
                email: bot.email.clone(),
            },
            now,
            message: &message::commit_message(made.keys(), self.lists.number(), &trailers, &left),
            sign: signer.as_ref().map(|signer| signer as &CommitSigner<'_>),
        })?;
        fault::point("committed");
        if self.target.is_remote() {
            here.repository.set_pending(run, commit)?;
            fault::point("pending");
        } else {
            here.repository
                .begin_following(&here.branch, here.tip, commit)?;
            fault::point("marked");
        }
        Ok(commit)
    }

    /// Makes ready for the mainline as it is now; out goes when its newest run was.
    fn catch_up(
        &mut self,
        here: &Mainline,
        now: Timestamp,
        notices: &mut Vec<Finding>,
    ) -> anyhow::Result<Option<Timestamp>> {
        let standing = here.standing()?;
        notices.extend(standing.notices);
        finding::add_news(notices, here.survey.revoked());
        self.move_to(here, notices)?;
        self.list_again(here, now);
        Ok(standing.last)
    }

    /// Takes out what the move of the mainline has spoilt.
    fn move_to(&mut self, here: &Mainline, notices: &mut Vec<Finding>) -> anyhow::Result<()> {
        let mut dropped = Vec::new();
        for signed in &mut self.signed {
            dropped.append(&mut sift(signed, here, false)?.dropped);
        }
        let names: BTreeSet<_> = dropped.iter().map(|dropped| &dropped.request).collect();
        for result in self.results.iter_mut() {
            if result
                .request
                .as_ref()
                .is_some_and(|name| names.contains(name))
            {
                result.verdict = Verdict::Approved;
                result.serial_number = None;
            }
        }
        notices.extend(dropped.iter().map(Dropped::notice));
        Ok(())
    }

    /// Makes the revocation lists of the mainline as it is now; whoever was faster may have made the same.
    fn list_again(&mut self, here: &Mainline, now: Timestamp) {
        let due = here.survey.due_lists_of(self.shard, now);
        for signer in due.iter().flat_map(|list| &list.signers) {
            keys::open_key(&mut self.opened, signer, self.keystore);
        }
        *self.lists = Lists::make(&due, &keys::signing_keys(&self.opened), self.lists);
    }

    /// What this run could not land waits for the next one in its own commit, with all that it took over from others.
    fn hand_over(&self, run: &str) -> anyhow::Result<()> {
        let left = self.first.repository.pending()?;
        if left.iter().any(|(id, _)| id == run) {
            self.forget(None)?;
        }
        Ok(())
    }

    fn forget(&self, run: Option<&str>) -> anyhow::Result<()> {
        let runs = self.runs.iter().map(String::as_str).chain(run);
        if self.target.is_remote() {
            for run in runs {
                self.first.repository.forget_pending(run)?;
            }
        }
        Ok(())
    }
}

/// When the newest of these was signed: what an earlier run could not land may be of a later time than the clock tells.
pub(super) fn newest(signed: &[Signed]) -> Option<Timestamp> {
    signed.iter().map(|signed| signed.now).max()
}

/// When the commit of this run is made: along the mainline this never goes back.
///
/// # Errors
/// `ClockWentBack` when the clock is behind the last run by more than clocks differ.
pub(super) fn clock(last: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Stop> {
    let Some(last) = last else {
        return Ok(now);
    };
    if last <= now.plus(CLOCK_TOLERANCE) {
        return Ok(now.max(last));
    }
    let message = format!(
        "the clock says {now}, but the last run was at {last}: certificates would be valid from a time that is over"
    );
    let help = "set the clock of this machine, for example with `timedatectl set-ntp true`";
    Err(Stop::because(
        Reason::new(Code::ClockWentBack, message).help(help),
    ))
}

fn run_id(world: &mut World) -> String {
    let mut octets = [0; 8];
    (world.random)(&mut octets);
    hex(&octets)
}

fn race_lost(here: &Mainline, tip: ObjectId) -> Stop {
    let message = format!(
        "the branch `{}` moved at every attempt, at last from {} to {tip}",
        here.branch, here.tip
    );
    let help = "run again when fewer others write to it";
    Stop::because(Reason::new(Code::RaceLost, message).help(help))
}
