//! `gitca describe`: a request as `kubectl describe csr` shows it, and how today's rules judge it.
//!
//! In come the requests as they were named; out comes the text about each. What has its certificate is judged again, to
//! show what the rules say now; what is wrong with `issued/` is said and stops nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::cli::DescribeArgs;
use crate::commands::get;
use crate::decision::trace::Considered;
use crate::finding::{Finding, Reason};
use crate::inventory;
use crate::kubernetes::describe;
use crate::names::RequestName;
use crate::output::Told;
use crate::output::text::{self, Style, harmless_lines};
use crate::plan::{Attention, Entry, Evidence, plan};
use crate::report::Verdict;
use crate::survey;
use crate::world::World;

/// The text about each request, with a blank line between two.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when the repository or its control zone is invalid, or a request is not there or
/// can't be read; any other error when git fails.
pub fn describe(args: &DescribeArgs, world: &World, style: Style) -> anyhow::Result<Told> {
    let mut mainline = survey::mainline(world)?;
    let names = get::names(&args.requests)?;
    let inventory = get::take(&mainline, &names, world.now)?;
    let findings = mainline.survey.snapshot.findings.clone();
    let wrong = |name: &RequestName| -> Vec<&Finding> {
        let is_about = |finding: &&Finding| finding.request.as_ref() == Some(name);
        findings.iter().filter(is_about).collect()
    };
    get::require(&args.requests, &names, |name| {
        inventory.contains_key(name) || !wrong(name).is_empty()
    })?;
    let doubts = get::doubts(&mainline, style)?;
    // What was issued is judged again, to show what today's rules say of it.
    mainline.reopen(&names)?;
    let evidence = Evidence {
        attention: Attention::to(&names),
        due: &BTreeSet::new(),
        ended: &BTreeSet::new(),
        ..mainline.survey.evidence()
    };
    let plan = plan(&evidence, world.now);
    let mut texts = Vec::new();
    for name in &names {
        let entry = plan.entries.iter().find(|entry| entry.name == *name);
        let object = inventory.get(name);
        let csr = object.and_then(inventory::csr);
        let mut text = match object.zip(csr) {
            Some((object, csr)) => describe::text(name.as_str(), object, &csr),
            None => format!("Name:  {name}\n"),
        };
        text = harmless_lines(&text);
        text.push_str(&match entry {
            Some(entry) => decision(name, entry, style),
            None => outcome(&wrong(name), style),
        });
        texts.push(text);
    }
    Ok(Told {
        text: texts.join("\n\n"),
        talk: (!doubts.is_empty()).then_some(doubts),
        found: false,
    })
}

/// What became of a request that is not judged: something is wrong with its files, or they are gone.
fn outcome(wrong: &[&Finding], style: Style) -> String {
    if wrong.is_empty() {
        return "Decision:\n  the request was deleted; its certificate stays\n".to_owned();
    }
    let mut text = format!("Decision:\n  {}\n", Verdict::Invalid);
    let shown = wrong.iter();
    text.extend(shown.map(|finding| text::finding("reason", finding, &style)));
    text
}

/// One line for what a policy said; its reasons stand above.
fn considered(considered: &Considered) -> String {
    format!("  {}\n", text::harmless(&considered.line()))
}

/// The verdict of today's rules with every reason for it.
fn decision(name: &RequestName, entry: &Entry<'_>, style: Style) -> String {
    let file = name.manifest();
    let mut text = format!("Decision:\n  {}", entry.verdict());
    match &entry.decision {
        Ok(approved) => {
            let policy = approved.policy();
            let _ = writeln!(text, " by policy {} ({})", policy.name, policy.file);
        }
        Err(refusal) => {
            text.push('\n');
            let shown =
                |reason: &Reason| text::reason("reason", reason, Some(file.as_str()), style);
            text.extend(refusal.reasons.iter().map(shown));
        }
    }
    let noted = |reason: &Reason| text::reason("note", reason, Some(file.as_str()), style);
    text.extend(entry.notices.iter().map(noted));
    text.push_str("Policies:\n");
    text.extend(entry.trace.policies.iter().map(considered));
    text
}
