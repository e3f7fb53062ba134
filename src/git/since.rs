//! What changed since a run, read as if it were all there is.
//!
//! In come the tree of a commit and what a run left; out goes the snapshot of that commit, where requests that the run left
//! with their certificates and nobody touched are only counted. The walk is that of [`zones::survey`], over directories in
//! which everything is hidden that is as it was and that nobody asks about. Whenever something is odd there is no answer, and
//! all has to be looked at.

use std::collections::{BTreeSet, HashMap};

use crate::finding::Code;
use crate::git::differing::differing;
use crate::git::follow::Zones;
use crate::git::objects::Objects;
use crate::git::repository::Repository;
use crate::git::tally::{Found, Search};
use crate::git::tree;
use crate::names::{ObjectId, RequestName};
use crate::snapshot::Snapshot;
use crate::zones::{self, Content, Kind, Listing, Role, Scope, Source, Zone};

const ATTRIBUTES: &str = ".gitattributes";

/// What a run left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// Its commit.
    pub run: ObjectId,
    /// The commit that it judged, which is the parent.
    pub judged: ObjectId,
    /// How many requests it left without their certificate.
    pub open: usize,
    /// How many there were in all, if it knew.
    pub requests: Option<u32>,
}

impl Repository {
    /// The snapshot of a commit, if it can be told from what a run left.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn snapshot_since(
        &self,
        commit: ObjectId,
        base: &Base,
    ) -> anyhow::Result<Option<Snapshot>> {
        let objects = Objects::of(self)?;
        let since = Since::of(self, &objects, base, self.tree_of(commit)?)?;
        let snapshot = since.snapshot(false)?;
        Ok(snapshot.map(|snapshot| Snapshot {
            commit: Some(commit),
            ..snapshot
        }))
    }
}

/// Two trees: what a run judged, and what is there.
pub(super) struct Since<'s, 'r> {
    objects: &'s Objects<'r>,
    open: usize,
    requests: Option<u32>,
    before: ObjectId,
    /// What the run judged, with what it left in `issued/`.
    left: Zones,
    top: ObjectId,
    zones: Zones,
}

impl<'s, 'r> Since<'s, 'r> {
    pub(super) fn of(
        repository: &Repository,
        objects: &'s Objects<'r>,
        base: &Base,
        top: ObjectId,
    ) -> anyhow::Result<Self> {
        let before = repository.tree_of(base.judged)?;
        let left = Zones::of(objects, repository.tree_of(base.run)?)?;
        Ok(Self {
            objects,
            open: base.open,
            requests: base.requests,
            before,
            left,
            top,
            zones: Zones::of(objects, top)?,
        })
    }

    /// The snapshot, as far as it differs from what the run saw; `None` where all has to be looked at. With namesakes it
    /// has what was issued under the names of the changed requests elsewhere.
    pub(super) fn snapshot(&self, has_namesakes: bool) -> anyhow::Result<Option<Snapshot>> {
        let same_rules = self.left.control() == self.zones.control();
        if !same_rules || self.left.issued != self.zones.issued {
            return Ok(None);
        }
        let Some(changed) = self.changed()? else {
            return Ok(None);
        };
        let named = changed.iter().filter(|_| has_namesakes);
        let search = Search {
            objects: self.objects,
            is_unissued_wanted: self.open > 0,
            wanted: &named.map(|name| name.name().as_bytes()).collect(),
        };
        let found = match self.requests {
            Some(before) if search.is_count() => self.count(before, &changed)?,
            _ => search.run(self.zones.requests, self.zones.issued)?,
        };
        let Some(found) = found else {
            return Ok(None);
        };
        if !self.is_left(&found.unissued, &changed)? {
            return Ok(None);
        }
        let asked = changed.union(&found.unissued);
        let visible = Visible {
            objects: self.objects,
            asked: asked.map(ToString::to_string).collect(),
        };
        let top = Handle {
            id: self.top,
            path: String::new(),
            before: Some(self.before),
        };
        let mut snapshot = zones::survey(&visible, &top, &BTreeSet::new())?;
        if !snapshot.findings.is_empty() || !snapshot.errors.is_empty() {
            return Ok(None);
        }
        let Some(untouched) = found.requests.checked_sub(snapshot.requests.len()) else {
            return Ok(None);
        };
        snapshot.untouched = untouched;
        let is_other = |code| code != Code::LargeDirectory;
        snapshot
            .notices
            .retain(|notice| is_other(notice.reason.code));
        snapshot.notices.extend(found.large.into_values());
        self.add(found.outputs, &mut snapshot)?;
        Ok(Some(snapshot))
    }

