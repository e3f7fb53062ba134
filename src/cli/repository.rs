//! Arguments of the commands that make repositories: `init` and `demo`.
//!
//! In comes what was typed; out come the place, and for `init` the CA and what else shall be set up. A certificate
//! comes with its key or not at all.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::file::FilePath;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where; made if it is not there.
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
    /// An existing CA certificate (PEM, the signing CA first), such as kubeadm's `ca.crt`.
    #[arg(long, value_name = "FILE", value_parser = FilePath, requires = "ca_key")]
    pub ca_cert: Option<PathBuf>,
    /// The private key of `--ca-cert`; it is copied to the configuration directory.
    #[arg(long, value_name = "FILE", value_parser = FilePath, requires = "ca_cert")]
    pub ca_key: Option<PathBuf>,
    /// Write CI files for this forge: a check of what is proposed, and a run on what was merged.
    #[arg(long, value_name = "FORGE", value_enum, default_value_t = CiForge::None)]
    pub ci: CiForge,
    /// Ask for an approval of each request: by a group whose first member you are, with the SSH key that you sign with.
    #[arg(long)]
    pub require_approval: bool,
    /// With `--require-approval`, your OpenSSH key file, private or public; without it the key of git's `user.signingKey`
    /// (where `gpg.format` is `ssh`), else the one of the ssh-agent.
    #[arg(long, value_name = "FILE", value_parser = FilePath, env = "GITCA_SIGNING_KEY")]
    pub signing_key: Option<PathBuf>,
    /// Write the files, but do not commit them.
    #[arg(long)]
    pub no_commit: bool,
}

/// Which forge CI files are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CiForge {
    /// GitHub, and what takes its workflows.
    #[value(name = "github")]
    GitHub,
    /// GitLab.
    #[value(name = "gitlab")]
    GitLab,
    /// Write none.
    None,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where; a new directory for temporary files, if none is given.
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
}
