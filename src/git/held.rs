//! The index of a work tree, while nobody else can write it.
//!
//! In comes a repository; out comes a copy of its index, held by the lock that git itself takes, so that what somebody
//! stages meanwhile is refused and not lost. The copy becomes the index in one step, or is dropped. A lock that a run left
//! behind when it was killed is taken over; whose turn it is must be settled before.

#![expect(
    clippy::disallowed_methods,
    reason = "the index and its lock are files in the git directory"
)]

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;

use crate::git::repository::Repository;

// Git's own locks hold a new index, or nothing.
const OURS: &[u8] = b"held by gitca\n";

/// An index that is held.
pub(super) struct Held {
    index: PathBuf,
    lock: PathBuf,
    /// What is to become the index.
    pub(super) copy: PathBuf,
}

impl Held {
    /// Takes the index; `None` where somebody else has it.
    pub(super) fn take(repository: &Repository) -> anyhow::Result<Option<Self>> {
        let index = repository.path().join("index");
        let lock = repository.path().join("index.lock");
        let context = || format!("locking `{}`", index.display());
        match OpenOptions::new().write(true).create_new(true).open(&lock) {
            Ok(mut file) => file.write_all(OURS).with_context(context)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if fs::read(&lock).ok().as_deref() != Some(OURS) {
                    return Ok(None);
                }
            }
            Err(error) => return Err(error).with_context(context),
        }
        let held = Self {
            copy: repository.path().join("gitca/index"),
            index,
            lock,
        };
        match fs::copy(&held.index, &held.copy) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let _ = fs::remove_file(&held.copy);
            }
            copied => {
                copied.with_context(|| format!("copying `{}`", held.index.display()))?;
            }
        }
        Ok(Some(held))
    }

    /// Makes the copy the index.
    pub(super) fn put(self) -> anyhow::Result<()> {
        let put = fs::rename(&self.copy, &self.index);
        put.with_context(|| format!("writing `{}`", self.index.display()))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for file in [&self.copy, &self.lock] {
            // What can't be removed now is taken over by the next run.
            let _ = fs::remove_file(file);
        }
    }
}
