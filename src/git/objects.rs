//! Reading and writing single objects of the database, as raw octets with their size checked first.
//!
//! In comes the name of an object, out go the octets of a blob or a checked tree: never more than the caller is ready for, since a header is looked at
//! before anything is inflated. All writing goes through [`Objects::write`], so that a pack writer has one place to be.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;

use anyhow::Context as _;
use git2::{ObjectType, Odb, OdbObject};

use crate::finding::{Code, Reason};
use crate::git::ids::{id, oid};
use crate::git::kept::Kept;
use crate::git::repository::Repository;
use crate::git::tree::{self, Tree};
use crate::names::ObjectId;
use crate::zones;

// Room for the largest directory that is allowed, when its names have 55 characters: it is read whole, and a stranger
// shall not fill memory with the names of nothing.
const TREE_OCTETS: usize = 16 * 1024 * 1024;

/// The object database of one repository.
pub(super) struct Objects<'r> {
    odb: Odb<'r>,
    kept: &'r Kept<Tree>,
    heads: &'r Kept<(usize, ObjectType)>,
    walked: Cell<usize>,
    searched: Searched,
}

/// Which files and directories beside the zones are searched for private keys.
#[derive(Clone, Debug)]
pub(super) enum Searched {
    AllBut(HashSet<ObjectId>),
    Only(HashSet<ObjectId>),
}

impl<'r> Objects<'r> {
    pub(super) fn of(repository: &'r Repository) -> anyhow::Result<Self> {
        let odb = repository.inner.odb();
        Ok(Self {
            odb: odb.context("opening the object database")?,
            kept: &repository.trees,
            heads: &repository.heads,
            walked: Cell::new(0),
            searched: Searched::AllBut(HashSet::new()),
        })
    }

    /// The same, of which these files are searched for private keys.
    pub(super) fn searching(self, searched: Searched) -> Self {
        Self { searched, ..self }
    }

    /// Whether a file or directory beside the zones may be searched for private keys.
    pub(super) fn is_searched(&self, object: ObjectId) -> bool {
        match &self.searched {
            Searched::AllBut(others) => !others.contains(&object),
            Searched::Only(these) => these.contains(&object),
        }
    }

    /// A tree, well-formed or not; a reason when that object is no tree, or is one that nobody can mean.
    pub(super) fn tree(&self, object: ObjectId) -> anyhow::Result<Result<Rc<Tree>, Reason>> {
        if let Some(tree) = self.kept.get(object) {
            self.count(&tree);
            return Ok(Ok(tree));
        }
        let (size, kind) = self.header(object)?;
        if kind != ObjectType::Tree {
            let message = "the entry of a directory names an object that is no tree";
            return Ok(Err(Reason::new(Code::FileMode, message)));
        }
        if size > TREE_OCTETS {
            let message =
                format!("the tree of the directory has {size} octets, more than {TREE_OCTETS}");
            let reason = Reason::new(Code::TooManyFiles, message);
            return Ok(Err(reason.help("split it into directories")));
        }
        let tree = Rc::new(Tree::read(self.read(object)?.data().to_vec()));
        self.kept.keep(object, &tree, tree.octets());
        self.count(&tree);
        Ok(Ok(tree))
    }

    fn count(&self, tree: &Tree) {
        self.walked.set(self.walked.get() + tree.octets());
    }

    /// How many octets the trees have that were asked for so far, each as often as it was.
    pub(super) fn walked(&self) -> usize {
        self.walked.get()
    }

    /// A tree, which is empty where it is absent or is no tree.
    pub(super) fn directory(&self, tree: Option<ObjectId>) -> anyhow::Result<Rc<Tree>> {
        let found = tree.map(|tree| self.tree(tree)).transpose()?;
        let found = found.and_then(Result::ok);
        Ok(found.unwrap_or_else(|| Rc::new(Tree::read(Vec::new()))))
    }

    /// A tree, which is empty where it is none that anybody can mean, and why it is.
    pub(super) fn directory_or_flaw(
        &self,
        tree: ObjectId,
    ) -> anyhow::Result<(Rc<Tree>, Option<Reason>)> {
        let flaw = match self.tree(tree)? {
            Ok(tree) => match tree.entries() {
                Ok(_) => return Ok((tree, None)),
                Err(reason) => *reason,
            },
            Err(reason) => reason,
        };
        Ok((Rc::new(Tree::read(Vec::new())), Some(flaw)))
    }

