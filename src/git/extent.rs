//! How much a change touches in the zones, before anything of it is read: what is more than anybody reviews is refused.
//!
//! In come two trees, out goes nothing, or a [`Stop`] with the directory in which it was too much. No more is read than it
//! takes to know: directories that differ, of those that have grown too large not even the entries, and of files how large
//! they are. What is the same file in many places is counted in each, since it may be read in each.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;

use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::diff::pairs;
use crate::git::differing::known;
use crate::git::objects::Objects;
use crate::git::open::is_quarantined;
use crate::git::tree::{self, Entry};
use crate::names::{ObjectId, REVOCATION};
use crate::zones::{self, SEARCHED_FILE, ZONES, Zone};

/// What to do about a change that brings too much.
pub(super) const SPLIT: &str = "split it: bring a part of these files in a branch of its own, and the rest when that is merged";
/// More files and directories than this in one change are refused.
pub(super) const CHANGED: usize = 11_000;
// Of a Revocation it takes longest to tell that it revokes nothing.
const REVOCATIONS: usize = 8_000;
// Ten thousand requests with small keys, five thousand with keys of RSA; small as they are in a pack, files of nothing but
// brackets are read as slowly as others.
const OCTETS: usize = 8 << 20;
// No file of `requests/` that means something may be larger than 64 KiB. One for people, or one that is refused, is
// searched for private keys as a whole.
const LARGEST: usize = 1 << 20;
// An entry of a tree: six digits, a space, what file systems take for a name, a zero and the object.
const ENTRY_OCTETS: usize = 6 + 1 + 255 + 1 + 20;

/// Lets a change by that touches no more than it may.
///
/// # Errors
/// A [`Stop`] when it does; other errors when an object can't be read.
pub(super) fn require_few(
    objects: &Objects<'_>,
    before: ObjectId,
    after: ObjectId,
) -> anyhow::Result<()> {
    let mut count = Count {
        objects,
        left: CHANGED,
        revocations_left: REVOCATIONS,
        octets_left: OCTETS,
        octets: HashMap::new(),
    };
    for zone in ZONES {
        // What is pushed may be what runs have made, however much that is.
        if zone == "issued" && is_quarantined() {
            continue;
        }
        let folder = |top| objects.entry(top, zone, tree::DIRECTORY);
        count.folder(zone, folder(before)?, folder(after)?, 1)?;
    }
    Ok(())
}

struct Count<'c, 'r> {
    objects: &'c Objects<'r>,
    left: usize,
    revocations_left: usize,
    octets_left: usize,
    /// How many each file has that was seen already.
    octets: HashMap<ObjectId, usize>,
}

impl Count<'_, '_> {
    fn folder(
        &mut self,
        path: &str,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        depth: usize,
    ) -> anyhow::Result<()> {
        if old == new || depth > tree::DEPTH {
            return Ok(());
        }
        if self.grown(old, new)? > CHANGED * ENTRY_OCTETS {
            return Err(too_many(path).into());
        }
        let (before, after) = (known(self.objects, old)?, known(self.objects, new)?);
        let before = before.as_deref().and_then(|tree| tree.entries().ok());
        let after = after.as_deref().and_then(|tree| tree.entries().ok());
        // What is wrong with a directory is said where it is read.
        let Some((before, after)) = before.zip(after) else {
            return Ok(());
        };
        for (before, after) in pairs(before, after) {
            let left = self.left.checked_sub(1);
            self.left = left.ok_or_else(|| too_many(path))?;
            match before.or(after) {
                Some(entry) if entry.mode == tree::DIRECTORY => {
                    let below = format!("{path}/{}", String::from_utf8_lossy(entry.name));
                    let [old, new] = [before, after].map(|side| side.map(|entry| entry.id));
                    self.folder(&below, old, new, depth + 1)?;
                }
                _ => self.file(path, after)?,
            }
        }
        Ok(())
    }

    fn grown(&self, old: Option<ObjectId>, new: Option<ObjectId>) -> anyhow::Result<usize> {
        let octets = |side: Option<ObjectId>| side.map_or(Ok(0), |side| self.objects.octets(side));
        Ok(octets(new)?.saturating_sub(octets(old)?))
    }

    fn file(&mut self, folder: &str, file: Option<Entry<'_>>) -> anyhow::Result<()> {
        let Some(file) = file.filter(|file| tree::is_blob(file.mode)) else {
            return Ok(());
        };
        let path = format!("{folder}/{}", String::from_utf8_lossy(file.name));
        if path.ends_with(REVOCATION) {
            let left = self.revocations_left.checked_sub(1);
            self.revocations_left = left.ok_or_else(|| too_many_revocations(folder))?;
        }
        let is_let_through = zones::is_unread(&path);
        // What decides has a limit in all, and so has a list of keys.
        let is_limited = Zone::of(folder) != Some(Zone::Data) && !is_let_through;
        if is_limited {
            return Ok(());
        }
        let octets = match self.octets.entry(file.id) {
            Place::Occupied(known) => *known.get(),
            Place::Vacant(place) => *place.insert(self.objects.octets(file.id)?),
        };
        // One that is refused and is not even searched costs nothing, and what is said of it is about that file.
        let is_searched = u64::try_from(octets).is_ok_and(|octets| octets <= SEARCHED_FILE);
        if !is_searched && !is_let_through {
            return Ok(());
        }
        if octets > LARGEST {
            return Err(one_too_large(&path, octets).into());
        }
        let left = self.octets_left.checked_sub(octets);
        self.octets_left = left.ok_or_else(|| too_large(folder))?;
        Ok(())
    }
}

fn too_many(path: &str) -> Stop {
    too_much(
        path,
        format!("the change touches more than {CHANGED} files and directories of the zones"),
    )
}

fn too_many_revocations(path: &str) -> Stop {
    let message = format!("the change brings more than {REVOCATIONS} Revocations");
    too_much(path, message)
}

fn too_large(path: &str) -> Stop {
    too_much(
        path,
        format!("the files that the change brings have more than {OCTETS} octets in all"),
    )
}

fn too_much(path: &str, message: String) -> Stop {
    let reason = Reason::new(Code::TooManyFiles, message);
    at(path, reason.help(SPLIT))
}

fn one_too_large(path: &str, octets: usize) -> Stop {
    let message = format!(
        "the file has {octets} octets, more than the {LARGEST} that a change may bring here in one"
    );
    let help =
        "leave it out, or put it outside of `policies/`, `templates/`, `requests/` and `issued/`";
    at(path, Reason::new(Code::FileTooLarge, message).help(help))
}

fn at(path: &str, reason: Reason) -> Stop {
    Stop(vec![Finding {
        file: path.parse().ok(),
        ..Finding::anywhere(reason)
    }])
}
