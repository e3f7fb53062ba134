//! What came of policy tests as text for people.
//!
//! In come [`Tests`]; out comes a line for each case, and for one that fails what was expected, what came and what each
//! policy said. What strangers wrote is made harmless.

use std::fmt::Write as _;

use crate::decision::coverage::{Coverage, Part};
use crate::decision::trace::Considered;
use crate::output::text::wrap::wrap;
use crate::output::text::{self, Style, Tone, harmless};
use crate::report::Verdict;
use crate::trial::outcome::{CaseOutcome, TestOutcome, Tests};

/// The text.
#[must_use]
pub fn text(tests: &Tests, style: Style) -> String {
    let mut text = String::new();
    for file in &tests.tests {
        let head = format!("{} ({})", file.name, harmless(file.file.as_str()));
        let _ = writeln!(text, "{}", style.paint(Tone::Strong, &head));
        for case in &file.cases {
            text.push_str(&one_case(file, case, style));
        }
        text.push('\n');
    }
    if let Some(coverage) = &tests.coverage {
        text.push_str(&covered(coverage));
        text.push('\n');
    }
    text.push_str(&summary(tests, style));
    text
}

/// One case: a line, and all that was said when it fails.
#[must_use]
pub fn one_case(file: &TestOutcome, case: &CaseOutcome, style: Style) -> String {
    let word = if case.passes() {
        style.paint(Tone::Good, "ok")
    } else {
        style.paint(Tone::Bad, "FAILED")
    };
    let mut text = wrap(&harmless(&case.name), "  ", "    ");
    let _ = writeln!(text, ": {word}");
    if case.passes() {
        return text;
    }
    let _ = writeln!(text, "    --> {}", place(file, case));
    for difference in &case.differences {
        for (label, value) in [
            (
                format!("expected {}", difference.what),
                &difference.expected,
            ),
            (format!("got {}", difference.what), &difference.got),
        ] {
            let line = wrap(&harmless(value), &format!("    {label:<17} "), "        ");
            let _ = writeln!(text, "{line}");
        }
    }
    text.push_str(&came(case, style));
    text
}

fn place(file: &TestOutcome, case: &CaseOutcome) -> String {
    let file = harmless(file.file.as_str());
    format!("{file}:{}:{}", case.place.line, case.place.column)
}

/// What came, in full.
fn came(case: &CaseOutcome, style: Style) -> String {
    let mut text = String::new();
    let got = &case.got;
    if got.verdict == Verdict::Approved {
        let policy = got.policy.iter().map(ToString::to_string);
        let _ = writeln!(
            text,
            "    approved by policy {}",
            policy.collect::<String>()
        );
    }
    let mut told = String::new();
    for (kind, reasons) in [("reason", &got.reasons), ("note", &got.notices)] {
        for reason in reasons {
            told.push_str(&text::reason(kind, reason, None, style));
        }
    }
    for considered in &case.trace {
        told.push_str(&traced(considered));
    }
    for line in told.lines() {
        let _ = writeln!(text, "    {line}");
    }
    text
}

fn traced(considered: &Considered) -> String {
    wrap(&harmless(&considered.line()), "", "  ") + "\n"
}

/// The parts of the policies that no case reached.
fn covered(coverage: &Coverage) -> String {
    let unreached: Vec<&Part> = coverage.unreached().collect();
    let (missed, total) = (unreached.len(), coverage.total());
    if missed == 0 {
        return format!("Every part of the policies is reached ({total}).\n");
    }
    let mut text = format!("Not reached by any case ({missed} of {total}):\n");
    let mut policy = None;
    for part in unreached {
        let its = (part.kind, &part.policy);
        if policy.replace(its) != Some(its) {
            let file = part.rule.file.as_ref().map_or("", |file| file.as_str());
            let head = format!("{} {} ({})", part.kind, part.policy, harmless(file));
            let _ = writeln!(text, "  {head}");
        }
        let line = part
            .rule
            .line
            .map_or_else(String::new, |line| format!("{line}: "));
        let value = if part.text.is_empty() {
            String::new()
        } else {
            format!("  {}", harmless(&part.text))
        };
        let value = format!("{line}{}{value}", part.rule.field);
        let _ = writeln!(text, "{}", wrap(&value, "    ", "      "));
    }
    text
}

fn summary(tests: &Tests, style: Style) -> String {
    let (passed, failed) = tests.counts();
    let failed = match failed {
        0 => String::new(),
        number => format!(", {number} failed"),
    };
    let line = format!("policy test: {passed} passed{failed}");
    style.paint(Tone::Strong, &line) + "\n"
}
