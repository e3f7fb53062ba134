//! Every path that is not the same in two trees.
//!
//! In come two directories and what they are called, out go the paths of files below them. Only directories that differ are
//! read. One that can't be read, or lies deeper than anything in a zone, stands for all below it: its path ends in a slash.

use std::convert::Infallible;
use std::ops::ControlFlow;
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
    let mut go_on = |path: &str| {
        show(path);
        Ok(ControlFlow::<Infallible>::Continue(()))
    };
    folder(objects, &mut place.to_owned(), old, new, &mut go_on)?;
    Ok(())
}

/// Whether one of these paths is what is looked for. No more of them are read than it takes.
pub(super) fn any_differing(
    objects: &Objects<'_>,
    place: &str,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    is_it: &mut dyn FnMut(&str) -> anyhow::Result<bool>,
) -> anyhow::Result<bool> {
    let mut until = |path: &str| {
        Ok(if is_it(path)? {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    };
    let end = folder(objects, &mut place.to_owned(), old, new, &mut until)?;
    Ok(end.is_break())
}

fn folder<B>(
    objects: &Objects<'_>,
    path: &mut String,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    show: &mut dyn FnMut(&str) -> anyhow::Result<ControlFlow<B>>,
) -> anyhow::Result<ControlFlow<B>> {
    if old == new {
        return Ok(ControlFlow::Continue(()));
    }
    if path.matches('/').count() > tree::DEPTH {
        return show(path);
    }
    let (old, new) = (known(objects, old)?, known(objects, new)?);
    let old = old.as_deref().and_then(|tree| tree.entries().ok());
    let new = new.as_deref().and_then(|tree| tree.entries().ok());
    let (Some(old), Some(new)) = (old, new) else {
        return show(path);
    };
    let end = path.len();
    for (before, after) in pairs(&old, &new) {
        // A file and a directory of the same name are two entries.
        let Some(Entry { name, mode, .. }) = before.or(after) else {
            continue;
        };
        path.push_str(&String::from_utf8_lossy(name));
        let next = if mode == tree::DIRECTORY {
            path.push('/');
            let id = |entry: Option<Entry<'_>>| entry.map(|entry| entry.id);
            folder(objects, path, id(before), id(after), show)?
        } else {
            show(path)?
        };
        if next.is_break() {
            return Ok(next);
        }
        path.truncate(end);
    }
    Ok(ControlFlow::Continue(()))
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
