//! Committing: new objects, one commit, and the branch moved by compare-and-swap.
//!
//! In come the base commit and a changeset below `issued/`; out comes a commit with one parent. Trees are made from the
//! trees of the base, so nothing else changes. A crash leaves the old tip or the new one; the same input gives the same
//! commit id. No hook runs, and the work tree is not touched here.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context as _;
use git2::{ErrorCode, Oid, Signature, Time};

use crate::git::{Repository, to_id, to_oid};
use crate::names::{ObjectId, RepoPath};
use crate::snapshot::{Author, Changeset};
use crate::timestamp::Timestamp;

const MODE_FILE: i32 = 0o100_644;
const MODE_TREE: i32 = 0o040_000;

/// The branch moved while the run was working.
#[derive(Clone, Debug)]
pub struct RaceLost {
    branch: String,
}

impl fmt::Display for RaceLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the branch `{}` moved while the certificates were made; nothing was committed, run again",
            self.branch
        )
    }
}

impl std::error::Error for RaceLost {}

/// What a tree shall hold under one name.
enum Edit {
    File(Oid),
    /// Exactly these files.
    Folder(BTreeMap<String, Oid>),
    /// The directory as it is, with these changes.
    Within(BTreeMap<String, Edit>),
}

impl Repository {
    /// Commits the changeset on top of `base` and moves the branch there, if it still is at `base`.
    ///
    /// # Errors
    /// [`RaceLost`] when the branch has moved; any other error when git fails or a path lies outside `issued/`.
    pub fn commit(
        &self,
        base: ObjectId,
        branch: &str,
        changes: &Changeset,
        author: &Author,
        now: Timestamp,
        message: &str,
    ) -> anyhow::Result<ObjectId> {
        let parent = self
            .inner
            .find_commit(to_oid(base))
            .context("reading the base commit")?;
        let tree = self.updated(Some(parent.tree_id()), self.edits(changes)?)?;
        let tree = self.inner.find_tree(tree)?;
        // Committer dates never go back along the mainline.
        let time = now.unix().max(parent.time().seconds());
        let author = Signature::new(&author.name, &author.email, &Time::new(time, 0))
            .context("naming the bot")?;
        let commit = self
            .inner
            .commit(None, &author, &author, message, &tree, &[&parent])
            .context("writing the commit")?;
        let subject = message.lines().next().unwrap_or_default();
        self.swap(
            branch,
            Some(to_oid(base)),
            commit,
            &format!("commit: {subject}"),
        )?;
        Ok(to_id(commit))
    }

    /// Commits files of the work tree on the branch that HEAD is on; what else is staged stays staged.
    ///
    /// # Errors
    /// When HEAD is detached, a file can't be read, or git fails.
    pub fn commit_files(
        &self,
        files: &[RepoPath],
        author: &Author,
        now: Timestamp,
        message: &str,
    ) -> anyhow::Result<ObjectId> {
        let branch = self
            .head_branch()?
            .context("HEAD is detached: switch to a branch first")?;
        let parent = self
            .head_commit()?
            .map(|id| self.inner.find_commit(to_oid(id)))
            .transpose()?;
        let root = self
            .inner
            .workdir()
            .context("the repository has no work tree")?;
        let mut edits = BTreeMap::new();
        let mut index = self.inner.index().context("reading the index")?;
        for file in files {
            let blob = self
                .inner
                .blob_path(&root.join(file.as_str()))
                .with_context(|| format!("reading `{file}`"))?;
            insert(&mut edits, file.as_str(), Edit::File(blob))?;
            index
                .add_path(file.as_str().as_ref())
                .with_context(|| format!("staging `{file}`"))?;
        }
        let tree = self.updated(parent.as_ref().map(git2::Commit::tree_id), edits)?;
        let tree = self.inner.find_tree(tree)?;
        let author = Signature::new(&author.name, &author.email, &Time::new(now.unix(), 0))
            .context("naming the author")?;
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        let commit = self
            .inner
            .commit(None, &author, &author, message, &tree, &parents)
            .context("writing the commit")?;
        let subject = message.lines().next().unwrap_or_default();
        self.swap(
            &branch,
            parent.as_ref().map(git2::Commit::id),
            commit,
            &format!("commit: {subject}"),
        )?;
        index.write().context("writing the index")?;
        Ok(to_id(commit))
    }

