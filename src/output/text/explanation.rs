//! How a decision fell, as text for people: the steps in a column, then each policy with all that it looked at.
//!
//! In comes an explanation; out comes text of 80 columns. `ok` holds, `NO` does not, and `--` was not reached. What
//! strangers wrote is made harmless first.

use std::fmt::Write as _;

use crate::decision::trace::Step;
use crate::explanation::{Explanation, PolicyOutcome, StepOutcome};
use crate::explanation::{ToldPart, ToldPolicy, ToldReason, ToldStep};
use crate::finding::Rule;
use crate::harmless::harmless;
use crate::output::text::wrap::wrap;

const STEP: &str = "                         ";
const PART: &str = "        ";

/// The text.
#[must_use]
pub fn explanation(explanation: &Explanation) -> String {
    let mut text = head(explanation);
    text.push_str("Steps:\n");
    for (index, step) in explanation.steps.iter().enumerate() {
        text.push_str(&told_step(index + 1, step));
    }
    for policy in &explanation.policies {
        text.push('\n');
        text.push_str(&told_policy(policy));
    }
    if !explanation.notices.is_empty() {
        text.push_str("\nNotices:\n");
        let told = |notice| told_reason(notice, "  ", "    ");
        text.extend(explanation.notices.iter().map(told));
    }
    text
}

fn head(explanation: &Explanation) -> String {
    let mut text = format!("{}: {}", explanation.request, explanation.verdict);
    if let Some(policy) = &explanation.policy {
        let _ = write!(text, " by policy {}", harmless(policy));
    }
    text.push('\n');
    if explanation.is_issued {
        let message = "`issued/` holds these very bytes, so a run leaves them alone; this is what the rules say now";
        text.push_str(&line(message, "  "));
    }
    let mut row = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            let first = format!("  {label:<10} ");
            let _ = writeln!(text, "{}", wrap(&harmless(&value), &first, STEP));
        }
    };
    let commit = explanation.commit.map(|commit| commit.to_string());
    row("judged", commit.or(Some("the work tree".to_owned())));
    row("file", Some(explanation.file.to_string()));
    row(
        "signer",
        explanation.signer_name.as_ref().map(ToString::to_string),
    );
    row("requester", requester(explanation));
    row(
        "ends",
        explanation
            .not_after
            .map(|end| format!("{end} at the latest")),
    );
    text
}

fn requester(explanation: &Explanation) -> Option<String> {
    let requester = explanation.requester.as_ref()?;
    Some(match (&requester.principal, requester.method) {
        (Some(principal), Some(method)) => format!("{principal}, known by {method}"),
        (Some(principal), None) => principal.clone(),
        (None, _) => {
            let name = requester.name.as_deref().unwrap_or("nobody");
            format!("{name}, as git says; no Principal is proven")
        }
    })
}

fn told_step(number: usize, step: &ToldStep) -> String {
    let (mark, message) = match step.outcome {
        StepOutcome::Passes => ("ok", step.message.clone().unwrap_or_default()),
        StepOutcome::NotReached => ("--", "not reached".to_owned()),
        StepOutcome::Refuses => ("NO", String::new()),
    };
    let first = format!(" {number:>2} {:<18}{mark} ", step.step.title());
    if step.outcome != StepOutcome::Refuses {
        return wrap(&harmless(&message), &first, STEP) + "\n";
    }
    // What policies say stands below, line by line.
    let is_below = |told: &&ToldReason| {
        let of_policies = [Step::DenyPolicies, Step::ApprovalPolicies];
        of_policies.contains(&step.step) && told.reason.policy.is_some()
    };
    let (below, here): (Vec<_>, Vec<_>) = step.reasons.iter().partition(is_below);
    let mut text = String::new();
    for told in here {
        let first = if text.is_empty() {
            first.as_str()
        } else {
            STEP
        };
        text.push_str(&told_reason(told, first, STEP));
    }
    if text.is_empty() {
        let number = below.len();
        let plural = if number == 1 { "" } else { "s" };
        text = format!("{first}{number} reason{plural}, see below\n");
    }
    text
}

fn told_reason(told: &ToldReason, first: &str, next: &str) -> String {
    let reason = &told.reason;
    let of = reason.policy.as_ref().map(|policy| format!("{policy}: "));
    let message = format!(
        "{}: {}{}",
        reason.code,
        of.unwrap_or_default(),
        reason.message
    );
    let mut text = wrap(&harmless(&message), first, next) + "\n";
    if let Some(field) = &reason.field {
        let at = at_line(reason.line);
        text.push_str(&line(
            &with_value(field, reason.value.as_deref(), &at),
            next,
        ));
    }
    text.push_str(&rule(told.rule.as_ref(), next));
    if let Some(help) = &reason.help {
        text.push_str(&line(&format!("help: {help}"), next));
    }
    text
}

fn told_policy(policy: &ToldPolicy) -> String {
    let outcome = match policy.outcome {
        PolicyOutcome::NotSelected => "not for such a request",
        PolicyOutcome::Admits => "admits",
        PolicyOutcome::DoesNotAdmit => "does not admit",
        PolicyOutcome::NoHit => "no hit",
        PolicyOutcome::Hits => "hits",
    };
    let audit = if policy.mode == "audit" {
        " (audit)"
    } else {
        ""
    };
    let place = policy.rule.place().unwrap_or_default();
    let title = format!(
        "{} {} ({place}): {outcome}{audit}",
        policy.kind, policy.name
    );
    let mut text = wrap(&harmless(&title), "", "  ") + "\n";
    if let Some(description) = &policy.description {
        text.push_str(&line(description, "  "));
    }
    text.extend(policy.parts.iter().map(told_part));
    text
}

fn told_part(part: &ToldPart) -> String {
    let mark = if part.holds { "  ok  " } else { "  NO  " };
    let code = part.code.map(|code| format!("{code}: "));
    let message = format!("{}{}", code.unwrap_or_default(), part.message);
    let subject = match (&part.field, &part.value) {
        (Some(field), value) => Some(with_value(field, value.as_deref(), &at_line(part.line))),
        (None, Some(value)) => Some(value.clone()),
        (None, None) => None,
    };
    let mut text = match subject {
        Some(subject) => wrap(&harmless(&subject), mark, PART) + "\n" + &line(&message, PART),
        None => wrap(&harmless(&message), mark, PART) + "\n",
    };
    text.push_str(&rule(part.rule.as_ref(), PART));
    if let Some(help) = &part.help {
        text.push_str(&line(&format!("help: {help}"), PART));
    }
    text
}

fn with_value(field: &str, value: Option<&str>, at: &str) -> String {
    match value {
        Some(value) => format!("{field} = {value}{at}"),
        None => format!("{field}{at}"),
    }
}

fn at_line(line: Option<u32>) -> String {
    line.map(|line| format!(" (line {line})"))
        .unwrap_or_default()
}

fn rule(rule: Option<&Rule>, indent: &str) -> String {
    let place = rule.and_then(|rule| Some((rule.place()?, &rule.field)));
    place.map_or_else(String::new, |(place, field)| {
        line(&format!("{place} {field}"), indent)
    })
}

fn line(text: &str, indent: &str) -> String {
    wrap(&harmless(text), indent, indent) + "\n"
}
