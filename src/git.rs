//! The git edge: opens a repository, finds its branches, and refuses what would give silently wrong answers.
//!
//! In comes a directory; out comes a [`Repository`], whose other methods lie in this folder: reading a commit, walking the
//! mainline, committing, updating the work tree. Objects and references go through libgit2; no hook and no filter runs, and
//! no value of the configuration decides anything.
#![expect(
    clippy::disallowed_methods,
    reason = "this edge reads repositories and the variables that locate them"
)]

mod commit;
mod history;
mod snapshot;
mod tree;
mod update;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use git2::{ErrorCode, Oid, RepositoryInitOptions};

use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::ObjectId;
use crate::snapshot::Author;

pub use crate::git::commit::RaceLost;

/// An open repository.
pub struct Repository {
    inner: git2::Repository,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Repository")
            .field(&self.inner.path())
            .finish()
    }
}

fn to_id(oid: Oid) -> ObjectId {
    let mut octets = [0; 20];
    octets.copy_from_slice(oid.as_bytes());
    ObjectId(octets)
}

fn to_oid(id: ObjectId) -> Oid {
    Oid::from_bytes(&id.0).expect("twenty octets are an object id")
}

fn stop(code: Code, message: &str, help: &str) -> Stop {
    Stop::because(Reason::new(code, message).help(help))
}

impl Repository {
    /// Opens the repository that `directory` lies in, or the one that `GIT_DIR` names.
    ///
    /// # Errors
    /// A [`Stop`] for a repository of a format or owner that can't be read, or when there is none.
    pub fn open(directory: &Path) -> anyhow::Result<Self> {
        refuse_formats(directory)?;
        let opened = if std::env::var_os("GIT_DIR").is_some() {
            git2::Repository::open_from_env()
        } else {
            git2::Repository::discover(directory)
        };
        match opened {
            Ok(inner) => Ok(Self { inner }),
            Err(error) if error.code() == ErrorCode::Owner => {
                let help = format!(
                    "git config --global --add safe.directory {}",
                    directory.display()
                );
                Err(stop(
                    Code::RepositoryOwner,
                    "the repository belongs to somebody else",
                    &help,
                )
                .into())
            }
            Err(error) if error.code() == ErrorCode::NotFound => {
                let message = format!("there is no git repository at `{}`", directory.display());
                Err(stop(
                    Code::NoMainline,
                    &message,
                    "make one with `gitca init DIR`, or name it with `-C DIR`",
                )
                .into())
            }
            Err(error) => Err(error)
                .with_context(|| format!("opening the repository at `{}`", directory.display())),
        }
    }

    /// Opens the repository whose work tree is exactly `root`, or makes one with this branch.
    ///
    /// # Errors
    /// As [`Repository::open`], or when it can't be made.
    pub fn open_or_init(root: &Path, branch: &str) -> anyhow::Result<Self> {
        if root.join(".git").exists() {
            return Self::open(root);
        }
        let mut options = RepositoryInitOptions::new();
        options
            .initial_head(branch)
            .no_reinit(true)
            .mkpath(true)
            .external_template(false);
        let inner = git2::Repository::init_opts(root, &options)
            .with_context(|| format!("making a repository at `{}`", root.display()))?;
        Ok(Self { inner })
    }

    /// Refuses clones whose history is cut or altered: they give silently wrong answers.
    ///
    /// # Errors
    /// A [`Stop`] with the way to a full clone.
    pub fn require_full_history(&self) -> anyhow::Result<()> {
        if self.inner.is_shallow() {
            let help =
                "git fetch --unshallow; in CI: `fetch-depth: 0` (GitHub), `GIT_DEPTH: 0` (GitLab)";
            return Err(stop(
                Code::ShallowClone,
                "the clone is shallow, so its history is cut",
                help,
            )
            .into());
        }
        let grafts = self.inner.commondir().join("info/grafts");
        if fs::metadata(&grafts).is_ok_and(|metadata| metadata.len() > 0) {
            let help = format!("remove `{}`", grafts.display());
            return Err(stop(Code::GraftedHistory, "the history is grafted", &help).into());
        }
        let config = self
            .inner
            .config()
            .context("reading the repository's configuration")?
            .snapshot()?;
        let partial = config.get_string("extensions.partialclone").is_ok()
            || config
                .entries(Some("remote\\..*\\.promisor"))?
                .next()
                .is_some();
        if partial {
            let help = "make a fresh clone without `--filter`";
            return Err(stop(
                Code::PartialClone,
                "the clone is partial, so objects are missing",
                help,
            )
            .into());
        }
        Ok(())
    }

    /// What is unusual about the repository and changes nothing.
    #[must_use]
    pub fn notices(&self) -> Vec<Finding> {
        let replaced = self
            .inner
            .references_glob("refs/replace/*")
            .is_ok_and(|mut references| references.next().is_some());
        let reason = || {
            let message = "the repository replaces objects; the real ones are judged, and `git log` shows others";
            Reason::new(Code::ReplaceRefs, message)
        };
        replaced
            .then(|| Finding::anywhere(reason()))
            .into_iter()
            .collect()
    }

