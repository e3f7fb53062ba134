//! The files that a tree has and those before it have not.
//!
//! In come trees, out go files, each with its path. Only trees that differ from those before are read, and each of them and
//! each file once, until there are more than anybody looks at: of what a change brings beside the zones only so much is
//! searched. What nobody can check out is found on the way. Nothing is recursive, for how deep directories lie is up to a
//! stranger.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::finding::{Code, Finding, Reason};
use crate::git::checkout::Checkout;
use crate::git::diff::pairs;
use crate::git::folder::{File, Folder};
use crate::git::objects::{Objects, Searched};
use crate::git::tree::{self, Entries, Entry, Tree};
use crate::git::unfit::{BROUGHT_FILES, BROUGHT_OCTETS, Unfit};
use crate::names::ObjectId;
use crate::zones::{SEARCHED_FILE, Zone};

/// So many names of a change are looked at, in the zones and beside them.
pub(super) const BROUGHT_NAMES: usize = 3 * BROUGHT_FILES;
/// Those of a mainline cost no more than memory.
pub(super) const MAINLINE_NAMES: usize = 2_000_000;
// So many names beside the zones may name what was looked at already, or nothing that is looked at: each costs no more than
// to be read, and a tree of a few kilobytes in a pack may have a hundred thousand. In the zones a run writes one file into
// each of its directories.
const AGAIN_NAMES: usize = 200_000;
// No file system has a longer path (PATH_MAX of Linux is 4096).
const PATH_OCTETS: usize = 16 * 1024;

/// What a tree has that the one before has not.
#[derive(Debug)]
pub(super) struct There {
    pub(super) files: HashSet<ObjectId>,
    pub(super) statements: Vec<File>,
    /// What of it nobody can check out.
    pub(super) unfit: Vec<Finding>,
    /// Whether all of it was looked at; there may have been too much.
    pub(super) is_whole: bool,
}

impl There {
    /// What a mainline has.
    pub(super) fn of(
        objects: &Objects<'_>,
        before: ObjectId,
        top: ObjectId,
    ) -> anyhow::Result<Self> {
        let mut walk = NewFiles::of(objects, MAINLINE_NAMES);
        let files = walk.between(&[before], top)?;
        Ok(Self::from(files, walk.unfit, walk.is_whole))
    }

    /// What a change has, and which files are searched beside the zones: of those that are new only so many.
    pub(super) fn brought(
        objects: &Objects<'_>,
        before: ObjectId,
        top: ObjectId,
    ) -> anyhow::Result<(Self, Searched)> {
        let mut walk = NewFiles::of(objects, BROUGHT_NAMES);
        walk.checkout = Some(Checkout::default());
        let files = walk.between(&[before], top)?;
        if walk.checkout.as_ref().is_some_and(Checkout::is_too_much) {
            walk.unfit.tell_flood();
        }
        let (mut within, past, is_spent) = searched(objects, &files)?;
        if is_spent {
            walk.unfit.tell_unsearched();
        }
        // Of what was not looked at nobody knows whether it is new.
        let searched = if walk.is_whole {
            Searched::AllBut(past)
        } else {
            if walk.zones_left == 0 || walk.beside_left == 0 || walk.again_left == 0 {
                walk.unfit.tell_more(BROUGHT_NAMES);
            }
            within.extend(walk.trees);
            Searched::Only(within)
        };
        Ok((Self::from(files, walk.unfit, walk.is_whole), searched))
    }

    fn from(files: Vec<File>, unfit: Unfit, is_whole: bool) -> Self {
        Self {
            files: files.iter().map(|file| file.id).collect(),
            statements: files.into_iter().filter(File::is_statement).collect(),
            unfit: unfit.into_findings(),
            is_whole,
        }
    }
}

