//! The statement files of one request: which are valid, and which of the valid ones count.
//!
//! In come the files and what the mainline knows of them; out come the valid statements, and an objection for every other
//! one. A statement is bound to the path, the very bytes, the repository and the branch, and must be signed by a key of
//! the Principal that it names. Persons are counted, not keys.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::ControlZone;
use crate::control::principal::PrincipalKind;
use crate::finding::{Code, Reason};
use crate::names::{ObjectName, RepoPath, RequestName, Sha256Digest};
use crate::request::Request;
use crate::snapshot::Brought;
use crate::ssh::signature::{Signature, SignatureError};
use crate::statement::{self, Statement, StatementDecision};
use crate::timestamp::Timestamp;
use crate::trust::signers::{Validity, owner};
use crate::trust::testimony::{Approval, Records, Testimony};

const EXTENSION: &str = ".json";
const SIGNATURE_EXTENSION: &str = ".json.sig";

/// A statement that holds, with the key that made it.
#[derive(Clone, Debug)]
pub(super) struct Valid {
    pub(super) decision: StatementDecision,
    pub(super) principal: ObjectName,
    approval: Approval,
    /// When its signer says that it was made.
    created: Option<Timestamp>,
    /// Whether its file is still there.
    pub(super) is_present: bool,
    /// Whether a certificate has rested on it.
    is_spent: bool,
}

impl Valid {
    /// A statement by this person about the request, taken as given.
    pub(super) fn supposed(
        request: &RequestName,
        principal: &ObjectName,
        decision: StatementDecision,
    ) -> Self {
        Self {
            decision,
            principal: principal.clone(),
            approval: Approval {
                file: request.statement(&format!("{principal}.json")),
                sha256: Sha256Digest::of(principal.as_str().as_bytes()),
                key_fingerprint: String::new(),
                brought: None,
            },
            created: None,
            is_present: true,
            is_spent: false,
        }
    }
}

/// What the files come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    pub(super) valid: Vec<Valid>,
    /// Everybody whose `request` statement it is, be it of older bytes.
    pub(super) askers: Vec<ObjectName>,
    pub(super) objections: Vec<Reason>,
    /// What is wrong with denials: it is told whatever comes of the request, since somebody relies on them.
    pub(super) notices: Vec<Reason>,
}

/// A statement and its signature.
struct Pair<'a> {
    name: &'a str,
    file: RepoPath,
    statement: &'a [u8],
    signature: &'a [u8],
    brought: Option<Brought>,
    is_present: bool,
}

/// Reads and verifies every statement; what is no statement is objected to.
pub(super) fn read(records: &Records<'_>, zone: &ControlZone, now: Timestamp) -> Heard {
    let mut heard = Heard::default();
    for pair in pairs(records, &mut heard.objections) {
        let (asker, judged) = judge(&pair, records, zone, now);
        heard.askers.extend(asker);
        match judged {
            Ok(valid) => heard.valid.push(valid),
            Err(reason) if pair.is_present && denies(&pair) => heard.notices.push(reason),
            Err(reason) if pair.is_present => heard.objections.push(reason),
            // Nobody can see a file that is gone.
            Err(_) => {}
        }
    }
    heard
}

fn denies(pair: &Pair<'_>) -> bool {
    Statement::read(pair.statement)
        .is_ok_and(|statement| statement.decision == StatementDecision::Deny)
}

fn pairs<'a>(records: &Records<'a>, objections: &mut Vec<Reason>) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    let files = records.statements;
    for (name, blob) in files {
        if let Some(stem) = name.strip_suffix(SIGNATURE_EXTENSION) {
            if !files.contains_key(&format!("{stem}{EXTENSION}")) {
                let message = "this signature has no statement";
                objections.extend(unsigned(records, name, message));
            }
            continue;
        }
        let Some(signature) = files.get(&format!("{name}.sig")) else {
            objections.extend(unsigned(records, name, "this statement has no signature"));
            continue;
        };
        pairs.extend(path(records, name).map(|file| Pair {
            name,
            file,
            statement: &blob.bytes,
            signature: &signature.bytes,
            brought: records.history.brought.get(name).copied(),
            is_present: true,
        }));
    }
    let deleted = records.history.deleted.iter();
    pairs.extend(deleted.filter_map(|deleted| {
        Some(Pair {
            name: &deleted.name,
            file: path(records, &deleted.name)?,
            statement: &deleted.statement.bytes,
            signature: &deleted.signature.bytes,
            brought: Some(deleted.brought),
            is_present: false,
        })
    }));
    pairs
}

