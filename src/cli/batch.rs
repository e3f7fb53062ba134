//! Arguments of the commands that judge: `check`, `plan` and `run`.
//!
//! In come flags and their `GITCA_*` variables; out come values that can't be malformed: a key is a name and a place, a
//! share is one that exists or one that the surroundings tell. Every flag that a CI job needs has a variable.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use crate::cli::file::FilePath;
use crate::harmless::has_private_key;
use crate::names::{NameError, ObjectName, Shard};

/// How the result is written to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, readable at 80 columns.
    Text,
    /// One JSON object.
    Json,
    /// The same object as YAML.
    Yaml,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions, and the step's summary.
    Github,
    /// GitLab Code Quality.
    Gitlab,
    /// JUnit XML, one test case for each request.
    Junit,
    /// The comment on a pull request.
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
    /// Requests to judge, by path or by name; all that `issued/` does not hold, or all that change, if none is given. In
    /// a work tree no other is looked at, so that it is quick however many there are.
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Judge what a merge of `--head` into this commit would bring, instead of the work tree. A name that a branch and a tag
    /// have, for two commits, is refused: tags come along with a fetch. Say `refs/heads/main`.
    #[arg(long, value_name = "REF", env = "GITCA_BASE", requires = "head")]
    pub base: Option<String>,
    /// The commit that is to be merged. Where it, or one that comes with it, does not say who made it and when, the change is
    /// refused (`MalformedCommit`): git makes no such commit.
    #[arg(long, value_name = "REF", env = "GITCA_HEAD", requires = "base")]
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

impl FromStr for KeyArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if has_private_key(text) {
            return Err("is the key itself: write it to a file and say NAME=file:PATH, or put it into a variable and say \
                        NAME=env:VARIABLE"
                .into());
        }
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

/// A share of the batch, or which variables say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardArg {
    /// This one.
    This(Shard),
    /// Of so many the one that Kubernetes gives this pod of an Indexed Job.
    Job(u32),
    /// The one that GitLab gives this job of `parallel`.
    Gitlab,
}

impl FromStr for ShardArg {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text == "gitlab" {
            return Ok(Self::Gitlab);
        }
        if let Some(count) = text.strip_prefix("job/") {
            let first: Shard = format!("0/{count}").parse()?;
            return Ok(Self::Job(first.count()));
        }
        if !text.contains('/') {
            return Err(NameError::new(
                "must be I/N, such as `0/4`, or `job/N`, or `gitlab`",
            ));
        }
        text.parse().map(Self::This)
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
    /// Judge the branch of this remote (`origin`, if none is named) and push the commit there.
    #[arg(long, value_name = "REMOTE", num_args = 0..=1, default_missing_value = "origin", env = "GITCA_PUSH")]
    pub push: Option<String>,
    /// Take share I of N, from 0: the requests whose path hashes to it. One run for each I does the whole batch, all at
    /// once on as many machines, each with a commit of its own. `job/N` takes I from `JOB_COMPLETION_INDEX` (an Indexed
    /// Job of Kubernetes), `gitlab` takes both from `CI_NODE_INDEX` and `CI_NODE_TOTAL` (`parallel`). Example: `gitca run
    /// --push --shard 0/4`.
    #[arg(long, value_name = "I/N", env = "GITCA_SHARD")]
    pub shard: Option<ShardArg>,
    /// Sign the commit with this SSH key: a private key, or the public half of one that ssh-agent has. List it for the bot in
    /// `policies/`: without that whoever can push can pass for the bot, and a run in another clone believes nothing that this
    /// one has seen.
    #[arg(long, value_name = "FILE", value_parser = FilePath, env = "GITCA_COMMIT_KEY")]
    pub commit_key: Option<PathBuf>,
    /// Name each certificate and its serial number on stderr before it is signed, so that none is ever signed unseen (unless
    /// `--quiet`).
    #[arg(short, long, env = "GITCA_VERBOSE", value_parser = FalseyValueParser::new())]
    pub verbose: bool,
    /// How the report is written.
    #[command(flatten)]
    pub report: ReportArgs,
}