/// The files beside the zones that are searched, those that are not, and whether one of these is none that nobody searches.
fn searched(
    objects: &Objects<'_>,
    files: &[File],
) -> anyhow::Result<(HashSet<ObjectId>, HashSet<ObjectId>, bool)> {
    let (mut files_left, mut octets_left) = (BROUGHT_FILES, BROUGHT_OCTETS);
    let (mut within, mut past) = (HashSet::new(), HashSet::new());
    let mut is_spent = false;
    for file in files.iter().filter(|file| !file.is_in_zone()) {
        let octets = u64::try_from(objects.octets(file.id)?)?;
        let left = octets_left.checked_sub(octets);
        if let Some(left) = left.filter(|_| files_left > 0) {
            (files_left, octets_left) = (files_left - 1, left);
            within.insert(file.id);
        } else {
            is_spent |= octets <= SEARCHED_FILE;
            past.insert(file.id);
        }
    }
    Ok((within, past, is_spent))
}

/// A directory that is looked at, and those that were at its place before.
struct Place {
    parent: Rc<Folder>,
    name: String,
    before: Vec<ObjectId>,
    tree: ObjectId,
    /// Whether what a checkout writes of it is counted already.
    is_counted: bool,
}

/// A walk over what is new.
pub(super) struct NewFiles<'s, 'r> {
    objects: &'s Objects<'r>,
    /// The trees and files that were looked at.
    trees: HashSet<ObjectId>,
    files: HashSet<ObjectId>,
    /// How many more names are looked at in the zones, and beside them.
    zones_left: usize,
    beside_left: usize,
    /// How many more that lead to nothing new.
    again_left: usize,
    unfit: Unfit,
    /// What a checkout would write, where somebody asks.
    checkout: Option<Checkout>,
    /// Whether everything was; there may have been too much of it.
    pub(super) is_whole: bool,
}

impl<'s, 'r> NewFiles<'s, 'r> {
    /// A walk that has looked at nothing, and will look at so many names.
    pub(super) fn of(objects: &'s Objects<'r>, names: usize) -> Self {
        Self {
            objects,
            trees: HashSet::new(),
            files: HashSet::new(),
            zones_left: names,
            beside_left: names,
            again_left: names.min(AGAIN_NAMES),
            unfit: Unfit::default(),
            checkout: None,
            is_whole: true,
        }
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
        let mut places = vec![Place {
            parent: Rc::new(Folder::of(String::new())),
            name: String::new(),
            before: sorted(before.to_vec()),
            tree,
            is_counted: false,
        }];
        while let Some(place) = places.pop() {
            if place.before.contains(&place.tree) {
                continue;
            }
            if self.trees.contains(&place.tree) {
                self.count(&place)?;
                continue;
            }
            if place.parent.path.len() + place.name.len() > PATH_OCTETS {
                self.is_whole = false;
                continue;
            }
            let folder = Folder::of(format!("{}{}", place.parent.path, place.name));
            let is_top = folder.path.is_empty();
            let is_past = !folder.is_in_zone && self.again_left == 0;
            if !is_top && (is_past || *self.left(folder.is_in_zone) == 0) {
                self.is_whole = false;
                continue;
            }
            self.trees.insert(place.tree);
            self.look_into(&place, &Rc::new(folder), &mut places, &mut files)?;
        }
        Ok(files)
    }

    /// The directory, and those before it. One that is malformed is empty, and told: git leaves none when it writes there.
    fn read(
        &mut self,
        place: &Place,
        folder: &Folder,
    ) -> anyhow::Result<(Rc<Tree>, Vec<Rc<Tree>>)> {
        let is_large = |flaw: &Reason| flaw.code == Code::TooManyFiles;
        let (mut before, mut was_large) = (Vec::new(), false);
        for tree in &place.before {
            let (tree, flaw) = self.objects.directory_or_flaw(*tree)?;
            was_large |= flaw.as_ref().is_some_and(is_large);
            before.push(tree);
        }
        let (here, flaw) = self.objects.directory_or_flaw(place.tree)?;
        if let Some(flaw) = flaw.filter(|flaw| !(was_large && is_large(flaw))) {
            self.unfit.tell(&folder.path, folder.scope(), flaw);
        }
        Ok((here, before))
    }

