//! The CI files that `gitca init --ci` writes: a check without rights on what is proposed, a run with the key on what was
//! merged.
//!
//! In come the forge, the mainline and the names of the CA keys; out come files, made from the texts beside this file. No
//! key and no anchor goes in: both come from variables of the forge. What may stand in such a file is checked before.

use std::collections::BTreeMap;

use crate::names::{ObjectName, RepoPath};

const GITHUB: [(&str, &str); 3] = [
    (
        ".github/workflows/gitca-check.yml",
        include_str!("ci/gitca-check.yml"),
    ),
    (
        ".github/workflows/gitca-comment.yml",
        include_str!("ci/gitca-comment.yml"),
    ),
    (
        ".github/workflows/gitca-run.yml",
        include_str!("ci/gitca-run.yml"),
    ),
];
const GITLAB: [(&str, &str); 2] = [
    (".gitlab/gitca.yml", include_str!("ci/gitlab.yml")),
    (".gitlab-ci.yml", "include:\n  - local: .gitlab/gitca.yml\n"),
];
const OWNERS: &str = include_str!("ci/CODEOWNERS");
// What stands for the user's own values in these texts.
const BRANCH: &str = "__BRANCH__";
const DIRECTORY: &str = "__DIRECTORY__";
const KEYS: &str = "# __KEYS__";

/// Where a repository is hosted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forge {
    /// GitHub, and what takes its workflows.
    GitHub,
    /// GitLab.
    GitLab,
}

impl Forge {
    /// The directory of the forge's own files.
    #[must_use]
    pub fn directory(self) -> &'static str {
        match self {
            Self::GitHub => ".github",
            Self::GitLab => ".gitlab",
        }
    }

    fn templates(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::GitHub => &GITHUB,
            Self::GitLab => &GITLAB,
        }
    }

    /// One key in the environment of the job that signs: where gitca finds it, and what the forge fills in.
    fn key(self, name: &ObjectName) -> Vec<String> {
        let suffix = upper(name);
        let source = format!("GITCA_KEY_{suffix}: env:{}", secret(name));
        match self {
            Self::GitHub => vec![source, format!("{0}: ${{{{ secrets.{0} }}}}", secret(name))],
            Self::GitLab => vec![source],
        }
    }
}

/// Where a forge looks for code owners besides its own directory.
pub const OTHER_OWNERS: [&str; 2] = ["CODEOWNERS", "docs/CODEOWNERS"];

/// Whether this branch can be named in a CI file without quotes.
#[must_use]
pub fn takes(branch: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    branch.starts_with(|c: char| c.is_ascii_alphabetic()) && branch.chars().all(is_plain)
}

/// The secret of the forge that holds this CA key.
#[must_use]
pub fn secret(key: &ObjectName) -> String {
    format!("GITCA_CA_{}", upper(key))
}

// As the key store spells a name in a variable.
fn upper(name: &ObjectName) -> String {
    name.as_str().to_uppercase().replace(['-', '.'], "_")
}

/// The files of the forge.
#[must_use]
pub fn files(forge: Forge, branch: &str, keys: &[ObjectName]) -> BTreeMap<RepoPath, Vec<u8>> {
    let mut files = BTreeMap::new();
    for (path, text) in forge.templates() {
        let text = with_keys(text, forge, keys).replace(BRANCH, branch);
        files.insert(repo_path(path), text.into_bytes());
    }
    let owners = OWNERS.replace(DIRECTORY, forge.directory());
    let path = format!("{}/CODEOWNERS", forge.directory());
    files.insert(repo_path(&path), owners.into_bytes());
    files
}

/// The line that stands for the keys becomes the lines of each key, as far indented.
fn with_keys(text: &str, forge: Forge, keys: &[ObjectName]) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let Some(indent) = line.trim_end().strip_suffix(KEYS) else {
            out.push_str(line);
            continue;
        };
        for line in keys.iter().flat_map(|key| forge.key(key)) {
            out.extend([indent, &line, "\n"]);
        }
    }
    out
}

fn repo_path(path: &str) -> RepoPath {
    path.parse().expect("the paths above are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_filled_in() {
        let keys = ["cluster-ca".parse().unwrap(), "a.b".parse().unwrap()];
        for forge in [Forge::GitHub, Forge::GitLab] {
            let mut all = String::new();
            for (path, text) in files(forge, "release/1", &keys) {
                let text = String::from_utf8(text).unwrap();
                assert!(!text.contains("__"), "{path}: {text}");
                all.push_str(&text);
            }
            for wanted in ["release/1", " GITCA_KEY_A_B: env:GITCA_CA_A_B\n"] {
                assert!(all.contains(wanted), "{wanted}");
            }
        }
    }

    #[test]
    fn only_plain_branches_go_into_a_file() {
        for (branch, is_taken) in [
            ("main", true),
            ("release/1.2_x-y", true),
            ("a b", false),
            ("a]", false),
            ("a'b", false),
            ("${{x}}", false),
            ("-a", false),
            ("", false),
        ] {
            assert_eq!(takes(branch), is_taken, "{branch}");
        }
    }
}
