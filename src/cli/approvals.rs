//! Arguments of the commands for those who decide about requests of others: `approve` and `deny`.

use std::path::PathBuf;

use clap::Args;

use crate::names::ObjectName;
use crate::timestamp::Lifetime;

/// Arguments of `approve`.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// What is signed, and with which key.
    #[command(flatten)]
    pub statement: StatementArgs,
    /// Say that the requests are your own instead, so that a squash merge keeps who asked.
    #[arg(long)]
    pub as_requester: bool,
}

/// Arguments of `deny`.
#[derive(Debug, Args)]
pub struct DenyArgs {
    /// What is signed, and with which key.
    #[command(flatten)]
    pub statement: StatementArgs,
}

/// Arguments that both have.
#[derive(Debug, Args)]
pub struct StatementArgs {
    /// Requests, by name or by path.
    #[arg(value_name = "REQUEST", required = true)]
    pub requests: Vec<String>,
    /// Sign with this OpenSSH key file; without it with the key of git's `user.signingKey` (where `gpg.format` is `ssh`),
    /// else with a key of the ssh-agent that a Principal has.
    #[arg(long, value_name = "FILE", env = "GITCA_SIGNING_KEY")]
    pub signing_key: Option<PathBuf>,
    /// Why, in words; everybody who reads the repository can see it.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// For how long it counts, such as `7d`; an approval counts for 14 days.
    #[arg(long, value_name = "DURATION")]
    pub expires: Option<Lifetime>,
    /// Write and sign nothing: print the statement of one request, for `ssh-keygen -Y sign -n approval@gitca.dev`.
    #[arg(long)]
    pub print: bool,
    /// The Principal who signs, where it can't be told by the key.
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub principal: Option<ObjectName>,
}
