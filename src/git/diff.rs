//! What differs between two trees at the paths that somebody follows, and nothing else of them.
//!
//! In come two trees and the paths, out goes each path that is not the same in both. Only directories that differ and
//! hold such a path are read. A malformed tree has nothing.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Bound;

use crate::git::objects::Objects;
use crate::git::tree::{self, Entry};
use crate::names::ObjectId;
use crate::zones::Kind;

/// The files and directories that are followed, by their paths below the tree.
pub(super) type Paths<T> = BTreeMap<String, (Kind, T)>;

/// A path that is not the same in both trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Difference<T> {
    /// What follows it.
    pub(super) follower: T,
    /// What was there.
    pub(super) before: Option<ObjectId>,
    /// What is there.
    pub(super) after: Option<ObjectId>,
}

impl Objects<'_> {
    /// Where a path below a tree leads; nowhere, where a tree on the way is absent or malformed.
    pub(super) fn reach(
        &self,
        top: Option<ObjectId>,
        path: &str,
        mode: u32,
    ) -> anyhow::Result<Option<ObjectId>> {
        let pieces: Vec<&str> = path.split('/').collect();
        match top {
            Some(top) => self.follow(top, &pieces, mode),
            None => Ok(None),
        }
    }

    /// Every followed path that differs between the trees, in no order that means anything.
    pub(super) fn differences<T: Copy>(
        &self,
        before: Option<ObjectId>,
        after: Option<ObjectId>,
        paths: &Paths<T>,
    ) -> anyhow::Result<Vec<Difference<T>>> {
        let mut comparison = Comparison {
            objects: self,
            paths,
            found: Vec::new(),
        };
        if !paths.is_empty() && before != after {
            comparison.compare("", before, after)?;
        }
        Ok(comparison.found)
    }
}

struct Comparison<'c, 'r, T> {
    objects: &'c Objects<'r>,
    paths: &'c Paths<T>,
    found: Vec<Difference<T>>,
}

impl<T: Copy> Comparison<'_, '_, T> {
    fn compare(
        &mut self,
        prefix: &str,
        before: Option<ObjectId>,
        after: Option<ObjectId>,
    ) -> anyhow::Result<()> {
        let objects = self.objects;
        let (before, after) = (objects.directory(before)?, objects.directory(after)?);
        let before = before.entries().unwrap_or_default();
        let after = after.entries().unwrap_or_default();
        for (old, new) in pairs(before, after) {
            let name = old.or(new).map(|entry| entry.name).unwrap_or_default();
            let Ok(name) = std::str::from_utf8(name) else {
                continue;
            };
            let path = format!("{prefix}{name}");
            if let Some((kind, follower)) = self.paths.get(&path) {
                let (before, after) = (id(old, mode(*kind)), id(new, mode(*kind)));
                if before != after {
                    self.found.push(Difference {
                        follower: *follower,
                        before,
                        after,
                    });
                }
            }
            let (before, after) = (id(old, tree::DIRECTORY), id(new, tree::DIRECTORY));
            let below = format!("{path}/");
            if before != after && self.follows_below(&below) {
                self.compare(&below, before, after)?;
            }
        }
        Ok(())
    }

    fn follows_below(&self, prefix: &str) -> bool {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let first = self.paths.range::<str, _>(from).next();
        first.is_some_and(|(path, _)| path.starts_with(prefix))
    }
}

fn mode(kind: Kind) -> u32 {
    match kind {
        Kind::File => tree::FILE,
        Kind::Directory => tree::DIRECTORY,
    }
}

fn id(entry: Option<Entry<'_>>, mode: u32) -> Option<ObjectId> {
    entry
        .filter(|entry| entry.mode == mode)
        .map(|entry| entry.id)
}

/// The entries that are not the same in both, each beside what has its name in the other.
pub(super) fn pairs<'b, 'a>(
    before: impl Iterator<Item = Entry<'b>>,
    after: impl Iterator<Item = Entry<'a>>,
) -> impl Iterator<Item = (Option<Entry<'b>>, Option<Entry<'a>>)> {
    let (mut old, mut new) = (before.peekable(), after.peekable());
    std::iter::from_fn(move || {
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(left), Some(right)) => tree::order(left, right),
            };
            let left = old.next_if(|_| order != Ordering::Greater);
            let right = new.next_if(|_| order != Ordering::Less);
            if left != right {
                return Some((left, right));
            }
        }
    })
}
