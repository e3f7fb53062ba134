//! A repository at one commit, as values; and the changes that a run wants to make to it.
//!
//! An edge fills a [`Snapshot`] from git objects or from a work tree; the core reads it and answers with a
//! [`Changeset`], which only touches `issued/`. Nothing in here knows where the bytes come from or go to. Data zone
//! entries come as names first: only requests that `issued/` does not hold have their bytes here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::{ObjectId, RepoPath, RequestName, Sha256Digest};
use crate::provenance::{self, Provenance};
use crate::ssh::signed::Signed;
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
    /// How many more requests there are that are unchanged since the last run and were not looked at.
    pub untouched: usize,
    /// The blob of `issued/<name>/request.yaml`, for each that is there.
    pub issued: BTreeMap<RequestName, ObjectId>,
    /// The manifests of the requests that are open: `issued/` does not hold their very bytes.
    pub open: BTreeMap<RequestName, Blob>,
    /// The files of statements about each open request, by file name: `<...>.json` and `<...>.json.sig`.
    pub statements: BTreeMap<RequestName, BTreeMap<String, Blob>>,
    /// The other requests beside which statements lie.
    pub stated: BTreeSet<RequestName>,
    /// The revocations, by the requests beside which they lie.
    pub revocations: BTreeMap<RequestName, Blob>,
    /// The public keys whose private halves lie in the repository, each with the path of one file that holds it; of a file
    /// that is in a commit alone, as git spells that.
    pub leaked: BTreeMap<Sha256Digest, String>,
    /// What is wrong in the data zone; the rest of it is still judged.
    pub findings: Vec<Finding>,
    /// The private keys that commits since the last run brought, where nobody looks any more.
    pub withdrawn: Vec<Finding>,
    /// Their public keys and those that earlier runs have seen, each with a commit that has the private half.
    pub withdrawn_keys: BTreeMap<Sha256Digest, ObjectId>,
    /// What is worth knowing and stands in nobody's way.
    pub notices: Vec<Finding>,
    /// Whether more lies there than could be searched for private keys; a notice says so.
    pub is_unsearched: bool,
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

    /// Takes a request out, so that nothing of it is judged; whether it was there.
    pub fn leave_out(&mut self, request: &RequestName) -> bool {
        self.open.remove(request);
        self.statements.remove(request);
        self.requests.remove(request).is_some()
    }

    /// How many requests there are; `None` where that can't be said, since some files are none.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        let number = u32::try_from(self.requests.len() + self.untouched).ok();
        number.filter(|_| self.findings.is_empty())
    }

    /// Takes over which keys are known to be everybody's, from a snapshot of the same commit.
    pub fn remember_leaks(&mut self, other: Self) {
        self.withdrawn = other.withdrawn;
        self.withdrawn_keys = other.withdrawn_keys;
        for (key, place) in other.leaked {
            self.leaked.entry(key).or_insert(place);
        }
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

/// A commit as git says who made it, and the signature that may prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorship {
    /// The commit.
    pub commit: ObjectId,
    /// Its author, if that line can be read.
    pub author: Option<Author>,
    /// The addresses of its `Co-authored-by` trailers, each once; `None` where it names more than anybody reads.
    pub co_authors: Option<Vec<String>>,
    /// Its `gpgsig` header, whatever kind it is of.
    pub signature: Option<Signed>,
}

/// The mainline commit that brought the bytes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// The commit.
    pub commit: ObjectId,
    /// Its place on the mainline, the later the greater; it compares with those that were found together.
    pub position: u64,
    /// When it was committed.
    pub committed: Timestamp,
    /// The commit that made the bytes; `None` when too many landed at once to search them.
    pub maker: Option<Arc<Authorship>>,
    /// The commits of the mainline that changed the request since it was last absent, newest first; the anchor stands for
    /// all before it.
    pub changes: Vec<ObjectId>,
    /// Whether the request was there at the anchor, and at every commit since.
    pub is_from_anchor: bool,
    /// Every commit that may have had a hand in the request since it was last absent, the maker included;
    /// shared by all that they brought.
    pub contributors: Vec<Arc<Authorship>>,
    /// Whether it also changed the control zone, and is not the anchor.
    pub touches_control: bool,
}

