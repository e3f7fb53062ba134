//! The tree that a merge makes, as `git merge` would make it without looking for renames.
//!
//! In come three trees, out go the merged one, written to the object database as it is open, and the paths that both sides
//! changed in different ways, which are left out of it. The lines of no file are put together: programs that merge do it in
//! different ways where lines repeat, and what is judged must be what lands. Only directories that both sides changed are
//! read, and each three of them once, so it costs what changed and not what is there; too much of that is refused. Of files that
//! nobody reads the change counts as it is. Programs that look for renames may carry it to another file, which somebody reads:
//! where one side took away what the other changed, and added a file where gitca reads, that is a conflict.

use std::collections::{BTreeSet, HashMap};

use anyhow::Context as _;
use git2::ObjectType;

use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::carried::{self, Taken};
use crate::git::differing::known;
use crate::git::objects::Objects;
use crate::git::producer::LANDING_OCTETS;
use crate::git::tree::{self, Entries, Entry};
use crate::names::{ObjectId, RepoPath};
use crate::zones;

// A path that any system can open has at most 4096 octets, and nobody makes it of so many directories.
const DEPTH: usize = 256;

/// What a merge made.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) top: ObjectId,
    /// What both sides changed in different ways, where gitca reads; of directories that are the same in several places the
    /// files in the first, and then the directory.
    pub(super) conflicts: Vec<RepoPath>,
    /// What one side took away and the other changed, where gitca does not read, so that the change may land where it does.
    pub(super) displaced: Vec<RepoPath>,
}

/// Merges what became of `base` on both sides.
///
/// # Errors
/// A [`Stop`] when there are too many directories to read; other errors when an object can't be read or written.
pub(super) fn merge(
    objects: &Objects<'_>,
    [base, ours, theirs]: [ObjectId; 3],
) -> anyhow::Result<Merged> {
    let mut merge = Merge {
        objects,
        most: objects.walked() + LANDING_OCTETS,
        path: String::new(),
        made: HashMap::new(),
        conflicts: Vec::new(),
        taken: [Away::default(), Away::default()],
    };
    let sides = [base, ours, theirs].map(|tree| Some((tree::DIRECTORY, tree)));
    let top = match merge.entry(sides, 0)? {
        Some((_, tree)) => tree,
        None => objects.write(ObjectType::Tree, &[])?,
    };
    let [by_ours, by_theirs] = merge.taken;
    let mut displaced = Vec::new();
    if let Some(path) = by_ours.first
        && carried::by_ours(objects, base, ours, &by_ours.what)?
    {
        displaced.push(named(&path)?);
    }
    if let Some(path) = by_theirs.first
        && carried::adds_file(objects, base, theirs, &zones::ZONES)?
    {
        displaced.push(named(&path)?);
    }
    Ok(Merged {
        top,
        conflicts: merge.conflicts,
        displaced,
    })
}

/// The mode and the object of one entry, if there is one.
type Side = Option<(u32, ObjectId)>;

struct Merge<'m, 'r> {
    objects: &'m Objects<'r>,
    /// How many octets of trees may have been asked for.
    most: usize,
    path: String,
    /// What was made of three directories, within the zones or not, and whether there were conflicts. A few trees may name
    /// each other very often.
    made: HashMap<(bool, [Side; 3]), (Side, bool)>,
    conflicts: Vec<RepoPath>,
    /// Where gitca does not read, what our side took away and theirs changed, and the other way round.
    taken: [Away; 2],
}

/// What one side took away: the first place, and all that was there.
#[derive(Default)]
struct Away {
    first: Option<String>,
    what: Taken,
}

impl Merge<'_, '_> {
    /// What becomes of one place, as it was and as both sides have it.
    fn entry(&mut self, sides: [Side; 3], depth: usize) -> anyhow::Result<Side> {
        let [base, ours, theirs] = sides;
        if ours == theirs || base == theirs {
            return Ok(ours);
        }
        if base == ours {
            return Ok(theirs);
        }
        self.note_taken(sides);
        let is_folder = |side: Side| side.is_none_or(|(mode, _)| mode == tree::DIRECTORY);
        if is_folder(ours) && is_folder(theirs) {
            // A file that both made a directory of had nothing in it.
            let base = base.filter(|_| is_folder(base));
            return self.folder([base, ours, theirs], depth);
        }
        match (base, ours, theirs) {
            (Some(base), Some(ours), Some(theirs)) => Ok(self.file([base, ours, theirs])),
            _ => Ok(self.conflict(theirs)),
        }
    }

    fn note_taken(&mut self, [base, ours, theirs]: [Side; 3]) {
        let is_directory = |side: Side| side.map(|(mode, _)| mode == tree::DIRECTORY);
        // A directory in the place of a file took it away as well.
        let is_taken = |side| is_directory(side) != is_directory(base);
        self.note(base, [is_taken(ours), is_taken(theirs)]);
    }