fn unsigned(records: &Records<'_>, name: &str, message: &str) -> Option<Reason> {
    let file = path(records, name)?;
    let statement = file.as_str();
    let statement = statement.strip_suffix(".sig").unwrap_or(statement);
    let help = format!(
        "ssh-keygen -Y sign -n {} -f KEY {statement}",
        statement::NAMESPACE
    );
    let reason = Reason::new(Code::ApprovalUnsigned, message);
    Some(about(reason, &file).help(help))
}

/// Puts the file in the place of the value, which people look for first.
fn about(reason: Reason, file: &RepoPath) -> Reason {
    match reason.value {
        Some(_) => Reason {
            message: format!("`{file}`: {}", reason.message),
            ..reason
        },
        None => reason.value(file.as_str()),
    }
}

/// `None` for a name that no file of the zones may have: nobody looks at those of commits in between.
fn path(records: &Records<'_>, name: &str) -> Option<RepoPath> {
    let path = format!("requests/{}.approvals/{name}", records.request.name);
    path.parse().ok()
}

/// The one who asked, if the statement says that he did; and the statement, if it holds.
fn judge(
    pair: &Pair<'_>,
    records: &Records<'_>,
    zone: &ControlZone,
    now: Timestamp,
) -> (Option<ObjectName>, Result<Valid, Reason>) {
    let file = &pair.file;
    let statement = match Statement::read(pair.statement) {
        Ok(statement) => statement,
        Err(reason) => return (None, Err(about(reason, file).help(unread(records)))),
    };
    let digest = Sha256Digest::of(pair.statement);
    let signed = signer(&statement, pair, records, zone, Validity::At(now));
    let is_request = statement.decision == StatementDecision::Request;
    let is_his = is_request && signer(&statement, pair, records, zone, Validity::Ever).is_ok();
    let asker = is_his.then(|| statement.principal.clone());
    // What a certificate rested on carries its renewals: it needed to be in time only then.
    let renewed = records
        .renews
        .filter(|renews| renews.approvals.contains(&digest));
    let time = renewed.map_or(now, |renews| renews.first_issued);
    let valid = binding(&statement, pair, records, zone, time)
        .and(signed)
        .map(|key_fingerprint| Valid {
            decision: statement.decision,
            principal: statement.principal.clone(),
            approval: Approval {
                file: file.clone(),
                sha256: digest,
                key_fingerprint,
                brought: pair.brought,
            },
            created: Some(statement.created),
            is_present: pair.is_present,
            is_spent: renewed.is_none() && records.history.spent.contains(&digest),
        });
    (asker, valid.map_err(|reason| about(reason, file)))
}

/// What to do about a file that nobody can read.
fn unread(records: &Records<'_>) -> String {
    let name = &records.request.name;
    format!("remove it, and sign another: `gitca approve {name}` or `gitca deny {name}`")
}

/// What a statement must be about.
fn binding(
    statement: &Statement,
    pair: &Pair<'_>,
    records: &Records<'_>,
    zone: &ControlZone,
    now: Timestamp,
) -> Result<(), Reason> {
    let (request, settings) = (records.request, &zone.settings);
    let refuse =
        |code, message: String| Err(Reason::new(code, message).help(again(statement, request)));
    let right = statement::file_name(&statement.principal, pair.statement);
    if pair.name != right {
        let message = "the name of the file is not made of the principal and the digest";
        return Err(
            Reason::new(Code::ApprovalFileName, message).help(format!("rename it to `{right}`"))
        );
    }
    if statement.request != request.name {
        let message = format!("it is about `{}`", statement.request);
        return refuse(Code::ApprovalPath, message);
    }
    if statement.git_blob != request.blob {
        let (then, now) = (statement.git_blob, request.blob);
        let message = format!("it is about the bytes {then}, and the request has {now} now");
        return refuse(Code::ApprovalStale, message);
    }
    if statement.sha256 != request.sha256 {
        let (then, now) = (statement.sha256, request.sha256);
        let message =
            format!("it is about the bytes with the SHA-256 {then}, and the request has {now} now");
        return refuse(Code::ApprovalStale, message);
    }
    if statement.repository != settings.repository.as_str() {
        let message = format!("it is for the repository {}", statement.repository);
        return refuse(Code::ApprovalRepository, message);
    }
    if statement.branch != settings.branch.as_str() {
        let message = format!("it is for the branch `{}`", statement.branch);
        return refuse(Code::ApprovalBranch, message);
    }
    if let Some(end) = statement.expires.filter(|end| now >= *end) {
        return refuse(Code::ApprovalExpired, format!("it ended at {end}"));
    }
    Ok(())
}

/// The command that says it again.
fn again(statement: &Statement, request: &Request) -> String {
    format!("gitca {} {}", verb(statement.decision), request.name)
}

