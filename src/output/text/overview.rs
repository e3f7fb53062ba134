//! Which results are shown when there are too many to be read, and what the others were.
//!
//! In come results; out go those that need a person most, and a few lines that count the rest by verdict and by directory.
//! Names are as strangers wrote them: the caller makes them harmless.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::finding::{Code, Finding};
use crate::output::text::wrap::wrap;
use crate::report::{Report, RequestResult, Verdict};

// So many are still read one by one; of more than that only the worst.
const READABLE: usize = 50;
const WORST: usize = 20;
const DIRECTORIES: usize = 10;
const NAMES: usize = 3;

/// All results in order of path; when they are too many to be read, the worst of them, and the others.
pub(super) fn split(results: &[RequestResult]) -> (Vec<&RequestResult>, Vec<&RequestResult>) {
    let mut shown: Vec<&RequestResult> = results.iter().collect();
    if shown.len() <= READABLE {
        return (shown, Vec::new());
    }
    shown.sort_by_key(|result| (rank(result.verdict), !is_privileged(result)));
    let rest = shown.split_off(WORST);
    (shown, rest)
}

fn is_privileged(result: &RequestResult) -> bool {
    let details = result.details.as_ref();
    details.is_some_and(|details| !details.privileged.is_empty())
}

/// What needs a person comes first.
fn rank(verdict: Verdict) -> usize {
    use Verdict::{Approved, Denied, Failed, Ignored, Invalid, Issued, Pending, Unchanged};
    [
        Invalid, Denied, Failed, Pending, Ignored, Approved, Issued, Unchanged,
    ]
    .iter()
    .position(|other| *other == verdict)
    .unwrap_or_default()
}

/// How many are not shown, by verdict, and where they lie.
pub(super) fn of_rest(rest: &[&RequestResult]) -> String {
    if rest.is_empty() {
        return String::new();
    }
    let (number, counts_of_all) = (rest.len(), counts(rest));
    let told = format!("{number} more are not shown here: {counts_of_all}; `-o json` lists all");
    let mut text = wrap(&told, "", "  ") + "\n";
    let mut directories: BTreeMap<&str, Vec<&RequestResult>> = BTreeMap::new();
    for result in rest {
        directories
            .entry(directory(result))
            .or_default()
            .push(result);
    }
    if directories.len() == 1 {
        return text;
    }
    let mut directories: Vec<_> = directories.into_iter().collect();
    directories.sort_by_key(|(_, results)| std::cmp::Reverse(results.len()));
    let more = directories.len().saturating_sub(DIRECTORIES);
    for (directory, results) in directories.into_iter().take(DIRECTORIES) {
        let _ = writeln!(text, "  {directory:<24} {}", counts(&results));
    }
    if more > 0 {
        let _ = writeln!(text, "  and {more} directories more");
    }
    text
}

/// `requests/team-a/x.yaml` lies in `requests/team-a/`.
fn directory(result: &RequestResult) -> &str {
    let path = result.file.as_str();
    let mut slashes = path.match_indices('/').map(|(at, _)| at + 1);
    let (first, second) = (slashes.next(), slashes.next());
    &path[..second.or(first).unwrap_or_default()]
}

/// What a reviewer must not miss, for the first line: who would get powers of their own, and whether the rules change too.
pub(super) fn alarms(report: &Report) -> String {
    if report.command != "check" {
        return String::new();
    }
    let mut privileged: Vec<&RequestResult> = report.results.iter().collect();
    privileged.retain(|result| is_privileged(result));
    // Those that would come true first.
    privileged.sort_by_key(|result| std::cmp::Reverse(rank(result.verdict)));
    let privileged: Vec<&str> = privileged
        .into_iter()
        .map(|result| result.file.as_str())
        .filter_map(|file| file.strip_prefix("requests/")?.strip_suffix(".yaml"))
        .collect();
    let mut text = String::new();
    if !privileged.is_empty() {
        let names = privileged.iter().take(NAMES).copied();
        let names = names.collect::<Vec<_>>().join(", ");
        let _ = write!(text, "; privileged: {names}");
    }
    let more = privileged.len().saturating_sub(NAMES);
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    let is_control = |notice: &Finding| notice.reason.code == Code::ControlChangedTogether;
    if report.notices.iter().any(is_control) {
        text.push_str("; the rules change too");
    }
    let changes = report.changes.as_ref();
    if let Some(changes) = changes.filter(|all| !all.changes.is_empty()) {
        let _ = write!(text, "; {} other decisions change", changes.changes.len());
    }
    text
}

fn counts(results: &[&RequestResult]) -> String {
    let mut counts: BTreeMap<usize, (Verdict, usize)> = BTreeMap::new();
    for result in results {
        let entry = counts.entry(rank(result.verdict));
        entry.or_insert((result.verdict, 0)).1 += 1;
    }
    let counts: Vec<String> = counts
        .values()
        .map(|(verdict, number)| format!("{number} {verdict}"))
        .collect();
    counts.join(", ")
}
