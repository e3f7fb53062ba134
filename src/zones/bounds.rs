//! How many files one directory of requests may hold, from when on it should be split, and how many all zones may hold.
//!
//! In come a path and its entries; out goes what is to be said about them, and nothing more once there are too many.

use crate::finding::{Code, Finding, Reason};
use crate::names::ObjectId;
use crate::snapshot::Blob;
use crate::zones::copies::copied;
use crate::zones::paths::{
    CONTROL_ENTRIES, CONTROL_OCTETS, DIRECTORY_ENTRIES, ENTRIES, LIST_OCTETS, STATEMENTS, Zone,
};
use crate::zones::source::{Listing, Scope, Source};
use crate::zones::survey::{Survey, finding};

// Where a directory is worth splitting: every commit writes each changed directory anew, whole.
const LARGE_DIRECTORY: usize = 1_000;

// What it costs to judge a request, in octets of a directory that is walked: its signature is verified, and a copy of one is
// refused in the end, since both have the same key.
const JUDGED: usize = 4096;

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
        path: &str,
        directory: &S::Handle,
        scope: Scope,
    ) -> anyhow::Result<Option<Listing<S::Handle>>> {
        let object = self.source.object(directory);
        // Whoever copies the statements on a request elsewhere takes nothing from the place where they belong.
        let is_free = path.ends_with(STATEMENTS);
        if let Some(object) = object
            && !(is_free && self.copies.is_small(object))
            && !self.copies.admit(object)
        {
            return Ok(None);
        }
        let listing = self.source.list(directory, scope)?;
        if let Some(object) = object {
            self.copies.remember(object, listing.octets);
        }
        Ok(Some(listing))
    }

    /// Whether a request is read; a copy of another one is not, when there are too many, and that is said.
    pub(super) fn admits(&mut self, path: &str, request: ObjectId) -> bool {
        let is_admitted = self.copies.admit(request);
        if is_admitted {
            self.copies.remember(request, JUDGED);
        } else {
            self.report(path, copied());
        }
        is_admitted
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
        let is_list = path.starts_with("policies/keys/");
        let octets = blob.bytes.len();
        let too_much = if is_list && !take(&mut self.list_octets_left, octets) {
            Some((LIST_OCTETS, "all lists of keys"))
        } else {
            let octets = if is_list {
                comments(&blob.bytes)
            } else {
                octets
            };
            let what = "all files of `policies/` and `templates/`, of lists of keys the comments,";
            let is_within = take(&mut self.control_octets_left, octets);
            (!is_within).then_some((CONTROL_OCTETS, what))
        };
        let Some((most, what)) = too_much else {
            return Some(blob);
        };
        self.control_left = 0;
        self.is_control_full = true;
        let message = format!("{what} have more than {most} octets together");
        let reason = Reason::new(Code::TooManyFiles, message);
        self.snapshot.errors.push(finding(path, reason));
        None
    }
}

/// Takes so many of those that are left; once that was too many, none are.
fn take(left: &mut usize, wanted: usize) -> bool {
    let fewer = left.checked_sub(wanted);
    *left = fewer.unwrap_or_default();
    fewer.is_some()
}

/// How many octets of a list of keys stand for no digest. Those are searched for private keys as any text is, which takes
/// longer than reading sixteen mebibytes of digits.
fn comments(list: &[u8]) -> usize {
    let is_digest = |octet: &u8| matches!(octet, b'0'..=b'9' | b'a'..=b'f' | b'\n' | b'\r');
    // Small numbers are what processors add many of at a time.
    let in_block = |block: &[u8]| -> u8 {
        let others = block.iter().map(|octet| u8::from(!is_digest(octet)));
        others.sum()
    };
    let blocks = list.chunks(usize::from(u8::MAX));
    blocks.map(in_block).map(usize::from).sum()
}

/// What to say about a directory of `requests/` with so many entries, if anything.
#[must_use]
pub fn large_directory(path: &str, entries: usize) -> Option<Finding> {
    let message = format!("the directory has {entries} entries, and every commit writes it anew");
    let reason = Reason::new(Code::LargeDirectory, message).help("split it into directories");
    (entries >= LARGE_DIRECTORY).then(|| finding(path, reason))
}
