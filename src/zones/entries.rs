//! What the entries of a directory may be called, whatever they are for: the same rules for trees and for work trees.
//!
//! In come names, out go the reasons against them. Names that mean something else to a file system, or that it can't tell
//! apart, are refused before anything is made of them.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use crate::finding::{Code, Reason};
use crate::zones::paths::ZONES;
use crate::zones::source::Scope;

/// What is wrong with a name of one piece; the same rules for trees and for work trees.
#[must_use]
pub fn entry_name_fault(name: &str, scope: Scope) -> Option<&'static str> {
    if matches!(name, "" | "." | "..") || is_dot_git(name) {
        Some("no entry may be called so")
    } else if name.contains(['/', '\\']) || name.chars().any(char::is_control) {
        Some("a name is one piece, without slashes and control characters")
    } else if scope == Scope::Zone && !name.is_ascii() {
        Some("a name in a zone is made of ASCII characters")
    } else {
        None
    }
}

/// The names of one directory of which another differs in the case of letters only; at the top only those of zones.
pub fn case_twins<'n>(
    names: impl Iterator<Item = &'n [u8]> + Clone,
    scope: Scope,
) -> HashSet<&'n [u8]> {
    let mut twins = HashSet::new();
    // Of two such names one has a capital letter.
    if !names
        .clone()
        .any(|name| name.iter().any(u8::is_ascii_uppercase))
    {
        return twins;
    }
    let state = RandomState::new();
    let folded = |name: &[u8]| name.to_ascii_lowercase();
    let mut hashed: Vec<(u64, &[u8])> = names
        .filter(|name| scope == Scope::Zone || folds_to_zone(name))
        .map(|name| (state.hash_one(folded(name)), name))
        .collect();
    // Numbers are sorted faster than names; those of equal numbers are mostly one name.
    hashed.sort_unstable_by(|one, other| {
        let by_number = one.0.cmp(&other.0);
        by_number.then_with(|| folded(one.1).cmp(&folded(other.1)))
    });
    for pair in hashed.windows(2) {
        if pair[0].1.eq_ignore_ascii_case(pair[1].1) {
            twins.extend([pair[0].1, pair[1].1]);
        }
    }
    twins
}

/// The reason against entries whose names some file systems can't tell apart.
#[must_use]
pub fn twin() -> Reason {
    let message = "another entry differs in the case of letters only";
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
        let names = ["A", "Policies", "a", "policies"].map(str::as_bytes);
        let at_top = case_twins(names.into_iter(), Scope::Root);
        assert_eq!(at_top, HashSet::from([&b"Policies"[..], b"policies"]));
        assert_eq!(case_twins(names.into_iter(), Scope::Zone).len(), 4);
    }
}
