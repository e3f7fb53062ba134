//! The local side of a commit: the index and the files of `issued/` in the work tree that has the branch checked out.
//!
//! In come the old and the new commit; out goes whether the work tree has followed. It follows only if nobody's work can
//! be lost: every path that changes is in the index and on disk as the old or the new commit has it. Symbolic links are never
//! followed, other paths, other branches and a detached HEAD are left alone.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where the files of a work tree follow a new commit"
)]

use std::collections::BTreeMap;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use git2::{Index, IndexEntry, IndexTime, ObjectType, Oid};

use crate::finding::Reason;
use crate::git::fault;
use crate::git::held::Held;
use crate::git::ids::{id, oid};
use crate::git::objects::Objects;
use crate::git::repository::Repository;
use crate::git::tree;
use crate::names::{ObjectId, RepoPath};
use crate::zones::Scope;

/// A file before and after; `None` where it is not there.
pub(super) type Change = (Option<ObjectId>, Option<ObjectId>);

impl Repository {
    /// Brings `issued/` in the index and the work tree from `old` to `new`, after the branch has moved. False, and
    /// nothing was touched, when HEAD is on no or another branch, the index is locked, or a file that changes is neither as
    /// `old` nor as `new` has it.
    ///
    /// # Errors
    /// When the work tree or the index can't be read or written.
    pub fn update_worktree(
        &self,
        old: ObjectId,
        new: ObjectId,
        branch: &str,
    ) -> anyhow::Result<bool> {
        let Some(top) = self.workdir() else {
            return Ok(false);
        };
        if self.head_branch()?.as_deref() != Some(branch) {
            return Ok(false);
        }
        // Two runs at once would take each other's temporary files away.
        let _turn = self.turn_to_follow()?;
        // Somebody holds the index, or was killed holding it; files without it would look as if they had been changed.
        let Some(held) = Held::take(self)? else {
            return Ok(false);
        };
        let objects = Objects::of(self)?;
        let changes = self.changes(&objects, old, new)?;
        let mut index = Index::open(&held.copy).context("reading the index")?;
        for (path, (before, after)) in &changes {
            // Where a run was killed, some files have followed already.
            let (staged, there) = (indexed(&index, path), on_disk(top, path)?);
            let is_staged = staged == *before || staged == *after;
            if !is_staged || (there != State::of(*before) && there != State::of(*after)) {
                return Ok(false);
            }
        }
        for (path, (_, after)) in &changes {
            follow(&objects, &mut index, top, path, *after)?;
            fault::point("file-written");
        }
        fault::point("files-written");
        index.write().context("writing the index")?;
        held.put()?;
        Ok(true)
    }

    /// The raw content of a regular file in the work tree.
    pub(super) fn read_file(&self, path: &RepoPath) -> anyhow::Result<Vec<u8>> {
        let top = self.workdir().context("the repository has no work tree")?;
        let file = top.join(path.as_str());
        let metadata = fs::symlink_metadata(&file);
        let metadata = metadata.with_context(|| format!("reading `{path}`"))?;
        ensure!(metadata.is_file(), "`{path}` is not a regular file");
        fs::read(&file).with_context(|| format!("reading `{path}`"))
    }

    /// Puts files in the index as the commit has them.
    pub(super) fn stage(&self, commit: ObjectId, paths: &[RepoPath]) -> anyhow::Result<()> {
        let top = self.workdir().context("the repository has no work tree")?;
        let objects = Objects::of(self)?;
        let tree = self.tree_of(commit)?;
        let mut index = self.inner.index().context("reading the index")?;
        for path in paths {
            let pieces: Vec<&str> = path.as_str().split('/').collect();
            let blob = objects.follow(tree, &pieces, tree::FILE)?;
            let blob = blob.with_context(|| format!("`{path}` is not in {commit}"))?;
            let file = top.join(path.as_str());
            index
                .add(&entry(path.as_str(), blob, &file)?)
                .context("adding to the index")?;
        }
        index.write().context("writing the index")
    }

    fn changes(
        &self,
        objects: &Objects<'_>,
        old: ObjectId,
        new: ObjectId,
    ) -> anyhow::Result<BTreeMap<String, Change>> {
        let issued = |commit| objects.entry(self.tree_of(commit)?, "issued", tree::DIRECTORY);
        let mut changes = BTreeMap::new();
        compare(objects, "issued", issued(old)?, issued(new)?, &mut changes)?;
        Ok(changes)
    }
}

/// Every file below `path` that is not the same in both directories.
pub(super) fn compare(
    objects: &Objects<'_>,
    path: &str,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    changes: &mut BTreeMap<String, Change>,
) -> anyhow::Result<()> {
    if old == new {
        return Ok(());
    }
    anyhow::ensure!(
        path.matches('/').count() < tree::DEPTH,
        "`{path}` lies too deep"
    );
    let (old, new) = (entries(objects, path, old)?, entries(objects, path, new)?);
    let mut names: Vec<&(String, u32)> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    for key in names {
        let (before, after) = (old.get(key).copied(), new.get(key).copied());
        let path = format!("{path}/{}", key.0);
        match key.1 {
            _ if before == after => {}
            tree::DIRECTORY => compare(objects, &path, before, after, changes)?,
            _ => {
                changes.insert(path, (before, after));
            }
        }
    }
    Ok(())
}

