//! `gitca run`: the batch. Decides, signs, renders, and commits what came out, in one commit or none.
//!
//! In come the arguments and the world; the report is filled with what became of each open request. Certificates are shown
//! as issued only once their commit has landed: on the branch here, or with `--push` at the remote.

mod adoption;
mod clock;
mod commit_key;
mod follow;
mod keys;
mod landing;
mod made;
mod share;
mod sifting;
mod target;

use crate::cli::RunArgs;
use crate::commands::extent;
use crate::commands::run::landing::Landing;
use crate::commands::run::made::Made;
use crate::commands::run::target::Target;
use crate::finding::{Code, Finding, Reason};
use crate::names::Shard;
use crate::plan::listing::{self, Listing};
use crate::report::Report;
use crate::survey::{self, Extent, Mainline};
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
    let mainline = survey::mainline_at(world, extent_of(args, shard), tip)?;
    let listing = Listing {
        all: args.report.all,
        named: None,
        shard,
    };
    tell_mainline((&target, &mainline), listing, world, report)?;
    let mut made = made::make(args, (&target, &mainline), shard, world, report)?;
    let landed = if args.dry_run {
        Ok(())
    } else {
        land(&mut made, (&target, &mainline), world, report)
    };
    if args.dry_run || landed.is_err() {
        made.withdraw();
    }
    tell_made(made, &mainline, listing, world, report)?;
    landed
}

fn extent_of(args: &RunArgs, shard: Shard) -> Extent {
    if shard.is_whole() {
        extent(&args.report)
    } else {
        // How many of the rest are of this share can't be told without their names.
        Extent::Whole
    }
}

/// Says what this run works on, and what there is to know about it before anything is decided.
fn tell_mainline(
    (target, mainline): (&Target, &Mainline),
    listing: Listing<'_>,
    world: &World,
    report: &mut Report,
) -> anyhow::Result<()> {
    report.commit = Some(mainline.tip);
    report.notices.extend(mainline.repository.notices()?);
    report.notices.extend(without_anchor(world));
    report.notices.extend(target.doubt(mainline)?);
    let noticed = mainline.survey.snapshot.notices.iter().cloned();
    let about = noticed.chain(mainline.survey.revoked());
    let told = about.filter(|notice| listing.tells(notice));
    report.notices.extend(told);
    Ok(())
}

/// A variable that is set and empty is what a CI system makes of one that somebody has forgotten to set there.
fn without_anchor(world: &World) -> Option<Finding> {
    let is_empty = (world.variable)("GITCA_ANCHOR").is_some_and(|anchor| anchor.is_empty());
    let message = "`GITCA_ANCHOR` is empty, so the mainline begins with its first commit that has `policies/`: whoever can rewrite history can choose it";
    let help = "give the variable the commit from which on you trust this repository, as `gitca init --ci` says";
    let reason = Reason::new(Code::AnchorImplicit, message).help(help);
    (is_empty && world.anchor.is_none()).then(|| Finding::anywhere(reason))
}

/// Lands what was made and brings the files here up to date where that is safe.
fn land(
    made: &mut Made,
    (target, mainline): (&Target, &Mainline),
    world: &mut World,
    report: &mut Report,
) -> anyhow::Result<()> {
    mainline.remember();
    follow::resume(mainline)?;
    let landing = Landing {
        target,
        first: mainline,
        made,
    };
    let landed = landing.land(world, &mut report.notices)?;
    if let Some(landed) = landed {
        made.lists.landed();
        report.commit = Some(landed.base);
        report.issue_commit = Some(landed.commit);
    }
    report
        .notices
        .extend(follow::follow(target, mainline, landed)?);
    Ok(())
}

/// Says what became of each request and each revocation list.
fn tell_made(
    mut made: Made,
    mainline: &Mainline,
    listing: Listing<'_>,
    world: &World,
    report: &mut Report,
) -> anyhow::Result<()> {
    report.notices.append(&mut made.lists.notices);
    report.errors.append(&mut made.lists.errors);
    made.notices.retain(|notice| listing.tells(notice));
    let snapshot = &mainline.survey.snapshot;
    listing::fill(report, made.results, made.notices, snapshot, listing);
    let revocations = &mainline.survey.revocations;
    let read = |name: &_| mainline.provenance(name);
    listing::tell_certificates(report, revocations, world.now, read)
}
