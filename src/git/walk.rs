//! Walks over all that can be reached from a commit, behind merges too.
//!
//! In come commits; out go those that one side has and the other has not, or what both have in common. Both sides are
//! painted backwards, by the dates of commits, until nothing is left that only one has; whoever is painted late passes it
//! on at once. Dates decide in which order commits are read, and how far: a wrong one costs time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use git2::Oid;

use crate::finding::{Code, Reason, Stop};
use crate::git::ids::{id, oid};
use crate::git::repository::Repository;
use crate::names::ObjectId;

// Ten thousand commits, however short, are as many as a landing is looked through for: nobody has written more in them.
const MOST: usize = 8 << 20;
const LEAST: usize = 800;

const OURS: u8 = 1;
const THEIRS: u8 = 2;
const BOTH: u8 = OURS | THEIRS;
/// An ancestor of something that both have.
const OLDER: u8 = 4;

struct Seen {
    paint: u8,
    seconds: i64,
    parents: Vec<Oid>,
    is_waiting: bool,
}

struct Walk<'r> {
    repository: &'r Repository,
    /// The paint that is of no interest.
    settled: u8,
    seen: HashMap<Oid, Seen>,
    waiting: BinaryHeap<(i64, Reverse<usize>, Oid)>,
    /// How many of those that wait are of interest.
    open: usize,
    /// The oldest date that was of interest.
    oldest: i64,
    /// What is brought has this paint alone, and so many octets are left for it.
    brought: u8,
    left: usize,
}

impl Repository {
    /// The commits that can be reached from some and not from others, children first.
    ///
    /// # Errors
    /// When history can't be read.
    pub(super) fn reach(&self, tops: &[Oid], hidden: &[Oid]) -> anyhow::Result<Vec<Oid>> {
        let walk = Walk::of(self, THEIRS);
        let walk = walk.between((tops, OURS), (hidden, THEIRS))?;
        Ok(walk.sorted(tops))
    }

    /// The same for what somebody brings; `None` when these commits have more octets than anybody writes.
    ///
    /// # Errors
    /// When history can't be read.
    pub(super) fn brought(&self, tops: &[Oid], hidden: &[Oid]) -> anyhow::Result<Option<Vec<Oid>>> {
        let walk = Walk::bounded(self, THEIRS, OURS);
        let walk = walk.between((tops, OURS), (hidden, THEIRS))?;
        Ok((walk.left > 0).then(|| walk.sorted(tops)))
    }

    /// Where a branch with this head left the one that it shall be merged into.
    ///
    /// # Errors
    /// [`Stop`] when they have nothing in common, or when its commits have more octets than anybody writes; other errors
    /// when history can't be read.
    pub(super) fn fork(&self, base: ObjectId, head: ObjectId) -> anyhow::Result<ObjectId> {
        let walk = Walk::bounded(self, OLDER, THEIRS);
        let walk = walk.between((&[oid(base)], OURS), (&[oid(head)], THEIRS))?;
        if walk.left == 0 {
            return Err(too_large(base, head).into());
        }
        Ok(walk.common().ok_or_else(|| unrelated(base, head))?)
    }

    /// The newest commit that can be reached from both and from no other such.
    fn common(&self, one: ObjectId, other: ObjectId) -> anyhow::Result<Option<ObjectId>> {
        let walk = Walk::of(self, OLDER);
        let walk = walk.between((&[oid(one)], OURS), (&[oid(other)], THEIRS))?;
        Ok(walk.common())
    }

    /// Whether one commit can be reached from another.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn is_ancestor(&self, old: ObjectId, new: ObjectId) -> anyhow::Result<bool> {
        Ok(old != new && self.common(old, new)? == Some(old))
    }
}

impl<'r> Walk<'r> {
    fn of(repository: &'r Repository, settled: u8) -> Self {
        Self {
            repository,
            settled,
            seen: HashMap::new(),
            waiting: BinaryHeap::new(),
            open: 0,
            oldest: i64::MAX,
            brought: 0,
            left: usize::MAX,
        }
    }

    /// One that ends when what has this paint alone has too many octets.
    fn bounded(repository: &'r Repository, settled: u8, brought: u8) -> Self {
        Self {
            brought,
            left: MOST,
            ..Self::of(repository, settled)
        }
    }

    /// Walks from two sides, each with its paint.
    fn between(
        mut self,
        (some, one): (&[Oid], u8),
        (others, other): (&[Oid], u8),
    ) -> anyhow::Result<Self> {
        self.begin(some, one)?;
        self.begin(others, other)?;
        self.run()?;
        Ok(self)
    }

    fn begin(&mut self, commits: &[Oid], paint: u8) -> anyhow::Result<()> {
        commits
            .iter()
            .try_for_each(|commit| self.paint(*commit, None, paint))
    }

