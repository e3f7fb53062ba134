//! Reads one commit: its zones as a snapshot, and who owns which key.
//!
//! In comes a commit, out goes a [`Snapshot`] with every violation in it; only a database that fails is an error. Blobs
//! are read raw, and of the requests only those that are open.

use std::collections::{BTreeSet, HashSet};

use anyhow::Context as _;

use crate::finding::Reason;
use crate::git::follow::{ControlId, Zones};
use crate::git::ids::id;
use crate::git::objects::Objects;
use crate::git::repository::Repository;
use crate::git::tree;
use crate::names::{ObjectId, RepoPath, RequestName, Sha256Digest, artifact};
use crate::snapshot::{Blob, KeyOwner, KeyOwners, Snapshot};
use crate::zones::{self, Child, Content, Kind, Listing, Scope, Source};

// The path of a request and a line feed.
const OWNER_OCTETS: u64 = 4096;
// A manifest of 64 KiB makes a csr.yaml of at most twice that and a certificate.
pub(super) const FILE_OCTETS: u64 = 256 * 1024;

impl Repository {
    /// What was committed: the control zone, the names of requests and outputs, and the requests that are open.
    ///
    /// # Errors
    /// When the commit or one of its objects can't be read.
    pub fn snapshot(&self, commit: ObjectId) -> anyhow::Result<Snapshot> {
        self.snapshot_with(commit, &BTreeSet::new())
    }

    /// The same, with these requests open although `issued/` holds them.
    ///
    /// # Errors
    /// When the commit or one of its objects can't be read.
    pub fn snapshot_with(
        &self,
        commit: ObjectId,
        also: &BTreeSet<RequestName>,
    ) -> anyhow::Result<Snapshot> {
        let objects = Objects::of(self)?;
        let top = self.tree_of(commit)?;
        let snapshot = zones::survey(&objects, &top, also);
        let snapshot = snapshot.with_context(|| format!("reading commit {commit}"))?;
        Ok(Snapshot {
            commit: Some(commit),
            ..snapshot
        })
    }

    /// The control zone of a commit, and nothing else of it.
    ///
    /// # Errors
    /// When the commit or one of its objects can't be read.
    pub fn control(&self, commit: ObjectId) -> anyhow::Result<Snapshot> {
        let objects = Objects::of(self)?;
        let snapshot = zones::control(&objects, &self.tree_of(commit)?);
        snapshot.with_context(|| format!("reading the control zone of commit {commit}"))
    }

    /// The trees of the control zone of a commit, which tell whether two commits have the same rules.
    ///
    /// # Errors
    /// When the commit can't be read.
    pub fn control_id(&self, commit: ObjectId) -> anyhow::Result<ControlId> {
        let objects = Objects::of(self)?;
        let zones = Zones::of(&objects, self.tree_of(commit)?)?;
        Ok(zones.control())
    }

    /// The first parent of a commit.
    ///
    /// # Errors
    /// When it has none or can't be read.
    pub fn first_parent(&self, commit: ObjectId) -> anyhow::Result<ObjectId> {
        let parent = self.commit_at(commit)?.parent_ids().next();
        Ok(id(parent.with_context(|| {
            format!("reading the first parent of commit {commit}")
        })?))
    }

    /// The requests that these public keys were certified for before; keys that are new are not in it.
    ///
    /// # Errors
    /// A [`Stop`](crate::finding::Stop) when such a file is none that a run wrote; any other error when it can't be read.
    pub fn key_owners(&self, commit: ObjectId, keys: &[Sha256Digest]) -> anyhow::Result<KeyOwners> {
        let objects = Objects::of(self)?;
        let top = self.tree_of(commit)?;
        let mut owners = KeyOwners::new();
        let Some(folder) = objects.follow(top, &["issued", "_keys"], tree::DIRECTORY)? else {
            return Ok(owners);
        };
        for key in keys {
            let path = KeyOwner::file(key);
            let pieces: Vec<&str> = path.as_str().split('/').skip(2).collect();
            if let Some(file) = objects.follow(folder, &pieces, tree::FILE)? {
                let content = objects.blob(file, OWNER_OCTETS)?;
                let request = KeyOwner::named(&path, &content.unwrap_or_default())?;
                let provenance = provenance(&objects, top, &request)?;
                owners.insert(*key, KeyOwner::certified(request, provenance.as_deref()));
            }
        }
        Ok(owners)
    }

