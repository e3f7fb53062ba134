//! How many files one directory of requests may hold, and from when on it should be split.
//!
//! In come a path and the number of its entries; out goes what is to be said about it.

use crate::finding::{Code, Finding, Reason};
use crate::zones::paths::DIRECTORY_ENTRIES;
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
}

/// What to say about a directory of `requests/` with so many entries, if anything.
#[must_use]
pub fn large_directory(path: &str, entries: usize) -> Option<Finding> {
    let message = format!("the directory has {entries} entries, and every commit writes it anew");
    let reason = Reason::new(Code::LargeDirectory, message).help("split it into directories");
    (entries >= LARGE_DIRECTORY).then(|| finding(path, reason))
}
