//! The rules that a command about policies is asked for: those of a commit, or of the work tree.
//!
//! In comes a revision, or none; out come the control zone or every finding in it, and single files beside it, all from
//! the same place.

use std::path::PathBuf;

use crate::control::ControlZone;
use crate::finding::Stop;
use crate::git::Repository;
use crate::names::{ObjectId, RepoPath};
use crate::render::template::Templates;
use crate::snapshot::Blob;
use crate::worktree;
use crate::world::World;

/// Where rules are taken from.
pub(super) enum Source {
    /// The files below this directory.
    WorkTree(PathBuf),
    /// A commit.
    Commit(Box<Repository>, ObjectId),
}

impl Source {
    /// The commit that was named; without a name the work tree, or HEAD where there is none.
    pub(super) fn find(head: Option<&str>, world: &World) -> anyhow::Result<Self> {
        if let Some(head) = head {
            let repository = Repository::open(&world.directory)?;
            let commit = repository.resolve(head)?;
            return Ok(Self::Commit(Box::new(repository), commit));
        }
        match Repository::discover(&world.directory)?.filter(Repository::is_bare) {
            Some(repository) => {
                let commit = repository.resolve("HEAD")?;
                Ok(Self::Commit(Box::new(repository), commit))
            }
            None => Ok(Self::WorkTree(worktree::root(&world.directory)?)),
        }
    }

    /// The commit; `None` for a work tree.
    pub(super) fn commit(&self) -> Option<ObjectId> {
        match self {
            Self::WorkTree(_) => None,
            Self::Commit(_, commit) => Some(*commit),
        }
    }

    /// The whole control zone, or every finding in it.
    pub(super) fn rules(&self) -> anyhow::Result<ControlZone> {
        let snapshot = match self {
            Self::WorkTree(root) => worktree::control(root)?,
            Self::Commit(repository, commit) => repository.control(*commit)?,
        };
        if !snapshot.errors.is_empty() {
            return Err(Stop(snapshot.errors).into());
        }
        let zone = ControlZone::load(&snapshot.control).map_err(Stop)?;
        Templates::compile(&zone).map_err(Stop)?;
        Ok(zone)
    }

    /// One file; `None` when there is none.
    pub(super) fn file(&self, path: &RepoPath) -> anyhow::Result<Option<Blob>> {
        match self {
            Self::WorkTree(root) => worktree::file(root, path),
            Self::Commit(repository, commit) => repository.file(*commit, path),
        }
    }
}
