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

// What NTFS and HFS+ take for `.git`: short name, stream, trailing dots and spaces, characters without width.
fn is_dot_git(name: &str) -> bool {
    let invisible = |character: &char| {
        matches!(character, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{206a}'..='\u{206f}' | '\u{feff}')
    };
    let mut visible = name.chars().filter(|character| !invisible(character));
    // Nearly every name ends here.
    if !matches!(visible.next(), Some('.' | 'g' | 'G')) {
        return false;
    }
    let visible: String = name
        .chars()
        .filter(|character| !invisible(character))
        .collect();
    let file = visible.split(':').next().unwrap_or_default();
    let file = file.trim_end_matches(['.', ' ']).to_ascii_lowercase();
    matches!(file.as_str(), ".git" | "git~1")
}

fn folds_to_zone(name: &[u8]) -> bool {
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
