//! The rules at a commit, and before the commits that brought something.
//!
//! In come commits; out come whole control zones with their templates, or a [`Stop`] with every finding in them. A CA whose
//! private key lies in the repository is one.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;

use crate::control::ControlZone;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::{History, Repository};
use crate::names::{ObjectId, RequestName};
use crate::render::template::Templates;
use crate::snapshot::{Introduction, Snapshot, StatementHistory};
use crate::x509::ca::CaCertificate;

/// The rules before each commit that brought a request or a statement and touched them. A merge that nobody has made is
/// its head, and its first parent the base.
pub(super) fn rules_before(
    repository: &Repository,
    history: &History,
    proposed: Option<(ObjectId, ObjectId)>,
) -> anyhow::Result<BTreeMap<ObjectId, Option<ControlZone>>> {
    let mut found = BTreeMap::new();
    for commit in touching(&history.introductions, &history.statements) {
        let parent = match proposed {
            Some((head, base)) if head == commit => base,
            _ => repository.first_parent(commit)?,
        };
        let zone = control_at(repository, parent)?;
        let is_whole = |zone: &ControlZone| Templates::compile(zone).is_ok();
        found.insert(commit, zone.filter(is_whole));
    }
    Ok(found)
}

/// The commits that brought a request or a statement and touched the rules as well.
fn touching(
    introductions: &BTreeMap<RequestName, Introduction>,
    histories: &BTreeMap<RequestName, StatementHistory>,
) -> BTreeSet<ObjectId> {
    let requests = introductions
        .values()
        .filter(|brought| brought.touches_control)
        .map(|brought| brought.commit);
    let statements = histories
        .values()
        .flat_map(|history| history.brought.values())
        .filter(|brought| brought.touches_control)
        .map(|brought| brought.commit);
    requests.chain(statements).collect()
}

/// The rules at a commit; `None` where they can't be loaded.
pub(super) fn control_at(
    repository: &Repository,
    commit: ObjectId,
) -> anyhow::Result<Option<ControlZone>> {
    let snapshot = repository.control(commit)?;
    if !snapshot.errors.is_empty() {
        return Ok(None);
    }
    Ok(ControlZone::load(&snapshot.control).ok())
}

/// The whole control zone, or every finding in it.
pub(super) fn load(snapshot: &Snapshot) -> anyhow::Result<(ControlZone, Templates)> {
    if !snapshot.errors.is_empty() {
        return Err(Stop(snapshot.errors.clone()).into());
    }
    let zone = ControlZone::load(&snapshot.control).map_err(Stop)?;
    let templates = Templates::compile(&zone).map_err(Stop)?;
    refuse_leaked_signers(snapshot, &zone)?;
    Ok((zone, templates))
}

/// Refuses what makes a commit useless as a whole: a CA whose private key everybody can read certifies nothing any more.
pub(super) fn refuse(snapshot: &Snapshot, zone: &ControlZone) -> Result<(), Stop> {
    if !snapshot.errors.is_empty() {
        return Err(Stop(snapshot.errors.clone()));
    }
    refuse_leaked_signers(snapshot, zone)
}

fn refuse_leaked_signers(snapshot: &Snapshot, zone: &ControlZone) -> Result<(), Stop> {
    let mut findings = Vec::new();
    for signer in &zone.signers {
        let leaked = |ca: &CaCertificate| snapshot.leaked.get(&ca.key.digest());
        if let Some(file) = signer.authority.chain().iter().find_map(leaked) {
            let message = format!(
                "the private key of the CA of signer `{}` lies in the repository, in `{file}`",
                signer.name
            );
            let reason = Reason::new(Code::PrivateKeyInRepository, message).help(
                "remove the file, make a new CA with a new key, and replace the old one wherever it is trusted",
            );
            findings.push(Finding::in_file(signer.file.clone(), reason));
        }
    }
    if findings.is_empty() {
        Ok(())
    } else {
        Err(Stop(findings))
    }
}

/// The whole control zone of a commit.
pub(super) struct Rules {
    pub(super) commit: ObjectId,
    pub(super) zone: ControlZone,
    pub(super) templates: Templates,
}

/// Reads the rules at a commit, or tells everything that is wrong there, in the other zones too.
pub(super) fn rules(repository: &Repository, commit: ObjectId) -> anyhow::Result<Rules> {
    let control = repository
        .control(commit)
        .with_context(|| format!("reading commit {commit}"))?;
    let (zone, templates) = match load(&control) {
        Ok(loaded) => loaded,
        Err(_) => load(&repository.snapshot(commit)?)?,
    };
    Ok(Rules {
        commit,
        zone,
        templates,
    })
}

/// The rules at HEAD, whose Settings name the mainline where nobody else does.
pub(super) fn at_head(repository: &Repository) -> anyhow::Result<Rules> {
    let head = repository.head_commit()?.ok_or_else(|| {
        let reason = Reason::new(Code::NoMainline, "the repository has no commit yet");
        Stop::because(reason.help("make a gitca repository with `gitca init`, or commit its files"))
    })?;
    rules(repository, head)
}

/// Refuses a tip whose own Settings name another branch.
pub(super) fn check_branch(zone: &ControlZone, branch: &str) -> Result<(), Stop> {
    if zone.settings.branch.as_str() == branch {
        return Ok(());
    }
    let message = format!(
        "the Settings at the tip of `{branch}` name another mainline, `{}`",
        zone.settings.branch.as_str()
    );
    let reason = Reason::new(Code::BranchMismatch, message).field("spec.branch");
    let reason =
        reason.help("run it on the branch that its own Settings name, or let them name this one");
    Err(Stop(vec![Finding::in_file(
        zone.settings.file.clone(),
        reason,
    )]))
}
