//! Tree objects, read raw and checked before one entry is used.
//!
//! libgit2 hands out malformed trees without complaint. In come the octets of a tree object; out come its entries and
//! everything that is wrong with it: names that are no single piece, wrong order, names that meet on other file systems,
//! and modes that are neither a plain file nor a directory.

use std::collections::BTreeSet;

use crate::finding::{Code, Reason};
use crate::names::ObjectId;

const MODE_FILE: u32 = 0o100_644;
const MODE_TREE: u32 = 0o040_000;
const MODE_LINK: u32 = 0o120_000;
const MODE_SUBMODULE: u32 = 0o160_000;
const ID_OCTETS: usize = 20;

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) id: ObjectId,
    pub(crate) is_tree: bool,
    /// Why it may not be used.
    pub(crate) problem: Option<Reason>,
}

/// The entries of a tree object.
///
/// # Errors
/// When the octets are no tree, or its order is wrong: then nothing below it can be trusted.
pub(crate) fn read(octets: &[u8]) -> Result<Vec<Entry>, Reason> {
    let raw = split(octets)
        .ok_or_else(|| Reason::new(Code::TreeOrder, "the tree object is malformed"))?;
    let sorted = raw
        .windows(2)
        .all(|pair| sort_key(&pair[0]) < sort_key(&pair[1]));
    let mut names = BTreeSet::new();
    let unique = raw.iter().all(|entry| names.insert(entry.name));
    if !unique {
        return Err(Reason::new(
            Code::TreeDuplicate,
            "the tree object has one name twice",
        ));
    }
    if !sorted {
        return Err(Reason::new(
            Code::TreeOrder,
            "the tree object is not in git's order",
        ));
    }
    let mut folded = BTreeSet::new();
    let mut twins = BTreeSet::new();
    for entry in &raw {
        let lower = entry.name.to_ascii_lowercase();
        if !folded.insert(lower.clone()) {
            twins.insert(lower);
        }
    }
    Ok(raw
        .iter()
        .map(|entry| entry.judge(twins.contains(&entry.name.to_ascii_lowercase())))
        .collect())
}

struct RawEntry<'a> {
    mode: u32,
    name: &'a [u8],
    id: ObjectId,
}

/// `<mode in octal> SP <name> NUL <20 octets>`, repeated.
fn split(mut octets: &[u8]) -> Option<Vec<RawEntry<'_>>> {
    let mut entries = Vec::new();
    while !octets.is_empty() {
        let space = octets.iter().position(|octet| *octet == b' ')?;
        let mode = u32::from_str_radix(std::str::from_utf8(&octets[..space]).ok()?, 8).ok()?;
        let rest = &octets[space + 1..];
        let end = rest.iter().position(|octet| *octet == 0)?;
        let id = rest.get(end + 1..end + 1 + ID_OCTETS)?;
        entries.push(RawEntry {
            mode,
            name: &rest[..end],
            id: ObjectId(id.try_into().ok()?),
        });
        octets = &rest[end + 1 + ID_OCTETS..];
    }
    Some(entries)
}

/// git sorts a directory as if its name ended in `/`.
fn sort_key(entry: &RawEntry<'_>) -> Vec<u8> {
    let slash = (entry.mode == MODE_TREE).then_some(b'/');
    entry.name.iter().copied().chain(slash).collect()
}

impl RawEntry<'_> {
    fn judge(&self, has_twin: bool) -> Entry {
        let name = String::from_utf8_lossy(self.name).into_owned();
        let problem = if has_twin {
            Some(Reason::new(
                Code::TreeDuplicate,
                format!("`{name}` differs from another name only in case"),
            ))
        } else {
            check_name(self.name).or_else(|| check_mode(self.mode))
        };
        Entry {
            name,
            id: self.id,
            is_tree: self.mode == MODE_TREE,
            problem,
        }
    }
}

/// One piece of printable ASCII that every file system keeps as it is.
fn check_name(name: &[u8]) -> Option<Reason> {
    let plain = name
        .iter()
        .all(|octet| octet.is_ascii_graphic() && !b"/\\:\"<>|?*".contains(octet));
    let lower = name.to_ascii_lowercase();
    // NTFS takes `git~1` and trailing dots for `.git`, too.
    let hostile = matches!(lower.as_slice(), b"" | b"." | b".." | b".git" | b"git~1")
        || lower.starts_with(b".git.");
    (!plain || hostile).then(|| {
        let shown = String::from_utf8_lossy(name);
        Reason::new(
            Code::TreeEntryName,
            "a file name must be one piece of plain ASCII",
        )
        .value(shown)
    })
}

fn check_mode(mode: u32) -> Option<Reason> {
    match mode {
        MODE_FILE | MODE_TREE => None,
        MODE_LINK => Some(
            Reason::new(Code::SymlinkInZone, "symbolic links are not followed")
                .help("put the file itself here"),
        ),
        MODE_SUBMODULE => Some(Reason::new(
            Code::SubmoduleInZone,
            "submodules are not followed",
        )),
        _ => Some(
            Reason::new(Code::FileMode, format!("has mode {mode:o}, not 100644"))
                .help("run `git update-index --chmod=-x FILE` and commit"),
        ),
    }
}
