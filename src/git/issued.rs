//! What `issued/` holds of many requests at once: each directory is read once, however many requests lie in it.
//!
//! In come a commit and the names of requests; out come the manifest and the provenance that a run left for each. What is
//! too large or not there is left out, and nothing is believed of the rest: whoever asks holds it against the CA.

use std::collections::BTreeMap;

use crate::git::objects::Objects;
use crate::git::read::FILE_OCTETS;
use crate::git::repository::Repository;
use crate::git::tree;
use crate::names::{ObjectId, RequestName, artifact};
use crate::snapshot::{Blob, Certified};

impl Repository {
    /// The manifest and the provenance of each of these certificates; one that lacks either is left out.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn certificates(
        &self,
        commit: ObjectId,
        names: &[RequestName],
    ) -> anyhow::Result<BTreeMap<RequestName, Certified>> {
        let objects = Objects::of(self)?;
        let top = self.tree_of(commit)?;
        let mut folders: BTreeMap<Vec<&str>, Vec<&RequestName>> = BTreeMap::new();
        for name in names {
            folders.entry(name.dirs()).or_default().push(name);
        }
        let mut found = BTreeMap::new();
        for (dirs, names) in folders {
            let pieces = [&["issued"], &dirs[..]].concat();
            let Some(folder) = objects.follow(top, &pieces, tree::DIRECTORY)? else {
                continue;
            };
            let folder = objects.directory(Some(folder))?;
            for name in names {
                let Some(entry) = folder.entry(name.name(), tree::DIRECTORY) else {
                    continue;
                };
                let certified = certified(&objects, entry.id)?;
                found.extend(certified.map(|certified| (name.clone(), certified)));
            }
        }
        Ok(found)
    }
}

fn certified(objects: &Objects<'_>, folder: ObjectId) -> anyhow::Result<Option<Certified>> {
    let file = |name: &str| -> anyhow::Result<Option<Blob>> {
        let Some(id) = objects.entry(folder, name, tree::FILE)? else {
            return Ok(None);
        };
        let content = objects.blob(id, FILE_OCTETS)?;
        Ok(content.ok().map(|bytes| Blob { id, bytes }))
    };
    let (request, provenance) = (file(artifact::REQUEST)?, file(artifact::PROVENANCE)?);
    let both = request.zip(provenance);
    Ok(both.map(|(request, provenance)| Certified {
        request,
        provenance: provenance.bytes,
    }))
}
