//! Decisions that a change of the rules changes, as text for people.
//!
//! In come [`Changes`]; out come three lines for each, what became looser first, as many as anybody reads.

use std::fmt::Write as _;

use crate::output::text::wrap::wrap;
use crate::output::text::{Style, Tone, harmless};
use crate::report::{Change, Changes, Direction, Report, Side};

// More than anybody reads.
const SHOWN: usize = 200;
// So many beside the requests that a reviewer looks at anyway.
const REVIEWED: usize = 20;
// Enough to see why.
const REASONS: usize = 3;

/// The result of `policy diff`.
#[must_use]
pub fn text(changes: &Changes, style: Style) -> String {
    let head = if changes.changes.is_empty() {
        format!("policy diff: none of {} decisions changes", changes.judged)
    } else {
        let (number, judged) = (changes.changes.len(), changes.judged);
        format!(
            "policy diff: {number} of {judged} decisions change: {}",
            changes.counts()
        )
    };
    let mut text = style.paint(Tone::Strong, &wrap(&head, "", "  ")) + "\n";
    text.push_str(&listed(changes, SHOWN, "`-o json` lists all", style));
    text
}

/// The part of a review about decisions that the change brings about besides those on its own requests.
#[must_use]
pub fn section(report: &Report, style: Style) -> String {
    let Some(changes) = &report.changes else {
        return String::new();
    };
    let judged = changes.judged;
    let head = if changes.changes.is_empty() {
        format!("The policies change, and none of {judged} other decisions with them.")
    } else {
        format!(
            "The policies change, and with them {} of {judged} other decisions: {}.",
            changes.changes.len(),
            changes.counts()
        )
    };
    let mut text = format!("\n{}\n", style.paint(Tone::Strong, &wrap(&head, "", "  ")));
    text.push_str(&listed(changes, REVIEWED, &all(report), style));
    text
}

/// The command that lists all of them.
#[must_use]
pub fn all(report: &Report) -> String {
    let base = report.grounds.map(|grounds| grounds.base.to_string());
    let head = report.commit.map(|commit| commit.to_string());
    match base.zip(head) {
        Some((base, head)) => format!("`gitca policy diff --base {base} --head {head}` lists all"),
        None => "`gitca policy diff` lists all".to_owned(),
    }
}

/// The first of them, and how many more there are.
fn listed(changes: &Changes, room: usize, rest: &str, style: Style) -> String {
    let mut text = String::new();
    for change in changes.changes.iter().take(room) {
        let _ = write!(text, "\n{}", one(change, style));
    }
    let more = changes.changes.len().saturating_sub(room);
    if more > 0 {
        let _ = writeln!(
            text,
            "\n{}",
            wrap(&format!("{more} more change; {rest}"), "", "  ")
        );
    }
    text
}

fn one(change: &Change, style: Style) -> String {
    let tone = match change.direction {
        Direction::Loosened => Tone::Bad,
        Direction::Tightened | Direction::Changed => Tone::Warning,
    };
    let issued = change
        .issued
        .map_or_else(String::new, |signed| format!(", issued {signed}"));
    let mut text = format!(
        "{}: {}{issued}\n",
        style.paint(Tone::Strong, &harmless(change.request.as_str())),
        style.paint(tone, change.direction.as_str()),
    );
    for (label, side) in [("base", &change.base), ("head", &change.head)] {
        let first = format!("  {label}  ");
        let _ = writeln!(text, "{}", wrap(&harmless(&told(side)), &first, "        "));
        for why in side.why.iter().take(REASONS) {
            let _ = writeln!(text, "{}", wrap(&harmless(why), "        ", "          "));
        }
    }
    text
}

/// The verdict and its codes in one line.
#[must_use]
pub fn told(side: &Side) -> String {
    let mut text = side.verdict.to_string();
    if let Some(policy) = &side.policy {
        let _ = write!(text, " by policy {policy}");
    }
    if !side.codes.is_empty() {
        let codes: Vec<String> = side.codes.iter().map(ToString::to_string).collect();
        let _ = write!(text, ": {}", codes.join(", "));
    }
    text
}
