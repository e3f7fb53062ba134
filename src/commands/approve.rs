//! `gitca approve` and `gitca deny`: a signed statement beside a request, to be committed and merged.
//!
//! In come requests by their names and who signs; out come a statement and its signature for each. What is signed is the
//! request as it is committed at HEAD, or as it lies in the work tree while it is in no commit. The statement binds to
//! those bytes, so whoever signs is told what they say. Nothing is signed before everything is known about all of them.

mod standing;

use std::fmt::Write as _;
use std::path::Path;

use crate::cli::{ApproveArgs, DenyArgs, StatementArgs};
use crate::commands::signer::{self, Bond, Terms};
use crate::control::ControlZone;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::Repository;
use crate::names::{ObjectName, RequestName};
use crate::output::Told;
use crate::output::text::{self, Style};
use crate::plan::listing;
use crate::request::Request;
use crate::signing::SigningKey;
use crate::snapshot::Blob;
use crate::statement::{self, Statement, StatementDecision};
use crate::timestamp::{Lifetime, Timestamp};
use crate::worktree;
use crate::world::World;

// Long enough for a review and a merge, too short to be forgotten about.
const APPROVAL: Lifetime = Lifetime::from_seconds(14 * 24 * 60 * 60);

/// Writes approvals, or with `--as-requester` statements of who asked.
///
/// # Errors
/// A [`Stop`] when there is no such request or no key that may sign; any other error when git or the disk fail.
pub fn approve(args: &ApproveArgs, world: &mut World, style: Style) -> anyhow::Result<Told> {
    let decision = if args.as_requester {
        StatementDecision::Request
    } else {
        StatementDecision::Approve
    };
    state(&args.statement, decision, world, style)
}

/// Writes denials.
///
/// # Errors
/// As [`approve`].
pub fn deny(args: &DenyArgs, world: &mut World, style: Style) -> anyhow::Result<Told> {
    state(&args.statement, StatementDecision::Deny, world, style)
}

fn state(
    args: &StatementArgs,
    decision: StatementDecision,
    world: &mut World,
    style: Style,
) -> anyhow::Result<Told> {
    check(args)?;
    let root = worktree::root(&world.directory)?;
    let repository = Repository::discover(&root)?;
    let zone = signer::rules(&root)?;
    let bond = Bond::find(repository.as_ref(), &zone, world)?;
    let subjects = subjects(args, decision, &root, repository.as_ref())?;
    let key = key(args, &zone, repository.as_ref(), world)?;
    let principal = principal(args, decision, key.as_ref(), &zone, world)?;
    let doubts = doubts(decision, &subjects, &principal, (&zone, &root), world.now)?;
    let terms = Terms {
        decision,
        principal,
        expires: expires(args, decision).map(|lifetime| world.now.plus(lifetime)),
        reason: args.reason.clone(),
    };
    let statements: Vec<Statement> = subjects
        .iter()
        .map(|(name, blob, _)| signer::statement(name, blob, terms.clone(), &bond, world))
        .collect();
    if args.print {
        let note = format!("note: this statement is for {bond}\n");
        let texts = statements.iter().map(Statement::to_bytes);
        let texts = texts.map(|text| String::from_utf8_lossy(&text).into_owned());
        return Ok(answer(texts.collect(), note, &doubts, style));
    }
    let mut text = String::new();
    for (statement, (.., request)) in statements.iter().zip(&subjects) {
        let Some(key) = &key else { continue };
        let file = signer::write(key, statement, &root)?;
        told(&mut text, request.as_ref(), statement, (key, &bond));
        let _ = writeln!(text, "Wrote {file}\n  and {file}.sig");
    }
    text.push_str(&next_steps(&subjects, decision, &doubts));
    Ok(answer(text, String::new(), &doubts, style))
}

/// What may keep the statements from counting. Somebody's own request is not approved at all.
fn doubts(
    decision: StatementDecision,
    subjects: &[Subject],
    principal: &ObjectName,
    (zone, root): (&ControlZone, &Path),
    now: Timestamp,
) -> anyhow::Result<Vec<Finding>> {
    let is_approval = decision == StatementDecision::Approve;
    for (name, blob, _) in subjects.iter().filter(|_| is_approval) {
        standing::refuse_own(name, blob, principal, root)?;
    }
    let mut doubts = Vec::new();
    for (name, blob, request) in subjects {
        let subject = (name, blob, request.as_ref());
        doubts.extend(standing::doubt(decision, subject, principal, (zone, root))?);
        if is_approval {
            doubts.extend(standing::beaten(name, blob, principal, (root, now))?);
        }
    }
    Ok(doubts)
}

