//! The mainline: which of its commits brought the bytes of a request and the statements about it.
//!
//! In come a tip, an anchor and a snapshot; out goes what the mainline knows of each open request. One backward pass over
//! first parents compares tree ids and descends only where they differ. Order is position on the mainline; no date
//! decides anything. Nothing is kept of a commit once it is passed, so memory does not grow with history.

use crate::finding::{Code, Reason, Stop};
use crate::git::account::{Account, History};
use crate::git::anchor::off_mainline;
use crate::git::follow::{Following, Passed, Zones};
use crate::git::ids::id;
use crate::git::objects::Objects;
use crate::git::producer::Node;
use crate::git::repository::Repository;
use crate::names::ObjectId;
use crate::snapshot::Snapshot;

// A check of one request costs a tenth of a second; so much of it may be spent on denials that were taken away. A run looks
// at all of the mainline.
const LOOKED_BACK: usize = 1_000;
// What a commit costs that changed some request, when another one costs 1.
const CHANGED: usize = 10;

/// How far back a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// To where nothing is left to be found, or to this commit, which is on the way.
    Anchor(ObjectId),
    /// To where nothing is left to be found after the first commit that has `policies/`, or to that commit.
    FirstControl,
    /// To where nothing is left to be found, or to that commit.
    Found,
}

impl Repository {
    /// What the mainline of `tip` knows of the open requests of its snapshot. The bytes of one were brought by the latest
    /// commit that has them where its first parent does not. What was there at the anchor, or before it, counts as
    /// brought by the anchor.
    ///
    /// Without an anchor it is the first mainline commit that has `policies/`. A request that has other bytes at the tip
    /// than in the snapshot is left out.
    ///
    /// # Errors
    /// [`Stop`] when the anchor is not on the mainline of `tip`; other errors when history can't be read.
    pub fn history(
        &self,
        tip: ObjectId,
        anchor: Option<ObjectId>,
        snapshot: &Snapshot,
    ) -> anyhow::Result<History> {
        if let Some(anchor) = anchor {
            self.require_anchor(anchor, tip)?;
        }
        if snapshot.open.is_empty() {
            return Ok(History::default());
        }
        let until = anchor.map_or(Until::FirstControl, Until::Anchor);
        let following = Following::of(snapshot, true, |_| true);
        history(self, &Node::of(self, tip)?, until, following)
    }
}

/// What is known of the requests that are followed, from the mainline behind `top`.
pub(super) fn history(
    repository: &Repository,
    top: &Node,
    until: Until,
    following: Following<'_>,
) -> anyhow::Result<History> {
    let objects = Objects::of(repository)?;
    let mut walk = Walk {
        repository,
        objects: &objects,
        following,
    };
    let anchor = walk.back(top, until)?;
    Account::of(repository, walk.objects, anchor).give(top, &walk.following)
}

struct Walk<'r, 'o, 'w> {
    repository: &'r Repository,
    objects: &'o Objects<'r>,
    following: Following<'w>,
}

impl Walk<'_, '_, '_> {
    /// Fills the tracks; returns where the mainline begins.
    fn back(&mut self, top: &Node, until: Until) -> anyhow::Result<Passed> {
        let mut node = top.clone();
        let mut zones = Zones::of(self.objects, node.tree)?;
        self.following.begin(self.objects, &zones)?;
        let mut controlled = None;
        let mut left = LOOKED_BACK;
        for from_tip in 0.. {
            if left == 0 {
                self.following.look_no_further();
            }
            let mut here = Passed {
                from_tip,
                commit: node.commit,
                is_made: node.is_made,
                touches_control: false,
            };
            if zones.policies.is_some() {
                controlled = Some(here);
            }
            let is_done = self.following.is_done();
            let is_end = match until {
                Until::Anchor(anchor) => is_done || node.is_made && anchor == node.commit,
                // The beginning is here or before, so whatever was found came after it.
                Until::FirstControl => is_done && zones.policies.is_some(),
                Until::Found => is_done,
            };
            let first = node.parents.first().filter(|_| !is_end);
            let Some(first) = first else {
                return end(top.commit, until, is_end, here, controlled);
            };
            let parent = Node::of(self.repository, id(*first))?;
            if parent.tree != node.tree {
                let before = Zones::of(self.objects, parent.tree)?;
                here.touches_control = before.control() != zones.control();
                self.following.step(self.objects, here, &before, &zones)?;
                let is_changed = before.requests != zones.requests;
                left = left.saturating_sub(if is_changed { CHANGED } else { 0 });
                zones = before;
            }
            left = left.saturating_sub(1);
            node = parent;
        }
        unreachable!("a chain of commits has an end")
    }
}

/// Where the mainline begins, for a walk that ended here.
fn end(
    tip: ObjectId,
    until: Until,
    is_end: bool,
    here: Passed,
    controlled: Option<Passed>,
) -> anyhow::Result<Passed> {
    match (until, controlled) {
        (_, _) if is_end => Ok(here),
        (Until::Anchor(anchor), _) => Err(off_mainline(anchor, tip).into()),
        (Until::FirstControl, None) => Err(never_controlled(tip).into()),
        (_, Some(first)) => Ok(first),
        (Until::Found, None) => Ok(here),
    }
}

fn never_controlled(tip: ObjectId) -> Stop {
    let message = format!("no commit on the first-parent chain of {tip} has `policies/`");
    Stop::because(Reason::new(Code::NoMainline, message).help("gitca init"))
}
