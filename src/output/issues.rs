//! A report as one list of issues, the worst first, for formats that show nothing else.
//!
//! In comes a [`Report`]; out come its errors, reasons and notices with a severity and a fingerprint. A fingerprint is the
//! SHA-256 of code, path and field, never of a line, so that an issue stays the same one when lines move; where two are
//! equal their number goes in as well.

use std::collections::BTreeMap;

use crate::finding::{Finding, Reason};
use crate::names::{RepoPath, RequestName, Sha256Digest};
use crate::report::{Report, Verdict};

/// How bad an issue is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// Nothing could be done.
    Blocker,
    /// Something approved was not signed.
    Critical,
    /// A request is refused.
    Major,
    /// A request waits.
    Minor,
    /// No verdict depends on it.
    Info,
}

/// One issue.
#[derive(Clone, Debug)]
pub(super) struct Issue<'a> {
    /// The request that it is about.
    pub(super) request: Option<&'a RequestName>,
    /// The file that it is in.
    pub(super) file: Option<&'a RepoPath>,
    /// What is wrong.
    pub(super) reason: &'a Reason,
    /// How bad it is.
    pub(super) severity: Severity,
    /// The same in every report that has the same issue.
    pub(super) fingerprint: String,
}

/// Every issue of the report, the worst first, otherwise in the order of the report.
pub(super) fn issues(report: &Report) -> Vec<Issue<'_>> {
    let errors = report
        .errors
        .iter()
        .map(|error| of(error, Severity::Blocker));
    let reasons = report.results.iter().flat_map(|result| {
        let severity = severity(result.verdict);
        let request = result.request.as_ref();
        let reasons = result.reasons.iter();
        reasons.map(move |reason| (request, Some(&result.file), reason, severity))
    });
    let notices = report
        .notices
        .iter()
        .map(|notice| of(notice, Severity::Info));
    listed(errors.chain(reasons).chain(notices))
}

/// The issues of these findings.
pub(super) fn of_findings<'a>(
    findings: impl Iterator<Item = (&'a Finding, Severity)>,
) -> Vec<Issue<'a>> {
    listed(findings.map(|(finding, severity)| of(finding, severity)))
}

/// Request, file, reason and severity.
type Raw<'a> = (
    Option<&'a RequestName>,
    Option<&'a RepoPath>,
    &'a Reason,
    Severity,
);

fn of(finding: &Finding, severity: Severity) -> Raw<'_> {
    let (request, file) = (finding.request.as_ref(), finding.file.as_ref());
    (request, file, &finding.reason, severity)
}

fn listed<'a>(raw: impl Iterator<Item = Raw<'a>>) -> Vec<Issue<'a>> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut issues: Vec<Issue<'a>> = raw
        .map(|(request, file, reason, severity)| Issue {
            request,
            file,
            reason,
            severity,
            fingerprint: fingerprint(file, reason, &mut seen),
        })
        .collect();
    issues.sort_by_key(|issue| issue.severity);
    issues
}

fn severity(verdict: Verdict) -> Severity {
    match verdict {
        Verdict::Failed => Severity::Critical,
        Verdict::Denied | Verdict::Invalid => Severity::Major,
        Verdict::Pending | Verdict::Ignored => Severity::Minor,
        Verdict::Approved | Verdict::Issued | Verdict::Unchanged => Severity::Info,
    }
}

fn fingerprint(
    file: Option<&RepoPath>,
    reason: &Reason,
    seen: &mut BTreeMap<String, usize>,
) -> String {
    let path = file.map_or(".", RepoPath::as_str);
    let field = reason.field.as_deref().unwrap_or_default();
    let identity = format!("{}\0{path}\0{field}", reason.code);
    let number = seen.entry(identity.clone()).or_default();
    let unique = if *number == 0 {
        identity
    } else {
        format!("{identity}\0{number}")
    };
    *number += 1;
    Sha256Digest::of(unique.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::finding::{Code, Place};

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
            let issues = issues(report).into_iter();
            issues.map(|issue| issue.fingerprint).collect::<Vec<_>>()
        };
        assert_eq!(prints(&one), prints(&other));
        assert_eq!(prints(&one).into_iter().collect::<BTreeSet<_>>().len(), 2);
    }

    #[test]
    fn fingerprints_are_those_of_the_last_release() {
        let file = "policies/a.yaml".parse().unwrap();
        let mut wanted = Report::new("check");
        let reason = Reason::new(Code::ConfigInvalid, "x").field("spec.a");
        wanted.errors = vec![Finding::in_file(file, reason)];
        let whole = Sha256Digest::of(b"ConfigInvalid\0policies/a.yaml\0spec.a");
        assert_eq!(issues(&wanted)[0].fingerprint, whole.to_string());
    }
}
