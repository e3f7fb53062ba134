//! What the commits of a branch change, path by path.
//!
//! In come commits, parents first; out goes, for each path, what each of them has there otherwise than all of its parents. All
//! paths count, read or not: what lies beside the zones can be moved into them.

use std::collections::{BTreeMap, BTreeSet};

use git2::Oid;

use crate::git::differing::differing;
use crate::git::foreign::is_ours;
use crate::git::ids::id;
use crate::git::objects::Objects;
use crate::git::producer::{Node, PARENTS};
use crate::git::repository::Repository;
use crate::git::tree;
use crate::names::ObjectId;
use crate::zones::{self, Zone};

/// What is at a path, with its mode.
pub(super) type Content = Option<(u32, ObjectId)>;

/// What a commit has at a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub(super) commit: ObjectId,
    /// The tree of its first parent.
    pub(super) parent: Option<ObjectId>,
    pub(super) before: Content,
    pub(super) after: Content,
    pub(super) is_merge: bool,
}

/// The touches of each path, oldest first.
pub(super) type Touches = BTreeMap<String, Vec<Touch>>;

/// What of a commit is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// Everything, with all of its parents, so that what it merged is not its own.
    Whole,
    /// What is asked for, with the first of its parents, which it follows on the mainline.
    Requests,
}

/// A walk over commits.
pub(super) struct Walk<'w, 'r> {
    repository: &'w Repository,
    objects: &'w Objects<'r>,
    compared: Compared,
    most: usize,
}

impl<'w, 'r> Walk<'w, 'r> {
    /// One that reads so many octets of trees.
    pub(super) fn of(
        repository: &'w Repository,
        objects: &'w Objects<'r>,
        (compared, octets): (Compared, usize),
    ) -> Self {
        Self {
            repository,
            objects,
            compared,
            most: objects.walked() + octets,
        }
    }

    /// What these commits, parents first, have otherwise than their parents; `None` where that is too much.
    pub(super) fn touches<'c>(
        &self,
        commits: impl Iterator<Item = &'c Oid>,
    ) -> anyhow::Result<Option<Touches>> {
        let mut touches = Touches::new();
        for commit in commits {
            let node = Node::of(self.repository, id(*commit))?;
            self.look(&node, &mut touches)?;
            if self.objects.walked() > self.most {
                return Ok(None);
            }
        }
        Ok(Some(touches))
    }

    fn look(&self, node: &Node, touches: &mut Touches) -> anyhow::Result<()> {
        let of = |parent: &Oid| self.repository.tree_of(id(*parent));
        let parent = node.parents.first().map(of).transpose()?;
        let mut paths = self.changed(parent, node.tree)?;
        let others = match self.compared {
            Compared::Requests => &[],
            Compared::Whole => node.parents.get(1..).unwrap_or_default(),
        };
        for other in others.iter().take(PARENTS) {
            if paths.is_empty() {
                break;
            }
            paths = &paths & &self.changed(Some(of(other)?), node.tree)?;
        }
        for path in paths {
            let before = parent.map(|parent| self.objects.content(parent, &path));
            let touch = Touch {
                commit: node.commit,
                parent,
                before: before.transpose()?.flatten(),
                after: self.objects.content(node.tree, &path)?,
                is_merge: !others.is_empty(),
            };
            touches.entry(path).or_default().push(touch);
        }
        Ok(())
    }

    /// The paths at which two trees differ, but for those in the zones that mean nothing.
    fn changed(
        &self,
        before: Option<ObjectId>,
        after: ObjectId,
    ) -> anyhow::Result<BTreeSet<String>> {
        let mut paths = BTreeSet::new();
        if before == Some(after) {
            return Ok(paths);
        }
        let zone = |name, top| self.objects.entry(top, name, tree::DIRECTORY);
        let before_of = |name| before.map(|before| zone(name, before)).transpose();
        if self.compared == Compared::Requests {
            let (old, new) = (before_of("requests")?.flatten(), zone("requests", after)?);
            let mut show = |path: &str| {
                paths.insert(path.to_owned());
            };
            differing(self.objects, "requests/", old, new, &mut show)?;
            return Ok(paths);
        }
        let (old, new) = (before_of("issued")?.flatten(), zone("issued", after)?);
        let mut show = |path: &str| {
            paths.insert(path.to_owned());
        };
        differing(self.objects, "", before, Some(after), &mut show)?;
        for path in std::mem::take(&mut paths) {
            let counts = match Zone::of(&path) {
                Some(Zone::Output) => is_ours(self.objects, (old, new), &path)?,
                Some(_) => !zones::is_unread(&path),
                None => true,
            };
            if counts || path.ends_with(zones::ATTRIBUTES) {
                paths.insert(path);
            }
        }
        Ok(paths)
    }
}
