//! What is followed of each open request, back along the mainline: its manifest, the statements about it, and what was
//! issued for it.
//!
//! In come the steps of a walk, newest first, each as the zones of a commit and of its first parent; the tracks fill
//! with the commits that changed something. A path is followed only as long as something of it is still to be found;
//! whoever must not miss what was said about a request, and taken away again, has statements followed to the end.

use std::collections::{BTreeMap, HashSet};

use crate::git::diff::{Difference, Paths};
use crate::git::objects::Objects;
use crate::git::tree::{self, Entry};
use crate::names::{ObjectId, RequestName};
use crate::snapshot::{Blob, Snapshot};
use crate::zones::Kind;

/// A commit of the mainline, counted from the tip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Passed {
    pub(super) from_tip: u64,
    pub(super) commit: ObjectId,
    /// Whether it is a commit; a merge that nobody has made is not.
    pub(super) is_made: bool,
    pub(super) touches_control: bool,
}

/// The trees `policies/` and `templates/` of a commit.
pub type ControlId = (Option<ObjectId>, Option<ObjectId>);

/// The trees of the zones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Zones {
    pub(super) policies: Option<ObjectId>,
    pub(super) templates: Option<ObjectId>,
    pub(super) requests: Option<ObjectId>,
    pub(super) issued: Option<ObjectId>,
}

impl Zones {
    pub(super) fn of(objects: &Objects<'_>, top: ObjectId) -> anyhow::Result<Self> {
        let top = objects.directory(Some(top))?;
        let zone = |name| top.entry(name, tree::DIRECTORY).map(|entry| entry.id);
        Ok(Self {
            policies: zone("policies"),
            templates: zone("templates"),
            requests: zone("requests"),
            issued: zone("issued"),
        })
    }

    pub(super) fn control(&self) -> ControlId {
        (self.policies, self.templates)
    }
}

/// One request.
#[derive(Debug)]
pub(super) struct Track<'w> {
    pub(super) name: &'w RequestName,
    pub(super) blob: ObjectId,
    /// Whether the tip has the bytes that are asked about.
    pub(super) is_there: bool,
    /// The commits that changed it since it was last absent, newest first: the first of them brought its bytes.
    pub(super) changes: Vec<Passed>,
    /// Whether the last of them made it.
    pub(super) is_whole: bool,
    pub(super) statements: Vec<Followed>,
    /// Every provenance that the mainline held, newest first.
    pub(super) provenances: Vec<ObjectId>,
    /// The commits that brought one each, as far as the walk has come.
    pub(super) provenances_brought: Vec<(ObjectId, ObjectId)>,
}

/// A signed statement.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) pair: Pair,
    /// Where it was last seen, if it is not at the tip any more.
    pub(super) last_seen: Option<u64>,
    pub(super) brought: Option<Passed>,
}

/// A statement and its signature: either alone is nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) statement: ObjectId,
    pub(super) signature: ObjectId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Manifest,
    Statements,
}

/// All that is followed.
#[derive(Debug)]
pub(super) struct Following<'w> {
    pub(super) tracks: Vec<Track<'w>>,
    /// Whether statements matter whenever they were made, and not only since the bytes were brought.
    is_thorough: bool,
    /// Whether they do as far as the walk has come.
    looks_back: bool,
    requests: Paths<(usize, Part)>,
    issued: Paths<usize>,
}

impl<'w> Following<'w> {
    pub(super) fn of(
        snapshot: &'w Snapshot,
        is_thorough: bool,
        wanted: impl Fn(&RequestName) -> bool,
    ) -> Self {
        let none = BTreeMap::new();
        let mut following = Self {
            tracks: Vec::new(),
            is_thorough,
            looks_back: true,
            requests: Paths::new(),
            issued: Paths::new(),
        };
        for (name, blob) in snapshot.open.iter().filter(|(name, _)| wanted(name)) {
            let statements = pairs_of(snapshot.statements.get(name).unwrap_or(&none));
            // What was issued matters where a certificate may be renewed, or a statement be counted twice. Thoroughly, what
            // is not there now may have been: both it and the statement may have been taken away and brought again.
            let (is_stated, is_issued) =
                (!statements.is_empty(), snapshot.issued.contains_key(name));
            let is_followed = if is_thorough {
                is_stated || is_issued
            } else {
                is_stated && is_issued
            };
            following.add(name, blob.id, statements, is_followed);
        }
        following
    }

    fn add(
        &mut self,
        name: &'w RequestName,
        blob: ObjectId,
        statements: Vec<Pair>,
        is_followed: bool,
    ) {
        let track = self.tracks.len();
        let file = |part| (Kind::File, (track, part));
        let folder = |part| (Kind::Directory, (track, part));
        self.requests
            .insert(format!("{name}.yaml"), file(Part::Manifest));
        self.requests
            .insert(format!("{name}.approvals"), folder(Part::Statements));
        if is_followed {
            let path = format!("{name}/provenance.json");
            self.issued.insert(path, (Kind::File, track));
        }
        let followed = |pair| Followed {
            pair,
            last_seen: None,
            brought: None,
        };
        self.tracks.push(Track {
            name,
            blob,
            is_there: false,
            changes: Vec::new(),
            is_whole: false,
            statements: statements.into_iter().map(followed).collect(),
            provenances: Vec::new(),
            provenances_brought: Vec::new(),
        });
    }

    pub(super) fn is_done(&self) -> bool {
        self.requests.is_empty() && self.issued.is_empty()
    }

