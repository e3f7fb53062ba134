//! Short texts that a regular expression matches, read off its syntax tree.
//!
//! In comes the text of an expression; out come a few texts, each made by one walk that takes the fewest repetitions and
//! one branch of each choice. Assertions are skipped, so the caller tries what comes out.

use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind};

// One branch each of the first choices; the edge of a longer list looks the same.
const BRANCHES: usize = 3;
// A count of thousands would make a text that nobody reads.
const REPETITIONS: u32 = 64;

/// A few texts, the shortest way through.
pub(super) fn samples(expression: &str) -> Vec<String> {
    let Ok(tree) = regex_syntax::parse(expression) else {
        return Vec::new();
    };
    let mut samples = Vec::new();
    for branch in 0..BRANCHES {
        for extra in 0..2 {
            let mut text = String::new();
            write(&tree, branch, extra, &mut text);
            samples.push(text);
        }
    }
    samples
}

fn write(tree: &Hir, branch: usize, extra: u32, text: &mut String) {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(member(class)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(REPETITIONS);
            for _ in 0..(repetition.min + extra).min(most).min(REPETITIONS) {
                write(&repetition.sub, branch, extra, text);
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, branch, extra, text),
        HirKind::Concat(parts) => {
            for part in parts {
                write(part, branch, extra, text);
            }
        }
        HirKind::Alternation(choices) => {
            if let Some(choice) = choices.get(branch.min(choices.len() - 1)) {
                write(choice, branch, extra, text);
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