/// The mainline commit that brought a statement about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brought {
    /// The commit: the later of the two that brought the statement and its signature.
    pub commit: ObjectId,
    /// Its place on the mainline, the later the greater; it compares with those that were found together.
    pub position: u64,
    /// Whether it also changed the control zone, and is not the anchor.
    pub touches_control: bool,
}

/// A statement that was on the mainline and is not there any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedStatement {
    /// The name of its file.
    pub name: String,
    /// What it said.
    pub statement: Blob,
    /// Its signature.
    pub signature: Blob,
    /// Where it was brought.
    pub brought: Brought,
}

/// What the mainline knows of the statements about one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementHistory {
    /// The commit that brought each statement of the tip, by the name of its `.json` file.
    pub brought: BTreeMap<String, Brought>,
    /// The signed statements that were on the mainline and are not there any more.
    pub deleted: Vec<DeletedStatement>,
    /// The SHA-256 of the statements that a certificate of this request has rested on since they were brought.
    pub spent: BTreeSet<Sha256Digest>,
    /// What the first certificate for these very bytes rested on, of all that the mainline has held.
    pub first: Option<Provenance>,
}

/// What a commit brought into the folder of one request in `issued/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where it was brought.
    pub brought: Brought,
    /// The very bytes of the request, by their blob.
    pub request: ObjectId,
    /// `certificate.pem`.
    pub certificate: Vec<u8>,
}

/// What the mainline knows of the revocation of one request, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevocationHistory {
    /// Each version of the revocation; `None` where it was taken away, or is larger than any may be.
    pub revocations: Vec<(Brought, Option<Blob>)>,
    /// Everything that was issued for the request, or lay there as if it were.
    pub outputs: Vec<Output>,
}

/// Whose a key is: who was certified with it, or who asked for that first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOwner {
    /// The request.
    pub request: RequestName,
    /// The Principal who asked, if one was known.
    pub requester: Option<String>,
}

impl KeyOwner {
    /// The owner of a certified key, with what the `provenance.json` of its certificate says of who asked.
    #[must_use]
    pub fn certified(request: RequestName, provenance: Option<&[u8]>) -> Self {
        Self {
            request,
            requester: provenance.and_then(provenance::requester),
        }
    }

    /// The file that remembers whose a key is.
    #[must_use]
    pub fn file(key: &Sha256Digest) -> RepoPath {
        let hex = key.to_string();
        let path = format!("issued/_keys/{}/{}", &hex[..2], &hex[2..]);
        path.parse().expect("pieces of hexadecimal digits")
    }

    /// The request that such a file names.
    ///
    /// # Errors
    /// When it names none, and so is none that a run wrote.
    pub fn named(file: &RepoPath, octets: &[u8]) -> Result<RequestName, Stop> {
        let text = std::str::from_utf8(octets).unwrap_or_default();
        let name = text.trim_end_matches('\n').parse();
        name.map_err(|_| {
            let message = "does not name the request whose key this is, as a run writes it";
            let help = format!("find out who wrote it, and restore it: `git log --stat -- {file}`");
            let reason = Reason::new(Code::ForeignOutput, message).help(help);
            Stop(vec![Finding::in_file(file.clone(), reason)])
        })
    }
}

/// A certificate of the past: what was signed, and how that came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// The very bytes of the request.
    pub request: Blob,
    /// Its `provenance.json`.
    pub provenance: Vec<u8>,
}

/// What is known about keys that were certified before: the request that each belongs to.
pub type KeyOwners = BTreeMap<Sha256Digest, KeyOwner>;

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
