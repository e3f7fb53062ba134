//! The work tree edge: a [`Snapshot`] from files, and the files that people's commands write.
//!
//! In comes a directory; out comes what a commit of it would hold, by the same rules: links are never followed, sizes are
//! looked at first. Needs no git. Writing never replaces a file, but where the caller says so.
#![expect(
    clippy::disallowed_methods,
    reason = "this edge reads and writes the files of a work tree"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use git2::{ObjectType, Oid};
use walkdir::{DirEntry, WalkDir};

use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::{ObjectId, RepoPath, RequestName, Sha256Digest};
use crate::snapshot::{Blob, KeyOwners, Snapshot};
use crate::zones::{self, DataFile};

/// The top of the repository that a directory lies in: the nearest one with `policies/` or `.git`.
///
/// # Errors
/// A [`Stop`] when there is none.
pub fn root(directory: &Path) -> anyhow::Result<PathBuf> {
    let start = directory
        .canonicalize()
        .with_context(|| format!("opening `{}`", directory.display()))?;
    let is_root =
        |place: &&Path| place.join(zones::CONTROL[0]).is_dir() || place.join(".git").exists();
    start
        .ancestors()
        .find(is_root)
        .map(Path::to_path_buf)
        .ok_or_else(|| {
            let message = format!("there is no gitca repository at `{}`", directory.display());
            let reason = Reason::new(Code::NoMainline, message);
            Stop::because(reason.help("make one with `gitca init DIR`, or name it with `-C DIR`"))
                .into()
        })
}

/// Reads the zones of a work tree.
///
/// # Errors
/// When the disk fails; what is wrong in the files is in the snapshot.
pub fn snapshot(root: &Path) -> anyhow::Result<Snapshot> {
    let mut snapshot = Snapshot::default();
    for zone in zones::CONTROL {
        for entry in files(root, zone)? {
            control(&mut snapshot, root, &entry)?;
        }
    }
    for entry in files(root, zones::ISSUED)? {
        issued(&mut snapshot, root, &entry)?;
    }
    for entry in files(root, zones::REQUESTS)? {
        request(&mut snapshot, root, &entry)?;
    }
    Ok(snapshot)
}

/// Looks up for which requests these keys were certified.
///
/// # Errors
/// When the disk fails.
pub fn key_owners(root: &Path, keys: &[Sha256Digest]) -> anyhow::Result<KeyOwners> {
    let mut owners = KeyOwners::new();
    for key in keys {
        let hex = key.to_string();
        let file = root.join(format!("issued/_keys/{}/{}", &hex[..2], &hex[2..]));
        if file.exists() {
            owners.insert(*key, read_text(&file)?.trim().to_owned());
        }
    }
    Ok(owners)
}

/// Every entry of a zone that is no directory, sorted by name.
fn files(root: &Path, zone: &str) -> anyhow::Result<Vec<DirEntry>> {
    let top = root.join(zone);
    if fs::symlink_metadata(&top).is_err() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(&top)
        .follow_links(false)
        .follow_root_links(false)
        .sort_by_file_name()
    {
        let entry = entry.with_context(|| format!("reading `{zone}`"))?;
        if !entry.file_type().is_dir() {
            files.push(entry);
        }
    }
    Ok(files)
}

/// The path as git would spell it, and the reason why the entry may not be used.
fn inspect(root: &Path, entry: &DirEntry, limit: u64) -> anyhow::Result<(String, Option<Reason>)> {
    let path = entry
        .path()
        .strip_prefix(root)
        .context("a walk stays below its root")?;
    let path = path
        .to_string_lossy()
        .replace(std::path::MAIN_SEPARATOR, "/");
    if entry.file_type().is_symlink() {
        let reason = Reason::new(Code::SymlinkInZone, "symbolic links are not followed");
        return Ok((path, Some(reason.help("put the file itself here"))));
    }
    let size = entry
        .metadata()
        .with_context(|| format!("reading `{path}`"))?
        .len();
    let too_large = || {
        let message = format!("has {size} octets, more than the {limit} allowed");
        Reason::new(Code::FileTooLarge, message)
    };
    Ok((path, (size > limit).then(too_large)))
}

fn control(snapshot: &mut Snapshot, root: &Path, entry: &DirEntry) -> anyhow::Result<()> {
    let limit = zones::control_limit(
        &entry
            .path()
            .strip_prefix(root)
            .unwrap_or(entry.path())
            .to_string_lossy(),
    );
    let (path, problem) = inspect(root, entry, limit)?;
    let reason = match (problem, path.parse::<RepoPath>()) {
        (None, Ok(name)) => {
            snapshot.control.insert(name, read(entry.path())?);
            return Ok(());
        }
        (Some(reason), _) => reason,
        (None, Err(error)) => Reason::new(Code::TreeEntryName, format!("the path {error}")),
    };
    snapshot.errors.push(Finding {
        file: path.parse().ok(),
        ..Finding::anywhere(reason)
    });
    Ok(())
}

