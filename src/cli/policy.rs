//! Arguments of `policy`: what can be asked about the rules themselves.
//!
//! In comes what was typed; out comes one [`PolicyCommand`], each with the formats that it can write and no others.
//! Revisions stay as they were typed: only a repository can resolve them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::file::FilePath;
use crate::names::ObjectName;

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// What to do.
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
    /// Turn a policy of cert-manager into one of ours.
    ///
    /// Reads a CertificateRequestPolicy of approver-policy, one a file, and prints an ApprovalPolicy that never admits
    /// more. What differs in meaning is listed on stderr and at the top of the result. Exits with 1 when something could
    /// not be expressed. Example: `gitca policy convert team-a.yaml --group team-a > policies/team-a.yaml`
    Convert(ConvertArgs),
    /// Explain the decision on a request, step by step.
    ///
    /// Shows every value with the entry that allows it, or the nearest that does not, and the line of the policy where
    /// that stands; for approved requests, too. Judges the work tree, as `check` does. Always exits with 0 when it could
    /// work. Example: `gitca policy explain dev/jane`
    Explain(ExplainArgs),
    /// Run the tests of the policies: requests and the decisions that they must get.
    ///
    /// Each PolicyTest below `policies/tests/` is judged by the policies of the work tree, as a run would. Needs no key.
    /// Exits with 1 when a case gets another decision. Example: `gitca policy test --coverage`
    Test(TestArgs),
    /// Find policies that are wider than they look, or do nothing.
    ///
    /// Looks at the policies of the work tree, or of `--head`. Each finding has a file, a line and what to do; what can't
    /// be shown from the files is not said. Exits with 1 on a warning, with 0 when there are only notes.
    /// Example: `gitca policy lint -o sarif > lint.sarif`
    Lint(LintArgs),
    /// Judge every request under changed policies, and list the decisions that change.
    ///
    /// Requests that are open are judged as they are now; those that were issued as of then, with the clock, the requester
    /// and the approvals of then. Needs no key. Example: `gitca policy diff`, before a change of the work tree is committed,
    /// or `gitca policy diff --base main --head HEAD --exit-code`
    Diff(DiffArgs),
}

/// How `policy lint` writes what it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// For people, readable at 80 columns.
    Text,
    /// One JSON object.
    Json,
    /// The same object as YAML.
    Yaml,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab Code Quality.
    Gitlab,
}

/// Arguments of `policy lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Look at the policies of this commit instead of those of the work tree.
    #[arg(long, value_name = "REF")]
    pub head: Option<String>,
    /// The format of the result.
    #[arg(short, long, value_enum, default_value_t = LintFormat::Text, value_name = "FORMAT")]
    pub output: LintFormat,
}

/// How `policy diff` writes what differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people, readable at 80 columns.
    Text,
    /// One JSON object.
    Json,
    /// A comment for a pull request.
    Markdown,
}

/// Arguments of `policy diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The commit with the requests and the old policies; the tip of the mainline, if none is given.
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,
    /// The commit with the new policies; the work tree, if none is given.
    #[arg(long, value_name = "REF")]
    pub head: Option<String>,
    /// Exit with 1 when a decision changes.
    #[arg(long)]
    pub exit_code: bool,
    /// The format of the result.
    #[arg(short, long, value_enum, default_value_t = DiffFormat::Text, value_name = "FORMAT")]
    pub output: DiffFormat,
}

/// How a value is written that people read, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ValueFormat {
    /// For people, readable at 80 columns.
    Text,
    /// One JSON object.
    Json,
    /// The same object as YAML.
    Yaml,
}

/// Arguments of `policy explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The request, by path or by name.
    #[arg(value_name = "REQUEST", required_unless_present = "sample")]
    pub request: Option<String>,
    /// Show names just inside and just outside each entry of this policy instead.
    #[arg(long, value_name = "POLICY", conflicts_with = "request")]
    pub sample: Option<ObjectName>,
    /// Judge the tip of the mainline with its history, as `describe` does, instead of the work tree.
    #[arg(long)]
    pub mainline: bool,
    /// The format of the result.
    #[arg(short, long, value_enum, default_value_t = ValueFormat::Text, value_name = "FORMAT")]
    pub output: ValueFormat,
}

/// How `policy test` writes what came of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people, readable at 80 columns.
    Text,
    /// One JSON object.
    Json,
    /// `JUnit` XML, one test suite for each file.
    Junit,
}

/// Arguments of `policy test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Files of tests; all below `policies/tests/`, if none is given.
    #[arg(value_name = "FILE", value_parser = FilePath)]
    pub files: Vec<PathBuf>,
    /// Take policies and tests from this commit, instead of the work tree.
    #[arg(long, value_name = "REF")]
    pub head: Option<String>,
    /// The format of the result.
    #[arg(short, long, value_enum, default_value_t = TestFormat::Text, value_name = "FORMAT")]
    pub output: TestFormat,
    /// List the selectors, entries and rules that no case reached.
    #[arg(long)]
    pub coverage: bool,
}

/// Arguments of `policy convert`.
#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// The file, as `kubectl get certificaterequestpolicy NAME -o yaml` prints it; `-` is stdin.
    #[arg(value_name = "FILE", value_parser = FilePath)]
    pub file: PathBuf,
    /// Groups whose members may use the policy, in place of RBAC's verb `use`; without it, one of the policy's name.
    #[arg(long = "group", value_name = "GROUP")]
    pub groups: Vec<ObjectName>,
}
