//! The names of requests and outputs, counted and compared without reading a file.
//!
//! In come the trees `requests/` and `issued/` of commits that a run has judged, so that every name in them is known to
//! be sound; out go numbers, and the few names that somebody asks for. Each directory is read once. What can't be read, or
//! is larger than gitca allows, gives no answer: then all has to be looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::finding::Finding;
use crate::git::differing::known;
use crate::git::objects::Objects;
use crate::git::tree::{self, Entry};
use crate::names::{ObjectId, RequestName};
use crate::zones;

const MANIFEST: &[u8] = b".yaml";
const REVOCATION: &[u8] = b".revocation.yaml";
const STATEMENTS: &[u8] = b".approvals";

/// The name of the request whose manifest an entry is.
fn stem<'t>(entry: &Entry<'t>) -> Option<&'t [u8]> {
    let is_other = entry.mode != tree::FILE || entry.name.ends_with(REVOCATION);
    entry.name.strip_suffix(MANIFEST).filter(|_| !is_other)
}

/// Whether an entry is a directory of requests.
fn is_folder(entry: &Entry<'_>) -> bool {
    entry.mode == tree::DIRECTORY && !entry.name.ends_with(STATEMENTS)
}

/// Whether an entry is a directory of outputs; `_crl` and `_keys` are not those of requests.
fn is_output(entry: &Entry<'_>) -> bool {
    entry.mode == tree::DIRECTORY && entry.name.first() != Some(&b'_')
}

/// What is looked for in `requests/` and `issued/`. Where it is nothing, requests are counted alone.
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
    /// How many requests there are.
    pub(super) requests: usize,
    /// What there is to say about directories of them, by their paths with a slash at the end.
    pub(super) large: BTreeMap<String, Finding>,
    pub(super) unissued: BTreeSet<RequestName>,
    pub(super) outputs: Vec<RequestName>,
}

impl Search<'_, '_> {
    /// Whether nothing is asked for but how many requests there are.
    pub(super) fn is_count(&self) -> bool {
        !self.is_unissued_wanted && self.wanted.is_empty()
    }

    /// Goes through both side by side: a request says that its output is no directory of others, which is so never read.
    pub(super) fn run(
        &self,
        requests: Option<ObjectId>,
        issued: Option<ObjectId>,
    ) -> anyhow::Result<Option<Found>> {
        let mut found = Found::default();
        let issued = issued.filter(|_| self.is_unissued_wanted || !self.wanted.is_empty());
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
        let (asked, given) = (known(self.objects, requests)?, known(self.objects, issued)?);
        let asked = asked.as_deref().and_then(|tree| tree.entries().ok());
        let given = given.as_deref().and_then(|tree| tree.entries().ok());
        let (Some(asked), Some(given)) = (asked, given) else {
            return Ok(false);
        };
        if depth == 0 || asked.len() > zones::DIRECTORY_ENTRIES {
            return Ok(false);
        }
        let place = format!("requests/{path}");
        let large = zones::large_directory(place.trim_end_matches('/'), asked.len());
        found.large.extend(large.map(|finding| (place, finding)));
        let mut stems = Names::of(asked.iter().filter_map(stem));
        found.requests += stems.sorted.len();
        let folders = asked.iter().filter(|entry| is_folder(entry));
        let mut folders: HashMap<&[u8], _> = folders
            .map(|entry| (entry.name, (Some(entry.id), None)))
            .collect();
        let outputs = || given.iter().filter(|entry| is_output(entry));
        for output in outputs() {
            if let Some((_, beside)) = folders.get_mut(output.name) {
                *beside = Some(output.id);
            } else if stems.has(output.name) || self.is_certificate(output.id)? {
                let is_wanted = self.wanted.contains(output.name);
                found
                    .outputs
                    .extend(is_wanted.then(|| name(path, output.name)).flatten());
            } else {
                folders.insert(output.name, (None, Some(output.id)));
            }
        }
        if self.is_unissued_wanted {
            let mut there = Names::of(outputs().map(|output| output.name));
            let missing = stems.sorted.iter().filter(|stem| !there.has(stem));
            found
                .unissued
                .extend(missing.filter_map(|stem| name(path, stem)));
        }
        for (piece, (requests, issued)) in folders {
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

/// Names of one directory, asked for nearly in their order.
struct Names<'t> {
    sorted: Vec<&'t [u8]>,
    next: usize,
}

impl<'t> Names<'t> {
    fn of(names: impl Iterator<Item = &'t [u8]>) -> Self {
        let mut sorted: Vec<&[u8]> = names.collect();
        // They are already, but for a few with dots in them.
        sorted.sort_unstable();
        Self { sorted, next: 0 }
    }

    fn has(&mut self, name: &[u8]) -> bool {
        if self.sorted.get(self.next) != Some(&name) {
            match self.sorted.binary_search(&name) {
                Ok(place) => self.next = place,
                Err(_) => return false,
            }
        }
        self.next += 1;
        true
    }
}

fn name(path: &str, stem: &[u8]) -> Option<RequestName> {
    format!("{path}{}", std::str::from_utf8(stem).ok()?)
        .parse()
        .ok()
}