    /// How many requests there are, after so many when the run judged them, and what there is to say about the directories
    /// of those that changed. No other directory is read.
    fn count(&self, before: u32, changed: &BTreeSet<RequestName>) -> anyhow::Result<Option<Found>> {
        let (mut came, mut went) = (0, 0);
        let mut found = Found::default();
        for name in changed {
            let manifest = format!("{name}.yaml");
            let is_there = |top| self.objects.reach(top, &manifest, tree::FILE);
            let was = is_there(self.left.requests)?.is_some();
            let is = is_there(self.zones.requests)?.is_some();
            came += usize::from(is && !was);
            went += usize::from(was && !is);
            let dirs = name.dirs();
            let place = [&["requests"], &dirs[..]].concat().join("/");
            let folder = match self.zones.requests {
                Some(top) => self.objects.follow(top, &dirs, tree::DIRECTORY)?,
                None => None,
            };
            let folder = self.objects.directory(folder)?;
            let large = zones::large_directory(&place, folder.len());
            found.large.extend(large.map(|finding| (place, finding)));
        }
        let sum = usize::try_from(before)?.checked_add(came);
        let requests = sum.and_then(|sum| sum.checked_sub(went));
        Ok(requests.map(|requests| Found { requests, ..found }))
    }

    /// Adds these outputs.
    fn add(&self, outputs: Vec<RequestName>, snapshot: &mut Snapshot) -> anyhow::Result<()> {
        let Some(issued) = self.zones.issued else {
            return Ok(());
        };
        for name in outputs {
            let path = format!("{name}/request.yaml");
            let pieces: Vec<&str> = path.split('/').collect();
            if let Some(manifest) = self.objects.follow(issued, &pieces, tree::FILE)? {
                snapshot.issued.insert(name, manifest);
            }
        }
        Ok(())
    }

    /// The requests of which something changed.
    fn changed(&self) -> anyhow::Result<Option<BTreeSet<RequestName>>> {
        let attributes = |top| self.objects.entry(top, ATTRIBUTES, tree::FILE);
        if attributes(self.before)? != attributes(self.top)? {
            return Ok(None);
        }
        let mut paths = BTreeSet::new();
        let (old, new) = (self.left.requests, self.zones.requests);
        differing(self.objects, "requests/", old, new, &mut paths)?;
        let mut changed = BTreeSet::new();
        for path in paths {
            match zones::role(&path) {
                Ok(Role::Manifest(name) | Role::Revocation(name) | Role::Statement(name)) => {
                    changed.insert(name);
                }
                Ok(Role::LetThrough) => {}
                Ok(Role::Attributes | Role::Control) | Err(_) => return Ok(None),
            }
        }
        Ok(Some(changed))
    }

