//! The work tree edge: the same snapshot as from a commit, from plain files.
//!
//! In comes a directory, which need not be in a repository; out goes a [`Snapshot`] without a commit, by the same rules.
//! Links are never followed, and sizes are looked at before anything is read.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where the files of a work tree are read"
)]

mod only;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use git2::{ObjectType, Oid};
use walkdir::{DirEntry, WalkDir};

use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::{ObjectId, RepoPath, Sha256Digest, artifact};
use crate::snapshot::{Blob, KeyOwner, KeyOwners, Snapshot};
use crate::worktree::only::Only;
use crate::zones::{self, Child, Content, Kind, Listing, Scope, Source};

/// The top of the repository that a directory lies in: the nearest one with `policies/` or `.git`.
///
/// # Errors
/// A [`Stop`] when there is none.
pub fn root(directory: &Path) -> anyhow::Result<PathBuf> {
    let start = directory
        .canonicalize()
        .with_context(|| format!("opening `{}`", directory.display()))?;
    let is_root = |place: &&Path| place.join("policies").is_dir() || place.join(".git").exists();
    let root = start.ancestors().find(is_root).map(Path::to_path_buf);
    root.ok_or_else(|| {
        let message = format!("there is no gitca repository at `{}`", directory.display());
        let reason = Reason::new(Code::NoMainline, message);
        let help = "make one with `gitca init DIR`, or name it with `-C DIR`";
        Stop::because(reason.help(help)).into()
    })
}

/// Looks up for which requests these keys were certified.
///
/// # Errors
/// A [`Stop`] when such a file is none that a run wrote; any other error when one can't be read.
pub fn key_owners(root: &Path, keys: &[Sha256Digest]) -> anyhow::Result<KeyOwners> {
    let mut owners = KeyOwners::new();
    for key in keys {
        let path = KeyOwner::file(key);
        if let Some(known) = file(root, &path)? {
            let request = KeyOwner::named(&path, &known.bytes)?;
            let provenance = file(root, &request.issued(artifact::PROVENANCE))?;
            let provenance = provenance.as_ref().map(|file| file.bytes.as_slice());
            owners.insert(*key, KeyOwner::certified(request, provenance));
        }
    }
    Ok(owners)
}

/// Reads the zones below `root` as they lie there.
///
/// # Errors
/// When a file or directory can't be read; what is wrong in them is in the snapshot.
pub fn snapshot(root: &Path) -> anyhow::Result<Snapshot> {
    survey(root, &WorkTree::at(root))
}

/// The same, but of requests and outputs only what belongs to these requests, named as people do: nothing else is looked
/// at, however much there is. So a key that only another open request has is not seen.
///
/// # Errors
/// When a file or directory can't be read; what is wrong in them is in the snapshot.
pub fn snapshot_of(root: &Path, named: &[String]) -> anyhow::Result<Snapshot> {
    let only = Some(Only::of(root, named));
    let source = WorkTree {
        only,
        ..WorkTree::at(root)
    };
    survey(root, &source)
}

fn survey(root: &Path, source: &WorkTree) -> anyhow::Result<Snapshot> {
    zones::survey(source, &root.to_owned(), &BTreeSet::new())
        .with_context(|| format!("reading the files below `{}`", root.display()))
}

/// Reads the control zone below `root` alone.
///
/// # Errors
/// When a file or directory can't be read; what is wrong in them is in the snapshot.
pub fn control(root: &Path) -> anyhow::Result<Snapshot> {
    zones::control(&WorkTree::at(root), &root.to_owned())
        .with_context(|| format!("reading the policies below `{}`", root.display()))
}

/// One file below `root`; `None` when there is none.
///
/// # Errors
/// A [`Stop`] when a link leads there or it is too large; any other error when it can't be read.
pub fn file(root: &Path, path: &RepoPath) -> anyhow::Result<Option<Blob>> {
    let file = root.join(path.as_str());
    let Ok(real) = file.canonicalize() else {
        return Ok(None);
    };
    let stop = |reason| Stop(vec![Finding::in_file(path.clone(), reason)]);
    if real != root.canonicalize()?.join(path.as_str()) || !real.is_file() {
        let reason = Reason::new(Code::SymlinkInZone, "is a link, or no regular file");
        return Err(stop(reason.help("put an ordinary file in its place")).into());
    }
    let content = read(&real, zones::size_limit(path.as_str()))?;
    Ok(Some(content.map_err(stop)?))
}

struct WorkTree {
    /// Where it is.
    root: PathBuf,
    /// What is looked at in `requests/` and `issued/`; `None` is everything.
    only: Option<Only>,
}

