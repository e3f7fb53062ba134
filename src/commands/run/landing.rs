//! Landing: the certificates become one commit on the mainline, whoever else moves it meanwhile.
//!
//! In come certificates; out goes the commit that brought them, or none when nothing was left to bring. A lost race puts
//! the same octets on the new tip. No certificate is signed in here, only commits and the lists; what can't land any more is
//! dropped and said.

use std::collections::{BTreeMap, BTreeSet};

use crate::batch::lists::Lists;
use crate::batch::signed::Signed;
use crate::commands::run::clock;
use crate::commands::run::keys;
use crate::commands::run::made::Made;
use crate::commands::run::sifting::{Dropped, sift};
use crate::commands::run::target::{self, Step, Target};
use crate::finding::{self, Code, Finding, Reason, Stop};
use crate::git::{CommitSigner, Draft, fault};
use crate::message::{self, Left, Trailers};
use crate::names::{ObjectId, hex};
use crate::report::Verdict;
use crate::snapshot::{Author, Changeset};
use crate::survey::{self, Extent, Mainline};
use crate::timestamp::Timestamp;
use crate::world::World;

// git-trust 8.3: what a busy branch needs, and no more than a minute; each other share may be first, and two of its runs.
const ATTEMPTS: u32 = 8;
const ATTEMPTS_A_SHARD: u32 = 2;

/// What is to land, and where.
pub(super) struct Landing<'l> {
    pub(super) target: &'l Target,
    /// The mainline as it was judged.
    pub(super) first: &'l Mainline,
    pub(super) made: &'l mut Made,
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
        let mut last = self.made.last;
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
            let (base, random) = (here.tip, &mut *world.random);
            let outcome =
                self.target
                    .attempt(&here.repository, &here.branch, (base, commit), random)?;
            match outcome {
                Step::Landed => {
                    self.settle(here, commit, run, notices);
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

    /// Remembers that the commit is on the mainline, and nothing of it pending.
    fn settle(&self, here: &Mainline, commit: ObjectId, run: &str, notices: &mut Vec<Finding>) {
        fault::point("landed");
        here.repository.remember_run(commit);
        // One that stays behind is forgotten by the next run, as its commit is on the mainline.
        if let Err(error) = self.forget(Some(run)) {
            let reason = Reason::new(Code::OperationFailed, format!("{error:#}"));
            notices.push(Finding::anywhere(reason));
        }
    }

    fn attempts(&self) -> u32 {
        if self.made.shard.is_whole() {
            ATTEMPTS
        } else {
            ATTEMPTS + ATTEMPTS_A_SHARD * self.made.shard.count()
        }
    }

    fn is_empty(&self) -> bool {
        let is_empty = |signed: &Signed| signed.changes.is_empty();
        self.made.signed.iter().all(is_empty) && self.made.lists.changes.is_empty()
    }

    /// Makes the commit, and the reference by which the next run finds it.
    fn commit(
        &self,
        here: &Mainline,
        last: Option<Timestamp>,
        run: &str,
        now: Timestamp,
    ) -> anyhow::Result<ObjectId> {
        let zone = &here.survey.zone;
        let issued_at = clock::commit_time(last.max(clock::newest(&self.made.signed)), now)?;
        self.made.tools.commit_key.check(zone, issued_at)?;
        let signer = self.made.tools.commit_key.signer();
        let commit = here.repository.make_commit(&Draft {
            base: here.tip,
            changes: &self.changes(),
            author: &Author {
                name: zone.settings.bot.name.clone(),
                email: zone.settings.bot.email.clone(),
            },
            now,
            message: &self.message(here, issued_at),
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

    fn changes(&self) -> Changeset {
        let mut changes = Changeset::default();
        for signed in &self.made.signed {
            changes.extend(signed.changes.clone());
        }
        changes.extend(self.made.lists.changes.clone());
        changes
    }

    /// What the commit says: its certificates, and what it leaves for a later run.
    fn message(&self, here: &Mainline, issued_at: Timestamp) -> String {
        let survey = &here.survey;
        let signed = self.made.signed.iter();
        let made: BTreeMap<_, _> = signed.flat_map(Signed::provenances).collect();
        // What becomes of the others at the same time one share can't know.
        let is_whole = self.made.shard.is_whole();
        let open = is_whole.then(|| survey.open_after(&made));
        let requests = survey.snapshot.number().filter(|_| is_whole);
        let left = Left {
            requests: requests.map(|_| survey.left_after(&made).cloned().collect()),
            leaked: survey.leaked(),
            is_unsearched: survey.is_unsearched(),
        };
        let due = survey.due_after(&made, &self.made.lists, issued_at);
        let trailers = Trailers::of(here.tip, made.len(), (open, requests), issued_at, due);
        message::commit_message(made.keys(), self.made.lists.number(), &trailers, &left)
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
        for signed in &mut self.made.signed {
            dropped.append(&mut sift(signed, here, false)?.dropped);
        }
        let names: BTreeSet<_> = dropped.iter().map(|dropped| &dropped.request).collect();
        for result in &mut self.made.results {
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
        let due = here.survey.due_lists_of(self.made.shard, now);
        for signer in due.iter().flat_map(|list| &list.signers) {
            keys::open_key(
                &mut self.made.tools.opened,
                signer,
                &self.made.tools.keystore,
            );
        }
        self.made.lists = Lists::make(
            &due,
            &keys::signing_keys(&self.made.tools.opened),
            &self.made.lists,
        );
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
        let runs = self.made.runs.iter().map(String::as_str).chain(run);
        if self.target.is_remote() {
            for run in runs {
                self.first.repository.forget_pending(run)?;
            }
        }
        Ok(())
    }
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
