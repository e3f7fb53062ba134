//! What the reviewer of a change should know although it decides nothing.
//!
//! Names that are in use, keys that others have, signatures that a squash merge drops, rules that change too, commits that
//! need a key. In come the entries of a plan and what git knows; out come notices.

use std::collections::BTreeMap;

use crate::control::ControlZone;
use crate::control::principal::SshKey;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::{ObjectId, RepoPath, RequestName};
use crate::plan::Entry;
use crate::snapshot::{Introduction, Snapshot};
use crate::timestamp::Timestamp;
use crate::trust::issuing_bot;
use crate::trust::revocations::Revoked;
use crate::x509::crl::ReasonCode;
use crate::zones;

// Of many so many are named.
const NAMED: usize = 20;

/// A notice for each request whose name has a certificate, here or in another directory.
#[must_use]
pub fn live_names<'n>(
    snapshot: &Snapshot,
    requests: impl Iterator<Item = &'n RequestName>,
) -> Vec<Finding> {
    let mut owners: BTreeMap<&str, Vec<&RequestName>> = BTreeMap::new();
    // Of a request that was deleted there is nobody to ask.
    let is_there = |name: &&RequestName| snapshot.requests.contains_key(*name);
    for name in snapshot.issued.keys().filter(is_there) {
        owners.entry(name.name()).or_default().push(name);
    }
    let mut notices = Vec::new();
    for request in requests {
        for owner in owners.get(request.name()).into_iter().flatten() {
            let reason = if *owner == request {
                let message = "this request has a certificate, which stays valid beside the new one until it ends";
                Reason::new(Code::CertificateReplaced, message)
            } else {
                let message = format!("`{owner}` has a certificate and the same name");
                Reason::new(Code::SameName, message)
            };
            notices.push(Finding::in_request(request, reason));
        }
    }
    notices
}

/// A notice for each request whose key another request has and that no rule refuses for it.
#[must_use]
pub fn reused_keys(entries: &[Entry<'_>]) -> Vec<Finding> {
    let told = |entry: &Entry<'_>| {
        let mut refusals = entry.decision.as_ref().err().into_iter();
        refusals.any(|refusal| {
            let mut reasons = refusal.reasons.iter();
            reasons.any(|reason| reason.code == Code::KeyReused)
        })
    };
    let notice = |entry: &Entry<'_>| {
        let owner = entry.key_owner.as_ref()?;
        let message = format!("its key is that of request `{owner}` as well");
        let reason = Reason::new(Code::KeyReused, message).field("csr.key");
        Some(Finding::in_request(
            &entry.name,
            reason.value(owner.as_str()),
        ))
    };
    let untold = entries.iter().filter(|entry| !told(entry));
    untold.filter_map(notice).collect()
}

/// A notice of the certificates that a change of the policies makes due for renewal, with the end of each; of none there is
/// nothing to say.
#[must_use]
pub fn renewals_begin(due: &BTreeMap<RequestName, Timestamp>, now: Timestamp) -> Option<Finding> {
    if due.is_empty() {
        return None;
    }
    let ended = due.values().filter(|end| **end < now).count();
    let named: Vec<&str> = due.keys().take(NAMED).map(RequestName::as_str).collect();
    let more = if due.len() > NAMED { " and more" } else { "" };
    let message = format!(
        "renewals that these policies make due at once: {}, of them of certificates that have ended {ended}: {}{more}",
        due.len(),
        named.join(", ")
    );
    let help = "the next run signs those that are still approved; revoke or delete what should not come back";
    let reason = Reason::new(Code::RenewalsBegin, message);
    Some(Finding::anywhere(reason.help(help)))
}