fn entries(
    objects: &Objects<'_>,
    path: &str,
    folder: Option<ObjectId>,
) -> anyhow::Result<BTreeMap<(String, u32), ObjectId>> {
    let Some(folder) = folder else {
        return Ok(BTreeMap::new());
    };
    let refused = |reason: &Reason| anyhow::anyhow!("`{path}`: {}", reason.message);
    let tree = objects.tree(folder)?.map_err(|reason| refused(&reason))?;
    let mut entries = BTreeMap::new();
    for entry in tree.entries().map_err(|reason| refused(&reason))? {
        if let Some(reason) = tree::fault(&entry, Scope::Zone) {
            return Err(refused(&reason));
        }
        let name = String::from_utf8_lossy(entry.name).into_owned();
        entries.insert((name, entry.mode), entry.id);
    }
    Ok(entries)
}

fn indexed(index: &Index, path: &str) -> Option<ObjectId> {
    index.get_path(Path::new(path), 0).map(|entry| id(entry.id))
}

#[derive(PartialEq, Eq)]
enum State {
    Absent,
    File(ObjectId),
    /// A link, a directory, or something below one of them.
    Other,
}

impl State {
    fn of(blob: Option<ObjectId>) -> Self {
        blob.map_or(Self::Absent, Self::File)
    }
}

fn on_disk(top: &Path, path: &str) -> anyhow::Result<State> {
    let mut place = top.to_owned();
    let mut pieces = path.split('/').peekable();
    while let Some(piece) = pieces.next() {
        place.push(piece);
        let Some(metadata) = look(&place)? else {
            return Ok(State::Absent);
        };
        let is_right = if pieces.peek().is_some() {
            metadata.is_dir()
        } else {
            metadata.is_file()
        };
        if !is_right {
            return Ok(State::Other);
        }
    }
    let blob = Oid::hash_file(ObjectType::Blob, &place);
    let blob = blob.with_context(|| format!("reading `{path}`"))?;
    Ok(State::File(id(blob)))
}

fn look(place: &Path) -> anyhow::Result<Option<Metadata>> {
    match fs::symlink_metadata(place) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("looking at `{}`", place.display())),
    }
}

fn follow(
    objects: &Objects<'_>,
    index: &mut Index,
    top: &Path,
    path: &str,
    after: Option<ObjectId>,
) -> anyhow::Result<()> {
    let file = top.join(path);
    let Some(blob) = after else {
        remove(top, &file)?;
        return index
            .remove(Path::new(path), 0)
            .context("removing from the index");
    };
    let content = objects.blob(blob, u64::MAX)?;
    let bytes = content.map_err(|reason| anyhow::anyhow!("`{path}`: {}", reason.message))?;
    replace(&file, &bytes).with_context(|| format!("writing `{path}`"))?;
    index
        .add(&entry(path, blob, &file)?)
        .context("adding to the index")
}

fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder)?;
    let temporary = temporary(file);
    // What a crash left there, or a link that somebody put there: it goes, and is not written through.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut output = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&temporary)?;
    output.write_all(bytes)?;
    drop(output);
    fs::rename(&temporary, file)
}

fn temporary(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.gitca-new"))
}

// With the last file go the directories that git would not have kept.
fn remove(top: &Path, file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("removing `{}`", file.display()));
        }
        _ => {}
    }
    let mut folder = file.parent();
    while let Some(empty) = folder.filter(|folder| *folder != top) {
        if fs::remove_dir(empty).is_err() {
            break;
        }
        folder = empty.parent();
    }
    Ok(())
}

// With the file's times and sizes, so that git need not read it again to see that it is clean.
fn entry(path: &str, blob: ObjectId, file: &Path) -> anyhow::Result<IndexEntry> {
    let metadata = fs::symlink_metadata(file).with_context(|| format!("looking at `{path}`"))?;
    let mut entry = IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: tree::FILE,
        uid: 0,
        gid: 0,
        file_size: 0,
        id: oid(blob),
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    };
    fill(&mut entry, &metadata);
    Ok(entry)
}

#[cfg(unix)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the index keeps the lower 32 bits of each of these (gitformat-index(5))"
)]
fn fill(entry: &mut IndexEntry, metadata: &Metadata) {
    use std::os::unix::fs::MetadataExt as _;

    entry.ctime = IndexTime::new(metadata.ctime() as i32, metadata.ctime_nsec() as u32);
    entry.mtime = IndexTime::new(metadata.mtime() as i32, metadata.mtime_nsec() as u32);
    entry.dev = metadata.dev() as u32;
    entry.ino = metadata.ino() as u32;
    entry.uid = metadata.uid();
    entry.gid = metadata.gid();
    entry.file_size = metadata.size() as u32;
}

#[cfg(not(unix))]
fn fill(_: &mut IndexEntry, _: &Metadata) {}
