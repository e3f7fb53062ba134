//! Every request of the mainline as Kubernetes would show it: those that were issued, and those that are open.
//!
//! In come the plan and the `csr.yaml` files of `issued/`; out comes one `CertificateSigningRequest` for each request, its
//! verdict as conditions. A certificate whose request was deleted is still there. Nothing is decided here.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::finding::{Code, Finding, Reason, Stop};
use crate::kubernetes::{CertificateSigningRequest, Condition, Metadata, Spec};
use crate::names::{RequestName, artifact};
use crate::plan::{Entry, Plan};
use crate::render::csr;
use crate::report::Verdict;
use crate::snapshot::{Blob, Introduction};
use crate::timestamp::Timestamp;
use crate::x509::csr::Csr;
use crate::x509::leaf::Leaf;

/// The objects by the paths of their requests.
pub type Inventory = BTreeMap<RequestName, CertificateSigningRequest>;

/// Joins what was issued with what is open; `issued` holds `csr.yaml` of each request that is not in the plan, or nothing
/// where that file is gone.
///
/// # Errors
/// `ForeignOutput` for a `csr.yaml` that no run wrote, or that somebody took away.
pub fn take(
    plan: &Plan<'_>,
    issued: &BTreeMap<RequestName, Option<Blob>>,
    introductions: &BTreeMap<RequestName, Introduction>,
    now: Timestamp,
) -> Result<Inventory, Stop> {
    let mut inventory = Inventory::new();
    for (name, blob) in issued {
        inventory.insert(name.clone(), read(name, blob.as_ref())?);
    }
    for entry in &plan.entries {
        let introduction = introductions.get(&entry.name);
        let created = introduction.map(|introduction| introduction.committed);
        inventory.insert(entry.name.clone(), open(entry, created, now));
    }
    Ok(inventory)
}

/// What the certificate of an object says; `None` when it has none that can be read.
#[must_use]
pub fn leaf(object: &CertificateSigningRequest) -> Option<Leaf> {
    Leaf::read(&STANDARD.decode(object.status.certificate.as_ref()?).ok()?)
}

/// What `spec.request` of an object says; `None` when the file was no request.
#[must_use]
pub fn csr(object: &CertificateSigningRequest) -> Option<Csr> {
    let pem = STANDARD.decode(&object.spec.request).ok()?;
    Csr::read(&pem).ok()
}

fn read(name: &RequestName, blob: Option<&Blob>) -> Result<CertificateSigningRequest, Stop> {
    let text = blob.map(|blob| String::from_utf8_lossy(&blob.bytes));
    let object = text.and_then(|text| serde_yaml::from_str(&text).ok());
    object.ok_or_else(|| {
        let message = "is not what a run of gitca writes";
        let reason = Reason::new(Code::ForeignOutput, message)
            .help("`git log -- issued` shows who changed it; restore what the bot committed");
        Stop(vec![Finding {
            request: Some(name.clone()),
            file: Some(name.issued(artifact::CSR)),
            reason,
        }])
    })
}

fn open(
    entry: &Entry<'_>,
    created: Option<Timestamp>,
    now: Timestamp,
) -> CertificateSigningRequest {
    let mut object = entry.request.map_or_else(
        || unreadable(&entry.name, created),
        |request| csr::open(request, created),
    );
    object.status.conditions = conditions(entry, &now.to_string());
    object
}

/// A file that can't be read as a request has a name and nothing else.
fn unreadable(name: &RequestName, created: Option<Timestamp>) -> CertificateSigningRequest {
    let metadata = Metadata {
        name: name.name().to_owned(),
        creation_timestamp: created.map(|created| created.to_string()),
        ..Metadata::default()
    };
    CertificateSigningRequest::new(metadata, Spec::default())
}

/// The verdict in the words of Kubernetes. What nobody signs for, or approves, stays pending there, too.
fn conditions(entry: &Entry<'_>, now: &str) -> Vec<Condition> {
    let first = entry
        .decision
        .as_ref()
        .err()
        .and_then(|refusal| refusal.reasons.first());
    let (code, message) = first.map_or_else(
        || (String::new(), String::new()),
        |reason| (reason.code.to_string(), reason.message.clone()),
    );
    match entry.verdict() {
        Verdict::Denied | Verdict::Invalid => vec![Condition::new("Denied", code, message, now)],
        Verdict::Failed => vec![
            Condition::new("Approved", "ApprovedByPolicy", "admitted by a policy", now),
            Condition::new("Failed", code, message, now),
        ],
        Verdict::Approved | Verdict::Issued | Verdict::Unchanged => {
            let policy = entry.decision.as_ref().ok();
            let message = policy.map_or_else(String::new, |approved| {
                format!("admitted by policy {}", approved.policy().name)
            });
            vec![Condition::new("Approved", "ApprovedByPolicy", message, now)]
        }
        Verdict::Pending | Verdict::Ignored => Vec::new(),
    }
}
