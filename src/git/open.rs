//! Finds the repository and refuses the kinds that can't be read, before libgit2 fails at them in its own words.
//!
//! Of the configuration only what opening needs is looked at: `extensions.*` and promisor remotes. The environment counts
//! only when git itself has set it (a hook, a quarantined push): `GIT_DIR` and its companions. Nothing is waited for: a
//! pipe or a device in the place of a file is refused before anybody opens it.

#![expect(
    clippy::disallowed_methods,
    reason = "which repository is meant depends on the environment, and its formats on files that libgit2 fails on"
)]

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use git2::{Config, ErrorCode, Repository, RepositoryOpenFlags};

use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::ids::git_path;

const ENVIRONMENT: [&str; 6] = [
    "GIT_DIR",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_INDEX_FILE",
    "GIT_WORK_TREE",
];

/// What is opened of a git directory, here or by libgit2, in any case or where files follow a commit.
const FILES: [&str; 17] = [
    "HEAD",
    "commondir",
    "config",
    "config.worktree",
    "gitca/anchor",
    "gitca/fetch",
    "gitca/following",
    "gitca/index",
    "gitca/run",
    "gitca/turn",
    "gitdir",
    "index",
    "index.lock",
    "info/grafts",
    "objects/info/alternates",
    "packed-refs",
    "shallow",
];

/// Whether git runs us as a hook of a push that it has not taken yet (git-receive-pack(1)).
#[must_use]
pub fn is_quarantined() -> bool {
    std::env::var_os("GIT_QUARANTINE_PATH").is_some_and(|path| !path.is_empty())
}

/// Opens what is found at or above `dir`, or what the environment names.
pub(super) fn discover(dir: &Path) -> anyhow::Result<Option<Repository>> {
    let Some(git_dir) = find(dir)? else {
        return Ok(None);
    };
    let common = common_dir(&git_dir);
    if common != git_dir {
        require_files(&common)?;
    }
    check_formats(&common)?;
    let mut flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT;
    if ENVIRONMENT
        .iter()
        .any(|name| std::env::var_os(name).is_some())
    {
        flags |= RepositoryOpenFlags::FROM_ENV;
    }
    let opened = Repository::open_ext(&git_dir, flags, std::iter::empty::<&str>());
    opened.map(Some).map_err(|error| explain(error, &git_dir))
}

/// Collects every reason not to trust what this clone says about history.
pub(super) fn require_full_history(repository: &Repository) -> anyhow::Result<()> {
    let mut reasons = Vec::new();
    // Linked work trees share the file of the main one, where libgit2 does not look.
    if repository.is_shallow() || is_filled(&git_path(repository, "shallow")) {
        reasons.push(
            Reason::new(
                Code::ShallowClone,
                "the clone is shallow: its history is cut off",
            )
            .help(
                "git fetch --unshallow; in CI `fetch-depth: 0` (GitHub) or `GIT_DEPTH: 0` (GitLab)",
            ),
        );
    }
    if is_partial(repository)? {
        reasons.push(
            Reason::new(
                Code::PartialClone,
                "the clone is partial: objects are missing",
            )
            .help("make a fresh clone without `--filter`"),
        );
    }
    let grafts = git_path(repository, "info/grafts");
    if is_filled(&grafts) {
        reasons.push(
            Reason::new(Code::GraftedHistory, "`info/grafts` alters the history")
                .help(format!("remove the file `{}`", grafts.display())),
        );
    }
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Stop(reasons.into_iter().map(Finding::anywhere).collect()).into())
}

fn find(dir: &Path) -> anyhow::Result<Option<PathBuf>> {
    if let Some(git_dir) = std::env::var_os("GIT_DIR") {
        let git_dir = dir.join(git_dir);
        require_files(&git_dir)?;
        return Ok(Some(git_dir));
    }
    // libgit2 reads some of the files of the nearest, to see whether it is one.
    let places = dir.ancestors();
    let mut places = places.flat_map(|place| [place.join(".git"), place.to_owned()]);
    let nearest = places.find(|place| place.join("HEAD").exists());
    if let Some(nearest) = &nearest {
        require_files(nearest)?;
    }
    match Repository::discover_path(dir, std::iter::empty::<&str>()) {
        Ok(path) => {
            if nearest.as_ref() != Some(&path) {
                require_files(&path)?;
            }
            Ok(Some(path))
        }
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(explain(error, dir)),
    }
}

