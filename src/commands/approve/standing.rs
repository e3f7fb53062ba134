//! Whether what a person signs will count, as far as the policies of the work tree tell.
//!
//! In come the person and the request; out comes what to say to those whom no policy asks. Their statement is written all the
//! same: the policies may change, and who asked is for the mainline to tell. Whoever asked may deny, and never approve.

use std::path::Path;

use crate::commands::signer;
use crate::control::ControlZone;
use crate::control::approval_policy::{ApprovalPolicy, Mode};
use crate::decision::select;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::{ObjectName, RepoPath, RequestName, Sha256Digest};
use crate::request::Request;
use crate::snapshot::Blob;
use crate::statement::{Statement, StatementDecision};
use crate::timestamp::Timestamp;
use crate::worktree;

/// Whoever says to have asked for these very bytes can't approve them: better told now than after the merge.
pub(super) fn refuse_own(
    name: &RequestName,
    blob: &Blob,
    principal: &ObjectName,
    root: &Path,
) -> anyhow::Result<()> {
    let Some(file) = claim(name, blob, principal, root)? else {
        return Ok(());
    };
    let message = format!("`{principal}` asked for this, so an approval of theirs would not count");
    let reason = Reason::new(Code::ApproverIsRequester, message);
    let help = "ask somebody else to approve it; `gitca plan` says who can";
    Err(Stop(vec![Finding::in_file(file, reason.help(help))]).into())
}

/// Why this will not count; nothing where it will, or where nobody can tell.
pub(super) fn doubt(
    decision: StatementDecision,
    (name, blob, request): (&RequestName, &Blob, Option<&Request>),
    principal: &ObjectName,
    (zone, root): (&ControlZone, &Path),
) -> anyhow::Result<Option<Finding>> {
    let Some(request) = request.filter(|request| !is_asked(request, principal, zone)) else {
        return Ok(None);
    };
    let so = match decision {
        StatementDecision::Approve => "this approval does not count".to_owned(),
        StatementDecision::Deny if claim(name, blob, principal, root)?.is_none() => {
            format!("this denial counts only if `{principal}` is who asked for it")
        }
        StatementDecision::Deny | StatementDecision::Request => return Ok(None),
    };
    let message = format!(
        "no policy asks `{principal}` to approve `{}`: {so}",
        request.name
    );
    let reason = Reason::new(Code::ApproverNotEligible, message);
    let reason =
        reason.help("have somebody sign whom `gitca plan` names, or be added to their group");
    Ok(Some(Finding::in_request(name, reason)))
}

/// Why this approval will not count beside a denial by the same person that is as new: whoever is in doubt has denied.
pub(super) fn beaten(
    name: &RequestName,
    blob: &Blob,
    principal: &ObjectName,
    (root, now): (&Path, Timestamp),
) -> anyhow::Result<Option<Finding>> {
    let is_as_new = |statement: &Statement| {
        statement.decision == StatementDecision::Deny && statement.created >= now
    };
    let Some(file) = said(name, blob, principal, root, is_as_new)? else {
        return Ok(None);
    };
    let message = format!(
        "`{principal}` denied these bytes no earlier than this approval, so the denial holds and the approval does not count"
    );
    let reason = Reason::new(Code::Rejected, message);
    let help = format!("wait a second, and approve again: `gitca approve {name}`");
    Ok(Some(Finding::in_file(file, reason.help(help))))
}

/// Whether some policy that may be about the request would count this person.
fn is_asked(request: &Request, principal: &ObjectName, zone: &ControlZone) -> bool {
    let groups = zone.groups_of(principal);
    let asks = |policy: &&ApprovalPolicy| {
        policy.mode == Mode::Enforce && policy.approvals.names(principal, groups)
    };
    let policies = zone.approval_policies.iter();
    let mut asking = policies.filter(asks);
    asking.any(|policy| select::may_hold(&policy.selector, request))
}

/// The statement by which this person says to have asked for these bytes.
fn claim(
    name: &RequestName,
    blob: &Blob,
    principal: &ObjectName,
    root: &Path,
) -> anyhow::Result<Option<RepoPath>> {
    let is_claim = |statement: &Statement| statement.decision == StatementDecision::Request;
    said(name, blob, principal, root, is_claim)
}

/// What this person says of these bytes, if it is what is looked for.
fn said(
    name: &RequestName,
    blob: &Blob,
    principal: &ObjectName,
    root: &Path,
    is_it: impl Fn(&Statement) -> bool,
) -> anyhow::Result<Option<RepoPath>> {
    let sha256 = Sha256Digest::of(&blob.bytes);
    for file in signer::statements(name, root)? {
        let Some(Ok(statement)) =
            worktree::file(root, &file)?.map(|file| Statement::read(&file.bytes))
        else {
            continue;
        };
        let is_theirs = statement.principal == *principal && statement.sha256 == sha256;
        if is_theirs && is_it(&statement) {
            return Ok(Some(file));
        }
    }
    Ok(None)
}
