//! The same command once more: what is there already, and whether it is what would be written.
//!
//! Signatures differ each time, so requests are compared by what they ask for and for which key, never by their bytes.

use std::path::Path;

use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::{ObjectId, RequestName};
use crate::request::Request;
use crate::snapshot::Blob;

/// Whether both manifests ask for the same, for the same key.
pub(super) fn asks_the_same(name: &RequestName, draft: &Blob, text: &str) -> bool {
    let wanted = Blob {
        id: ObjectId([0; 20]),
        bytes: text.as_bytes().to_vec(),
    };
    match (Request::read(name, draft), Request::read(name, &wanted)) {
        (Ok(draft), Ok(wanted)) => asked(&draft) == asked(&wanted),
        _ => draft.bytes == wanted.bytes,
    }
}

fn asked(request: &Request) -> impl PartialEq {
    let csr = &request.csr;
    (
        request.signer_name.clone(),
        request.usages.clone(),
        request.expiration,
        csr.subject.clone(),
        csr.other_attributes.clone(),
        csr.sans.clone(),
        csr.other_sans.clone(),
        csr.key.digest(),
        csr.extensions.clone(),
    )
}

/// Another request has the name; it is never written over.
pub(super) fn another(name: &RequestName, has_key: bool) -> Stop {
    let manifest = name.manifest();
    let message = format!("`{manifest}` is already there, and asks for something else");
    let keeps = if has_key { ", its key stays" } else { "" };
    let help = format!(
        "choose another name, or remove it if it was a draft{keeps}: `git rm -f {manifest}`"
    );
    let reason = Reason::new(Code::PathNotAllowed, message).help(help);
    Stop(vec![Finding::in_file(manifest, reason)])
}

/// Whether somebody has said anything about it yet.
pub(super) fn is_claimed(name: &RequestName, root: &Path) -> bool {
    root.join(format!("requests/{name}.approvals")).exists()
}
