//! Every path that is not the same in two trees.
//!
//! In come two directories and what they are called, out go the paths of files below them. Only directories that differ are
//! read. One that can't be read, lies deeper than anything in a zone, or is a copy among too many, stands for all below it: its
//! path ends in a slash.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::rc::Rc;

use crate::git::diff::pairs;
use crate::git::objects::Objects;
use crate::git::tree::{self, Entry, Tree};
use crate::names::ObjectId;
use crate::zones::Copies;

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
    Walk::at(objects, place, &mut go_on).folder(old, new)?;
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
    let end = Walk::at(objects, place, &mut until).folder(old, new)?;
    Ok(end.is_break())
}

struct Walk<'w, 'r, B> {
    objects: &'w Objects<'r>,
    path: String,
    copies: Copies,
    show: &'w mut dyn FnMut(&str) -> anyhow::Result<ControlFlow<B>>,
}

impl<'w, 'r, B> Walk<'w, 'r, B> {
    fn at(
        objects: &'w Objects<'r>,
        place: &str,
        show: &'w mut dyn FnMut(&str) -> anyhow::Result<ControlFlow<B>>,
    ) -> Self {
        Self {
            objects,
            path: place.to_owned(),
            copies: Copies::default(),
            show,
        }
    }

    fn folder(
        &mut self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
    ) -> anyhow::Result<ControlFlow<B>> {
        if old == new {
            return Ok(ControlFlow::Continue(()));
        }
        let is_deep = self.path.matches('/').count() > tree::DEPTH;
        if is_deep || !self.admits(old, new) {
            return (self.show)(&self.path);
        }
        let (before, after) = (known(self.objects, old)?, known(self.objects, new)?);
        for (id, tree) in [(old, &before), (new, &after)] {
            if let Some((id, tree)) = id.zip(tree.as_ref()) {
                self.copies.remember(id, tree.octets());
            }
        }
        let before = before.as_deref().and_then(|tree| tree.entries().ok());
        let after = after.as_deref().and_then(|tree| tree.entries().ok());
        let (Some(before), Some(after)) = (before, after) else {
            return (self.show)(&self.path);
        };
        let end = self.path.len();
        for (before, after) in pairs(before, after) {
            // A file and a directory of the same name are two entries.
            let Some(Entry { name, mode, .. }) = before.or(after) else {
                continue;
            };
            self.path.push_str(&String::from_utf8_lossy(name));
            let next = if mode == tree::DIRECTORY {
                self.path.push('/');
                let id = |entry: Option<Entry<'_>>| entry.map(|entry| entry.id);
                self.folder(id(before), id(after))?
            } else {
                (self.show)(&self.path)?
            };
            if next.is_break() {
                return Ok(next);
            }
            self.path.truncate(end);
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether one of the two is new, or there is room for copies.
    fn admits(&mut self, old: Option<ObjectId>, new: Option<ObjectId>) -> bool {
        let sides = [old, new];
        let is_new = |side: &ObjectId| !self.copies.knows(*side);
        sides.iter().flatten().any(is_new)
            || sides.iter().flatten().all(|side| self.copies.admit(*side))
    }
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
