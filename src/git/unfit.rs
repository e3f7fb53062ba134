//! What a change brings that nobody can check out: once it is on the mainline there are no clones any more, nor runs.
//!
//! In come the new entries of directories, each beside those of its name before; out go findings, no more than anybody reads.
//! What the reader of a zone says of its names is not said twice, and what only some systems refuse is not said at all.

use crate::finding::{Code, Finding, Reason};
use crate::git::checkout;
use crate::git::extent::SPLIT;
use crate::git::tree::{self, Entry};
use crate::names::RepoPath;
use crate::zones::{self, Scope, Zone};

/// `PATH_MAX` of Linux is 4096 with the zero at the end. Git opens files from the top of the work tree.
pub(super) const PATH_OCTETS: usize = 4095;
const MORE_OCTETS: usize = PATH_OCTETS + 1;
// What is searched of a change beside the zones: a check is made at each of its pushes, and an archive of zeros has a
// thousandth of its size in a pack. What is merged is searched by the run.
pub(super) const BROUGHT_FILES: usize = 10_000;
pub(super) const BROUGHT_OCTETS: u64 = 16 << 20;
// Enough to find it in its directory.
const NAME_CHARACTERS: usize = 60;

/// What was found, and how much of it is told.
#[derive(Debug, Default)]
pub(super) struct Unfit(Vec<Finding>);

impl Unfit {
    /// Looks at an entry of the directory with this path, a slash behind it. Somebody tells what is wrong in this scope.
    pub(super) fn look(
        &mut self,
        folder: &str,
        scope: Option<Scope>,
        entry: &Entry<'_>,
        before: &[Entry<'_>],
    ) {
        let Some(message) = fault(folder, entry) else {
            return;
        };
        let is_told = scope.is_some_and(|scope| tree::fault(entry, scope).is_some());
        let is_older = before.iter().any(|old| fault(folder, old).is_some());
        if is_told || is_older {
            return;
        }
        let help = "once it is on the mainline nobody can clone that: rename it, or leave it out";
        self.push(
            folder,
            about(entry, Code::TreeEntryName, message).help(help),
        );
    }

    /// Tells why nobody can read the directory with this path: git may find any name in it. In a zone and at the top its
    /// reader tells that.
    pub(super) fn tell(&mut self, folder: &str, scope: Option<Scope>, mut flaw: Reason) {
        if scope.is_none() {
            let help = "take it out of the index and add it again, so that git writes it anew";
            flaw.help.get_or_insert_with(|| help.to_owned());
            self.push(folder, flaw);
        }
    }

    /// Looks at what an entry of the directory with this path names: an object with so many octets, if that is a blob.
    pub(super) fn weigh(
        &mut self,
        folder: &str,
        scope: Option<Scope>,
        entry: &Entry<'_>,
        octets: Option<usize>,
    ) {
        let is_told = scope.is_some_and(|scope| tree::fault(entry, scope).is_some());
        let is_link = tree::is_link(entry.mode);
        let (code, message, help) = match octets {
            _ if is_told => return,
            None => (
                Code::FileMode,
                "the entry of a file names an object that is no blob",
                "take it out of the index and add it again, so that git writes it anew",
            ),
            Some(0) if is_link => (
                Code::TreeEntryName,
                "no system makes a symbolic link to nothing",
                "nobody can clone that: leave it out",
            ),
            Some(MORE_OCTETS..) if is_link => (
                Code::TreeEntryName,
                "no system makes a symbolic link of more than 4095 octets",
                "nobody can clone that: leave it out",
            ),
            Some(_) => return,
        };
        self.push(folder, about(entry, code, message).help(help));
    }

    /// Tells that nobody waits until all is checked out.
    pub(super) fn tell_flood(&mut self) {
        let message = format!(
            "a checkout of what the change brings would write more than {} files and directories, each as often as it is there",
            checkout::MOST
        );
        let help = "nobody can clone that: leave out what is in there over and over again";
        self.push("", Reason::new(Code::TooManyFiles, message).help(help));
    }

    /// Tells that there is more than is searched for private keys: whoever merges it would have all runs search it.
    pub(super) fn tell_unsearched(&mut self) {
        let message = format!(
            "the change brings more beside the zones than is searched for private keys: {BROUGHT_FILES} files, of {BROUGHT_OCTETS} octets together"
        );
        self.push("", Reason::new(Code::TooManyFiles, message).help(SPLIT));
    }

    /// Tells that there are more names than are looked at.
    pub(super) fn tell_more(&mut self, names: usize) {
        let message = format!(
            "the change brings more than {names} files and directories, and no more of their names were looked at"
        );
        self.push("", Reason::new(Code::TooManyFiles, message).help(SPLIT));
    }

    fn push(&mut self, folder: &str, reason: Reason) {
        if self.0.len() < zones::REPORTED {
            self.0.push(Finding {
                file: RepoPath::nearest(folder.trim_end_matches('/')),
                ..Finding::anywhere(reason)
            });
        }
    }

    /// What was found.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.0
    }
}

fn about(entry: &Entry<'_>, code: Code, message: &str) -> Reason {
    let name = tree::shown(entry.name);
    let begin: String = name.chars().take(NAME_CHARACTERS).collect();
    Reason::new(code, format!("{message}: `{begin}`")).value(name)
}

fn fault(folder: &str, entry: &Entry<'_>) -> Option<&'static str> {
    zones::checkout_fault(entry.name, tree::is_link(entry.mode)).or_else(|| {
        let is_long = folder.len() + entry.name.len() > PATH_OCTETS;
        // What lies deeper is told by the first that is too deep; in a zone all that is deep is told by its reader.
        let is_first = is_long && folder.len() <= PATH_OCTETS + 1 && Zone::of(folder).is_none();
        is_first.then_some("no system opens a path of more than 4095 octets")
    })
}