impl WorkTree {
    /// All of it.
    fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            only: None,
        }
    }

    /// A requester keeps the private key beside the kubeconfig that names it; `.gitignore` keeps it out of every commit.
    fn is_own_key(&self, directory: &Path, name: &str) -> bool {
        let is_key = Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "key");
        is_key && directory.starts_with(self.root.join("issued"))
    }
}

impl Source for WorkTree {
    type Handle = PathBuf;

    fn has_inert_files(&self) -> bool {
        false
    }

    fn object(&self, _: &PathBuf) -> Option<ObjectId> {
        None
    }

    fn list(&self, directory: &PathBuf, scope: Scope) -> anyhow::Result<Listing<PathBuf>> {
        let walk = WalkDir::new(directory)
            .min_depth(1)
            .max_depth(1)
            .follow_links(false);
        let entries: Vec<DirEntry> = walk
            .sort_by_file_name()
            .into_iter()
            .collect::<Result<_, _>>()?;
        let names: Vec<String> = entries
            .iter()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        let twins = zones::case_twins(names.iter().map(String::as_bytes), scope);
        let mut listing = Listing::default();
        for ((entry, name), is_twin) in entries.into_iter().zip(&names).zip(twins) {
            // The top of a work tree holds more than git does, its `.git` first of all.
            if scope == Scope::Root && !is_ours(name) {
                continue;
            }
            if self.is_own_key(directory, name) {
                continue;
            }
            let only = self.only.as_ref();
            if only.is_some_and(|only| !only.takes(entry.path())) {
                continue;
            }
            if is_twin {
                listing.faults.push((Some(name.clone()), zones::twin()));
                listing.refused.extend(child(entry, name));
                continue;
            }
            sort_out(entry, name, scope, &mut listing);
        }
        Ok(listing)
    }

    fn is_searched(&self, _: &Self::Handle) -> bool {
        true
    }

    fn read(&self, file: &PathBuf, limit: u64) -> anyhow::Result<Content> {
        read(file, limit)
    }
}

fn read(file: &Path, limit: u64) -> anyhow::Result<Content> {
    let context = || format!("reading `{}`", file.display());
    let input = File::open(file).with_context(context)?;
    let size = input.metadata().with_context(context)?.len();
    if size > limit {
        return Ok(Err(zones::too_large(size, limit)));
    }
    let mut bytes = Vec::new();
    // It may grow meanwhile: of one octet too many nothing is taken for the whole.
    let read = input.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    let size = u64::try_from(read.with_context(context)?).unwrap_or(u64::MAX);
    if size > limit {
        return Ok(Err(zones::too_large(size, limit)));
    }
    let id = Oid::hash_object(ObjectType::Blob, &bytes).with_context(context)?;
    Ok(Ok(Blob {
        id: object_id(id)?,
        bytes,
    }))
}

fn is_ours(name: &str) -> bool {
    let is_zone = |zone: &&str| zone.eq_ignore_ascii_case(name);
    zones::ZONES.iter().any(is_zone) || name == ".gitattributes"
}

fn sort_out(entry: DirEntry, name: &str, scope: Scope, listing: &mut Listing<PathBuf>) {
    if let Some(message) = zones::entry_name_fault(name, scope) {
        let reason = Reason::new(Code::TreeEntryName, message).value(name);
        listing.faults.push((None, reason));
        listing.refused.extend(child(entry, name));
        return;
    }
    let is_symlink = entry.path_is_symlink();
    if let Some(child) = child(entry, name) {
        listing.children.push(child);
        return;
    }
    let reason = if is_symlink {
        Reason::new(Code::SymlinkInZone, "a symbolic link is never followed")
    } else {
        Reason::new(Code::FileMode, "this is no regular file")
    };
    let reason = reason.help("put an ordinary file in its place");
    listing.faults.push((Some(name.to_owned()), reason));
}

/// What can be read; a link is not followed.
fn child(entry: DirEntry, name: &str) -> Option<Child<PathBuf>> {
    let kind = match entry.file_type() {
        directory if directory.is_dir() => Kind::Directory,
        file if file.is_file() => Kind::File,
        _ => return None,
    };
    let (name, handle) = (name.to_owned(), entry.into_path());
    Some(Child { name, kind, handle })
}

fn object_id(id: Oid) -> anyhow::Result<ObjectId> {
    let octets = id
        .as_bytes()
        .first_chunk()
        .context("an object id is too short")?;
    Ok(ObjectId(*octets))
}
