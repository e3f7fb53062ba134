//! Where a landing of each commit of a branch leaves something else than its head has.
//!
//! In come the touches of each path, and what is there in the merge, in the head and in the base; out come the paths where a
//! rebase, a fast-forward or a push would not come to what was judged. No commit is replayed: what may come out otherwise
//! counts.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::git::carried::{Taken, by_ours};
use crate::git::merge::is_read;
use crate::git::objects::Objects;
use crate::git::producer::LANDING_OCTETS;
use crate::git::proposal::Proposal;
use crate::git::touches::{Content, Touch, Touches};
use crate::git::tree;
use crate::git::unfit::PATH_OCTETS;
use crate::names::ObjectId;
use crate::zones::{self, Role};

/// A path that a commit has otherwise than the merge would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    /// The commit, or the newest of them.
    pub commit: ObjectId,
    /// The path, which ends in a slash where all below it can't be compared.
    pub path: String,
    /// Why that matters.
    pub matter: Matter,
}

/// Why it matters that a commit has something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// What was stated, revoked, taken away or written to `issued/` once stays so.
    Statement,
    /// The same, of a commit that is pushed, and lands so.
    Pushed,
    /// A merge has changed what a commit before it wrote, and a rebase leaves out merges.
    Merge,
    /// The commit is a merge itself that changed what none of its parents has so.
    OfMerge,
    /// The base has changed it, too, and a rebase leaves out commits that change what the base has changed already.
    Rebase,
    /// The base has taken it away or changed it since, and a rebase may carry the change to another file, one that is read.
    Rename,
}

/// What is held against each other.
pub(super) struct Judge<'j, 'r> {
    objects: &'j Objects<'r>,
    /// The trees of the merge, of the head and of the base.
    top: ObjectId,
    head: ObjectId,
    base: ObjectId,
    /// What the base has changed since the branch left it.
    since: BTreeSet<String>,
    most: usize,
}

/// What a branch is made of.
pub(super) struct Branch {
    has_merges: bool,
    /// Whether it has several commits that a rebase replays: where there is one alone, nothing lands without it.
    pub(super) is_split: bool,
}

impl Branch {
    pub(super) fn of(touches: &Touches) -> Self {
        let all = || touches.values().flatten();
        let written = all().filter(|touch| !touch.is_merge);
        let written: HashSet<ObjectId> = written.map(|touch| touch.commit).collect();
        Self {
            has_merges: all().any(|touch| touch.is_merge),
            is_split: written.len() > 1,
        }
    }

    /// A touch of what can't be compared. Beside the zones that matters where a merge may have taken it away.
    fn vague<'t>(&self, path: &str, touches: &'t [Touch]) -> Option<&'t Touch> {
        let matters = is_read(path) || self.has_merges;
        touches.last().filter(|_| matters)
    }
}

/// What is at a path in the end.
#[derive(Clone, Copy)]
struct Ends {
    /// In the merge.
    left: Content,
    /// In the base.
    there: Content,
    /// In the head.
    head: Content,
}