/// A notice of a change of the rules after which runs must sign their commits with a key that they need not have so far,
/// or need none any more.
#[must_use]
pub fn commit_key(before: &ControlZone, after: &ControlZone, now: Timestamp) -> Option<Finding> {
    let with_keys = |zone| issuing_bot(zone).filter(|bot| !bot.ssh_keys.is_empty());
    let (before, after) = (with_keys(before), with_keys(after));
    let Some(bot) = after else {
        let message = "from then on runs need no commit key, as the bot has none: whoever can push can make their commits";
        let reason = Reason::new(Code::NoBotKey, message);
        let help =
            "list a key in the Principal of kind `bot` that has the address of `Settings.bot`";
        return before.map(|_| Finding::anywhere(reason.help(help)));
    };
    let still_counts = |key: &SshKey| {
        let mut keys = bot.ssh_keys.iter();
        keys.any(|entry| entry.key == key.key && entry.counts(now))
    };
    let (code, message) = match before {
        Some(before) if before.ssh_keys.iter().any(still_counts) => return None,
        Some(_) => (
            Code::BotKeyUnknown,
            "from then on runs need another commit key, as none of those so far counts",
        ),
        None => (
            Code::CommitKeyRequired,
            "from then on runs need a commit key, as the bot has keys and one of them must sign",
        ),
    };
    let help = "before this is merged, see that runs have it: `gitca run --commit-key FILE`, or `GITCA_COMMIT_KEY`; who \
                has such a key can make their commits";
    let reason = Reason::new(code, message).value(bot.name.as_str());
    Some(Finding::in_file(bot.file.clone(), reason.help(help)))
}

/// A notice for a request that a change leaves alone, while it touches another one that has or had the same key.
#[must_use]
pub fn let_in(request: &RequestName) -> Finding {
    let message = "the change leaves this request alone, but another one that it changes or takes away had the same key; after it nothing stands in this one's way";
    let reason = Reason::new(Code::KeyReused, message).field("csr.key");
    let help = format!(
        "see who asked with `gitca describe {request}`, and deny it with `gitca deny {request}` if it is not theirs"
    );
    Finding::in_request(request, reason.help(help))
}

/// A notice for a request that a change leaves alone, while it takes away what kept it from being judged.
#[must_use]
pub fn freed(request: &RequestName) -> Finding {
    let message = "the change leaves this request alone, but takes away what lies beside it and made it invalid; after it nothing stands in this one's way";
    let reason = Reason::new(Code::DecisionsChange, message);
    let help = format!(
        "see who asked with `gitca describe {request}`, and deny it with `gitca deny {request}` if it is not theirs"
    );
    Finding::in_request(request, reason.help(help))
}

/// The notice of a change that would have more signed than one run may.
#[must_use]
pub fn stops_runs(too_many: Stop) -> Option<Finding> {
    let finding = too_many.0.into_iter().next()?;
    let help = "bring fewer of them in one change: the next run signs nothing for anybody, until somebody allows so many \
                with `gitca run --allow-bulk`";
    Some(Finding {
        reason: finding.reason.help(help),
        ..finding
    })
}

/// A notice for each request of which only the signature of a commit tells who asked, and which such a commit would bring.
pub fn lost_by_squash<'e>(
    entries: impl Iterator<Item = &'e Entry<'e>>,
) -> impl Iterator<Item = Finding> {
    let asked_by_commit = entries.filter(|entry| entry.is_by_commit);
    let notice = |entry: &Entry<'_>| {
        let message = "only the signature of a commit proves who asked, and a squash or rebase of the forge drops it";
        let help = format!(
            "land it with a merge commit, or sign it as yours: `gitca approve --as-requester {}`",
            entry.name
        );
        let reason = Reason::new(Code::SignatureLostBySquash, message).help(help);
        Finding::in_request(&entry.name, reason)
    };
    asked_by_commit.map(notice)
}

/// One notice when the change touches the control zone, too.
#[must_use]
pub fn control_changes(
    introductions: &BTreeMap<RequestName, Introduction>,
    change: ObjectId,
) -> Option<Finding> {
    let mut brought = introductions
        .values()
        .filter(|introduction| introduction.commit == change);
    let touches = brought.any(|introduction| introduction.touches_control);
    let message = "the change touches the control zone, too: each of its requests is also judged by the rules before it";
    touches.then(|| Finding::anywhere(Reason::new(Code::ControlChangedTogether, message)))
}

