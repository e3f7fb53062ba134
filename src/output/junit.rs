//! A report as JUnit XML: one test case for each request; and what came of policy tests, one for each of their cases.
//!
//! In comes a [`Report`]; out comes a document that CI servers show. What is denied, invalid or failed is a failure, what
//! waits or has no signer is skipped, what stopped the command is an error. Characters that XML 1.0 can't hold are
//! shown as escapes.

use std::fmt::Write as _;

use crate::finding::Reason;
use crate::output::text::policy_test::one_case;
use crate::output::text::{Style, harmless};
use crate::report::{Report, Verdict};
use crate::trial::outcome::{CaseOutcome, Difference, TestOutcome, Tests};

// The elements of a test case that did not pass.
const FAILURE: &str = "failure";
const SKIPPED: &str = "skipped";
// Who made the report.
const TESTS: &str = "gitca policy test";

/// The document.
#[must_use]
pub fn report(report: &Report) -> String {
    let count = |kind| {
        let kinds = report.results.iter();
        let kinds = kinds.filter_map(|result| kind_of(result.verdict));
        kinds.filter(|found| *found == kind).count()
    };
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        report.results.len() + report.errors.len(),
        count(FAILURE),
        report.errors.len(),
        count(SKIPPED),
    );
    let suite = format!("gitca {}", report.command);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gitca\" {counts}>\n  \
         <testsuite name=\"{suite}\" {counts}>\n"
    );
    for error in &report.errors {
        let file = error
            .file
            .as_ref()
            .map_or("repository", |file| file.as_str());
        let element = element("error", std::slice::from_ref(&error.reason), file);
        text.push_str(&case(&suite, file, file, &element));
    }
    for result in &report.results {
        let name = result
            .request
            .as_ref()
            .map_or_else(|| result.file.to_string(), ToString::to_string);
        let file = result.file.as_str();
        let kind = kind_of(result.verdict);
        let element = kind.map(|kind| element(kind, &result.reasons, file));
        let element = element.unwrap_or_default();
        text.push_str(&case(&suite, &name, file, &element));
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// What became of a test case; nothing where it passed.
fn kind_of(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Denied | Verdict::Invalid | Verdict::Failed => Some(FAILURE),
        Verdict::Pending | Verdict::Ignored => Some(SKIPPED),
        Verdict::Issued | Verdict::Unchanged | Verdict::Approved => None,
    }
}

fn case(suite: &str, name: &str, file: &str, element: &str) -> String {
    let (suite, name, file) = (escape(suite), escape(name), escape(file));
    let head = format!("    <testcase classname=\"{suite}\" name=\"{name}\" file=\"{file}\"");
    if element.is_empty() {
        format!("{head}/>\n")
    } else {
        format!("{head}>\n{element}    </testcase>\n")
    }
}

/// The first reason as attributes, all of them as text.
fn element(kind: &str, reasons: &[Reason], file: &str) -> String {
    let Some(first) = reasons.first() else {
        return format!("      <{kind}/>\n");
    };
    let message = escape(&first.message);
    let mut text = String::new();
    for reason in reasons {
        let (message, place) = (harmless(&reason.message), reason.place(file));
        let _ = writeln!(text, "{}: {message} ({place})", reason.code);
        if let Some(help) = &reason.help {
            let _ = writeln!(text, "  help: {}", harmless(help));
        }
    }
    // The schema of `skipped` has no type.
    let code = if kind == SKIPPED {
        String::new()
    } else {
        format!(" type=\"{}\"", first.code)
    };
    let text: Vec<String> = text.lines().map(escape).collect();
    format!(
        "      <{kind}{code} message=\"{message}\">{}</{kind}>\n",
        text.join("\n")
    )
}

/// The document of policy tests: one suite for each file.
#[must_use]
pub fn policy_tests(tests: &Tests) -> String {
    let counts = |cases: &[&CaseOutcome]| {
        let failures = cases.iter().filter(|case| !case.passes()).count();
        let number = cases.len();
        format!("tests=\"{number}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\"")
    };
    let all: Vec<&CaseOutcome> = tests.tests.iter().flat_map(|test| &test.cases).collect();
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let mut text = format!("{head}\n<testsuites name=\"{TESTS}\" {}>\n", counts(&all));
    for test in &tests.tests {
        let cases: Vec<&CaseOutcome> = test.cases.iter().collect();
        let suite = test.name.as_str();
        let _ = writeln!(text, "  <testsuite name=\"{suite}\" {}>", counts(&cases));
        for its in cases {
            let file = format!("{}:{}", test.file, its.place.line);
            text.push_str(&case(suite, &its.name, &file, &failure(test, its)));
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

/// What was expected and came first, and all that was said.
fn failure(test: &TestOutcome, case: &CaseOutcome) -> String {
    let Some(Difference {
        what,
        expected,
        got,
    }) = case.differences.first()
    else {
        return String::new();
    };
    let message = escape(&format!("expected {what} {expected}, got {got}"));
    let told = one_case(test, case, Style { color: false });
    let lines: Vec<String> = told.lines().map(escape).collect();
    format!(
        "      <failure type=\"{what}\" message=\"{message}\">{}</failure>\n",
        lines.join("\n")
    )
}

/// Text for an attribute or an element: XML 1.0 2.2 and 2.4.
fn escape(text: &str) -> String {
    harmless(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_control_characters_become_text() {
        for (text, escaped) in [
            (
                "a]]>b & \"c\" <d/>",
                "a]]&gt;b &amp; &quot;c&quot; &lt;d/&gt;",
            ),
            ("a\u{0}\u{1b}\nb", "a\\u{0}\\u{1b}\\u{a}b"),
            ("\u{ffff}", "\\u{ffff}"),
        ] {
            assert_eq!(escape(text), escaped);
        }
    }
}
