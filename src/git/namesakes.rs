//! Requests that have the name of another one, found without reading a file.
//!
//! In come the tree `requests/` of a commit and last pieces of paths; out go the requests that end in one of them. Each
//! directory is read once. What can't be read, or is larger than gitca allows, gives no answer: then all has to be looked
//! at.

use std::collections::HashSet;

use crate::git::objects::Objects;
use crate::git::tree::{self, Entry};
use crate::names::{ObjectId, REVOCATION, RequestName};
use crate::zones::Copies;

const MANIFEST: &[u8] = b".yaml";
const STATEMENTS: &[u8] = b".approvals";

/// The name of the request whose manifest an entry is.
fn stem<'t>(entry: &Entry<'t>) -> Option<&'t [u8]> {
    let is_other = entry.mode != tree::FILE || entry.name.ends_with(REVOCATION.as_bytes());
    entry.name.strip_suffix(MANIFEST).filter(|_| !is_other)
}

/// Whether an entry is a directory of requests.
fn is_folder(entry: &Entry<'_>) -> bool {
    entry.mode == tree::DIRECTORY && !entry.name.ends_with(STATEMENTS)
}

/// The requests whose last piece is one of these, each with the blob of its manifest.
pub(super) fn namesakes(
    objects: &Objects<'_>,
    requests: Option<ObjectId>,
    wanted: &HashSet<&str>,
) -> anyhow::Result<Option<Vec<(RequestName, ObjectId)>>> {
    let mut found = Vec::new();
    let mut folders: Vec<(String, usize, ObjectId)> = requests
        .map(|top| (String::new(), 0, top))
        .into_iter()
        .collect();
    let mut copies = Copies::default();
    while let Some((path, depth, id)) = folders.pop() {
        if !copies.admit(id) {
            return Ok(None);
        }
        let Ok(folder) = objects.tree(id)? else {
            return Ok(None);
        };
        copies.remember(id, folder.octets());
        let Ok(entries) = folder.entries() else {
            return Ok(None);
        };
        if depth > tree::DEPTH {
            return Ok(None);
        }
        for entry in entries {
            let stem = stem(&entry).and_then(|stem| std::str::from_utf8(stem).ok());
            if let Some(stem) = stem.filter(|stem| wanted.contains(stem)) {
                let name = format!("{path}{stem}").parse();
                found.extend(name.ok().map(|name| (name, entry.id)));
            } else if is_folder(&entry) {
                let path = format!("{path}{}/", String::from_utf8_lossy(entry.name));
                folders.push((path, depth + 1, entry.id));
            }
        }
    }
    Ok(Some(found))
}
