//! Commits as the octets of their objects, read by ourselves.
//!
//! In comes the name of an object; out goes a [`Commit`]: its tree, its parents, its message, and who is said to have
//! made it. Anybody can have a server take a commit without an author, or with a date that no clock shows: that is nothing
//! to fail over, since nobody has to be behind it. What is no commit at all, or is not there, is a broken history.

use anyhow::Context as _;
use git2::{ErrorCode, ObjectType, Oid};

use crate::finding::{Code, Reason, Stop};
use crate::git::ids::oid;
use crate::git::repository::Repository;
use crate::names::ObjectId;
use crate::snapshot::Author;

/// Nobody has written so much about one change, in one commit or in many: sixteen hundred octets for each of ten thousand. A
/// commit is read at a go.
pub(super) const LARGEST: usize = 16 << 20;

/// A commit.
#[derive(Clone, Debug)]
pub(super) struct Commit {
    id: Oid,
    tree: Oid,
    parents: Vec<Oid>,
    author: Option<Stamp>,
    committer: Option<Stamp>,
    message: Vec<u8>,
    octets: usize,
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    who: Author,
    seconds: i64,
}

impl Repository {
    pub(super) fn commit_at(&self, commit: ObjectId) -> anyhow::Result<Commit> {
        self.commit_named(oid(commit), None)
    }

    /// The same, where another commit names it as its parent.
    pub(super) fn commit_named(&self, commit: Oid, child: Option<Oid>) -> anyhow::Result<Commit> {
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
                that people read";
    unreadable(commit, child, &what, help)
}

fn unreadable(commit: Oid, child: Option<Oid>, what: &str, help: &str) -> Stop {
    let message = match child {
        None => format!("commit {commit} {what}"),
        Some(child) => format!("commit {child} names {commit} as a parent, which {what}"),
    };
    Stop::because(Reason::new(Code::OperationFailed, message).help(help))
}

impl Commit {
    fn read(id: Oid, octets: &[u8]) -> Option<Self> {
        let end = octets.windows(2).position(|pair| pair == b"\n\n");
        let (header, message) = match end {
            Some(end) => (&octets[..end], &octets[end + 2..]),
            None => (octets, &[][..]),
        };
        let mut lines = header.split(|octet| *octet == b'\n').peekable();
        let name = |text: &[u8]| {
            let text = std::str::from_utf8(text).ok()?;
            (text.len() == 40).then(|| Oid::from_str(text).ok())?
        };
        let tree = name(lines.next()?.strip_prefix(b"tree ")?)?;
        let mut parents = Vec::new();
        while let Some(parent) = lines.peek().and_then(|line| line.strip_prefix(b"parent ")) {
            parents.push(name(parent)?);
            lines.next();
        }
        // Git knows no other place for them.
        let mut stamp = |key: &[u8]| {
            let line = lines.peek().and_then(|line| line.strip_prefix(key))?;
            let stamp = stamp(line);
            lines.next();
            stamp
        };
        let (author, committer) = (stamp(b"author "), stamp(b"committer "));
        Some(Self {
            id,
            tree,
            parents,
            author,
            committer,
            message: message.to_vec(),
            octets: octets.len(),
        })
    }

    pub(super) fn id(&self) -> Oid {
        self.id
    }

    pub(super) fn tree_id(&self) -> Oid {
        self.tree
    }

    pub(super) fn parent_ids(&self) -> impl Iterator<Item = Oid> + '_ {
        self.parents.iter().copied()
    }

    /// How many octets its object has.
    pub(super) fn octets(&self) -> usize {
        self.octets
    }

    pub(super) fn message(&self) -> &[u8] {
        &self.message
    }

    /// Whom the commit names as its author; nobody, where that line can't be read.
    pub(super) fn author(&self) -> Option<&Author> {
        self.author.as_ref().map(|stamp| &stamp.who)
    }

    /// When it was committed, in seconds since 1970.
    pub(super) fn seconds(&self) -> Option<i64> {
        self.committer.as_ref().map(|stamp| stamp.seconds)
    }

    /// Whether it says who made it, and who committed it, and when.
    pub(super) fn is_signed_off(&self) -> bool {
        self.author.is_some() && self.committer.is_some()
    }
}

/// `NAME <ADDRESS> SECONDS ZONE`; a line with two addresses names nobody.
fn stamp(line: &[u8]) -> Option<Stamp> {
    let line = String::from_utf8_lossy(line);
    let (name, rest) = line.split_once('<')?;
    let (email, time) = rest.split_once('>')?;
    let is_plain = |text: &str| !text.contains(['<', '>', '\0']);
    if ![name, email, time].into_iter().all(is_plain) {
        return None;
    }
    let seconds = match time.split_ascii_whitespace().next() {
        Some(seconds) => seconds.parse().ok()?,
        None => 0,
    };
    Some(Stamp {
        who: Author {
            name: name.trim().to_owned(),
            email: email.trim().to_owned(),
        },
        seconds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_names_one_person_at_a_time_that_is_one_is_read() {
        for (line, read) in [
            (
                "Jane Doe <jane@example.com> 1 +0000",
                Some(("jane@example.com", 1)),
            ),
            (
                "<jane@example.com> -5 +0000",
                Some(("jane@example.com", -5)),
            ),
            ("Jane <jane@example.com>", Some(("jane@example.com", 0))),
            ("Jane <> 1 +0000", Some(("", 1))),
            ("Jane <jane@example.com> 99999999999999999999 +0000", None),
            ("Jane <jane@example.com> <mal@example.com> 1 +0000", None),
            ("Jane <jane@example.com>> 1 +0000", None),
            ("Jane jane@example.com 1 +0000", None),
            ("Jane <jane@example.com> soon", None),
        ] {
            let found = stamp(line.as_bytes());
            let found = found
                .as_ref()
                .map(|found| (found.who.email.as_str(), found.seconds));
            assert_eq!(found, read, "{line}");
        }
    }
}
