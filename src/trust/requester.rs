//! Who asked: one Principal or nobody; and everybody who may have had a hand in it.
//!
//! Evidence, strongest first: a valid `request` statement, the SSH signature of the commit that made the bytes, and, where
//! the Settings accept it, the author whom that commit names. Who asked is one of them or nobody; whoever is named by any
//! commit that touched the request, or by the certificate itself, is involved.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::control::ControlZone;
use crate::control::identity::Identity;
use crate::control::principal::Principal;
use crate::control::settings::RequesterIdentity;
use crate::finding::{Code, Reason};
use crate::names::ObjectName;
use crate::report::Requester;
use crate::snapshot::{Author, Authorship};
use crate::statement::StatementDecision;
use crate::timestamp::Timestamp;
use crate::trust::approvals::Heard;
use crate::trust::signers::{self, Validity};
use crate::trust::testimony::{Hands, Records};
use crate::x509::subject::Attribute;

const ASK_AGAIN: &str = "who asked says so with `gitca approve --as-requester REQUEST`, or lands another change of the request";

// A request that was changed ten times, by twenty people each, has as many. Whoever is looked at costs a microsecond, or some
// tens of them where a commit is signed.
const HANDS: usize = 250;

/// Who asked and who is involved.
#[derive(Clone, Debug, Default)]
pub(super) struct Asker {
    pub(super) identity: Identity,
    pub(super) requester: Option<Requester>,
    pub(super) is_by_commit: bool,
    pub(super) involved: Hands,
    pub(super) notices: Vec<Reason>,
}

/// What proves who asked.
struct Proof<'z> {
    principal: &'z Principal,
    method: &'static str,
    /// Whether it is the signature of a commit.
    is_by_commit: bool,
}

/// Finds out who asked.
pub(super) fn find(
    records: &Records<'_>,
    heard: &Heard,
    zone: &ControlZone,
    now: Timestamp,
) -> Asker {
    let mut notices = Vec::new();
    let proof = proof(records, heard, zone, now, &mut notices);
    let author = author(records);
    let identity = proof
        .as_ref()
        .map_or_else(Identity::default, |proof| identity(proof, author, zone));
    let mut involved = involved(records, heard, zone);
    involved.names.extend(identity.principal.clone());
    notices.extend(involved.are_too_many.then(too_many));
    let is_told = author.is_some() || identity.principal.is_some();
    let requester = is_told.then(|| Requester {
        principal: identity.principal.as_ref().map(ToString::to_string),
        name: author.map(|author| author.name.clone()),
        email: author.map(|author| author.email.clone()),
        method: proof.as_ref().map(|proof| proof.method),
        verified: identity.verified,
    });
    Asker {
        is_by_commit: proof.as_ref().is_some_and(|proof| proof.is_by_commit),
        identity,
        requester,
        involved,
        notices,
    }
}

/// Whom git names: the author of the commit that made the bytes, or who would commit them.
fn author<'a>(records: &Records<'a>) -> Option<&'a Author> {
    match records.introduction {
        Some(introduction) => introduction.maker.as_ref()?.author.as_ref(),
        None => records.committer,
    }
}

fn proof<'z>(
    records: &Records<'_>,
    heard: &Heard,
    zone: &'z ControlZone,
    now: Timestamp,
    notices: &mut Vec<Reason>,
) -> Option<Proof<'z>> {
    let stated: BTreeSet<&ObjectName> = heard
        .valid
        .iter()
        .filter(|valid| valid.decision == StatementDecision::Request && valid.is_present)
        .map(|valid| &valid.principal)
        .collect();
    if stated.len() > 1 {
        let names: Vec<String> = stated.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("{} each say that they asked", names.join(" and "));
        notices.push(
            Reason::new(Code::RequesterAmbiguous, message)
                .help("delete all but one of the `request` statements"),
        );
        return None;
    }
    let stated = stated.first().and_then(|name| zone.principals.get(*name));
    let proof = stated
        .map(|principal| Proof {
            principal,
            method: "signature",
            is_by_commit: false,
        })
        .or_else(|| by_commit(records, zone, now, notices));
    // Where nobody is listed nobody can be known, and nothing asks for it.
    if proof.is_none() && !zone.principals.is_empty() {
        notices.push(unverified(zone));
    }
    proof
}

fn by_commit<'z>(
    records: &Records<'_>,
    zone: &'z ControlZone,
    now: Timestamp,
    notices: &mut Vec<Reason>,
) -> Option<Proof<'z>> {
    let Some(introduction) = records.introduction else {
        return assumed(records, zone, notices);
    };
    let Some(maker) = &introduction.maker else {
        let message = "too many commits landed at once, or commits of too large directories or too many parents, or a merge brought the request back from too far behind, to tell which made the request";
        let help = "who asked says so with `gitca approve --as-requester REQUEST`, or lands another change of the request in a smaller merge";
        notices.push(Reason::new(Code::LandingTooLarge, message).help(help));
        return None;
    };
    if let Some(principal) = signer(maker, zone, Validity::At(now)) {
        return Some(Proof {
            principal,
            method: "signature",
            is_by_commit: true,
        });
    }
    let Some(author) = &maker.author else {
        let message = format!(
            "commit {}, which made the request, has no author line that can be read",
            maker.commit
        );
        notices.push(Reason::new(Code::MalformedCommit, message).help(ASK_AGAIN));
        return None;
    };
    let accepted = zone.settings.requester_identity == RequesterIdentity::Author;
    let principal = zone
        .principal_by_email(&author.email)
        .filter(|_| accepted)?;
    Some(Proof {
        principal,
        method: "author",
        is_by_commit: false,
    })
}

