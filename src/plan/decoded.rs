//! A request line by line, as `openssl req -text` would tell it, for those who don't trust one line.
//!
//! In comes a request whose PKCS#10 was parsed once; out come its lines, nothing left out that a certificate could carry.
//! The words are the requester's: whoever shows them makes them harmless.

use crate::request::Request;
use crate::x509::csr::{Csr, RequestedExtensions};
use crate::x509::subject::Attribute;

/// The lines.
pub(super) fn decoded(request: &Request) -> Vec<String> {
    let csr = &request.csr;
    let mut lines = vec![format!("signerName: {}", request.signer_name)];
    for attribute in Attribute::ALL {
        let values = csr.subject.values(attribute);
        lines.extend(values.map(|value| format!("subject.{attribute}: {value}")));
    }
    let others = csr.other_attributes.iter();
    lines.extend(others.map(|(oid, value)| format!("subject {oid}: {value}")));
    lines.extend(names(csr));
    lines.extend(extensions(&csr.extensions));
    let usages = request.usages.iter();
    lines.extend(usages.map(|usage| format!("spec.usages: {usage}")));
    lines.push(format!("key: {}", csr.key.kind()));
    lines.push(format!("key, SHA-256: {}", csr.key.digest()));
    lines.push(format!("signature: {}", csr.signature_algorithm));
    lines.push(format!("manifest, git blob: {}", request.blob));
    lines.push(format!("manifest, SHA-256: {}", request.sha256));
    lines
}

fn names(csr: &Csr) -> Vec<String> {
    let sans = &csr.sans;
    let mut lines = Vec::new();
    lines.extend(sans.dns_names.iter().map(|name| format!("DNS: {name}")));
    let addresses = sans.email_addresses.iter();
    lines.extend(addresses.map(|address| format!("email: {address}")));
    lines.extend(sans.ip_addresses.iter().map(|ip| format!("IP: {ip}")));
    lines.extend(sans.uris.iter().map(|uri| format!("URI: {uri}")));
    let others = csr.other_sans.iter();
    lines.extend(others.map(|kind| format!("subjectAltName: {kind}")));
    lines
}

fn extensions(asked: &RequestedExtensions) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(asked.ca.then(|| "basicConstraints: CA:TRUE".to_owned()));
    let length = asked.path_length && !asked.ca;
    lines.extend(length.then(|| "basicConstraints: pathLenConstraint".to_owned()));
    let bits = asked.key_usage;
    lines.extend(bits.map(|bits| format!("keyUsage: bits {bits:#b}")));
    let purposes = asked.extended_key_usage.iter();
    lines.extend(purposes.map(|oid| format!("extKeyUsage: {oid}")));
    let others = asked.others.iter();
    lines.extend(others.map(|oid| format!("extension: {oid}")));
    lines
}
