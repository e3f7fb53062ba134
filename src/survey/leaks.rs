//! Private keys that were committed and taken back, or hidden where nobody looks any more.
//!
//! In come the keys that commits brought since the last run; out go findings on their paths, and no request with such a key
//! is signed. One that is gone stops nobody else, whosever it is: only a CA's own key at the tip does.

use crate::control::ControlZone;
use crate::control::signer::Signer;
use crate::finding::{Code, Finding, Reason};
use crate::git::{OutputZone, Proposal, Repository, Withdrawals, Withdrawn};
use crate::names::{ObjectId, Sha256Digest};
use crate::snapshot::Snapshot;
use crate::x509::ca::CaCertificate;
use crate::zones;

/// Adds the keys that lay on the mainline of `tip` since the last run.
pub(super) fn add(
    repository: &Repository,
    since: &OutputZone,
    tip: ObjectId,
    zone: &ControlZone,
    snapshot: &mut Snapshot,
) -> anyhow::Result<()> {
    let found = repository.withdrawn_keys(since, tip)?;
    block(&found, snapshot);
    tell(&found, zone, snapshot);
    // Where nobody has proven that a run has seen what came before it, that is searched again as long as anybody asks.
    if since.run.is_some() && !since.is_proven && !snapshot.open.is_empty() {
        block(&repository.all_withdrawn_keys(tip)?, snapshot);
    }
    Ok(())
}

/// Adds the keys that commits of a change brought; those that the mainline of its base brought since the last run are not
/// this change's fault, but nobody gets a certificate for one. For older ones all of history is searched by the run alone,
/// where it has to be: a check is made at every push of everybody. What is not searched is refused: there may be so many keys
/// that no run opens others any more.
pub(super) fn add_proposed(
    repository: &Repository,
    since: &OutputZone,
    (base, proposal): (ObjectId, &Proposal<'_>),
    zone: &ControlZone,
    snapshot: &mut Snapshot,
) -> anyhow::Result<Option<Finding>> {
    let found = proposal.withdrawn_keys()?;
    block(&found, snapshot);
    tell(&found, zone, snapshot);
    block(&repository.withdrawn_keys_of_base(since, base)?, snapshot);
    let message =
        "the commits of the branch bring more than is searched for private keys, and take it away";
    let help = "put what they change into one commit, as by `git merge --squash`";
    let reason = || Reason::new(Code::TooManyFiles, message).help(help);
    Ok(found.is_spent.then(|| Finding::anywhere(reason())))
}

fn block(found: &Withdrawals, snapshot: &mut Snapshot) {
    for Withdrawn {
        commit, path, key, ..
    } in &found.keys
    {
        if let Some(key) = key {
            // As git names it, so that `git show` shows it.
            let place = || format!("{commit}:{path}");
            snapshot.leaked.entry(*key).or_insert_with(place);
            snapshot.withdrawn_keys.entry(*key).or_insert(*commit);
        }
    }
    for (key, commit) in &found.before {
        let place = || commit.to_string();
        snapshot.leaked.entry(*key).or_insert_with(place);
        snapshot.withdrawn_keys.entry(*key).or_insert(*commit);
    }
}

fn tell(found: &Withdrawals, zone: &ControlZone, snapshot: &mut Snapshot) {
    let told = |finding: &Finding| {
        let is_leak = finding.reason.code == Code::PrivateKeyInRepository;
        finding.file.clone().filter(|_| is_leak)
    };
    let told: Vec<_> = snapshot.findings.iter().filter_map(told).collect();
    for Withdrawn {
        commit,
        path,
        key,
        is_there,
    } in found.keys.iter().take(zones::REPORTED)
    {
        let mut finding = zones::brought(path, *commit, *key);
        let is_told = || {
            finding
                .file
                .as_ref()
                .is_some_and(|file| told.contains(file))
        };
        if *is_there && is_told() {
            continue;
        }
        if let Some(signer) = key.and_then(|key| certified_by(&key, zone)) {
            of_authority(&mut finding.reason, signer, *commit);
        }
        snapshot.withdrawn.push(finding);
    }
    let more = found.keys.len().saturating_sub(zones::REPORTED);
    if more > 0 {
        let message = format!("{more} more private keys lie in commits since the last run");
        let reason = Reason::new(Code::PrivateKeyInRepository, message);
        snapshot.notices.push(Finding::anywhere(reason));
    }
    if !found.is_whole {
        let message = "not everything that commits brought was searched for private keys: there is too much of it";
        let reason = Reason::new(Code::TooManyFiles, message);
        snapshot.notices.push(Finding::anywhere(reason));
    }
}

/// The signer of whose CA this is the key.
fn certified_by<'z>(key: &Sha256Digest, zone: &'z ControlZone) -> Option<&'z Signer> {
    let is_it = |ca: &CaCertificate| ca.key.digest() == *key;
    let mut signers = zone.signers.iter();
    signers.find(|signer| signer.authority.chain().iter().any(is_it))
}

fn of_authority(reason: &mut Reason, signer: &Signer, commit: ObjectId) {
    let name = &signer.name;
    reason.message = format!(
        "the private key of the CA of signer `{name}` lies here in commit {commit}, where everybody can read it"
    );
    let help = "make a new CA with a new key, and replace the old one wherever it is trusted";
    reason.help = Some(help.into());
}
