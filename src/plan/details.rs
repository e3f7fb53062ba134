//! The content of a certificate in a few lines, for the people who review it.

use crate::control::approval_policy::ApprovalPolicy;
use crate::decision::candidate::Candidate;
use crate::decision::reserved::Reserved;
use crate::report::Details;
use crate::request::Request;
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::{Attribute, Subject};

/// What the request asks for and what it would get.
pub(super) fn details(
    request: &Request,
    candidate: Option<&Candidate>,
    policy: Option<&ApprovalPolicy>,
) -> Details {
    Details {
        privileged: privileged(&request.csr.subject),
        subject: one_line(&request.csr.subject),
        sans: prefixed(&request.csr.sans),
        usages: request.usages.iter().map(ToString::to_string).collect(),
        key: request.csr.key.kind().to_string(),
        lifetime: candidate.map(|candidate| candidate.lifetime.to_string()),
        lifetime_asked: request.expiration.map(|asked| asked.to_string()),
        policy_place: policy.map(|policy| (policy.file.clone(), policy.line)),
    }
}

/// The reserved names among the groups and the common name.
fn privileged(subject: &Subject) -> Vec<String> {
    [Attribute::Organization, Attribute::CommonName]
        .into_iter()
        .flat_map(|attribute| {
            subject
                .values(attribute)
                .map(move |value| (attribute, value))
        })
        .filter(|(attribute, value)| Reserved::of(*attribute, value).is_some())
        .map(|(_, value)| value.to_owned())
        .collect()
}

/// Common name first, then the groups: what a reviewer looks for.
fn one_line(subject: &Subject) -> String {
    const LETTERS: [(Attribute, &str); 9] = [
        (Attribute::CommonName, "CN"),
        (Attribute::Organization, "O"),
        (Attribute::OrganizationalUnit, "OU"),
        (Attribute::Country, "C"),
        (Attribute::Province, "ST"),
        (Attribute::Locality, "L"),
        (Attribute::StreetAddress, "street"),
        (Attribute::PostalCode, "postalCode"),
        (Attribute::SerialNumber, "serialNumber"),
    ];
    let parts: Vec<String> = LETTERS
        .iter()
        .flat_map(|(attribute, letters)| {
            subject
                .values(*attribute)
                .map(move |value| format!("{letters}={value}"))
        })
        .collect();
    parts.join(", ")
}

fn prefixed(sans: &SubjectAltNames) -> Vec<String> {
    let dns = sans.dns_names.iter().map(|name| format!("DNS:{name}"));
    let email = sans
        .email_addresses
        .iter()
        .map(|address| format!("email:{address}"));
    let ip = sans.ip_addresses.iter().map(|ip| format!("IP:{ip}"));
    let uri = sans.uris.iter().map(|uri| format!("URI:{uri}"));
    dns.chain(email).chain(ip).chain(uri).collect()
}
