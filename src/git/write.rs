//! Writes commits: the one of a run, which touches `issued/` alone, and the one that `init` makes of given files.
//!
//! In come a base commit and files; new trees are built bottom-up from the raw trees of the base, so that nothing else
//! changes, not even where the base is odd. Same input, same commit id. No hook runs; a crash leaves only objects that
//! nobody refers to. Landing is a step of its own.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use git2::{ObjectType, Signature, Time};

use crate::finding::Reason;
use crate::git::authorship::committed;
use crate::git::commit::Commit;
use crate::git::fault;
use crate::git::ids::id;
use crate::git::objects::Objects;
use crate::git::repository::Repository;
use crate::git::tree;
use crate::names::{ObjectId, RepoPath};
use crate::snapshot::{Author, Changeset};
use crate::timestamp::Timestamp;

/// Makes the armored signature over the octets of a commit.
pub type CommitSigner<'s> = dyn Fn(&[u8]) -> anyhow::Result<String> + 's;

/// What the commit of a run is made of.
pub struct Draft<'d> {
    /// Its only parent; nothing but `issued/` will differ from it.
    pub base: ObjectId,
    /// The files.
    pub changes: &'d Changeset,
    /// Author and committer.
    pub author: &'d Author,
    /// The clock.
    pub now: Timestamp,
    /// Subject and trailers.
    pub message: &'d str,
    /// What signs it, if anything does.
    pub sign: Option<&'d CommitSigner<'d>>,
}

/// What is to become of a place in the tree.
enum Node {
    File(ObjectId),
    Folder(Folder),
}

#[derive(Default)]
struct Folder {
    /// Whether what was there goes.
    replaced: bool,
    children: BTreeMap<String, Node>,
}

impl Repository {
    /// Makes the commit of a run in the object database; no reference leads to it yet.
    ///
    /// # Errors
    /// When a path is outside `issued/`, the repository can't be written, or the commit can't be signed.
    pub fn make_commit(&self, draft: &Draft<'_>) -> anyhow::Result<ObjectId> {
        let objects = Objects::of(self)?;
        let folder = outputs(&objects, draft.changes)?;
        fault::point("files-stored");
        let tree = rewrite(&objects, Some(self.tree_of(draft.base)?), &folder)?;
        fault::point("trees-stored");
        let parent = self.commit_at(draft.base)?;
        let buffer = commit_octets(
            &objects,
            tree,
            Some(&parent),
            draft.author,
            draft.now,
            draft.message,
        )?;
        let Some(sign) = draft.sign else {
            return objects.write(ObjectType::Commit, buffer.as_bytes());
        };
        let armor = sign(buffer.as_bytes())?;
        let signed = self.inner.commit_signed(&buffer, &armor, Some("gpgsig"));
        Ok(id(signed.context("writing the signed commit")?))
    }

    /// Commits files of the work tree on top of `branch`, or as its first commit, and adds them to the index where the
    /// branch is checked out. Whatever else is staged stays so.
    ///
    /// # Errors
    /// [`RaceLost`] when the branch moved meanwhile; other errors when a file can't be read.
    pub fn commit_files(
        &self,
        branch: &str,
        paths: &[RepoPath],
        author: &Author,
        now: Timestamp,
        message: &str,
    ) -> anyhow::Result<ObjectId> {
        let objects = Objects::of(self)?;
        let base = self.branch_tip(branch)?;
        let mut folder = Folder::default();
        for path in paths {
            let blob = objects.write(ObjectType::Blob, &self.read_file(path)?)?;
            insert(&mut folder, path, Node::File(blob))?;
        }
        let top = base.map(|base| self.tree_of(base)).transpose()?;
        let tree = rewrite(&objects, top, &folder)?;
        let parent = base.map(|base| self.commit_at(base)).transpose()?;
        let buffer = commit_octets(&objects, tree, parent.as_deref(), author, now, message)?;
        let commit = objects.write(ObjectType::Commit, buffer.as_bytes())?;
        self.land(branch, base, commit)?;
        if self.head_branch()?.as_deref() == Some(branch) {
            self.stage(commit, paths)?;
        }
        Ok(commit)
    }
}

/// The octets of a commit that is not signed.
fn commit_octets(
    objects: &Objects<'_>,
    tree: Option<ObjectId>,
    parent: Option<&Commit>,
    author: &Author,
    now: Timestamp,
    message: &str,
) -> anyhow::Result<String> {
    // Dates along the mainline never go back, whatever our clock says.
    let before = parent.map(committed);
    let signature = signature(author, before.map_or(now, |before| before.max(now)))?;
    let tree = match tree {
        Some(tree) => tree,
        None => objects.write(ObjectType::Tree, &[])?,
    };
    let parent = parent.map(|parent| format!("parent {}\n", parent.id()));
    let name = signature.name().unwrap_or_default();
    let email = signature.email().unwrap_or_default();
    let who = format!("{name} <{email}> {} +0000", signature.when().seconds());
    Ok(format!(
        "tree {tree}\n{}author {who}\ncommitter {who}\n\n{message}",
        parent.unwrap_or_default()
    ))
}

