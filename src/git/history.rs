//! The mainline: which of its commits brought the bytes of a request.
//!
//! In come a tip, an anchor and the requests that are wanted; out goes the introduction of each. One backward pass over
//! first parents compares tree ids and descends only where they differ. Order is position on the mainline; no date
//! decides anything. Nothing is kept of a commit once it is passed, so memory does not grow with history.

use std::collections::BTreeMap;

use anyhow::Context as _;
use git2::Commit;

use crate::finding::{Code, Reason, Stop};
use crate::git::ids::{id, oid};
use crate::git::objects::Objects;
use crate::git::producer::Landing;
use crate::git::repository::Repository;
use crate::git::tree;
use crate::names::{ObjectId, RequestName};
use crate::snapshot::Introduction;
use crate::timestamp::Timestamp;

// RFC 5280 4.1.2.5.2: GeneralizedTime ends with the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

/// A request and the blob that is looked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'w> {
    pub(super) name: &'w RequestName,
    pub(super) blob: ObjectId,
}

/// A commit of the mainline, counted from the tip.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Passed {
    from_tip: u64,
    commit: ObjectId,
}

impl Repository {
    /// The mainline commit that brought the bytes of each wanted request: the latest that has them where its first
    /// parent does not. What was there at the anchor, or before it, counts as brought by the anchor.
    ///
    /// Without an anchor it is the first mainline commit that has `policies/`. A request that has other bytes at the tip
    /// than the wanted ones is left out.
    ///
    /// # Errors
    /// [`Stop`] when the anchor is not on the mainline of `tip`; other errors when history can't be read.
    pub fn introductions(
        &self,
        tip: ObjectId,
        anchor: Option<ObjectId>,
        wanted: &BTreeMap<RequestName, ObjectId>,
    ) -> anyhow::Result<BTreeMap<RequestName, Introduction>> {
        if wanted.is_empty() && anchor.is_none() {
            return Ok(BTreeMap::new());
        }
        let mut walk = Walk {
            repository: self,
            objects: Objects::of(&self.inner)?,
            missing: wanted
                .iter()
                .map(|(name, blob)| Wanted { name, blob: *blob })
                .collect(),
            brought: BTreeMap::new(),
        };
        let anchor = walk.back_to_anchor(tip, anchor)?;
        walk.introduce(anchor)
    }

    pub(super) fn commit_at(&self, commit: ObjectId) -> anyhow::Result<Commit<'_>> {
        let found = self.inner.find_commit(oid(commit));
        found.with_context(|| format!("reading commit {commit}"))
    }
}

struct Walk<'r, 'w> {
    repository: &'r Repository,
    objects: Objects<'r>,
    missing: Vec<Wanted<'w>>,
    brought: BTreeMap<Passed, Vec<Wanted<'w>>>,
}

impl<'w> Walk<'_, 'w> {
    fn back_to_anchor(
        &mut self,
        tip: ObjectId,
        anchor: Option<ObjectId>,
    ) -> anyhow::Result<Passed> {
        let mut commit = self.repository.commit_at(tip)?;
        let mut zones = Zones::of(&self.objects, &commit)?;
        self.forget_what_differs(zones.requests)?;
        let mut controlled = None;
        for from_tip in 0.. {
            let here = Passed {
                from_tip,
                commit: id(commit.id()),
            };
            if zones.policies.is_some() {
                controlled = Some(here);
            }
            if anchor == Some(here.commit) {
                return Ok(here);
            }
            if commit.parent_count() == 0 {
                break;
            }
            let parent = self.repository.commit_at(id(commit.parent_id(0)?))?;
            // With a given anchor and nothing wanted any more, only its place is still to be found.
            let is_done = anchor.is_some() && self.missing.is_empty();
            if parent.tree_id() != commit.tree_id() && !is_done {
                let before = Zones::of(&self.objects, &parent)?;
                self.assign(here, zones.requests, before.requests)?;
                zones = before;
            }
            commit = parent;
        }
        match (anchor, controlled) {
            (Some(anchor), _) => Err(off_mainline(anchor, tip).into()),
            (None, Some(first)) => Ok(first),
            (None, None) => Err(never_controlled(tip).into()),
        }
    }

    fn forget_what_differs(&mut self, requests: Option<ObjectId>) -> anyhow::Result<()> {
        let lacking = self.lacking(None, requests)?;
        self.missing
            .retain(|wanted| lacking.binary_search(&wanted.name).is_err());
        Ok(())
    }

    fn assign(
        &mut self,
        here: Passed,
        child: Option<ObjectId>,
        parent: Option<ObjectId>,
    ) -> anyhow::Result<()> {
        let lacking = self.lacking(child, parent)?;
        if !lacking.is_empty() {
            let is_brought = |wanted: &mut Wanted<'_>| lacking.binary_search(&wanted.name).is_ok();
            let brought = self.missing.extract_if(.., is_brought).collect();
            self.brought.insert(here, brought);
        }
        Ok(())
    }

    fn lacking(
        &self,
        child: Option<ObjectId>,
        parent: Option<ObjectId>,
    ) -> anyhow::Result<Vec<&'w RequestName>> {
        lacking(&self.objects, child, parent, &self.missing)
    }

    fn introduce(self, anchor: Passed) -> anyhow::Result<BTreeMap<RequestName, Introduction>> {
        let mut introductions = BTreeMap::new();
        let mut brought = self.brought;
        let by_anchor = brought
            .split_off(&anchor)
            .into_values()
            .flatten()
            .chain(self.missing);
        let by_anchor: Vec<Wanted<'_>> = by_anchor.collect();
        brought.insert(anchor, by_anchor);
        for (passed, wanted) in brought {
            let commit = self.repository.commit_at(passed.commit)?;
            let is_anchor = passed == anchor;
            let landing = Landing::of(self.repository, &self.objects, &commit, is_anchor)?;
            let touches_control = !is_anchor && touches_control(&self.objects, &commit)?;
            for Wanted { name, blob } in wanted {
                let maker = landing.maker(name, blob)?;
                let introduction = Introduction {
                    commit: passed.commit,
                    position: anchor.from_tip - passed.from_tip,
                    committed: committed(&commit),
                    contributors: maker.iter().cloned().collect(),
                    maker,
                    touches_control,
                };
                introductions.insert(name.clone(), introduction);
            }
        }
        Ok(introductions)
    }
}