fn require_files(git_dir: &Path) -> Result<(), Stop> {
    FILES
        .iter()
        .try_for_each(|name| require_file(&git_dir.join(name)))
}

/// Refuses what is there and would be waited for, or has no end. What is not there, or is a directory, fails by itself.
pub(super) fn require_file(path: &Path) -> Result<(), Stop> {
    let is_special = |metadata: std::fs::Metadata| !metadata.is_file() && !metadata.is_dir();
    if !std::fs::metadata(path).is_ok_and(is_special) {
        return Ok(());
    }
    let shown = path.display();
    let message = format!("`{shown}` is a pipe or a device, and reading it could take for ever");
    let help = format!(
        "see what it is with `ls -lL {shown}`; put the file back that was there, or make a fresh clone"
    );
    Err(Stop::because(
        Reason::new(Code::OperationFailed, message).help(help),
    ))
}

fn check_formats(common: &Path) -> anyhow::Result<()> {
    let path = common.join("config");
    if !path.is_file() {
        return Ok(());
    }
    let config = Config::open(&path).with_context(|| format!("reading `{}`", path.display()))?;
    let refused = |key: &str, supported: &str| {
        let value = config.get_string(key).ok();
        value.filter(|value| !value.eq_ignore_ascii_case(supported))
    };
    if let Some(format) = refused("extensions.objectformat", "sha1") {
        let message =
            format!("the object format `{format}` is not supported in this release, only `sha1`");
        return stop(
            Code::UnsupportedObjectFormat,
            message,
            "use a repository with SHA-1 objects",
        );
    }
    if let Some(format) = refused("extensions.refstorage", "files") {
        let message = format!("the reference format `{format}` can't be read, only `files`");
        return stop(
            Code::UnsupportedRefFormat,
            message,
            "git refs migrate --ref-format=files",
        );
    }
    Ok(())
}

fn common_dir(git_dir: &Path) -> PathBuf {
    match std::fs::read_to_string(git_dir.join("commondir")) {
        Ok(text) => git_dir.join(text.trim_end()),
        Err(_) => git_dir.to_owned(),
    }
}

fn is_partial(repository: &Repository) -> anyhow::Result<bool> {
    let config = repository.config().context("reading git's configuration")?;
    let mut partial = config.get_string("extensions.partialclone").is_ok();
    let remotes = config
        .entries(Some(r"^remote\..*\.promisor$"))
        .context("reading git's configuration")?;
    remotes
        .for_each(|entry| {
            // A key without a value is true, as git reads it.
            partial |= !entry.has_value()
                || entry
                    .value()
                    .is_ok_and(|value| Config::parse_bool(value).unwrap_or(true));
        })
        .context("reading git's configuration")?;
    Ok(partial)
}

fn is_filled(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0)
}

fn explain(error: git2::Error, dir: &Path) -> anyhow::Error {
    if error.code() != ErrorCode::Owner {
        return anyhow::Error::new(error)
            .context(format!("opening the repository `{}`", dir.display()));
    }
    let top = match dir.file_name() {
        Some(name) if name == ".git" => dir.parent().unwrap_or(dir),
        _ => dir,
    };
    let message = format!("the repository `{}` belongs to another user", top.display());
    let help = format!(
        "git config --global --add safe.directory {}, or run as its owner",
        top.display()
    );
    Stop::because(Reason::new(Code::RepositoryOwner, message).help(help)).into()
}

fn stop(code: Code, message: String, help: &str) -> anyhow::Result<()> {
    Err(Stop::because(Reason::new(code, message).help(help)).into())
}
