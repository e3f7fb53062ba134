//! Which commit a person means by a name.
//!
//! In comes `HEAD~2`, a branch, a tag, a full reference or an id; out goes a commit. A name that a branch and a tag have
//! means neither: tags come along with a fetch, so whoever may push one could choose what others judge against.

use anyhow::Context as _;
use git2::{ErrorCode, ObjectType, Oid, Reference};

use crate::finding::{Code, Reason, Stop};
use crate::git::ids::{git_path, id, oid};
use crate::git::open;
use crate::git::repository::Repository;
use crate::names::ObjectId;

// In the order in which git tries them.
const PLACES: [&str; 3] = ["refs/tags/", "refs/heads/", "refs/remotes/"];

impl Repository {
    /// The commit that a person means by `HEAD~2`, a branch, a tag or an id; `None` where that is no commit of this
    /// repository.
    ///
    /// # Errors
    /// A [`Stop`] when it names several; other errors when the repository can't be read.
    pub fn find_commit(&self, revision: &str) -> anyhow::Result<Option<ObjectId>> {
        if let Ok(full) = revision.parse::<ObjectId>() {
            return self.peeled(oid(full));
        }
        let name = revision.split(['~', '^', ':']).next();
        let name = name.and_then(|name| name.split("@{").next());
        let named = self.named(name.unwrap_or_default())?;
        if name == Some(revision)
            && let Some(commit) = named
        {
            return Ok(Some(commit));
        }
        let object = self.inner.revparse_single(revision);
        match object.and_then(|object| object.peel(ObjectType::Commit)) {
            Ok(commit) => Ok(Some(id(commit.id()))),
            Err(error) if is_no_commit(&error) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("finding the commit `{revision}`")),
        }
    }

    /// The commit that references of this name lead to.
    fn named(&self, name: &str) -> anyhow::Result<Option<ObjectId>> {
        let mut found: Vec<(String, ObjectId)> = Vec::new();
        let full = |place: &&str| format!("{place}{name}");
        let places = [""].iter().chain(&PLACES).map(full);
        for full in places.filter(|full| git2::Reference::is_valid_name(full)) {
            if let Some(commit) = self.commit_of(&full)? {
                found.push((full, commit));
            }
        }
        let Some((first, commit)) = found.first() else {
            return Ok(None);
        };
        match found.iter().find(|(_, other)| other != commit) {
            Some((second, _)) => Err(ambiguous(name, first, second).into()),
            None => Ok(Some(*commit)),
        }
    }

    /// The commit that a reference leads to, whatever that commit says.
    pub(super) fn commit_of(&self, reference: &str) -> anyhow::Result<Option<ObjectId>> {
        open::require_file(&git_path(&self.inner, reference))?;
        match self.inner.find_reference(reference) {
            Ok(found) => self.commit_behind(&found),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => {
                Err(error).with_context(|| format!("reading the reference `{reference}`"))
            }
        }
    }

    pub(super) fn commit_behind(
        &self,
        reference: &Reference<'_>,
    ) -> anyhow::Result<Option<ObjectId>> {
        let name = reference.name().unwrap_or_default();
        match reference.resolve() {
            Ok(direct) => direct
                .target()
                .map_or(Ok(None), |target| self.peeled(target)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading the reference `{name}`")),
        }
    }

    /// The commit that this is, or that a tag is about.
    fn peeled(&self, object: Oid) -> anyhow::Result<Option<ObjectId>> {
        let context = || format!("reading object {object}");
        let odb = self.inner.odb().with_context(context)?;
        let mut object = object;
        loop {
            match odb.read_header(object) {
                Ok((_, ObjectType::Commit)) => return Ok(Some(id(object))),
                Ok((_, ObjectType::Tag)) => {
                    let tag = self.inner.find_tag(object).with_context(context)?;
                    object = tag.target_id();
                }
                Ok(_) => return Ok(None),
                Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
                Err(error) => return Err(error).with_context(context),
            }
        }
    }
}

fn ambiguous(name: &str, first: &str, second: &str) -> Stop {
    let message = format!(
        "`{name}` is ambiguous: it is `{first}` and also `{second}`, and these are two commits"
    );
    let help = format!("say which you mean by its full name, for a branch `{second}`");
    Stop::because(Reason::new(Code::OperationFailed, message).help(help))
}

fn is_no_commit(error: &git2::Error) -> bool {
    use ErrorCode::{Ambiguous, InvalidSpec, NotFound, Peel};
    matches!(error.code(), Ambiguous | InvalidSpec | NotFound | Peel)
}
