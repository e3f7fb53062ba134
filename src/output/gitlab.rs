//! A report as GitLab Code Quality, the JSON that merge requests show beside their changes.
//!
//! In comes a [`Report`]; out comes a list of its issues, the worst first, each with a fingerprint by which GitLab tells
//! what a merge request adds from what was there.

use serde::Serialize;

use crate::names::RepoPath;
use crate::output::issues::{self, Severity};
use crate::output::text::harmless;
use crate::report::Report;

/// One issue.
#[derive(Debug, Serialize)]
pub struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Debug, Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    begin: u32,
}

/// The issues.
#[must_use]
pub fn report(report: &Report) -> Vec<Issue> {
    list(issues::issues(report))
}

/// These issues.
pub(super) fn list(found: Vec<issues::Issue<'_>>) -> Vec<Issue> {
    found.into_iter().map(issue).collect()
}

fn issue(found: issues::Issue<'_>) -> Issue {
    let path = found.file.map_or(".", RepoPath::as_str);
    Issue {
        description: harmless(&found.reason.message),
        check_name: found.reason.code.to_string(),
        fingerprint: found.fingerprint,
        severity: match found.severity {
            Severity::Blocker => "blocker",
            Severity::Critical => "critical",
            Severity::Major => "major",
            Severity::Minor => "minor",
            Severity::Info => "info",
        },
        location: Location {
            path: harmless(path),
            lines: Lines {
                begin: found.reason.line.unwrap_or(1),
            },
        },
    }
}
