//! What changed on the mainline while a run was at work.
//!
//! In come the commit that was judged and the tip that is there now; out comes whether one leads to the other, and every
//! path that was different in between, also where it is the same again at the end: a request that was taken away and
//! brought back was brought anew. Trees are compared by their ids; nothing is inflated but directories that changed.

use std::collections::BTreeSet;

use anyhow::Context as _;

use crate::git::differing::differing;
use crate::git::ids::id;
use crate::git::objects::Objects;
use crate::git::repository::Repository;
use crate::git::tree;
use crate::names::{ObjectId, REVOCATION, RequestName};

/// The paths that changed; a directory that can't be read stands for all below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ground {
    /// Whether `policies/` or `templates/` changed.
    pub control: bool,
    /// Files, and directories that are malformed with a `/` at their end, of `requests/` and `issued/`.
    paths: BTreeSet<String>,
}

impl Ground {
    /// Whether anything changed that the certificate of this request rests on, or the place that it goes to.
    #[must_use]
    pub fn moved(&self, request: &RequestName, key_file: Option<&str>) -> bool {
        let name = request.as_str();
        let files = [
            format!("requests/{name}.yaml"),
            format!("requests/{name}{REVOCATION}"),
        ];
        let folders = [
            format!("requests/{name}.approvals/"),
            format!("issued/{name}/"),
        ];
        let files = files.iter().map(String::as_str).chain(key_file);
        files.into_iter().any(|file| self.touches(file))
            || folders.iter().any(|folder| self.touches(folder))
    }

    fn touches(&self, place: &str) -> bool {
        let is_below =
            |path: &String| path == place || place.ends_with('/') && path.starts_with(place);
        let parents = place
            .match_indices('/')
            .map(|(end, _)| &place[..=end])
            .any(|parent| self.paths.contains(parent));
        parents
            || self
                .paths
                .range(place.to_owned()..)
                .next()
                .is_some_and(is_below)
    }
}

impl Repository {
    /// Whether a commit is on the first-parent chain of a tip.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn is_on_mainline(&self, commit: ObjectId, tip: ObjectId) -> anyhow::Result<bool> {
        let mut next = Some(tip);
        while let Some(current) = next {
            if current == commit {
                return Ok(true);
            }
            let found = self.commit_at(current)?;
            next = found.parent_ids().next().map(id);
        }
        Ok(false)
    }

    /// Whether the commit of a run is on the first-parent chain of a tip; its own parent is as far back as is looked.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn has_landed(&self, commit: ObjectId, tip: ObjectId) -> anyhow::Result<bool> {
        let before = self.commit_at(commit)?.parent_ids().next().map(id);
        let mut next = Some(tip);
        while let Some(current) = next.filter(|current| Some(*current) != before) {
            if current == commit {
                return Ok(true);
            }
            next = self.commit_at(current)?.parent_ids().next().map(id);
        }
        Ok(false)
    }

    /// What changed from `base`, which is on the first-parent chain of `tip`, to there.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn ground(&self, base: ObjectId, tip: ObjectId) -> anyhow::Result<Ground> {
        let objects = Objects::of(self)?;
        let mut ground = Ground::default();
        let mut current = tip;
        while current != base {
            let commit = self.commit_at(current)?;
            let parent = id(commit
                .parent_ids()
                .next()
                .with_context(|| format!("finding {base} on the mainline"))?);
            let (new, old) = (self.tree_of(current)?, self.tree_of(parent)?);
            for zone in ["policies", "templates", "requests", "issued"] {
                let (before, after) = (
                    root_entry(&objects, old, zone)?,
                    root_entry(&objects, new, zone)?,
                );
                if before == after {
                    continue;
                }
                if matches!(zone, "policies" | "templates") {
                    ground.control = true;
                    continue;
                }
                let folder = |entry: Option<(u32, ObjectId)>| {
                    entry
                        .filter(|entry| entry.0 == tree::DIRECTORY)
                        .map(|entry| entry.1)
                };
                let place = format!("{zone}/");
                let mut show = |path: &str| {
                    ground.paths.insert(path.to_owned());
                };
                differing(&objects, &place, folder(before), folder(after), &mut show)?;
            }
            current = parent;
        }
        Ok(ground)
    }
}

fn root_entry(
    objects: &Objects<'_>,
    top: ObjectId,
    name: &str,
) -> anyhow::Result<Option<(u32, ObjectId)>> {
    let top = objects.directory(Some(top))?;
    let mut entries = top.entries().unwrap_or_default();
    let found = entries.find(|entry| entry.name == name.as_bytes());
    Ok(found.map(|entry| (entry.mode, entry.id)))
}
