//! Single files that people's commands read and write.
//!
//! In come paths and bytes. What is written as new never replaces what is there, and appears whole or not at all; private
//! keys are readable by their owner alone from the first octet on.
#![expect(
    clippy::disallowed_methods,
    reason = "this edge reads and writes the files that a person names"
)]

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Read, Write as _};
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;

use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::RepoPath;

// Readable, writable or executable by group or others.
#[cfg(unix)]
const OPEN_TO_OTHERS: u32 = 0o077;
// Ten thousand requests; a device has no end.
const TEXT_OCTETS: u64 = 16 * 1024 * 1024;

/// Who may read a file that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever the umask lets.
    Shared,
    /// The owner alone: mode 0600, in directories that are made with mode 0700.
    Private,
}

/// Writes a file where there is none, making its directories. False, and nothing was written, when there is one.
///
/// # Errors
/// When the file or a directory can't be written.
pub fn write_new(path: &Path, bytes: &[u8], access: Access) -> anyhow::Result<bool> {
    let write = || -> std::io::Result<bool> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            make_folder(folder, access)?;
        }
        let temporary = write_temporary(path, bytes, access)?;
        let linked = publish(&temporary, path);
        fs::remove_file(&temporary)?;
        linked
    };
    write().with_context(|| format!("writing `{}`", path.display()))
}

/// Writes a file of the repository whose work tree begins at `root`, as [`write_new`] does; through no link.
///
/// # Errors
/// A [`Stop`] when a link lies on the way; any other error when the file or a directory can't be written.
pub fn write_inside(root: &Path, path: &RepoPath, bytes: &[u8]) -> anyhow::Result<bool> {
    refuse_links(root, path)?;
    write_new(&root.join(path.as_str()), bytes, Access::Shared)
}

/// Writes such a file anew, whole or not at all, whatever it held before.
///
/// # Errors
/// As [`write_inside`].
pub fn replace_inside(root: &Path, path: &RepoPath, bytes: &[u8]) -> anyhow::Result<()> {
    refuse_links(root, path)?;
    let file = root.join(path.as_str());
    write_temporary(&file, bytes, Access::Shared)
        .and_then(|temporary| fs::rename(temporary, &file))
        .with_context(|| format!("writing `{}`", file.display()))
}

/// Refuses a path below `root` on which a symbolic link lies: a pull request may have put it there, to lead what is written
/// to another place.
///
/// # Errors
/// `SymlinkInZone`, with the link.
pub fn refuse_links(root: &Path, path: &RepoPath) -> Result<(), Stop> {
    let ends = path.as_str().match_indices('/').map(|(end, _)| end);
    let places = ends.chain([path.as_str().len()]);
    let mut places = places.map(|end| &path.as_str()[..end]);
    let is_link = |place: &&str| {
        fs::symlink_metadata(root.join(place)).is_ok_and(|metadata| metadata.is_symlink())
    };
    let Some(link) = places.find(is_link) else {
        return Ok(());
    };
    let message = format!("`{link}` is a symbolic link, and nothing is written through one");
    let reason = Reason::new(Code::SymlinkInZone, message);
    let reason = reason.help(format!(
        "see where it leads with `ls -l {link}`, and remove it"
    ));
    Err(Stop(vec![Finding::in_file(path.clone(), reason)]))
}

/// Writes a file that must not be there yet, as [`write_new`] does.
///
/// # Errors
/// When there is a file, or it can't be written.
pub fn create(path: &Path, bytes: &[u8], access: Access) -> anyhow::Result<()> {
    let written = write_new(path, bytes, access)?;
    anyhow::ensure!(written, "`{}` is already there", path.display());
    Ok(())
}

// A hard link fails where a file is; a rename would replace it.
fn publish(temporary: &Path, path: &Path) -> std::io::Result<bool> {
    match fs::hard_link(temporary, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        // Some file systems have no hard links.
        Err(_) if path.exists() => Ok(false),
        Err(_) => fs::copy(temporary, path).map(|_| true),
    }
}

fn write_temporary(path: &Path, bytes: &[u8], access: Access) -> std::io::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.gitca-{}", std::process::id()));
    // What a crash left there, or a link that somebody put there: it goes, and is not written through.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    restrict_file(&mut options, access);
    let mut file = options.open(&temporary)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        fs::remove_file(&temporary)?;
        return Err(error);
    }
    Ok(temporary)
}

