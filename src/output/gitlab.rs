//! A report as GitLab Code Quality, the JSON that merge requests show beside their changes.
//!
//! In comes a [`Report`]; out comes a list of issues. A fingerprint is the SHA-256 of code, path and field, never of a line,
//! so that an issue stays the same one when lines move; where two are equal their number goes in as well.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::finding::Reason;
use crate::names::Sha256Digest;
use crate::output::text::harmless;
use crate::report::{Report, Verdict};

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
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut issues = Vec::new();
    for error in &report.errors {
        let path = error.file.as_ref().map_or(".", |file| file.as_str());
        issues.push(issue(path, &error.reason, "blocker", &mut seen));
    }
    for result in &report.results {
        let severity = match result.verdict {
            Verdict::Failed => "critical",
            Verdict::Denied | Verdict::Invalid => "major",
            Verdict::Pending | Verdict::Ignored => "minor",
            Verdict::Approved | Verdict::Issued | Verdict::Unchanged => "info",
        };
        let path = result.file.as_str();
        let reasons = result.reasons.iter();
        issues.extend(reasons.map(|reason| issue(path, reason, severity, &mut seen)));
    }
    for notice in &report.notices {
        let path = notice.file.as_ref().map_or(".", |file| file.as_str());
        issues.push(issue(path, &notice.reason, "info", &mut seen));
    }
    issues
}

fn issue(
    path: &str,
    reason: &Reason,
    severity: &'static str,
    seen: &mut BTreeMap<String, usize>,
) -> Issue {
    let field = reason.field.as_deref().unwrap_or_default();
    let identity = format!("{}\0{path}\0{field}", reason.code);
    let number = seen.entry(identity.clone()).or_default();
    let unique = if *number == 0 {
        identity
    } else {
        format!("{identity}\0{number}")
    };
    *number += 1;
    Issue {
        description: harmless(&reason.message),
        check_name: reason.code.to_string(),
        fingerprint: Sha256Digest::of(unique.as_bytes()).to_string(),
        severity,
        location: Location {
            path: harmless(path),
            lines: Lines {
                begin: reason.line.unwrap_or(1),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::finding::{Code, Finding, Place};

    #[test]
    fn fingerprints_are_unique_and_do_not_depend_on_lines() {
        let at = |line| {
            let reason = Reason::new(Code::ConfigInvalid, "x").field("spec.a");
            let file = "policies/a.yaml".parse().unwrap();
            Finding::in_file(file, reason.at(Place { line, column: 1 }))
        };
        let mut one = Report::new("check");
        one.errors = vec![at(1), at(2)];
        let mut other = Report::new("check");
        other.errors = vec![at(7), at(8)];
        let prints = |report: &Report| {
            let issues = super::report(report).into_iter();
            issues.map(|issue| issue.fingerprint).collect::<Vec<_>>()
        };
        assert_eq!(prints(&one), prints(&other));
        assert_eq!(prints(&one).into_iter().collect::<BTreeSet<_>>().len(), 2);
    }
}
