//! The names of requests and outputs, counted and compared without reading a file.
//!
//! In come the trees `requests/` and `issued/` of commits that a run has judged, so that every name in them is known to
//! be sound; out go numbers, and the few names that somebody asks for. What can't be read, or is larger than gitca
//! allows, gives no answer: then all has to be looked at.

use std::collections::{BTreeSet, HashSet};

use crate::git::objects::Objects;
use crate::git::tree::{self, Entry};
use crate::names::{ObjectId, RequestName};
use crate::zones;

const MANIFEST: &[u8] = b".yaml";
const REVOCATION: &[u8] = b".revocation.yaml";
const STATEMENTS: &[u8] = b".approvals";

/// How many requests there are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// The manifests.
    pub(super) requests: usize,
    /// The directories by their paths in order, with the number of their entries.
    pub(super) directories: Vec<(String, usize)>,
}

/// Counts what is in `requests/`.
pub(super) fn count(
    objects: &Objects<'_>,
    requests: Option<ObjectId>,
) -> anyhow::Result<Option<Tally>> {
    let mut tally = Tally::default();
    let is_whole = match requests {
        Some(requests) => tally.add(objects, "requests", requests, tree::DEPTH)?,
        None => true,
    };
    Ok(is_whole.then_some(tally))
}

impl Tally {
    fn add(
        &mut self,
        objects: &Objects<'_>,
        path: &str,
        folder: ObjectId,
        depth: usize,
    ) -> anyhow::Result<bool> {
        let Ok(object) = objects.tree(folder)? else {
            return Ok(false);
        };
        let Ok(entries) = tree::parse(object.data()) else {
            return Ok(false);
        };
        if depth == 0 || entries.len() > zones::DIRECTORY_ENTRIES {
            return Ok(false);
        }
        self.directories.push((path.to_owned(), entries.len()));
        self.requests += entries.iter().filter(|entry| stem(entry).is_some()).count();
        for entry in entries.iter().filter(|entry| is_folder(entry)) {
            let path = format!("{path}/{}", String::from_utf8_lossy(entry.name));
            if !self.add(objects, &path, entry.id, depth - 1)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The name of the request whose manifest an entry is.
fn stem<'t>(entry: &Entry<'t>) -> Option<&'t [u8]> {
    let is_other = entry.mode != tree::FILE || entry.name.ends_with(REVOCATION);
    entry.name.strip_suffix(MANIFEST).filter(|_| !is_other)
}

/// Whether an entry is a directory of requests.
fn is_folder(entry: &Entry<'_>) -> bool {
    entry.mode == tree::DIRECTORY && !entry.name.ends_with(STATEMENTS)
}

/// What is looked for in `requests/` and `issued/`.
pub(super) struct Search<'s, 'r> {
    pub(super) objects: &'s Objects<'r>,
    /// Find the requests that have nothing in `issued/`.
    pub(super) is_unissued_wanted: bool,
    /// Find the outputs whose last piece is one of these.
    pub(super) wanted: &'s HashSet<&'s [u8]>,
}

/// What was found there.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) unissued: BTreeSet<RequestName>,
    pub(super) outputs: Vec<RequestName>,
}

impl Search<'_, '_> {
    /// Goes through both side by side: a request says that its output is no directory of others, which is so never read.
    pub(super) fn run(
        &self,
        requests: Option<ObjectId>,
        issued: Option<ObjectId>,
    ) -> anyhow::Result<Option<Found>> {
        let mut found = Found::default();
        let is_whole = self.folder("", requests, issued, tree::DEPTH, &mut found)?;
        Ok(is_whole.then_some(found))
    }

    fn folder(
        &self,
        path: &str,
        requests: Option<ObjectId>,
        issued: Option<ObjectId>,
        depth: usize,
        found: &mut Found,
    ) -> anyhow::Result<bool> {
        let (asked, given) = (
            octets(self.objects, requests)?,
            octets(self.objects, issued)?,
        );
        let asked = asked.as_deref().and_then(|octets| tree::parse(octets).ok());
        let given = given.as_deref().and_then(|octets| tree::parse(octets).ok());
        let (Some(asked), Some(given)) = (asked, given) else {
            return Ok(false);
        };
        if depth == 0 {
            return Ok(false);
        }
        let stems: HashSet<&[u8]> = asked.iter().filter_map(stem).collect();
        // `_crl` and `_keys` are no outputs of requests.
        let is_output =
            |entry: &&Entry<'_>| entry.mode == tree::DIRECTORY && entry.name.first() != Some(&b'_');
        let mut folders: Vec<(&[u8], Option<ObjectId>, Option<ObjectId>)> = Vec::new();
        for output in given.iter().filter(is_output) {
            if let Some(below) = tree::find(&asked, output.name, tree::DIRECTORY) {
                folders.push((output.name, Some(below.id), Some(output.id)));
            } else if stems.contains(output.name) || self.is_certificate(output.id)? {
                let is_wanted = self.wanted.contains(output.name);
                found
                    .outputs
                    .extend(is_wanted.then(|| name(path, output.name)).flatten());
            } else {
                folders.push((output.name, None, Some(output.id)));
            }
        }
        if self.is_unissued_wanted {
            let there: HashSet<&[u8]> = given
                .iter()
                .filter(is_output)
                .map(|entry| entry.name)
                .collect();
            let missing = stems.iter().filter(|stem| !there.contains(*stem));
            found
                .unissued
                .extend(missing.filter_map(|stem| name(path, stem)));
            let only_asked = asked
                .iter()
                .filter(|entry| is_folder(entry) && !there.contains(entry.name));
            folders.extend(only_asked.map(|entry| (entry.name, Some(entry.id), None)));
        }
        for (piece, requests, issued) in folders {
            let path = format!("{path}{}/", String::from_utf8_lossy(piece));
            if !self.folder(&path, requests, issued, depth - 1, found)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether an output, of which no request is left, is the folder of a certificate.
    fn is_certificate(&self, folder: ObjectId) -> anyhow::Result<bool> {
        // Nobody asks for what lies below.
        if self.wanted.is_empty() {
            return Ok(true);
        }
        let manifest = self.objects.entry(folder, "request.yaml", tree::FILE)?;
        Ok(manifest.is_some())
    }
}

fn name(path: &str, stem: &[u8]) -> Option<RequestName> {
    format!("{path}{}", std::str::from_utf8(stem).ok()?)
        .parse()
        .ok()
}

/// The octets of a tree; none for one that is absent, `None` for one that nobody can mean.
fn octets(objects: &Objects<'_>, folder: Option<ObjectId>) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(folder) = folder else {
        return Ok(Some(Vec::new()));
    };
    let object = objects.tree(folder)?;
    Ok(object.ok().map(|object| object.data().to_vec()))
}