fn verb(decision: StatementDecision) -> &'static str {
    match decision {
        StatementDecision::Approve => "approve",
        StatementDecision::Deny => "deny",
        StatementDecision::Request => "approve --as-requester",
    }
}

/// The fingerprint of the key that signed, if it is one of the Principal whom the statement names.
fn signer(
    statement: &Statement,
    pair: &Pair<'_>,
    records: &Records<'_>,
    zone: &ControlZone,
    validity: Validity,
) -> Result<String, Reason> {
    let again = again(statement, records.request);
    let broken = |error: SignatureError| {
        let code = match error {
            SignatureError::Namespace(_) => Code::ApprovalNamespace,
            _ => Code::ApprovalSignature,
        };
        let way = match error {
            SignatureError::UserPresence => "touch the token",
            SignatureError::Key(_) => "sign with another key",
            _ => "sign it again",
        };
        Reason::new(code, format!("the signature {error}")).help(format!("{way}: {again}"))
    };
    let armor = std::str::from_utf8(pair.signature).map_err(|_| broken(SignatureError::Armor))?;
    let signature = Signature::parse_for(statement::NAMESPACE, armor).map_err(broken)?;
    let principal = owner(signature.key(), zone, validity)?;
    signature
        .verify(statement::NAMESPACE, pair.statement)
        .map_err(broken)?;
    if principal.name != statement.principal {
        let message = format!(
            "it names `{}` and is signed by a key of `{}`",
            statement.principal, principal.name
        );
        let help = format!("sign it again: {again}");
        return Err(Reason::new(Code::ApprovalPrincipal, message).help(help));
    }
    let may_be_bot = statement.decision == StatementDecision::Request;
    if principal.kind == PrincipalKind::Bot && !may_be_bot {
        let message = format!("`{}` is a bot, and only persons approve", principal.name);
        let help = format!("have a person say it: {again}");
        return Err(Reason::new(Code::ApprovalNotPerson, message).help(help));
    }
    Ok(signature.key().fingerprint())
}

/// Sorts the valid statements into approvals and denials, given who is involved.
pub(super) fn count(testimony: &mut Testimony, heard: &Heard) {
    let present = |decision| {
        let of = move |valid: &&Valid| valid.decision == decision && valid.is_present;
        heard.valid.iter().filter(of)
    };
    testimony.denials = denials(&heard.valid);
    for valid in present(StatementDecision::Approve) {
        if let Some(objection) = objection(testimony, valid) {
            testimony.objections.push(objection);
            continue;
        }
        let person = valid.principal.clone();
        // The earliest counts, so that a later one of the same person changes nothing.
        let earlier = testimony.approvals.get(&person);
        if earlier.is_none_or(|earlier| position(&valid.approval) < position(earlier)) {
            testimony.approvals.insert(person, valid.approval.clone());
        }
    }
    let mut persons: BTreeMap<&ObjectName, usize> = BTreeMap::new();
    for valid in present(StatementDecision::Approve) {
        *persons.entry(&valid.principal).or_default() += 1;
    }
    for (person, _) in persons.iter().filter(|(_, number)| **number > 1) {
        let message = format!("`{person}` has approved more than once and is counted once");
        testimony
            .notices
            .push(Reason::new(Code::ApprovalSamePerson, message).value(person.as_str()));
    }
}

fn objection(testimony: &Testimony, valid: &Valid) -> Option<Reason> {
    let person = &valid.principal;
    if valid.is_spent {
        let message = "a certificate was issued on this approval already";
        let reason = about(
            Reason::new(Code::ApprovalSpent, message),
            &valid.approval.file,
        );
        return Some(reason.help("approve it again"));
    }
    if testimony.involved.contains(person) {
        let message = format!("`{person}` has had a hand in the request and can't approve it");
        let reason = Reason::new(Code::ApproverIsRequester, message);
        return Some(about(reason, &valid.approval.file).help("have somebody else approve it"));
    }
    None
}

/// Who denies: a denial holds, deleted or not, until the same person approves the same bytes later. Later is what came to
/// the mainline later and was made later: anybody can bring an old approval once more, but nobody can make it anew.
fn denials(valid: &[Valid]) -> BTreeSet<ObjectName> {
    let approves_later = |denial: &Valid| {
        valid.iter().any(|other| {
            other.decision == StatementDecision::Approve
                && other.is_present
                && other.principal == denial.principal
                && position(&other.approval) > position(&denial.approval)
                && other.created > denial.created
        })
    };
    valid
        .iter()
        .filter(|valid| valid.decision == StatementDecision::Deny && !approves_later(valid))
        .map(|valid| valid.principal.clone())
        .collect()
}

/// Its place on the mainline; where none is known nothing is later than anything.
fn position(approval: &Approval) -> Option<u64> {
    approval.brought.map(|brought| brought.position)
}
