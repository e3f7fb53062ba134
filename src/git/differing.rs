//! Every path that is not the same in two trees.
//!
//! In come two directories and what they are called, out go the paths of files below them. Only directories that differ are
//! read. One that can't be read, or lies deeper than anything in a zone, stands for all below it: its path ends in a slash.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::objects::Objects;
use crate::git::tree::{self, Entry};
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
    let (old, new) = (octets(objects, old)?, octets(objects, new)?);
    let parsed = old.as_deref().map(parse).zip(new.as_deref().map(parse));
    let Some((Some(old), Some(new))) = parsed else {
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

fn parse(octets: &[u8]) -> Option<BTreeMap<(&[u8], u32), ObjectId>> {
    let entries = tree::parse(octets).ok()?;
    let keyed = entries
        .into_iter()
        .map(|Entry { mode, name, id }| ((name, mode), id));
    Some(keyed.collect())
}

/// The octets of a tree; none for one that is absent, `None` for one that nobody can mean.
fn octets(objects: &Objects<'_>, folder: Option<ObjectId>) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(folder) = folder else {
        return Ok(Some(Vec::new()));
    };
    let object = objects.tree(folder)?;
    Ok(object.ok().map(|object| object.data().to_vec()))
}