    /// Moves a branch, if it still points where it did.
    fn swap(&self, branch: &str, old: Option<Oid>, new: Oid, log: &str) -> anyhow::Result<()> {
        let name = format!("refs/heads/{branch}");
        let moved = match old {
            Some(old) => self.inner.reference_matching(&name, new, true, old, log),
            None => self.inner.reference(&name, new, false, log),
        };
        match moved {
            Ok(_) => Ok(()),
            Err(error)
                if matches!(
                    error.code(),
                    ErrorCode::Modified | ErrorCode::Exists | ErrorCode::NotFound
                ) =>
            {
                Err(RaceLost {
                    branch: branch.to_owned(),
                }
                .into())
            }
            Err(error) => Err(error).with_context(|| {
                format!("moving the branch `{branch}` (is another process at work?)")
            }),
        }
    }

    /// The changeset as edits, its blobs written.
    fn edits(&self, changes: &Changeset) -> anyhow::Result<BTreeMap<String, Edit>> {
        let mut edits = BTreeMap::new();
        for (folder, files) in &changes.folders {
            let write =
                |(name, bytes): (&String, &Vec<u8>)| Ok((name.clone(), self.inner.blob(bytes)?));
            let files = files
                .iter()
                .map(write)
                .collect::<Result<_, git2::Error>>()
                .context("writing objects")?;
            insert(&mut edits, issued(folder)?, Edit::Folder(files))?;
        }
        for (file, bytes) in &changes.files {
            insert(
                &mut edits,
                issued(file)?,
                Edit::File(self.inner.blob(bytes).context("writing objects")?),
            )?;
        }
        Ok(edits)
    }

    /// A tree like `base` with the edits made.
    fn updated(&self, base: Option<Oid>, edits: BTreeMap<String, Edit>) -> anyhow::Result<Oid> {
        let base = base.map(|id| self.inner.find_tree(id)).transpose()?;
        let mut builder = self.inner.treebuilder(base.as_ref())?;
        for (name, edit) in edits {
            let (id, mode) = match edit {
                Edit::File(id) => (id, MODE_FILE),
                Edit::Folder(files) => (self.folder(files)?, MODE_TREE),
                Edit::Within(edits) => {
                    let below = base.as_ref().and_then(|tree| tree.get_name(&name));
                    let below = below
                        .filter(|entry| entry.filemode() == MODE_TREE)
                        .map(|entry| entry.id());
                    (self.updated(below, edits)?, MODE_TREE)
                }
            };
            builder
                .insert(&name, id, mode)
                .with_context(|| format!("adding `{name}` to a tree"))?;
        }
        builder.write().context("writing a tree")
    }

    fn folder(&self, files: BTreeMap<String, Oid>) -> anyhow::Result<Oid> {
        let mut builder = self.inner.treebuilder(None)?;
        for (name, id) in files {
            builder
                .insert(&name, id, MODE_FILE)
                .with_context(|| format!("adding `{name}` to a tree"))?;
        }
        builder.write().context("writing a tree")
    }
}

/// A run writes below `issued/` and nowhere else.
fn issued(path: &RepoPath) -> anyhow::Result<&str> {
    anyhow::ensure!(
        path.as_str().starts_with("issued/"),
        "`{path}` lies outside `issued/`"
    );
    Ok(path.as_str())
}

fn insert(edits: &mut BTreeMap<String, Edit>, path: &str, edit: Edit) -> anyhow::Result<()> {
    let Some((first, rest)) = path.split_once('/') else {
        anyhow::ensure!(
            edits.insert(path.to_owned(), edit).is_none(),
            "`{path}` is written twice"
        );
        return Ok(());
    };
    match edits
        .entry(first.to_owned())
        .or_insert_with(|| Edit::Within(BTreeMap::new()))
    {
        Edit::Within(below) => insert(below, rest, edit),
        Edit::File(_) | Edit::Folder(_) => anyhow::bail!("`{first}` is a file and a directory"),
    }
}
