//! One git tree object: reading its octets without believing them, and writing them.
//!
//! libgit2 hands out malformed trees without complaint, so this reader checks each tree before one entry of it is used:
//! structure, order and duplicates for the whole, name and mode for each entry. In come raw octets, out go borrowed
//! entries and the reasons against them. Format: the header-less body of a tree, `<mode> SP <name> NUL <20 octets>`.

use std::cmp::Ordering;
use std::fmt::Write as _;

use crate::finding::{Code, Reason};
use crate::names::ObjectId;
use crate::zones::{self, Scope};

/// The mode of a directory.
pub(super) const DIRECTORY: u32 = 0o040_000;
/// The mode of a regular file.
pub(super) const FILE: u32 = 0o100_644;
/// Deeper than anything lies in a zone; it bounds every recursion over trees there.
pub(super) const DEPTH: usize = 16;
const SYMLINK: u32 = 0o120_000;
// The upper four bits are the type: gitformat-index(5).
const TYPE: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const SUBMODULE: u32 = 0o160_000;
const OBJECT_OCTETS: usize = 20;
// An octal number of git has five or six digits.
const MODE_DIGITS: usize = 6;

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'t> {
    pub(super) mode: u32,
    pub(super) name: &'t [u8],
    pub(super) id: ObjectId,
}

/// A tree that was read and checked once, however often it is looked into.
#[derive(Debug)]
pub(super) struct Tree {
    octets: Vec<u8>,
    /// Where each entry lies, or why the tree is malformed.
    places: Result<Vec<Place>, Box<Reason>>,
}

/// An entry whose octets were checked: its name lies between two places, and its object behind the zero that follows.
#[derive(Clone, Copy, Debug)]
struct Place {
    mode: u32,
    name: u32,
    end: u32,
}

impl Tree {
    /// Takes the octets of a tree, believing nothing of them.
    pub(super) fn read(octets: Vec<u8>) -> Self {
        let places = places(&octets);
        Self { octets, places }
    }

    /// How much room it takes.
    pub(super) fn octets(&self) -> usize {
        self.octets.len() + self.len() * size_of::<Place>()
    }

    /// How many octets the object has.
    pub(super) fn size(&self) -> usize {
        self.octets.len()
    }

    /// How many entries it has; none when it is malformed.
    pub(super) fn len(&self) -> usize {
        self.places.as_ref().map_or(0, Vec::len)
    }

    /// All entries of a tree that is well-formed, in git's order and without duplicates; else what it is not.
    pub(super) fn entries(&self) -> Result<Entries<'_>, Box<Reason>> {
        let places = self.places.as_ref().map_err(Clone::clone)?;
        Ok(Entries {
            octets: &self.octets,
            places: places.iter(),
        })
    }

    /// The entry of that name and mode; `None`, too, when the tree is malformed.
    pub(super) fn entry(&self, name: impl AsRef<[u8]>, mode: u32) -> Option<Entry<'_>> {
        let places = self.places.as_ref().ok()?;
        let entry = find(&self.octets, places, &wanted(name.as_ref(), mode))?;
        (entry.mode == mode).then_some(entry)
    }

    /// The entry of that name that is no directory, whatever else it is; `None`, too, when the tree is malformed.
    pub(super) fn file(&self, name: impl AsRef<[u8]>) -> Option<Entry<'_>> {
        let places = self.places.as_ref().ok()?;
        find(&self.octets, places, &wanted(name.as_ref(), FILE))
    }
}

/// The entries of a tree, one after the other: a directory may have very many.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries<'t> {
    octets: &'t [u8],
    places: std::slice::Iter<'t, Place>,
}

impl<'t> Iterator for Entries<'t> {
    type Item = Entry<'t>;

