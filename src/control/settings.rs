//! Settings: what holds for the whole repository. There is exactly one.
//!
//! In comes the spec of a Settings file; out comes a [`Settings`] whose values are all valid. The repository id and the
//! branch are what approvals bind to, so neither has a default.

use std::fmt;
use std::str::FromStr;

use crate::control::document::Document;
use crate::control::origin::Origin;
use crate::control::reading::{choice, count, later};
use crate::names::{NameError, ObjectId, ObjectName, RepoPath};
use crate::yaml::{Field, Object, Problems};

const DEFAULT_LIMIT: usize = 1000;
// RFC 9562 4: the lengths of the five groups of digits.
const UUID_GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// What holds for the whole repository.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the object.
    pub name: ObjectName,
    /// The file it was read from.
    pub file: RepoPath,
    /// Its git object.
    pub blob: ObjectId,
    /// Where its fields stand.
    pub origin: Origin,
    /// What approvals bind to.
    pub repository: RepositoryId,
    /// The mainline, the only branch that is ever signed from.
    pub branch: BranchName,
    /// What proves who asked.
    pub requester_identity: RequesterIdentity,
    /// The author of commits that `run` makes.
    pub bot: Bot,
    /// A plan that would sign more than this signs nothing.
    pub max_issue_per_run: usize,
}

/// What proves who asked for a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequesterIdentity {
    /// A signature by a known key.
    #[default]
    Signature,
    /// The author of the commit, which proves nothing.
    Author,
}

/// Who makes the commits of `run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    /// The name in the commit.
    pub name: String,
    /// The e-mail address in the commit.
    pub email: String,
}

/// The UUID of a repository (RFC 9562), in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryId(String);

impl RepositoryId {
    /// The UUID in its usual form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RepositoryId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let groups: Vec<&str> = text.split('-').collect();
        let lengths = groups.iter().map(|group| group.len());
        let digits = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !lengths.eq(UUID_GROUPS) || !groups.iter().all(digits) {
            return Err(NameError::new(
                "must be a UUID such as `7f0c2a94-6a3e-4d0b-9a51-0c8d5a1f2b77`",
            ));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for RepositoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The short name of a branch, by the rules of git-check-ref-format(1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchName(String);

impl BranchName {
    /// The name without `refs/heads/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BranchName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.starts_with("refs/") {
            return Err(NameError::new(
                "must be a short name, without `refs/heads/`",
            ));
        }
        let bad_piece = |piece: &str| {
            let lock = piece.strip_suffix(".lock").is_some();
            piece.is_empty() || piece.starts_with('.') || lock
        };
        let bad = |character: char| {
            character.is_control() || character == ' ' || "~^:?*[\\".contains(character)
        };
        let hostile = text.split('/').any(bad_piece)
            || text.contains(bad)
            || text.contains("..")
            || text.contains("@{")
            || text.starts_with('-')
            || text.ends_with('.')
            || matches!(text, "@" | "HEAD");
        if hostile {
            return Err(NameError::new("must be a valid branch name"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Settings {
    /// Reads the spec of a Settings file.
    pub fn read(document: &Document<'_>, problems: &mut Problems) -> Option<Self> {
        let known = [
            "repository",
            "branch",
            "requesterIdentity",
            "bot",
            "limits",
            "certManager",
        ];
        let spec = document.spec.object(&known, problems)?;
        if let Some(field) = spec.get("certManager") {
            later(&field, problems);
        }
        let repository = spec.require("repository", problems);
        let repository = repository.and_then(|field| field.parse(problems));
        let branch = spec.require("branch", problems);
        let branch = branch.and_then(|field| field.parse(problems));
        let identity = spec.get("requesterIdentity");
        let bot = spec.require("bot", problems);
        let bot = bot.and_then(|bot| read_bot(&bot, problems));
        Some(Self {
            name: document.name.clone(),
            file: document.file.clone(),
            blob: document.blob,
            origin: Origin::of(document),
            requester_identity: identity
                .and_then(|field| read_identity(&field, problems))
                .unwrap_or_default(),
            max_issue_per_run: read_limit(&spec, problems).unwrap_or(DEFAULT_LIMIT),
            repository: repository?,
            branch: branch?,
            bot: bot?,
        })
    }
}

fn read_identity(field: &Field<'_>, problems: &mut Problems) -> Option<RequesterIdentity> {
    let words = [
        ("signature", Some(RequesterIdentity::Signature)),
        ("author", Some(RequesterIdentity::Author)),
        ("forge", None),
    ];
    let chosen = choice(field, &words, problems)?;
    if chosen.is_none() {
        later(field, problems);
    }
    chosen
}

fn read_limit(spec: &Object<'_>, problems: &mut Problems) -> Option<usize> {
    let limits = spec.get("limits")?.object(&["maxIssuePerRun"], problems)?;
    count(&limits.get("maxIssuePerRun")?, 1..=usize::MAX, problems)
}

fn read_bot(field: &Field<'_>, problems: &mut Problems) -> Option<Bot> {
    let object = field.object(&["name", "email"], problems)?;
    let name = object.require("name", problems);
    let email = object.require("email", problems);
    let name = name.and_then(|name| identity_text(&name, problems));
    let email = email.and_then(|email| identity_text(&email, problems));
    Some(Bot {
        name: name?,
        email: email?,
    })
}

/// Text that git can hold in the author line of a commit.
fn identity_text(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    let text = field.text(problems)?;
    let hostile = |character: char| character.is_control() || matches!(character, '<' | '>');
    if text.trim().is_empty() || text.contains(hostile) {
        problems.report(field, "must not be empty or hold `<`, `>` or a line end");
        return None;
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_id_is_a_uuid() {
        for (text, valid) in [
            ("7f0c2a94-6a3e-4d0b-9a51-0c8d5a1f2b77", true),
            ("7F0C2A94-6a3e-4d0b-9a51-0c8d5a1f2b77", true),
            ("7f0c2a946a3e4d0b9a510c8d5a1f2b77", false),
            ("7f0c2a94-6a3e-4d0b-9a51-0c8d5a1f2b7g", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<RepositoryId>().is_ok(), valid, "{text}");
        }
    }

    #[test]
    fn a_branch_is_a_short_name_that_git_accepts() {
        for (text, valid) in [
            ("main", true),
            ("release/1.2", true),
            ("refs/heads/main", false),
            ("", false),
            ("a..b", false),
            ("a//b", false),
            ("/a", false),
            ("a/", false),
            (".a", false),
            ("a.lock", false),
            ("a b", false),
            ("-a", false),
            ("a@{1}", false),
            ("@", false),
            ("a.", false),
        ] {
            assert_eq!(text.parse::<BranchName>().is_ok(), valid, "{text}");
        }
    }
}