/// In a work tree nothing is committed yet: the one who would commit it is taken for the one who asks.
fn assumed<'z>(
    records: &Records<'_>,
    zone: &'z ControlZone,
    notices: &mut Vec<Reason>,
) -> Option<Proof<'z>> {
    let principal = zone.principal_by_email(&records.committer?.email)?;
    let message = format!(
        "`{}` is taken for the one who asks, as git names who commits here; after the merge it must be proven",
        principal.name
    );
    notices.push(Reason::new(Code::RequesterAssumed, message).value(principal.name.as_str()));
    let method = match zone.settings.requester_identity {
        RequesterIdentity::Signature => "signature",
        RequesterIdentity::Author => "author",
    };
    Some(Proof {
        principal,
        method,
        is_by_commit: false,
    })
}

fn unverified(zone: &ControlZone) -> Reason {
    let message = match zone.settings.requester_identity {
        RequesterIdentity::Signature => {
            "nothing proves who asked: neither a `request` statement nor the commit's signature is by a known key"
        }
        RequesterIdentity::Author => {
            "nothing tells who asked: the author's address is no Principal's"
        }
    };
    let help =
        "make the request with `gitca new --signing-key KEY`, or sign the commit: `git commit -S`";
    Reason::new(Code::RequesterUnverified, message).help(help)
}

fn signer<'z>(
    commit: &Authorship,
    zone: &'z ControlZone,
    validity: Validity,
) -> Option<&'z Principal> {
    let signature = commit.signature.as_ref()?;
    signers::of_commit(signature, zone, validity)
}

fn identity(proof: &Proof<'_>, author: Option<&Author>, zone: &ControlZone) -> Identity {
    let principal = proof.principal;
    let is_his = |author: &&Author| {
        let owner = zone.principal_by_email(&author.email);
        owner.is_some_and(|owner| owner.name == principal.name)
    };
    let email = author.filter(is_his).map(|author| author.email.clone());
    Identity {
        principal: Some(principal.name.clone()),
        email: email
            .or_else(|| principal.emails.first().map(ToString::to_string))
            .unwrap_or_default(),
        groups: zone.groups_of(&principal.name).clone(),
        verified: proof.method == "signature",
    }
}

/// Everybody who may have had a hand in the request, whatever their keys are worth today.
pub(super) fn involved(records: &Records<'_>, heard: &Heard, zone: &ControlZone) -> Hands {
    let introduction = records.introduction;
    let commits = introduction.map_or(&[][..], |brought| &brought.contributors[..]);
    let are_too_many = are_too_many(commits);
    let mut involved: BTreeSet<ObjectName> = heard.askers.iter().cloned().collect();
    let mut addresses: Vec<&str> = records
        .committer
        .iter()
        .map(|author| author.email.as_str())
        .collect();
    for commit in commits.iter().filter(|_| !are_too_many) {
        addresses.extend(commit.author.iter().map(|author| author.email.as_str()));
        addresses.extend(commit.co_authors.iter().flatten().map(String::as_str));
        let signer = signer(commit, zone, Validity::Ever);
        involved.extend(signer.map(|principal| principal.name.clone()));
    }
    let csr = &records.request.csr;
    addresses.extend(csr.sans.email_addresses.iter().map(String::as_str));
    let common_names: Vec<&str> = csr.subject.values(Attribute::CommonName).collect();
    addresses.extend(&common_names);
    for address in addresses {
        let principal = zone.principal_by_email(address);
        involved.extend(principal.map(|principal| principal.name.clone()));
    }
    let named = common_names
        .iter()
        .filter_map(|name| name.parse::<ObjectName>().ok());
    involved.extend(named.filter(|name| zone.principals.contains_key(name)));
    Hands {
        names: involved,
        are_too_many,
    }
}

/// Whether these commits name more people than anybody reads for one request.
fn are_too_many(commits: &[Arc<Authorship>]) -> bool {
    let mut left = HANDS;
    let fits = commits.iter().all(|commit| {
        let people = commit.co_authors.as_ref().map(|people| 1 + people.len());
        let rest = people.and_then(|people| left.checked_sub(people));
        left = rest.unwrap_or_default();
        rest.is_some()
    });
    !fits
}

fn too_many() -> Reason {
    let message = "the commits that changed the request name too many people to tell who had a hand in it, so nobody can approve it";
    let help = "delete the request, and after that bring it again in a commit that names at most a hundred `Co-authored-by`";
    Reason::new(Code::LandingTooLarge, message).help(help)
}
