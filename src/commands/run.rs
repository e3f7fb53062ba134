//! `gitca run`: the batch. Decides, signs, renders, and commits what came out, in one commit or none.

use std::collections::BTreeMap;

use crate::batch::{self, Batch, Keys, Workshop};
use crate::cli::RunArgs;
use crate::commands::only_in_later_release;
use crate::control::ControlZone;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::Draft;
use crate::keystore::{self, CaKey, Keystore};
use crate::message::{self, Trailers};
use crate::names::ObjectName;
use crate::plan::listing::{self, Listing};
use crate::plan::{self, Plan};
use crate::report::{Report, Verdict};
use crate::snapshot::Author;
use crate::survey::{self, Mainline};
use crate::timestamp::{Lifetime, Timestamp};
use crate::world::World;

// Clocks of machines in one organisation differ by less than this.
const CLOCK_TOLERANCE: Lifetime = Lifetime::from_seconds(5 * 60);

/// Fills the report with what became of each open request, and commits what was signed.
///
/// # Errors
/// A [`Stop`] when the repository, its control zone or the size of the plan forbid it; any other error when git fails or the
/// branch has moved meanwhile.
pub fn run(args: &RunArgs, world: &mut World, report: &mut Report) -> anyhow::Result<()> {
    only_in_later_release("--push", args.push.is_some())?;
    only_in_later_release("--shard", args.shard.is_some())?;
    only_in_later_release("--commit-key", args.commit_key.is_some())?;
    let mainline = survey::mainline(world)?;
    let (survey, tip) = (&mainline.survey, mainline.tip);
    report.commit = Some(tip);
    report.notices.extend(mainline.repository.notices()?);
    report
        .notices
        .extend(survey.snapshot.notices.iter().cloned());
    let plan = plan::plan(&survey.evidence(), world.now);
    report.plan_digest = Some(plan.digest().to_string());
    plan.check_size(
        survey.zone.settings.max_issue_per_run,
        args.allow_bulk.as_deref(),
    )?;
    let issued_at = if plan.approved().next().is_some() {
        clock(&mainline, world.now)?
    } else {
        world.now
    };
    let keystore = keystore_of(args, &mainline)?;
    let notices = plan.notices();
    let opened = open_keys(&plan, &keystore);
    let workshop = Workshop {
        snapshot: &survey.snapshot,
        zone: &survey.zone,
        templates: &survey.templates,
        introductions: &survey.introductions,
        now: world.now,
    };
    let batch = batch::issue(plan, &signing_keys(&opened), &workshop, &mut *world.random);
    let batch = if args.dry_run {
        undo(batch)
    } else {
        commit(batch, &mainline, issued_at, world, report)?
    };
    let listing = Listing {
        all: args.report.all,
        named: &[],
    };
    listing::fill(report, batch.results, notices, &survey.snapshot, listing);
    Ok(())
}

/// The keys as the operator gave them; a name that no Signer uses is a mistake, not a key to ignore.
fn keystore_of(args: &RunArgs, mainline: &Mainline) -> Result<Keystore, Stop> {
    let zone = &mainline.survey.zone;
    let known: Vec<&str> = zone
        .signers
        .iter()
        .map(|signer| signer.key.as_str())
        .collect();
    for key in &args.key {
        if !known.contains(&key.name.as_str()) {
            let reason = Reason::new(
                Code::ConfigInvalid,
                format!("no Signer has a key `{}`", key.name),
            );
            return Err(Stop::because(
                reason.help(crate::yaml::suggest(key.name.as_str(), &known)),
            ));
        }
    }
    check_variables(zone)?;
    let given = args
        .key
        .iter()
        .map(|key| (key.name.clone(), key.source.clone()))
        .collect();
    Ok(Keystore::new(given, mainline.repository.workdir()))
}

/// Two names that become the same variable could be mixed up.
fn check_variables(zone: &ControlZone) -> Result<(), Stop> {
    let mut names: BTreeMap<String, &ObjectName> = BTreeMap::new();
    for signer in &zone.signers {
        let variable = keystore::variable("GITCA_KEY_", &signer.key);
        let other = names
            .insert(variable.clone(), &signer.key)
            .filter(|other| **other != signer.key);
        if let Some(other) = other {
            let message = format!(
                "the keys `{other}` and `{}` are both `{variable}` in the environment",
                signer.key
            );
            let reason = Reason::new(Code::ConfigInvalid, message)
                .field("spec.key")
                .help("rename one of them");
            return Err(Stop(vec![Finding::in_file(signer.file.clone(), reason)]));
        }
    }
    Ok(())
}

