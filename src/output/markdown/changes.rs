//! Decisions that a change of the rules changes, in GitHub Flavored Markdown.
//!
//! In come [`Changes`]; out comes a comment of its own, or a section of another one, as long as there is room. Every string
//! that a stranger may have written stands in a code span.

use std::fmt::Write as _;

use crate::output::markdown::span::span;
use crate::output::text::changes::{all, told};
use crate::report::{Change, Changes, Report, Side};

// GitHub refuses a comment of more than 65,536 characters.
const COMMENT: usize = 62_000;
// Enough to see why.
const REASONS: usize = 3;
// What a comment job finds the comment by, to keep it up to date.
const MARKER: &str = "<!-- gitca:policy-diff -->";

/// The comment.
#[must_use]
pub fn report(changes: &Changes) -> String {
    let head = if changes.changes.is_empty() {
        format!("none of {} decisions changes", changes.judged)
    } else {
        let (number, judged) = (changes.changes.len(), changes.judged);
        format!(
            "{number} of {judged} decisions change: {}",
            changes.counts()
        )
    };
    let mut text = format!("{MARKER}\n**gitca policy diff: {head}**\n\n");
    text.push_str(&listed(changes, COMMENT, "`-o json` has all"));
    text
}

/// The section of another comment, in a tenth of its room.
pub(super) fn section(report: &Report, room: usize) -> Option<String> {
    let changes = report.changes.as_ref()?;
    let judged = changes.judged;
    if changes.changes.is_empty() {
        return Some(format!(
            "\nThe policies change, and none of {judged} other decisions with them.\n"
        ));
    }
    let (number, counts) = (changes.changes.len(), changes.counts());
    let head = format!(
        "The policies change, and with them {number} of {judged} other decisions: {counts}."
    );
    Some(format!(
        "\n### {head}\n\n{}",
        listed(changes, room / 10, &all(report))
    ))
}

/// As many as there is room for, and how many more there are.
fn listed(changes: &Changes, room: usize, rest: &str) -> String {
    let mut text = String::new();
    let mut shown = 0;
    for change in &changes.changes {
        let next = one(change);
        if text.len() + next.len() > room {
            break;
        }
        text.push_str(&next);
        shown += 1;
    }
    let more = changes.changes.len() - shown;
    if more > 0 {
        let _ = writeln!(text, "\n{more} more change; {rest}.");
    }
    text
}

fn one(change: &Change) -> String {
    let issued = change
        .issued
        .map_or_else(String::new, |signed| format!(", issued {signed}"));
    let direction = change.direction.as_str();
    let mut text = format!(
        "- **{direction}** {}{issued}\n",
        span(change.request.as_str())
    );
    for (label, side) in [("base", &change.base), ("head", &change.head)] {
        let _ = writeln!(text, "  - {label}: {}", span(&told(side)));
        text.push_str(&why(side));
    }
    text
}

fn why(side: &Side) -> String {
    let reasons = side.why.iter().take(REASONS);
    reasons.fold(String::new(), |text, why| {
        text + "    - " + &span(why) + "\n"
    })
}
