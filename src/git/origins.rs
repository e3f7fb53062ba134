//! Who made bytes that a merge brought back, somewhere behind all that it landed.
//!
//! In come the commits that they were taken from and the manifests; out go all commits that made them: those that have them
//! where no parent has, as far back as parents have them. Whoever lands such a merge is the one who asks, and these have a
//! hand in it all the same. Nothing of it is proven, and too much of history is not searched.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use git2::Oid;

use crate::git::diff::Paths;
use crate::git::ids::id;
use crate::git::objects::Objects;
use crate::git::repository::Repository;
use crate::git::tree;
use crate::names::ObjectId;

// What is looked at for one landing: what it brings back was mostly there a short while ago.
const MOST: usize = 1_000_000;
// What it costs to compare a commit with a parent, when a request at one costs 1: two thousand are compared at most.
const COMPARED: usize = 500;

/// Requests by the commits that they are found at.
pub(super) type Places = BTreeMap<Oid, BTreeSet<usize>>;

/// The commits that made the bytes which the requests have at these places; `None` when that is too much to look at, or
/// when trees would have to be walked beyond `octets`. `paths` are the manifests below `requests/`.
pub(super) fn origins(
    repository: &Repository,
    objects: &Objects<'_>,
    paths: &Paths<usize>,
    places: Places,
    octets: usize,
) -> anyhow::Result<Option<BTreeMap<usize, Vec<ObjectId>>>> {
    let mut found: BTreeMap<usize, Vec<ObjectId>> = BTreeMap::new();
    let mut seen: HashMap<Oid, BTreeSet<usize>> = HashMap::new();
    let mut waiting: Vec<(Oid, BTreeSet<usize>)> = places.into_iter().collect();
    let mut left = MOST;
    while let Some((commit, requests)) = waiting.pop() {
        let seen = seen.entry(commit).or_default();
        let mut made = &requests - seen;
        if made.is_empty() {
            continue;
        }
        seen.extend(&made);
        let here = made.clone();
        let commit = repository.commit_at(id(commit))?;
        let tree = requests_of(objects, id(commit.tree_id()))?;
        for parent in commit.parent_ids() {
            let rest = left.checked_sub(COMPARED + here.len());
            let Some(rest) = rest.filter(|_| objects.walked() <= octets) else {
                return Ok(None);
            };
            left = rest;
            let there = requests_of(objects, repository.tree_of(id(parent))?)?;
            let differing = objects.differences(there, tree, paths)?;
            let differing = differing.into_iter().map(|found| found.follower).collect();
            waiting.push((parent, &here - &differing));
            made = &made & &differing;
        }
        for request in made {
            found.entry(request).or_default().push(id(commit.id()));
        }
    }
    Ok(Some(found))
}

/// The tree `requests/` of a commit with that tree.
pub(super) fn requests_of(
    objects: &Objects<'_>,
    top: ObjectId,
) -> anyhow::Result<Option<ObjectId>> {
    objects.entry(top, "requests", tree::DIRECTORY)
}
