//! Whether the anchor that was given is on the mainline, and which run was made here.
//!
//! In come an anchor and a tip; a walk over first parents tells. The git directory remembers up to which tip that was
//! found, so that a run need not walk a long history again, and the newest commit that a run made in this clone: losing a
//! note costs time only, and it is the operator's as the clone is.

#![expect(
    clippy::disallowed_methods,
    reason = "the note is a file in the git directory"
)]

use std::fs;
use std::path::{Path, PathBuf};

use crate::finding::{Code, Reason, Stop};
use crate::git::ids::{git_path, id};
use crate::git::repository::Repository;
use crate::names::ObjectId;

impl Repository {
    /// The commit that is named as the anchor of the mainline of `tip`.
    ///
    /// # Errors
    /// [`Stop`] when it is no commit; other errors when the repository can't be read.
    pub fn anchor(&self, anchor: &str, tip: ObjectId) -> anyhow::Result<ObjectId> {
        let found = self.find_commit(anchor)?;
        found.ok_or_else(|| {
            let message = format!(
                "the anchor `{anchor}` is no commit of this repository, and so not on the first-parent chain of {tip}"
            );
            refusal(message).into()
        })
    }

    /// Demands that the anchor is on the first-parent chain of the tip.
    ///
    /// # Errors
    /// `AnchorNotOnMainline`; other errors when history can't be read.
    pub(super) fn require_anchor(&self, anchor: ObjectId, tip: ObjectId) -> anyhow::Result<()> {
        let known = self.remembered().filter(|known| known.0 == anchor);
        let mut next = Some(tip);
        while let Some(commit) = next {
            if commit == anchor || known.is_some_and(|(_, tip)| tip == commit) {
                return Ok(());
            }
            next = self.commit_at(commit)?.parent_ids().next().map(id);
        }
        Err(off_mainline(anchor, tip).into())
    }

    /// Remembers that the anchor is on the first-parent chain of the tip. Where that can't be written it is forgotten.
    pub fn remember_anchor(&self, anchor: ObjectId, tip: ObjectId) {
        if self.remembered() == Some((anchor, tip)) {
            return;
        }
        write(&self.anchor_note(), &format!("{anchor} {tip}\n"));
    }

    /// Remembers that a run made this commit in this clone.
    pub fn remember_run(&self, commit: ObjectId) {
        write(&self.run_note(), &format!("{commit}\n"));
    }

    /// The newest commit that a run made in this clone, wherever it is now.
    #[must_use]
    pub fn last_made(&self) -> Option<ObjectId> {
        let note = fs::read_to_string(self.run_note()).ok()?;
        note.strip_suffix('\n')?.parse().ok()
    }

    /// Whether a run made this commit here, and no later one.
    pub(super) fn has_made(&self, commit: ObjectId) -> bool {
        self.last_made() == Some(commit)
    }

    fn remembered(&self) -> Option<(ObjectId, ObjectId)> {
        let text = fs::read_to_string(self.anchor_note()).ok()?;
        let (anchor, tip) = text.strip_suffix('\n')?.split_once(' ')?;
        Some((anchor.parse().ok()?, tip.parse().ok()?))
    }

    fn anchor_note(&self) -> PathBuf {
        git_path(&self.inner, "gitca/anchor")
    }

    fn run_note(&self) -> PathBuf {
        git_path(&self.inner, "gitca/run")
    }
}

fn write(note: &Path, text: &str) {
    let folder = note.parent().unwrap_or(note);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(note, text));
    if written.is_err() {
        // Half of a note would be no note.
        let _ = fs::remove_file(note);
    }
}

pub(super) fn off_mainline(anchor: ObjectId, tip: ObjectId) -> Stop {
    refusal(format!(
        "the anchor {anchor} is not on the first-parent chain of {tip}"
    ))
}

fn refusal(message: String) -> Stop {
    let help = "give the anchor that was noted when the repository was set up; if history was rewritten, find out why";
    Stop::because(Reason::new(Code::AnchorNotOnMainline, message).help(help))
}
