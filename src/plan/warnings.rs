//! What the reviewer of a change should know although it decides nothing: names that are in use, rules that change too.

use std::collections::BTreeMap;

use crate::finding::{Code, Finding, Reason};
use crate::names::{ObjectId, RequestName};
use crate::snapshot::{Introduction, Snapshot};

/// A notice for each request whose name has a certificate, here or in another directory.
#[must_use]
pub fn live_names<'n>(
    snapshot: &Snapshot,
    requests: impl Iterator<Item = &'n RequestName>,
) -> Vec<Finding> {
    let mut owners: BTreeMap<&str, Vec<&RequestName>> = BTreeMap::new();
    for name in snapshot.issued.keys() {
        owners.entry(name.name()).or_default().push(name);
    }
    let mut notices = Vec::new();
    for request in requests {
        for owner in owners.get(request.name()).into_iter().flatten() {
            let reason = if *owner == request {
                let message = "this request has a certificate, which stays valid beside the new one until it ends";
                Reason::new(Code::CertificateReplaced, message)
            } else {
                let message = format!("`{owner}` has a certificate and the same name");
                Reason::new(Code::SameName, message)
            };
            notices.push(Finding::in_request(request, reason));
        }
    }
    notices
}

/// One notice when the change touches the control zone, too.
#[must_use]
pub fn control_changes(
    introductions: &BTreeMap<RequestName, Introduction>,
    change: ObjectId,
) -> Option<Finding> {
    let mut brought = introductions
        .values()
        .filter(|introduction| introduction.commit == change);
    let touches = brought.any(|introduction| introduction.touches_control);
    let message = "the change touches the control zone, too: each of its requests is also judged by the rules before it";
    touches.then(|| Finding::anywhere(Reason::new(Code::ControlChangedTogether, message)))
}
