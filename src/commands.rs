//! The commands, one file each: open what is needed, call the core, fill the answer.
//!
//! In comes what was typed and the world; out comes an answer for [`crate::output`]. Nothing here prints.

pub mod approve;
pub mod check;
pub mod demo;
pub mod describe;
pub mod get;
pub mod init;
pub mod new;
pub mod plan;
pub mod policy;
pub mod revoke;
pub mod run;
pub mod schema;
mod signer;
pub mod tools;

use std::path::Path;

use crate::cli::{FailOn, ReportArgs};
use crate::finding::{Finding, Reason, Stop};
use crate::report::Verdict;
use crate::survey::Extent;

/// The verdicts that make `plan` and `run` exit with 1: a merged request that is denied is a result, no failure.
#[must_use]
pub fn findings(fail_on: &[FailOn]) -> Vec<Verdict> {
    let named = fail_on.iter().map(|verdict| match verdict {
        FailOn::Denied => Verdict::Denied,
        FailOn::Invalid => Verdict::Invalid,
        FailOn::Pending => Verdict::Pending,
    });
    named.chain([Verdict::Failed]).collect()
}

/// Whoever wants to see what is unchanged, too, has everything looked at.
fn extent(report: &ReportArgs) -> Extent {
    if report.all {
        Extent::Whole
    } else {
        Extent::Open
    }
}

/// What is wrong in a file that is not in the repository.
fn named(file: &Path, reasons: Vec<Reason>) -> Stop {
    let in_file = |mut reason: Reason| {
        let place = match (reason.line, reason.column) {
            (Some(line), Some(column)) => format!(":{line}:{column}"),
            _ => String::new(),
        };
        reason.message = format!("`{}{place}`: {}", file.display(), reason.message);
        Finding::anywhere(reason)
    };
    Stop(reasons.into_iter().map(in_file).collect())
}
