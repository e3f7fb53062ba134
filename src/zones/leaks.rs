//! The search for private keys, in every file that the walk meets and in those that mean nothing.
//!
//! In come files as they are read anyway, and for commits the inert rest of the tree; each key leaves a finding on its
//! path and the public half in the snapshot, so that no request with that key is signed. What a run wrote to `issued/` is not
//! searched. Where the search gives up, a notice says so.

use std::rc::Rc;

use crate::finding::{Code, Finding, Place, Reason};
use crate::names::{ObjectId, RepoPath, Sha256Digest};
use crate::secrets::{self, Leak};
use crate::snapshot::Blob;
use crate::zones::paths::Zone;
use crate::zones::source::{Child, Kind, SEARCHED_FILE, Scope, Source};
use crate::zones::survey::{Survey, finding};

// What git itself goes down to (`core.maxTreeDepth`).
const DEPTH: usize = 4096;
// No file system has a longer path (PATH_MAX of Linux is 4096).
const PATH_OCTETS: usize = 16 * 1024;

impl<S: Source> Survey<'_, S> {
    /// Searches a file that is read for nothing else, and says so on its path.
    pub(super) fn search_file(&mut self, path: &str, handle: &S::Handle) -> anyhow::Result<()> {
        // A directory may name one object two hundred thousand times.
        let object = self.source.object(handle);
        let known = object.and_then(|object| self.hunt.searched.get(&object));
        if let Some(leaks) = known.cloned() {
            self.tell(path, &leaks);
            return Ok(());
        }
        if self.hunt.found >= secrets::FOUND {
            self.not_searched(path);
            return Ok(());
        }
        let limit = SEARCHED_FILE.min(self.hunt.octets_left);
        let Ok(blob) = self.source.read(handle, limit)? else {
            self.not_searched(path);
            return Ok(());
        };
        self.hunt.octets_left -= u64::try_from(blob.bytes.len()).unwrap_or(self.hunt.octets_left);
        let leaks = self.search(path, &blob.bytes);
        self.tell(path, &leaks);
        self.hunt
            .searched
            .extend(object.map(|object| (object, leaks)));
        Ok(())
    }

    /// Searches a file that was read, and says what is in it on its path.
    pub(super) fn search_and_tell(&mut self, path: &str, file: &Blob) {
        let leaks = self.search_once(path, file);
        self.tell(path, &leaks);
    }

    /// What is in a file that was read; one that is the same in another place is searched there alone.
    pub(super) fn search_once(&mut self, path: &str, file: &Blob) -> Vec<Leak> {
        if let Some(leaks) = self.hunt.searched.get(&file.id) {
            return leaks.clone();
        }
        let leaks = self.search(path, &file.bytes);
        self.hunt.searched.insert(file.id, leaks.clone());
        leaks
    }

    fn tell(&mut self, path: &str, leaks: &[Leak]) {
        for leak in leaks {
            if Zone::of(path) == Some(Zone::Control) {
                self.report(path, reason(leak));
            } else {
                // One person's mistake stops nobody else, wherever it lies.
                self.report_finding(path, about(path, reason(leak)));
            }
        }
    }

    /// Says once that not everything was searched.
    fn not_searched(&mut self, path: &str) {
        if std::mem::replace(&mut self.hunt.is_told, true) {
            return;
        }
        let message = "this was not searched for private keys, and maybe more was not: there is too much of it";
        let reason = Reason::new(Code::TooManyFiles, message).value(path);
        self.snapshot.notices.push(finding("", reason));
        self.snapshot.is_unsearched = true;
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
        let leaks = secrets::find(octets, &self.hunt.effort);
        self.hunt.found += leaks.len();
        if self.hunt.effort.is_exhausted() {
            self.not_searched(path);
        }
        for key in leaks.iter().filter_map(|leak| leak.key) {
            let place = path.to_owned();
            self.snapshot.leaked.entry(key).or_insert(place);
        }
        leaks
    }

    /// Searches all that lies in a directory of which nothing else is read.
    pub(super) fn search_all(
        &mut self,
        path: &str,
        children: Vec<Child<S::Handle>>,
    ) -> anyhow::Result<()> {
        for child in children {
            self.search_below(format!("{path}/{}", child.name), child)?;
        }
        Ok(())
    }

    /// Searches what means nothing: what lies in none of the zones, and what may not lie in one. Strange names and modes are
    /// nobody's business in here.
    pub(super) fn search_below(
        &mut self,
        path: String,
        child: Child<S::Handle>,
    ) -> anyhow::Result<()> {
        if !self.has_room(1) {
            self.not_searched(&path);
            return Ok(());
        }
        let child = Child {
            name: path,
            ..child
        };
        let mut rest = vec![(Rc::<str>::from(""), child, 1)];
        // No recursion: how deep directories lie is up to a stranger. So is how long their names are: a path is put together
        // when its turn comes.
        while let Some((folder, child, depth)) = rest.pop() {
            let is_passed_over = self.is_passed_over(&folder, &child);
            if is_passed_over && self.hunt.is_told {
                continue;
            }
            let path = match &*folder {
                "" => child.name,
                folder => format!("{folder}/{}", child.name),
            };
            match child.kind {
                _ if is_passed_over => self.not_searched(&path),
                Kind::File => self.search_file(&path, &child.handle)?,
                Kind::Directory if depth == DEPTH || path.len() > PATH_OCTETS => {
                    self.not_searched(&path);
                }
                Kind::Directory => {
                    let scope = Zone::of(&path).map_or(Scope::Root, |_| Scope::Zone);
                    // What lies in a copy was searched where it was met first.
                    let Some(listing) = self.look_into(&path, &child.handle, scope)? else {
                        continue;
                    };
                    if !self.has_room(listing.children.len() + listing.refused.len()) {
                        self.not_searched(&path);
                        return Ok(());
                    }
                    let folder: Rc<str> = path.into();
                    let below = listing.children.into_iter().chain(listing.refused).rev();
                    rest.extend(below.map(|below| (Rc::clone(&folder), below, depth + 1)));
                }
            }
        }
        Ok(())
    }

    fn is_passed_over(&self, folder: &str, child: &Child<S::Handle>) -> bool {
        let place = if folder.is_empty() {
            &child.name
        } else {
            folder
        };
        Zone::of(place).is_none() && !self.source.is_searched(&child.handle)
    }

    /// Whether so many files and directories may still be searched.
    fn has_room(&mut self, entries: usize) -> bool {
        let left = self.hunt.files_left.checked_sub(entries);
        self.hunt.files_left = left.unwrap_or_default();
        left.is_some()
    }
}

