//! What can be typed: commands, flags and their help. No logic.
//!
//! In come the arguments and `GITCA_*` variables, out comes a [`Cli`] that holds what was typed; the commands turn it
//! into what is meant. Every flag that a CI job needs has a variable.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::names::{ObjectName, RequestName, SignerName};
use crate::timestamp::{Lifetime, Timestamp};
use crate::x509::usage::Usage;

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

/// How the result is written to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, readable at 80 columns.
    Text,
    /// One JSON object.
    Json,
    /// The same object as YAML.
    Yaml,
    #[value(hide = true)]
    /// Not in this release.
    Sarif,
    #[value(hide = true)]
    /// Not in this release.
    Github,
    #[value(hide = true)]
    /// Not in this release.
    Gitlab,
    #[value(hide = true)]
    /// Not in this release.
    Junit,
    #[value(hide = true)]
    /// Not in this release.
    Markdown,
}

/// A verdict that `--fail-on` can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// A request that policy refuses.
    Denied,
    /// A file that is no proper request.
    Invalid,
    /// A request that waits for approvals.
    Pending,
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
    /// The key stays on this machine, outside the repository; the request is a file to commit.
    /// Example: `gitca new jane --group dev --group ops`
    New(NewArgs),
    /// Judge the requests of the work tree, before they are committed.
    ///
    /// Needs no key and no secret. Example: `gitca check requests/jane.yaml`
    Check(CheckArgs),
    /// Show what `run` would do now.
    ///
    /// Judges what the mainline holds; signs and writes nothing. Example: `gitca plan`
    Plan(PlanArgs),
    /// Sign what was merged and admitted, and commit the certificates.
    ///
    /// One commit a run, none when there is nothing to do. Example: `gitca run --key cluster-ca=file:/etc/ca.key`
    Run(RunArgs),
    /// Show the whole flow on a scratch repository.
    ///
    /// Needs nothing but this program. Example: `gitca demo`
    Demo(DemoArgs),
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where; made if it is not there.
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
    /// An existing CA certificate (PEM, the signing CA first), such as kubeadm's `ca.crt`.
    #[arg(long, value_name = "FILE", requires = "ca_key")]
    pub ca_cert: Option<PathBuf>,
    /// The private key of `--ca-cert`; it is copied to the configuration directory.
    #[arg(long, value_name = "FILE", requires = "ca_cert")]
    pub ca_key: Option<PathBuf>,
    /// Write CI files for this forge.
    #[arg(long, value_name = "FORGE", default_value = "none", value_parser = ["github", "gitlab", "none"])]
    pub ci: String,
    /// Write the files, but do not commit them.
    #[arg(long)]
    pub no_commit: bool,
}

/// The kinds of private key that `new` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each is the key of its name")]
pub enum KeyType {
    #[value(name = "ecdsa-p256")]
    EcdsaP256,
    #[value(name = "ecdsa-p384")]
    EcdsaP384,
    #[value(name = "ecdsa-p521")]
    EcdsaP521,
    Ed25519,
    #[value(name = "rsa-2048")]
    Rsa2048,
    #[value(name = "rsa-3072")]
    Rsa3072,
    #[value(name = "rsa-4096")]
    Rsa4096,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The request's path below `requests/`, without `.yaml`; its last piece is the common name.
    #[arg(value_name = "NAME")]
    pub name: RequestName,
    /// A group of the user, an organization of the subject; may be repeated.
    #[arg(long, value_name = "GROUP")]
    pub group: Vec<String>,
    /// A usage such as `client auth`; may be repeated. Without it, what the signer is for.
    #[arg(long, value_name = "USAGE")]
    pub usage: Vec<Usage>,
    /// The signer to ask.
    #[arg(
        long,
        value_name = "SIGNERNAME",
        default_value = "kubernetes.io/kube-apiserver-client"
    )]
    pub signer: SignerName,
    /// How long the certificate shall be valid, such as `24h`; without it, what the signer gives.
    #[arg(long, value_name = "DURATION")]
    pub duration: Option<Lifetime>,
    /// A DNS name; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub dns: Vec<String>,
    /// An IP address; may be repeated.
    #[arg(long, value_name = "ADDRESS")]
    pub ip: Vec<std::net::IpAddr>,
    /// The kind of key to make.
    #[arg(long, value_enum, default_value_t = KeyType::EcdsaP256, value_name = "TYPE")]
    pub key_type: KeyType,
    /// Where the private key goes; by default `gitca/requests/NAME.key` in the configuration directory.
    #[arg(long, value_name = "FILE", conflicts_with = "csr")]
    pub key_out: Option<PathBuf>,
    /// Take this PKCS#10 request (PEM) instead of making a key.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["group", "dns", "ip", "key_type"])]
    pub csr: Option<PathBuf>,
    /// Not in this release.
    #[arg(long, value_name = "FILE", hide = true)]
    pub from: Option<PathBuf>,
    /// Not in this release.
    #[arg(long, value_name = "FILE", hide = true)]
    pub signing_key: Option<PathBuf>,
}

/// How a report is written.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The format of the result.
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
    /// List requests that are unchanged, too.
    #[arg(long)]
    pub all: bool,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Requests to judge, by path or by name; all that `issued/` does not hold, if none is given.
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Not in this release.
    #[arg(long, value_name = "REF", hide = true)]
    pub base: Option<String>,
    /// Not in this release.
    #[arg(long, value_name = "REF", hide = true)]
    pub head: Option<String>,
    /// Fail for requests that wait for approvals, too.
    #[arg(long)]
    pub require_approved: bool,
    /// How the report is written.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Exit with 1 for these verdicts, too.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "VERDICTS")]
    pub fail_on: Vec<FailOn>,
    /// How the report is written.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// A key and where it is, `NAME=SOURCE`.
#[derive(Clone, Debug)]
pub struct KeyArg {
    /// The name that a Signer uses.
    pub name: ObjectName,
    /// `file:PATH` or `env:VARIABLE`.
    pub source: String,
}

impl std::str::FromStr for KeyArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, source) = text
            .split_once('=')
            .ok_or("must be NAME=SOURCE, such as `cluster-ca=file:/etc/ca.key`")?;
        let name = name.parse().map_err(|error| format!("the name {error}"))?;
        Ok(Self {
            name,
            source: source.to_owned(),
        })
    }
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Where a Signer's key is: `NAME=file:PATH` or `NAME=env:VARIABLE`; may be repeated.
    #[arg(long, value_name = "NAME=SOURCE")]
    pub key: Vec<KeyArg>,
    /// Decide, sign and render, but commit nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Sign more than the Settings allow a run, if this is the digest of the plan.
    #[arg(long, value_name = "DIGEST")]
    pub allow_bulk: Option<String>,
    /// Exit with 1 for these verdicts, too.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "VERDICTS")]
    pub fail_on: Vec<FailOn>,
    /// Not in this release.
    #[arg(long, value_name = "REMOTE", num_args = 0..=1, default_missing_value = "origin", hide = true)]
    pub push: Option<String>,
    /// Not in this release.
    #[arg(long, value_name = "I/N", hide = true)]
    pub shard: Option<String>,
    /// Not in this release.
    #[arg(long, value_name = "FILE", env = "GITCA_COMMIT_KEY", hide = true)]
    pub commit_key: Option<PathBuf>,
    /// How the report is written.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where; a new directory for temporary files, if none is given.
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
}
