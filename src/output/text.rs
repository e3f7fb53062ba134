//! Reports as text for people: aligned, wrapped at 80 columns, coloured on a terminal.
//!
//! In comes a report and the style of the terminal; out comes the text. What strangers wrote is made harmless first:
//! control, bidirectional and invisible characters are shown as their escapes.

pub mod changes;
pub mod explanation;
mod overview;
pub mod policy_test;
pub mod samples;
mod wrap;

use std::collections::BTreeMap;
use std::fmt::Write as _;

pub use crate::harmless::{harmless, harmless_lines};

use crate::finding::{Finding, Reason};
use crate::names::RequestName;
use crate::output::review::{self, Row, Weight};
use crate::output::text::wrap::wrap;
use crate::report::{Report, RequestResult, Verdict};

// More than anybody reads.
const FINDINGS: usize = 50;
const REASONS: usize = 12;

/// How text may look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colour.
    pub color: bool,
}

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Good,
    Bad,
    Warning,
    Strong,
}

impl Style {
    // ECMA-48 8.3.117, select graphic rendition.
    fn paint(self, tone: Tone, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Warning => "33",
            Tone::Strong => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// The whole report.
#[must_use]
pub fn report(report: &Report, style: &Style) -> String {
    // A reviewer wants the outcome first, an operator sees it last, above the prompt.
    let is_review = report.command == "check";
    let summary = summary(report, *style);
    let mut text = String::new();
    if is_review {
        text.push_str(&summary);
    }
    let mut notices: BTreeMap<&RequestName, Vec<&Finding>> = BTreeMap::new();
    for notice in &report.notices {
        if let Some(request) = &notice.request {
            notices.entry(request).or_default().push(notice);
        }
    }
    let (shown, rest) = overview::split(&report.results);
    for result in shown {
        let about = result.request.as_ref().and_then(|name| notices.get(name));
        let about = about.map(Vec::as_slice).unwrap_or_default();
        if is_review {
            text.push('\n');
        }
        text.push_str(&one_result(result, about, *style));
        if !is_review {
            text.push('\n');
        }
    }
    if !rest.is_empty() {
        text.push_str(if is_review { "\n" } else { "" });
        text.push_str(&harmless_lines(&overview::of_rest(&rest)));
    }
    if !is_review {
        text.push_str(&summary);
    }
    text
}

/// One finding as a compiler would print it: code, place, help.
#[must_use]
pub fn finding(kind: &str, finding: &Finding, style: &Style) -> String {
    let file = finding.file.as_ref().map(|file| file.as_str().to_owned());
    reason(kind, &finding.reason, file.as_deref(), *style)
}

/// As many findings as anybody reads, and how many more there are.
#[must_use]
pub fn findings<'f>(
    kind: &str,
    findings: impl Iterator<Item = &'f Finding>,
    style: &Style,
) -> String {
    let all: Vec<&Finding> = findings.collect();
    let mut text = String::new();
    for one in all.iter().take(FINDINGS) {
        text.push_str(&finding(kind, one, style));
    }
    let more = all.len().saturating_sub(FINDINGS);
    if more > 0 {
        let _ = writeln!(
            text,
            "{more} more {kind}s are not shown here; `-o json` lists all"
        );
    }
    text
}

fn one_result(result: &RequestResult, notices: &[&Finding], style: Style) -> String {
    let tone = match result.verdict {
        Verdict::Issued | Verdict::Approved => Tone::Good,
        Verdict::Unchanged | Verdict::Pending | Verdict::Ignored => Tone::Warning,
        Verdict::Denied | Verdict::Invalid | Verdict::Failed => Tone::Bad,
    };
    let name = result
        .request
        .as_ref()
        .map_or(result.file.as_str(), |request| request.as_str());
    let policy = result
        .policy
        .as_ref()
        .map(|policy| format!(" by policy {}", harmless(policy)))
        .unwrap_or_default();
    let verdict = style.paint(tone, result.verdict.as_str());
    let mut text = format!(
        "{}: {verdict}{policy}\n",
        style.paint(Tone::Strong, &harmless(name))
    );
    text.push_str(&shown(&review::rows(result), style));
    let kind = if tone == Tone::Bad { "error" } else { "note" };
    let reasons = review::untold(result);
    for one in reasons.iter().take(REASONS) {
        text.push_str(&reason(kind, one, Some(result.file.as_str()), style));
    }
    let more = reasons.len().saturating_sub(REASONS);
    if more > 0 {
        let _ = writeln!(
            text,
            "  {more} more reasons are not shown here; `-o json` lists all"
        );
    }
    for notice in notices {
        text.push_str(&finding("note", notice, &style));
    }
    text
}

fn shown(rows: &[Row], style: Style) -> String {
    let mut text = String::new();
    for row in rows {
        let first = format!("  {:<9} ", row.label);
        let value = harmless(&row.value);
        let line = match row.weight {
            // In lines it could not be copied.
            Weight::Command => format!("{first}{value}"),
            Weight::Plain => wrap(&value, &first, "            "),
            Weight::Alarm => {
                let value = style.paint(Tone::Warning, &format!("{value} (privileged)"));
                wrap(&value, &first, "            ")
            }
        };
        let _ = writeln!(text, "{line}");
    }
    text
}

/// One reason, notice or error, with its place, field and help.
#[must_use]
pub fn reason(kind: &str, reason: &Reason, file: Option<&str>, style: Style) -> String {
    let mut text = headline(kind, reason, style);
    if let Some(file) = file {
        let column = reason.column.map(|column| format!(":{column}"));
        let place = reason.place(file) + &column.unwrap_or_default();
        let _ = writeln!(text, "  --> {}", harmless(&place));
    }
    let value = reason.value.as_ref().map(|value| format!(" = {value}"));
    let field = reason.field.as_ref();
    let field = field.map(|field| field.to_owned() + value.as_deref().unwrap_or_default());
    let rule = reason.rule.as_ref();
    let rule = rule.and_then(|rule| Some(format!("{} {}", rule.place()?, rule.field)));
    for (label, said) in [("field", &field), ("rule", &rule), ("help", &reason.help)] {
        let Some(said) = said else { continue };
        let first = format!("  {label}: ");
        let other = " ".repeat(first.len());
        let _ = writeln!(text, "{}", wrap(&harmless(said), &first, &other));
    }
    text
}

/// What it is and what it says, with the policy that says it.
fn headline(kind: &str, reason: &Reason, style: Style) -> String {
    let tone = if kind == "error" {
        Tone::Bad
    } else {
        Tone::Warning
    };
    let head = format!("{kind}[{}]", reason.code);
    let policy = reason.policy.as_ref();
    let policy = policy.map(|policy| format!("{policy}: "));
    let message = policy.unwrap_or_default() + &reason.message;
    let message = wrap(&harmless(&message), &format!("{head}: "), "  ");
    message.replacen(&head, &style.paint(tone, &head), 1) + "\n"
}

/// One line that says what was done or would be done.
fn summary(report: &Report, style: Style) -> String {
    let counts: Vec<String> = Verdict::ALL
        .iter()
        .filter(|verdict| report.summary.get(**verdict) > 0)
        .map(|verdict| format!("{} {verdict}", report.summary.get(*verdict)))
        .collect();
    let counts = if counts.is_empty() {
        "no requests".to_owned()
    } else {
        counts.join(", ")
    };
    let line = format!(
        "{}: {counts}{}",
        report.command,
        harmless(&overview::alarms(report))
    );
    let mut line = style.paint(Tone::Strong, &wrap(&line, "", "  "));
    line.push('\n');
    if let Some(commit) = &report.issue_commit {
        let _ = writeln!(line, "commit {commit}");
    }
    line
}
