//! A report as annotations of GitHub Actions, which Gitea and Forgejo take as well.
//!
//! In comes a [`Report`]; out come workflow commands, the worst first. A step shows ten
//! annotations of a type, so nine are written and one that says how many more there are. No text of a stranger can begin
//! a line or end a property.

use std::fmt::Write as _;

use crate::output::issues::{Issue, Severity, issues};
use crate::output::text::harmless;
use crate::report::Report;

const ANNOTATIONS: usize = 9;

/// The workflow commands.
#[must_use]
pub fn report(report: &Report) -> String {
    annotations(&issues(report))
}

/// The workflow commands of these issues.
pub(super) fn annotations(all: &[Issue<'_>]) -> String {
    let of = |kind| all.iter().filter(move |issue| kind_of(issue) == kind);
    let kinds = ["error", "warning", "notice"].into_iter();
    kinds
        .map(|kind| commands(kind, &of(kind).collect::<Vec<_>>()))
        .collect()
}

fn kind_of(issue: &Issue<'_>) -> &'static str {
    match issue.severity {
        Severity::Blocker | Severity::Critical | Severity::Major => "error",
        Severity::Minor => "warning",
        Severity::Info => "notice",
    }
}

fn commands(kind: &str, annotations: &[&Issue<'_>]) -> String {
    let mut text = String::new();
    for annotation in annotations.iter().take(ANNOTATIONS) {
        let reason = annotation.reason;
        let mut properties = format!("title={}", property(&reason.code.to_string()));
        if let Some(file) = annotation.file {
            let _ = write!(properties, ",file={}", property(file.as_str()));
        }
        if let Some(line) = reason.line {
            let _ = write!(
                properties,
                ",line={line},col={}",
                reason.column.unwrap_or(1)
            );
        }
        let help = reason.help.as_ref().map(|help| format!("; help: {help}"));
        let message = format!("{}{}", reason.message, help.unwrap_or_default());
        let _ = writeln!(text, "::{kind} {properties}::{}", data(&message));
    }
    let more = annotations.len().saturating_sub(ANNOTATIONS);
    if more > 0 {
        let _ = writeln!(text, "::{kind} title=gitca::{more} more, `-o json` has all");
    }
    text
}

/// The message of a command: a `%` begins an escape, a line end would end it.
fn data(text: &str) -> String {
    harmless(text).replace('%', "%25")
}

/// A property of a command, which ends at a `,` or `:` as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Code, Finding, Reason};

    #[test]
    fn no_text_of_a_stranger_becomes_a_command() {
        let mut wanted = Report::new("check");
        let reason = Reason::new(
            Code::ValueNotAllowed,
            "a\n::set-env name=PATH::/tmp\r%0A\u{1b}[2J",
        );
        let file = "requests/a,b:c%.yaml".parse().unwrap();
        wanted
            .errors
            .push(Finding::in_file(file, reason.help("b\nc")));
        assert_eq!(
            report(&wanted),
            "::error title=ValueNotAllowed,file=requests/a%2Cb%3Ac%25.yaml::\
             a\\u{a}::set-env name=PATH::/tmp\\u{d}%250A\\u{1b}[2J; help: b\\u{a}c\n"
        );
    }

    #[test]
    fn ten_annotations_of_a_kind_at_most() {
        let mut wanted = Report::new("check");
        let finding = Finding::anywhere(Reason::new(Code::ConfigInvalid, "x"));
        wanted.errors = vec![finding; 30];
        let text = report(&wanted);
        assert_eq!(text.lines().count(), 10);
        assert!(
            text.ends_with("::error title=gitca::21 more, `-o json` has all\n"),
            "{text}"
        );
    }
}
