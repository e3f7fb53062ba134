//! Arguments of the commands for those who decide about requests of others: `approve`, `deny` and `revoke`.
//!
//! In comes what was typed; out come the requests as they were named, with names, lifetimes and reasons already parsed.
//! Which request is meant, and who may sign, is for the commands to find out.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::cli::file::FilePath;
use crate::names::ObjectName;
use crate::timestamp::Lifetime;
use crate::x509::crl::ReasonCode;

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
    #[arg(long, value_name = "FILE", value_parser = FilePath, env = "GITCA_SIGNING_KEY")]
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

/// Why a certificate is taken back, as it is typed: the words of RFC 5280, as files and lists have them.
impl ValueEnum for ReasonCode {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Unspecified => "Nobody says",
            Self::KeyCompromise => {
                "Others have the private key, or may have it; it is never certified again"
            }
            Self::AffiliationChanged => "A name or a group in it is no longer right",
            Self::Superseded => "Another certificate has taken its place",
            Self::CessationOfOperation => "What it was for is no more",
            Self::PrivilegeWithdrawn => "Its holder may no longer have it",
        };
        Some(PossibleValue::new(self.as_str()).help(help))
    }
}

/// Arguments of `revoke`.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// The request that the certificates were issued for, by name or by path.
    #[arg(value_name = "REQUEST")]
    pub request: String,
    /// Why, a word of RFC 5280.
    #[arg(long, value_enum, value_name = "REASON")]
    pub reason: ReasonCode,
    /// Only the certificate with this serial number, as `gitca get -o wide` or openssl prints it; may be repeated. Without
    /// it all that were issued before the revocation is merged.
    #[arg(long, value_name = "HEX")]
    pub serial: Vec<String>,
    /// What else there is to say; everybody who reads the repository can see it.
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// Who says so, for those who read it; it proves nothing.
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}
