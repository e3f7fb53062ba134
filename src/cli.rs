//! What can be typed: commands, flags and their help. No logic.
//!
//! In come the arguments and `GITCA_*` variables, out comes a [`Cli`] that holds what was typed; the commands turn it
//! into what is meant. Every flag that a CI job needs has a variable.

mod approvals;
mod batch;
mod file;
mod inventory;
mod policy;
mod repository;
mod requests;
mod tools;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use crate::cli::approvals::{ApproveArgs, DenyArgs, RevokeArgs, StatementArgs};
pub use crate::cli::batch::{
    CheckArgs, FailOn, Format, KeyArg, PlanArgs, ReportArgs, RunArgs, ShardArg,
};
pub use crate::cli::file::KEY_HELP;
pub use crate::cli::inventory::{Columns, DescribeArgs, GetArgs};
pub use crate::cli::policy::{
    ConvertArgs, DiffArgs, DiffFormat, ExplainArgs, LintArgs, LintFormat, PolicyArgs,
    PolicyCommand, TestArgs, TestFormat, ValueFormat,
};
pub use crate::cli::repository::{CiForge, DemoArgs, InitArgs};
pub use crate::cli::requests::{KeyType, NewArgs};
pub use crate::cli::tools::{CompletionsArgs, ManArgs, SchemaArgs};
use crate::timestamp::Timestamp;

/// A certificate authority that is run by pull request.
///
/// People put Kubernetes CertificateSigningRequest manifests into a git repository, policies kept as files say what may
/// be signed, and `gitca run` signs what was merged and commits the certificates and kubeconfigs back.
#[derive(Debug, Parser)]
#[command(
    name = "gitca",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    max_term_width = 80
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Run as if started in this directory.
    #[arg(id = "start", short = 'C', value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// The mainline, instead of the branch that the Settings at HEAD name.
    #[arg(long, global = true, env = "GITCA_BRANCH", value_name = "NAME")]
    pub branch: Option<String>,
    /// The first mainline commit that counts; what it brought is trusted.
    #[arg(long, global = true, env = "GITCA_ANCHOR", value_name = "COMMIT")]
    pub anchor: Option<String>,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Say nothing on stderr but errors.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// The clock.
    #[arg(
        long,
        global = true,
        hide = true,
        env = "GITCA_NOW",
        value_name = "RFC3339"
    )]
    pub now: Option<Timestamp>,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a repository: starter policies and templates, and a CA.
    ///
    /// In a directory that already is a repository only what is missing is added. The CA's key goes to the user's
    /// configuration directory, never into the repository. Example: `gitca init my-ca`
    Init(InitArgs),
    /// Make a private key and the request for its certificate.
    ///
    /// The key stays on this machine, outside the repository; the request is a file to commit. The same command again
    /// finishes what was interrupted, and never writes over a key or a request.
    /// Example: `gitca new jane --group dev --group ops`
    New(NewArgs),
    /// Judge the requests of the work tree, or those that a merge would change.
    ///
    /// Needs no key and no secret. Example: `gitca check requests/jane.yaml`, or in a pull request
    /// `gitca check --base origin/main --head HEAD`
    Check(CheckArgs),
    /// Show what `run` would do now.
    ///
    /// Judges what the mainline holds; signs and writes nothing. Example: `gitca plan`
    Plan(PlanArgs),
    /// Sign what was merged and admitted, and commit the certificates.
    ///
    /// One commit a run, none when there is nothing to do. Example: `gitca run --key cluster-ca=file:/etc/ca.key`
    Run(RunArgs),
    /// Approve requests of others with a signed statement.
    ///
    /// Signs the requests as they are committed at HEAD, with your SSH key. Needs no CA key.
    /// Example: `gitca approve dev/jane --reason CHG-1234`
    Approve(ApproveArgs),
    /// Deny requests with a signed statement, which counts even after it is deleted.
    ///
    /// Example: `gitca deny dev/jane --reason "left the company"`
    Deny(DenyArgs),
    /// Take back the certificates of a request.
    ///
    /// Writes the revocation beside the request. Once that is merged, the next run puts the certificates on the list of
    /// their CA, and the same request gets no other one. Needs no key.
    /// Example: `gitca revoke dev/jane --reason keyCompromise --comment "laptop stolen"`
    Revoke(RevokeArgs),
    /// List the requests of the mainline, as `kubectl get csr` does.
    ///
    /// Needs no key. Example: `gitca get --expiring 14d`
    Get(GetArgs),
    /// Show requests at length, as `kubectl describe csr` does, and how they are judged.
    ///
    /// Needs no key. Example: `gitca describe dev/jane`
    Describe(DescribeArgs),
    /// Work with the policies themselves.
    ///
    /// Needs no key. Example: `gitca policy allowed-signers`
    Policy(PolicyArgs),
    /// Show the whole flow on a scratch repository.
    ///
    /// Needs nothing but this program. Example: `gitca demo`
    Demo(DemoArgs),
    /// Print the JSON Schema of a kind of file, or list the kinds.
    ///
    /// Editors complete and check with it. Example: `gitca schema ApprovalPolicy`
    Schema(SchemaArgs),
    /// Print the completions of a shell.
    ///
    /// Example: `gitca completions bash > ~/.local/share/bash-completion/completions/gitca`
    Completions(CompletionsArgs),
    /// Print the manual page, or write all of them.
    ///
    /// Example: `gitca man --dir ~/.local/share/man/man1`
    Man(ManArgs),
}
