//! The tree that a merge makes, where no file was changed on both sides.
//!
//! In come three trees, out goes the merged one, written to the object database as it is open. Only directories that both
//! sides changed are read, so it costs what changed and not what is there. Where both changed one file, or a tree is
//! malformed or lies too deep, there is no answer. Renames are not looked for.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use git2::ObjectType;

use crate::git::differing::known;
use crate::git::ids::{id, oid};
use crate::git::objects::Objects;
use crate::git::tree::{self, Entry};
use crate::names::ObjectId;

// A path that any system can open has at most 4096 octets, and nobody makes it of so many directories. It bounds the
// recursion here and in libgit2.
pub(super) const DEPTH: usize = 256;

type Side = Option<(u32, ObjectId)>;

/// The merged tree; `None` where somebody has to look into files.
pub(super) fn merge(
    objects: &Objects<'_>,
    base: ObjectId,
    ours: ObjectId,
    theirs: ObjectId,
) -> anyhow::Result<Option<ObjectId>> {
    let sides = [base, ours, theirs].map(|tree| Some((tree::DIRECTORY, tree)));
    let merged = entry(objects, sides, DEPTH)?;
    match merged {
        Some(Some((_, tree))) => Ok(Some(tree)),
        Some(None) => objects.write(ObjectType::Tree, &[]).map(Some),
        None => Ok(None),
    }
}

/// What becomes of one place, as it was and as both sides have it.
fn entry(
    objects: &Objects<'_>,
    [base, ours, theirs]: [Side; 3],
    depth: usize,
) -> anyhow::Result<Option<Side>> {
    if ours == theirs || base == theirs {
        return Ok(Some(ours));
    }
    if base == ours {
        return Ok(Some(theirs));
    }
    let folder = |side: Side| match side {
        None => Some(None),
        Some((tree::DIRECTORY, tree)) => Some(Some(tree)),
        Some(_) => None,
    };
    let (Some(base), Some(Some(ours)), Some(Some(theirs))) =
        (folder(base), folder(ours), folder(theirs))
    else {
        return Ok(None);
    };
    match depth.checked_sub(1) {
        Some(depth) => folders(objects, [base, Some(ours), Some(theirs)], depth),
        None => Ok(None),
    }
}

fn folders(
    objects: &Objects<'_>,
    sides: [Option<ObjectId>; 3],
    depth: usize,
) -> anyhow::Result<Option<Side>> {
    let mut trees = Vec::new();
    for side in sides {
        let Some(tree) = known(objects, side)? else {
            return Ok(None);
        };
        trees.push(tree);
    }
    let mut parsed = Vec::new();
    for tree in &trees {
        let Ok(entries) = tree.entries() else {
            return Ok(None);
        };
        let keyed = entries.into_iter();
        let keyed: BTreeMap<&[u8], (u32, ObjectId)> = keyed
            .map(|entry| (entry.name, (entry.mode, entry.id)))
            .collect();
        parsed.push(keyed);
    }
    let names: BTreeSet<&[u8]> = parsed.iter().flat_map(BTreeMap::keys).copied().collect();
    let mut merged = Vec::new();
    for name in names {
        let side = |number: usize| parsed[number].get(name).copied();
        let Some(found) = entry(objects, [side(0), side(1), side(2)], depth)? else {
            return Ok(None);
        };
        merged.extend(found.map(|(mode, id)| Entry { mode, name, id }));
    }
    if merged.is_empty() {
        return Ok(Some(None));
    }
    let tree = objects.write(ObjectType::Tree, &tree::serialize(&mut merged))?;
    Ok(Some(Some((tree::DIRECTORY, tree))))
}

/// Whether directories of these trees lie too deep, level by level, each tree of a level once.
pub(super) fn is_deep(repository: &git2::Repository, trees: [ObjectId; 3]) -> anyhow::Result<bool> {
    let mut level = BTreeSet::from(trees);
    for _ in 0..=DEPTH {
        let mut below = BTreeSet::new();
        for tree in level {
            let found = repository.find_tree(oid(tree));
            let found = found.with_context(|| format!("reading the tree {tree}"))?;
            let folders = found
                .iter()
                .filter(|entry| entry.kind() == Some(ObjectType::Tree));
            below.extend(folders.map(|entry| id(entry.id())));
        }
        level = below;
    }
    Ok(!level.is_empty())
}
