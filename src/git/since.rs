//! What changed since a run, read as if it were all there is.
//!
//! In come the tree of a commit and what a run left; out goes the snapshot of that commit, where requests that the run left
//! with their certificates and nobody touched are only counted. The walk is that of [`zones::survey`], over directories in
//! which everything is hidden that is as it was and that nobody asks about. Whenever something is odd there is no answer, and
//! all has to be looked at.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use crate::finding::{Code, Finding, Reason};
use crate::git::differing::differing;
use crate::git::follow::Zones;
use crate::git::namesakes::namesakes;
use crate::git::new_files::{MAINLINE_NAMES, NewFiles};
use crate::git::objects::Objects;
use crate::git::repository::Repository;
use crate::git::tree;
use crate::message;
use crate::names::{ObjectId, REVOCATION, RequestName, artifact};
use crate::snapshot::Snapshot;
use crate::zones::{self, Content, Kind, Listing, Role, Scope, Source, Zone};

/// What a run left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// Its commit.
    pub run: ObjectId,
    /// The commit that it judged, which is the parent.
    pub judged: ObjectId,
    /// How many requests it left without their certificate.
    pub open: usize,
    /// How many there were in all.
    pub requests: u32,
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
    /// How many requests there were.
    requests: u32,
    /// Those that the run left without their certificate, if it names them.
    open: Option<BTreeSet<RequestName>>,
    /// Whether the run has searched all that lay there for private keys.
    is_searched: bool,
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
        let run = repository.commit_at(base.run)?;
        let message = String::from_utf8_lossy(run.message());
        let open = message::left(&message).unwrap_or_default();
        Ok(Self {
            objects,
            requests: base.requests,
            open: (open.len() == base.open).then_some(open),
            is_searched: message::is_searched(&message),
            before,
            left,
            top,
            zones: Zones::of(objects, top)?,
        })
    }

    /// The snapshot, as far as it differs from what the run saw; `None` where all has to be looked at. With namesakes it
    /// has what was issued under the names of the changed requests elsewhere.
    pub(super) fn snapshot(&self, has_namesakes: bool) -> anyhow::Result<Option<Snapshot>> {
        if !self.is_comparable()? {
            return Ok(None);
        }
        let Some(changed) = self.changed()? else {
            return Ok(None);
        };
        let Some(open) = &self.open else {
            return Ok(None);
        };
        let asked = changed.union(open);
        let visible = Visible {
            objects: self.objects,
            asked: asked.map(ToString::to_string).collect(),
        };
        let top = Handle {
            id: self.top,
            folder: Rc::from(""),
            name: String::new(),
            before: Some(self.before),
        };
        let mut snapshot = zones::survey(&visible, &top, &BTreeSet::new())?;
        if !snapshot.findings.is_empty() || !snapshot.errors.is_empty() {
            return Ok(None);
        }
        if has_namesakes && !self.add_namesakes(&changed, &mut snapshot)? {
            return Ok(None);
        }
        let untouched = self.number(&changed)?;
        let untouched = untouched.and_then(|number| number.checked_sub(snapshot.requests.len()));
        let Some(untouched) = untouched else {
            return Ok(None);
        };
        snapshot.untouched = untouched;
        self.note(&changed, &mut snapshot.notices)?;
        if !self.is_searched {
            snapshot.is_unsearched = true;
            snapshot.notices.push(unsearched());
        }
        Ok(Some(snapshot))
    }

    /// Whether rules and outputs are those that the run left, and so is what it could not search.
    fn is_comparable(&self) -> anyhow::Result<bool> {
        let same_rules = self.left.control() == self.zones.control();
        if !same_rules || self.left.issued != self.zones.issued {
            return Ok(false);
        }
        Ok(self.is_searched || !self.may_be_searched_now()?)
    }

    /// Whether less lies beside the zones of what the run could not search: what was too much may be searched now. As long as
    /// it is there, nobody searches the same again and again.
    fn may_be_searched_now(&self) -> anyhow::Result<bool> {
        let mut walk = NewFiles::of(self.objects, MAINLINE_NAMES);
        for gone in walk.between(&[self.top], self.before)? {
            if gone.is_in_zone() {
                continue;
            }
            let is_there = self.objects.file(self.top, &gone.path())?.is_some();
            let octets = u64::try_from(self.objects.octets(gone.id)?)?;
            if !is_there || octets > zones::SEARCHED_FILE {
                return Ok(true);
            }
        }
        Ok(!walk.is_whole)
    }

    /// Puts what is to be said of the whole in the place of what was said of the part.
    fn note(
        &self,
        changed: &BTreeSet<RequestName>,
        notices: &mut Vec<Finding>,
    ) -> anyhow::Result<()> {
        notices.retain(|notice| notice.reason.code != Code::LargeDirectory);
        notices.extend(self.large(changed)?);
        Ok(())
    }

    /// How many requests there are.
    fn number(&self, changed: &BTreeSet<RequestName>) -> anyhow::Result<Option<usize>> {
        let (mut came, mut went) = (0, 0);
        for name in changed {
            let manifest = format!("{name}.yaml");
            let is_there = |top| self.objects.reach(top, &manifest, tree::FILE);
            let was = is_there(self.left.requests)?.is_some();
            let is = is_there(self.zones.requests)?.is_some();
            came += usize::from(is && !was);
            went += usize::from(was && !is);
        }
        // What a commit says of itself may be any number.
        let sum = usize::try_from(self.requests)?.checked_add(came);
        Ok(sum.and_then(|sum| sum.checked_sub(went)))
    }

    /// What there is to say about the directories of these requests. No other one is read.
    fn large(&self, changed: &BTreeSet<RequestName>) -> anyhow::Result<Vec<Finding>> {
        let dirs: BTreeSet<Vec<&str>> = changed.iter().map(RequestName::dirs).collect();
        let mut found = Vec::new();
        for dirs in dirs {
            let folder = match self.zones.requests {
                Some(top) => self.objects.follow(top, &dirs, tree::DIRECTORY)?,
                None => None,
            };
            let place = [&["requests"], &dirs[..]].concat().join("/");
            let entries = self.objects.directory(folder)?.len();
            found.extend(zones::large_directory(&place, entries));
        }
        Ok(found)
    }

    /// Adds the other requests that have the name of one of these, and what was issued for them.
    fn add_namesakes(
        &self,
        changed: &BTreeSet<RequestName>,
        snapshot: &mut Snapshot,
    ) -> anyhow::Result<bool> {
        if changed.is_empty() {
            return Ok(true);
        }
        let wanted: HashSet<&str> = changed.iter().map(RequestName::name).collect();
        let Some(found) = namesakes(self.objects, self.zones.requests, &wanted)? else {
            return Ok(false);
        };
        for (name, manifest) in found {
            let path = format!("{name}/request.yaml");
            let issued = self.objects.reach(self.zones.issued, &path, tree::FILE)?;
            snapshot
                .issued
                .extend(issued.map(|issued| (name.clone(), issued)));
            snapshot.requests.insert(name, manifest);
        }
        Ok(true)
    }

    /// The requests of which something changed.
    fn changed(&self) -> anyhow::Result<Option<BTreeSet<RequestName>>> {
        let attributes = |top| self.objects.entry(top, zones::ATTRIBUTES, tree::FILE);
        if attributes(self.before)? != attributes(self.top)? {
            return Ok(None);
        }
        let (mut changed, mut is_odd) = (BTreeSet::new(), false);
        let mut show = |path: &str| match zones::role(path) {
            _ if is_odd => {}
            Some(Role::Manifest(name) | Role::Revocation(name) | Role::Statement(name)) => {
                changed.insert(name);
            }
            Some(Role::LetThrough) => {}
            Some(Role::Attributes | Role::Control) | None => is_odd = true,
        };
        let (old, new) = (self.left.requests, self.zones.requests);
        differing(self.objects, "requests/", old, new, &mut show)?;
        Ok((!is_odd).then_some(changed))
    }
}

