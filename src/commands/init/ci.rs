//! The CI files of `gitca init --ci`, and what is to be told to the forge besides.
//!
//! In come the forge, the mainline and the names of the keys; out come the files that are missing, and as commands what
//! only the owner of the repository can set. A branch whose name could be more than a name in such a file is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::control::ControlZone;
use crate::finding::{Code, Reason, Stop};
use crate::keystore;
use crate::names::{ObjectName, RepoPath};
use crate::starter::ci::{self, Forge};
use crate::worktree;

/// What the files are made for.
#[derive(Debug)]
pub(super) struct Pipeline {
    forge: Forge,
    branch: String,
    keys: Vec<ObjectName>,
}

impl Pipeline {
    /// For the policies that `init` is about to make, whose key has no name yet.
    ///
    /// # Errors
    /// `ConfigInvalid` when the branch has a name that can't stand in such a file.
    pub(super) fn of_new(forge: Forge, branch: &str) -> Result<Self, Stop> {
        Self::checked(forge, branch.to_owned(), Vec::new())
    }

    /// With one more key that CI needs.
    pub(super) fn with_key(mut self, key: &ObjectName) -> Self {
        self.keys.push(key.clone());
        self
    }

    /// For the policies that are there: their mainline, and the keys of their Signers.
    ///
    /// # Errors
    /// A [`Stop`] with every finding in them; any other error when they can't be read.
    pub(super) fn of_existing(forge: Forge, root: &Path) -> anyhow::Result<Self> {
        let snapshot = worktree::snapshot(root)?;
        if !snapshot.errors.is_empty() {
            return Err(Stop(snapshot.errors).into());
        }
        let zone = ControlZone::load(&snapshot.control).map_err(Stop)?;
        let keys: BTreeSet<ObjectName> = zone
            .signers
            .iter()
            .map(|signer| signer.key.clone())
            .collect();
        let branch = zone.settings.branch.as_str().to_owned();
        Ok(Self::checked(forge, branch, keys.into_iter().collect())?)
    }

    fn checked(forge: Forge, branch: String, keys: Vec<ObjectName>) -> Result<Self, Stop> {
        if ci::takes(&branch) {
            return Ok(Self {
                forge,
                branch,
                keys,
            });
        }
        let message = format!("a branch named `{branch}` can't be put into CI files");
        let help = "give the mainline a name of letters, digits, `/`, `.`, `-` and `_`: `git branch -m main`";
        Err(Stop::because(
            Reason::new(Code::ConfigInvalid, message).help(help),
        ))
    }

    /// The files, but code owners only where nobody has named some.
    pub(super) fn files(&self, root: &Path) -> BTreeMap<RepoPath, Vec<u8>> {
        let mut files = ci::files(self.forge, &self.branch, &self.keys);
        if self.has_owners(root) {
            files.retain(|path, _| path.file_name() != "CODEOWNERS");
        }
        files
    }

    fn has_owners(&self, root: &Path) -> bool {
        let own = format!("{}/CODEOWNERS", self.forge.directory());
        let places = ci::OTHER_OWNERS.iter().copied().chain([own.as_str()]);
        places.into_iter().any(|place| root.join(place).exists())
    }

    /// What only the owner of the repository can tell the forge, as commands.
    pub(super) fn next_steps(&self, written: &[RepoPath]) -> String {
        let wrote = |name: &str| written.iter().any(|path| path.as_str() == name);
        let directory = self.forge.directory();
        let first = format!(
            "$(git log --reverse --first-parent --format=%H {} -- policies | head -n 1)",
            self.branch
        );
        let mut lines = match self.forge {
            Forge::GitHub => github(&self.keys, &first),
            Forge::GitLab => gitlab(&self.keys, &first),
        };
        if !wrote(&format!("{directory}/CODEOWNERS")) {
            lines.push(format!(
                "add to your CODEOWNERS: /policies/ /templates/ /{directory}/"
            ));
        }
        if self.forge == Forge::GitLab && !wrote(".gitlab-ci.yml") {
            lines.push("add to .gitlab-ci.yml: include: [{local: .gitlab/gitca.yml}]".to_owned());
        }
        let lines: Vec<String> = lines.iter().map(|line| format!("  {line}\n")).collect();
        format!("Then, for CI:\n{}", lines.concat())
    }
}

fn github(keys: &[ObjectName], first: &str) -> Vec<String> {
    let mut lines = vec![
        "$EDITOR .github/workflows/gitca-*.yml .github/CODEOWNERS    # where gitca comes from; who owns policies"
            .to_owned(),
        // Only jobs of protected branches get what the environment holds.
        "gh api --silent --method PUT 'repos/{owner}/{repo}/environments/gitca' \
         -F 'deployment_branch_policy[protected_branches]=true' -F 'deployment_branch_policy[custom_branch_policies]=false'"
            .to_owned(),
        format!("gh variable set GITCA_ANCHOR --env gitca --body \"{first}\""),
    ];
    lines.extend(keys.iter().map(|key| {
        format!(
            "gh secret set {} --env gitca < {}",
            ci::secret(key),
            file(key)
        )
    }));
    lines.push(
        "protect the branch: pull requests by merge commit or squash, `gitca check` required, review by code owners"
            .to_owned(),
    );
    lines
}

/// Where `init` puts a key, as a word of the shell.
fn file(key: &ObjectName) -> String {
    let directory = keystore::config_dir().unwrap_or_else(|| "~/.config".into());
    let file = directory.join(format!("gitca/keys/{key}.pem"));
    let text = file.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/.-_~+@".contains(c);
    if text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn gitlab(keys: &[ObjectName], first: &str) -> Vec<String> {
    let mut lines = vec![
        "$EDITOR .gitlab/gitca.yml .gitlab/CODEOWNERS    # where gitca comes from; who owns policies"
            .to_owned(),
        format!("glab variable set GITCA_ANCHOR \"{first}\" --protected --scope gitca"),
    ];
    lines.extend(keys.iter().map(|key| {
        format!(
            "glab variable set {} --protected --scope gitca < {}",
            ci::secret(key),
            file(key)
        )
    }));
    lines.push("glab variable set GITCA_PUSH_TOKEN --protected --masked --scope gitca    # may push to the branch".to_owned());
    lines.push(
        "glab schedule create --cron \"17 * * * *\" --ref BRANCH --description gitca".to_owned(),
    );
    lines.push(
        "protect the branch: merge commits or squash, pipelines must succeed, approval by code owners"
            .to_owned(),
    );
    lines
}
