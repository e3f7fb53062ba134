//! The search for private keys, in every file that the walk meets and in those that mean nothing.
//!
//! In come files as they are read anyway, and for commits the inert rest of the tree; each key leaves a finding on its
//! path and the public half in the snapshot, so that no request with that key is signed. What lies in `issued/` is not
//! searched: only a run writes there.

use crate::finding::{Code, Place, Reason};
use crate::names::RepoPath;
use crate::secrets::{self, Leak};
use crate::zones::source::{Child, Kind, Scope, Source};
use crate::zones::survey::{Survey, finding};

// A file with a key is small; whoever hides one in a large file does not do it by mistake.
const SEARCHED: u64 = 256 * 1024;
// What is searched besides the zones, so that a large project costs seconds and not minutes.
const FILES: usize = 100_000;
const DEPTH: usize = 64;

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
        if let Ok(blob) = self.source.read(handle, SEARCHED)? {
            let leaks = self.search(path, &blob.bytes);
            if leaks.is_empty() {
                self.without_keys.extend(object);
            }
            for leak in leaks {
                self.report(path, reason(&leak));
            }
        }
        Ok(())
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
    pub(super) fn inert(&mut self, child: &Child<S::Handle>) -> anyhow::Result<()> {
        if self.source.has_inert_files() {
            self.inert_below(&child.name, child, 1)?;
        }
        Ok(())
    }

    fn inert_below(
        &mut self,
        path: &str,
        child: &Child<S::Handle>,
        depth: usize,
    ) -> anyhow::Result<()> {
        let Some(left) = self.inert_left.checked_sub(1) else {
            return Ok(());
        };
        self.inert_left = left;
        match child.kind {
            Kind::File => self.inert_file(path, &child.handle),
            Kind::Directory if depth == DEPTH => Ok(()),
            Kind::Directory => {
                for below in self.source.list(&child.handle, Scope::Root)?.children {
                    self.inert_below(&format!("{path}/{}", below.name), &below, depth + 1)?;
                }
                Ok(())
            }
        }
    }

    fn inert_file(&mut self, path: &str, handle: &S::Handle) -> anyhow::Result<()> {
        let Ok(blob) = self.source.read(handle, SEARCHED)? else {
            return Ok(());
        };
        for leak in self.search(path, &blob.bytes) {
            // A path that can't be written down is shown as text; the finding is about it all the same.
            let found = match path.parse::<RepoPath>() {
                Ok(_) => finding(path, reason(&leak)),
                Err(_) => finding("", reason(&leak).value(path)),
            };
            self.snapshot.findings.push(found);
        }
        Ok(())
    }

    /// How many inert files are searched.
    pub(super) const fn inert_files() -> usize {
        FILES
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
