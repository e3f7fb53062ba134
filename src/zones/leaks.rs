//! The search for private keys, in every file that the walk meets and in those that mean nothing.
//!
//! In come files as they are read anyway, and for commits the inert rest of the tree; each key leaves a finding on its
//! path and the public half in the snapshot, so that no request with that key is signed. What a run wrote to `issued/` is not
//! searched. Where the search gives up, a notice says so.

use crate::finding::{Code, Place, Reason};
use crate::names::RepoPath;
use crate::secrets::{self, Leak};
use crate::zones::paths::Zone;
use crate::zones::source::{Child, Kind, Scope, Source};
use crate::zones::survey::{Survey, finding};

// Above, a file is media or an archive. A smaller one is searched for a key as a whole.
const SEARCHED: u64 = 16 * 1024 * 1024;
// What is searched besides the zones, so that a large project costs seconds and not minutes.
const FILES: usize = 100_000;
const OCTETS: usize = 1 << 30;
// What git itself goes down to (`core.maxTreeDepth`).
const DEPTH: usize = 4096;

impl<S: Source> Survey<'_, S> {
    /// Searches a file that is read for nothing else, and says so on its path.
    pub(super) fn search_file(&mut self, path: &str, handle: &S::Handle) -> anyhow::Result<()> {
        // A directory may name one object two hundred thousand times.
        let object = if self.source.has_inert_files() {
            Some(self.source.id(handle)?)
        } else {
            None
        };
        if object.is_some_and(|object| self.without_keys.contains(&object)) {
            return Ok(());
        }
        match self.source.read(handle, SEARCHED)? {
            Ok(blob) if blob.bytes.len() <= self.searched_left => {
                self.searched_left -= blob.bytes.len();
                if !self.search_and_tell(path, &blob.bytes) {
                    self.without_keys.extend(object);
                }
            }
            _ => self.not_searched(path),
        }
        Ok(())
    }

    /// Searches octets that were read, and says what is in them on their path; false when nothing is.
    pub(super) fn search_and_tell(&mut self, path: &str, octets: &[u8]) -> bool {
        let leaks = self.search(path, octets);
        let is_found = !leaks.is_empty();
        for leak in leaks {
            if Zone::of(path) == Some(Zone::Control) {
                self.report(path, reason(&leak));
                continue;
            }
            // A path that can't be written down is shown as text; the finding is about it all the same. One person's mistake
            // stops nobody else, wherever it lies.
            let found = match path.parse::<RepoPath>() {
                Ok(_) => finding(path, reason(&leak)),
                Err(_) => finding("", reason(&leak).value(path)),
            };
            self.snapshot.findings.push(found);
        }
        is_found
    }

    /// Says once that not everything was searched.
    fn not_searched(&mut self, path: &str) {
        if std::mem::replace(&mut self.told_unsearched, true) {
            return;
        }
        let message = "this was not searched for private keys, and maybe more was not: there is too much of it";
        let reason = Reason::new(Code::TooManyFiles, message).value(path);
        self.snapshot.notices.push(finding("", reason));
    }

    /// Searches a file of the control zone; the reader of policies says so itself.
    pub(super) fn search_control(&mut self, path: &str, octets: &[u8]) {
        let leaks = self.search(path, octets);
        if path.starts_with("templates/") {
            for leak in leaks {
                self.report(path, reason(&leak));
            }
        }
    }

    /// Searches octets that were read, and remembers the keys in them.
    pub(super) fn search(&mut self, path: &str, octets: &[u8]) -> Vec<Leak> {
        let leaks = secrets::find(octets);
        for key in leaks.iter().filter_map(|leak| leak.key) {
            let place = path.to_owned();
            self.snapshot.leaked.entry(key).or_insert(place);
        }
        leaks
    }

    /// Searches what lies in none of the zones. Strange names and modes there are nobody's business.
    pub(super) fn inert(&mut self, child: Child<S::Handle>) -> anyhow::Result<()> {
        let mut rest = Vec::new();
        if self.source.has_inert_files() {
            rest.push((child.name.clone(), child, 1));
        }
        // No recursion: how deep directories lie is up to a stranger.
        while let Some((path, child, depth)) = rest.pop() {
            let Some(left) = self.inert_left.checked_sub(1) else {
                self.not_searched(&path);
                return Ok(());
            };
            self.inert_left = left;
            match child.kind {
                Kind::File => self.search_file(&path, &child.handle)?,
                Kind::Directory if depth == DEPTH => self.not_searched(&path),
                Kind::Directory => {
                    let children = self.source.list(&child.handle, Scope::Root)?.children;
                    let below = children.into_iter().rev();
                    rest.extend(
                        below.map(|below| (format!("{path}/{}", below.name), below, depth + 1)),
                    );
                }
            }
        }
        Ok(())
    }

    /// How many inert files are searched.
    pub(super) const fn inert_files() -> usize {
        FILES
    }

    /// How many octets are searched that are read for nothing else.
    pub(super) const fn searched_octets() -> usize {
        OCTETS
    }
}

fn reason(leak: &Leak) -> Reason {
    let message = "a private key lies in the repository, where everybody can read it";
    let reason = Reason::new(Code::PrivateKeyInRepository, message).at(Place {
        line: leak.line,
        column: 1,
    });
    match leak.key {
        Some(key) => reason.value(key.to_string()).help(format!(
            "remove the file and make a new key; so that nobody gets a certificate for this one, add to a DenyPolicy: \
             `- {{name: leaked, keys: {{spkiSHA256: [\"{key}\"]}}}}`"
        )),
        None => reason.help("remove the file and make a new key, for others may have this one"),
    }
}
