//! Who wrote what a mainline commit brought: behind a merge it is not the one who pressed the button.
//!
//! In come a mainline commit and the requests that it changed; out go, for each, the commit that made its bytes and all
//! commits that had a hand in it. What a merge landed is passed once, children first, for all requests together, and a
//! commit costs what it changes: the search for a maker goes to the parent that has the bytes already, and on from there,
//! but never out of what was landed: bytes that a merge brought back from there are its own, though whoever made them
//! keeps a hand in them. Nothing of it is proven: authors are what git says.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use git2::Oid;

use crate::git::diff::Paths;
use crate::git::ids::{id, oid};
use crate::git::objects::Objects;
use crate::git::repository::Repository;
use crate::git::tree;
use crate::names::ObjectId;

// A landing of more commits than this is not searched; the author of its requests is unknown.
const LANDING_COMMITS: usize = 10_000;
// Nor is one with a commit of more parents: nobody merges so many branches at once.
pub(super) const PARENTS: usize = 64;
/// What the trees have that are compared for one landing: a directory of a thousand requests may be changed by seven hundred
/// commits.
pub(super) const LANDING_OCTETS: usize = 64 << 20;

/// A commit, or a merge that nobody has made yet.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The commit; of a merge that nobody has made, its head.
    pub(super) commit: ObjectId,
    /// Whether it is a commit.
    pub(super) is_made: bool,
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<Oid>,
}

impl Node {
    pub(super) fn of(repository: &Repository, commit: ObjectId) -> anyhow::Result<Self> {
        let found = repository.commit_at(commit)?;
        Ok(Self {
            commit,
            is_made: true,
            tree: id(found.tree_id()),
            parents: found.parent_ids().collect(),
        })
    }
}

/// What a landing is asked for; a request is told by its number.
#[derive(Clone, Debug, Default)]
pub(super) struct Question {
    /// Whose bytes it brought.
    pub(super) makers: BTreeSet<usize>,
    /// Whose contributors matter.
    pub(super) contributors: BTreeSet<usize>,
}

/// Who made the bytes, and who had a hand in them; `None` for a merge that nobody has made.
#[derive(Debug, Default)]
pub(super) struct Producers {
    pub(super) makers: BTreeMap<usize, Option<ObjectId>>,
    pub(super) contributors: BTreeMap<usize, Vec<ObjectId>>,
    /// Those whose bytes were brought back, by the commits that had them.
    pub(super) returned: BTreeMap<Oid, BTreeSet<usize>>,
}

/// Looks at what a node landed; `None` when that is too much. `paths` are the manifests below `requests/`.
pub(super) fn search(
    repository: &Repository,
    objects: &Objects<'_>,
    top: &Node,
    question: &Question,
    paths: &Paths<usize>,
) -> anyhow::Result<Option<Producers>> {
    if top.is_made && top.parents.len() < 2 {
        return Ok(Some(alone(top, question)));
    }
    let Some(landed) = landed(repository, top)? else {
        return Ok(None);
    };
    let mut search = Search {
        repository,
        objects,
        paths,
        question,
        landed: landed.iter().copied().collect(),
        requests: HashMap::new(),
        held: HashMap::from([(key(top), &question.makers | &question.contributors)]),
        top,
        found: Producers::default(),
        most: usize::MAX,
    };
    if !top.is_made {
        search.visit(top)?;
    }
    search.most = objects.walked() + LANDING_OCTETS;
    for commit in landed {
        let node = Node::of(repository, id(commit))?;
        if node.parents.len() > PARENTS {
            return Ok(None);
        }
        search.visit(&node)?;
        if search.is_long() {
            return Ok(None);
        }
    }
    Ok(Some(search.found))
}

/// Who made the commit made all that it changes.
pub(super) fn alone(top: &Node, question: &Question) -> Producers {
    let made = |request: &usize| (*request, Some(top.commit));
    let contributed = |request: &usize| (*request, vec![top.commit]);
    Producers {
        makers: question.makers.iter().map(made).collect(),
        contributors: question.contributors.iter().map(contributed).collect(),
        returned: BTreeMap::new(),
    }
}

struct Search<'s> {
    repository: &'s Repository,
    objects: &'s Objects<'s>,
    paths: &'s Paths<usize>,
    question: &'s Question,
    landed: HashSet<Oid>,
    requests: HashMap<Oid, Option<ObjectId>>,
    /// The requests whose bytes were followed to this commit; `None` is a merge that nobody has made.
    held: HashMap<Option<Oid>, BTreeSet<usize>>,
    top: &'s Node,
    found: Producers,
    /// How much of trees is walked at most.
    most: usize,
}

