//! What the entries of a directory may be called, whatever they are for: the same rules for trees and for work trees.
//!
//! In come names, out go the reasons against them. Names that mean something else to a file system, or that it can't tell
//! apart, are refused before anything is made of them.

use std::hash::{BuildHasher as _, RandomState};

use crate::finding::{Code, Reason};
use crate::zones::paths::ZONES;
use crate::zones::source::Scope;

/// What is wrong with a name of one piece; the same rules for trees and for work trees.
#[must_use]
pub fn entry_name_fault(name: &str, scope: Scope) -> Option<&'static str> {
    if matches!(name, "" | "." | "..") || is_dot_git(name) {
        Some("no entry may be called so")
    } else if name.contains(|letter: char| matches!(letter, '/' | '\\') || letter.is_control()) {
        Some("a name is one piece, without slashes and control characters")
    } else if scope == Scope::Zone && !name.is_ascii() {
        Some("a name in a zone is made of ASCII characters")
    } else {
        None
    }
}

/// What keeps everybody from checking out an entry of this name, wherever it lies and whatever it is: git refuses it by
/// default, or no file system holds it. What only some systems refuse is not told.
#[must_use]
pub fn checkout_fault(name: &[u8], is_link: bool) -> Option<&'static str> {
    // Git joins names to a path, and splits that: at a backslash, too, where NTFS would find its own directory.
    let mut pieces = name.split(|octet| *octet == b'/');
    let is_refused = |piece: &[u8]| {
        matches!(piece, b"" | b"." | b"..")
            || piece.split(|octet| *octet == b'\\').any(|part| {
                let part = text_before_garbage(part);
                is_dot_git(part) || is_link && is_dot_gitmodules(part)
            })
    };
    if pieces.clone().any(is_refused) {
        Some("git checks out nothing that is called so")
    } else if pieces.any(|piece| piece.len() > NAME_OCTETS) {
        Some("no file system holds a name of more than 255 octets")
    } else {
        None
    }
}

// To git a name of HFS+ ends where it is no UTF-8.
fn text_before_garbage(name: &[u8]) -> &str {
    let first = name.utf8_chunks().next();
    first.map_or("", |chunk| chunk.valid())
}

// NAME_MAX of Linux and of macOS; NTFS and exFAT hold as many UTF-16 units.
const NAME_OCTETS: usize = 255;
// The zone that runs make.
const OUTPUT: &[u8] = b"issued";
// No directory has more entries than such a number counts.
const PLACE: u64 = u32::MAX as u64;

/// Whether each of these names of one directory differs from another in the case of letters only; at the top only those of
/// zones do, and that of `issued` without another, too: a run makes that one.
pub fn case_twins<'n>(
    names: impl ExactSizeIterator<Item = &'n [u8]> + Clone,
    scope: Scope,
) -> Vec<bool> {
    let mut twins = vec![false; names.len()];
    // Of two such names one has a capital letter.
    let mut all = names.clone();
    if !all.any(|name| name.iter().any(u8::is_ascii_uppercase)) {
        return twins;
    }
    let names: Vec<&[u8]> = names.collect();
    let (state, mut folded) = (RandomState::new(), Vec::new());
    // A number of each name above its place: such are sorted faster than names, and those with equal ones are mostly one
    // name.
    let mut numbered: Vec<u64> = (0..)
        .zip(&names)
        .filter(|(_, name)| scope == Scope::Zone || folds_to_zone(name))
        .map(|(place, name)| {
            folded.clear();
            folded.extend_from_slice(name);
            folded.make_ascii_lowercase();
            (state.hash_one(folded.as_slice()) & !PLACE) | place
        })
        .collect();
    if scope == Scope::Root {
        for (is_twin, name) in twins.iter_mut().zip(&names) {
            *is_twin = *name != OUTPUT && name.eq_ignore_ascii_case(OUTPUT);
        }
    }
    numbered.sort_unstable();
    for equal in numbered.chunk_by(|one, other| one & !PLACE == other & !PLACE) {
        if equal.len() == 1 {
            continue;
        }
        let places = equal.iter().map(|number| usize::try_from(number & PLACE));
        let mut places: Vec<usize> = places.flatten().collect();
        if places.len() > 2 {
            let name = |place: &usize| names[*place].to_ascii_lowercase();
            places.sort_by_cached_key(name);
        }
        for pair in places.windows(2) {
            if names[pair[0]].eq_ignore_ascii_case(names[pair[1]]) {
                twins[pair[0]] = true;
                twins[pair[1]] = true;
            }
        }
    }
    twins
}

/// The reason against entries whose names some file systems can't tell apart.
#[must_use]
pub fn twin() -> Reason {
    let message =
        "another entry, or a directory that runs make, differs in the case of letters only";
    Reason::new(Code::TreeDuplicate, message).help("rename one of them")
}

// What NTFS and HFS+ take for `.git`.
fn is_dot_git(name: &str) -> bool {
    // Nearly every name ends here.
    if !matches!(visible(name).next(), Some('.' | 'g' | 'G')) {
        return false;
    }
    matches!(plain(name).as_str(), ".git" | "git~1")
}

// What they take for `.gitmodules`, which git reads and for which it never takes a link: `is_ntfs_dotgitmodules` in path.c.
fn is_dot_gitmodules(name: &str) -> bool {
    let plain = plain(name);
    let is_number = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    let is_hashed = |start: &str, number: &str| {
        let is_whole = plain.len() == 8 && is_number(number) && !number.starts_with('0');
        is_whole && "gi7eba".starts_with(start)
    };
    let is_short = |(start, number): (&str, &str)| {
        let is_first = start == "gitmod" && matches!(number, "1" | "2" | "3" | "4");
        is_first || is_hashed(start, number)
    };
    plain == ".gitmodules" || plain.split_once('~').is_some_and(is_short)
}

// Without the characters that have no width.
fn visible(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|character| {
        !matches!(character, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{206a}'..='\u{206f}' | '\u{feff}')
    })
}

// Without them, the stream, trailing dots and spaces, and the case of letters.
fn plain(name: &str) -> String {
    let visible: String = visible(name).collect();
    let file = visible.split(':').next().unwrap_or_default();
    file.trim_end_matches(['.', ' ']).to_ascii_lowercase()
}

/// Whether this is the name of a zone, in whatever letters.
#[must_use]
pub fn folds_to_zone(name: &[u8]) -> bool {
    ZONES
        .iter()
        .any(|zone| name.eq_ignore_ascii_case(zone.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_only_are_twins() {
        let names = ["A", "Policies", "a", "b", "policies"].map(str::as_bytes);
        let at_top = case_twins(names.into_iter(), Scope::Root);
        assert_eq!(at_top, [false, true, false, false, true]);
        let alone = case_twins(
            ["Docs", "ISSUED", "Policies", "Requests", "Templates"]
                .map(str::as_bytes)
                .into_iter(),
            Scope::Root,
        );
        assert_eq!(alone, [false, true, false, false, false]);
        let in_zone = case_twins(names.into_iter(), Scope::Zone);
        assert_eq!(in_zone, [true, true, true, false, true]);
    }
}