    /// The octets of a blob that has at most `limit` of them.
    pub(super) fn blob(
        &self,
        object: ObjectId,
        limit: u64,
    ) -> anyhow::Result<Result<Vec<u8>, Reason>> {
        let (size, kind) = self.header(object)?;
        if kind != ObjectType::Blob {
            let message = "the entry of a file names an object that is no blob";
            return Ok(Err(Reason::new(Code::FileMode, message)));
        }
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        if size > limit {
            return Ok(Err(zones::too_large(size, limit)));
        }
        Ok(Ok(self.read(object)?.data().to_vec()))
    }

    /// Where a path leads from a tree, piece by piece; the last piece must have that mode. A malformed tree leads nowhere.
    pub(super) fn follow(
        &self,
        top: ObjectId,
        pieces: &[&str],
        mode: u32,
    ) -> anyhow::Result<Option<ObjectId>> {
        let Some((name, folders)) = pieces.split_last() else {
            return Ok(Some(top));
        };
        let mut current = top;
        for folder in folders {
            let Some(next) = self.entry(current, folder, tree::DIRECTORY)? else {
                return Ok(None);
            };
            current = next;
        }
        self.entry(current, name, mode)
    }

    /// The entry of that name and mode in a tree; `None`, too, when the tree is malformed.
    pub(super) fn entry(
        &self,
        folder: ObjectId,
        name: &str,
        mode: u32,
    ) -> anyhow::Result<Option<ObjectId>> {
        let entry = |folder: Rc<Tree>| folder.entry(name, mode).map(|entry| entry.id);
        Ok(self.tree(folder)?.ok().and_then(entry))
    }

    /// What is at a path below a tree that is no directory, whatever else it is; `None`, too, where a tree on the way is
    /// malformed.
    pub(super) fn file(&self, top: ObjectId, path: &str) -> anyhow::Result<Option<ObjectId>> {
        Ok(self.content(top, path)?.map(|(_, id)| id))
    }

    /// The same with its mode; of a path that ends in a slash the directory.
    pub(super) fn content(
        &self,
        top: ObjectId,
        path: &str,
    ) -> anyhow::Result<Option<(u32, ObjectId)>> {
        let (path, is_directory) = match path.strip_suffix('/') {
            Some(path) => (path, true),
            None => (path, false),
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let pieces: Vec<&str> = folder
            .split('/')
            .filter(|piece| !piece.is_empty())
            .collect();
        let folder = self.follow(top, &pieces, tree::DIRECTORY)?;
        let folder = self.directory(folder)?;
        let entry = if is_directory {
            folder.entry(name, tree::DIRECTORY)
        } else {
            folder.file(name)
        };
        Ok(entry.map(|entry| (entry.mode, entry.id)))
    }

    /// How many octets an object has. Whoever asks will read it later.
    pub(super) fn octets(&self, object: ObjectId) -> anyhow::Result<usize> {
        // A directory that is in thousands of places was read at the first.
        if let Some(tree) = self.kept.get(object) {
            return Ok(tree.size());
        }
        Ok(self.kept_header(object)?.0)
    }

    /// How many octets a file or a link has; `None` when that object is neither.
    pub(super) fn blob_octets(&self, object: ObjectId) -> anyhow::Result<Option<usize>> {
        let (octets, kind) = self.kept_header(object)?;
        Ok((kind == ObjectType::Blob).then_some(octets))
    }

    /// The header, for whoever reads the object later.
    fn kept_header(&self, object: ObjectId) -> anyhow::Result<(usize, ObjectType)> {
        let header = self.header(object)?;
        self.heads.keep(object, &Rc::new(header), 1);
        Ok(header)
    }

    /// Writes one object; one that is there already is left as it is.
    pub(super) fn write(&self, kind: ObjectType, octets: &[u8]) -> anyhow::Result<ObjectId> {
        let written = self.odb.write(kind, octets);
        Ok(id(written.with_context(|| {
            format!("writing a {kind} to the object database")
        })?))
    }

    fn header(&self, object: ObjectId) -> anyhow::Result<(usize, ObjectType)> {
        if let Some(known) = self.heads.get(object) {
            return Ok(*known);
        }
        let header = self.odb.read_header(oid(object));
        header.with_context(|| format!("reading object {object}"))
    }

    fn read(&self, object: ObjectId) -> anyhow::Result<OdbObject<'_>> {
        self.odb
            .read(oid(object))
            .with_context(|| format!("reading object {object}"))
    }
}
