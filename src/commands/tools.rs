//! `gitca completions` and `gitca man`: what shells and `man` want to know of the command line.
//!
//! In comes the command line as it is defined; out come scripts and roff. Nothing is written by hand, so neither can
//! differ from `--help`.

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::cli::{Cli, CompletionsArgs, ManArgs};
use crate::files;
use crate::world::World;

/// The completion script of a shell.
///
/// # Errors
/// When the script is not UTF-8, which no shell's is.
pub fn completions(args: &CompletionsArgs) -> anyhow::Result<String> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "gitca", &mut script);
    String::from_utf8(script).context("the script is no text")
}

/// The page of `gitca` itself, or what was written where.
///
/// # Errors
/// When a page can't be rendered or written.
pub fn man(args: &ManArgs, world: &World) -> anyhow::Result<String> {
    let command = Cli::command();
    let Some(dir) = &args.dir else {
        let mut roff = Vec::new();
        clap_mangen::Man::new(command).render(&mut roff)?;
        return String::from_utf8(roff).context("the page is no text");
    };
    let dir = world.directory.join(dir);
    files::make_directory(&dir)?;
    clap_mangen::generate_to(command, &dir)
        .with_context(|| format!("writing pages to `{}`", dir.display()))?;
    Ok(format!("wrote the manual pages to {}\n", dir.display()))
}
