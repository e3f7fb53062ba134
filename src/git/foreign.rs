//! What differs between two states of `issued/`, apart from files that nobody reads.
//!
//! In come two trees, out go the paths that only a run may change. `README.md`, `OWNERS`, `.gitkeep` and `.gitattributes`
//! may come and go beside the folders of certificates, not within them: a template may have the name of one. Of a change, the
//! directories that it makes for them are told elsewhere.

use std::collections::BTreeSet;

use crate::git::differing::{any_differing, differing};
use crate::git::objects::Objects;
use crate::git::tree;
use crate::names::{ObjectId, artifact};
use crate::zones;

const PLACE: &str = "issued/";

/// The paths that differ and that only a run may change.
pub(super) fn touched(
    objects: &Objects<'_>,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
) -> anyhow::Result<BTreeSet<String>> {
    let mut paths = BTreeSet::new();
    let mut show = |path: &str| {
        paths.insert(path.to_owned());
    };
    differing(objects, PLACE, old, new, &mut show)?;
    for path in std::mem::take(&mut paths) {
        if is_ours(objects, (old, new), &path)? {
            paths.insert(path);
        }
    }
    Ok(paths)
}

/// Whether anything differs that only a run may change.
pub(super) fn is_touched(
    objects: &Objects<'_>,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
) -> anyhow::Result<bool> {
    let mut is_it = |path: &str| is_ours(objects, (old, new), path);
    any_differing(objects, PLACE, old, new, &mut is_it)
}

/// Whether only a run may change what is at a path of `issued/`, of which these are two states.
pub(super) fn is_ours(
    objects: &Objects<'_>,
    (old, new): (Option<ObjectId>, Option<ObjectId>),
    path: &str,
) -> anyhow::Result<bool> {
    Ok(!zones::is_unread(path)
        || is_beside_manifest(objects, old, path)?
        || is_beside_manifest(objects, new, path)?)
}

fn is_beside_manifest(
    objects: &Objects<'_>,
    issued: Option<ObjectId>,
    path: &str,
) -> anyhow::Result<bool> {
    let Some(issued) = issued else {
        return Ok(false);
    };
    let mut pieces: Vec<&str> = path.split('/').skip(1).collect();
    if let Some(name) = pieces.last_mut() {
        *name = artifact::REQUEST;
    }
    Ok(objects.follow(issued, &pieces, tree::FILE)?.is_some())
}