    /// One file of a commit; `None` when there is none, or it is larger than any manifest may be.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn file(&self, commit: ObjectId, path: &RepoPath) -> anyhow::Result<Option<Blob>> {
        self.file_within(commit, path, FILE_OCTETS)
    }

    /// One file of a commit; `None` when there is none, or it has more octets than that.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn file_within(
        &self,
        commit: ObjectId,
        path: &RepoPath,
        octets: u64,
    ) -> anyhow::Result<Option<Blob>> {
        let objects = Objects::of(self)?;
        let pieces: Vec<&str> = path.as_str().split('/').collect();
        let top = self.tree_of(commit)?;
        let Some(id) = objects.follow(top, &pieces, tree::FILE)? else {
            return Ok(None);
        };
        let content = objects.blob(id, octets)?;
        Ok(content.ok().map(|bytes| Blob { id, bytes }))
    }

    /// The names of the files in a directory of a commit; none where it is absent or malformed.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn file_names(&self, commit: ObjectId, directory: &str) -> anyhow::Result<Vec<String>> {
        let objects = Objects::of(self)?;
        let pieces: Vec<&str> = directory.split('/').collect();
        let top = self.tree_of(commit)?;
        let Some(id) = objects.follow(top, &pieces, tree::DIRECTORY)? else {
            return Ok(Vec::new());
        };
        let folder = objects.directory(Some(id))?;
        let entries = folder.entries().unwrap_or_default();
        let files = entries.filter(|entry| entry.mode == tree::FILE);
        Ok(files
            .map(|entry| String::from_utf8_lossy(entry.name).into_owned())
            .collect())
    }

    /// The tree of one directory at the top of a commit; `None` when there is none.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn directory(&self, commit: ObjectId, name: &str) -> anyhow::Result<Option<ObjectId>> {
        let objects = Objects::of(self)?;
        objects.entry(self.tree_of(commit)?, name, tree::DIRECTORY)
    }

    pub(super) fn tree_of(&self, commit: ObjectId) -> anyhow::Result<ObjectId> {
        Ok(id(self.commit_at(commit)?.tree_id()))
    }
}

/// The provenance of the certificate that a request has; `None` where there is none that can be read.
fn provenance(
    objects: &Objects<'_>,
    top: ObjectId,
    request: &RequestName,
) -> anyhow::Result<Option<Vec<u8>>> {
    let path = request.issued(artifact::PROVENANCE);
    let pieces: Vec<&str> = path.as_str().split('/').collect();
    match objects.follow(top, &pieces, tree::FILE)? {
        Some(file) => Ok(objects.blob(file, FILE_OCTETS)?.ok()),
        None => Ok(None),
    }
}

impl Source for Objects<'_> {
    type Handle = ObjectId;

    fn has_inert_files(&self) -> bool {
        true
    }

    fn object(&self, entry: &ObjectId) -> Option<ObjectId> {
        Some(*entry)
    }

    fn list(&self, directory: &ObjectId, scope: Scope) -> anyhow::Result<Listing<ObjectId>> {
        let mut listing = Listing::default();
        let tree = match self.tree(*directory)? {
            Ok(tree) => tree,
            Err(reason) => {
                listing.faults.push((None, reason));
                return Ok(listing);
            }
        };
        listing.octets = tree.octets();
        match tree.entries() {
            Ok(entries) => sort_out(entries, scope, &mut listing),
            Err(reason) => listing.faults.push((None, *reason)),
        }
        Ok(listing)
    }

    fn is_searched(&self, entry: &ObjectId) -> bool {
        Self::is_searched(self, *entry)
    }

    fn read(&self, file: &ObjectId, limit: u64) -> anyhow::Result<Content> {
        let content = self.blob(*file, limit)?;
        Ok(content.map(|bytes| Blob { id: *file, bytes }))
    }
}

fn sort_out(entries: tree::Entries<'_>, scope: Scope, listing: &mut Listing<ObjectId>) {
    let twins = zones::case_twins(entries.clone().map(|entry| entry.name), scope);
    listing.children.reserve(entries.len());
    // What may not be there is searched once, however often it is there.
    let mut refused = HashSet::new();
    for (entry, is_twin) in entries.zip(twins) {
        let name = String::from_utf8_lossy(entry.name);
        if !is_twin && tree::is_sound(&name, entry.mode, scope) {
            listing.children.extend(child(&entry, &name));
            continue;
        }
        if refused.insert(entry.id) {
            listing.refused.extend(child(&entry, &name));
        }
        // One more than is told tells that there are more.
        if listing.faults.len() <= zones::REPORTED {
            let fault = match tree::fault(&entry, scope) {
                Some(reason) => locate(&name, scope, reason),
                None => (Some(name.into_owned()), zones::twin()),
            };
            listing.faults.push(fault);
        }
    }
}

fn child(entry: &tree::Entry<'_>, name: &str) -> Option<Child<ObjectId>> {
    Some(Child {
        name: name.to_owned(),
        kind: kind(entry.mode)?,
        handle: entry.id,
    })
}

// A name that is itself at fault can't be part of a path; the directory is to blame.
fn locate(name: &str, scope: Scope, reason: Reason) -> (Option<String>, Reason) {
    let is_sound = zones::entry_name_fault(name, scope).is_none();
    (is_sound.then(|| name.to_owned()), reason)
}

/// What can be read at all. In the zones any other mode than that of a plain file is a fault.
fn kind(mode: u32) -> Option<Kind> {
    match mode {
        tree::DIRECTORY => Some(Kind::Directory),
        _ if tree::is_blob(mode) => Some(Kind::File),
        _ => None,
    }
}
