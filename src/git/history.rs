//! Which mainline commit brought the bytes of a request.
//!
//! In come the tip, the anchor and the blobs that are wanted; out comes an [`Introduction`] for each. One walk back along
//! first parents serves all of them: trees whose ids are equal are skipped, and what is found is no longer looked for.
//! Dates decide nothing. Bytes that come back after they were gone are a new introduction.

use std::collections::BTreeMap;

use anyhow::Context as _;
use git2::Commit;

use crate::finding::{Code, Reason, Stop};
use crate::git::{Repository, to_id, to_oid};
use crate::names::{ObjectId, RequestName};
use crate::snapshot::{Author, Introduction};
use crate::timestamp::Timestamp;
use crate::zones;

/// The wanted blobs, as a tree of the pieces of their paths.
#[derive(Debug, Default)]
struct Wanted {
    below: BTreeMap<String, Wanted>,
    leaf: Option<RequestName>,
}

impl Wanted {
    fn add(&mut self, name: &RequestName) {
        let path = format!("{name}.yaml");
        let node = path.split('/').fold(self, |node, piece| {
            node.below.entry(piece.to_owned()).or_default()
        });
        node.leaf = Some(name.clone());
    }

    fn is_empty(&self) -> bool {
        self.below.is_empty() && self.leaf.is_none()
    }
}

impl Repository {
    /// The introduction of each wanted request.
    ///
    /// # Errors
    /// A [`Stop`] when the anchor is not on the mainline; any other error when git fails.
    pub fn introductions(
        &self,
        tip: ObjectId,
        anchor: Option<ObjectId>,
        wanted: &BTreeMap<RequestName, ObjectId>,
    ) -> anyhow::Result<BTreeMap<RequestName, Introduction>> {
        if let Some(anchor) = anchor {
            self.require_on_mainline(tip, anchor)?;
        }
        let mut searched = Wanted::default();
        for name in wanted.keys() {
            searched.add(name);
        }
        let mut found = BTreeMap::new();
        let mut commit = self
            .inner
            .find_commit(to_oid(tip))
            .context("reading the tip of the mainline")?;
        let mut depth = 0;
        while !searched.is_empty() {
            // What was there at the anchor counts as brought by it.
            let parent = if anchor == Some(to_id(commit.id())) {
                None
            } else {
                commit.parent(0).ok()
            };
            let (mine, theirs) = (
                zone_of(&commit, zones::REQUESTS)?,
                parent.as_ref().map(requests_of).transpose()?.flatten(),
            );
            let mut brought = Vec::new();
            if mine != theirs {
                self.brought(mine, theirs, &mut searched, &mut brought)?;
            }
            for name in brought {
                found.insert(name, introduction(&commit, parent.as_ref(), depth)?);
            }
            let Some(parent) = parent else { break };
            commit = parent;
            depth += 1;
        }
        if anchor.is_none() {
            self.forgive_the_first(tip, &mut found)?;
        }
        Ok(found)
    }

    /// Moves the names out of `wanted` whose entry differs between a commit and its parent.
    fn brought(
        &self,
        mine: Option<ObjectId>,
        theirs: Option<ObjectId>,
        wanted: &mut Wanted,
        brought: &mut Vec<RequestName>,
    ) -> anyhow::Result<()> {
        let entries = |id: Option<ObjectId>| {
            id.map(|id| self.entries(id))
                .transpose()
                .map(Option::unwrap_or_default)
        };
        let (mine, theirs) = (entries(mine)?, entries(theirs)?);
        for (piece, below) in &mut wanted.below {
            let (mine, theirs) = (mine.get(piece), theirs.get(piece));
            if mine.map(|entry| entry.id) == theirs.map(|entry| entry.id) {
                continue;
            }
            brought.extend(below.leaf.take());
            if !below.below.is_empty() {
                let tree = |entry: Option<&super::tree::Entry>| {
                    entry.filter(|entry| entry.is_tree).map(|entry| entry.id)
                };
                self.brought(tree(mine), tree(theirs), below, brought)?;
            }
        }
        wanted.below.retain(|_, below| !below.is_empty());
        Ok(())
    }

    fn require_on_mainline(&self, tip: ObjectId, anchor: ObjectId) -> anyhow::Result<()> {
        let mut walk = self.inner.revwalk()?;
        walk.simplify_first_parent()?;
        walk.push(to_oid(tip))?;
        for id in walk {
            if to_id(id?) == anchor {
                return Ok(());
            }
        }
        let message = format!("the anchor {anchor} is not on the mainline that ends at {tip}");
        let help = "the history was rewritten, or the anchor is that of another repository";
        Err(Stop::because(Reason::new(Code::AnchorNotOnMainline, message).help(help)).into())
    }

    /// The first mainline commit with policies is the anchor when none is named: it is trusted, whatever it brought.
    fn forgive_the_first(
        &self,
        tip: ObjectId,
        found: &mut BTreeMap<RequestName, Introduction>,
    ) -> anyhow::Result<()> {
        if !found
            .values()
            .any(|introduction| introduction.touches_control)
        {
            return Ok(());
        }
        let mut walk = self.inner.revwalk()?;
        walk.simplify_first_parent()?;
        walk.push(to_oid(tip))?;
        let mut first = None;
        for id in walk {
            let commit = self.inner.find_commit(id?)?;
            if zone_of(&commit, zones::CONTROL[0])?.is_some() {
                first = Some(to_id(commit.id()));
            }
        }
        for introduction in found
            .values_mut()
            .filter(|introduction| Some(introduction.commit) == first)
        {
            introduction.touches_control = false;
        }
        Ok(())
    }
}

fn requests_of(commit: &Commit<'_>) -> anyhow::Result<Option<ObjectId>> {
    zone_of(commit, zones::REQUESTS)
}

/// The tree of a zone; `None` where it is absent.
fn zone_of(commit: &Commit<'_>, zone: &str) -> anyhow::Result<Option<ObjectId>> {
    let tree = commit
        .tree()
        .with_context(|| format!("reading the tree of {}", commit.id()))?;
    Ok(tree.get_name(zone).map(|entry| to_id(entry.id())))
}

fn introduction(
    commit: &Commit<'_>,
    parent: Option<&Commit<'_>>,
    depth: u64,
) -> anyhow::Result<Introduction> {
    let mut touches_control = false;
    for zone in zones::CONTROL {
        if let Some(parent) = parent {
            touches_control |= zone_of(commit, zone)? != zone_of(parent, zone)?;
        }
    }
    let author = commit.author();
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let committed = Timestamp::from_unix(commit.time().seconds());
    Ok(Introduction {
        commit: to_id(commit.id()),
        depth,
        committed: committed.with_context(|| {
            format!(
                "commit {} has a date outside the years 1970 to 9999",
                commit.id()
            )
        })?,
        author: Author {
            name: text(author.name_bytes()),
            email: text(author.email_bytes()),
        },
        touches_control,
    })
}
