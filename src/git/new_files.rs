//! The files that a tree has and those before it have not.
//!
//! In come trees, out go files, each with its path. Only trees that differ from those before are read, and each of them and
//! each file once, so the cost is that of what is new. Nothing is recursive, for how deep directories lie is up to a stranger.

use std::collections::HashSet;
use std::rc::Rc;

use crate::git::diff::pairs;
use crate::git::objects::Objects;
use crate::git::tree::{self, Entries, Entry, Tree};
use crate::names::ObjectId;
use crate::zones::Zone;

// What is searched of a change beside the zones: a check is made at each of its pushes, and an archive of zeros has a
// thousandth of its size in a pack. What is merged is searched by the run.
pub(super) const BROUGHT_FILES: usize = 10_000;
pub(super) const BROUGHT_OCTETS: u64 = 16 << 20;
// Names cost no more than memory.
const SEEN: usize = 2_000_000;
// No file system has a longer path (PATH_MAX of Linux is 4096).
const PATH_OCTETS: usize = 16 * 1024;

/// A file that is new, by the path of its directory and its name: a stranger may have put very many into a very deep one.
pub(super) struct File {
    folder: Rc<str>,
    name: String,
    pub(super) id: ObjectId,
}

impl File {
    /// The path, put together when it is asked for.
    pub(super) fn path(&self) -> String {
        format!("{}{}", self.folder, self.name)
    }
}

/// A directory that is looked at, and those that were at its place before.
struct Folder {
    parent: Rc<str>,
    name: String,
    before: Vec<Option<ObjectId>>,
    tree: ObjectId,
}

/// The files of `top` beside the zones that are new and more than is searched of a change.
pub(super) fn past_search(
    objects: &Objects<'_>,
    before: ObjectId,
    top: ObjectId,
) -> anyhow::Result<HashSet<ObjectId>> {
    let new = NewFiles::of(objects).between(&[before], top)?;
    let (mut files_left, mut octets_left) = (BROUGHT_FILES, BROUGHT_OCTETS);
    let mut past = HashSet::new();
    for file in new.iter().filter(|file| Zone::of(&file.path()).is_none()) {
        let octets = if files_left > 0 {
            u64::try_from(objects.octets(file.id)?)?
        } else {
            u64::MAX
        };
        match octets_left.checked_sub(octets) {
            Some(left) => (files_left, octets_left) = (files_left - 1, left),
            None => _ = past.insert(file.id),
        }
    }
    Ok(past)
}

/// A walk over what is new.
pub(super) struct NewFiles<'s, 'r> {
    objects: &'s Objects<'r>,
    /// The trees and files that were looked at.
    seen: HashSet<ObjectId>,
    /// Whether everything was; there may have been too much of it.
    pub(super) is_whole: bool,
}

impl<'s, 'r> NewFiles<'s, 'r> {
    /// A walk that has looked at nothing.
    pub(super) fn of(objects: &'s Objects<'r>) -> Self {
        Self {
            objects,
            seen: HashSet::new(),
            is_whole: true,
        }
    }

    /// Forgets what was looked at, so that it is new again.
    pub(super) fn forget(&mut self) {
        self.seen.clear();
    }

    /// The files that a tree has and none of those before has at its place, but for what was looked at already. A tree that
    /// nobody can mean has none.
    ///
    /// # Errors
    /// When an object can't be read.
    pub(super) fn between(
        &mut self,
        before: &[ObjectId],
        tree: ObjectId,
    ) -> anyhow::Result<Vec<File>> {
        let mut files = Vec::new();
        let mut folders = vec![Folder {
            parent: Rc::from(""),
            name: String::new(),
            before: before.iter().copied().map(Some).collect(),
            tree,
        }];
        while let Some(folder) = folders.pop() {
            if folder.before.contains(&Some(folder.tree)) || self.seen.contains(&folder.tree) {
                continue;
            }
            let octets = folder.parent.len() + folder.name.len();
            if octets > PATH_OCTETS || self.seen.len() > SEEN {
                self.is_whole = false;
                continue;
            }
            self.seen.insert(folder.tree);
            self.look_into(&folder, &mut folders, &mut files)?;
        }
        Ok(files)
    }

    fn look_into(
        &mut self,
        folder: &Folder,
        folders: &mut Vec<Folder>,
        files: &mut Vec<File>,
    ) -> anyhow::Result<()> {
        let path: Rc<str> = format!("{}{}", folder.parent, folder.name).into();
        let here = self.objects.directory(Some(folder.tree))?;
        let before = folder.before.iter();
        let before = before.map(|tree| self.objects.directory(*tree));
        let before: Vec<Rc<Tree>> = before.collect::<Result<_, _>>()?;
        for entry in new_entries(&here, &before) {
            let name = || String::from_utf8_lossy(entry.name).into_owned();
            let directory = |before: &Rc<Tree>| {
                let entry = before.entry(entry.name, tree::DIRECTORY);
                entry.map(|entry| entry.id)
            };
            if entry.mode == tree::DIRECTORY {
                folders.push(Folder {
                    parent: Rc::clone(&path),
                    name: name() + "/",
                    before: before.iter().map(directory).collect(),
                    tree: entry.id,
                });
            } else if tree::is_blob(entry.mode) && self.seen.insert(entry.id) {
                files.push(File {
                    folder: Rc::clone(&path),
                    name: name(),
                    id: entry.id,
                });
            }
        }
        Ok(())
    }
}

fn entries(tree: &Tree) -> Entries<'_> {
    tree.entries().unwrap_or_default()
}

/// The entries that are not the same in any of those before.
fn new_entries<'t>(there: &'t Tree, before: &'t [Rc<Tree>]) -> impl Iterator<Item = Entry<'t>> {
    let old = before.first().map(|first| entries(first));
    let others = before.get(1..).unwrap_or_default();
    let is_old = |entry: &Entry<'_>, before: &Rc<Tree>| {
        let old = before.entry(entry.name, entry.mode);
        old.is_some_and(|old| old == *entry)
    };
    pairs(old.unwrap_or_default(), entries(there))
        .filter_map(|(_, new)| new)
        .filter(move |new| !others.iter().any(|before| is_old(new, before)))
}
