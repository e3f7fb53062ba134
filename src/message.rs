//! The message of the commit that brings certificates back.
//!
//! In come the source commit, the results and now; out comes the message: a subject that counts certificates by the
//! first piece of their paths, and trailers that `git interpret-trailers` reads. Only printable ASCII goes in.

use std::collections::BTreeMap;

use crate::names::ObjectId;
use crate::report::{RequestResult, Verdict};
use crate::timestamp::Timestamp;

// More would not fit into one line of `git log --oneline`.
const LARGEST_GROUPS: usize = 5;

/// Subject and trailers.
#[must_use]
pub fn commit_message(base: ObjectId, results: &[RequestResult], now: Timestamp) -> String {
    let issued: Vec<&RequestResult> = results
        .iter()
        .filter(|result| result.verdict == Verdict::Issued)
        .collect();
    let open = results.len() - issued.len();
    format!(
        "{}\n\nGitca-Version: {}\nGitca-Base: {base}\nGitca-Issued: {}\nGitca-Issued-At: {now}\nGitca-Open: {open}\n",
        subject(&issued),
        env!("CARGO_PKG_VERSION"),
        issued.len(),
    )
}

fn subject(issued: &[&RequestResult]) -> String {
    let number = issued.len();
    let noun = if number == 1 {
        "certificate"
    } else {
        "certificates"
    };
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for result in issued {
        let name = result
            .request
            .as_ref()
            .map_or("", |request| request.as_str());
        *groups
            .entry(name.split('/').next().unwrap_or_default())
            .or_default() += 1;
    }
    let mut groups: Vec<(&str, usize)> = groups.into_iter().collect();
    groups.sort_by(|(a, one), (b, other)| other.cmp(one).then_with(|| a.cmp(b)));
    let mut parts: Vec<String> = groups
        .iter()
        .take(LARGEST_GROUPS)
        .map(|(name, number)| format!("{name} {number}"))
        .collect();
    if groups.len() > LARGEST_GROUPS {
        parts.push("...".to_owned());
    }
    format!("issue: {number} {noun} ({})", parts.join(", "))
}