    /// The manifests of all tracks below `requests/`.
    pub(super) fn manifests(&self) -> Paths<usize> {
        let path = |(number, track): (usize, &Track<'_>)| {
            (format!("{}.yaml", track.name), (Kind::File, number))
        };
        self.tracks.iter().enumerate().map(path).collect()
    }

    /// Looks at the tip, and forgets the requests that have other bytes there than those that are asked about.
    pub(super) fn begin(&mut self, objects: &Objects<'_>, tip: &Zones) -> anyhow::Result<()> {
        for found in objects.differences(None, tip.requests, &self.requests)? {
            let (track, part) = found.follower;
            let track = &mut self.tracks[track];
            track.is_there |= part == Part::Manifest && found.after == Some(track.blob);
        }
        for found in objects.differences(None, tip.issued, &self.issued)? {
            let track = &mut self.tracks[found.follower];
            track.provenances.extend(found.after);
        }
        let is_there = |track: usize| self.tracks[track].is_there;
        self.requests.retain(|_, (_, (track, _))| is_there(*track));
        self.issued.retain(|_, (_, track)| is_there(*track));
        Ok(())
    }

    /// Goes one step back, from `here` to its first parent.
    pub(super) fn step(
        &mut self,
        objects: &Objects<'_>,
        here: Passed,
        before: &Zones,
        after: &Zones,
    ) -> anyhow::Result<()> {
        let found = objects.differences(before.requests, after.requests, &self.requests)?;
        let is_manifest = |found: &Difference<(usize, Part)>| found.follower.1 == Part::Manifest;
        // Whether a statement still counts depends on which commit brought the bytes.
        let (manifests, statements): (Vec<_>, Vec<_>) = found.into_iter().partition(is_manifest);
        for found in &manifests {
            self.change(here, found.follower.0, found.before);
        }
        for found in &statements {
            let track = &mut self.tracks[found.follower.0];
            let before = pairs_in(objects, found.before)?;
            track.see(here, &before);
            // What was said before these bytes were brought was mostly said about others; a denial may have been about
            // these, if they were there before.
            if track.changes.is_empty() || self.looks_back {
                track.miss(here, &before);
            }
        }
        for found in manifests.iter().chain(&statements) {
            self.release(found.follower.0);
        }
        for found in objects.differences(before.issued, after.issued, &self.issued)? {
            let track = &mut self.tracks[found.follower];
            track.provenances.extend(found.before);
            let brought = found.after.map(|after| (here.commit, after));
            track.provenances_brought.extend(brought);
            if found.before.is_none() && !self.is_thorough {
                self.issued
                    .remove(&format!("{}/provenance.json", track.name));
            }
        }
        Ok(())
    }

    fn change(&mut self, here: Passed, number: usize, before: Option<ObjectId>) {
        let track = &mut self.tracks[number];
        track.changes.push(here);
        if before.is_none() {
            track.is_whole = true;
            self.requests.remove(&format!("{}.yaml", track.name));
        }
    }

    /// Asks from here on only for what can't be done without, unless nothing may be missed.
    pub(super) fn look_no_further(&mut self) {
        if !self.is_thorough && std::mem::take(&mut self.looks_back) {
            (0..self.tracks.len()).for_each(|track| self.release(track));
        }
    }

    fn release(&mut self, number: usize) {
        let track = &self.tracks[number];
        let is_brought = |followed: &Followed| followed.brought.is_some();
        if !self.looks_back && !track.changes.is_empty() && track.statements.iter().all(is_brought)
        {
            self.requests.remove(&format!("{}.approvals", track.name));
        }
    }
}

impl Track<'_> {
    /// `here` changed the statements; its first parent had these, so that it brought the others.
    fn see(&mut self, here: Passed, before: &[Pair]) {
        let before: HashSet<&Pair> = before.iter().collect();
        for followed in &mut self.statements {
            if followed.brought.is_none() && !before.contains(&followed.pair) {
                followed.brought = Some(here);
            }
        }
    }

    /// `here` took away what its first parent had and nobody has had since.
    fn miss(&mut self, here: Passed, before: &[Pair]) {
        let known = self.statements.iter().map(|followed| &followed.pair);
        let known: HashSet<&Pair> = known.collect();
        let missed = before.iter().filter(|pair| !known.contains(pair));
        let missed: Vec<Followed> = missed
            .map(|pair| Followed {
                pair: pair.clone(),
                last_seen: Some(here.from_tip + 1),
                brought: None,
            })
            .collect();
        self.statements.extend(missed);
    }
}

fn pairs_of(files: &BTreeMap<String, Blob>) -> Vec<Pair> {
    let files = files.iter().map(|(name, blob)| (name.as_str(), blob.id));
    pairs(&files.collect())
}

fn pairs_in(objects: &Objects<'_>, folder: Option<ObjectId>) -> anyhow::Result<Vec<Pair>> {
    let folder = objects.directory(folder)?;
    let entries = folder.entries().unwrap_or_default();
    let file = |entry: &Entry<'_>| (entry.mode == tree::FILE).then_some(entry.id);
    let files = entries.filter_map(|entry| {
        let name = std::str::from_utf8(entry.name).ok()?;
        Some((name, file(&entry)?))
    });
    Ok(pairs(&files.collect()))
}

fn pairs(files: &BTreeMap<&str, ObjectId>) -> Vec<Pair> {
    let signed = |(name, statement): (&&str, &ObjectId)| {
        name.strip_suffix(".json")?;
        let signature = files.get(format!("{name}.sig").as_str())?;
        Some(Pair {
            name: (*name).to_owned(),
            statement: *statement,
            signature: *signature,
        })
    };
    files.iter().filter_map(signed).collect()
}
