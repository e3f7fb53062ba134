//! Commits as the octets of their objects, read by ourselves.
//!
//! In come the octets of an object; out goes a [`Commit`]: its tree, its parents, its message, and who is said to have
//! made it. Anybody can have a server take a commit without an author, or with a date that no clock shows: that is nothing
//! to fail over, since nobody has to be behind it.

use git2::Oid;

use crate::snapshot::Author;

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

impl Commit {
    /// What these octets say; nothing where they are no commit.
    pub(super) fn read(id: Oid, octets: &[u8]) -> Option<Self> {
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

// RFC 5321 4.5.3.1: 64 octets, the at sign, and 255 of the domain. Each request that a commit brings shows who made it.
const LONGEST_ADDRESS: usize = 320;
const LONGEST_NAME: usize = 320;

/// `NAME <ADDRESS> SECONDS ZONE`; a line with two addresses names nobody, and nobody is called by a page of text.
fn stamp(line: &[u8]) -> Option<Stamp> {
    let line = String::from_utf8_lossy(line);
    let (name, rest) = line.split_once('<')?;
    let (email, time) = rest.split_once('>')?;
    let is_plain = |text: &str| !text.contains(['<', '>', '\0']);
    let is_short = name.len() <= LONGEST_NAME && email.len() <= LONGEST_ADDRESS;
    if !is_short || ![name, email, time].into_iter().all(is_plain) {
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
        let named = |name: &str| format!("{name} <jane@example.com> 1 +0000");
        let longest = "J".repeat(LONGEST_NAME - 1);
        for (line, read) in [
            (named(&longest).as_str(), Some(("jane@example.com", 1))),
            (named(&(longest.clone() + "J")).as_str(), None),
            (
                format!("Jane <{}> 1 +0000", "j".repeat(LONGEST_ADDRESS + 1)).as_str(),
                None,
            ),
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
