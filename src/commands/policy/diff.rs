//! `gitca policy diff`: which decisions a change of the policies changes.
//!
//! In come two revisions, the second of which may be the work tree; out come the decisions on the requests of the first
//! that would fall otherwise, and a notice of the certificates that would be made anew at once. Found is one of those
//! decisions, where that was asked. Nothing is signed or written.

use serde::Serialize;

use crate::cli::{DiffArgs, DiffFormat};
use crate::commands::policy::rules::Source;
use crate::effort::Effort;
use crate::finding::Finding;
use crate::names::ObjectId;
use crate::output::text::{self, Style, changes};
use crate::output::{self, Told, markdown};
use crate::plan::warnings;
use crate::report::{API_VERSION, Change, Direction};
use crate::survey;
use crate::world::World;

/// What the command says to programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Diff<'a> {
    api_version: &'static str,
    kind: &'static str,
    command: &'static str,
    base: ObjectId,
    head: Option<ObjectId>,
    judged: usize,
    changes: &'a [Change],
    notices: &'a [Finding],
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    loosened: usize,
    tightened: usize,
    changed: usize,
}

/// The decisions that differ; found is one that does, if that was asked.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when the repository or one of the control zones can't be used; any other error when git
/// or the disk fail.
pub fn diff(args: &DiffArgs, world: &World, style: Style) -> anyhow::Result<Told> {
    let mainline = match &args.base {
        Some(base) => survey::at(world, |repository| repository.resolve(base))?,
        None => survey::mainline(world)?,
    };
    let source = Source::find(args.head.as_deref(), world)?;
    let rules = source.rules()?;
    let found = mainline.replay(&rules, world.now, &Effort::of(u64::MAX))?;
    let found = found.unwrap_or_default();
    let due = mainline.newly_due(&rules, world.now)?;
    let begins = warnings::renewals_begin(&due, world.now);
    let notices: Vec<Finding> = begins.into_iter().collect();
    let text = match args.output {
        DiffFormat::Text => changes::text(&found, style),
        DiffFormat::Markdown => {
            let notes: String = notices.iter().map(markdown::note).collect();
            markdown::changes::report(&found) + &notes
        }
        DiffFormat::Json => output::json(&Diff {
            api_version: API_VERSION,
            kind: "PolicyDiff",
            command: "policy diff",
            base: mainline.tip,
            head: source.commit(),
            judged: found.judged,
            changes: &found.changes,
            notices: &notices,
            summary: Summary {
                loosened: found.count(Direction::Loosened),
                tightened: found.count(Direction::Tightened),
                changed: found.count(Direction::Changed),
            },
        })?,
    };
    let talk = text::findings("note", notices.iter(), &style);
    // The other formats have them.
    let is_told = args.output != DiffFormat::Text || notices.is_empty();
    Ok(Told {
        text,
        talk: (!is_told).then_some(talk),
        found: args.exit_code && !found.changes.is_empty(),
    })
}
