//! A report as the comment on a pull request, in GitHub Flavored Markdown.
//!
//! In comes a [`Report`]; out comes one comment, worst verdict first, that forges take. Every string that a stranger may
//! have written stands in a code span, where neither markup, HTML nor a mention works. What does not fit is counted.

pub mod changes;
mod span;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::finding::{Finding, Reason};
use crate::names::{ObjectId, RepoPath};
use crate::output::markdown::span::{longest_run, shortened, span};
use crate::output::review::{self, Weight};
use crate::report::{Opinion, Report, RequestResult, Verdict};

/// What a comment job finds the comment by, to keep it up to date.
pub const MARKER: &str = "<!-- gitca:check -->";
// GitHub refuses a comment of more than 65,536 characters and a summary of more than 1 MiB; head and foot need little.
const COMMENT: usize = 62_000;
const SUMMARY: usize = 1_000_000;
// So that no single request can push the others out.
const SECTION: usize = 6_000;
const FOLD: usize = 3_000;
const WORST_FIRST: [Verdict; 8] = [
    Verdict::Failed,
    Verdict::Invalid,
    Verdict::Denied,
    Verdict::Pending,
    Verdict::Ignored,
    Verdict::Approved,
    Verdict::Issued,
    Verdict::Unchanged,
];

/// The report as the comment of a pull request, marked so that the next one replaces it.
#[must_use]
pub fn report(report: &Report) -> String {
    format!("{MARKER}\n{}", body(report, COMMENT))
}

/// The report as the summary of a CI step, which has more room than a comment.
#[must_use]
pub fn summary(report: &Report) -> String {
    body(report, SUMMARY)
}

fn body(report: &Report, room: usize) -> String {
    let mut text = format!("{}\n", headline(report));
    let mut left_out = 0;
    let mut add = |section: &dyn Fn() -> String| {
        let section = if left_out == 0 {
            section()
        } else {
            String::new()
        };
        if left_out == 0 && text.len() + section.len() <= room {
            text.push_str(&section);
        } else {
            left_out += 1;
        }
    };
    for error in &report.errors {
        add(&|| format!("\n{}", cut(finding("error", error))));
    }
    if let Some(section) = changes::section(report, room) {
        add(&|| section.clone());
    }
    let notices = notices(report);
    let mut results: Vec<&RequestResult> = report.results.iter().collect();
    results.sort_by_key(|result| rank(result.verdict));
    for result in results {
        let about = notices.get(&Some(&result.file));
        add(&|| section(result, about.map_or(&[], Vec::as_slice)));
    }
    for notice in notices.get(&None).into_iter().flatten() {
        add(&|| note(notice));
    }
    if left_out > 0 {
        let _ = write!(
            text,
            "\n{left_out} more are not shown here; `-o json` has all.\n"
        );
    }
    text.push_str(&foot(report));
    text
}

/// The notices by the file of the result that they are about; under nothing those that are about none.
fn notices(report: &Report) -> BTreeMap<Option<&RepoPath>, Vec<&Finding>> {
    let files: BTreeSet<&RepoPath> = report.results.iter().map(|result| &result.file).collect();
    let mut notices: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for notice in &report.notices {
        let file = notice.file.as_ref().filter(|file| files.contains(file));
        notices.entry(file).or_default().push(notice);
    }
    notices
}

fn rank(verdict: Verdict) -> Option<usize> {
    let mut verdicts = WORST_FIRST.iter();
    verdicts.position(|other| *other == verdict)
}

/// Whole lines only, and a word on those that are missing.
fn cut(section: String) -> String {
    if section.len() <= SECTION {
        return section;
    }
    let mut text = String::new();
    let mut lines = section.split_inclusive('\n');
    for line in lines.by_ref() {
        if text.len() + line.len() > SECTION {
            break;
        }
        text.push_str(line);
    }
    let _ = writeln!(
        text,
        "- {} lines more, `-o json` has all",
        lines.count() + 1
    );
    text
}

