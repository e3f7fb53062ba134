//! A repository with requests, and what a run says of them.
//!
//! In come the names of requests; out come the repository, the report of a run and one result of it.

use serde_json::Value;

use crate::support::Scratch;

/// A repository with requests of these names, made by `gitca new` and committed.
pub(crate) fn with_requests(names: &[&str]) -> Scratch {
    let scratch = Scratch::with_repository();
    for name in names {
        scratch.in_repo(&["new", name, "--group", "dev"]).success();
    }
    scratch.commit("request");
    scratch
}

pub(crate) fn run(scratch: &Scratch) -> Value {
    scratch.in_repo(&["run", "-o", "json"]).success().json()
}

pub(crate) fn head(scratch: &Scratch) -> String {
    scratch.git(&["rev-parse", "HEAD"]).stdout.trim().to_owned()
}

/// The result of one request in a report.
#[track_caller]
pub(crate) fn result<'r>(report: &'r Value, request: &str) -> &'r Value {
    let results = report["results"].as_array().expect("results are a list");
    let found = results.iter().find(|result| result["request"] == request);
    found.unwrap_or_else(|| panic!("no `{request}` in {report:#}"))
}
