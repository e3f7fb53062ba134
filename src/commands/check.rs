//! `gitca check`: judges requests before they are merged. Needs no key and no secret.
//!
//! Without `--base` those of the work tree, without history; with it those that a merge of `--head` would change, as they
//! would be judged after it.

use std::collections::BTreeSet;

use crate::cli::CheckArgs;
use crate::commands::extent;
use crate::effort::Effort;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::Repository;
use crate::names::{ObjectId, RequestName, Shard, artifact};
use crate::plan::listing::{self, Listing};
use crate::plan::{Attention, Entry, Evidence, Plan, plan, warnings};
use crate::provenance::Provenance;
use crate::report::{Report, Verdict};
use crate::survey::{self, Certificates, Extent, Mainline, Proposed, Survey};
use crate::timestamp::Timestamp;
use crate::worktree;
use crate::world::World;

// More than a comment has room for: so many requests, and so much that policies look at. The latter costs three
// microseconds and a kibibyte each.
const DETAILED: usize = 100;
const TOLD: usize = 25_000;
// Some three seconds: ten thousand certificates, under policies that take little.
const REPLAY: u64 = 1_000_000_000;

/// Fills the report with the verdict on each request that is open or would change, or that was named.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when the repository or the control zone can't be used; any other error when git or the
/// disk fail.
pub fn check(args: &CheckArgs, world: &World, report: &mut Report) -> anyhow::Result<()> {
    let (survey, merge) = survey_of(args, world, report)?;
    let mut named = BTreeSet::new();
    for path in &args.paths {
        named.extend(listing::find(path, &survey.snapshot)?);
    }
    let plan = judge(&survey, merge.is_some(), world.now);
    report.plan_digest = Some(plan.digest().to_string());
    let notices = &mut report.notices;
    notices.extend(survey.snapshot.notices.iter().cloned());
    let mut of_requests = plan.notices();
    if let Some(merge) = &merge {
        notices.extend(warnings::control_changes(&survey.introductions, merge.head));
        of_requests.extend(warned(&survey, &plan.entries, merge, world.now)?);
        let settings = &survey.zone.settings;
        let too_many = plan.check_size(settings, Shard::WHOLE, None).err();
        notices.extend(too_many.and_then(warnings::stops_runs));
        notices.extend(survey.revoked());
    }
    let listing = Listing {
        all: args.report.all,
        named: (!args.paths.is_empty()).then_some(&named),
        shard: Shard::WHOLE,
    };
    let (results, snapshot) = (plan.into_results(), &survey.snapshot);
    listing::fill(report, results, of_requests, snapshot, listing);
    let read = |name: &RequestName| match &merge {
        Some(merge) => merge.certificates.provenance(name),
        None => provenance(world, name),
    };
    listing::tell_certificates(report, &survey.revocations, world.now, read)?;
    // Whoever reviews the change sees what else is in it first.
    if !survey.refused.is_empty() {
        return Err(Stop(survey.refused).into());
    }
    Ok(())
}

/// A merge that nobody has made yet.
struct Merge {
    head: ObjectId,
    certificates: Certificates,
}

/// The work tree; or with `--base` what a merge would be, and what that is judged on in the report.
fn survey_of(
    args: &CheckArgs,
    world: &World,
    report: &mut Report,
) -> anyhow::Result<(Survey, Option<Merge>)> {
    let Some((base, head)) = args.base.as_deref().zip(args.head.as_deref()) else {
        return Ok((survey::work_tree(&world.directory, &args.paths)?, None));
    };
    // What is named may be unchanged.
    let extent = if args.paths.is_empty() {
        extent(&args.report)
    } else {
        Extent::Whole
    };
    let proposed = survey::proposal(world, extent, (base, head))?;
    report.commit = Some(proposed.head);
    report.grounds = Some(proposed.grounds);
    tell_changes(&proposed, world, report)?;
    let merge = Merge {
        head: proposed.head,
        certificates: proposed.certificates,
    };
    Ok((proposed.survey, Some(merge)))
}

/// The verdict on each open request; of a merge, on those that it brings or lets in.
fn judge(survey: &Survey, is_merge: bool, now: Timestamp) -> Plan<'_> {
    // Of a change so large that nobody reads it request by request, nobody reads what each policy said.
    let is_told = survey.introductions.len() <= DETAILED;
    let attention = if is_merge {
        Attention::to_change(if is_told { TOLD } else { 0 })
    } else {
        Attention::EVERYTHING
    };
    let evidence = Evidence {
        attention,
        ..survey.evidence()
    };
    let mut plan = plan(&evidence, now);
    if is_merge {
        plan.entries.retain(|entry| {
            let is_let_in = survey.rivals.contains(&entry.name) && !is_refused(entry);
            survey.brings(&entry.name) || is_let_in
        });
    }
    plan
}

