//! `gitca plan`: what `run` would do now. Reads the mainline; opens no key and writes nothing.
//!
//! In come the arguments and the world; the report is filled with the verdict on each open request, the digest that a
//! large plan is allowed by, and the revocation lists that are due.

use crate::cli::PlanArgs;
use crate::commands::extent;
use crate::git::Repository;
use crate::names::Shard;
use crate::plan::listing::{self, Listing};
use crate::plan::lists::DueList;
use crate::plan::plan as make_plan;
use crate::report::Report;
use crate::survey::{self, Mainline};
use crate::world::World;

/// Fills the report with the decision on each open request of the mainline.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when the repository or its control zone can't be used; any other error when git fails.
pub fn plan(args: &PlanArgs, world: &World, report: &mut Report) -> anyhow::Result<()> {
    let mainline = survey::mainline_at(world, extent(&args.report), Repository::branch_tip)?;
    let Mainline {
        repository,
        tip,
        survey,
        ..
    } = &mainline;
    report.commit = Some(*tip);
    report.notices.extend(repository.notices()?);
    report.notices.extend(mainline.standing()?.notices);
    let plan = make_plan(&survey.evidence(), world.now);
    report.plan_digest = Some(plan.digest().to_string());
    report
        .notices
        .extend(survey.snapshot.notices.iter().cloned());
    report.notices.extend(survey.revoked());
    let (due, _) = survey.due_lists(world.now);
    report.notices.extend(due.iter().map(DueList::notice));
    let listing = Listing {
        all: args.report.all,
        named: None,
        shard: Shard::WHOLE,
    };
    let size = plan.check_size(&survey.zone.settings, Shard::WHOLE, None);
    let notices = plan.notices();
    let results = plan.into_results();
    listing::fill(report, results, notices, &survey.snapshot, listing);
    let read = |name: &_| mainline.provenance(name);
    listing::tell_certificates(report, &survey.revocations, world.now, read)?;
    size?;
    Ok(())
}
