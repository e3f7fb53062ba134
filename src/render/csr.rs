//! `csr.yaml`: the request as `kubectl get csr NAME -o yaml` would show it once it is approved and issued.
//!
//! In comes the certificate; out comes a `certificates.k8s.io/v1` object with its keys sorted as kubectl prints them.
//! Only the labels and annotations of the manifest are repeated; everything that an API server fills in is ours.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::finding::{Code, Reason};
use crate::issuance::Issued;
use crate::render::circumstances::Circumstances;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CertificateSigningRequest<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata<'a>,
    spec: Spec<'a>,
    status: Status,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
    creation_timestamp: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a BTreeMap<String, String>,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_seconds: Option<u64>,
    request: &'a str,
    signer_name: &'a str,
    usages: Vec<&'static str>,
}

#[derive(Serialize)]
struct Status {
    certificate: String,
    conditions: [Condition; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Condition {
    last_transition_time: String,
    last_update_time: String,
    message: String,
    reason: &'static str,
    status: &'static str,
    r#type: &'static str,
}

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
    let object = CertificateSigningRequest {
        api_version: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: Metadata {
            annotations: &request.metadata.annotations,
            creation_timestamp: circumstances.introduction.committed.to_string(),
            labels: &request.metadata.labels,
            name: request.name.name(),
        },
        spec: Spec {
            expiration_seconds: request.expiration.map(crate::timestamp::Lifetime::seconds),
            request: &request.request_base64,
            signer_name: request.signer_name.as_str(),
            usages: request.usages.iter().map(|usage| usage.as_str()).collect(),
        },
        status: Status {
            certificate: STANDARD.encode(leaf),
            conditions: [Condition {
                last_transition_time: now.clone(),
                last_update_time: now,
                message: format!("admitted by policy {}", issued.approved().policy().name),
                reason: "ApprovedByPolicy",
                status: "True",
                r#type: "Approved",
            }],
        },
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