/// What the certificate of the work tree rests on.
fn provenance(world: &World, name: &RequestName) -> anyhow::Result<Option<Provenance>> {
    let root = worktree::root(&world.directory)?;
    let file = worktree::file(&root, &name.issued(artifact::PROVENANCE))?;
    Ok(file.and_then(|blob| Provenance::read(&blob.bytes)))
}

/// What else a change of the policies would decide otherwise; a base that can't be judged is said and stops nothing.
fn tell_changes(proposed: &Proposed, world: &World, report: &mut Report) -> anyhow::Result<()> {
    let base = proposed.grounds.base;
    let before = Repository::open(&world.directory)?.directory(base, "policies")?;
    if before == proposed.grounds.policies {
        return Ok(());
    }
    let mainline = survey::at(world, |_| Ok(base));
    let told = mainline.and_then(|mainline| compare(&mainline, proposed, world.now, report));
    if let Err(error) = told {
        let stop = error.downcast::<Stop>()?;
        let message = format!("which decisions change can't be told: {stop}");
        report.notices.push(changed(message, proposed));
    }
    Ok(())
}

/// Tells what runs must sign with, the decisions of the base that a merge changes, and the renewals that it makes due. What
/// the merge itself brings is judged by both rules anyway and left out.
fn compare(
    mainline: &Mainline,
    proposed: &Proposed,
    now: Timestamp,
    report: &mut Report,
) -> anyhow::Result<()> {
    let zone = &proposed.survey.zone;
    let notices = &mut report.notices;
    notices.extend(warnings::commit_key(&mainline.survey.zone, zone, now));
    let left = Effort::of(REPLAY);
    let Some(mut changes) = mainline.replay(zone, now, &left)? else {
        let message = "that would take long: there are many certificates, or the policies are slow";
        return Err(Stop::because(Reason::new(Code::DecisionsChange, message)).into());
    };
    changes
        .changes
        .retain(|change| change.issued.is_some() || !proposed.survey.brings(&change.request));
    let due = mainline.newly_due(zone, now)?;
    if !changes.changes.is_empty() {
        let (number, judged) = (changes.changes.len(), changes.judged);
        let message = format!(
            "the policies change, and with them {number} of {judged} decisions: {}",
            changes.counts()
        );
        notices.push(changed(message, proposed));
    }
    report.changes = Some(changes);
    notices.extend(warnings::renewals_begin(&due, now));
    Ok(())
}

fn changed(message: String, proposed: &Proposed) -> Finding {
    let (base, head) = (proposed.grounds.base, proposed.head);
    let help = format!("gitca policy diff --base {base} --head {head}");
    Finding::anywhere(Reason::new(Code::DecisionsChange, message).help(help))
}

/// Whether it is neither approved nor may be by more approvals.
fn is_refused(entry: &Entry<'_>) -> bool {
    let refusal = entry.decision.as_ref().err();
    refusal.is_some_and(|refusal| refusal.verdict != Verdict::Pending)
}

fn warned(
    survey: &Survey,
    entries: &[Entry<'_>],
    merge: &Merge,
    now: Timestamp,
) -> anyhow::Result<Vec<Finding>> {
    let mut notices = Vec::new();
    let names = entries.iter().map(|entry| &entry.name);
    for notice in warnings::live_names(&survey.snapshot, names) {
        let is_replaced = notice.reason.code == Code::CertificateReplaced;
        let replaced = notice.request.as_ref().filter(|_| is_replaced);
        let provenance = replaced.map(|name| merge.certificates.provenance(name));
        let provenance = provenance.transpose()?.flatten();
        // What has ended or was revoked stays valid beside nothing.
        let is_over = replaced.zip(provenance).is_some_and(|(name, provenance)| {
            let mut revoked = survey.revocations.request(name);
            provenance.not_after < now
                || revoked.any(|revoked| revoked.leaf.serial_number == provenance.serial_number)
        });
        notices.extend((!is_over).then_some(notice));
    }
    notices.extend(warnings::reused_keys(entries));
    let rivals = entries
        .iter()
        .filter(|entry| survey.rivals.contains(&entry.name));
    notices.extend(rivals.map(|entry| {
        if survey.freed.contains(&entry.name) {
            warnings::freed(&entry.name)
        } else {
            warnings::let_in(&entry.name)
        }
    }));
    // Of what the mainline has already nothing is lost any more.
    let is_brought = |entry: &&Entry<'_>| {
        let introduction = survey.introductions.get(&entry.name);
        introduction.is_some_and(|introduction| introduction.commit == merge.head)
    };
    let brought = entries.iter().filter(is_brought);
    notices.extend(warnings::lost_by_squash(brought));
    Ok(notices)
}

/// The verdicts that make `check` exit with 1.
#[must_use]
pub fn findings(args: &CheckArgs) -> Vec<Verdict> {
    let mut findings = vec![Verdict::Denied, Verdict::Invalid, Verdict::Failed];
    findings.extend(args.require_approved.then_some(Verdict::Pending));
    findings
}