fn headline(report: &Report) -> String {
    let counts: Vec<String> = WORST_FIRST
        .iter()
        .map(|verdict| (report.summary.get(*verdict), verdict))
        .filter(|(number, _)| *number > 0)
        .map(|(number, verdict)| format!("{number} {verdict}"))
        .collect();
    let result = match (report.errors.is_empty(), counts.is_empty()) {
        (false, _) => "could not work".to_owned(),
        (true, true) => "nothing to do".to_owned(),
        (true, false) => counts.join(", "),
    };
    format!("**gitca {}: {result}**", report.command)
}

fn section(result: &RequestResult, notices: &[&Finding]) -> String {
    let name = result
        .request
        .as_ref()
        .map_or_else(|| result.file.to_string(), ToString::to_string);
    let mut text = format!("\n### {} {}\n\n", span(&name), result.verdict);
    for row in review::rows(result) {
        let value = span(&row.value);
        let _ = match row.weight {
            Weight::Alarm => writeln!(text, "- **privileged: {value}**"),
            Weight::Plain | Weight::Command => writeln!(text, "- {}: {value}", row.label),
        };
    }
    for reason in review::untold(result) {
        text.push_str(&explained("", reason, result.file.as_str()));
    }
    for notice in notices {
        text.push_str(&explained("note ", &notice.reason, result.file.as_str()));
    }
    cut(text) + &folded(result)
}

/// What only those open who look closer: what each policy said, and the request line by line.
fn folded(result: &RequestResult) -> String {
    let Some(details) = &result.details else {
        return String::new();
    };
    let opinion = |opinion: &Opinion| {
        let reasons = opinion.reasons.iter().map(|reason| format!("  {reason}"));
        std::iter::once(opinion.verdict.clone())
            .chain(reasons)
            .collect::<Vec<_>>()
    };
    let trace: Vec<String> = details.trace.iter().flat_map(opinion).collect();
    fold("decision trace", &trace) + &fold("decoded CSR", &details.decoded)
}

/// A fold with a code block, GFM 4.5: its fence is longer than any run of backticks in it.
fn fold(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut block = String::new();
    let mut left = lines.len();
    for line in lines {
        let line = shortened(line);
        if block.len() + line.len() > FOLD {
            break;
        }
        block.push_str(&line);
        block.push('\n');
        left -= 1;
    }
    if left > 0 {
        let _ = writeln!(block, "and {left} lines more");
    }
    let fence = "`".repeat(longest_run(&block).max(2) + 1);
    format!("\n<details><summary>{title}</summary>\n\n{fence}text\n{block}{fence}\n\n</details>\n")
}

/// What is worth knowing, at the end of a comment.
#[must_use]
pub fn note(notice: &Finding) -> String {
    format!("\n{}", cut(finding("note", notice)))
}

fn finding(kind: &str, finding: &Finding) -> String {
    let file = finding.file.as_ref().map_or("", |file| file.as_str());
    explained(&format!("{kind} "), &finding.reason, file)
}

fn explained(kind: &str, reason: &Reason, file: &str) -> String {
    let mut text = format!("- {kind}**{}** {}\n", reason.code, span(&reason.message));
    if !file.is_empty() {
        let _ = writeln!(text, "  - at {}", span(&reason.place(file)));
    }
    let rule = reason.rule.as_ref();
    let rule = rule.and_then(|rule| Some(format!("{} {}", rule.place()?, rule.field)));
    for (label, value) in [
        ("policy", &reason.policy),
        ("field", &reason.field),
        ("value", &reason.value),
        ("rule", &rule),
        ("help", &reason.help),
    ] {
        if let Some(value) = value {
            let _ = writeln!(text, "  - {label} {}", span(value));
        }
    }
    text
}

