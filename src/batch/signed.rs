//! Certificates that are signed and that no mainline holds yet: they are never signed again, only kept or dropped.
//!
//! In come the files of a run, or of one that ended too early; out comes which of them may still land, judged again where
//! the rules have changed: the very same octets must come out. A certificate is recognised by its files, so nothing has to
//! be remembered besides them.

use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::batch::{Workshop, issue_one};
use crate::names::{ObjectId, RepoPath, RequestName, Serial, artifact};
use crate::plan::{Entry, Plan};
use crate::provenance::Provenance;
use crate::render;
use crate::snapshot::{Changeset, KeyOwner};
use crate::timestamp::Timestamp;
use crate::x509::leaf::Leaf;

/// The certificates of one run with all their files.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The commit that they were judged at last.
    pub base: ObjectId,
    /// The clock when they were signed.
    pub now: Timestamp,
    /// Their files.
    pub changes: Changeset,
}

impl Signed {
    /// The requests, each with the place where its key is remembered.
    #[must_use]
    pub fn requests(&self) -> BTreeMap<RequestName, Option<RepoPath>> {
        let owner = |(path, bytes): (&RepoPath, &Vec<u8>)| {
            let text = std::str::from_utf8(bytes).ok()?;
            Some((text.trim_end().parse().ok()?, path.clone()))
        };
        let keys: BTreeMap<RequestName, RepoPath> =
            self.changes.files.iter().filter_map(owner).collect();
        let folders = self.changes.folders.keys();
        folders
            .filter_map(|folder| folder.as_str().strip_prefix("issued/")?.parse().ok())
            .map(|name: RequestName| (name.clone(), keys.get(&name).cloned()))
            .collect()
    }

    /// What each certificate rests on.
    #[must_use]
    pub fn provenances(&self) -> BTreeMap<RequestName, Provenance> {
        let names = self.requests().into_keys();
        let read = |name: RequestName| {
            let files = self.changes.folders.get(&render::folder(&name))?;
            Some((name, Provenance::read(files.get(artifact::PROVENANCE)?)?))
        };
        names.filter_map(read).collect()
    }

    /// Takes requests out, whatever becomes of them.
    pub fn remove(&mut self, names: &BTreeSet<RequestName>) {
        let requests = self.requests();
        for name in names {
            self.changes.folders.remove(&render::folder(name));
            if let Some(Some(key_file)) = requests.get(name) {
                self.changes.files.remove(key_file);
            }
        }
    }

    /// The serial number of the certificate for a request.
    #[must_use]
    pub fn serial(&self, name: &RequestName) -> Option<Serial> {
        serial(&self.der(name)?)
    }

    /// The end of the certificate for a request.
    #[must_use]
    pub fn not_after(&self, name: &RequestName) -> Option<Timestamp> {
        Leaf::read(self.certificate(name)?).map(|leaf| leaf.not_after)
    }

    /// The file in which the key of the certificate for a request is remembered.
    #[must_use]
    pub fn key_file(&self, name: &RequestName) -> Option<RepoPath> {
        let leaf = Leaf::read(self.certificate(name)?)?;
        Some(KeyOwner::file(&leaf.key))
    }

    /// The certificate for a request as PEM, with its intermediates.
    #[must_use]
    pub fn certificate(&self, name: &RequestName) -> Option<&[u8]> {
        let files = self.changes.folders.get(&render::folder(name))?;
        files.get(artifact::CERTIFICATE).map(Vec::as_slice)
    }

    fn der(&self, name: &RequestName) -> Option<Vec<u8>> {
        let (_, block) = x509_parser::pem::parse_x509_pem(self.certificate(name)?).ok()?;
        Some(block.contents)
    }

    /// The requests whose very files come out again under this plan, which must be of the time of signing.
    #[must_use]
    pub fn recall(&self, plan: Plan<'_>, workshop: &Workshop<'_>) -> BTreeSet<RequestName> {
        plan.entries
            .into_par_iter()
            .filter_map(|entry| self.recall_one(entry, workshop))
            .collect()
    }

    fn recall_one(&self, entry: Entry<'_>, workshop: &Workshop<'_>) -> Option<RequestName> {
        let (approved, requester) = entry.decision.ok().zip(entry.requester)?;
        let der = self.der(&entry.name)?;
        let serial = serial(&der)?;
        let mut again = Changeset::default();
        issue_one(
            approved,
            serial,
            |prepared| prepared.take(der),
            workshop,
            &requester,
            &mut again,
        )
        .ok()?;
        let same_folders = again
            .folders
            .iter()
            .all(|(path, files)| self.changes.folders.get(path) == Some(files));
        // A key that was certified before may be remembered already.
        let same_files = again.files.iter().all(|(path, bytes)| {
            let earlier = self.changes.files.get(path);
            earlier.is_none_or(|earlier| earlier == bytes)
        });
        (same_folders && same_files).then_some(entry.name)
    }
}

fn serial(der: &[u8]) -> Option<Serial> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let octets = certificate.raw_serial();
    let octets = octets.strip_prefix(&[0]).unwrap_or(octets);
    let mut padded = [0; Serial::OCTETS];
    let start = Serial::OCTETS.checked_sub(octets.len())?;
    padded[start..].copy_from_slice(octets);
    Serial::from_random(padded)
}