    fn note(&mut self, base: Side, is_taken: [bool; 2]) {
        let Some(what) = base.filter(|_| !is_read(&self.path)) else {
            return;
        };
        let taken = self.taken.iter_mut().zip(is_taken);
        for (taken, _) in taken.filter(|(_, is_taken)| *is_taken) {
            taken.first.get_or_insert_with(|| self.path.clone());
            taken.what.insert(what);
        }
    }

    fn folder(&mut self, sides: [Side; 3], depth: usize) -> anyhow::Result<Side> {
        let key = (is_read(&self.path), sides);
        if let Some((made, has_conflicts)) = self.made.get(&key).copied() {
            if has_conflicts {
                self.conflict(None);
            }
            return Ok(made);
        }
        // A merge may be far larger than its sides: of each directory of one with each of the other. Those of `requests/` with
        // as many names as it may have are read thrice.
        if self.objects.walked() > self.most {
            return Err(self.too_large().into());
        }
        let conflicts = self.conflicts.len();
        let mut trees = Vec::new();
        for side in sides {
            trees.extend(known(self.objects, side.map(|(_, tree)| tree))?);
        }
        let entries = trees.iter().map(|tree| tree.entries());
        let entries: Result<Vec<Entries<'_>>, _> = entries.collect();
        let made = match entries.as_deref() {
            Ok([base, ours, theirs]) if depth < DEPTH => {
                self.entries([base, ours, theirs], depth + 1)?
            }
            _ => {
                // Nobody looked, so both may have taken away whatever was there.
                self.note(sides[0], [true; 2]);
                self.conflict(sides[2])
            }
        };
        let has_conflicts = self.conflicts.len() > conflicts;
        self.made.insert(key, (made, has_conflicts));
        Ok(made)
    }

    fn too_large(&self) -> Stop {
        let message = format!(
            "the base and the head both changed directories with more than {LANDING_OCTETS} octets of names, too many to put together"
        );
        let help = "merge the base into the branch, so that one can read there what will land";
        Stop(vec![Finding {
            file: RepoPath::nearest(&self.path),
            ..Finding::anywhere(Reason::new(Code::TooManyFiles, message).help(help))
        }])
    }

    fn entries(&mut self, sides: [&Entries<'_>; 3], depth: usize) -> anyhow::Result<Side> {
        let keyed = sides.map(|entries| {
            let keyed = entries
                .clone()
                .map(|entry| (entry.name, (entry.mode, entry.id)));
            keyed.collect::<HashMap<_, _>>()
        });
        let names = sides.into_iter().cloned().flatten().map(|entry| entry.name);
        let names: BTreeSet<&[u8]> = names.collect();
        let end = self.path.len();
        let mut merged = Vec::new();
        for name in names {
            if end > 0 {
                self.path.push('/');
            }
            self.path.push_str(&String::from_utf8_lossy(name));
            let found = self.entry(keyed.each_ref().map(|side| side.get(name).copied()), depth)?;
            self.path.truncate(end);
            merged.extend(found.map(|(mode, id)| Entry { mode, name, id }));
        }
        if merged.is_empty() {
            return Ok(None);
        }
        let octets = tree::serialize(&mut merged);
        let tree = self.objects.write(ObjectType::Tree, &octets)?;
        Ok(Some((tree::DIRECTORY, tree)))
    }

    fn file(&mut self, [base, ours, theirs]: [(u32, ObjectId); 3]) -> Side {
        let mode = changed(base.0, ours.0, theirs.0);
        let merged = mode.zip(changed(base.1, ours.1, theirs.1));
        merged.or_else(|| self.conflict(Some(theirs)))
    }

    /// Nothing is left where somebody has to decide, and the change where nobody reads it or nobody can call it.
    fn conflict(&mut self, theirs: Side) -> Side {
        match self.path.parse() {
            Ok(path) if is_read(&self.path) => {
                self.conflicts.push(path);
                None
            }
            _ => theirs,
        }
    }
}

/// What to call a place that one side took away.
fn named(path: &str) -> anyhow::Result<RepoPath> {
    RepoPath::nearest(path).context("naming what one side took away")
}

/// Whether gitca reads what is at this path.
pub(super) fn is_read(path: &str) -> bool {
    let top = path.split('/').next().unwrap_or_default();
    path.is_empty() || zones::ZONES.contains(&top) || path == zones::ATTRIBUTES
}

/// What became of something that one side may have changed.
fn changed<T: Copy + PartialEq>(base: T, ours: T, theirs: T) -> Option<T> {
    if ours == theirs || base == theirs {
        Some(ours)
    } else {
        (base == ours).then_some(theirs)
    }
}