fn request(snapshot: &mut Snapshot, root: &Path, entry: &DirEntry) -> anyhow::Result<()> {
    let (path, problem) = inspect(root, entry, zones::REQUEST_OCTETS)?;
    let below = path.strip_prefix("requests/").unwrap_or(&path).to_owned();
    let reason = match (problem, zones::data_file(&below)) {
        (_, DataFile::LetThrough) => return Ok(()),
        (None, DataFile::Manifest(name)) if !entry.path().with_extension("").is_dir() => {
            return open(snapshot, name, entry.path());
        }
        (None, DataFile::Manifest(_)) => {
            let message = "is also a directory, and their outputs would lie in one folder";
            Reason::new(Code::PathNotAllowed, message).help("rename the file or the directory")
        }
        (Some(reason), _) | (None, DataFile::Refused(reason)) => reason,
    };
    snapshot.findings.push(Finding {
        file: path.parse().ok(),
        ..Finding::anywhere(reason)
    });
    Ok(())
}

fn open(snapshot: &mut Snapshot, name: RequestName, file: &Path) -> anyhow::Result<()> {
    let blob = read(file)?;
    snapshot.requests.insert(name.clone(), blob.id);
    if !snapshot.is_unchanged(&name) {
        snapshot.open.insert(name, blob);
    }
    Ok(())
}

fn issued(snapshot: &mut Snapshot, root: &Path, entry: &DirEntry) -> anyhow::Result<()> {
    let path = entry
        .path()
        .strip_prefix(root.join(zones::ISSUED))
        .context("a walk stays below its root")?;
    let name = path
        .parent()
        .and_then(Path::to_str)
        .map(str::parse::<RequestName>);
    if let (true, Some(Ok(name))) = (
        entry.file_name() == "request.yaml" && entry.file_type().is_file(),
        name,
    ) {
        snapshot.issued.insert(name, read(entry.path())?.id);
    }
    Ok(())
}

/// A file and the id that git would give it.
fn read(file: &Path) -> anyhow::Result<Blob> {
    let bytes = fs::read(file).with_context(|| format!("reading `{}`", file.display()))?;
    let oid = Oid::hash_object(ObjectType::Blob, &bytes).context("hashing a file")?;
    let mut id = [0; 20];
    id.copy_from_slice(oid.as_bytes());
    Ok(Blob {
        id: ObjectId(id),
        bytes,
    })
}

/// A file that a person named, as text.
///
/// # Errors
/// When it can't be read or is not UTF-8.
pub fn read_text(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("reading `{}`", file.display()))
}

/// Writes a new file and its directories.
///
/// # Errors
/// When it is there already, or can't be written.
pub fn write_new(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    make_parent(file)?;
    let mut opened = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file)
        .with_context(|| format!("making `{}`", file.display()))?;
    opened
        .write_all(bytes)
        .with_context(|| format!("writing `{}`", file.display()))
}

/// Writes a file anew, through a temporary name.
///
/// # Errors
/// When it can't be written.
pub fn replace(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let temporary = file.with_extension("tmp");
    fs::write(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, file))
        .with_context(|| format!("writing `{}`", file.display()))
}

/// Makes sure that a file has this line; says which file, if it was written.
///
/// # Errors
/// When it can't be read or written.
pub fn append_line(root: &Path, name: &str, line: &str) -> anyhow::Result<Option<RepoPath>> {
    let file = root.join(name);
    let text = if file.exists() {
        read_text(&file)?
    } else {
        String::new()
    };
    if text.lines().any(|present| present.trim() == line.trim()) {
        return Ok(None);
    }
    let gap = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    fs::write(&file, format!("{text}{gap}{line}"))
        .with_context(|| format!("writing `{}`", file.display()))?;
    Ok(Some(name.parse()?))
}

/// Whether a directory is there and holds anything.
#[must_use]
pub fn holds_files(directory: &Path) -> bool {
    fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some())
}

/// Whether a file lies, or would lie, below a directory, whatever links lead there.
#[must_use]
pub fn is_inside(file: &Path, directory: &Path) -> bool {
    let Ok(directory) = directory.canonicalize() else {
        return false;
    };
    let nearest = file.ancestors().find_map(|place| place.canonicalize().ok());
    nearest.is_some_and(|place| place.starts_with(&directory))
}

/// A place for temporary files.
#[must_use]
pub fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(name)
}

fn make_parent(file: &Path) -> anyhow::Result<()> {
    let Some(parent) = file.parent() else {
        return Ok(());
    };
    fs::create_dir_all(parent).with_context(|| format!("making `{}`", parent.display()))
}