    fn run(&mut self) -> anyhow::Result<()> {
        while let Some((seconds, _, commit)) = self.waiting.pop() {
            if self.left == 0 {
                return Ok(());
            }
            // Older ones lead to nothing newer.
            if self.open == 0 && seconds <= self.oldest {
                return Ok(());
            }
            let Some(seen) = self.seen.get_mut(&commit) else {
                continue;
            };
            seen.is_waiting = false;
            if seen.paint & self.settled == 0 {
                self.open -= 1;
                self.oldest = self.oldest.min(seconds);
            }
            let (paint, parents) = (passed_on(seen.paint, self.settled), seen.parents.clone());
            for parent in parents {
                self.paint(parent, Some(commit), paint)?;
            }
        }
        Ok(())
    }

    /// Paints a commit, and all behind it that were seen already.
    fn paint(&mut self, commit: Oid, child: Option<Oid>, paint: u8) -> anyhow::Result<()> {
        let mut next = vec![(commit, child, paint)];
        while let Some((commit, child, paint)) = next.pop() {
            let Some(seen) = self.seen.get_mut(&commit) else {
                self.see(commit, child, paint)?;
                continue;
            };
            let before = seen.paint;
            seen.paint |= paint;
            if seen.paint == before {
                continue;
            }
            if seen.is_waiting {
                let is_open = |paint: u8| paint & self.settled == 0;
                self.open -= usize::from(is_open(before) && !is_open(seen.paint));
            } else {
                let paint = passed_on(seen.paint, self.settled);
                next.extend(
                    seen.parents
                        .iter()
                        .map(|parent| (*parent, Some(commit), paint)),
                );
            }
        }
        Ok(())
    }

    fn see(&mut self, commit: Oid, child: Option<Oid>, paint: u8) -> anyhow::Result<()> {
        let found = self.repository.commit_named(commit, child)?;
        if paint == self.brought {
            self.left = self.left.saturating_sub(found.octets().max(LEAST));
        }
        let seconds = found.seconds().unwrap_or(0);
        self.waiting
            .push((seconds, Reverse(self.seen.len()), commit));
        self.open += usize::from(paint & self.settled == 0);
        let seen = Seen {
            paint,
            seconds,
            parents: found.parent_ids().collect(),
            is_waiting: true,
        };
        self.seen.insert(commit, seen);
        Ok(())
    }

    fn common(&self) -> Option<ObjectId> {
        let common = self.seen.iter().filter(|(_, seen)| seen.paint == BOTH);
        let newest = common.max_by_key(|(commit, seen)| (seen.seconds, **commit));
        newest.map(|(commit, _)| id(*commit))
    }

    /// What is of interest, children first.
    fn sorted(&self, tops: &[Oid]) -> Vec<Oid> {
        let open = |commit: &Oid| {
            let seen = self.seen.get(commit);
            seen.filter(|seen| seen.paint & self.settled == 0)
        };
        let mut children: HashMap<Oid, usize> = HashMap::new();
        for seen in self.seen.keys().filter_map(open) {
            for parent in &seen.parents {
                *children.entry(*parent).or_default() += 1;
            }
        }
        let is_first = |commit: &Oid| !children.contains_key(commit) && open(commit).is_some();
        let mut next: Vec<Oid> = tops.iter().copied().filter(is_first).collect();
        let mut sorted = Vec::new();
        while let Some(commit) = next.pop() {
            sorted.push(commit);
            let parents = open(&commit).map(|seen| seen.parents.as_slice());
            for parent in parents.unwrap_or_default() {
                let left = children.get_mut(parent);
                let is_last = left.is_some_and(|left| {
                    *left -= 1;
                    *left == 0
                });
                if is_last && open(parent).is_some() {
                    next.push(*parent);
                }
            }
        }
        sorted
    }
}

/// What the parents of a commit with this paint get.
fn passed_on(paint: u8, settled: u8) -> u8 {
    let is_common = settled == OLDER && paint & BOTH == BOTH;
    paint | if is_common { OLDER } else { 0 }
}

fn too_large(base: ObjectId, head: ObjectId) -> Stop {
    let message = format!(
        "the commits of {head} that {base} has not have more than {MOST} octets in all, each counted as {LEAST} at least"
    );
    let help = "squash them into one with a message that people read";
    Stop::because(Reason::new(Code::TooManyFiles, message).help(help))
}

fn unrelated(base: ObjectId, head: ObjectId) -> Stop {
    let message = format!("{head} has no history in common with {base}");
    Stop::because(
        Reason::new(Code::MergeConflict, message).help("branch off the base, and try again"),
    )
}
