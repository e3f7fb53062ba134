//! Landing: a commit becomes the tip of a branch by compare-and-swap, or nothing changes.
//!
//! In come a branch, where it must be and where it shall go; out goes success or a [`RaceLost`]. No hook runs. Killed at
//! any point, the branch is at the old commit or at the new one.

use std::fmt;

use anyhow::Context as _;
use git2::ErrorCode;

use crate::git::ids::{oid, reference_name};
use crate::git::repository::Repository;
use crate::names::ObjectId;

/// The branch was moved or held by somebody else; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaceLost {
    /// The branch.
    pub branch: String,
    /// Where it had to be; `None` when it was to be made.
    pub expected: Option<ObjectId>,
    /// Where it is now.
    pub found: Option<ObjectId>,
}

impl fmt::Display for RaceLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |commit: &Option<ObjectId>| {
            commit.map_or_else(|| "nowhere".to_owned(), |commit| commit.to_string())
        };
        let (expected, found) = (shown(&self.expected), shown(&self.found));
        if expected == found {
            write!(f, "branch `{}` is locked by another process", self.branch)
        } else {
            write!(
                f,
                "branch `{}` has moved: it was at {expected} and is at {found}",
                self.branch
            )
        }
    }
}

impl std::error::Error for RaceLost {}

impl Repository {
    /// Moves a branch by compare-and-swap; without `from` it is made.
    ///
    /// # Errors
    /// [`RaceLost`] when the branch is not at `from` any more, or somebody holds its lock; other errors when it can't be
    /// written.
    pub fn land(&self, branch: &str, from: Option<ObjectId>, to: ObjectId) -> anyhow::Result<()> {
        let name = reference_name(branch)?;
        let moved = match from {
            Some(from) => {
                self.inner
                    .reference_matching(&name, oid(to), true, oid(from), "gitca: commit")
            }
            None => self
                .inner
                .reference(&name, oid(to), false, "gitca: commit (initial)"),
        };
        let is_race = |error: &git2::Error| {
            use ErrorCode::{Exists, Locked, Modified, NotFound};
            matches!(error.code(), Modified | Locked | Exists | NotFound)
        };
        match moved {
            Ok(_) => Ok(()),
            Err(error) if is_race(&error) => {
                let found = self.branch_tip(branch)?;
                Err(RaceLost {
                    branch: branch.to_owned(),
                    expected: from,
                    found,
                }
                .into())
            }
            Err(error) => Err(error).with_context(|| format!("moving branch `{branch}` to {to}")),
        }
    }
}
