//! Arguments of `policy` and its commands.

use clap::{Args, Subcommand};

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// What to do with the policies.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// The commands about policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Print the keys of the Principals as OpenSSH's `allowed_signers` file.
    ///
    /// With it `ssh-keygen -Y verify` and `git log --show-signature` say who signed what.
    /// Example: `gitca policy allowed-signers > ~/.ssh/allowed_signers`
    AllowedSigners,
}
