//! `provenance.json`: how a certificate came to be, as an in-toto Statement v1.
//!
//! In come the certificate, the other files of its folder and who asked; out comes the statement, keys sorted, whose
//! subject is the leaf. It holds nothing that depends on the parent commit. Predicate type: gitca.dev/issuance/v1.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::decision::Approved;
use crate::harmless;
use crate::issuance::Issued;
use crate::names::{Sha256Digest, artifact};
use crate::render::circumstances::Circumstances;

/// The statement as text with a line end.
#[must_use]
pub fn render(
    issued: &Issued<'_>,
    files: &BTreeMap<String, Vec<u8>>,
    circumstances: &Circumstances<'_>,
) -> String {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": artifact::CERTIFICATE, "digest": {"sha256": Sha256Digest::of(issued.der())}}],
        "predicateType": "https://gitca.dev/issuance/v1",
        "predicate": predicate(issued, files, circumstances),
    });
    // Who asked is told by git, in whatever characters an author chose.
    format!("{}\n", harmless::json(&format!("{statement:#}")))
}

fn predicate(
    issued: &Issued<'_>,
    files: &BTreeMap<String, Vec<u8>>,
    circumstances: &Circumstances<'_>,
) -> Value {
    let approved = issued.approved();
    let (request, signer, policy) = (approved.request(), approved.signer(), approved.policy());
    let digests: BTreeMap<&str, Sha256Digest> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), Sha256Digest::of(bytes)))
        .collect();
    let mut predicate = json!({
        "request": {
            "path": request.name.as_str(),
            "gitBlob": circumstances.manifest.id,
            "sha256": request.sha256,
            "introducedIn": circumstances.introduction.commit,
        },
        "requester": circumstances.requester,
        "policy": {"name": policy.name, "file": policy.file, "gitBlob": policy.blob},
        "approvals": approvals(approved),
        "signer": {
            "name": signer.name,
            "signerName": signer.signer_name,
            "caSha256": signer.authority.signing_ca().digest(),
        },
        "serialNumber": issued.contents().serial,
        "notBefore": issued.contents().not_before,
        "notAfter": issued.contents().not_after,
        "now": circumstances.now,
        "files": digests,
        "gitcaVersion": env!("CARGO_PKG_VERSION"),
    });
    if let Some(renewed) = circumstances.renews {
        predicate["renews"] = json!({
            "serialNumber": renewed.serial_number,
            "firstIssued": renewed.first_issued,
        });
    }
    predicate
}

/// The signed statements that the certificate rests on, with who they count for.
fn approvals(approved: &Approved<'_>) -> Value {
    let approvals = approved.approvals().iter();
    let approvals = approvals.map(|(principal, approval)| {
        json!({
            "file": approval.file,
            "sha256": approval.sha256,
            "principal": principal,
            "keyFingerprint": approval.key_fingerprint,
        })
    });
    approvals.collect()
}
