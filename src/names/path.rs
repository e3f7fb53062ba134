//! Paths in a repository, as git spells them.
//!
//! In comes text; out comes a [`RepoPath`], which leads neither out of the repository nor into a `.git`, in whatever
//! case that is spelt.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::names::dns::NameError;

/// The path of a file in a repository, `/` between its pieces, relative to the top.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RepoPath(String);

impl RepoPath {
    /// The path as git spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A path that was put together from checked pieces.
    pub(super) fn from_checked(path: String) -> Self {
        Self(path)
    }

    /// The path that a text is, or that of the nearest directory around it that can be one.
    #[must_use]
    pub fn nearest(text: &str) -> Option<Self> {
        let mut near = text;
        loop {
            if let Ok(path) = near.parse() {
                return Some(path);
            }
            (near, _) = near.rsplit_once('/')?;
        }
    }

    /// The last piece.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl FromStr for RepoPath {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let hostile = |piece: &str| {
            matches!(piece, "" | "." | "..")
                || piece.contains(['\\', '\0'])
                || piece.eq_ignore_ascii_case(".git")
        };
        if text.split('/').any(hostile) {
            return Err(NameError::new(
                "must be a relative path without empty pieces, `.`, `..` or `\\`",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
