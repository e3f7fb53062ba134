//! Histories that are made by one stream of `git fast-import`, as large and as branched as a test likes.
//!
//! In come commits with their files, out comes the branch `main` of a repository, whose work tree nobody touches. Objects
//! stay loose on request, so that each one that is read is a file that is opened.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::io::Write as _;

use crate::support::Scratch;

/// A commit of the stream.
pub(crate) type Mark = usize;

// Some days before the clock of the tests.
pub(crate) const BEGIN: usize = 1_893_000_000;

/// What `git fast-import` is going to read. Each commit is a minute younger than the one before, unless somebody says
/// otherwise.
pub(crate) struct Stream {
    octets: Vec<u8>,
    commits: usize,
    date: fn(usize) -> usize,
}

impl Stream {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self::dated(|number| BEGIN + 60 * number)
    }

    /// The same, whose commits have other dates, each by its number.
    pub(crate) fn dated(date: fn(usize) -> usize) -> Self {
        Self {
            octets: Vec::new(),
            commits: 0,
            date,
        }
    }

    /// Adds a commit by this author (`Name <e-mail>`): it is what its first parent is, with these files. A parent is a mark
    /// since the last import, as `:1`, or anything that git calls a commit.
    pub(crate) fn commit<F: AsRef<[u8]>>(
        &mut self,
        author: &str,
        message: &str,
        parents: &[&str],
        files: impl IntoIterator<Item = (String, F)>,
    ) -> Mark {
        self.commits += 1;
        let (mark, date) = (self.commits, (self.date)(self.commits));
        self.line(&format!("commit refs/heads/main\nmark :{mark}"));
        for role in ["author", "committer"] {
            self.line(&format!("{role} {author} {date} +0000"));
        }
        self.data(message.as_bytes());
        for (number, parent) in parents.iter().enumerate() {
            let word = if number == 0 { "from" } else { "merge" };
            self.line(&format!("{word} {parent}"));
        }
        for (path, content) in files {
            self.line(&format!("M 100644 inline {path}"));
            self.data(content.as_ref());
        }
        self.line("");
        mark
    }

    /// Makes `main` of a repository what the stream says, which goes on after it; every object is a file of its own.
    pub(crate) fn import(&mut self, scratch: &Scratch, repository: &str) {
        scratch.write("stream", std::mem::take(&mut self.octets));
        scratch.sh(&format!(
            "git -C {repository} -c fastimport.unpackLimit=1000000000 fast-import --quiet --force < stream"
        ));
    }

    fn line(&mut self, line: &str) {
        writeln!(self.octets, "{line}").expect("memory takes everything");
    }

    fn data(&mut self, octets: &[u8]) {
        self.line(&format!("data {}", octets.len()));
        self.octets.extend(octets);
        self.line("");
    }
}
