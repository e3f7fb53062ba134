//! What a run has made and not landed yet: certificates, revocation lists, and what became of each request.
//!
//! In come the arguments, the mainline as it was judged, and what an earlier run has signed and could not land; out comes a
//! [`Made`]. Each request is decided, each key opened and each certificate signed in here, once; nothing is published.

use crate::batch;
use crate::batch::lists::Lists;
use crate::batch::signed::Signed;
use crate::cli::RunArgs;
use crate::commands::run::adoption::{self, Adopted};
use crate::commands::run::clock;
use crate::commands::run::commit_key::CommitKey;
use crate::commands::run::keys::{self, Opened};
use crate::commands::run::target::Target;
use crate::finding::Finding;
use crate::git::fault;
use crate::keystore::Keystore;
use crate::names::{RequestName, Serial, Shard};
use crate::plan::lists::DueList;
use crate::plan::{self, Plan};
use crate::report::{Report, RequestResult, Verdict};
use crate::survey::Mainline;
use crate::timestamp::Timestamp;
use crate::world::World;

/// What was signed, and has not landed.
pub(super) struct Made {
    /// The share of the batch that this is.
    pub(super) shard: Shard,
    /// When the run before this one was.
    pub(super) last: Option<Timestamp>,
    pub(super) signed: Vec<Signed>,
    /// Earlier runs whose certificates are among them.
    pub(super) runs: Vec<String>,
    /// The revocation lists, made anew wherever the mainline has moved to.
    pub(super) lists: Lists,
    pub(super) results: Vec<RequestResult>,
    pub(super) notices: Vec<Finding>,
    pub(super) tools: Tools,
}

impl Made {
    /// What is reported as long as nothing has landed: signed and rendered well, and not published.
    pub(super) fn withdraw(&mut self) {
        let is_issued = |result: &&mut RequestResult| result.verdict == Verdict::Issued;
        for result in self.results.iter_mut().filter(is_issued) {
            result.verdict = Verdict::Approved;
            result.serial_number = None;
        }
    }
}

/// What signs.
pub(super) struct Tools {
    /// Signs the commit.
    pub(super) commit_key: CommitKey,
    /// The keys of the Signers, as far as they were needed.
    pub(super) opened: Opened,
    /// Where the others are.
    pub(super) keystore: Keystore,
}

/// What there is to sign, decided and within its limits.
struct Work<'m> {
    shard: Shard,
    last: Option<Timestamp>,
    plan: Plan<'m>,
    notices: Vec<Finding>,
    adopted: Adopted,
    due: Vec<DueList<'m>>,
    /// What became of requests that this run leaves alone.
    left: Vec<RequestResult>,
}

/// Decides and signs; what an earlier run has signed and not landed is taken over.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when the plan is too large, the clock went back or a key is not given as it must be;
/// any other error when git fails.
pub(super) fn make(
    args: &RunArgs,
    (target, mainline): (&Target, &Mainline),
    shard: Shard,
    world: &mut World,
    report: &mut Report,
) -> anyhow::Result<Made> {
    let work = Work::find(args, (target, mainline), shard, world, report)?;
    let tools = Tools::open(args, &work, mainline, world)?;
    fault::point("keys-opened");
    let made = work.carry_out(tools, mainline, args.verbose, world);
    fault::point("signed");
    Ok(made)
}

impl<'m> Work<'m> {
    fn find(
        args: &RunArgs,
        (target, mainline): (&Target, &'m Mainline),
        shard: Shard,
        world: &World,
        report: &mut Report,
    ) -> anyhow::Result<Self> {
        let survey = &mainline.survey;
        let standing = mainline.standing()?;
        report.notices.extend(standing.notices);
        let mut plan = plan::plan(&survey.evidence(), world.now);
        let notices = plan.notices();
        let mut adopted = Adopted::default();
        if target.is_remote() && !args.dry_run {
            adopted = adoption::adopt(mainline, &mut plan, shard, world.now, &mut report.notices)?;
        }
        plan.keep(shard);
        report.plan_digest = Some(plan.digest().to_string());
        let size = plan.check_size(&survey.zone.settings, shard, args.allow_bulk.as_deref());
        let mut work = Self {
            shard,
            last: standing.last,
            plan,
            notices,
            adopted,
            due: survey.due_lists_of(shard, world.now),
            left: Vec::new(),
        };
        if let Err(stop) = size {
            // Nothing keeps a revocation from being published.
            if work.due.is_empty() {
                return Err(stop.into());
            }
            report.errors.extend(stop.0);
            work.leave_certificates();
        }
        Ok(work)
    }

    /// Leaves the revocation lists alone to be signed.
    fn leave_certificates(&mut self) {
        self.adopted = Adopted::default();
        let entries = self.plan.entries.drain(..);
        self.left = entries.map(|entry| entry.to_result()).collect();
    }

    /// Whether no commit will come of it.
    fn is_nothing(&self) -> bool {
        let has_certificates =
            self.plan.approved().next().is_some() || !self.adopted.results.is_empty();
        !has_certificates && self.due.is_empty()
    }

    fn carry_out(
        self,
        tools: Tools,
        mainline: &Mainline,
        is_verbose: bool,
        world: &mut World,
    ) -> Made {
        let keys = keys::signing_keys(&tools.opened);
        let workshop = mainline.survey.workshop(world.now);
        let talk = &world.talk;
        let tell = |name: &RequestName, serial: Serial| {
            if is_verbose {
                talk(&format!("signing {name}: serial number {serial}\n"));
            }
        };
        let batch = batch::issue(self.plan, &keys, &workshop, &mut *world.random, &tell);
        let lists = Lists::make(&self.due, &keys, &Lists::default());
        let mut signed = self.adopted.signed;
        signed.push(Signed {
            base: mainline.tip,
            now: world.now,
            changes: batch.changes,
        });
        let results = self.left.into_iter().chain(batch.results);
        Made {
            shard: self.shard,
            last: self.last,
            signed,
            runs: self.adopted.runs,
            lists,
            results: results.chain(self.adopted.results).collect(),
            notices: self.notices,
            tools,
        }
    }
}

impl Tools {
    /// Opens the keys that the work asks for.
    fn open(
        args: &RunArgs,
        work: &Work<'_>,
        mainline: &Mainline,
        world: &World,
    ) -> anyhow::Result<Self> {
        let commit_key = if work.is_nothing() {
            CommitKey::none()
        } else {
            clock::commit_time(
                work.last.max(clock::newest(&work.adopted.signed)),
                world.now,
            )?;
            CommitKey::open(args, mainline, world)?
        };
        let keystore = keys::keystore_of(args, mainline)?;
        Ok(Self {
            commit_key,
            opened: keys::open_keys(&work.plan, &work.due, &keystore),
            keystore,
        })
    }
}
