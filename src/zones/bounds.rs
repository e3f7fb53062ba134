//! How many files one directory of requests may hold, from when on it should be split, and how many all zones may hold.
//!
//! In come a path and its entries; out goes what is to be said about them, and nothing more once there are too many.

use crate::finding::{Code, Finding, Reason};
use crate::snapshot::Blob;
use crate::zones::paths::{
    CONTROL_ENTRIES, CONTROL_OCTETS, DIRECTORY_ENTRIES, ENTRIES, LIST_OCTETS, Zone,
};
use crate::zones::source::{Listing, Scope, Source};
use crate::zones::survey::{Survey, finding};

// Where a directory is worth splitting: every commit writes each changed directory anew, whole.
const LARGE_DIRECTORY: usize = 1_000;

impl<S: Source> Survey<'_, S> {
    pub(super) fn check_count(&mut self, path: &str, entries: usize) {
        if entries > DIRECTORY_ENTRIES {
            let message =
                format!("the directory has {entries} entries, more than {DIRECTORY_ENTRIES}");
            self.report(path, Reason::new(Code::TooManyFiles, message));
        } else {
            self.snapshot.notices.extend(large_directory(path, entries));
        }
    }

    /// What a directory holds; `None` for a copy of another one, when there are too many.
    pub(super) fn look_into(
        &mut self,
        directory: &S::Handle,
        scope: Scope,
    ) -> anyhow::Result<Option<Listing<S::Handle>>> {
        let object = self.source.object(directory);
        if object.is_some_and(|object| !self.copies.admit(object)) {
            return Ok(None);
        }
        let listing = self.source.list(directory, scope)?;
        if let Some(object) = object {
            self.copies.remember(object, listing.octets);
        }
        Ok(Some(listing))
    }

    /// The children of a directory, as long as the repository holds no more than it may.
    pub(super) fn within_bounds<T>(&mut self, path: &str, children: Vec<T>) -> Vec<T> {
        let (left, most) = match Zone::of(path) {
            Some(Zone::Control) => (&mut self.control_left, CONTROL_ENTRIES),
            _ => (&mut self.entries_left, ENTRIES),
        };
        if let Some(fewer) = left.checked_sub(children.len()) {
            *left = fewer;
            return children;
        }
        // One finding is enough: nothing more is listed from here on.
        if std::mem::take(left) > 0 {
            let zones = match Zone::of(path) {
                Some(Zone::Control) => "`policies/` and `templates/` hold",
                _ => "the zones hold",
            };
            let message = format!("{zones} more than {most} files and directories");
            let reason = Reason::new(Code::TooManyFiles, message);
            self.snapshot.errors.push(finding(path, reason));
        }
        Vec::new()
    }

    /// A file that decides, as long as all of them have no more octets than they may.
    pub(super) fn within_octets(&mut self, path: &str, blob: Blob) -> Option<Blob> {
        let (left, most, what) = if path.starts_with("policies/keys/") {
            (&mut self.list_octets_left, LIST_OCTETS, "all lists of keys")
        } else {
            let what = "all other files of `policies/` and `templates/`";
            (&mut self.control_octets_left, CONTROL_OCTETS, what)
        };
        let fewer = left.checked_sub(blob.bytes.len());
        *left = fewer.unwrap_or_default();
        if fewer.is_none() {
            self.control_left = 0;
            self.is_control_full = true;
            let message = format!("{what} have more than {most} octets together");
            let reason = Reason::new(Code::TooManyFiles, message);
            self.snapshot.errors.push(finding(path, reason));
        }
        fewer.map(|_| blob)
    }
}

/// What to say about a directory of `requests/` with so many entries, if anything.
#[must_use]
pub fn large_directory(path: &str, entries: usize) -> Option<Finding> {
    let message = format!("the directory has {entries} entries, and every commit writes it anew");
    let reason = Reason::new(Code::LargeDirectory, message).help("split it into directories");
    (entries >= LARGE_DIRECTORY).then(|| finding(path, reason))
}
