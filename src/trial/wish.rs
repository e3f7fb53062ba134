//! A request made from a few words, by way of a whole manifest, so that nothing about it is friendlier than a real one.
//!
//! In comes what a case asks for; out comes the request that the reader of manifests has read, or every reason why it
//! is none. Nobody has proven to have its key, and nothing ever signs it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::control::policy_test::Wish;
use crate::finding::{Code, Reason};
use crate::names::ObjectId;
use crate::request::Request;
use crate::snapshot::Blob;
use crate::x509::specimen;

// No git object: the bytes are nowhere but here.
const NOWHERE: ObjectId = ObjectId([0; 20]);

/// The request that somebody with this wish would make.
///
/// # Errors
/// Every reason why it is none.
pub(super) fn grant(wish: &Wish) -> Result<Request, Vec<Reason>> {
    let pem = specimen::request(&wish.subject, &wish.names, wish.key).map_err(|error| {
        let message = format!("the request can't be written as DER: {error}");
        vec![Reason::new(Code::MalformedDer, message)]
    })?;
    let usages: Vec<&str> = wish.usages.iter().map(|usage| usage.as_str()).collect();
    let mut manifest = json!({
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": wish.request.name(), "labels": wish.labels},
        "spec": {
            "signerName": wish.signer_name,
            "usages": usages,
            "request": STANDARD.encode(pem),
        },
    });
    if let Some(seconds) = wish.expiration_seconds {
        manifest["spec"]["expirationSeconds"] = json!(seconds);
    }
    let blob = Blob {
        id: NOWHERE,
        // JSON is YAML.
        bytes: manifest.to_string().into_bytes(),
    };
    Request::suppose(&wish.request, &blob)
        .map_err(|reasons| reasons.into_iter().map(without_place).collect())
}

/// A place in a manifest that nobody has would lead nowhere.
fn without_place(reason: Reason) -> Reason {
    Reason {
        line: None,
        column: None,
        ..reason
    }
}