impl<'j, 'r> Judge<'j, 'r> {
    pub(super) fn of(
        proposal: &Proposal<'r>,
        objects: &'j Objects<'r>,
        since: BTreeSet<String>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            objects,
            top: proposal.top,
            head: proposal.repository.tree_of(proposal.head)?,
            base: proposal.repository.tree_of(proposal.base)?,
            since,
            most: objects.walked() + LANDING_OCTETS,
        })
    }

    fn ends(&self, path: &str) -> anyhow::Result<Ends> {
        Ok(Ends {
            left: self.objects.content(self.top, path)?,
            there: self.objects.content(self.base, path)?,
            head: self.objects.content(self.head, path)?,
        })
    }

    /// Whether the base has changed this path.
    fn is_changed(&self, path: &str) -> bool {
        self.since.contains(path)
    }

    /// The paths where something else would be, or would have been.
    pub(super) fn compared(
        &self,
        touches: &Touches,
        branch: &Branch,
    ) -> anyhow::Result<Vec<Passing>> {
        let mut found = Vec::new();
        for (path, touches) in touches {
            let ends = self.ends(path)?;
            let (touch, matter) = if is_vague(path) {
                (branch.vague(path, touches), Matter::Statement)
            } else if let Some(touch) = stated(path, touches, ends) {
                (Some(touch), Matter::Statement)
            } else if let Some(touch) = left_out(path, touches, ends) {
                let matter = if touch.is_merge {
                    Matter::OfMerge
                } else {
                    Matter::Merge
                };
                (Some(touch), matter)
            } else if is_read(path) && branch.is_split && self.is_changed(path) {
                (skipped(touches, ends), Matter::Rebase)
            } else {
                continue;
            };
            found.extend(touch.map(|touch| tell(touch, path, matter)));
        }
        Ok(found)
    }

    /// The paths whose change a rebase may carry to another file, as each commit is merged on its own, with renames since its
    /// parent; `None` where it takes too much to find out.
    pub(super) fn carried(&self, touches: &Touches) -> anyhow::Result<Option<Vec<Passing>>> {
        let moving = moving(touches);
        let mut known = HashMap::new();
        let mut found = Vec::new();
        for (path, touches) in touches {
            let there = self.objects.content(self.base, path)?;
            let is_taken =
                there.is_none() && (touches[0].before.is_some() || self.is_changed(path));
            for touch in written(touches) {
                let Some((before, parent)) = touch.before.zip(touch.parent) else {
                    continue;
                };
                let is_carried = match (touch.after, there) {
                    (Some(_), None) if is_taken => self.is_carried((parent, before), &mut known)?,
                    (None, Some(there)) => there != before && moving.contains(&touch.commit),
                    _ => false,
                };
                if is_carried {
                    found.push(tell(touch, path, Matter::Rename));
                    break;
                }
            }
            if self.objects.walked() > self.most {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    /// Whether the base has a file in a zone that this tree has not, for which git may take what it took away.
    fn is_carried(
        &self,
        (tree, taken): (ObjectId, (u32, ObjectId)),
        known: &mut HashMap<(ObjectId, (u32, ObjectId)), bool>,
    ) -> anyhow::Result<bool> {
        if let Some(known) = known.get(&(tree, taken)) {
            return Ok(*known);
        }
        let found = by_ours(self.objects, tree, self.base, &Taken::from([taken]))?;
        known.insert((tree, taken), found);
        Ok(found)
    }

    /// The paths of a push where something went and came back, or was revoked in passing.
    pub(super) fn pushed(&self, touches: &Touches) -> anyhow::Result<Vec<Passing>> {
        let mut found = Vec::new();
        for (path, touches) in touches {
            let ends = self.ends(path)?;
            let is_back = match zones::role(path) {
                Some(Role::Manifest(_) | Role::Statement(_)) => ends.there.is_some(),
                Some(Role::Revocation(_)) => true,
                _ => false,
            };
            let other = other(touches, ends).filter(|_| is_back && ends.left == ends.there);
            found.extend(other.map(|touch| tell(touch, path, Matter::Pushed)));
        }
        Ok(found)
    }
}

fn tell(touch: &Touch, path: &str, matter: Matter) -> Passing {
    Passing {
        commit: touch.commit,
        path: path.to_owned(),
        matter,
    }
}

/// Whether what is at this path can't be told from what is beside or below it.
fn is_vague(path: &str) -> bool {
    path.is_empty() || path.ends_with('/') || path.contains(char::REPLACEMENT_CHARACTER)
}

/// The newest touch after which something was there that is neither in the merge nor in the base.
fn other(touches: &[Touch], ends: Ends) -> Option<&Touch> {
    let known = [ends.left, ends.there];
    touches.iter().rfind(|touch| !known.contains(&touch.after))
}

/// A touch that the mainline would remember.
fn stated<'t>(path: &str, touches: &'t [Touch], ends: Ends) -> Option<&'t Touch> {
    let role = zones::role(path);
    // Who takes it away ends what was said of it, though the same bytes come back.
    let is_manifest = matches!(role, Some(Role::Manifest(_)));
    let is_statement = matches!(role, Some(Role::Statement(_) | Role::Revocation(_)));
    let is_output = path.starts_with("issued/");
    // Where the branch was cut before the base had it, what a rebase replays of it is a conflict.
    let was_there = touches.first().is_some_and(|touch| touch.before.is_some());
    let is_back = ends.left == ends.there && (is_output || is_manifest && was_there);
    other(touches, ends).filter(|_| is_statement || is_back)
}

/// A touch that leaves something else once the merges are left out. Beside the zones that matters where nobody may have what
/// would be there.
fn left_out<'t>(path: &str, touches: &'t [Touch], ends: Ends) -> Option<&'t Touch> {
    let last = written(touches).last();
    let is_other = match last {
        Some(last) if is_read(path) => last.after != ends.head,
        Some(last) => {
            ends.left.is_none() && last.after.is_some_and(|(mode, _)| !is_fit(path, mode))
        }
        None => is_read(path) && ends.head != ends.there,
    };
    last.or(touches.last()).filter(|_| is_other)
}

/// Whether everybody can check out a file of this path and mode beside the zones. Of links and submodules it is not asked.
fn is_fit(path: &str, mode: u32) -> bool {
    let top = path.split('/').next().unwrap_or_default();
    let is_refused = |piece: &str| zones::checkout_fault(piece.as_bytes(), false).is_some();
    tree::is_blob(mode)
        && !tree::is_link(mode)
        && path.len() <= PATH_OCTETS
        && !zones::folds_to_zone(top.as_bytes())
        && !path.split('/').any(is_refused)
}

/// A touch that leaves something else where a rebase takes some of them for landed already.
fn skipped(touches: &[Touch], ends: Ends) -> Option<&Touch> {
    let is_apart = ends.left != ends.there || written(touches).count() > 1;
    written(touches).last().filter(|_| is_apart)
}

/// What no merge did.
fn written(touches: &[Touch]) -> impl Iterator<Item = &Touch> {
    touches.iter().filter(|touch| !touch.is_merge)
}

/// The commits that bring a file where gitca reads: they may have moved it there.
fn moving(touches: &Touches) -> HashSet<ObjectId> {
    let read = touches.iter().filter(|(path, _)| is_read(path));
    let read = read.flat_map(|(_, touches)| touches);
    read.filter(|touch| touch.before.is_none() && touch.after.is_some())
        .map(|touch| touch.commit)
        .collect()
}