    fn next(&mut self) -> Option<Entry<'t>> {
        at(self.octets, *self.places.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl ExactSizeIterator for Entries<'_> {}

/// Where each entry of a well-formed tree lies.
fn places(octets: &[u8]) -> Result<Vec<Place>, Box<Reason>> {
    let mut places = Vec::with_capacity((octets.len() / 32).min(zones::DIRECTORY_ENTRIES));
    let mut rest = octets;
    let mut before = None;
    while !rest.is_empty() {
        let malformed = || Reason::new(Code::TreeEntryName, "the tree object is malformed");
        let (entry, after) = split_entry(rest).ok_or_else(malformed)?;
        if places.len() == zones::DIRECTORY_ENTRIES {
            let message = format!("the directory has more than {} entries", places.len());
            let reason = Reason::new(Code::TooManyFiles, message);
            return Err(Box::new(reason.help("split it into directories")));
        }
        if let Some(before) = before {
            check_order(&before, &entry)?;
            if is_file_too(octets, &places, &before, &entry) {
                return Err(Box::new(duplicate(entry.name)));
            }
        }
        let end = octets.len() - after.len() - OBJECT_OCTETS - 1;
        let place = place(entry.mode, end - entry.name.len(), end);
        places.push(place.ok_or_else(malformed)?);
        (rest, before) = (after, Some(entry));
    }
    Ok(places)
}

// Only what is larger than any tree that is read has no place.
fn place(mode: u32, name: usize, end: usize) -> Option<Place> {
    let (name, end) = (u32::try_from(name).ok()?, u32::try_from(end).ok()?);
    Some(Place { mode, name, end })
}

fn check_order(before: &Entry<'_>, entry: &Entry<'_>) -> Result<(), Box<Reason>> {
    match order(before, entry) {
        Ordering::Less => Ok(()),
        Ordering::Equal => Err(Box::new(duplicate(entry.name))),
        Ordering::Greater => {
            let message = "the entries of the tree are not in git's order";
            let reason = Reason::new(Code::TreeOrder, message).value(shown(entry.name));
            Err(Box::new(reason))
        }
    }
}

/// Whether a directory has the name of a file, too. Between the two, in git's order, lie only names that begin so: mostly
/// none.
fn is_file_too(octets: &[u8], places: &[Place], before: &Entry<'_>, entry: &Entry<'_>) -> bool {
    entry.mode == DIRECTORY
        && before.name.starts_with(entry.name)
        && find(octets, places, &wanted(entry.name, FILE)).is_some()
}

fn find<'t>(octets: &'t [u8], places: &[Place], wanted: &Entry<'_>) -> Option<Entry<'t>> {
    let compare = |place: &Place| {
        let entry = at(octets, *place);
        entry.map_or(Ordering::Less, |entry| order(&entry, wanted))
    };
    let place = places.binary_search_by(compare).ok()?;
    at(octets, *places.get(place)?)
}

fn at(octets: &[u8], place: Place) -> Option<Entry<'_>> {
    let (name, end) = (place.name as usize, place.end as usize);
    Some(Entry {
        mode: place.mode,
        name: octets.get(name..end)?,
        id: ObjectId(*octets.get(end + 1..)?.first_chunk()?),
    })
}

/// Whether an entry of this mode has content of its own: a file of whatever rights, or a link.
pub(super) fn is_blob(mode: u32) -> bool {
    matches!(mode & TYPE, REGULAR | SYMLINK)
}

/// Whether an entry of this mode is a link.
pub(super) fn is_link(mode: u32) -> bool {
    mode & TYPE == SYMLINK
}

/// Whether nothing is wrong with one entry by itself; words are for those that are told.
pub(super) fn is_sound(name: &str, mode: u32, scope: Scope) -> bool {
    let is_plain = matches!(mode, DIRECTORY | FILE);
    zones::entry_name_fault(name, scope).is_none() && (is_plain || is_inert(name, scope))
}

fn is_inert(name: &str, scope: Scope) -> bool {
    scope == Scope::Root && !zones::ZONES.contains(&name) && name != zones::ATTRIBUTES
}

/// What is wrong with one entry by itself.
pub(super) fn fault(entry: &Entry<'_>, scope: Scope) -> Option<Reason> {
    let name = String::from_utf8_lossy(entry.name);
    if let Some(message) = zones::entry_name_fault(&name, scope) {
        return Some(Reason::new(Code::TreeEntryName, message).value(shown(entry.name)));
    }
    if is_inert(&name, scope) {
        return None;
    }
    let (code, message) = match entry.mode {
        DIRECTORY | FILE => return None,
        SYMLINK => (
            Code::SymlinkInZone,
            "a symbolic link is never followed".to_owned(),
        ),
        SUBMODULE => (
            Code::SubmoduleInZone,
            "a submodule is never read".to_owned(),
        ),
        mode => (
            Code::FileMode,
            format!("a file has the mode 100644, not {mode:o}"),
        ),
    };
    Some(Reason::new(code, message).help("put an ordinary file in its place"))
}

/// Puts entries in git's order and writes the octets of their tree.
pub(super) fn serialize(entries: &mut [Entry<'_>]) -> Vec<u8> {
    entries.sort_by(order);
    let mut octets = Vec::new();
    let mut mode = String::new();
    for entry in entries.iter() {
        mode.clear();
        // Writing into a String can't fail.
        let _ = write!(mode, "{:o} ", entry.mode);
        octets.extend_from_slice(mode.as_bytes());
        octets.extend_from_slice(entry.name);
        octets.push(0);
        octets.extend_from_slice(&entry.id.0);
    }
    octets
}

fn split_entry(octets: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let space = octets
        .iter()
        .take(MODE_DIGITS + 1)
        .position(|octet| *octet == b' ')?;
    let (digits, rest) = (octets.get(..space)?, octets.get(space + 1..)?);
    let end = rest.iter().position(|octet| *octet == 0)?;
    let (name, rest) = (rest.get(..end)?, rest.get(end + 1..)?);
    let (id, rest) = rest.split_first_chunk::<OBJECT_OCTETS>()?;
    let octal = |octet: &u8| (b'0'..=b'7').contains(octet);
    if digits.first()? == &b'0' || !digits.iter().all(octal) {
        return None;
    }
    let mode = digits
        .iter()
        .fold(0, |mode, digit| mode * 8 + u32::from(digit - b'0'));
    Some((
        Entry {
            mode,
            name,
            id: ObjectId(*id),
        },
        rest,
    ))
}

/// Git's order of entries: directories sort as if their name ended in a slash.
pub(super) fn order(left: &Entry<'_>, right: &Entry<'_>) -> Ordering {
    let common = left.name.len().min(right.name.len());
    let ordered = left.name[..common].cmp(&right.name[..common]);
    if ordered != Ordering::Equal {
        return ordered;
    }
    let key = |entry: &Entry<'_>| (entry.mode == DIRECTORY).then_some(b'/');
    left.name
        .iter()
        .copied()
        .chain(key(left))
        .cmp(right.name.iter().copied().chain(key(right)))
}

// A directory sorts as if it ended in a slash, so its place is known once its mode is.
fn wanted(name: &[u8], mode: u32) -> Entry<'_> {
    let id = ObjectId([0; OBJECT_OCTETS]);
    Entry { mode, name, id }
}

fn duplicate(name: &[u8]) -> Reason {
    Reason::new(Code::TreeDuplicate, "the tree names an entry twice").value(shown(name))
}

/// A name as it is told.
pub(super) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).escape_debug().to_string()
}

#[cfg(test)]
mod tests;
