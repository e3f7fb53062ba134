//! The `CertificateSigningRequest` of `certificates.k8s.io/v1` as an API server would show it.
//!
//! In come what a request says and what became of it; out come the object, the row of `kubectl get csr` and the text of
//! `kubectl describe csr`. Keys are sorted as kubectl prints them. Nothing in here judges anything.

pub mod describe;
pub mod duration;
pub mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The only version that is written.
pub const API_VERSION: &str = "certificates.k8s.io/v1";
/// The kind.
pub const KIND: &str = "CertificateSigningRequest";
/// The resource and its group, as `kubectl get -o name` prints them.
pub const RESOURCE: &str = "certificatesigningrequest.certificates.k8s.io";

/// The object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSigningRequest {
    /// Always [`API_VERSION`].
    pub api_version: String,
    /// Always [`KIND`].
    pub kind: String,
    /// Its name and what the requester wrote about it.
    pub metadata: Metadata,
    /// What was asked for.
    pub spec: Spec,
    /// What became of it.
    #[serde(default)]
    pub status: Status,
}

/// `metadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Chosen by the requester.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// When it was brought, RFC 3339; absent when no commit brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<String>,
    /// Chosen by the requester.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The last piece of the request's path.
    pub name: String,
}

/// `spec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// The lifetime that was asked for, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_seconds: Option<u64>,
    /// The groups of a proven requester.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The PEM of the PKCS#10 request in base64.
    pub request: String,
    /// The signer that is asked.
    pub signer_name: String,
    /// What the certificate shall be good for.
    #[serde(default)]
    pub usages: Vec<String>,
    /// The name of a proven requester.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

/// `status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The PEM of the leaf in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

/// One of `status.conditions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// When it became so.
    pub last_transition_time: String,
    /// When it was last said.
    pub last_update_time: String,
    /// For people.
    pub message: String,
    /// For programs.
    pub reason: String,
    /// Always `True`.
    pub status: String,
    /// `Approved`, `Denied` or `Failed`.
    pub r#type: String,
}

impl Condition {
    /// A condition of this type that holds since `now`.
    #[must_use]
    pub fn new(
        kind: &str,
        reason: impl Into<String>,
        message: impl Into<String>,
        now: &str,
    ) -> Self {
        Self {
            last_transition_time: now.to_owned(),
            last_update_time: now.to_owned(),
            message: message.into(),
            reason: reason.into(),
            status: "True".to_owned(),
            r#type: kind.to_owned(),
        }
    }
}

impl CertificateSigningRequest {
    /// The object of this spec, with nothing decided.
    #[must_use]
    pub fn new(metadata: Metadata, spec: Spec) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            metadata,
            spec,
            status: Status::default(),
        }
    }

    /// What kubectl prints as CONDITION: `Pending`, `Approved,Issued`, `Denied`, `Approved,Failed` and so on.
    #[must_use]
    pub fn condition(&self) -> String {
        let has = |kind: &str| {
            let mut kinds = self.status.conditions.iter();
            kinds.any(|condition| condition.r#type == kind)
        };
        let mut text = match (has("Denied"), has("Approved")) {
            (true, _) => "Denied",
            (false, true) => "Approved",
            (false, false) => "Pending",
        }
        .to_owned();
        if has("Failed") {
            text.push_str(",Failed");
        }
        if self.status.certificate.is_some() {
            text.push_str(",Issued");
        }
        text
    }
}
