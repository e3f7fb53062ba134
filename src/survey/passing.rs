//! What the commits of a change have otherwise than its merge would, told to those who would land it.
//!
//! In comes a proposal; out come findings, each with the way out: one commit.

use crate::finding::{Code, Finding, Reason};
use crate::git::{self, Matter, Passing, Proposal, Repository};
use crate::names::ObjectId;
use crate::zones;

/// The findings on a change; what is said of `issued/` elsewhere is left out.
///
/// # Errors
/// When history can't be read.
pub(super) fn refused(
    repository: &Repository,
    proposal: &Proposal<'_>,
    (base, head): (ObjectId, ObjectId),
    is_output_told: bool,
) -> anyhow::Result<Vec<Finding>> {
    // What is pushed lands as it is.
    let passing = if git::is_quarantined() && repository.is_on_mainline(base, head)? {
        proposal.passing_pushed()?
    } else {
        proposal.passing()?
    };
    let Some(passing) = passing else {
        let message = "the branch has more commits than are looked at one by one";
        let help = "put what they change into fewer of them, as by `git merge --squash`";
        let reason = Reason::new(Code::LandingTooLarge, message).help(help);
        return Ok(vec![Finding::anywhere(reason)]);
    };
    let is_told = |passing: &&Passing| is_output_told && passing.path.starts_with("issued/");
    let found = passing.iter().filter(|passing| !is_told(passing));
    let found = found.take(zones::REPORTED);
    Ok(found
        .map(|passing| finding(passing, (base, head)))
        .collect())
}

fn finding(passing: &Passing, (base, head): (ObjectId, ObjectId)) -> Finding {
    let Passing {
        commit,
        path,
        matter,
    } = passing;
    let why = match matter {
        Matter::Statement => {
            "the mainline would remember that if it were rebased or fast-forwarded"
        }
        Matter::Merge => "a merge after it changed that, which a rebase would leave out",
        Matter::OfMerge => "it is a merge, which a rebase would leave out",
        Matter::Rebase => {
            "the base changed it, too, so a rebase may leave out some of the commits that change it here"
        }
        Matter::Rename => {
            "the base took it away or changed it, so a rebase may carry that to another file"
        }
    };
    let message = if *matter == Matter::OfMerge {
        format!("commit {commit} changes `{path}`: {why}")
    } else {
        format!("commit {commit} has another `{path}` than the branch leaves: {why}")
    };
    let help = format!(
        "put it into one commit: `git switch -c again {base} && git merge --squash {head} && git commit`"
    );
    Finding {
        file: path.parse().ok(),
        ..Finding::anywhere(Reason::new(Code::MergeConflict, message).help(help))
    }
}
