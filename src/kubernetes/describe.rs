//! One request at length, as `kubectl describe csr` prints it.
//!
//! In come the object and what its PKCS#10 request says; out comes the text, its columns as kubectl's tab writer sets
//! them. The names stand in kubectl's order, which is not that of the certificate.

use std::collections::BTreeMap;

use crate::kubernetes::CertificateSigningRequest;
use crate::kubernetes::duration::human;
use crate::kubernetes::table::align;
use crate::timestamp::Timestamp;
use crate::x509::csr::Csr;
use crate::x509::subject::Attribute;

// The subject attributes that kubectl shows when there are any, in its order and spelling.
const LISTED: [(Attribute, &str); 7] = [
    (Attribute::Organization, "Organization"),
    (Attribute::OrganizationalUnit, "Organizational Unit"),
    (Attribute::Country, "Country"),
    (Attribute::Locality, "Locality"),
    (Attribute::Province, "Province"),
    (Attribute::StreetAddress, "StreetAddress"),
    (Attribute::PostalCode, "PostalCode"),
];

/// The text; `path` identifies the request, as the file does.
#[must_use]
pub fn text(path: &str, object: &CertificateSigningRequest, csr: &Csr) -> String {
    let mut lines = head(path, object);
    lines.push("Subject:".to_owned());
    let single = |attribute| csr.subject.values(attribute).next().unwrap_or_default();
    let common_name = single(Attribute::CommonName);
    lines.push(format!("\tCommon Name:\t{common_name}"));
    let serial = single(Attribute::SerialNumber);
    lines.push(format!("\tSerial Number:\t{serial}"));
    for (attribute, label) in LISTED {
        let values: Vec<&str> = csr.subject.values(attribute).collect();
        lines.extend(list(label, &values));
    }
    if !csr.sans.is_empty() {
        lines.push("Subject Alternative Names:".to_owned());
        let addresses: Vec<String> = csr
            .sans
            .ip_addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        lines.extend(list("DNS Names", &csr.sans.dns_names));
        lines.extend(list("Email Addresses", &csr.sans.email_addresses));
        lines.extend(list("URIs", &csr.sans.uris));
        lines.extend(list("IP Addresses", &addresses));
    }
    lines.push("Events:\t<none>".to_owned());
    align(&lines, 0, 2)
}

fn head(path: &str, object: &CertificateSigningRequest) -> Vec<String> {
    let created = object.metadata.creation_timestamp.as_deref();
    let created = created.and_then(|text| text.parse::<Timestamp>().ok());
    let created = created.map_or_else(|| "<unknown>".to_owned(), Timestamp::to_rfc1123);
    let user = object.spec.username.as_deref().unwrap_or_default();
    let mut lines = vec![
        format!("Name:\t{path}"),
        format!("Labels:\t{}", pairs(&object.metadata.labels)),
        format!("Annotations:\t{}", pairs(&object.metadata.annotations)),
        format!("CreationTimestamp:\t{created}"),
        format!("Requesting User:\t{user}"),
        format!("Signer:\t{}", object.spec.signer_name),
    ];
    if let Some(seconds) = object.spec.expiration_seconds {
        let asked = human(i64::try_from(seconds).unwrap_or(i64::MAX));
        lines.push(format!("Requested Duration:\t{asked}"));
    }
    lines.push(format!("Status:\t{}", object.condition()));
    lines
}

/// Labels as kubectl prints them; a tab or a line end in a value would be a column or a line of its own.
fn pairs(map: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = map
        .iter()
        .map(|(key, value)| format!("{key}={}", value.replace(['\t', '\n'], " ")))
        .collect();
    if pairs.is_empty() {
        "<none>".to_owned()
    } else {
        pairs.join(",")
    }
}

/// The label before the first value, the others below it.
fn list(label: &str, values: &[impl AsRef<str>]) -> Vec<String> {
    let line = |(index, value): (usize, &_)| {
        let value = AsRef::<str>::as_ref(value);
        if index == 0 {
            format!("\t{label}:\t{value}")
        } else {
            format!("\t\t{value}")
        }
    };
    values.iter().enumerate().map(line).collect()
}