    /// The commit that HEAD points to; `None` before the first.
    ///
    /// # Errors
    /// When git fails.
    pub fn head_commit(&self) -> anyhow::Result<Option<ObjectId>> {
        match self.inner.head() {
            Ok(head) => Ok(Some(to_id(
                head.peel_to_commit().context("reading HEAD")?.id(),
            ))),
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
                Ok(None)
            }
            Err(error) => Err(error).context("reading HEAD"),
        }
    }

    /// The branch that HEAD is on, without `refs/heads/`; `None` when it is detached.
    ///
    /// # Errors
    /// When git fails.
    pub fn head_branch(&self) -> anyhow::Result<Option<String>> {
        let head = self.inner.find_reference("HEAD").context("reading HEAD")?;
        let target = head.symbolic_target().context("reading HEAD")?;
        Ok(target
            .and_then(|target| target.strip_prefix("refs/heads/"))
            .map(str::to_owned))
    }

    /// The commit at the tip of a branch; `None` when there is no such branch.
    ///
    /// # Errors
    /// When git fails.
    pub fn branch_tip(&self, branch: &str) -> anyhow::Result<Option<ObjectId>> {
        match self.inner.find_reference(&format!("refs/heads/{branch}")) {
            Ok(reference) => Ok(Some(to_id(
                reference
                    .peel_to_commit()
                    .context("reading the branch")?
                    .id(),
            ))),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => {
                Ok(None)
            }
            Err(error) => Err(error).with_context(|| format!("reading the branch `{branch}`")),
        }
    }

    /// The commit that a person means by a name or an abbreviated id.
    ///
    /// # Errors
    /// A [`Stop`] when there is none.
    pub fn resolve(&self, name: &str) -> anyhow::Result<ObjectId> {
        let commit = self
            .inner
            .revparse_single(name)
            .and_then(|object| object.peel_to_commit());
        let commit = commit.map_err(|_| {
            let message = format!("the anchor `{name}` is no commit of this repository");
            stop(
                Code::AnchorNotOnMainline,
                &message,
                "give the id of a commit on the mainline",
            )
        })?;
        Ok(to_id(commit.id()))
    }

    /// Whether it has no work tree.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.inner.is_bare()
    }

    /// The top of its work tree.
    #[must_use]
    pub fn workdir(&self) -> Option<&Path> {
        self.inner.workdir()
    }

    /// Who commits here, as git is configured or as `GIT_AUTHOR_NAME` and `GIT_AUTHOR_EMAIL` say.
    ///
    /// # Errors
    /// When the configuration can't be read.
    pub fn identity(&self) -> anyhow::Result<Option<Author>> {
        let config = self
            .inner
            .config()
            .context("reading git's configuration")?
            .snapshot()?;
        let value = |variable: &str, key: &str| {
            let variable = std::env::var_os(variable).and_then(|value| value.into_string().ok());
            variable
                .or_else(|| config.get_string(key).ok())
                .filter(|value| !value.is_empty())
        };
        let name = value("GIT_AUTHOR_NAME", "user.name");
        let email = value("GIT_AUTHOR_EMAIL", "user.email");
        Ok(name.zip(email).map(|(name, email)| Author { name, email }))
    }
}

/// Says in plain words what libgit2 would only fail at: other object and reference formats.
fn refuse_formats(directory: &Path) -> Result<(), Stop> {
    let Some(config) = config_file(directory).and_then(|file| fs::read_to_string(file).ok()) else {
        return Ok(());
    };
    let lower = config.to_ascii_lowercase();
    let setting = |key: &str| {
        let line = lower
            .lines()
            .filter_map(|line| line.split_once('='))
            .find(|(name, _)| name.trim() == key);
        line.map(|(_, value)| value.trim().trim_matches('"').to_owned())
    };
    if setting("objectformat").is_some_and(|format| format != "sha1") {
        let message = "the repository has SHA-256 objects, which this release does not read";
        return Err(stop(
            Code::UnsupportedObjectFormat,
            message,
            "make a clone with `--object-format=sha1`",
        ));
    }
    if setting("refstorage").is_some_and(|format| format != "files") {
        let message =
            "the repository keeps its references in a reftable, which this release does not read";
        return Err(stop(
            Code::UnsupportedRefFormat,
            message,
            "git refs migrate --ref-format=files",
        ));
    }
    Ok(())
}

/// The configuration of the repository that a directory lies in, found without opening it.
fn config_file(directory: &Path) -> Option<PathBuf> {
    if let Some(git_dir) = std::env::var_os("GIT_DIR") {
        return Some(PathBuf::from(git_dir).join("config"));
    }
    let start = directory.canonicalize().ok()?;
    start.ancestors().find_map(|place| {
        let inside = place.join(".git/config");
        let bare = place.join("config");
        if inside.is_file() {
            Some(inside)
        } else if bare.is_file() && place.join("objects").is_dir() {
            Some(bare)
        } else {
            None
        }
    })
}