    /// Whether the requests that have nothing in `issued/` are those that the run left without their certificate, but for
    /// what came and went since then. One that was changed has an older certificate and is not among them, so that their
    /// number tells.
    fn is_left(
        &self,
        unissued: &BTreeSet<RequestName>,
        changed: &BTreeSet<RequestName>,
    ) -> anyhow::Result<bool> {
        if self.open == 0 {
            return Ok(true);
        }
        let objects = self.objects;
        let Zones {
            requests, issued, ..
        } = self.left;
        let (mut came, mut went) = (0, 0);
        for name in changed {
            let manifest = format!("{name}.yaml");
            let is_unissued = unissued.contains(name);
            let was_unissued = objects.reach(requests, &manifest, tree::FILE)?.is_some()
                && (is_unissued
                    || objects
                        .reach(issued, name.as_str(), tree::DIRECTORY)?
                        .is_none());
            came += usize::from(is_unissued && !was_unissued);
            went += usize::from(was_unissued && !is_unissued);
        }
        // What a commit says of itself may be any number.
        Ok(self.open.checked_add(came) == Some(unissued.len() + went))
    }
}

/// A repository in which everything is hidden that is as it was and that nobody asks about.
struct Visible<'v, 'r> {
    objects: &'v Objects<'r>,
    asked: BTreeSet<String>,
}

/// An object, where it is, and what was there before.
struct Handle {
    id: ObjectId,
    path: String,
    before: Option<ObjectId>,
}

impl Visible<'_, '_> {
    fn shows(&self, path: &str, is_changed: bool) -> bool {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        match Zone::of(path) {
            None => is_changed,
            Some(Zone::Control) => true,
            Some(Zone::Data) => {
                is_changed || parent.ends_with(".approvals") || self.is_asked(stem(path))
            }
            Some(Zone::Output) => {
                let folder = parent.strip_prefix("issued/").unwrap_or_default();
                name == "request.yaml" || self.asked.contains(folder) || self.is_asked(path)
            }
        }
    }

    /// Whether something at or below this path of a zone is asked about.
    fn is_asked(&self, path: &str) -> bool {
        let Some((_, name)) = path.split_once('/') else {
            return !self.asked.is_empty();
        };
        let below = format!("{name}/");
        let first = self.asked.range(below.clone()..).next();
        self.asked.contains(name) || first.is_some_and(|first| first.starts_with(&below))
    }
}

/// The path of a request, of one of its files.
fn stem(path: &str) -> &str {
    [".revocation.yaml", ".yaml", ".approvals"]
        .iter()
        .find_map(|suffix| path.strip_suffix(suffix))
        .unwrap_or(path)
}

impl Source for Visible<'_, '_> {
    type Handle = Handle;

    fn has_inert_files(&self) -> bool {
        true
    }

    fn list(&self, directory: &Handle, scope: Scope) -> anyhow::Result<Listing<Handle>> {
        let there = self.objects.list(&directory.id, scope)?;
        let mut before: HashMap<String, (Kind, ObjectId)> = HashMap::new();
        // What is changed in the other zones is not asked.
        let is_compared = matches!(Zone::of(&directory.path), None | Some(Zone::Data));
        if let Some(folder) = directory.before.filter(|_| is_compared) {
            let listing = self.objects.list(&folder, scope)?;
            for child in listing.children.into_iter().chain(listing.refused) {
                before.insert(child.name, (child.kind, child.handle));
            }
        }
        let visible = |child: zones::Child<ObjectId>| {
            let old = before.get(&child.name).copied();
            let path = match directory.path.as_str() {
                "" => child.name.clone(),
                parent => format!("{parent}/{}", child.name),
            };
            let is_changed = old != Some((child.kind, child.handle));
            self.shows(&path, is_changed).then(|| zones::Child {
                name: child.name,
                kind: child.kind,
                handle: Handle {
                    id: child.handle,
                    path,
                    before: old
                        .filter(|(kind, _)| *kind == Kind::Directory)
                        .map(|(_, id)| id),
                },
            })
        };
        Ok(Listing {
            children: there.children.into_iter().filter_map(visible).collect(),
            faults: there.faults,
            refused: there.refused.into_iter().filter_map(visible).collect(),
        })
    }

    fn id(&self, file: &Handle) -> anyhow::Result<ObjectId> {
        Ok(file.id)
    }

    fn read(&self, file: &Handle, limit: u64) -> anyhow::Result<Content> {
        Source::read(self.objects, &file.id, limit)
    }
}
