//! Arguments of the commands for those who ask: `new`.
//!
//! In comes what was typed; out comes what shall be certified: subject, names and usages, for a new key, one that
//! exists, or a request that was made elsewhere.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::file::FilePath;
use crate::names::{RequestName, SignerName};
use crate::timestamp::Lifetime;
use crate::x509::usage::Usage;

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
    /// The request's path below `requests/`, without `.yaml`; its last piece is the common name. With `--from`, the folder
    /// for all of them, if any.
    #[arg(value_name = "NAME", required_unless_present = "from")]
    pub name: Option<RequestName>,
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
    #[arg(long, value_name = "FILE", value_parser = FilePath, conflicts_with = "csr")]
    pub key_out: Option<PathBuf>,
    /// Take this PKCS#10 request (PEM) instead of making a key.
    #[arg(long, value_name = "FILE", value_parser = FilePath, conflicts_with_all = ["group", "dns", "ip", "key_type"])]
    pub csr: Option<PathBuf>,
    /// Take the requests of this file (`-` is standard input) as they are: manifests, streams and Lists of them in YAML or
    /// JSON, or what `kubectl get csr -o yaml` prints. Each becomes a file named as its `metadata.name`; none is written
    /// over another, and if one of them is wrong, none is written at all.
    #[arg(long, value_name = "FILE", value_parser = FilePath, conflicts_with_all = ["group", "usage", "signer", "duration", "dns", "ip", "key_type", "key_out", "csr"])]
    pub from: Option<PathBuf>,
    /// Sign that the request is yours with this OpenSSH key file, so that a squash merge keeps who asked; without it with
    /// the key of git's `user.signingKey`, where `gpg.format` is `ssh` and a Principal has that key.
    #[arg(long, value_name = "FILE", value_parser = FilePath, env = "GITCA_SIGNING_KEY")]
    pub signing_key: Option<PathBuf>,
}
