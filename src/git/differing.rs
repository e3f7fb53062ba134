//! Every path that is not the same in two trees.
//!
//! In come two directories and what they are called, out go the paths of files below them. Only directories that differ are
//! read. One that can't be read, or lies deeper than anything in a zone, stands for all below it: its path ends in a slash.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::git::objects::Objects;
use crate::git::tree::{self, Entry, Tree};
use crate::names::ObjectId;

/// Adds each path below `place`, which ends in a slash.
pub(super) fn differing(
    objects: &Objects<'_>,
    place: &str,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    paths: &mut BTreeSet<String>,
) -> anyhow::Result<()> {
    if old == new {
        return Ok(());
    }
    if place.matches('/').count() > tree::DEPTH {
        paths.insert(place.to_owned());
        return Ok(());
    }
    let (old, new) = (known(objects, old)?, known(objects, new)?);
    let entries = old.as_deref().map(entries).zip(new.as_deref().map(entries));
    let Some((Some(old), Some(new))) = entries else {
        paths.insert(place.to_owned());
        return Ok(());
    };
    let only_new = new.keys().filter(|key| !old.contains_key(key));
    for key in old.keys().chain(only_new) {
        let (name, mode) = *key;
        let (before, after) = (old.get(key).copied(), new.get(key).copied());
        let path = format!("{place}{}", String::from_utf8_lossy(name));
        match mode {
            _ if before == after => {}
            tree::DIRECTORY => differing(objects, &format!("{path}/"), before, after, paths)?,
            _ => {
                paths.insert(path);
            }
        }
    }
    Ok(())
}

fn entries(tree: &Tree) -> Option<BTreeMap<(&[u8], u32), ObjectId>> {
    let entries = tree.entries().ok()?;
    let keyed = entries
        .into_iter()
        .map(|Entry { mode, name, id }| ((name, mode), id));
    Some(keyed.collect())
}

/// A tree, which is empty where it is absent; `None` for one that nobody can mean.
pub(super) fn known(
    objects: &Objects<'_>,
    folder: Option<ObjectId>,
) -> anyhow::Result<Option<Rc<Tree>>> {
    match folder {
        Some(folder) => Ok(objects.tree(folder)?.ok()),
        None => objects.directory(None).map(Some),
    }
}
