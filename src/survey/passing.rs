//! What the commits of a change have otherwise than its merge would, told to those who would land it.
//!
//! In comes a proposal; out come findings, each with the way out: one commit.

use crate::finding::{Code, Finding, Reason};
use crate::git::{Matter, Passing, Proposal, TooMany};
use crate::names::ObjectId;
use crate::zones;

/// The findings on a change; what is said of `issued/` elsewhere is left out.
///
/// # Errors
/// When history can't be read.
pub(super) fn refused(
    proposal: &Proposal<'_>,
    (base, head): (ObjectId, ObjectId),
    (is_pushed, is_output_told): (bool, bool),
) -> anyhow::Result<Vec<Finding>> {
    // What is pushed lands as it is.
    let passing = if is_pushed {
        proposal.passing_pushed()?
    } else {
        proposal.passing()?
    };
    let passing = match passing {
        Ok(passing) => passing,
        Err(too_many) => return Ok(vec![too_large(too_many)]),
    };
    let is_told = |passing: &&Passing| is_output_told && passing.path.starts_with("issued/");
    let found = passing.iter().filter(|passing| !is_told(passing));
    let found = found.take(zones::REPORTED);
    Ok(found
        .map(|passing| finding(passing, (base, head)))
        .collect())
}

fn too_large(too_many: TooMany) -> Finding {
    let (message, help) = match too_many {
        TooMany::Commits => (
            "the branch has more commits, or of larger directories, than are looked at one by one",
            "put what they change into fewer of them, as by `git merge --squash`",
        ),
        TooMany::Pushed => (
            "the push has more commits, or of larger directories, than are looked at one by one",
            "push them in parts, the oldest first: `git push origin COMMIT:BRANCH`",
        ),
        TooMany::CommitsOfBase => (
            "the base has more commits since the branch left it than are looked at, so it can't be told what a rebase would leave out",
            "merge the base into the branch, or put what it changes into one commit",
        ),
    };
    Finding::anywhere(Reason::new(Code::LandingTooLarge, message).help(help))
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
        Matter::Pushed => "the mainline will remember that, and the push does not show it",
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
    let squash = format!(
        "put it into one commit, signed where that proves who asks: `git switch -C again {base} && git merge --squash {head} && git commit`"
    );
    let help = match matter {
        Matter::Pushed => {
            "push the commits in parts, the oldest first: `git push origin COMMIT:BRANCH`"
                .to_owned()
        }
        Matter::Rebase => format!("merge the base into the branch, or {squash}"),
        _ => squash,
    };
    Finding {
        file: path.parse().ok(),
        ..Finding::anywhere(Reason::new(Code::MergeConflict, message).help(help))
    }
}
