//! What a survey says about the paths that it meets, and how often.
//!
//! In come reasons by path; out come findings in the snapshot, in the data zone, or errors, everywhere else. What lies at
//! a path that is at fault is left out by whoever reports it, so nothing in here decides what is signed.

use crate::finding::{Code, Finding, Reason};
use crate::zones::paths::{Zone, split};
use crate::zones::source::{REPORTED, Source};
use crate::zones::survey::{Survey, finding};

const MORE: usize = REPORTED + 1;

impl<S: Source> Survey<'_, S> {
    /// Says what is wrong at a path, up to a hundred times in one directory: nobody reads more, and a stranger's files cost
    /// no more memory. What is in doubt is left out of the snapshot, whether it is said or not.
    pub(super) fn report(&mut self, path: &str, reason: Reason) {
        self.report_with(path, || reason);
    }

    /// The same with words that are found only when they are said.
    pub(super) fn report_with(&mut self, path: &str, reason: impl FnOnce() -> Reason) {
        self.say(path, || finding(path, reason()));
    }

    /// The same for what is a finding wherever it lies.
    pub(super) fn report_finding(&mut self, path: &str, found: Finding) {
        let found = self.counted(path, || found);
        self.snapshot.findings.extend(found);
    }

    fn say(&mut self, path: &str, found: impl FnOnce() -> Finding) {
        if let Some(found) = self.counted(path, found) {
            self.push(found, path);
        }
    }

    fn counted(&mut self, path: &str, found: impl FnOnce() -> Finding) -> Option<Finding> {
        let (folder, _) = split(path);
        let count = match self.reported.get_mut(folder) {
            Some(count) => count,
            None => self.reported.entry(folder.to_owned()).or_default(),
        };
        *count += 1;
        self.faults += 1;
        match *count {
            ..=REPORTED => Some(found()),
            MORE => {
                let message = format!("more than {REPORTED} things are wrong in this directory");
                Some(finding(folder, Reason::new(found().reason.code, message)))
            }
            _ => None,
        }
    }

    fn push(&mut self, found: Finding, path: &str) {
        match Zone::of(path) {
            Some(Zone::Data) => self.snapshot.findings.push(found),
            Some(Zone::Output) => {
                let mut found = found;
                // A file with attributes may lie there; what it says may not.
                if found.reason.code != Code::AttributeInZone {
                    found.reason.code = Code::ForeignOutput;
                }
                self.snapshot.errors.push(found);
            }
            Some(Zone::Control) | None => self.snapshot.errors.push(found),
        }
    }
}
