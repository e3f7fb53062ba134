//! `gitca check`: judges the requests of the work tree before they are committed. Needs no key and no secret.

use crate::cli::CheckArgs;
use crate::commands::only_in_later_release;
use crate::plan::listing::{self, Listing};
use crate::plan::plan;
use crate::report::{Report, Verdict};
use crate::survey;
use crate::world::World;

/// Fills the report with the verdict on each request that is open, or that was named.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when the control zone is invalid; any other error when the disk fails.
pub fn check(args: &CheckArgs, world: &World, report: &mut Report) -> anyhow::Result<()> {
    only_in_later_release("--base", args.base.is_some())?;
    only_in_later_release("--head", args.head.is_some())?;
    let survey = survey::work_tree(&world.directory)?;
    let named: Vec<_> = args
        .paths
        .iter()
        .map(|path| listing::find(path, &survey.snapshot))
        .collect::<Result<_, _>>()?;
    let plan = plan(&survey.evidence(), world.now);
    report.plan_digest = Some(plan.digest().to_string());
    report
        .notices
        .extend(survey.snapshot.notices.iter().cloned());
    let listing = Listing {
        all: args.report.all,
        named: &named,
    };
    listing::fill(
        report,
        plan.results(),
        plan.notices(),
        &survey.snapshot,
        listing,
    );
    Ok(())
}

/// The verdicts that make `check` exit with 1.
#[must_use]
pub fn findings(args: &CheckArgs) -> Vec<Verdict> {
    let mut findings = vec![Verdict::Denied, Verdict::Invalid, Verdict::Failed];
    findings.extend(args.require_approved.then_some(Verdict::Pending));
    findings
}