fn unsearched() -> Finding {
    let message =
        "not everything that lies here was searched for private keys: there is too much of it";
    let reason = Reason::new(Code::TooManyFiles, message);
    Finding::anywhere(reason.help("see where it begins with `gitca plan --all`"))
}

/// A repository in which everything is hidden that is as it was and that nobody asks about.
struct Visible<'v, 'r> {
    objects: &'v Objects<'r>,
    asked: BTreeSet<String>,
}

/// An object, where it is, and what was there before.
struct Handle {
    id: ObjectId,
    folder: Rc<str>,
    name: String,
    before: Option<ObjectId>,
}

impl Handle {
    /// The path, put together when it is asked for: a stranger may have put very many names into a very deep directory.
    fn path(&self) -> String {
        match &*self.folder {
            "" => self.name.clone(),
            folder => format!("{folder}/{}", self.name),
        }
    }
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
                name == artifact::REQUEST || self.asked.contains(folder) || self.is_asked(path)
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
    [REVOCATION, ".yaml", ".approvals"]
        .iter()
        .find_map(|suffix| path.strip_suffix(suffix))
        .unwrap_or(path)
}

impl Source for Visible<'_, '_> {
    type Handle = Handle;

    fn has_inert_files(&self) -> bool {
        true
    }

    fn object(&self, entry: &Handle) -> Option<ObjectId> {
        Some(entry.id)
    }

    fn list(&self, directory: &Handle, scope: Scope) -> anyhow::Result<Listing<Handle>> {
        let there = self.objects.list(&directory.id, scope)?;
        let mut before: HashMap<String, (Kind, ObjectId)> = HashMap::new();
        // What is changed in the other zones is not asked.
        let path: Rc<str> = directory.path().into();
        let zone = Zone::of(&path);
        let is_compared = matches!(zone, None | Some(Zone::Data));
        if let Some(folder) = directory.before.filter(|_| is_compared) {
            let listing = self.objects.list(&folder, scope)?;
            for child in listing.children.into_iter().chain(listing.refused) {
                before.insert(child.name, (child.kind, child.handle));
            }
        }
        let is_inert = zone.is_none() && !path.is_empty();
        let visible = |child: zones::Child<ObjectId>| {
            let old = before.get(&child.name).copied();
            let is_changed = old != Some((child.kind, child.handle));
            let old = old.filter(|(kind, _)| *kind == Kind::Directory);
            let handle = Handle {
                id: child.handle,
                folder: Rc::clone(&path),
                name: child.name.clone(),
                before: old.map(|(_, id)| id),
            };
            let is_shown = if is_inert {
                is_changed
            } else {
                self.shows(&handle.path(), is_changed)
            };
            is_shown.then_some(zones::Child {
                name: child.name,
                kind: child.kind,
                handle,
            })
        };
        Ok(Listing {
            children: there.children.into_iter().filter_map(visible).collect(),
            faults: there.faults,
            refused: there.refused.into_iter().filter_map(visible).collect(),
            octets: there.octets,
        })
    }

    fn is_searched(&self, entry: &Handle) -> bool {
        self.objects.is_searched(entry.id)
    }

    fn read(&self, file: &Handle, limit: u64) -> anyhow::Result<Content> {
        Source::read(self.objects, &file.id, limit)
    }
}