/// The key of each Signer that has something to sign; each is opened once and held against its CA certificate.
fn open_keys(plan: &Plan<'_>, keystore: &Keystore) -> BTreeMap<ObjectName, Result<CaKey, Reason>> {
    let mut keys = BTreeMap::new();
    for approved in plan.approved() {
        let signer = approved.signer();
        keys.entry(signer.name.clone()).or_insert_with(|| {
            let key = keystore.open(&signer.key)?;
            if key.spki() == signer.authority.signing_ca().key.spki() {
                return Ok(key);
            }
            let message = format!(
                "key `{}` is not the key of the CA certificate `{}`",
                signer.key, signer.ca_file
            );
            Err(Reason::new(Code::SignerKeyMismatch, message)
                .help("give the key that belongs to this certificate"))
        });
    }
    keys
}

fn signing_keys(opened: &BTreeMap<ObjectName, Result<CaKey, Reason>>) -> Keys<'_> {
    let mut keys = Keys::new();
    for (name, key) in opened {
        keys.insert(
            name.clone(),
            key.as_ref().map(CaKey::signing_key).map_err(Clone::clone),
        );
    }
    keys
}

/// What a dry run reports: signed and rendered well, and thrown away.
fn undo(mut batch: Batch) -> Batch {
    for result in batch
        .results
        .iter_mut()
        .filter(|result| result.verdict == Verdict::Issued)
    {
        result.verdict = Verdict::Approved;
        result.serial_number = None;
    }
    batch
}

/// Commits the files and brings the work tree up to date where that is safe.
fn commit(
    batch: Batch,
    mainline: &Mainline,
    issued_at: Timestamp,
    world: &World,
    report: &mut Report,
) -> anyhow::Result<Batch> {
    let Mainline {
        repository,
        branch,
        tip,
        survey,
        ..
    } = mainline;
    if batch.changes.is_empty() {
        return Ok(batch);
    }
    let settings = &survey.zone.settings;
    let bot = Author {
        name: settings.bot.name.clone(),
        email: settings.bot.email.clone(),
    };
    let issued = batch
        .results
        .iter()
        .filter(|result| result.verdict == Verdict::Issued);
    let open = survey.snapshot.open.len() - issued.count();
    let trailers = Trailers::of(*tip, &batch.results, open, issued_at);
    let commit = repository.make_commit(&Draft {
        base: *tip,
        changes: &batch.changes,
        author: &bot,
        now: world.now,
        message: &message::commit_message(&batch.results, &trailers),
        sign: None,
    })?;
    repository.land(branch, Some(*tip), commit)?;
    report.issue_commit = Some(commit);
    let followed = repository.update_worktree(*tip, commit, branch)?;
    let is_here = !repository.is_bare() && repository.head_branch()?.as_ref() == Some(branch);
    report
        .notices
        .extend((is_here && !followed).then(not_updated));
    Ok(batch)
}

/// When the commit of this run is made: along the mainline this never goes back.
fn clock(mainline: &Mainline, now: Timestamp) -> anyhow::Result<Timestamp> {
    let email = &mainline.survey.zone.settings.bot.email;
    let last = mainline.repository.last_run(mainline.tip, email)?;
    let Some(last) = last.map(|trailers| trailers.issued_at) else {
        return Ok(now);
    };
    if last <= now.plus(CLOCK_TOLERANCE) {
        return Ok(now.max(last));
    }
    let message = format!(
        "the clock says {now}, but the last run was at {last}: certificates would be valid from a time that is over"
    );
    let reason = Reason::new(Code::ClockWentBack, message);
    Err(Stop::because(
        reason.help("set the clock of this machine, for example with `timedatectl set-ntp true`"),
    )
    .into())
}

fn not_updated() -> Finding {
    let message =
        "the certificates are committed, but the files of this work tree were left as they are";
    let reason = Reason::new(Code::WorkTreeNotUpdated, message);
    Finding::anywhere(reason.help("git restore --source=HEAD --staged --worktree issued"))
}
