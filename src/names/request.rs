//! The name of a request, which is its path below `requests/`, and the pieces that it may be made of.
//!
//! In comes `team-a/jane`; out come a [`RequestName`] and the paths of all files that belong to it. Each piece is a
//! lower-case DNS-1123 name, so that no two fall together where a file system knows no case.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::names::dns::{NameError, check_subdomain};
use crate::names::path::RepoPath;

// Leaves room for `.revocation.yaml` in the 255 octets that file systems allow one name.
const PIECE_OCTETS: usize = 239;
const PIECES: usize = 8;
/// How the file ends that revokes the certificates of a request.
pub const REVOCATION: &str = ".revocation.yaml";
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
const RESERVED_SUFFIXES: [&str; 2] = [".approvals", ".revocation"];

/// What identifies a request: its path below `requests/` without `.yaml`, such as `team-a/jane`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RequestName(String);

impl RequestName {
    /// The whole path, `team-a/jane`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last piece, which `metadata.name` must equal.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The directories before the name, outermost first.
    #[must_use]
    pub fn dirs(&self) -> Vec<&str> {
        let mut pieces: Vec<&str> = self.0.split('/').collect();
        pieces.pop();
        pieces
    }

    /// Where people put it: `requests/team-a/jane.yaml`.
    #[must_use]
    pub fn manifest(&self) -> RepoPath {
        RepoPath::from_checked(format!("requests/{}.yaml", self.0))
    }

    /// Where a revocation of its certificates goes: `requests/team-a/jane.revocation.yaml`.
    #[must_use]
    pub fn revocation(&self) -> RepoPath {
        RepoPath::from_checked(format!("requests/{}{REVOCATION}", self.0))
    }

    /// Where a statement about it goes: `requests/team-a/jane.approvals/<file>`.
    #[must_use]
    pub fn statement(&self, file: &str) -> RepoPath {
        RepoPath::from_checked(format!("requests/{}.approvals/{file}", self.0))
    }

    /// The directory of all of them: `requests/team-a/jane.approvals`.
    #[must_use]
    pub fn statements(&self) -> RepoPath {
        RepoPath::from_checked(format!("requests/{}.approvals", self.0))
    }

    /// Where one of its outputs goes: `issued/team-a/jane/<file>`.
    #[must_use]
    pub fn issued(&self, file: &str) -> RepoPath {
        RepoPath::from_checked(format!("issued/{}/{file}", self.0))
    }
}

impl FromStr for RequestName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.split('/').count() > PIECES {
            return Err(NameError::new(format!("must have at most {PIECES} pieces")));
        }
        text.split('/').try_for_each(check_piece)?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for RequestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks one directory or stem below `requests/`.
///
/// # Errors
/// Says which rule the piece breaks.
pub fn check_piece(piece: &str) -> Result<(), NameError> {
    check_subdomain(piece)?;
    if piece.len() > PIECE_OCTETS {
        return Err(NameError::new(format!(
            "must have at most {PIECE_OCTETS} characters"
        )));
    }
    if let Some(suffix) = RESERVED_SUFFIXES
        .iter()
        .find(|suffix| piece.ends_with(**suffix))
    {
        return Err(NameError::new(format!("must not end in `{suffix}`")));
    }
    let stem = piece.split('.').next().unwrap_or_default();
    if is_device(stem) {
        return Err(NameError::new(format!(
            "must not be `{stem}`, which some systems take for a device"
        )));
    }
    Ok(())
}

fn is_device(stem: &str) -> bool {
    let numbered = |prefix| {
        stem.strip_prefix(prefix)
            .is_some_and(|digit| matches!(digit.as_bytes(), [b'1'..=b'9']))
    };
    DEVICES.contains(&stem) || numbered("com") || numbered("lpt")
}