fn key(node: &Node) -> Option<Oid> {
    node.is_made.then(|| oid(node.commit))
}

impl Search<'_> {
    fn is_long(&self) -> bool {
        self.objects.walked() > self.most
    }

    fn visit(&mut self, node: &Node) -> anyhow::Result<()> {
        let held = self.held.remove(&key(node)).unwrap_or_default();
        let here = requests_of(self.objects, node.tree)?;
        let mut differing: Vec<BTreeSet<usize>> = Vec::new();
        for parent in &node.parents {
            if self.is_long() {
                return Ok(());
            }
            let there = self.requests_at(*parent)?;
            let found = self.objects.differences(there, here, self.paths)?;
            differing.push(found.into_iter().map(|found| found.follower).collect());
        }
        if node.parents.is_empty() {
            let found = self.objects.differences(None, here, self.paths)?;
            let made: BTreeSet<usize> = found.into_iter().map(|found| found.follower).collect();
            self.contribute(node, &made);
        } else if let Some((first, others)) = differing.split_first() {
            let made = others
                .iter()
                .fold(first.clone(), |made, other| &made & other);
            self.contribute(node, &made);
        }
        self.follow(node, held, &differing);
        Ok(())
    }

    fn contribute(&mut self, node: &Node, made: &BTreeSet<usize>) {
        // Nobody has a hand in a merge that is not made.
        for request in made & &self.question.contributors {
            let found = self.found.contributors.entry(request).or_default();
            found.extend(node.is_made.then_some(node.commit));
        }
    }

    /// Follows what is held here to the first parents that were landed and have the same. All that a parent has goes there
    /// at once: of very many requests a commit changes few.
    fn follow(&mut self, node: &Node, mut held: BTreeSet<usize>, differing: &[BTreeSet<usize>]) {
        let parents = || node.parents.iter().zip(differing);
        for (parent, differing) in parents().filter(|(parent, _)| self.landed.contains(parent)) {
            let others = differing.iter().filter(|request| held.remove(request));
            let others = others.copied().collect();
            // Only ancestors come next, and they come later.
            join(self.held.entry(Some(*parent)).or_default(), held);
            held = others;
        }
        let mut made = held.clone();
        for (parent, differing) in parents().filter(|(parent, _)| !self.landed.contains(parent)) {
            made = &made & differing;
            let returned = self.found.returned.entry(*parent).or_default();
            returned.extend(&held - differing);
        }
        for request in &held & &self.question.makers {
            // A merge that brings back old bytes: it is the merge that did it.
            let is_made = made.contains(&request);
            let maker = if is_made { node } else { self.top };
            let maker = maker.is_made.then_some(maker.commit);
            self.found.makers.insert(request, maker);
        }
    }

    fn requests_at(&mut self, commit: Oid) -> anyhow::Result<Option<ObjectId>> {
        if let Some(known) = self.requests.get(&commit) {
            return Ok(*known);
        }
        let node = Node::of(self.repository, id(commit))?;
        let found = requests_of(self.objects, node.tree)?;
        self.requests.insert(commit, found);
        Ok(found)
    }
}

/// Adds what is fewer to what is more.
fn join(some: &mut BTreeSet<usize>, mut others: BTreeSet<usize>) {
    if some.len() < others.len() {
        std::mem::swap(some, &mut others);
    }
    some.extend(others);
}

/// The tree `requests/` of a commit with that tree.
pub(super) fn requests_of(
    objects: &Objects<'_>,
    top: ObjectId,
) -> anyhow::Result<Option<ObjectId>> {
    objects.entry(top, "requests", tree::DIRECTORY)
}

/// The commits that are reachable from the node and not from its first parent, children first.
pub(super) fn landed(repository: &Repository, top: &Node) -> anyhow::Result<Option<Vec<Oid>>> {
    let first: Vec<Oid> = top.parents.first().copied().into_iter().collect();
    // Nobody has made the top of a proposal yet.
    let tops = if top.is_made {
        vec![oid(top.commit)]
    } else {
        top.parents[1..].to_vec()
    };
    let commits = repository.brought(&tops, &first)?;
    Ok(commits.filter(|commits| commits.len() <= LANDING_COMMITS))
}
