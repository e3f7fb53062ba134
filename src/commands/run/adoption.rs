//! Taking over what an earlier run signed and could not land.
//!
//! In come the pending commits of this repository, and those of runs on its own branch that nobody has pushed; out come
//! their certificates, as far as the same files come out of the mainline as it is now. A commit that is none of ours, or
//! holds what would not come out of an unchanged mainline, is left alone and named.

use std::collections::{BTreeMap, BTreeSet};

use crate::batch::signed::Signed;
use crate::commands::run::sifting::{Dropped, sift};
use crate::finding::{self, Code, Finding, Reason};
use crate::git::Repository;
use crate::names::{ObjectId, RepoPath, RequestName, Shard, artifact};
use crate::plan::Plan;
use crate::provenance::Provenance;
use crate::report::{RequestResult, Verdict};
use crate::snapshot::Changeset;
use crate::survey::Mainline;
use crate::timestamp::Timestamp;

// Whoever has more commits of his own on the branch of the mainline works on another one.
const UNPUSHED: usize = 16;

/// What was taken over.
#[derive(Debug, Default)]
pub(super) struct Adopted {
    pub(super) signed: Vec<Signed>,
    pub(super) results: Vec<RequestResult>,
    /// The runs that are done with once this has landed.
    pub(super) runs: Vec<String>,
}

/// Takes over every pending commit that has certificates of this share, and takes its requests out of the plan.
pub(super) fn adopt(
    mainline: &Mainline,
    plan: &mut Plan<'_>,
    shard: Shard,
    now: Timestamp,
    notices: &mut Vec<Finding>,
) -> anyhow::Result<Adopted> {
    let repository = &mainline.repository;
    let mut adopted = Adopted::default();
    let mut left = Vec::new();
    for (run, commit) in repository.pending()? {
        if repository.has_landed(commit, mainline.tip)? {
            repository.forget_pending(&run)?;
        } else {
            left.push((Some(run), commit));
        }
    }
    let unpushed = unpushed(mainline)?;
    left.extend(unpushed.into_iter().map(|commit| (None, commit)));
    for (run, commit) in left {
        let refused = || not_adopted(run.as_deref(), commit);
        let Some(mut sets) = signed_by(mainline, commit)? else {
            notices.push(refused());
            continue;
        };
        // Another share may be about to land it.
        if !has_part(&sets, shard) {
            continue;
        }
        let Some(mut dropped) = take(mainline, &mut sets)? else {
            notices.push(refused());
            continue;
        };
        for signed in &mut sets {
            leave_out(signed, &adopted.signed);
            dropped.extend(claim(signed, plan, now, &mut adopted.results));
        }
        finding::add_news(notices, dropped.iter().map(Dropped::notice).collect());
        adopted.signed.append(&mut sets);
        adopted.runs.extend(run);
    }
    Ok(adopted)
}

/// What runs without `--push` have left on the branch of this repository, the oldest first.
fn unpushed(mainline: &Mainline) -> anyhow::Result<Vec<ObjectId>> {
    let repository = &mainline.repository;
    let branch = mainline.survey.zone.settings.branch.as_str();
    let (mut found, mut next) = (Vec::new(), repository.branch_tip(branch)?);
    for _ in 0..UNPUSHED {
        let Some(commit) = next else { break };
        if repository.has_landed(commit, mainline.tip)? {
            break;
        }
        if mainline.run_at(commit)?.is_some() {
            found.insert(0, commit);
        }
        next = repository.first_parent(commit).ok();
    }
    Ok(found)
}

/// Whether any of the certificates belongs to this share; without one there were only lists.
fn has_part(sets: &[Signed], shard: Shard) -> bool {
    let mut names = sets.iter().flat_map(|signed| signed.requests().into_keys());
    names.any(|name| shard.takes(name.as_str())) || sets.is_empty() && shard.takes_crls()
}

/// The certificates of a pending commit; `None` when it is none of ours.
fn signed_by(mainline: &Mainline, commit: ObjectId) -> anyhow::Result<Option<Vec<Signed>>> {
    let repository = &mainline.repository;
    let Some(trailers) = mainline.run_at(commit)? else {
        return Ok(None);
    };
    if !repository.is_on_mainline(trailers.base, mainline.tip)? {
        return Ok(None);
    }
    // Revocation lists are not among them: they are made again, with the next number.
    Ok(split(trailers.base, &repository.issued_by(commit)?))
}

/// Takes out those that may not land any more; `None` when one is there that no run would make of this mainline.
fn take(mainline: &Mainline, sets: &mut [Signed]) -> anyhow::Result<Option<Vec<Dropped>>> {
    if !are_keys_remembered(&mainline.repository, sets)? {
        return Ok(None);
    }
    let mut dropped = Vec::new();
    for signed in sets {
        let mut sifted = sift(signed, mainline, true)?;
        if sifted.is_foreign {
            return Ok(None);
        }
        dropped.append(&mut sifted.dropped);
    }
    Ok(Some(dropped))
}

