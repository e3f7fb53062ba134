//! Whether git may carry the change of a file that one side took away to a file that this side added.
//!
//! In come the trees of that side, as they were and as they are, and what it took away; out goes a yes or a no. Git pairs what was
//! taken away with what was added: first where the octets are the same, then where at least half of them are alike, which
//! two files cannot be of which one is more than twice as large. How alike others are is not asked, so a yes may be wrong.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::git::diff::pairs;
use crate::git::differing::{any_differing, known};
use crate::git::objects::Objects;
use crate::git::producer::LANDING_OCTETS;
use crate::git::tree::{self, Entry};
use crate::names::ObjectId;
use crate::zones::{ATTRIBUTES, ZONES, Zone};

const ISSUED: &str = "issued";

/// What was taken away: modes and objects of files and directories.
pub(super) type Taken = HashSet<(u32, ObjectId)>;

/// Whether a side has a file in one of these zones, or attributes at the top, where there was none: what was moved was moved to
/// such a place.
pub(super) fn adds_file(
    objects: &Objects<'_>,
    base: ObjectId,
    side: ObjectId,
    zones: &[&str],
) -> anyhow::Result<bool> {
    let is_new = |path: &str| {
        let is_there = |top| anyhow::Ok(objects.file(top, path)?.is_some());
        // What can't be compared may be anything.
        Ok(path.ends_with('/') || is_there(side)? && !is_there(base)?)
    };
    if is_new(ATTRIBUTES)? {
        return Ok(true);
    }
    for zone in zones {
        let folder = |top| objects.entry(top, zone, tree::DIRECTORY);
        let (old, new) = (folder(base)?, folder(side)?);
        let place = format!("{zone}/");
        if is_new(zone)? || any_differing(objects, &place, old, new, &mut |path| is_new(path))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the mainline has one where people write, or a run has added one to `issued/` that may be taken for a file that
/// was taken away.
pub(super) fn by_ours(
    objects: &Objects<'_>,
    base: ObjectId,
    ours: ObjectId,
    taken: &Taken,
) -> anyhow::Result<bool> {
    let mut edited = ZONES.to_vec();
    edited.retain(|zone| *zone != ISSUED);
    Ok(adds_file(objects, base, ours, &edited)? || is_like_output(objects, base, ours, taken)?)
}

fn is_like_output(
    objects: &Objects<'_>,
    base: ObjectId,
    ours: ObjectId,
    taken: &Taken,
) -> anyhow::Result<bool> {
    let issued = |top| objects.entry(top, ISSUED, tree::DIRECTORY);
    if issued(base)? == issued(ours)? {
        return Ok(false);
    }
    // What is too much, or can't be read, may be anything.
    let Some(moves) = Moves::between(objects, base, ours)? else {
        return Ok(true);
    };
    let Some(files) = files(objects, taken)? else {
        return Ok(true);
    };
    let octets = moves.issued.iter().map(|file| objects.octets(*file));
    let octets: BTreeSet<usize> = octets.collect::<anyhow::Result<_>>()?;
    for file in files {
        if moves.issued.contains(&file) {
            return Ok(true);
        }
        if moves.is_elsewhere(file) {
            continue;
        }
        let size = objects.octets(file)?;
        if octets.range(size.div_ceil(2)..=2 * size).next().is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// All files that were taken away; `None` where they are too many, or can't be read.
fn files(objects: &Objects<'_>, taken: &Taken) -> anyhow::Result<Option<HashSet<ObjectId>>> {
    let most = objects.walked() + LANDING_OCTETS;
    let mut left: Vec<(u32, ObjectId)> = taken.iter().copied().collect();
    let (mut files, mut folders) = (HashSet::new(), HashSet::new());
    while let Some((mode, id)) = left.pop() {
        if tree::is_blob(mode) {
            files.insert(id);
        }
        if mode != tree::DIRECTORY || !folders.insert(id) {
            continue;
        }
        let folder = known(objects, Some(id))?;
        let entries = folder.as_deref().and_then(|folder| folder.entries().ok());
        let Some(entries) = entries.filter(|_| objects.walked() <= most) else {
            return Ok(None);
        };
        left.extend(entries.map(|entry| (entry.mode, entry.id)));
    }
    Ok(Some(files))
}

/// Where a directory lies.
#[derive(Clone, Copy)]
enum Place {
    Top,
    Below(Option<Zone>),
}

/// The files that a side took away and added.
#[derive(Default)]
struct Moves {
    taken: HashMap<ObjectId, usize>,
    issued: HashSet<ObjectId>,
    beside: HashSet<ObjectId>,
}

impl Moves {
    /// `None` where there are too many, or where they can't be read.
    fn between(
        objects: &Objects<'_>,
        base: ObjectId,
        side: ObjectId,
    ) -> anyhow::Result<Option<Self>> {
        let most = objects.walked() + LANDING_OCTETS;
        let mut moves = Self::default();
        let mut left = vec![(Place::Top, Some(base), Some(side))];
        while let Some((place, old, new)) = left.pop() {
            if old == new {
                continue;
            }
            let (before, after) = (known(objects, old)?, known(objects, new)?);
            let before = before.as_deref().and_then(|tree| tree.entries().ok());
            let after = after.as_deref().and_then(|tree| tree.entries().ok());
            let both = before.zip(after).filter(|_| objects.walked() <= most);
            let Some((before, after)) = both else {
                return Ok(None);
            };
            for (before, after) in pairs(before, after) {
                let Some(Entry { name, mode, .. }) = before.or(after) else {
                    continue;
                };
                let zone = match place {
                    Place::Top => Zone::of(&String::from_utf8_lossy(name)),
                    Place::Below(zone) => zone,
                };
                if mode == tree::DIRECTORY {
                    let [old, new] = [before, after].map(|side| side.map(|entry| entry.id));
                    left.push((Place::Below(zone), old, new));
                } else {
                    moves.note(zone, before, after);
                }
            }
        }
        Ok(Some(moves))
    }

    fn note(&mut self, zone: Option<Zone>, before: Option<Entry<'_>>, after: Option<Entry<'_>>) {
        match (before, after) {
            (Some(file), None) => *self.taken.entry(file.id).or_default() += 1,
            (None, Some(file)) if file.mode == tree::FILE => match zone {
                Some(Zone::Output) => _ = self.issued.insert(file.id),
                None => _ = self.beside.insert(file.id),
                Some(_) => {}
            },
            _ => {}
        }
    }

    /// Whether git pairs it with the very same file elsewhere, and looks no further. Of several that were the same any may
    /// be left over.
    fn is_elsewhere(&self, file: ObjectId) -> bool {
        self.beside.contains(&file) && self.taken.get(&file) == Some(&1)
    }
}
