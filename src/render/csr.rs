//! `csr.yaml`: the request as `kubectl get csr NAME -o yaml` would show it once it is approved and issued.
//!
//! In comes the certificate; out comes a `certificates.k8s.io/v1` object with its keys sorted as kubectl prints them.
//! Only the labels and annotations of the manifest are repeated; everything that an API server fills in is ours.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::finding::{Code, Reason};
use crate::issuance::Issued;
use crate::kubernetes::{CertificateSigningRequest, Condition, Metadata, Spec, Status};
use crate::render::circumstances::Circumstances;
use crate::request::Request;
use crate::timestamp::{Lifetime, Timestamp};

/// The object with its one condition, `Approved`, and the leaf alone in `status.certificate`.
///
/// # Errors
/// `RenderFailed` when it can't be written as YAML.
pub fn render(
    issued: &Issued<'_>,
    leaf: &str,
    circumstances: &Circumstances<'_>,
) -> Result<String, Reason> {
    let request = issued.approved().request();
    let now = circumstances.now.to_string();
    let created = circumstances.introduction.committed;
    let mut object = open(request, Some(created));
    let requester = issued.approved().requester();
    if let Some(principal) = requester.principal.as_ref().filter(|_| requester.verified) {
        object.spec.username = Some(principal.to_string());
        object.spec.groups = requester.groups.iter().map(ToString::to_string).collect();
    }
    let policy = &issued.approved().policy().name;
    let message = format!("admitted by policy {policy}");
    object.status = Status {
        certificate: Some(STANDARD.encode(leaf)),
        conditions: vec![Condition::new(
            "Approved",
            "ApprovedByPolicy",
            message,
            &now,
        )],
    };
    // kubectl writes long strings on one line.
    let options = serde_yaml::ser_options! { prefer_block_scalars: false };
    serde_yaml::to_string_with_options(&object, options).map_err(|error| {
        Reason::new(
            Code::RenderFailed,
            format!("`csr.yaml` can't be written: {error}"),
        )
    })
}

/// The object of a request on which nothing was decided yet.
#[must_use]
pub fn open(request: &Request, created: Option<Timestamp>) -> CertificateSigningRequest {
    let usages = request.usages.iter();
    let metadata = Metadata {
        annotations: request.metadata.annotations.clone(),
        creation_timestamp: created.map(|created| created.to_string()),
        labels: request.metadata.labels.clone(),
        name: request.name.name().to_owned(),
    };
    let spec = Spec {
        expiration_seconds: request.expiration.map(Lifetime::seconds),
        request: request.request_base64.clone(),
        signer_name: request.signer_name.to_string(),
        usages: usages.map(|usage| usage.as_str().to_owned()).collect(),
        ..Spec::default()
    };
    CertificateSigningRequest::new(metadata, spec)
}
