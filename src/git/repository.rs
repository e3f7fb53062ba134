//! An open repository: what it is, where its branches are, who commits in it.
//!
//! In comes a directory; out comes a [`Repository`] that can be read, or a [`Stop`] with the fix in its message. What is
//! done with it lies in the files beside this one.

use std::fmt;
use std::path::Path;

use anyhow::Context as _;
use git2::{ErrorCode, ObjectType};

use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::commit::Commit;
use crate::git::ids::{author, is_absent, reference_name};
use crate::git::kept::Kept;
use crate::git::open;
use crate::git::tree::Tree;
use crate::names::ObjectId;
use crate::snapshot::Author;

// The octets of trees and commits that are kept, each twice: of directories of a thousand requests some ten; of commits all
// that a change may have, when they are as short as most.
const TREES: usize = 8 << 20;
const COMMITS: usize = 4 << 20;
// What kind of object, and how many octets it has, is asked for when a change is measured and again when it is read: all that
// it may bring.
const HEADS: usize = 12_000;

/// An open repository; one for each thread.
pub struct Repository {
    pub(super) inner: git2::Repository,
    pub(super) trees: Kept<Tree>,
    pub(super) commits: Kept<Commit>,
    pub(super) heads: Kept<(usize, ObjectType)>,
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Repository").field(&self.path()).finish()
    }
}

impl Repository {
    /// Opens the repository that `dir` is in, as `git -C` would find it.
    ///
    /// # Errors
    /// [`Stop`] when there is none, or when it is of a kind that can't be read.
    pub fn open(dir: &Path) -> anyhow::Result<Self> {
        Self::discover(dir)?.ok_or_else(|| no_repository(dir).into())
    }

    /// The same, but a directory that is in no repository is no error.
    ///
    /// # Errors
    /// [`Stop`] when the repository is of a kind that can't be read.
    pub fn discover(dir: &Path) -> anyhow::Result<Option<Self>> {
        // Memory must not grow with history; what is read twice is kept where it is used.
        git2::opts::enable_caching(false);
        let inner = open::discover(dir)?;
        Ok(inner.map(Self::of))
    }

    /// Makes a repository whose first branch will be `branch`.
    ///
    /// # Errors
    /// When the directory can't be made or written.
    pub fn init(dir: &Path, branch: &str) -> anyhow::Result<Self> {
        reference_name(branch)?;
        let mut options = git2::RepositoryInitOptions::new();
        options.initial_head(branch).mkpath(true).no_reinit(true);
        let inner = git2::Repository::init_opts(dir, &options)
            .with_context(|| format!("making a repository in `{}`", dir.display()))?;
        Ok(Self::of(inner))
    }

    fn of(inner: git2::Repository) -> Self {
        Self {
            inner,
            trees: Kept::of(TREES),
            commits: Kept::of(COMMITS),
            heads: Kept::of(HEADS),
        }
    }

    /// Opens the repository whose work tree begins at `root`, or makes one there with this branch.
    ///
    /// # Errors
    /// As [`Repository::open`] and [`Repository::init`].
    pub fn open_or_init(root: &Path, branch: &str) -> anyhow::Result<Self> {
        if root.join(".git").exists() {
            Self::open(root)
        } else {
            Self::init(root, branch)
        }
    }

    /// Refuses clones whose history is cut or altered; everything that asks who brought what must call it first.
    ///
    /// # Errors
    /// [`Stop`] with every reason.
    pub fn require_full_history(&self) -> anyhow::Result<()> {
        open::require_full_history(&self.inner)
    }

    /// What is worth knowing about the repository.
    ///
    /// # Errors
    /// When its references can't be read.
    pub fn notices(&self) -> anyhow::Result<Vec<Finding>> {
        let mut replaced = self
            .inner
            .references_glob("refs/replace/*")
            .context("listing references")?;
        let message = "`refs/replace/` makes `git log` show other objects than the real ones, which are judged";
        let notice = || {
            Finding::anywhere(
                Reason::new(Code::ReplaceRefs, message).help("git replace -d <object>"),
            )
        };
        Ok(replaced.next().map(|_| notice()).into_iter().collect())
    }

    /// The commit that HEAD points to; `None` while there is none.
    ///
    /// # Errors
    /// When HEAD can't be read.
    pub fn head_commit(&self) -> anyhow::Result<Option<ObjectId>> {
        if let Some(branch) = self.head_branch()? {
            return self.branch_tip(&branch);
        }
        match self.inner.head() {
            Ok(head) => self.commit_behind(&head),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error).context("reading HEAD"),
        }
    }

    /// The branch that HEAD is on, even when it has no commit yet; `None` when HEAD is detached.
    ///
    /// # Errors
    /// When HEAD can't be read.
    pub fn head_branch(&self) -> anyhow::Result<Option<String>> {
        let head = self.inner.find_reference("HEAD").context("reading HEAD")?;
        let target = head.symbolic_target().context("reading HEAD")?;
        Ok(target
            .and_then(|name| name.strip_prefix("refs/heads/"))
            .map(str::to_owned))
    }

    /// The newest commit of a branch; `None` when there is no such branch.
    ///
    /// # Errors
    /// When the name can't be that of a branch, or it points to no commit.
    pub fn branch_tip(&self, branch: &str) -> anyhow::Result<Option<ObjectId>> {
        self.commit_of(&reference_name(branch)?)
    }

    /// The commit that a person means, where there has to be one.
    ///
    /// # Errors
    /// A [`Stop`] when it names no commit; any other error when the repository can't be read.
    pub fn resolve(&self, revision: &str) -> anyhow::Result<ObjectId> {
        let found = self.find_commit(revision)?;
        found.ok_or_else(|| {
            let message = format!("`{revision}` is no commit of this repository");
            let reason = Reason::new(Code::OperationFailed, message);
            let help = "if it is a branch of the remote, `git fetch origin` and say `origin/BRANCH`; \
                        `git log --oneline --all` shows what is here";
            Stop::because(reason.help(help)).into()
        })
    }

    /// What git signs commits with, when that is an SSH key: `user.signingKey`, where `gpg.format` is `ssh`.
    ///
    /// # Errors
    /// When git's configuration can't be read.
    pub fn ssh_signing_key(&self) -> anyhow::Result<Option<String>> {
        let config = self.inner.config().context("reading git's configuration")?;
        let value = |key: &str| match config.get_string(key) {
            Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading git's `{key}`")),
        };
        if value("gpg.format")?.as_deref() != Some("ssh") {
            return Ok(None);
        }
        value("user.signingkey")
    }

    /// Whether there is no work tree.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.inner.is_bare()
    }

    /// The top of the work tree.
    #[must_use]
    pub fn workdir(&self) -> Option<&Path> {
        self.inner.workdir()
    }

    /// The git directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.inner.path()
    }

    /// Who makes commits here, by the environment and git's configuration.
    #[must_use]
    pub fn identity(&self) -> Option<Author> {
        let signature = self.inner.author_from_env().ok()?;
        Some(author(&signature))
    }
}

fn no_repository(dir: &Path) -> Stop {
    let message = format!("there is no git repository at or above `{}`", dir.display());
    Stop::because(Reason::new(Code::NoMainline, message).help("gitca init"))
}
