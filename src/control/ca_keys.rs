//! The keys of all CAs that a control zone knows of: those of Signers, those that clusters trust, and those in files of
//! `policies/ca/` that nobody names.
//!
//! In come the files; out comes the file in which the certificate of a CA with some key lies. It is made once for a zone,
//! and what it can't read is no error here: Signers and clusters say themselves what they need of their files.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::cluster::Cluster;
use crate::control::files::{self, Role};
use crate::control::signer::Signer;
use crate::names::{RepoPath, Sha256Digest};
use crate::snapshot::Blob;
use crate::x509::ca::keys_of_cas;
use crate::x509::key::PublicKey;

/// The files of CA certificates, by the keys of the CAs.
#[derive(Clone, Debug)]
pub(super) struct CaKeys(BTreeMap<Sha256Digest, RepoPath>);

impl CaKeys {
    /// The CAs in the files that are there for them, and in those that objects name.
    pub(super) fn of(
        files: &BTreeMap<RepoPath, Blob>,
        signers: &[Signer],
        clusters: &[Cluster],
    ) -> Self {
        let signing = signers.iter().map(|signer| &signer.ca_file);
        let trusted = clusters.iter();
        let trusted = trusted.filter_map(|cluster| cluster.certificate_authority.as_ref());
        let named = signing.chain(trusted.map(|(file, _)| file));
        let is_for_cas = |path: &&RepoPath| files::role(path) == Some(Role::Certificates);
        let paths: BTreeSet<&RepoPath> = named.chain(files.keys().filter(is_for_cas)).collect();
        let mut keys = BTreeMap::new();
        for path in paths {
            let text = files
                .get(path)
                .and_then(|blob| str::from_utf8(&blob.bytes).ok());
            for key in text.into_iter().flat_map(keys_of_cas) {
                keys.entry(key).or_insert_with(|| path.clone());
            }
        }
        // Those of a Signer count however its file is read here.
        for signer in signers {
            for ca in signer.authority.chain() {
                let digest = Sha256Digest::of(ca.key.bits());
                keys.entry(digest).or_insert_with(|| signer.ca_file.clone());
            }
        }
        Self(keys)
    }

    /// The file with the certificate of the CA whose key this is.
    pub(super) fn file_of(&self, key: &PublicKey) -> Option<&RepoPath> {
        self.0.get(&Sha256Digest::of(key.bits()))
    }
}
