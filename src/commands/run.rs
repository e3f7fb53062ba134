//! `gitca run`: the batch. Decides, signs, renders, and commits what came out, in one commit or none.
//!
//! In come the arguments and the world; the report is filled with what became of each open request. Certificates are shown
//! as issued only once their commit has landed: on the branch here, or with `--push` at the remote.

mod adoption;
mod commit_key;
mod follow;
mod keys;
mod landing;
mod share;
mod sifting;
mod target;

use crate::batch;
use crate::batch::lists::Lists;
use crate::batch::signed::Signed;
use crate::cli::RunArgs;
use crate::commands::extent;
use crate::commands::run::adoption::Adopted;
use crate::commands::run::commit_key::CommitKey;
use crate::commands::run::keys::Opened;
use crate::commands::run::landing::Landing;
use crate::commands::run::target::Target;
use crate::finding::{Code, Finding, Reason};
use crate::git::fault;
use crate::keystore::Keystore;
use crate::names::{RequestName, Serial, Shard};
use crate::plan;
use crate::plan::listing::{self, Listing};
use crate::report::{Report, RequestResult, Verdict};
use crate::survey::{self, Extent, Mainline};
use crate::timestamp::Timestamp;
use crate::world::World;

/// Fills the report with what became of each open request, and commits what was signed.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when the repository, its control zone, the size of the plan or the remote forbid it;
/// any other error when git fails.
pub fn run(args: &RunArgs, world: &mut World, report: &mut Report) -> anyhow::Result<()> {
    let shard = share::share(args.shard, world.variable)?;
    let target = Target::of(args)?;
    let tip = |repository: &_, branch: &_| target.tip(repository, branch);
    let extent = if shard.is_whole() {
        extent(&args.report)
    } else {
        // How many of the rest are of this share can't be told without their names.
        Extent::Whole
    };
    let mainline = survey::mainline_at(world, extent, tip)?;
    report.commit = Some(mainline.tip);
    report.notices.extend(mainline.repository.notices()?);
    report.notices.extend(without_anchor(world));
    report.notices.extend(target.doubt(&mainline)?);
    let snapshot = &mainline.survey.snapshot;
    let listing = Listing {
        all: args.report.all,
        named: None,
        shard,
    };
    let notices = snapshot
        .notices
        .iter()
        .filter(|notice| listing.tells(notice));
    report.notices.extend(notices.cloned());
    let revoked = mainline.survey.revoked().into_iter();
    report
        .notices
        .extend(revoked.filter(|notice| listing.tells(notice)));
    let mut made = make(args, &target, &mainline, shard, world, report)?;
    let mut notices = std::mem::take(&mut made.notices);
    notices.retain(|notice| listing.tells(notice));
    let mut results = std::mem::take(&mut made.results);
    let mut lists = std::mem::take(&mut made.lists);
    let landed = if args.dry_run {
        withdraw(&mut results);
        Ok(())
    } else {
        mainline.remember();
        land(
            made,
            &mut results,
            &mut lists,
            (&target, &mainline),
            world,
            report,
        )
    };
    if landed.is_err() {
        withdraw(&mut results);
    }
    report.notices.append(&mut lists.notices);
    report.errors.append(&mut lists.errors);
    listing::fill(report, results, notices, snapshot, listing);
    let revocations = &mainline.survey.revocations;
    let read = |name: &_| mainline.provenance(name);
    listing::tell_certificates(report, revocations, world.now, read)?;
    landed
}

/// A variable that is set and empty is what a CI system makes of one that somebody has forgotten to set there.
fn without_anchor(world: &World) -> Option<Finding> {
    let is_empty = (world.variable)("GITCA_ANCHOR").is_some_and(|anchor| anchor.is_empty());
    let message = "`GITCA_ANCHOR` is empty, so the mainline begins with its first commit that has `policies/`: whoever can rewrite history can choose it";
    let help = "give the variable the commit from which on you trust this repository, as `gitca init --ci` says";
    let reason = Reason::new(Code::AnchorImplicit, message).help(help);
    (is_empty && world.anchor.is_none()).then(|| Finding::anywhere(reason))
}

