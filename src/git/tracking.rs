//! What was last fetched of the branches of remotes, and what each remote takes for its main branch.
//!
//! In comes the name of a branch, out come references and the commits that they point to. A reference below `refs/remotes/` is
//! that of a remote where git's configuration names the remote, or where one piece stands between; so that a branch called
//! `x/main`, which anybody may push, is never taken for `main`.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::git::ids::reference_name;
use crate::git::repository::Repository;
use crate::names::ObjectId;

const REMOTES: &str = "refs/remotes/";

impl Repository {
    /// The commits that the remotes' branches of this name were last seen at, by the short names of the references.
    ///
    /// # Errors
    /// When the name can't be that of a branch, or the references can't be read.
    pub fn tracked(&self, branch: &str) -> anyhow::Result<BTreeMap<String, ObjectId>> {
        reference_name(branch)?;
        self.of_remotes(branch)
    }

    /// The commits at the tips of the remotes' main branches, as a clone has them in `refs/remotes/*/HEAD`.
    ///
    /// # Errors
    /// When the references can't be read.
    pub fn remote_heads(&self) -> anyhow::Result<BTreeMap<String, ObjectId>> {
        self.of_remotes("HEAD")
    }

    fn of_remotes(&self, name: &str) -> anyhow::Result<BTreeMap<String, ObjectId>> {
        let remotes = self.inner.remotes().context("listing the remotes")?;
        let mut remotes: Vec<String> = remotes
            .iter()
            .filter_map(|remote| remote.ok().flatten().map(str::to_owned))
            .collect();
        remotes.extend(self.single_pieces(name)?);
        let mut found = BTreeMap::new();
        for remote in remotes {
            let short = format!("{remote}/{name}");
            // One that points to a branch that was pruned says nothing.
            if let Ok(Some(commit)) = self.commit_of(&format!("{REMOTES}{short}")) {
                found.insert(short, commit);
            }
        }
        Ok(found)
    }

    /// The remotes of one piece that have a reference of this name, whether or not they are configured still.
    fn single_pieces(&self, name: &str) -> anyhow::Result<Vec<String>> {
        let glob = format!("{REMOTES}*/{name}");
        let references = self.inner.references_glob(&glob);
        let mut pieces = Vec::new();
        for reference in references.context("listing references")? {
            let reference = reference.context("listing references")?;
            let full = reference.name().unwrap_or_default();
            let piece = full
                .strip_prefix(REMOTES)
                .and_then(|rest| rest.strip_suffix(name))
                .and_then(|rest| rest.strip_suffix('/'));
            pieces.extend(
                piece
                    .filter(|piece| !piece.contains('/'))
                    .map(str::to_owned),
            );
        }
        Ok(pieces)
    }
}
