//! Work trees that follow a branch: a note of what is under way, and who else has the branch checked out.
//!
//! Before a branch moves, the git directory of the work tree gets a note of where from and where to. When the files have
//! followed it goes; a run that finds one finishes what the last one was killed at. The note is no evidence: files are
//! written only where the work tree is as one of the two commits has it.

#![expect(
    clippy::disallowed_methods,
    reason = "the note is a file in the git directory, and so are the HEADs of other work trees"
)]

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::git::ids::{git_path, reference_name};
use crate::git::repository::Repository;
use crate::names::ObjectId;

impl Repository {
    /// Notes that the files here are about to follow the branch from `old` to `new`.
    ///
    /// # Errors
    /// When the git directory can't be written.
    pub fn begin_following(
        &self,
        branch: &str,
        old: ObjectId,
        new: ObjectId,
    ) -> anyhow::Result<()> {
        if self.is_bare() || self.head_branch()?.as_deref() != Some(branch) {
            return Ok(());
        }
        let note = self.note();
        let folder = note.parent().unwrap_or(&note);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&note, format!("{old} {new}\n")))
            .with_context(|| format!("writing `{}`", note.display()))
    }

    /// Notes that the files have followed, or never will.
    ///
    /// # Errors
    /// When the git directory can't be written.
    pub fn end_following(&self) -> anyhow::Result<()> {
        match fs::remove_file(self.note()) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("removing `{}`", self.note().display()))
            }
            _ => Ok(()),
        }
    }

    /// Finishes what a run was killed at, if the branch is still where that run has brought it.
    ///
    /// # Errors
    /// When the work tree or the git directory can't be written.
    pub fn resume_following(&self, branch: &str) -> anyhow::Result<()> {
        let Ok(text) = fs::read_to_string(self.note()) else {
            return Ok(());
        };
        let places = text.trim_end().split_once(' ');
        let places = places.and_then(|(old, new)| Some((old.parse().ok()?, new.parse().ok()?)));
        if let Some((old, new)) =
            places.filter(|(_, new)| self.branch_tip(branch).ok() == Some(Some(*new)))
        {
            self.update_worktree(old, new, branch)?;
        }
        self.end_following()
    }

    /// The other work trees of this repository that have the branch checked out.
    ///
    /// # Errors
    /// When the name is none of a branch.
    pub fn checked_out_elsewhere(&self, branch: &str) -> anyhow::Result<Vec<PathBuf>> {
        let head = format!("ref: {}\n", reference_name(branch)?);
        let is_there = |git_dir: &Path| {
            let is_other = git_dir.canonicalize().ok() != self.path().canonicalize().ok();
            is_other && fs::read_to_string(git_dir.join("HEAD")).is_ok_and(|text| text == head)
        };
        let main = self.inner.commondir();
        let mut found = Vec::new();
        if self.inner.is_worktree() && is_there(main) && main.file_name() == Some(".git".as_ref()) {
            found.extend(main.parent().map(Path::to_owned));
        }
        let linked = fs::read_dir(main.join("worktrees")).into_iter().flatten();
        let linked = linked.flatten().map(|entry| entry.path());
        found.extend(
            linked
                .filter(|git_dir| is_there(git_dir))
                .filter_map(|git_dir| {
                    let file = fs::read_to_string(git_dir.join("gitdir")).ok()?;
                    // It may be relative to where it stands.
                    let tree = git_dir.join(file.trim_end()).parent()?.to_owned();
                    Some(tree.canonicalize().unwrap_or(tree))
                }),
        );
        found.sort();
        Ok(found)
    }

    /// The file by which git locks a branch.
    #[must_use]
    pub fn lock_of(&self, branch: &str) -> PathBuf {
        git_path(&self.inner, &format!("refs/heads/{branch}.lock"))
    }

    /// Waits until no other run writes the files of this work tree. The turn ends with the value, or with the program.
    pub(super) fn turn_to_follow(&self) -> anyhow::Result<File> {
        turn(&self.path().join("gitca/turn"))
    }

    /// Waits until no other run fetches here: git would refuse one of two that move the same reference.
    pub(super) fn turn_to_fetch(&self) -> anyhow::Result<File> {
        turn(&self.inner.commondir().join("gitca/fetch"))
    }

    fn note(&self) -> PathBuf {
        self.path().join("gitca/following")
    }
}

fn turn(path: &Path) -> anyhow::Result<File> {
    let folder = path.parent().unwrap_or(path);
    let locked = fs::create_dir_all(folder)
        .and_then(|()| File::create(path))
        .and_then(|file| file.lock().map(|()| file));
    locked.with_context(|| format!("locking `{}`", path.display()))
}