/// What was signed, and has not landed.
struct Made {
    /// The share of the batch that this is.
    shard: Shard,
    signed: Vec<Signed>,
    lists: Lists,
    results: Vec<RequestResult>,
    notices: Vec<Finding>,
    /// Earlier runs whose certificates are among them.
    runs: Vec<String>,
    /// When the run before this one was.
    last: Option<Timestamp>,
    /// What signs the commit.
    key: CommitKey,
    /// The keys of the Signers, as far as they were needed.
    opened: Opened,
    keystore: Keystore,
}

/// Decides and signs; what an earlier run has signed and not landed is taken over.
fn make(
    args: &RunArgs,
    target: &Target,
    mainline: &Mainline,
    shard: Shard,
    world: &mut World,
    report: &mut Report,
) -> anyhow::Result<Made> {
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
    let due = survey.due_lists_of(shard, world.now);
    let mut results = Vec::new();
    if let Err(stop) = size {
        // Nothing keeps a revocation from being published.
        if due.is_empty() {
            return Err(stop.into());
        }
        report.errors.extend(stop.0);
        adopted = Adopted::default();
        results = plan
            .entries
            .drain(..)
            .map(|entry| entry.to_result())
            .collect();
    }
    let mut key = CommitKey::none();
    if plan.approved().next().is_some() || !adopted.results.is_empty() || !due.is_empty() {
        landing::clock(
            standing.last.max(landing::newest(&adopted.signed)),
            world.now,
        )?;
        key = CommitKey::open(args, mainline, world)?;
    }
    let keystore = keys::keystore_of(args, mainline)?;
    let opened = keys::open_keys(&plan, &due, &keystore);
    fault::point("keys-opened");
    let workshop = survey.workshop(world.now);
    let signing = keys::signing_keys(&opened);
    let talk = &world.talk;
    let tell = |name: &RequestName, serial: Serial| {
        if args.verbose {
            talk(&format!("signing {name}: serial number {serial}\n"));
        }
    };
    let batch = batch::issue(plan, &signing, &workshop, &mut *world.random, &tell);
    let lists = Lists::make(&due, &signing, &Lists::default());
    drop(signing);
    fault::point("signed");
    let signed = Signed {
        base: mainline.tip,
        now: world.now,
        changes: batch.changes,
    };
    results.extend(batch.results);
    results.append(&mut adopted.results);
    adopted.signed.push(signed);
    Ok(Made {
        shard,
        signed: adopted.signed,
        lists,
        results,
        notices,
        runs: adopted.runs,
        last: standing.last,
        key,
        opened,
        keystore,
    })
}

/// Lands what was made and brings the files here up to date where that is safe.
fn land(
    made: Made,
    results: &mut [RequestResult],
    lists: &mut Lists,
    (target, mainline): (&Target, &Mainline),
    world: &mut World,
    report: &mut Report,
) -> anyhow::Result<()> {
    follow::resume(mainline)?;
    let landing = Landing {
        target,
        shard: made.shard,
        first: mainline,
        last: made.last,
        signed: made.signed,
        results,
        runs: made.runs,
        key: &made.key,
        lists,
        opened: made.opened,
        keystore: &made.keystore,
    };
    let landed = landing.land(world, &mut report.notices)?;
    if let Some(landed) = landed {
        lists.landed();
        report.commit = Some(landed.base);
        report.issue_commit = Some(landed.commit);
    }
    report
        .notices
        .extend(follow::follow(target, mainline, landed)?);
    Ok(())
}

/// What is reported as long as nothing has landed: signed and rendered well, and not published.
fn withdraw(results: &mut [RequestResult]) {
    let is_issued = |result: &&mut RequestResult| result.verdict == Verdict::Issued;
    for result in results.iter_mut().filter(is_issued) {
        result.verdict = Verdict::Approved;
        result.serial_number = None;
    }
}
