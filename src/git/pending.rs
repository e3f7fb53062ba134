//! Pending references: what a run signed and has not landed yet, so that the next run finds it.
//!
//! In come the id of a run and the commit that it is about to push; out come the commits of runs that ended before theirs
//! had landed. A pending reference outlives everything but the success of its commit.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use git2::ErrorCode;

use crate::git::ids::{id, oid};
use crate::git::objects::Objects;
use crate::git::read::FILE_OCTETS;
use crate::git::repository::Repository;
use crate::git::{local, tree};
use crate::names::{ObjectId, RepoPath, RequestName};
use crate::snapshot::Changeset;

const PENDING: &str = "refs/gitca/pending/";

impl Repository {
    /// Notes that this run is about to push this commit.
    ///
    /// # Errors
    /// When the reference can't be written.
    pub fn set_pending(&self, run: &str, commit: ObjectId) -> anyhow::Result<()> {
        let set = self.inner.reference(
            &format!("{PENDING}{run}"),
            oid(commit),
            true,
            "gitca: to be pushed",
        );
        set.map(|_| ())
            .with_context(|| format!("writing the reference `{PENDING}{run}`"))
    }

    /// Forgets a run; one that is forgotten already is no error.
    ///
    /// # Errors
    /// When the reference can't be removed.
    pub fn forget_pending(&self, run: &str) -> anyhow::Result<()> {
        let name = format!("{PENDING}{run}");
        let removed = match self.inner.find_reference(&name) {
            Ok(mut reference) => reference.delete(),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.code() != ErrorCode::NotFound => {
                Err(error).with_context(|| format!("removing the reference `{name}`"))
            }
            _ => Ok(()),
        }
    }

    /// The runs that ended before their commit had landed, by their ids.
    ///
    /// # Errors
    /// When references can't be read.
    pub fn pending(&self) -> anyhow::Result<Vec<(String, ObjectId)>> {
        let mut found = Vec::new();
        let references = self.inner.references_glob(&format!("{PENDING}*"));
        for reference in references.context("listing references")? {
            let reference = reference.context("listing references")?;
            let run = reference
                .name()
                .ok()
                .and_then(|name| name.strip_prefix(PENDING));
            if let Some((run, commit)) = run.zip(reference.target()) {
                found.push((run.to_owned(), id(commit)));
            }
        }
        found.sort();
        Ok(found)
    }

    /// The files that a commit of a run brought for each request, and the keys that it remembered.
    ///
    /// # Errors
    /// When an object can't be read or is not what a run writes.
    pub fn issued_by(&self, commit: ObjectId) -> anyhow::Result<Changeset> {
        let objects = Objects::of(self)?;
        let top = self.tree_of(commit)?;
        let mut changes = Changeset::default();
        for path in self.issued_paths(&objects, commit)? {
            let Some((folder, _)) = path.rsplit_once('/') else {
                continue;
            };
            if path.starts_with("issued/_keys/") {
                let pieces: Vec<&str> = path.split('/').collect();
                if let Some(blob) = objects.follow(top, &pieces, tree::FILE)? {
                    changes
                        .files
                        .insert(path.parse()?, content(&objects, blob)?);
                }
                continue;
            }
            let name = folder.strip_prefix("issued/").unwrap_or_default();
            let folder: RepoPath = folder.parse()?;
            if name.parse::<RequestName>().is_ok() && !changes.folders.contains_key(&folder) {
                let files = files(&objects, top, &folder)?;
                changes.folders.insert(folder, files);
            }
        }
        Ok(changes)
    }

    fn issued_paths(&self, objects: &Objects<'_>, commit: ObjectId) -> anyhow::Result<Vec<String>> {
        let issued = |commit| objects.entry(self.tree_of(commit)?, "issued", tree::DIRECTORY);
        let before = issued(self.first_parent(commit)?)?;
        let mut changes = BTreeMap::new();
        local::compare(objects, "issued", before, issued(commit)?, &mut changes)?;
        Ok(changes.into_keys().collect())
    }
}

fn files(
    objects: &Objects<'_>,
    top: ObjectId,
    folder: &RepoPath,
) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let pieces: Vec<&str> = folder.as_str().split('/').collect();
    let mut files = BTreeMap::new();
    let Some(folder) = objects.follow(top, &pieces, tree::DIRECTORY)? else {
        return Ok(files);
    };
    let tree = objects.tree(folder)?;
    let tree = tree.map_err(|reason| anyhow::anyhow!(reason.message))?;
    for entry in tree
        .entries()
        .map_err(|reason| anyhow::anyhow!(reason.message))?
    {
        ensure!(
            entry.mode == tree::FILE,
            "a folder of `issued/` holds files alone"
        );
        let name = String::from_utf8_lossy(entry.name).into_owned();
        files.insert(name, content(objects, entry.id)?);
    }
    Ok(files)
}

fn content(objects: &Objects<'_>, blob: ObjectId) -> anyhow::Result<Vec<u8>> {
    let content = objects.blob(blob, FILE_OCTETS)?;
    content.map_err(|reason| anyhow::anyhow!(reason.message))
}
