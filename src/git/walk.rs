//! Walks over all that can be reached from a commit, behind merges too.
//!
//! In come commits; out go those that one side has and the other has not, or what both have in common. Both sides are
//! painted backwards, by the dates of commits, until nothing is left that only one has; whoever is painted late passes it
//! on at once. Dates decide in which order commits are read, and how far. A wrong one costs time: where very much seems to be
//! brought, or a beginning of history, the other side is read to its end, whatever its dates, since it may have all that.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use git2::Oid;

use crate::git::repository::Repository;

// Nobody has written more in the commits that are brought.
pub(super) const MOST: usize = 8 << 20;
// However short they are, a change has 2,500 of them: each of its pushes has them read. Once that is merged, a landing is
// looked through for ten thousand.
pub(super) const PROPOSED: usize = MOST / 2_500;
const LANDED: usize = 800;

pub(super) const OURS: u8 = 1;
pub(super) const THEIRS: u8 = 2;
const BOTH: u8 = OURS | THEIRS;
/// An ancestor of something that both have.
pub(super) const OLDER: u8 = 4;

struct Seen {
    paint: u8,
    seconds: i64,
    /// How many were seen before it.
    number: usize,
    parents: Vec<Oid>,
    octets: usize,
    is_waiting: bool,
}

/// Commits by their dates; of one date those first that were seen first.
type Waiting = BinaryHeap<(i64, Reverse<usize>, Oid)>;

/// Two sides, as far as they were painted.
pub(super) struct Walk<'r> {
    repository: &'r Repository,
    /// The paint that is of no interest.
    settled: u8,
    seen: HashMap<Oid, Seen>,
    /// Those that seem to be brought wait by themselves: what is painted later on stays where it was, and waits twice.
    waiting: Waiting,
    waiting_brought: Waiting,
    /// How many of those that wait are of interest.
    open: usize,
    /// How many of interest have no parents.
    beginnings: usize,
    /// The oldest date that was of interest.
    oldest: i64,
    /// What is brought has this paint alone, these octets, and at most so many.
    brought: u8,
    octets: usize,
    most: usize,
    /// So many octets it counts for, however short it is.
    least: usize,
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
        let walk = Walk::bounded(self, THEIRS, (OURS, LANDED));
        let walk = walk.between((tops, OURS), (hidden, THEIRS))?;
        Ok((!walk.is_full()).then(|| walk.sorted(tops)))
    }
}

impl<'r> Walk<'r> {
    pub(super) fn of(repository: &'r Repository, settled: u8) -> Self {
        Self {
            repository,
            settled,
            seen: HashMap::new(),
            waiting: Waiting::new(),
            waiting_brought: Waiting::new(),
            open: 0,
            beginnings: 0,
            oldest: i64::MAX,
            brought: 0,
            octets: 0,
            most: usize::MAX,
            least: 0,
        }
    }

    /// One that ends when what has this paint alone has too many octets.
    pub(super) fn bounded(
        repository: &'r Repository,
        settled: u8,
        (brought, least): (u8, usize),
    ) -> Self {
        Self {
            brought,
            most: MOST,
            least,
            ..Self::of(repository, settled)
        }
    }

    /// Walks from two sides, each with its paint.
    pub(super) fn between(
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
        while let Some((seconds, commit)) = self.next() {
            // Older ones lead to nothing newer. Where dates are wrong, too much may be of interest, and never too little.
            if self.open == 0 && seconds <= self.oldest && !self.is_doubtful() {
                return Ok(());
            }
            let Some(seen) = self.seen.get_mut(&commit) else {
                continue;
            };
            if !std::mem::take(&mut seen.is_waiting) {
                continue;
            }
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

    /// The newest that waits; when too much seems to be brought, of those that are not.
    fn next(&mut self) -> Option<(i64, Oid)> {
        let is_brought = !self.is_full() && self.waiting_brought.peek() > self.waiting.peek();
        let next = if is_brought {
            self.waiting_brought.pop()
        } else {
            self.waiting.pop()
        };
        next.map(|(seconds, _, commit)| (seconds, commit))
    }

    pub(super) fn is_full(&self) -> bool {
        self.octets > self.most
    }

    /// Whether the other side may have what seems to be brought. When the histories have nothing in common, it has not.
    fn is_doubtful(&self) -> bool {
        self.is_full() || self.settled == THEIRS && self.beginnings > 0
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
            let is_open = |paint: u8| paint & self.settled == 0;
            let closes = is_open(before) && !is_open(seen.paint);
            self.beginnings -= usize::from(closes && seen.parents.is_empty());
            if before == self.brought {
                self.octets -= seen.octets;
            }
            if seen.is_waiting {
                self.open -= usize::from(closes);
                if before == self.brought {
                    let place = (seen.seconds, Reverse(seen.number), commit);
                    self.waiting.push(place);
                }
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
        let seen = Seen {
            paint,
            seconds: found.seconds().unwrap_or(0),
            number: self.seen.len(),
            parents: found.parent_ids().collect(),
            octets: found.octets().max(self.least),
            is_waiting: true,
        };
        let is_open = paint & self.settled == 0;
        self.open += usize::from(is_open);
        self.beginnings += usize::from(is_open && seen.parents.is_empty());
        let place = (seen.seconds, Reverse(seen.number), commit);
        if paint == self.brought {
            self.octets += seen.octets;
            self.waiting_brought.push(place);
        } else {
            self.waiting.push(place);
        }
        self.seen.insert(commit, seen);
        Ok(())
    }

    /// What both have, the newest first, without what was seen to lie behind another such: all that lies behind no other is
    /// there, and more where dates are wrong.
    pub(super) fn common(&self) -> Vec<Oid> {
        let common = self.seen.iter().filter(|(_, seen)| seen.paint == BOTH);
        let mut common: Vec<(i64, Oid)> = common
            .map(|(commit, seen)| (seen.seconds, *commit))
            .collect();
        common.sort_unstable_by_key(|place| Reverse(*place));
        common.into_iter().map(|(_, commit)| commit).collect()
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