/// What was done is the result; what is worth knowing about it goes to whoever looks on.
fn answer(text: String, note: String, doubts: &[Finding], style: Style) -> Told {
    let talk = note + &text::findings("note", doubts.iter(), &style);
    Told {
        text,
        talk: Some(talk).filter(|talk| !talk.is_empty()),
        found: false,
    }
}

fn check(args: &StatementArgs) -> Result<(), Stop> {
    let usage = |message: &str, help: &str| {
        Err(Stop::because(
            Reason::new(Code::OperationFailed, message).help(help),
        ))
    };
    if args.print && args.requests.len() > 1 {
        return usage(
            "`--print` prints the statement of one request",
            "call it once for each request",
        );
    }
    match args.reason.as_deref().map(statement::check_reason) {
        Some(Err(message)) => usage(&message, "shorten it, or point to a ticket"),
        _ => Ok(()),
    }
}

fn expires(args: &StatementArgs, decision: StatementDecision) -> Option<Lifetime> {
    let default = (decision == StatementDecision::Approve).then_some(APPROVAL);
    args.expires.or(default)
}

/// The key that was named or configured, or else one of the agent; `None` where nothing is signed here.
fn key(
    args: &StatementArgs,
    zone: &ControlZone,
    repository: Option<&Repository>,
    world: &World,
) -> anyhow::Result<Option<SigningKey>> {
    let key = signer::chosen(args.signing_key.as_deref(), repository, world)?;
    // Whoever prints may sign elsewhere.
    if key.is_some() || (args.print && args.principal.is_some()) {
        return Ok(key);
    }
    Ok(Some(from_agent(zone, args.principal.as_ref())?))
}

/// A key of the agent that belongs to a Principal, or to the one that was named.
fn from_agent(zone: &ControlZone, principal: Option<&ObjectName>) -> Result<SigningKey, Stop> {
    let known = |key: &SigningKey| {
        let owner = zone
            .principal_by_key(key.public())
            .map(|(owner, _)| &owner.name);
        owner.is_some_and(|owner| principal.is_none_or(|named| named == owner))
    };
    let keys = SigningKey::in_agent();
    let reason = if keys.is_empty() {
        Reason::new(Code::OperationFailed, "there is no key to sign with")
    } else {
        let message =
            "none of the keys of the ssh-agent belongs to a Principal who could sign this";
        Reason::new(Code::ApprovalKeyUnknown, message)
    };
    let help = "git config gpg.format ssh && git config user.signingKey ~/.ssh/id_ed25519.pub; or name a file with \
                `--signing-key FILE`";
    let key = keys.into_iter().find(known);
    key.ok_or_else(|| Stop::because(reason.help(help)))
}

/// Who signs: the owner of the key, who is the one that was named.
fn principal(
    args: &StatementArgs,
    decision: StatementDecision,
    key: Option<&SigningKey>,
    zone: &ControlZone,
    world: &World,
) -> Result<ObjectName, Stop> {
    let Some(key) = key.filter(|_| !(args.print && args.principal.is_some())) else {
        let named = args.principal.clone();
        let named = named.filter(|name| zone.principals.contains_key(name));
        return named.ok_or_else(|| {
            let reason = Reason::new(Code::ApprovalPrincipal, "there is no such Principal");
            Stop::because(reason.help("name one of the Principals in `policies/` with `--as`"))
        });
    };
    let owner = signer::owner(key.public(), decision, zone, world.now).map_err(Stop::because)?;
    match &args.principal {
        Some(named) if *named != owner => {
            let message = format!(
                "the key {} belongs to `{owner}`, not to `{named}`",
                key.public()
            );
            let reason = Reason::new(Code::ApprovalPrincipal, message);
            Err(Stop::because(reason.help(
                "leave out `--as`, or sign with that Principal's key",
            )))
        }
        _ => Ok(owner),
    }
}

/// Each request that was named, its bytes, and what they say; only a denial may be about what is no request.
type Subject = (RequestName, Blob, Option<Request>);

fn subjects(
    args: &StatementArgs,
    decision: StatementDecision,
    root: &Path,
    repository: Option<&Repository>,
) -> anyhow::Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    for text in &args.requests {
        let name = listing::name(text).ok_or_else(|| listing::no_such_request(text))?;
        let blob =
            manifest(&name, root, repository)?.ok_or_else(|| listing::no_such_request(text))?;
        let request = match Request::read(&name, &blob) {
            Ok(request) => Some(request),
            Err(_) if decision == StatementDecision::Deny => None,
            Err(reasons) => {
                let in_request = |reason| Finding::in_request(&name, reason);
                return Err(Stop(reasons.into_iter().map(in_request).collect()).into());
            }
        };
        subjects.push((name, blob, request));
    }
    Ok(subjects)
}

