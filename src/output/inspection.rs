//! What an inspection of the control zone found, in the formats that `policy lint` has.
//!
//! In comes an [`Inspection`]; out come texts for people and for other programs. A warning is one there, too, and a note is
//! what they call a notice or an info.

use std::fmt::Write as _;

use serde_json::Value;

use crate::inspection::{Inspection, Weight};
use crate::output::issues::{Issue, Severity, of_findings};
use crate::output::text::{self, Style};
use crate::output::{github, gitlab, sarif};

const COMMAND: &str = "policy lint";

/// For people, readable at 80 columns; the number of each in the last line.
#[must_use]
pub fn text(inspection: &Inspection, style: Style) -> String {
    let mut text = String::new();
    for flaw in &inspection.findings {
        let weight = flaw.severity.as_str();
        text.push_str(&text::finding(weight, &flaw.finding, &style));
    }
    let tally = inspection.summary;
    let number = |count: usize, what: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {what}{plural}")
    };
    let warnings = number(tally.warnings, "warning");
    let notes = number(tally.notes, "note");
    let _ = writeln!(text, "policy lint: {warnings}, {notes}");
    text
}

/// SARIF 2.1.0.
#[must_use]
pub fn sarif(inspection: &Inspection) -> Value {
    sarif::log(COMMAND, &issues(inspection), true)
}

/// Annotations of GitHub Actions.
#[must_use]
pub fn github(inspection: &Inspection) -> String {
    github::annotations(&issues(inspection))
}

/// GitLab Code Quality.
#[must_use]
pub fn gitlab(inspection: &Inspection) -> Vec<gitlab::Issue> {
    gitlab::list(issues(inspection))
}

fn issues(inspection: &Inspection) -> Vec<Issue<'_>> {
    let flaws = inspection.findings.iter().map(|flaw| {
        let severity = match flaw.severity {
            Weight::Warning => Severity::Minor,
            Weight::Note => Severity::Info,
        };
        (&flaw.finding, severity)
    });
    of_findings(flaws)
}
