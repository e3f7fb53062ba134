//! A report as SARIF 2.1.0 (OASIS), which code scanning services show beside the lines of a change.
//!
//! In comes a [`Report`]; out comes a log with one run: a rule for each code that appears, a result for each issue that is
//! in a file, the worst first, and a notification for what is about no file. What does not fit into a thousand results and 5 MB,
//! which services take, is counted in a notification. Every text of a stranger is made harmless; paths become relative URIs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use crate::finding::{Code, Reason};
use crate::names::RepoPath;
use crate::output::issues::{Issue, Severity, issues};
use crate::output::text::harmless;
use crate::report::Report;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
// GitHub shows 5,000 results of a run and takes 10 MB; nobody reads so many, and each is worth a page of memory.
const RESULTS: usize = 1_000;
const OCTETS: usize = 5_000_000;
const NOTIFICATIONS: usize = 100;

/// The log.
#[must_use]
pub fn report(report: &Report) -> Value {
    log(report.command, &issues(report), report.errors.is_empty())
}

/// The log of these issues, which this command found.
pub(super) fn log(command: &str, all: &[Issue<'_>], is_successful: bool) -> Value {
    let (placed, about_nothing): (Vec<_>, Vec<_>) =
        all.iter().partition(|issue| issue.file.is_some());
    let rules = rules(&placed);
    let mut results = Vec::new();
    let mut octets = 0;
    for issue in placed.iter().take(RESULTS) {
        let result = result(issue, &rules);
        // As indented as it is printed.
        octets += serde_json::to_string_pretty(&result).map_or(OCTETS, |text| 2 * text.len());
        if octets > OCTETS {
            break;
        }
        results.push(result);
    }
    let mut notifications: Vec<Value> = about_nothing
        .iter()
        .take(NOTIFICATIONS)
        .map(|issue| notification(issue))
        .collect();
    let more = all.len() - results.len() - notifications.len();
    if more > 0 {
        let text = format!("{more} more are not shown here; `-o json` has all");
        notifications.push(json!({"level": "warning", "message": {"text": text}}));
    }
    let run = json!({
        "tool": {"driver": {
            "name": "gitca",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules.values().map(|(_, rule)| rule).collect::<Vec<_>>(),
        }},
        "automationDetails": {"id": format!("gitca/{command}")},
        "columnKind": "unicodeCodePoints",
        "invocations": [{
            "executionSuccessful": is_successful,
            "toolExecutionNotifications": notifications,
        }],
        "results": results,
    });
    json!({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
}

#[derive(Debug, Serialize)]
struct Text {
    text: String,
}

/// One rule for each code, with its place in the list.
fn rules(issues: &[&Issue<'_>]) -> BTreeMap<Code, (usize, Value)> {
    let mut helps: BTreeMap<Code, &Reason> = BTreeMap::new();
    for issue in issues {
        helps.entry(issue.reason.code).or_insert(issue.reason);
    }
    let rule = |(index, code): (usize, Code)| (code, (index, rule(code)));
    helps.into_keys().enumerate().map(rule).collect()
}

fn rule(code: Code) -> Value {
    let meaning = code.meaning();
    let help = format!(
        "{code}: {meaning}. The message names the value and what to do about it; `gitca check` shows both, and \
         `gitca describe REQUEST` what each policy said of a request."
    );
    json!({
        "id": code,
        "name": code,
        "shortDescription": Text {text: format!("{meaning}.")},
        "help": Text {text: help},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Blocker | Severity::Critical | Severity::Major => "error",
        Severity::Minor => "warning",
        Severity::Info => "note",
    }
}

fn result(issue: &Issue<'_>, rules: &BTreeMap<Code, (usize, Value)>) -> Value {
    let reason = issue.reason;
    let mut region = json!({"startLine": reason.line.unwrap_or(1).max(1)});
    if let (Some(_), Some(column)) = (reason.line, reason.column) {
        region["startColumn"] = json!(column.max(1));
    }
    let uri = issue.file.map(uri).unwrap_or_default();
    json!({
        "ruleId": reason.code,
        "ruleIndex": rules.get(&reason.code).map(|(index, _)| index),
        "level": level(issue.severity),
        "message": Text {text: message(reason)},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri},
            "region": region,
        }}],
        "partialFingerprints": {"gitca/v1": issue.fingerprint},
        "properties": {
            "request": issue.request,
            "policy": reason.policy.as_deref().map(harmless),
            "field": reason.field.as_deref().map(harmless),
            "value": reason.value.as_deref().map(harmless),
        },
    })
}

fn notification(issue: &Issue<'_>) -> Value {
    json!({
        "level": level(issue.severity),
        "descriptor": {"id": issue.reason.code},
        "message": Text {text: message(issue.reason)},
    })
}

/// The message and its help. In SARIF 3.11 braces and brackets are syntax: placeholders and links.
fn message(reason: &Reason) -> String {
    let mut text = harmless(&reason.message);
    if let Some(help) = &reason.help {
        let _ = write!(text, "; help: {}", harmless(help));
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '{' | '}' => escaped.extend([character, character]),
            '\\' | '[' | ']' => escaped.extend(['\\', character]),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// A relative URI (RFC 3986 2.3): all but unreserved characters and the slash in per cent.
fn uri(file: &RepoPath) -> String {
    let mut uri = String::new();
    for octet in file.as_str().bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(octet));
            }
            _ => {
                let _ = write!(uri, "%{octet:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Finding;

    #[test]
    fn a_message_is_no_syntax_and_a_path_is_a_uri() {
        let reason = Reason::new(Code::ValueNotAllowed, "[a](https://b) {0} \u{1b}").help("c");
        let file = "requests/a b%:ü.yaml".parse().unwrap();
        let mut wanted = Report::new("check");
        wanted.errors = vec![Finding::in_file(file, reason)];
        let log = report(&wanted);
        let result = &log["runs"][0]["results"][0];
        assert_eq!(
            result["message"]["text"],
            "\\[a\\](https://b) {{0}} \\\\u{{1b}}; help: c"
        );
        assert_eq!(
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "requests/a%20b%25%3A%C3%BC.yaml"
        );
        assert_eq!(
            log["runs"][0]["invocations"][0]["executionSuccessful"],
            false
        );
    }

    #[test]
    fn a_log_fits_and_says_what_it_leaves_out() {
        for (message, atmost) in [("x".to_owned(), 5_000), ("x".repeat(10_000), 1_000)] {
            let mut wide = Report::new("check");
            let file: RepoPath = "requests/a.yaml".parse().unwrap();
            let reason = Reason::new(Code::ConfigInvalid, message);
            wide.notices = vec![Finding::in_file(file.clone(), reason.clone()); 6_000];
            wide.errors = vec![Finding::in_file(file, reason)];
            let log = report(&wide);
            let results = log["runs"][0]["results"].as_array().unwrap();
            assert!(results.len() <= atmost && results[0]["level"] == "error");
            assert!(serde_json::to_string_pretty(&log).unwrap().len() < 10_000_000);
            let told = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
            let more = format!("{} more are not shown here", 6_001 - results.len());
            assert!(told["message"]["text"].as_str().unwrap().starts_with(&more));
        }
    }
}
