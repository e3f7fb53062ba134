//! How many files one directory of requests may hold, from when on it should be split, and how many all zones may hold.
//!
//! In come a path and its entries; out goes what is to be said about them, and nothing more once there are too many.

use crate::finding::{Code, Finding, Reason};
use crate::zones::paths::{DIRECTORY_ENTRIES, ENTRIES};
use crate::zones::source::Source;
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

    /// The children of a directory, as long as the repository holds no more than it may.
    pub(super) fn within_bounds<T>(&mut self, path: &str, children: Vec<T>) -> Vec<T> {
        if let Some(left) = self.entries_left.checked_sub(children.len()) {
            self.entries_left = left;
            return children;
        }
        // One finding is enough: nothing more is listed from here on.
        if std::mem::take(&mut self.entries_left) > 0 {
            let message = format!("the zones hold more than {ENTRIES} files and directories");
            let reason = Reason::new(Code::TooManyFiles, message);
            self.snapshot.errors.push(finding(path, reason));
        }
        Vec::new()
    }
}

/// What to say about a directory of `requests/` with so many entries, if anything.
#[must_use]
pub fn large_directory(path: &str, entries: usize) -> Option<Finding> {
    let message = format!("the directory has {entries} entries, and every commit writes it anew");
    let reason = Reason::new(Code::LargeDirectory, message).help("split it into directories");
    (entries >= LARGE_DIRECTORY).then(|| finding(path, reason))
}
