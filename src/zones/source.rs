//! What a snapshot can be made from: something that lists directories and reads files.
//!
//! Git trees and work trees are the two implementations. A source checks what its own entries may be (names, modes,
//! links) and says what is wrong as faults; which files belong where is none of its business. It fails only when it can't
//! be read at all.

use crate::finding::Reason;
use crate::names::{ObjectId, RequestName};
use crate::snapshot::Blob;

/// How many faults of one directory are worth telling; a source may leave the rest out, but not what they are about in.
pub const REPORTED: usize = 100;

/// Above so many octets, a file is media or an archive. A smaller one is searched for a key as a whole.
pub const SEARCHED_FILE: u64 = 16 * 1024 * 1024;
/// How many files are searched besides those of the zones, so that a large project costs seconds and not minutes.
pub const SEARCHED_FILES: usize = 100_000;
/// How many octets they have in all: some second. What was seen by a run is not searched by the next one.
pub const SEARCHED_OCTETS: u64 = 128 << 20;

/// Where a directory is: at the top, strange names of inert entries are none of our business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The top of the repository.
    Root,
    /// One of the zones, or below it.
    Zone,
}

/// What can be walked or read; anything else is a violation that the source reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file that can't be executed.
    File,
}

/// One entry of a directory.
#[derive(Clone, Debug)]
pub struct Child<H> {
    /// One piece of a path.
    pub name: String,
    /// Whether it can be walked or read.
    pub kind: Kind,
    /// How its source finds it again.
    pub handle: H,
}

/// A directory of statements, to be read if its request is open.
pub(super) struct Statements<H> {
    pub(super) path: String,
    pub(super) request: RequestName,
    pub(super) handle: H,
}

/// What a directory holds.
#[derive(Clone, Debug)]
pub struct Listing<H> {
    /// Its sound entries, sorted.
    pub children: Vec<Child<H>>,
    /// What is wrong, each with the name of the entry; without one it is the directory itself.
    pub faults: Vec<(Option<String>, Reason)>,
    /// The entries among them that have content all the same, which nobody but the search for private keys looks at.
    pub refused: Vec<Child<H>>,
    /// How many octets it has itself, whatever is wrong with it.
    pub octets: usize,
}

impl<H> Default for Listing<H> {
    fn default() -> Self {
        Self {
            children: Vec::new(),
            faults: Vec::new(),
            refused: Vec::new(),
            octets: 0,
        }
    }
}

/// A file, or the reason why it may not be read.
pub type Content = Result<Blob, Reason>;

/// Where a snapshot comes from: git trees or a work tree.
pub trait Source {
    /// How an entry is found again.
    type Handle;

    /// Whether what lies in none of the zones belongs to the repository; a work tree holds what never gets into a commit.
    fn has_inert_files(&self) -> bool;

    /// The object that an entry is, which tells that it is the same as another one; `None` where only reading it tells.
    fn object(&self, entry: &Self::Handle) -> Option<ObjectId>;

    /// Lists one directory and checks each of its entries.
    ///
    /// # Errors
    /// When the source itself fails; what is wrong with the entries is a fault.
    fn list(&self, directory: &Self::Handle, scope: Scope)
    -> anyhow::Result<Listing<Self::Handle>>;

    /// Whether a file or directory beside the zones may be searched for private keys; there may be more than anybody waits for.
    fn is_searched(&self, entry: &Self::Handle) -> bool;

    /// Reads a file that has at most `limit` octets.
    ///
    /// # Errors
    /// When the source itself fails; a file that is too large is refused inside.
    fn read(&self, file: &Self::Handle, limit: u64) -> anyhow::Result<Content>;
}
