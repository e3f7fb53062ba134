//! The content of a certificate in a few lines, for the people who review it.
//!
//! In come a request, what it would get and what policies said; out come [`Details`]. They are for people: nothing is
//! decided by them.

use crate::decision::candidate::Candidate;
use crate::decision::reserved::Reserved;
use crate::decision::trace::{Considered, Outcome};
use crate::decision::{Approved, Case, Refusal};
use crate::finding::Code;
use crate::plan::decoded::decoded;
use crate::report::{Details, Opinion, Refuser};
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::{Attribute, Subject};

/// What the request asks for and what it would get.
pub(super) fn of(
    case: &Case<'_, '_>,
    candidate: Option<&Candidate>,
    decision: &Result<Approved<'_>, Refusal>,
    in_detail: bool,
) -> Details {
    let request = case.request;
    let policy = decision.as_ref().ok().map(Approved::policy);
    let refusal = decision.as_ref().err();
    Details {
        privileged: privileged(&request.csr.subject),
        subject: one_line(&request.csr.subject),
        sans: prefixed(&request.csr.sans),
        usages: request.usages.iter().map(ToString::to_string).collect(),
        key: request.csr.key.kind().to_string(),
        lifetime: candidate.map(|candidate| candidate.lifetime.to_string()),
        lifetime_asked: request.expiration.map(|asked| asked.to_string()),
        policy_place: policy.map(|policy| (policy.file.clone(), policy.line)),
        refuser: refusal.and_then(|refusal| refuser(refusal, case)),
        assents: Vec::new(),
        blob: request.blob,
        trace: Vec::new(),
        decoded: if in_detail {
            decoded(request)
        } else {
            Vec::new()
        },
    }
}

/// What policies said, for people.
pub(super) fn opinions(trace: &[Considered]) -> Vec<Opinion> {
    let opinion = |considered: &Considered| Opinion {
        verdict: considered.line(),
        reasons: match considered.outcome() {
            Outcome::NotSelected(_) | Outcome::Passes => Vec::new(),
            Outcome::Objects(reasons) => reasons
                .iter()
                .map(|reason| format!("{}: {}", reason.code, reason.message))
                .collect(),
        },
    };
    trace.iter().map(opinion).collect()
}

/// The policy that the reasons begin with.
fn refuser(refusal: &Refusal, case: &Case<'_, '_>) -> Option<Refuser> {
    let has = |code| refusal.reasons.iter().any(|reason| reason.code == code);
    let mut reasons = refusal.reasons.iter();
    let name = reasons.find_map(|reason| reason.policy.as_deref())?;
    if has(Code::DeniedBy) {
        let mut policies = case.zone.deny_policies.iter();
        let policy = policies.find(|policy| policy.name.as_str() == name)?;
        return Some(Refuser {
            name: name.to_owned(),
            file: policy.file.clone(),
            line: None,
            denies: true,
        });
    }
    let mut policies = case.zone.approval_policies.iter();
    let policy = policies.find(|policy| policy.name.as_str() == name)?;
    has(Code::NoPolicyAdmits).then(|| Refuser {
        name: name.to_owned(),
        file: policy.file.clone(),
        line: Some(policy.line),
        denies: false,
    })
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
