//! `gitca policy lint`: what is wise to change in the policies of the work tree, or of a commit.
//!
//! In comes a control zone that is valid; out come warnings and notes about it, each with file and line, as text, JSON
//! or what a forge reads. Found is a warning; a note alone is none.

use crate::cli::{LintArgs, LintFormat};
use crate::commands::policy::rules::Source;
use crate::inspection::inspect;
use crate::output::text::Style;
use crate::output::{self, Told, inspection};
use crate::world::World;

/// The findings; found is whatever is more than a note.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when the control zone is invalid; any other error when git or the disk fail.
pub fn lint(args: &LintArgs, world: &World, style: Style) -> anyhow::Result<Told> {
    let zone = Source::find(args.head.as_deref(), world)?.rules()?;
    let found = inspect(&zone, world.now);
    Ok(Told {
        text: match args.output {
            LintFormat::Text => inspection::text(&found, style),
            LintFormat::Json => output::json(&found)?,
            LintFormat::Yaml => output::yaml(&found)?,
            LintFormat::Sarif => output::json(&inspection::sarif(&found))?,
            LintFormat::Github => inspection::github(&found),
            LintFormat::Gitlab => output::json(&inspection::gitlab(&found))?,
        },
        talk: None,
        found: found.summary.warnings > 0,
    })
}
