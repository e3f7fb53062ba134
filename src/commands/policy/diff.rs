//! `gitca policy diff`: which decisions a change of the policies changes.
//!
//! In come two revisions, the second of which may be the work tree; out come the decisions on the requests of the first
//! that would fall otherwise. Found is one of them, where that was asked.

use serde::Serialize;

use crate::cli::{DiffArgs, DiffFormat};
use crate::commands::policy::rules::Source;
use crate::names::ObjectId;
use crate::output::text::{Style, changes};
use crate::output::{self, Told, markdown};
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
    let found = mainline.replay(&source.rules()?, world.now)?;
    let text = match args.output {
        DiffFormat::Text => changes::text(&found, style),
        DiffFormat::Markdown => markdown::changes::report(&found),
        DiffFormat::Json => output::json(&Diff {
            api_version: API_VERSION,
            kind: "PolicyDiff",
            command: "policy diff",
            base: mainline.tip,
            head: source.commit(),
            judged: found.judged,
            changes: &found.changes,
            summary: Summary {
                loosened: found.count(Direction::Loosened),
                tightened: found.count(Direction::Tightened),
                changed: found.count(Direction::Changed),
            },
        })?,
    };
    Ok(Told {
        text,
        talk: None,
        found: args.exit_code && !found.changes.is_empty(),
    })
}
