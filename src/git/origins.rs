//! Who made bytes that a merge brought back, somewhere behind all that it landed.
//!
//! In comes what was found of a landing, with the commits that it took old bytes from; out it goes with all commits that
//! made these: those that have them where no parent has, as far back as parents have them. Whoever lands such a merge is
//! the one who asks, and these have a hand in it all the same. Nothing of it is proven, and too much of history is not
//! searched. Many landings may lead to the same commits, so that each is compared with its parents once.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use git2::Oid;

use crate::git::diff::Paths;
use crate::git::ids::id;
use crate::git::objects::Objects;
use crate::git::producer::{LANDING_OCTETS, Node, PARENTS, Producers, requests_of};
use crate::git::repository::Repository;

// What is looked at for one landing: what it brings back was mostly there a short while ago.
const MOST: usize = 1_000_000;
// What a parent of a commit costs, when a request at it costs 1: two thousand commits are looked at, at most.
const COMPARED: usize = 500;

/// The search behind the landings of one history.
pub(super) struct Origins<'o> {
    repository: &'o Repository,
    objects: &'o Objects<'o>,
    paths: &'o Paths<usize>,
    /// `None` is a commit that is too large to be compared.
    known: HashMap<Oid, Option<Rc<Compared>>>,
}

/// A commit beside its parents.
struct Compared {
    /// The requests that each has otherwise.
    parents: Vec<(Oid, BTreeSet<usize>)>,
    /// How much of trees was walked.
    octets: usize,
}

impl<'o> Origins<'o> {
    /// `paths` are the manifests below `requests/`.
    pub(super) fn of(
        repository: &'o Repository,
        objects: &'o Objects<'o>,
        paths: &'o Paths<usize>,
    ) -> Self {
        Self {
            repository,
            objects,
            paths,
            known: HashMap::new(),
        }
    }

    /// Adds those who made what was brought back; `None` when that is too much to look at.
    pub(super) fn complete(&mut self, mut found: Producers) -> anyhow::Result<Option<Producers>> {
        let mut seen: HashMap<Oid, BTreeSet<usize>> = HashMap::new();
        let returned = std::mem::take(&mut found.returned);
        let mut waiting: Vec<(Oid, BTreeSet<usize>)> = returned.into_iter().collect();
        let mut left = (MOST, LANDING_OCTETS);
        while let Some((commit, requests)) = waiting.pop() {
            let seen = seen.entry(commit).or_default();
            let here = &requests - seen;
            if here.is_empty() {
                continue;
            }
            seen.extend(&here);
            let Some(compared) = self.compared(commit)? else {
                return Ok(None);
            };
            let cost = (COMPARED + here.len()) * compared.parents.len();
            let rest = left.0.checked_sub(cost);
            let Some(rest) = rest.zip(left.1.checked_sub(compared.octets)) else {
                return Ok(None);
            };
            left = rest;
            let mut made = here.clone();
            for (parent, differing) in &compared.parents {
                waiting.push((*parent, &here - differing));
                made = &made & differing;
            }
            for request in made {
                let contributors = found.contributors.entry(request).or_default();
                contributors.push(id(commit));
            }
        }
        Ok(Some(found))
    }

    fn compared(&mut self, commit: Oid) -> anyhow::Result<Option<Rc<Compared>>> {
        if let Some(known) = self.known.get(&commit) {
            return Ok(known.clone());
        }
        let found = self.compare(commit)?.map(Rc::new);
        self.known.insert(commit, found.clone());
        Ok(found)
    }

    fn compare(&self, commit: Oid) -> anyhow::Result<Option<Compared>> {
        let (objects, start) = (self.objects, self.objects.walked());
        let node = Node::of(self.repository, id(commit))?;
        let here = requests_of(objects, node.tree)?;
        let mut parents = Vec::new();
        for parent in node.parents {
            if parents.len() == PARENTS || objects.walked() - start > LANDING_OCTETS {
                return Ok(None);
            }
            let there = self.repository.tree_of(id(parent))?;
            let there = requests_of(objects, there)?;
            let differing = objects.differences(there, here, self.paths)?;
            let differing = differing.into_iter().map(|found| found.follower);
            parents.push((parent, differing.collect()));
        }
        let octets = objects.walked() - start;
        Ok(Some(Compared { parents, octets }))
    }
}