fn reason(leak: &Leak) -> Reason {
    let message = "a private key lies in the repository, where everybody can read it";
    let reason = Reason::new(Code::PrivateKeyInRepository, message).at(Place {
        line: leak.line,
        column: 1,
    });
    advise(reason, leak.key, "remove the file and make a new key")
}

/// A private key at this path in a commit, whether it still is there or not.
#[must_use]
pub fn brought(path: &str, commit: ObjectId, key: Option<Sha256Digest>) -> Finding {
    let message =
        format!("a private key lies here in commit {commit}, where everybody can read it");
    let reason = Reason::new(Code::PrivateKeyInRepository, message);
    let what = format!("make a new key (`git show --stat {commit}` shows who brought this one)");
    // No request is to blame that has the path now.
    Finding {
        request: None,
        ..about(path, advise(reason, key, &what))
    }
}

fn advise(reason: Reason, key: Option<Sha256Digest>, what: &str) -> Reason {
    match key {
        Some(key) => reason.value(key.to_string()).help(format!(
            "{what}; so that nobody gets a certificate for this one, add to a DenyPolicy: \
             `- {{name: leaked, keys: {{spkiSHA256: [\"{key}\"]}}}}`"
        )),
        None => reason.help(format!("{what}, for others may have this one")),
    }
}

/// A path that can't be written down is shown as text; the finding is about the nearest one that can.
fn about(path: &str, reason: Reason) -> Finding {
    if path.parse::<RepoPath>().is_ok() {
        return finding(path, reason);
    }
    let legible = path.replace(['\\', '\0'], "\u{fffd}");
    let near = RepoPath::nearest(&legible);
    finding(
        near.as_ref().map_or("", RepoPath::as_str),
        reason.value(path),
    )
}