/// The request as it is committed; while it is in no commit, as it lies there.
fn manifest(
    name: &RequestName,
    root: &Path,
    repository: Option<&Repository>,
) -> anyhow::Result<Option<Blob>> {
    let path = name.manifest();
    let written = worktree::file(root, &path)?;
    let head = repository
        .map(Repository::head_commit)
        .transpose()?
        .flatten();
    let committed = match (repository, head) {
        (Some(repository), Some(head)) => repository.file(head, &path)?,
        _ => None,
    };
    let Some((committed, written)) = committed.clone().zip(written.as_ref()) else {
        return Ok(committed.or(written));
    };
    // git may have put carriage returns into the work tree; the commit has what counts.
    let plain = |bytes: &[u8]| -> Vec<u8> {
        bytes
            .iter()
            .copied()
            .filter(|octet| *octet != b'\r')
            .collect()
    };
    if committed.id == written.id || plain(&committed.bytes) == plain(&written.bytes) {
        return Ok(Some(committed));
    }
    let reason = Reason::new(
        Code::ApprovalStale,
        "the file differs from its commit, and one of them would not be what is signed",
    );
    let help = format!("git restore {path}, or commit it first");
    Err(Stop(vec![Finding::in_file(path, reason.help(help))]).into())
}

/// What was signed, in words.
fn told(
    text: &mut String,
    request: Option<&Request>,
    statement: &Statement,
    (key, bond): (&SigningKey, &Bond),
) {
    let verb = match statement.decision {
        StatementDecision::Approve => "Approved",
        StatementDecision::Deny => "Denied",
        StatementDecision::Request => "Claimed",
    };
    let _ = writeln!(
        text,
        "{verb} {} as {} with {}:",
        statement.request,
        statement.principal,
        key.public()
    );
    let blob = statement.git_blob.to_string();
    let mut rows = vec![
        ("for", bond.to_string()),
        ("content", format!("{} (git blob)", &blob[..8])),
    ];
    rows.extend(request.into_iter().flat_map(facts));
    let until = statement.expires.map(|time| ("until", time.to_string()));
    rows.extend(until);
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "  {name:<9}{value}");
    }
}

fn facts(request: &Request) -> [(&'static str, String); 6] {
    let csr = &request.csr;
    let organizations = csr.subject.organizations();
    let ips = csr.sans.ip_addresses.iter().map(ToString::to_string);
    let names = csr.sans.dns_names.iter().cloned().chain(ips);
    let others = csr
        .sans
        .uris
        .iter()
        .chain(&csr.sans.email_addresses)
        .cloned();
    let names: Vec<String> = names.chain(others).collect();
    let usages: Vec<&str> = request.usages.iter().map(|usage| usage.as_str()).collect();
    [
        (
            "user",
            csr.subject.common_name().unwrap_or_default().to_owned(),
        ),
        ("groups", organizations.join(", ")),
        ("names", names.join(", ")),
        ("usages", usages.join(", ")),
        ("signer", request.signer_name.to_string()),
        ("key", csr.key.kind().to_string()),
    ]
}

fn next_steps(subjects: &[Subject], decision: StatementDecision, doubts: &[Finding]) -> String {
    let names = subjects.iter().map(|(name, ..)| name);
    let folders: Vec<String> = names
        .clone()
        .map(|name| format!("requests/{name}.approvals"))
        .collect();
    let all: Vec<&str> = names.map(RequestName::as_str).collect();
    format!(
        "Next:\n  git add {}\n  git commit -m \"{decision} {}\"\n  git push    # {}\n",
        folders.join(" "),
        all.join(" "),
        when(decision, doubts),
    )
}

/// From when on the statements count, as far as anybody can tell here.
fn when(decision: StatementDecision, doubts: &[Finding]) -> &'static str {
    let is_beaten = |doubt: &Finding| doubt.reason.code == Code::Rejected;
    match decision {
        _ if doubts.iter().any(is_beaten) => "it does not count beside a denial that is as new",
        _ if doubts.is_empty() => "it counts when it is merged, with the request or after it",
        StatementDecision::Deny => {
            "as policies are now, it counts only where you asked or are asked"
        }
        _ => "as policies are now, it counts only where you are asked",
    }
}
