//! Arguments of the commands that show what there is: `get` and `describe`.
//!
//! In comes what was typed; out come requests as they were named and the columns to show, which are called as in
//! `kubectl`. Whether a request is there is for the commands to find out.

use clap::{Args, ValueEnum};

use crate::timestamp::Lifetime;

/// How `get` writes what it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Columns {
    /// The table of `kubectl get csr`.
    Text,
    /// The same with the end and the serial number of each certificate.
    Wide,
    /// A `v1` List of objects as in `csr.yaml`.
    Json,
    /// The same as YAML.
    Yaml,
    /// One name a line.
    Name,
    /// Metrics in the text format of Prometheus.
    Prometheus,
}

/// Arguments of `get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// Requests to show, by path or by name; all, if none is given.
    #[arg(value_name = "REQUEST")]
    pub requests: Vec<String>,
    /// The format of the result.
    #[arg(short, long, value_enum, default_value_t = Columns::Text, value_name = "FORMAT")]
    pub output: Columns,
    /// Show only certificates that end within this time, such as `14d`, and exit with 1 if there is one.
    #[arg(long, value_name = "DURATION")]
    pub expiring: Option<Lifetime>,
}

/// Arguments of `describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// Requests to describe, by path or by name.
    #[arg(value_name = "REQUEST", required = true)]
    pub requests: Vec<String>,
}
