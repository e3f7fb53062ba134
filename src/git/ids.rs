//! Names as libgit2 has them, and as we do.
//!
//! In come a branch, an id or a signature of one side; out comes the same of the other, or that it is no such name. Ids are
//! those of SHA-1 repositories (gitformat-pack(5)): twenty octets. Nothing is looked up in a repository.

use std::path::PathBuf;

use git2::{ErrorCode, Oid};

use crate::names::ObjectId;
use crate::snapshot::Author;

pub(super) fn reference_name(branch: &str) -> anyhow::Result<String> {
    let name = format!("refs/heads/{branch}");
    anyhow::ensure!(
        git2::Reference::is_valid_name(&name),
        "`{branch}` is no name of a branch"
    );
    Ok(name)
}

pub(super) fn is_absent(error: &git2::Error) -> bool {
    matches!(error.code(), ErrorCode::NotFound | ErrorCode::UnbornBranch)
}

pub(super) fn author(signature: &git2::Signature<'_>) -> Author {
    Author {
        name: String::from_utf8_lossy(signature.name_bytes()).into_owned(),
        email: String::from_utf8_lossy(signature.email_bytes()).into_owned(),
    }
}

pub(super) fn oid(id: ObjectId) -> Oid {
    Oid::from_bytes(&id.0).expect("twenty octets are the name of an object")
}

pub(super) fn id(oid: Oid) -> ObjectId {
    let octets = oid
        .as_bytes()
        .first_chunk()
        .expect("SHA-1 names have twenty octets");
    ObjectId(*octets)
}

pub(super) fn git_path(repository: &git2::Repository, name: &str) -> PathBuf {
    repository.commondir().join(name)
}
