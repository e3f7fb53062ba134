//! `gitca policy`: the commands about the policies themselves, one file for each.
//!
//! In comes the command that was typed; out comes its text, and whether it found what it looks for. None of them
//! changes a file, needs a key, or signs.

pub mod convert;
pub mod diff;
pub mod explain;
pub mod lint;
mod rules;
pub mod test;

use crate::cli::{LintFormat, PolicyArgs, PolicyCommand};
use crate::commands::signer;
use crate::control::allowed_signers;
use crate::output::Told;
use crate::output::text::Style;
use crate::world::World;

/// Whether the answer is commands to a CI server, which are printed as they are.
#[must_use]
pub fn is_for_ci(args: &PolicyArgs) -> bool {
    matches!(&args.command, PolicyCommand::Lint(lint) if lint.output == LintFormat::Github)
}

/// Does what was asked.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when the policies can't be used; any other error when git or the disk fail.
pub fn policy(args: &PolicyArgs, world: &World, style: Style) -> anyhow::Result<Told> {
    match &args.command {
        PolicyCommand::AllowedSigners => {
            let zone = signer::rules(&world.directory)?;
            Ok(Told {
                text: allowed_signers::text(&zone),
                talk: None,
                found: false,
            })
        }
        PolicyCommand::Convert(args) => convert::convert(args, world, style),
        PolicyCommand::Explain(args) => explain::explain(args, world),
        PolicyCommand::Diff(args) => diff::diff(args, world, style),
        PolicyCommand::Test(args) => test::test(args, world, style),
        PolicyCommand::Lint(args) => lint::lint(args, world, style),
    }
}
