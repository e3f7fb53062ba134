//! JSON Schemas of the files that people write, for editors that complete and check.
//!
//! In comes the name of a kind; out comes its schema (JSON Schema draft 7, which every editor knows). They are as strict as
//! the readers about keys and types; what takes more than one file, or more than a pattern, only the readers check.

mod parts;
mod people;
mod policies;
mod policy_test;

use serde_json::{Value, json};

use crate::schema::parts::{labels, list, name, object, signer_name, text, usage};

/// A function that gives a schema.
type Build = fn() -> Value;

const KINDS: [(&str, Build); 10] = [
    ("Settings", policies::settings),
    ("Signer", policies::signer),
    ("ApprovalPolicy", policies::approval_policy),
    ("DenyPolicy", policies::deny_policy),
    ("Cluster", policies::cluster),
    ("Principal", people::principal),
    ("Group", people::group),
    ("PolicyTest", policy_test::policy_test),
    ("Revocation", people::revocation),
    ("CertificateSigningRequest", certificate_signing_request),
];

/// The kinds that have a schema.
#[must_use]
pub fn kinds() -> Vec<&'static str> {
    KINDS.iter().map(|(kind, _)| *kind).collect()
}

/// The schema of a kind; `None` when there is no such kind.
#[must_use]
pub fn of(kind: &str) -> Option<Value> {
    KINDS
        .iter()
        .find(|(known, _)| *known == kind)
        .map(|(_, build)| build())
}

/// The file below `.gitca/schema/` that `init` writes for a kind.
#[must_use]
pub fn file_name(kind: &str) -> String {
    format!("{}.json", kind.to_lowercase())
}

fn certificate_signing_request() -> Value {
    let server = |what: &str| json!({"description": format!("Filled in by an API server and ignored here: {what}.")});
    let mut metadata = json!({
        "name": name("The name of the file without `.yaml`."),
        "labels": labels("Chosen by the requester."),
        "annotations": labels("Chosen by the requester; they decide nothing."),
    });
    for key in [
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "managedFields",
        "selfLink",
    ] {
        metadata[key] = server(key);
    }
    let spec = json!({
        "request": text("The PEM of the PKCS#10 request in base64: `base64 < jane.csr`."),
        "signerName": signer_name("Who shall sign."),
        "usages": list(usage(), "What the certificate shall be good for."),
        "expirationSeconds": {
            "type": "integer", "minimum": 600, "maximum": i32::MAX,
            "description": "The lifetime that is asked for.",
        },
        "username": server("username"),
        "uid": server("uid"),
        "groups": server("groups"),
        "extra": server("extra"),
    });
    let versions = ["certificates.k8s.io/v1", "certificates.k8s.io/v1beta1"];
    let mut schema = object(
        "A request for a certificate.",
        json!({
            "apiVersion": {"enum": versions},
            "kind": {"const": "CertificateSigningRequest"},
            "metadata": object("Its name.", metadata, &["name"]),
            "spec": object("What is asked for.", spec, &["request"]),
            "status": server("status"),
        }),
        &["apiVersion", "kind", "metadata", "spec"],
    );
    schema["$schema"] = json!(parts::DRAFT);
    schema["title"] = json!("CertificateSigningRequest");
    schema
}