/// Whether all keys are remembered as a run does it, and nothing else is.
fn are_keys_remembered(repository: &Repository, sets: &[Signed]) -> anyhow::Result<bool> {
    let mut owners: BTreeMap<RepoPath, BTreeSet<Vec<u8>>> = BTreeMap::new();
    let mut files: BTreeMap<&RepoPath, &Vec<u8>> = BTreeMap::new();
    for signed in sets {
        for name in signed.requests().into_keys() {
            let Some(file) = signed.key_file(&name) else {
                return Ok(false);
            };
            let owner = format!("{name}\n").into_bytes();
            owners.entry(file).or_default().insert(owner);
        }
        files.extend(&signed.changes.files);
    }
    let is_known = files.keys().all(|file| owners.contains_key(*file));
    let Some(base) = sets.last().map(|signed| signed.base).filter(|_| is_known) else {
        return Ok(sets.is_empty());
    };
    for (file, owners) in &owners {
        let is_remembered = if let Some(owner) = files.get(file) {
            owners.contains(*owner)
        } else {
            // A key that was certified before is there already.
            let before = repository.file(base, file)?;
            before.is_some_and(|owner| owners.contains(&owner.bytes))
        };
        if !is_remembered {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The files by the time of their run, which each provenance tells; `None` when one does not.
fn split(base: ObjectId, changes: &Changeset) -> Option<Vec<Signed>> {
    let mut sets: BTreeMap<Timestamp, Changeset> = BTreeMap::new();
    let mut times: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for (folder, files) in &changes.folders {
        let now = Provenance::read(files.get(artifact::PROVENANCE)?)?.now;
        times.insert(folder.as_str().strip_prefix("issued/")?, now);
        let set = sets.entry(now).or_default();
        set.folders.insert(folder.clone(), files.clone());
    }
    for (path, owner) in &changes.files {
        let owner = std::str::from_utf8(owner).ok()?.trim_end();
        let set = sets.get_mut(times.get(owner)?)?;
        set.files
            .insert(path.clone(), changes.files.get(path)?.clone());
    }
    let signed = |(now, changes)| Signed { base, now, changes };
    Some(sets.into_iter().map(signed).collect())
}

/// Takes out what is taken over already: a run that took over the certificates of another, and ended too early as well, has
/// left a second commit that holds them.
fn leave_out(signed: &mut Signed, earlier: &[Signed]) {
    let mut names: BTreeSet<RequestName> = signed.requests().into_keys().collect();
    names.retain(|name| {
        let certificate = signed.certificate(name);
        let is_same = |earlier: &Signed| earlier.certificate(name) == certificate;
        certificate.is_some() && earlier.iter().any(is_same)
    });
    signed.remove(&names);
}

/// Moves the requests from the plan to the results. What the plan does not approve by today's clock is
/// dropped, and so is what has ended meanwhile, for which the request is still in the plan.
fn claim(
    signed: &mut Signed,
    plan: &mut Plan<'_>,
    now: Timestamp,
    results: &mut Vec<RequestResult>,
) -> Vec<Dropped> {
    let mut missing: BTreeSet<RequestName> = signed.requests().into_keys().collect();
    plan.entries.retain(|entry| {
        let lasts = signed.not_after(&entry.name).is_some_and(|end| now < end);
        let is_ours = lasts && entry.decision.is_ok() && missing.remove(&entry.name);
        if is_ours {
            let mut result = entry.to_result();
            result.verdict = Verdict::Issued;
            result.serial_number = signed.serial(&entry.name).map(|serial| serial.to_string());
            result.not_after = signed.not_after(&entry.name);
            results.push(result);
        }
        !is_ours
    });
    let dropped = missing.iter().map(|name| Dropped::of(signed, name));
    let dropped = dropped.collect();
    signed.remove(&missing);
    dropped
}

fn not_adopted(run: Option<&str>, commit: ObjectId) -> Finding {
    let (kind, way_out) = match run {
        Some(run) => (
            "pending commit",
            format!("git update-ref -d refs/gitca/pending/{run}"),
        ),
        None => (
            "unpushed commit",
            "take your branch back to that of the remote".to_owned(),
        ),
    };
    let message = format!(
        "the {kind} {commit} is not what a run would make of this mainline, and is left alone"
    );
    let help = format!("look at it with `git show {commit}`; then {way_out}");
    Finding::anywhere(Reason::new(Code::PendingNotAdopted, message).help(help))
}
