//! Short texts that a regular expression matches, read off its syntax tree.
//!
//! In comes the text of an expression; out come a few texts, each made by one walk that takes the fewest repetitions and
//! one branch of each choice. Assertions are skipped, so the caller tries what comes out.

use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind};

// One branch each of the first choices; the edge of a longer list looks the same.
const BRANCHES: usize = 3;
// A count of thousands would make a text that nobody reads.
const REPETITIONS: u32 = 64;
// Repetitions of repetitions multiply; a text of so many parts is longer than a name.
const PARTS: usize = 1024;

/// A few texts, the shortest way through.
pub(super) fn samples(expression: &str) -> Vec<String> {
    let Ok(tree) = regex_syntax::parse(expression) else {
        return Vec::new();
    };
    let mut samples = Vec::new();
    for branch in 0..BRANCHES {
        for extra in 0..2 {
            let mut text = String::new();
            let mut parts = PARTS;
            write(&tree, branch, extra, &mut parts, &mut text);
            if parts > 0 {
                samples.push(text);
            }
        }
    }
    samples
}

/// Writes the text of a part, as long as there are parts left.
fn write(tree: &Hir, branch: usize, extra: u32, parts: &mut usize, text: &mut String) {
    *parts = parts.saturating_sub(1);
    if *parts == 0 {
        return;
    }
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(member(class)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(REPETITIONS);
            for _ in 0..(repetition.min + extra).min(most).min(REPETITIONS) {
                write(&repetition.sub, branch, extra, parts, text);
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, branch, extra, parts, text),
        HirKind::Concat(pieces) => {
            for part in pieces {
                write(part, branch, extra, parts, text);
            }
        }
        HirKind::Alternation(choices) => {
            if let Some(choice) = choices.get(branch.min(choices.len() - 1)) {
                write(choice, branch, extra, parts, text);
            }
        }
    }
}

/// A letter if there is one, else whatever comes first.
fn member(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else {
        return None;
    };
    let has = |letter: &char| {
        let mut ranges = class.iter();
        ranges.any(|range| (range.start()..=range.end()).contains(letter))
    };
    let first = class.iter().next().map(ClassUnicodeRange::start);
    ['a', 'A', '1'].into_iter().find(has).or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_of_repetitions_end() {
        assert_eq!(samples("(ab?)+")[..2], ["a", "abab"]);
        let nested = format!("{}a{}", "(".repeat(60), "+)".repeat(60));
        assert_eq!(samples(&nested), ["a"; BRANCHES]);
        assert_eq!(samples("(a{60}){60}"), [""; 0]);
    }
}