/// The wanted requests, sorted by name, that the parent's `requests/` does not have; the child has them all.
pub(super) fn lacking<'w>(
    objects: &Objects<'_>,
    child: Option<ObjectId>,
    parent: Option<ObjectId>,
    wanted: &[Wanted<'w>],
) -> anyhow::Result<Vec<&'w RequestName>> {
    let mut found = Vec::new();
    compare(objects, (child, parent), wanted, 0, &mut found)?;
    Ok(found)
}

fn compare<'w>(
    objects: &Objects<'_>,
    (child, parent): (Option<ObjectId>, Option<ObjectId>),
    wanted: &[Wanted<'w>],
    offset: usize,
    found: &mut Vec<&'w RequestName>,
) -> anyhow::Result<()> {
    if wanted.is_empty() || (child == parent && parent.is_some()) {
        return Ok(());
    }
    let mut rest = wanted;
    let (child, parent) = (folder_of(objects, child)?, folder_of(objects, parent)?);
    // A malformed tree has nothing.
    let child = tree::parse(&child).unwrap_or_default();
    let parent = tree::parse(&parent).unwrap_or_default();
    let blob = |name: &str| Some(tree::find(&parent, name, tree::FILE)?.id);
    while let Some((first, others)) = rest.split_first() {
        let below = &first.name.as_str()[offset..];
        let Some((folder, _)) = below.split_once('/') else {
            if blob(&format!("{below}.yaml")) != Some(first.blob) {
                found.push(first.name);
            }
            rest = others;
            continue;
        };
        // Names are sorted, so those of one directory stand together.
        let end = offset + folder.len() + 1;
        let prefix = &first.name.as_str()[..end];
        let count = rest.partition_point(|wanted| wanted.name.as_str().starts_with(prefix));
        let (inside, after) = rest.split_at(count);
        let find = |entries: &[_]| Some(tree::find(entries, folder, tree::DIRECTORY)?.id);
        compare(objects, (find(&child), find(&parent)), inside, end, found)?;
        rest = after;
    }
    Ok(())
}

fn folder_of(objects: &Objects<'_>, tree: Option<ObjectId>) -> anyhow::Result<Vec<u8>> {
    let Some(tree) = tree else {
        return Ok(Vec::new());
    };
    let object = objects.tree(tree)?;
    Ok(object
        .map(|object| object.data().to_vec())
        .unwrap_or_default())
}

struct Zones {
    policies: Option<ObjectId>,
    templates: Option<ObjectId>,
    requests: Option<ObjectId>,
}

impl Zones {
    fn of(objects: &Objects<'_>, commit: &Commit<'_>) -> anyhow::Result<Self> {
        let top = id(commit.tree_id());
        let zone = |name| objects.entry(top, name, tree::DIRECTORY);
        Ok(Self {
            policies: zone("policies")?,
            templates: zone("templates")?,
            requests: zone("requests")?,
        })
    }
}

fn touches_control(objects: &Objects<'_>, commit: &Commit<'_>) -> anyhow::Result<bool> {
    if commit.parent_count() == 0 {
        return Ok(true);
    }
    let (after, before) = (
        Zones::of(objects, commit)?,
        Zones::of(objects, &commit.parent(0)?)?,
    );
    Ok(after.policies != before.policies || after.templates != before.templates)
}

/// The committer's date, within what can be expressed.
pub(super) fn committed(commit: &Commit<'_>) -> Timestamp {
    let seconds = commit.time().seconds().clamp(0, LAST_SECOND);
    Timestamp::from_unix(seconds).expect("the seconds were bounded")
}

fn off_mainline(anchor: ObjectId, tip: ObjectId) -> Stop {
    let message = format!("the anchor {anchor} is not on the first-parent chain of {tip}");
    let help = "give the anchor that was noted when the repository was set up; if history was rewritten, find out why";
    Stop::because(Reason::new(Code::AnchorNotOnMainline, message).help(help))
}

fn never_controlled(tip: ObjectId) -> Stop {
    let message = format!("no commit on the first-parent chain of {tip} has `policies/`");
    Stop::because(Reason::new(Code::NoMainline, message).help("gitca init"))
}