fn outputs(objects: &Objects<'_>, changes: &Changeset) -> anyhow::Result<Folder> {
    let paths = changes.folders.keys().chain(changes.files.keys());
    if let Some(other) = paths
        .into_iter()
        .find(|path| !path.as_str().starts_with("issued/"))
    {
        bail!("a run may only write below `issued/`, not to `{other}`");
    }
    let mut top = Folder::default();
    for (path, files) in &changes.folders {
        let mut folder = Folder {
            replaced: true,
            ..Folder::default()
        };
        for (name, bytes) in files {
            ensure!(is_piece(name), "`{name}` is no name of a file in `{path}`");
            let blob = objects.write(ObjectType::Blob, bytes)?;
            fault::point("file-stored");
            folder.children.insert(name.clone(), Node::File(blob));
        }
        insert(&mut top, path, Node::Folder(folder))?;
    }
    for (path, bytes) in &changes.files {
        let blob = objects.write(ObjectType::Blob, bytes)?;
        insert(&mut top, path, Node::File(blob))?;
    }
    Ok(top)
}

fn is_piece(name: &str) -> bool {
    !name.contains('/') && name.parse::<RepoPath>().is_ok()
}

fn insert(top: &mut Folder, path: &RepoPath, node: Node) -> anyhow::Result<()> {
    let (folders, name) = match path.as_str().rsplit_once('/') {
        Some((folders, name)) => (folders.split('/').collect(), name),
        None => (Vec::new(), path.as_str()),
    };
    let mut current = top;
    for folder in folders {
        let next = current.children.entry(folder.to_owned());
        current = match next.or_insert_with(|| Node::Folder(Folder::default())) {
            Node::Folder(folder) => folder,
            Node::File(_) => bail!("`{path}` lies below a file"),
        };
    }
    ensure!(
        !current.children.contains_key(name),
        "`{path}` is written twice"
    );
    current.children.insert(name.to_owned(), node);
    Ok(())
}

// The tree that a folder becomes; none when it is empty, as git has no empty directories.
fn rewrite(
    objects: &Objects<'_>,
    base: Option<ObjectId>,
    folder: &Folder,
) -> anyhow::Result<Option<ObjectId>> {
    let base = match base.filter(|_| !folder.replaced) {
        Some(base) => objects.tree(base)?.map_err(|reason| refused(&reason))?,
        None => objects.directory(None)?,
    };
    let old = base.entries().map_err(|reason| refused(&reason))?;
    let is_kept = |entry: &tree::Entry<'_>| !is_named(folder, entry.name);
    let mut entries: Vec<_> = old.clone().filter(is_kept).collect();
    for (name, node) in &folder.children {
        let (mode, id) = match node {
            Node::File(blob) => (tree::FILE, Some(*blob)),
            Node::Folder(below) => {
                let before = base.entry(name, tree::DIRECTORY).map(|entry| entry.id);
                (tree::DIRECTORY, rewrite(objects, before, below)?)
            }
        };
        let name = name.as_bytes();
        let is_other = |entry: tree::Entry<'_>| entry.name == name && entry.mode != mode;
        ensure!(
            !old.clone().any(is_other),
            "`{}` is something else in the base than what is to be written",
            name.escape_ascii()
        );
        entries.extend(id.map(|id| tree::Entry { mode, name, id }));
    }
    if entries.is_empty() {
        return Ok(None);
    }
    objects
        .write(ObjectType::Tree, &tree::serialize(&mut entries))
        .map(Some)
}

fn is_named(folder: &Folder, name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(|name| folder.children.contains_key(name))
}

fn refused(reason: &Reason) -> anyhow::Error {
    anyhow::anyhow!("the base can't be written upon: {}", reason.message)
}

fn signature(author: &Author, time: Timestamp) -> anyhow::Result<Signature<'static>> {
    let hostile = |text: &str| {
        text.chars()
            .any(|character| character.is_control() || "<>".contains(character))
    };
    ensure!(
        !hostile(&author.name) && !hostile(&author.email),
        "a name and an e-mail address of a commit hold no control characters, `<` or `>`"
    );
    let time = Time::new(time.unix(), 0);
    Signature::new(&author.name, &author.email, &time)
        .with_context(|| format!("naming `{}` <{}> as the author", author.name, author.email))
}
