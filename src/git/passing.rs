//! What the commits of a branch bring and its head does not have.
//!
//! In comes a proposal; out come the paths that a commit of it has otherwise than the merge would, where that matters. A merge
//! and a squash land the head alone, but a rebase and a fast-forward land each commit: what was stated or revoked on the way
//! stays in the mainline's history and is believed, and a rebase leaves out merges and what it takes for landed already, so
//! that something else may come of the rest than was judged.

use std::collections::{BTreeMap, BTreeSet};

use git2::Oid;

use crate::git::differing::differing;
use crate::git::follow::Zones;
use crate::git::foreign::touched;
use crate::git::ids::{id, oid};
use crate::git::objects::Objects;
use crate::git::producer::{LANDING_OCTETS, Node, PARENTS};
use crate::git::proposal::Proposal;
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
    /// A merge has changed what a commit before it wrote, and a rebase leaves out merges.
    Merge,
    /// Several commits have changed what the base has changed, too, and a rebase leaves out what the base has already.
    Rebase,
}

/// What a commit has at a path.
#[derive(Clone, Copy)]
struct Touch {
    commit: ObjectId,
    content: Option<ObjectId>,
    is_merge: bool,
}

type Touches = BTreeMap<String, Vec<Touch>>;

impl Proposal<'_> {
    /// What its commits have otherwise than the merge would, by path; `None` where there are too many of them to look at.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn passing(&self) -> anyhow::Result<Option<Vec<Passing>>> {
        let Some(commits) = self.landed()? else {
            return Ok(None);
        };
        if commits.len() < 2 {
            return Ok(Some(Vec::new()));
        }
        let objects = Objects::of(self.repository)?;
        let mut search = Search {
            proposal: self,
            objects: &objects,
            touches: Touches::new(),
        };
        for commit in commits.iter().rev() {
            search.look(&Node::of(self.repository, id(*commit))?)?;
            if objects.walked() > LANDING_OCTETS {
                return Ok(None);
            }
        }
        search.found().map(Some)
    }
}

struct Search<'s, 'r> {
    proposal: &'s Proposal<'r>,
    objects: &'s Objects<'r>,
    touches: Touches,
}

impl Search<'_, '_> {
    /// Notes what a commit has otherwise than each of its parents.
    fn look(&mut self, node: &Node) -> anyhow::Result<()> {
        let first = node.parents.first();
        let mut paths = self.changed(first, node.tree)?;
        for parent in node.parents.iter().take(PARENTS).skip(1) {
            if paths.is_empty() {
                break;
            }
            paths = &paths & &self.changed(Some(parent), node.tree)?;
        }
        for path in paths {
            let touch = Touch {
                commit: node.commit,
                content: self.objects.file(node.tree, &path)?,
                is_merge: node.parents.len() > 1,
            };
            self.touches.entry(path).or_default().push(touch);
        }
        Ok(())
    }

    /// The paths of the zones where a tree differs from that of a commit, or from nothing.
    fn changed(&self, before: Option<&Oid>, after: ObjectId) -> anyhow::Result<BTreeSet<String>> {
        let objects = self.objects;
        let before = before.map(|parent| self.proposal.repository.tree_of(id(*parent)));
        let before = before.transpose()?;
        if before == Some(after) {
            return Ok(BTreeSet::new());
        }
        let before = before.map(|before| Zones::of(objects, before));
        let (old, new) = (
            before.transpose()?.unwrap_or_default(),
            Zones::of(objects, after)?,
        );
        let mut paths = touched(objects, old.issued, new.issued)?;
        let mut show =
            |path: &str| paths.extend((!zones::is_unread(path)).then(|| path.to_owned()));
        differing(objects, "policies/", old.policies, new.policies, &mut show)?;
        differing(
            objects,
            "templates/",
            old.templates,
            new.templates,
            &mut show,
        )?;
        differing(objects, "requests/", old.requests, new.requests, &mut show)?;
        Ok(paths)
    }

    fn found(&self) -> anyhow::Result<Vec<Passing>> {
        let (proposal, objects) = (self.proposal, self.objects);
        let trees = [proposal.head, proposal.base];
        let [head, base] = trees.map(|commit| proposal.repository.tree_of(commit));
        let (head, base) = (head?, base?);
        let (mut found, mut several) = (Vec::new(), Vec::new());
        for (path, touches) in &self.touches {
            let content = |tree| objects.file(tree, path);
            let known @ [left, there] = [content(proposal.top)?, content(base)?];
            // Who takes it away ends what was said of it, though the same bytes come back.
            let role = zones::role(path);
            let is_manifest = matches!(role, Some(Role::Manifest(_)));
            let is_statement = matches!(role, Some(Role::Statement(_) | Role::Revocation(_)));
            let is_back =
                left == there && (path.starts_with("issued/") || is_manifest && there.is_some());
            let written = touches.iter().rev().filter(|touch| !touch.is_merge);
            let last = written.clone().next();
            let other = touches
                .iter()
                .rev()
                .find(|touch| !known.contains(&touch.content));
            let tell = |touch: &Touch, matter| Passing {
                commit: touch.commit,
                path: path.clone(),
                matter,
            };
            if path.ends_with('/') {
                // What lies below it is not known.
                found.extend(touches.last().map(|touch| tell(touch, Matter::Statement)));
            } else if is_statement || is_back {
                found.extend(other.map(|touch| tell(touch, Matter::Statement)));
            } else if let Some(last) = last {
                if last.content != content(head)? {
                    found.push(tell(last, Matter::Merge));
                } else if written.count() > 1 {
                    several.push(tell(last, Matter::Rebase));
                }
            }
        }
        if !several.is_empty() {
            let changed = self.changed_since()?;
            several.retain(|passing| {
                changed
                    .as_ref()
                    .is_none_or(|all| all.contains(&passing.path))
            });
            found.extend(several);
        }
        Ok(found)
    }

    /// The paths that commits of the base have changed since the branch left it; `None` where these are too many.
    fn changed_since(&self) -> anyhow::Result<Option<BTreeSet<String>>> {
        let (repository, base) = (self.proposal.repository, self.proposal.base);
        let ancestor = self.proposal.ancestor();
        let Some(commits) = repository.brought(&[oid(base)], &[oid(ancestor)])? else {
            return Ok(None);
        };
        let mut paths = BTreeSet::new();
        for commit in commits {
            let node = Node::of(repository, id(commit))?;
            if node.parents.len() < 2 {
                paths.append(&mut self.changed(node.parents.first(), node.tree)?);
            }
            if self.objects.walked() > 2 * LANDING_OCTETS {
                return Ok(None);
            }
        }
        Ok(Some(paths))
    }
}