    fn look_into(
        &mut self,
        place: &Place,
        folder: &Rc<Folder>,
        places: &mut Vec<Place>,
        files: &mut Vec<File>,
    ) -> anyhow::Result<()> {
        let (here, before) = self.read(place, folder)?;
        for (entry, old) in new_entries(&here, &before) {
            self.unfit.look(&folder.path, folder.scope(), &entry, &old);
            let is_directory = entry.mode == tree::DIRECTORY;
            self.weigh(place, folder, &entry)?;
            if !is_directory && (!tree::is_blob(entry.mode) || self.files.contains(&entry.id)) {
                if !folder.is_in_zone {
                    self.count_again();
                }
                continue;
            }
            let name = String::from_utf8_lossy(entry.name);
            // The zones lie at the top, beside whatever else.
            let is_top = folder.path.is_empty();
            let left = self.left(folder.is_in_zone || is_top && Zone::of(&name).is_some());
            let Some(fewer) = left.checked_sub(1) else {
                self.is_whole = false;
                continue;
            };
            *left = fewer;
            let name = name.into_owned();
            if is_directory {
                let mut below = Place {
                    parent: Rc::clone(folder),
                    name: name + "/",
                    before: sorted(directories(&old)),
                    tree: entry.id,
                    is_counted: place.is_counted,
                };
                if below.before.is_empty() {
                    self.count(&below)?;
                    below.is_counted = true;
                }
                places.push(below);
            } else {
                self.files.insert(entry.id);
                files.push(File::of(folder, name, entry.id));
            }
        }
        Ok(())
    }

    /// Looks at an entry that is no directory, as one that a checkout writes.
    fn weigh(&mut self, place: &Place, folder: &Folder, entry: &Entry<'_>) -> anyhow::Result<()> {
        let Some(checkout) = &mut self.checkout else {
            return Ok(());
        };
        if entry.mode != tree::DIRECTORY && !place.is_counted {
            checkout.add_file();
        }
        if tree::is_blob(entry.mode) {
            let octets = self.objects.blob_octets(entry.id)?;
            self.unfit
                .weigh(&folder.path, folder.scope(), entry, octets);
        }
        Ok(())
    }

    /// Counts all that a checkout writes of a directory.
    fn count(&mut self, place: &Place) -> anyhow::Result<()> {
        match &mut self.checkout {
            Some(checkout) if !place.is_counted => checkout.add(self.objects, place.tree),
            _ => Ok(()),
        }
    }

    /// Counts a name that leads to nothing new.
    fn count_again(&mut self) {
        let left = self.again_left.checked_sub(1);
        self.again_left = left.unwrap_or_default();
        self.is_whole &= left.is_some();
    }

    fn left(&mut self, is_in_zone: bool) -> &mut usize {
        if is_in_zone {
            &mut self.zones_left
        } else {
            &mut self.beside_left
        }
    }
}

fn directories(entries: &[Entry<'_>]) -> Vec<ObjectId> {
    let directories = entries.iter().filter(|entry| entry.mode == tree::DIRECTORY);
    directories.map(|entry| entry.id).collect()
}

fn sorted(mut trees: Vec<ObjectId>) -> Vec<ObjectId> {
    trees.sort_unstable();
    trees.dedup();
    trees
}

fn entries(tree: &Tree) -> Entries<'_> {
    tree.entries().unwrap_or_default()
}

/// The entries that are not the same in any of those before, each with what has its name there. Those before may be very
/// many: each is passed once.
fn new_entries<'t>(
    there: &'t Tree,
    before: &'t [Rc<Tree>],
) -> impl Iterator<Item = (Entry<'t>, Vec<Entry<'t>>)> {
    let first = before.first().map(|first| entries(first));
    let mut others: HashMap<&[u8], Vec<Entry<'t>>> = HashMap::new();
    for entry in before.iter().skip(1).flat_map(|before| entries(before)) {
        others.entry(entry.name).or_default().push(entry);
    }
    pairs(first.unwrap_or_default(), entries(there)).filter_map(move |(old, new)| {
        let new = new?;
        let others = others.get(new.name).map(Vec::as_slice).unwrap_or_default();
        let mut old = old.iter().chain(others).copied();
        let all = old.clone();
        let is_new = !old.any(|old| old == new);
        is_new.then(|| (new, all.collect()))
    })
}
