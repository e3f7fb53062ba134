//! A repository at one commit, as values; and the changes that a run wants to make to it.
//!
//! An edge fills a [`Snapshot`] from git objects or from a work tree; the core reads it and answers with a
//! [`Changeset`], which only touches `issued/`. Nothing in here knows where the bytes come from or go to. Data zone
//! entries come as names first: only requests that `issued/` does not hold have their bytes here.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::names::{ObjectId, RepoPath, RequestName, Sha256Digest};
use crate::timestamp::Timestamp;

/// A file and the name of its git object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// The name of the object.
    pub id: ObjectId,
    /// Its content, raw: no filter has seen it.
    pub bytes: Vec<u8>,
}

/// What was read of one commit, or of a work tree.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The commit; `None` for a work tree.
    pub commit: Option<ObjectId>,
    /// Every file of the control zone, `policies/` and `templates/`.
    pub control: BTreeMap<RepoPath, Blob>,
    /// Every request by name, with the blob of its manifest.
    pub requests: BTreeMap<RequestName, ObjectId>,
    /// The blob of `issued/<name>/request.yaml`, for each that is there.
    pub issued: BTreeMap<RequestName, ObjectId>,
    /// The manifests of the requests that are open: `issued/` does not hold their very bytes.
    pub open: BTreeMap<RequestName, Blob>,
    /// What is wrong in the data zone; the rest of it is still judged.
    pub findings: Vec<Finding>,
    /// What is worth knowing and stands in nobody's way.
    pub notices: Vec<Finding>,
    /// What is wrong in the control zone or in the tree itself; nothing may be signed.
    pub errors: Vec<Finding>,
}

impl Snapshot {
    /// Whether `issued/` holds the very bytes of this request.
    #[must_use]
    pub fn is_unchanged(&self, request: &RequestName) -> bool {
        self.requests
            .get(request)
            .is_some_and(|manifest| self.issued.get(request) == Some(manifest))
    }
}

/// Who committed something, as git says; none of it is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The author's name.
    pub name: String,
    /// The author's e-mail address.
    pub email: String,
}

/// The mainline commit that brought the bytes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// The commit.
    pub commit: ObjectId,
    /// Its place on the mainline, the anchor being 0.
    pub position: u64,
    /// When it was committed.
    pub committed: Timestamp,
    /// Who wrote it.
    pub author: Author,
    /// Whether it also changed the control zone, and is not the anchor.
    pub touches_control: bool,
}

/// What is known about keys that were certified before: the request that each belongs to.
pub type KeyOwners = BTreeMap<Sha256Digest, String>;

/// The files that a run adds to `issued/`; what is not named here stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changeset {
    /// Folders that are replaced as a whole, each with its files.
    pub folders: BTreeMap<RepoPath, BTreeMap<String, Vec<u8>>>,
    /// Single files.
    pub files: BTreeMap<RepoPath, Vec<u8>>,
}

impl Changeset {
    /// Takes over the changes of another one, which touches other paths.
    pub fn extend(&mut self, other: Self) {
        self.folders.extend(other.folders);
        self.files.extend(other.files);
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.files.is_empty()
    }
}
