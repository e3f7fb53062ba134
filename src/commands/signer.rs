//! Who signs a statement, for what, and the two files that it becomes: what `approve`, `deny` and `new` share.
//!
//! In come a key, the rules of the work tree and the bytes of a request; out come the statement and its SSHSIG
//! signature beside the request. A key that the rules would not count signs nothing, and no file is written over.

mod bond;

use std::path::Path;

use anyhow::Context as _;

use crate::control::ControlZone;
use crate::control::principal::PrincipalKind;
use crate::files;
use crate::finding::{Code, Reason, Stop};
use crate::git::Repository;
use crate::names::{ObjectName, RepoPath, RequestName, Sha256Digest};
use crate::signing::SigningKey;
use crate::snapshot::Blob;
use crate::ssh::key::PublicKey;
use crate::statement::{self, NAMESPACE, Statement, StatementDecision};
use crate::timestamp::Timestamp;
use crate::worktree;
use crate::world::World;

pub(super) use crate::commands::signer::bond::Bond;

/// The rules by which a person signs: those of the work tree, or without one those at HEAD.
pub(super) fn rules(directory: &Path) -> anyhow::Result<ControlZone> {
    let bare = Repository::discover(directory)?.filter(Repository::is_bare);
    let snapshot = match bare {
        Some(repository) => {
            let head = repository.head_commit()?;
            repository.control(head.context("the repository has no commit yet")?)?
        }
        None => worktree::control(&worktree::root(directory)?)?,
    };
    if !snapshot.errors.is_empty() {
        return Err(Stop(snapshot.errors).into());
    }
    Ok(ControlZone::load(&snapshot.control).map_err(Stop)?)
}

/// The key of the flag, else that of git's configuration.
pub(super) fn chosen(
    flag: Option<&Path>,
    repository: Option<&Repository>,
    world: &World,
) -> anyhow::Result<Option<SigningKey>> {
    if let Some(file) = flag {
        let key = SigningKey::from_file(&world.directory.join(file));
        return Ok(Some(key.map_err(Stop::because)?));
    }
    let setting = configured(repository)?;
    let key = setting.map(|setting| SigningKey::configured(&setting, &world.directory));
    Ok(key.transpose().map_err(Stop::because)?)
}

/// Whether git's configuration names an SSH key to sign with.
pub(super) fn is_configured(repository: Option<&Repository>) -> anyhow::Result<bool> {
    Ok(configured(repository)?.is_some())
}

fn configured(repository: Option<&Repository>) -> anyhow::Result<Option<String>> {
    let setting = repository.map(Repository::ssh_signing_key).transpose()?;
    Ok(setting.flatten())
}

/// The Principal that the key belongs to, if it may sign this now.
pub(super) fn owner(
    key: &PublicKey,
    decision: StatementDecision,
    zone: &ControlZone,
    now: Timestamp,
) -> Result<ObjectName, Reason> {
    let Some((principal, entry)) = zone.principal_by_key(key) else {
        let message = format!("the key {key} belongs to no Principal");
        let help =
            "have the line of its `.pub` file added to the `sshKeys` of a Principal in `policies/`";
        return Err(Reason::new(Code::ApprovalKeyUnknown, message).help(help));
    };
    if !entry.counts(now) {
        let message = format!("the key {key} of `{}` does not count now", principal.name);
        return Err(Reason::new(Code::ApprovalKeyUnknown, message)
            .help(format!("see its limits in `{}`", principal.file)));
    }
    if decision != StatementDecision::Request && principal.kind != PrincipalKind::Person {
        let message = format!(
            "`{}` is a bot, and only persons approve and deny",
            principal.name
        );
        return Err(
            Reason::new(Code::ApprovalNotPerson, message).help("sign with a key of your own")
        );
    }
    Ok(principal.name.clone())
}

/// The statements about a request that lie in the work tree.
pub(super) fn statements(name: &RequestName, root: &Path) -> anyhow::Result<Vec<RepoPath>> {
    let folder = format!("requests/{name}.approvals");
    if !files::holds_files(&root.join(&folder)) {
        return Ok(Vec::new());
    }
    let files = files::below(root, &folder)?;
    let is_statement = |file: &RepoPath| {
        file.as_str()
            .rsplit_once('.')
            .is_some_and(|(_, extension)| extension == "json")
    };
    Ok(files.into_iter().filter(is_statement).collect())
}

/// What a statement says beside its request.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) decision: StatementDecision,
    pub(super) principal: ObjectName,
    pub(super) expires: Option<Timestamp>,
    pub(super) reason: Option<String>,
}

/// The statement of these terms on the bytes of a request.
pub(super) fn statement(
    request: &RequestName,
    blob: &Blob,
    terms: Terms,
    bond: &Bond,
    world: &mut World,
) -> Statement {
    let mut nonce = [0; 16];
    (world.random)(&mut nonce);
    Statement {
        request: request.clone(),
        git_blob: blob.id,
        sha256: Sha256Digest::of(&blob.bytes),
        decision: terms.decision,
        principal: terms.principal,
        repository: bond.repository.clone(),
        branch: bond.branch.clone(),
        created: world.now,
        expires: terms.expires,
        nonce,
        reason: terms.reason,
    }
}

/// Signs a statement and writes it and its signature beside the request; the signature last, since a statement alone
/// does not count.
pub(super) fn write(
    key: &SigningKey,
    statement: &Statement,
    root: &Path,
) -> anyhow::Result<RepoPath> {
    let bytes = statement.to_bytes();
    let name = statement::file_name(&statement.principal, &bytes);
    let file = statement.request.statement(&name);
    let signature_file: RepoPath = format!("{file}.sig").parse()?;
    files::refuse_links(root, &file)?;
    files::refuse_links(root, &signature_file)?;
    let signature = key.sign(NAMESPACE, &bytes).map_err(Stop::because)?;
    for (path, octets) in [(&file, &bytes[..]), (&signature_file, signature.as_bytes())] {
        let written = files::write_inside(root, path, octets)?;
        anyhow::ensure!(written, "writing `{path}`: it is already there");
    }
    Ok(file)
}
