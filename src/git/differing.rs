//! Every path that is not the same in two trees.
//!
//! In come two directories and what they are called, out go the paths of files below them. Only directories that differ are
//! read. One that can't be read, or lies deeper than anything in a zone, stands for all below it: its path ends in a slash.

use std::rc::Rc;

use crate::git::diff::pairs;
use crate::git::objects::Objects;
use crate::git::tree::{self, Entry, Tree};
use crate::names::ObjectId;

/// Shows each path below `place`, which ends in a slash, once.
pub(super) fn differing(
    objects: &Objects<'_>,
    place: &str,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    show: &mut dyn FnMut(&str),
) -> anyhow::Result<()> {
    folder(objects, &mut place.to_owned(), old, new, show)
}

fn folder(
    objects: &Objects<'_>,
    path: &mut String,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    show: &mut dyn FnMut(&str),
) -> anyhow::Result<()> {
    if old == new {
        return Ok(());
    }
    if path.matches('/').count() > tree::DEPTH {
        show(path);
        return Ok(());
    }
    let (old, new) = (known(objects, old)?, known(objects, new)?);
    let old = old.as_deref().and_then(|tree| tree.entries().ok());
    let new = new.as_deref().and_then(|tree| tree.entries().ok());
    let (Some(old), Some(new)) = (old, new) else {
        show(path);
        return Ok(());
    };
    let end = path.len();
    for (before, after) in pairs(&old, &new) {
        // A file and a directory of the same name are two entries.
        let Some(Entry { name, mode, .. }) = before.or(after) else {
            continue;
        };
        path.push_str(&String::from_utf8_lossy(name));
        if mode == tree::DIRECTORY {
            path.push('/');
            let id = |entry: Option<Entry<'_>>| entry.map(|entry| entry.id);
            folder(objects, path, id(before), id(after), show)?;
        } else {
            show(path);
        }
        path.truncate(end);
    }
    Ok(())
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
