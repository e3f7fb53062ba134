//! After landing: the branch and the files here follow, where that loses nobody's work.
//!
//! In come the mainline and what has landed; out go notices where something was left as it is. Nothing in here can fail
//! the run: the certificates are on the mainline already.

use crate::commands::run::landing::Landed;
use crate::commands::run::target::Target;
use crate::finding::advice::quoted;
use crate::finding::{Code, Finding, Reason};
use crate::git::fault;
use crate::names::ObjectId;
use crate::survey::Mainline;

/// Finishes what a run was killed at: the branch had moved and not all files had followed.
pub(super) fn resume(mainline: &Mainline) -> anyhow::Result<()> {
    mainline.repository.resume_following(&mainline.branch)
}

/// Brings the branch and the files up to date.
///
/// # Errors
/// When the repository can't be read.
pub(super) fn follow(
    target: &Target,
    mainline: &Mainline,
    landed: Option<Landed>,
) -> anyhow::Result<Vec<Finding>> {
    let (old, new) = match (target, landed) {
        (Target::Here, None) => return Ok(Vec::new()),
        (Target::Here, Some(landed)) => (landed.base, landed.commit),
        (Target::At(_), _) => {
            let new = landed.map_or(mainline.tip, |landed| landed.commit);
            match advance(mainline, new)? {
                Ok(None) => return Ok(Vec::new()),
                Ok(Some(old)) => (old, new),
                // Where nothing has landed, a branch that lags behind is nobody's surprise.
                Err(notice) => return Ok(landed.map(|_| *notice).into_iter().collect()),
            }
        }
    };
    fault::point("branch-moved");
    let followed = files(mainline, old, new);
    fault::point("followed");
    // What could not follow now may when the next run looks.
    if followed.is_empty() {
        mainline.repository.end_following()?;
    }
    fault::point("done");
    Ok(followed)
}

/// Moves the local branch, if it only lags behind: out comes where it was, if it moved.
fn advance(
    mainline: &Mainline,
    new: ObjectId,
) -> anyhow::Result<Result<Option<ObjectId>, Box<Finding>>> {
    let (repository, branch) = (&mainline.repository, &mainline.branch);
    let Some(old) = repository.branch_tip(branch)?.filter(|old| *old != new) else {
        return Ok(Ok(None));
    };
    if !repository.is_ancestor(old, new)? {
        return Ok(Ok(None));
    }
    let is_checked_out =
        is_here(mainline)? || !repository.checked_out_elsewhere(branch)?.is_empty();
    // Files that others changed would look as if they had been changed back here.
    if is_checked_out && !repository.only_issued_differs(old, new)? {
        return Ok(Err(Box::new(behind(branch))));
    }
    repository.begin_following(branch, old, new)?;
    match repository.land(branch, Some(old), new) {
        Ok(()) => Ok(Ok(Some(old))),
        Err(error) => Ok(Err(Box::new(left(&format!("{error:#}"))))),
    }
}

fn files(mainline: &Mainline, old: ObjectId, new: ObjectId) -> Vec<Finding> {
    let (repository, branch) = (&mainline.repository, &mainline.branch);
    let mut notices = Vec::new();
    match (
        is_here(mainline),
        repository.update_worktree(old, new, branch),
    ) {
        (Ok(true), Ok(false)) => notices.push(left("they are not as the branch had them")),
        (Err(error), _) | (_, Err(error)) => notices.push(left(&format!("{error:#}"))),
        (Ok(_), Ok(_)) => {}
    }
    let elsewhere = repository.checked_out_elsewhere(branch);
    for place in elsewhere.unwrap_or_default() {
        let message = format!(
            "the branch is checked out in `{}` too, whose files were left as they are",
            place.display()
        );
        let help = format!(
            "git -C {} restore --source=HEAD --staged --worktree issued",
            quoted(&place.to_string_lossy())
        );
        notices.push(notice(&message, &help));
    }
    notices
}

fn is_here(mainline: &Mainline) -> anyhow::Result<bool> {
    let repository = &mainline.repository;
    let head = repository.head_branch()?;
    Ok(!repository.is_bare() && head.as_ref() == Some(&mainline.branch))
}

fn left(why: &str) -> Finding {
    let message = format!(
        "the certificates are committed, but the files of this work tree were left as they are: {why}"
    );
    notice(
        &message,
        "git restore --source=HEAD --staged --worktree issued",
    )
}

fn behind(branch: &str) -> Finding {
    let message = format!(
        "the certificates are pushed, but `{branch}` here lags behind by more than them, and was left as it is"
    );
    notice(
        &message,
        &format!("git merge --ff-only refs/gitca/remote/{branch}"),
    )
}

fn notice(message: &str, help: &str) -> Finding {
    Finding::anywhere(Reason::new(Code::WorkTreeNotUpdated, message).help(help))
}
