//! Bringing a work tree up to date with the commit that a run made.
//!
//! In come the old and the new tip; the files and index entries below `issued/` are written, and only where nothing of the
//! user's is lost: HEAD is on the branch, and `issued/` was clean before. Files appear under a temporary name and are
//! renamed; a symbolic link on the way is never followed.
#![expect(
    clippy::disallowed_methods,
    reason = "this edge writes the files of a work tree"
)]

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use git2::{Delta, DiffOptions, Index, IndexEntry, IndexTime, Oid, StatusOptions};

use crate::git::{Repository, to_oid};
use crate::names::ObjectId;
use crate::zones;

const MODE_FILE: u32 = 0o100_644;

impl Repository {
    /// Whether HEAD is on the branch, at this commit, and nothing below `issued/` differs from it.
    ///
    /// # Errors
    /// When git fails.
    pub fn is_issued_clean(&self, commit: ObjectId, branch: &str) -> anyhow::Result<bool> {
        let on_branch =
            self.head_branch()?.as_deref() == Some(branch) && self.head_commit()? == Some(commit);
        if self.is_bare() || !on_branch {
            return Ok(false);
        }
        let mut options = StatusOptions::new();
        options
            .pathspec(zones::ISSUED)
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .include_ignored(false);
        Ok(self
            .inner
            .statuses(Some(&mut options))
            .context("looking at the work tree")?
            .is_empty())
    }

    /// Whether the files of this work tree are those of the branch, so that they want to follow it.
    ///
    /// # Errors
    /// When git fails.
    pub fn is_checked_out(&self, branch: &str) -> anyhow::Result<bool> {
        Ok(!self.is_bare() && self.head_branch()?.as_deref() == Some(branch))
    }

    /// Writes what changed below `issued/` between two commits. Only for a work tree that was clean.
    ///
    /// # Errors
    /// When git or the disk fail; the commit stands all the same.
    pub fn update_worktree(&self, old: ObjectId, new: ObjectId) -> anyhow::Result<()> {
        let root = self
            .inner
            .workdir()
            .context("the repository has no work tree")?;
        let (old, new) = (
            self.inner.find_commit(to_oid(old))?.tree()?,
            self.inner.find_commit(to_oid(new))?.tree()?,
        );
        let mut options = DiffOptions::new();
        options.pathspec(zones::ISSUED);
        let diff = self
            .inner
            .diff_tree_to_tree(Some(&old), Some(&new), Some(&mut options))?;
        let mut index = self.inner.index().context("reading the index")?;
        for delta in diff.deltas() {
            let file = if delta.status() == Delta::Deleted {
                delta.old_file()
            } else {
                delta.new_file()
            };
            let path = file
                .path()
                .and_then(Path::to_str)
                .context("a path below `issued/` is no text")?;
            if delta.status() == Delta::Deleted {
                remove(root, path)?;
                index.remove(path.as_ref(), 0)?;
            } else {
                let blob = self.inner.find_blob(file.id())?;
                write(root, path, blob.content())?;
                index.add(&entry(path, file.id(), blob.content().len()))?;
            }
        }
        refresh(&mut index)
    }
}

fn refresh(index: &mut Index) -> anyhow::Result<()> {
    index.write().context("writing the index")
}

/// An entry without the file's times: git looks at the file once and fills them in.
fn entry(path: &str, id: Oid, size: usize) -> IndexEntry {
    let never = IndexTime::new(0, 0);
    IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode: MODE_FILE,
        uid: 0,
        gid: 0,
        file_size: u32::try_from(size).unwrap_or(u32::MAX),
        id,
        flags: 0,
        flags_extended: 0,
        path: path.into(),
    }
}

fn write(root: &Path, path: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let target = root.join(path);
    let directory = target.parent().context("a file has a directory")?;
    make_directories(root, path)?;
    let temporary = directory.join(format!(
        ".{}.tmp",
        target.file_name().unwrap_or_default().to_string_lossy()
    ));
    fs::write(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, &target))
        .with_context(|| format!("writing `{path}`"))
}

fn remove(root: &Path, path: &str) -> anyhow::Result<()> {
    make_directories(root, path)?;
    match fs::remove_file(root.join(path)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing `{path}`"))
        }
        _ => Ok(()),
    }
}

/// Makes the directories of a file one by one, and refuses one that is a link to elsewhere.
fn make_directories(root: &Path, path: &str) -> anyhow::Result<()> {
    let mut place = root.to_path_buf();
    let directories = path
        .rsplit_once('/')
        .map_or("", |(directories, _)| directories);
    for piece in directories.split('/') {
        place.push(piece);
        match fs::symlink_metadata(&place) {
            Ok(metadata) => {
                anyhow::ensure!(metadata.is_dir(), "`{}` is no directory", place.display());
            }
            Err(_) => {
                fs::create_dir(&place).with_context(|| format!("making `{}`", place.display()))?;
            }
        }
    }
    Ok(())
}
