//! A report as annotations of GitHub Actions, which Gitea and Forgejo take as well.
//!
//! In comes a [`Report`]; out come workflow commands, the worst first. A step shows ten
//! annotations of a type, so nine are written and one that says how many more there are. No text of a stranger can begin
//! a line or end a property.

use std::fmt::Write as _;

use crate::finding::Reason;
use crate::names::RepoPath;
use crate::output::text::harmless;
use crate::report::{Report, RequestResult, Verdict};

const ANNOTATIONS: usize = 9;

/// One annotation.
struct Annotation<'a> {
    file: Option<&'a str>,
    reason: &'a Reason,
}

/// The workflow commands.
#[must_use]
pub fn report(report: &Report) -> String {
    let is_bad = |result: &&RequestResult| {
        matches!(
            result.verdict,
            Verdict::Denied | Verdict::Invalid | Verdict::Failed
        )
    };
    let is_waiting =
        |result: &&RequestResult| matches!(result.verdict, Verdict::Pending | Verdict::Ignored);
    let errors = report.errors.iter().map(|error| Annotation {
        file: error.file.as_ref().map(RepoPath::as_str),
        reason: &error.reason,
    });
    let errors: Vec<_> = errors
        .chain(report.results.iter().filter(is_bad).flat_map(of_result))
        .collect();
    let warnings: Vec<_> = report
        .results
        .iter()
        .filter(is_waiting)
        .flat_map(of_result)
        .collect();
    let notices: Vec<_> = report
        .notices
        .iter()
        .map(|notice| Annotation {
            file: notice.file.as_ref().map(RepoPath::as_str),
            reason: &notice.reason,
        })
        .collect();
    commands("error", &errors) + &commands("warning", &warnings) + &commands("notice", &notices)
}

fn of_result(result: &RequestResult) -> impl Iterator<Item = Annotation<'_>> {
    let file = Some(result.file.as_str());
    result
        .reasons
        .iter()
        .map(move |reason| Annotation { file, reason })
}

fn commands(kind: &str, annotations: &[Annotation<'_>]) -> String {
    let mut text = String::new();
    for annotation in annotations.iter().take(ANNOTATIONS) {
        let reason = annotation.reason;
        let mut properties = format!("title={}", property(&reason.code.to_string()));
        if let Some(file) = annotation.file {
            let _ = write!(properties, ",file={}", property(file));
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
    use crate::finding::{Code, Finding};

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
