//! Finds commits, and keeps them for a while: those of a change are walked several times.
//!
//! In comes the name of an object; out goes a [`Commit`]. What is no commit at all, or is not there, is a broken history.

use std::rc::Rc;

use anyhow::Context as _;
use git2::{ErrorCode, ObjectType, Oid};

use crate::finding::{Code, Reason, Stop};
use crate::git::commit::Commit;
use crate::git::ids::{id, oid};
use crate::git::repository::Repository;
use crate::names::ObjectId;

// Nobody has written so much into one commit, which is read at a go.
const LARGEST: usize = 1 << 20;
// What it takes to keep one beside its octets: its fields, and its place.
const BESIDE: usize = 400;

impl Repository {
    pub(super) fn commit_at(&self, commit: ObjectId) -> anyhow::Result<Rc<Commit>> {
        self.commit_named(oid(commit), None)
    }

    /// The same, where another commit names it as its parent.
    pub(super) fn commit_named(
        &self,
        commit: Oid,
        child: Option<Oid>,
    ) -> anyhow::Result<Rc<Commit>> {
        if let Some(kept) = self.commits.get(id(commit)) {
            return Ok(kept);
        }
        let read = Rc::new(self.read_commit(commit, child)?);
        self.commits.keep(id(commit), &read, read.octets() + BESIDE);
        Ok(read)
    }

    fn read_commit(&self, commit: Oid, child: Option<Oid>) -> anyhow::Result<Commit> {
        let odb = self.inner.odb().context("opening the object database")?;
        let broken = |what: &str| broken(commit, child, what);
        let object = match odb.read_header(commit) {
            Ok((octets, ObjectType::Commit)) if octets > LARGEST => {
                return Err(oversized(commit, child).into());
            }
            Ok((_, ObjectType::Commit)) => odb.read(commit),
            Ok((_, kind)) => return Err(broken(&format!("is a {kind}, and no commit")).into()),
            Err(error) => Err(error),
        };
        let object = match object {
            Ok(object) => object,
            Err(error) if error.code() == ErrorCode::NotFound => {
                return Err(broken("is not in this repository").into());
            }
            Err(error) => {
                return Err(broken(&format!("can't be read: {}", error.message())).into());
            }
        };
        let read = Commit::read(commit, object.data());
        read.ok_or_else(|| {
            broken("is malformed: it names no tree, or its parents in no order").into()
        })
    }
}

/// What to do about a history of which something is missing.
fn broken(commit: Oid, child: Option<Oid>, what: &str) -> Stop {
    let help = "see with `git fsck` what else is missing; fetch it from a clone that has it, or make a fresh clone; \
                where no clone has it, leave the branch with that commit out of the mainline";
    unreadable(commit, child, what, help)
}

fn oversized(commit: Oid, child: Option<Oid>) -> Stop {
    let what = format!("has more than {LARGEST} octets");
    let help = "leave the branch with that commit out of the mainline, and put its files into a commit with a message \
                that people read; where the mainline has it since long, begin after it with `--anchor COMMIT`";
    unreadable(commit, child, &what, help)
}

fn unreadable(commit: Oid, child: Option<Oid>, what: &str, help: &str) -> Stop {
    let message = match child {
        None => format!("commit {commit} {what}"),
        Some(child) => format!("commit {child} names {commit} as a parent, which {what}"),
    };
    Stop::because(Reason::new(Code::OperationFailed, message).help(help))
}