fn foot(report: &Report) -> String {
    let or_none = |id: Option<String>| span(&id.unwrap_or_else(|| "none".to_owned()));
    let object = |id: Option<ObjectId>| or_none(id.map(|id| id.to_string()));
    let grounds = report.grounds.map_or_else(String::new, |grounds| {
        format!(
            "base {}, control {} {}, ",
            span(&grounds.base.to_string()),
            object(grounds.policies),
            object(grounds.templates),
        )
    });
    format!(
        "\n---\n<sub>{grounds}commit {}, plan digest {}, gitca {}. This comment is not evidence.</sub>\n",
        object(report.commit),
        or_none(report.plan_digest.clone()),
        env!("CARGO_PKG_VERSION"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Code;

    fn hostile(value: &str) -> RequestResult {
        RequestResult {
            request: None,
            file: "requests/x.yaml".parse().unwrap(),
            signer_name: None,
            verdict: Verdict::Denied,
            policy: None,
            requester: None,
            serial_number: None,
            not_after: None,
            reasons: vec![Reason::new(Code::ValueNotAllowed, value).value(value)],
            details: None,
        }
    }

    #[test]
    fn what_a_stranger_wrote_stays_in_its_code_span() {
        for (value, spanned) in [
            ("plain", "`plain`"),
            ("a`b", "`` a`b ``"),
            ("``", "``` `` ```"),
            (
                "<script> @team [a](b) ![c](d) | *e*",
                "`<script> @team [a](b) ![c](d) | *e*`",
            ),
            (
                "a\n# b\r\n\u{1b}[31m",
                "`a\\u{a}# b\\u{d}\\u{a}\\u{1b}[31m`",
            ),
            ("", "`  `"),
        ] {
            assert_eq!(span(value), spanned);
            let mut wanted = Report::new("check");
            wanted.results.push(hostile(value));
            let text = report(&wanted);
            assert!(
                text.contains(&format!("**ValueNotAllowed** {spanned}\n")),
                "{text}"
            );
            assert!(
                text.starts_with("<!-- gitca:check -->\n**gitca check: "),
                "{text}"
            );
        }
    }

    #[test]
    fn nothing_gets_out_of_a_fold() {
        let lines = ["a ```` b", "</details> @team", "```", "x\n# y"].map(str::to_owned);
        let text = fold("decoded CSR", &lines);
        let expected = "\n<details><summary>decoded CSR</summary>\n\n`````text\na ```` b\n</details> @team\n```\n\
                        x\\u{a}# y\n`````\n\n</details>\n";
        assert_eq!(text, expected);
        let many = fold("decision trace", &vec!["z".repeat(90); 1_000]);
        assert!(many.len() < FOLD + 200, "{}", many.len());
        assert!(
            many.ends_with("\nand 968 lines more\n```\n\n</details>\n"),
            "{many}"
        );
        assert_eq!(fold("decision trace", &[]), "");
    }

    #[test]
    fn one_request_can_not_push_the_others_out() {
        let mut long = Report::new("check");
        let mut huge = hostile("x");
        huge.reasons = vec![Reason::new(Code::ValueNotAllowed, "x".repeat(60_000)); 500];
        long.results = vec![huge, hostile("the other")];
        let text = report(&long);
        assert!(
            text.contains("`the other`") && text.contains(" lines more, "),
            "{text}"
        );
        assert!(text.len() < 20_000, "{}", text.len());
    }

    #[test]
    fn errors_fit_too_and_a_summary_has_more_room() {
        let mut long = Report::new("check");
        let error = Finding::anywhere(Reason::new(Code::ConfigInvalid, "y".repeat(900)));
        long.errors = vec![error; 3_000];
        assert!(report(&long).len() < 65_536);
        let text = summary(&long);
        assert!(text.len() > 900_000 && text.len() < 1_048_576);
        assert!(text.contains(" more are not shown here"));
        assert!(!text.contains(MARKER));
    }

    #[test]
    fn a_comment_fits_and_says_what_it_leaves_out() {
        let mut long = Report::new("check");
        long.results = vec![hostile("a value of which there are many"); 10_000];
        let text = report(&long);
        assert!(text.chars().count() < 65_536);
        let shown = text.matches("### ").count();
        assert!(text.contains(&format!("\n{} more are not shown here", 10_000 - shown)));
        assert!(text.ends_with("This comment is not evidence.</sub>\n"));
    }
}
