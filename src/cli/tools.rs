//! Arguments of the commands about this program itself: `schema`, `completions` and `man`.
//!
//! In comes what was typed; out comes the kind, the shell or the place that was named. None of them reads a repository.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that shall complete.
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The kind; without it, all kinds are listed.
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write one page for each command here, instead of the first one to stdout.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