fn make_folder(folder: &Path, access: Access) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    restrict_folder(&mut builder, access);
    builder.create(folder)
}

#[cfg(unix)]
fn restrict_file(options: &mut OpenOptions, access: Access) {
    use std::os::unix::fs::OpenOptionsExt as _;

    if access == Access::Private {
        options.mode(0o600);
    }
}

#[cfg(unix)]
fn restrict_folder(builder: &mut DirBuilder, access: Access) {
    use std::os::unix::fs::DirBuilderExt as _;

    if access == Access::Private {
        builder.mode(0o700);
    }
}

#[cfg(not(unix))]
fn restrict_file(_: &mut OpenOptions, _: Access) {}

#[cfg(not(unix))]
fn restrict_folder(_: &mut DirBuilder, _: Access) {}

/// Makes a directory and those above it; one that is there already is fine.
///
/// # Errors
/// When it can't be made.
pub fn make_directory(directory: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("making `{}`", directory.display()))
}

/// A file that a person named, as text.
///
/// # Errors
/// When it can't be read or is not UTF-8.
pub fn read_text(file: &Path) -> anyhow::Result<String> {
    let context = || format!("reading `{}`", file.display());
    let text = fs::File::open(file).and_then(bounded);
    text.with_context(context)
}

/// What somebody pipes in, as text.
///
/// # Errors
/// When it can't be read or is not UTF-8.
pub fn read_stdin() -> anyhow::Result<String> {
    bounded(std::io::stdin()).context("reading standard input")
}

/// The text, unless there is more of it than anything that people name has.
fn bounded(source: impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    source.take(TEXT_OCTETS + 1).read_to_string(&mut text)?;
    if text.len() as u64 > TEXT_OCTETS {
        let message = format!("it has more than {TEXT_OCTETS} octets; name a smaller file");
        return Err(std::io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(text)
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
    let path: RepoPath = name.parse()?;
    refuse_links(root, &path)?;
    let file = root.join(name);
    if file.exists() && !file.is_file() {
        let reason = Reason::new(Code::FileMode, "this is no regular file");
        let reason = reason.help("put an ordinary file in its place");
        return Err(Stop(vec![Finding::in_file(path, reason)]).into());
    }
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
    Ok(Some(path))
}

/// The mode of a file that group or others may read, write or execute; `None` for one that is its owner's alone.
#[cfg(unix)]
#[must_use]
pub fn open_to_others(metadata: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = metadata.permissions().mode() & 0o7777;
    (mode & OPEN_TO_OTHERS != 0).then_some(mode)
}

/// Always `None`: here files have no mode.
#[cfg(not(unix))]
#[must_use]
pub fn open_to_others(_: &fs::Metadata) -> Option<u32> {
    None
}

/// Whether a directory is there and holds anything.
#[must_use]
pub fn holds_files(directory: &Path) -> bool {
    fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some())
}

/// Whether a file lies, or would lie, below a directory, whatever links lead there.
#[must_use]
pub fn is_inside(file: &Path, directory: &Path) -> bool {
    resolve(file).starts_with(resolve(directory))
}

/// The path without links, as far as it is there; the rest as it is written.
fn resolve(path: &Path) -> PathBuf {
    let there = path
        .ancestors()
        .find_map(|place| Some((place, place.canonicalize().ok()?)));
    let Some((place, mut resolved)) = there else {
        return path.to_owned();
    };
    let rest = path.strip_prefix(place).unwrap_or(Path::new(""));
    for piece in rest.components() {
        match piece {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::CurDir => {}
            other => resolved.push(other),
        }
    }
    resolved
}

/// Every file below a folder of a repository, sorted.
///
/// # Errors
/// When a folder can't be read, or a name is none that a repository may hold.
pub fn below(root: &Path, folder: &str) -> anyhow::Result<Vec<RepoPath>> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(root.join(folder)).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(root)?.to_string_lossy();
            files.push(path.replace(std::path::MAIN_SEPARATOR, "/").parse()?);
        }
    }
    Ok(files)
}

/// A place for temporary files.
#[must_use]
pub fn temporary_directory(name: &str) -> PathBuf {
    std::env::temp_dir().join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_end_is_refused() {
        let endless = bounded(std::io::repeat(b'a')).unwrap_err();
        assert_eq!(endless.kind(), ErrorKind::FileTooLarge);
        assert_eq!(bounded("a".as_bytes()).unwrap(), "a");
    }
}
