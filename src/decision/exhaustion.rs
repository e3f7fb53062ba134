//! What is said of a request whose policies would take more work than one decision may do: it is denied.
//!
//! In comes the policy at which the work was used up; out comes the one reason. Policies are gone through in the order of
//! their names and what decides is counted before anything is told, so the same request always ends in the same place.

use crate::control::origin::Origin;
use crate::finding::{Code, Reason};
use crate::names::ObjectName;

/// Why something was not looked at.
pub(super) const CAUSE: &str = "all policies together take more work than one decision may do";

/// The reason against a request with which this policy used up the work.
pub(super) fn reason(policy: &ObjectName, origin: &Origin) -> Reason {
    let message =
        format!("{CAUSE}, which counts against the request; it was used up at `{policy}`");
    let reason = Reason::new(Code::RuleError, message).policy(policy.as_str());
    origin.place(reason.rule("metadata.name").help(
        "ask for fewer or shorter names, or ask the owners of `policies/` for fewer and simpler patterns and rules",
    ))
}