/// What becomes of a certificate whose revocation was merged, or would be.
#[must_use]
pub fn revoked(revoked: &Revoked) -> Finding {
    let Revoked { leaf, reason, .. } = revoked;
    let message = format!(
        "certificate {} is revoked: {reason}; it would have been good until {}",
        leaf.serial_number, leaf.not_after
    );
    let help = match reason {
        ReasonCode::KeyCompromise => "its key is blocked for good",
        _ => "the same request gets no other certificate",
    };
    let reason = Reason::new(Code::CertificateRevoked, message).help(help);
    Finding::in_request(&revoked.request, reason)
}

/// The same of one that no revocation list can name.
#[must_use]
pub fn unlisted(revoked: &Revoked) -> Finding {
    let mut finding = self::revoked(revoked);
    finding.reason.message += "; no list names it, as no Signer that publishes one has its CA";
    let help =
        "keep a Signer with `crl: {publish: true}` for that CA, or let nobody trust it any more";
    finding.reason = finding.reason.help(help);
    finding
}

/// What there is to say of each of these requests; where they are more than anybody reads, how many more.
#[must_use]
pub fn of_each(
    requests: &[RequestName],
    say: fn(&RequestName) -> Finding,
    say_more: fn(&[RequestName]) -> Option<Finding>,
) -> Vec<Finding> {
    let (told, more) = requests.split_at(requests.len().min(zones::REPORTED));
    told.iter().map(say).chain(say_more(more)).collect()
}

/// Says of a revocation of all certificates of a request that there are none.
#[must_use]
pub fn idle(request: &RequestName) -> Finding {
    let message = "it revokes nothing, since no certificate was issued for this request; if that is open already, it \
                   will get none";
    let reason = Reason::new(Code::CertificateRevoked, message);
    Finding {
        file: Some(request.revocation()),
        ..Finding::in_request(request, reason)
    }
}

/// The same of those for which there is no room.
#[must_use]
pub fn idle_more(requests: &[RequestName]) -> Option<Finding> {
    let file = requests.first()?.revocation();
    let message =
        "more revocations revoke nothing, since no certificate was issued for their requests";
    Some(more(requests, file, Code::CertificateRevoked, message))
}

/// Says of a branch that a fast-forward would make it the mainline, and that runs stop then.
#[must_use]
pub fn swapping(mainline: &str) -> Finding {
    let message = format!(
        "where this branch is fast-forwarded it becomes `{mainline}`, which it has merged, and every run stops"
    );
    let help = "merge it with `git merge --no-ff`, or squash it";
    Finding::anywhere(Reason::new(Code::MainlineSwapped, message).help(help))
}

/// Says of statements that no request is there which they could be about.
#[must_use]
pub fn orphaned(request: &RequestName) -> Finding {
    let message = format!(
        "statements lie here, and no request `{request}` does; whoever asks by that name has them against the limit"
    );
    let help =
        "leave them out, and bring statements with the request that they are about or after it";
    let reason = Reason::new(Code::UnexpectedFile, message).help(help);
    Finding {
        file: Some(request.statements()),
        ..Finding::in_request(request, reason)
    }
}

/// The same of those for which there is no room.
#[must_use]
pub fn orphaned_more(requests: &[RequestName]) -> Option<Finding> {
    let file = requests.first()?.statements();
    let message = "more directories of statements lie beside no request";
    Some(more(requests, file, Code::UnexpectedFile, message))
}

fn more(requests: &[RequestName], file: RepoPath, code: Code, message: &str) -> Finding {
    let reason = Reason::new(code, format!("{} {message}", requests.len()));
    Finding::in_file(file, reason)
}
