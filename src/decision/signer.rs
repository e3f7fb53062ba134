//! What a signer refuses whatever the policies say: what no certificate carries, its profile, its ceilings.
//!
//! In come the request and its Signer; out come all reasons. The rules of the Kubernetes profiles are those of
//! kube-controller-manager, the first that fails decides; `system:masters` is refused as its admission plugin does.
//! Everything that Kubernetes would drop silently from a certificate is refused here, and said.

use std::collections::BTreeSet;

use crate::control::profile::Profile;
use crate::control::signer::Signer;
use crate::decision::asked::Asked;
use crate::decision::common_name;
use crate::finding::{Code, Reason};
use crate::request::Request;
use crate::x509::subject::Attribute;
use crate::x509::usage::{Meaning, Usage};

// Kubernetes admission plugin CertificateSubjectRestriction.
const MASTERS: &str = "system:masters";
const NODES: &str = "system:nodes";
const NODE_PREFIX: &str = "system:node:";

/// Every reason why this signer may not sign the request.
#[must_use]
pub fn violations(request: &Request, signer: &Signer, asked: &Asked<'_>) -> Vec<Reason> {
    let mut reasons = not_carried(request);
    reasons.extend(not_in_usages(request));
    reasons.extend(
        signer
            .profile
            .and_then(|profile| profile_failure(profile, request)),
    );
    reasons.extend(beyond_ceilings(request, signer));
    reasons.extend(common_name::judge(asked));
    reasons
        .into_iter()
        .map(|reason| signer.origin.place(reason.policy(signer.name.as_str())))
        .collect()
}

/// Asked for, legal X.509, but in no certificate from here.
fn not_carried(request: &Request) -> Vec<Reason> {
    let csr = &request.csr;
    let mut reasons = Vec::new();
    for (oid, value) in &csr.other_attributes {
        let message = format!("no certificate from here carries the subject attribute {oid}");
        reasons.push(
            Reason::new(Code::SubjectAttributeNotSupported, message)
                .field("csr.subject")
                .value(value),
        );
    }
    for kind in &csr.other_sans {
        let message = format!("no certificate from here carries a {kind}");
        reasons.push(
            Reason::new(Code::SanKindNotSupported, message)
                .field("csr.sans")
                .value(kind),
        );
    }
    if csr.extensions.ca || csr.extensions.path_length {
        let reason = Reason::new(
            Code::CaNotAllowed,
            "the CSR asks for a CA certificate; only leaves are signed here",
        );
        reasons.push(
            reason
                .field("csr.extensions")
                .help("make the CSR without basicConstraints"),
        );
    }
    for oid in &csr.extensions.others {
        let message = format!("no certificate from here carries the requested extension {oid}");
        reasons.push(
            Reason::new(Code::ExtensionNotAllowed, message)
                .field("csr.extensions")
                .value(oid.to_string()),
        );
    }
    reasons
}

/// Bits and OIDs that the CSR asks for and that `spec.usages` doesn't.
fn not_in_usages(request: &Request) -> Vec<Reason> {
    let meanings: Vec<Meaning> = request.usages.iter().map(|usage| usage.meaning()).collect();
    let granted = meanings.iter().fold(0_u16, |bits, meaning| match meaning {
        Meaning::KeyUsage(bit) => bits | 1 << bit,
        Meaning::ExtendedKeyUsage { .. } => bits,
    });
    let purposes: BTreeSet<_> = meanings
        .iter()
        .filter_map(|meaning| match meaning {
            Meaning::ExtendedKeyUsage { oid, .. } => Some(*oid),
            Meaning::KeyUsage(_) => None,
        })
        .collect();
    let mismatch = |what: String| {
        Reason::new(
            Code::UsageMismatch,
            format!("the CSR asks for {what}, which `spec.usages` does not"),
        )
        .field("csr.extensions")
        .help("make the CSR without keyUsage and extKeyUsage, or list the usage in `spec.usages`")
    };
    let requested = request.csr.extensions.key_usage.unwrap_or_default();
    let bits = (0..16).filter(|bit| requested & !granted & 1 << bit != 0);
    let oids = request
        .csr
        .extensions
        .extended_key_usage
        .iter()
        .filter(|oid| !purposes.contains(*oid));
    bits.map(|bit| mismatch(format!("key usage bit {bit}")))
        .chain(
            oids.map(|oid| {
                mismatch(format!("the extended key usage {oid}")).value(oid.to_string())
            }),
        )
        .collect()
}

/// The first rule of a Kubernetes signer that fails, in kube-controller-manager's order.
fn profile_failure(profile: Profile, request: &Request) -> Option<Reason> {
    match profile {
        Profile::KubeApiserverClient => masters(request).or_else(|| client_usages(request)),
        Profile::KubeApiserverClientKubelet => kubelet_client(request),
        Profile::KubeletServing => kubelet_serving(request),
        Profile::LegacyUnknown => None,
    }
}

fn failure(message: &str, field: impl Into<String>) -> Reason {
    let reason = Reason::new(Code::SignerValidationFailure, message).field(field);
    reason.rule("spec.signerName")
}

fn masters(request: &Request) -> Option<Reason> {
    let index = request
        .csr
        .subject
        .values(Attribute::Organization)
        .position(|group| group == MASTERS)?;
    let message = format!("group `{MASTERS}` may not be requested for this signer");
    let reason = Reason::new(Code::ReservedIdentity, message).value(MASTERS);
    let reason = reason.field(format!("csr.subject.organizations[{index}]"));
    Some(reason.help("name an ordinary group and bind it to a role, for example `ops-admins`"))
}

fn client_usages(request: &Request) -> Option<Reason> {
    let allowed = [
        Usage::ClientAuth,
        Usage::DigitalSignature,
        Usage::KeyEncipherment,
    ];
    if let Some(index) = request
        .usages
        .iter()
        .position(|usage| !allowed.contains(usage))
    {
        let message =
            "only `client auth`, `digital signature` and `key encipherment` are for this signer";
        let reason =
            failure(message, format!("spec.usages[{index}]")).value(request.usages[index].as_str());
        return Some(reason.help(format!("drop usage `{}`", request.usages[index])));
    }
    let missing = !request.usages.contains(&Usage::ClientAuth);
    missing.then(|| {
        failure("`client auth` is needed for this signer", "spec.usages")
            .help("add usage `client auth`")
    })
}

fn kubelet_client(request: &Request) -> Option<Reason> {
    let sans = &request.csr.sans;
    node_group(request)
        .or_else(|| forbidden(sans.dns_names.is_empty(), "DNS names", "csr.dnsNames"))
        .or_else(|| {
            forbidden(
                sans.email_addresses.is_empty(),
                "e-mail addresses",
                "csr.emailAddresses",
            )
        })
        .or_else(|| {
            forbidden(
                sans.ip_addresses.is_empty(),
                "IP addresses",
                "csr.ipAddresses",
            )
        })
        .or_else(|| forbidden(sans.uris.is_empty(), "URIs", "csr.uris"))
        .or_else(|| node_name(request))
        .or_else(|| exact_usages(request, Usage::ClientAuth))
}

fn kubelet_serving(request: &Request) -> Option<Reason> {
    let sans = &request.csr.sans;
    let nameless = sans.dns_names.is_empty() && sans.ip_addresses.is_empty();
    node_group(request)
        .or_else(|| {
            nameless.then(|| {
                failure(
                    "a DNS name or an IP address is needed for this signer",
                    "csr.dnsNames",
                )
            })
        })
        .or_else(|| {
            forbidden(
                sans.email_addresses.is_empty(),
                "e-mail addresses",
                "csr.emailAddresses",
            )
        })
        .or_else(|| forbidden(sans.uris.is_empty(), "URIs", "csr.uris"))
        .or_else(|| exact_usages(request, Usage::ServerAuth))
        .or_else(|| node_name(request))
}

fn node_group(request: &Request) -> Option<Reason> {
    let message = "the only organization must be `system:nodes` for this signer";
    (request.csr.subject.organizations() != [NODES])
        .then(|| failure(message, "csr.subject.organizations"))
}

fn node_name(request: &Request) -> Option<Reason> {
    let is_node = request
        .csr
        .subject
        .common_name()
        .is_some_and(|name| name.starts_with(NODE_PREFIX));
    (!is_node).then(|| {
        failure(
            "the common name must begin with `system:node:`",
            "csr.subject.commonName",
        )
    })
}

fn forbidden(absent: bool, what: &str, field: &str) -> Option<Reason> {
    (!absent).then(|| failure(&format!("{what} are not for this signer"), field))
}

fn exact_usages(request: &Request, purpose: Usage) -> Option<Reason> {
    let asked: BTreeSet<Usage> = request.usages.iter().copied().collect();
    let short = BTreeSet::from([Usage::DigitalSignature, purpose]);
    let long = BTreeSet::from([Usage::DigitalSignature, Usage::KeyEncipherment, purpose]);
    let message = format!(
        "the usages must be `digital signature`, `{purpose}` and at most `key encipherment`"
    );
    (asked != short && asked != long).then(|| failure(&message, "spec.usages"))
}

/// What the Signer's own file limits.
fn beyond_ceilings(request: &Request, signer: &Signer) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for (index, usage) in request
        .usages
        .iter()
        .enumerate()
        .filter(|(_, usage)| !signer.usages.contains(usage))
    {
        let message = format!(
            "signer `{}` gives no certificate the usage `{usage}`",
            signer.name
        );
        let reason =
            Reason::new(Code::UsageNotAllowed, message).field(format!("spec.usages[{index}]"));
        let reason = reason.value(usage.as_str()).rule("spec.usages");
        reasons.push(reason.help(format!("drop usage `{usage}`")));
    }
    let kind = request.csr.key.kind();
    if !signer.keys.include(kind) {
        let message = format!("signer `{}` certifies no {kind} keys", signer.name);
        let reason = Reason::new(Code::KeyTypeNotAllowed, message)
            .field("csr.key")
            .value(kind.to_string());
        let reason = reason.rule("spec.keys");
        reasons.push(reason.help(format!("use one of: {}", signer.keys)));
    }
    reasons.extend(beyond_limits(request, signer));
    reasons
}

fn beyond_limits(request: &Request, signer: &Signer) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let names = request.csr.sans.len();
    if names > signer.limit_sans {
        let message = format!(
            "{names} names are more than the {} that the signer allows",
            signer.limit_sans
        );
        let reason = Reason::new(Code::LimitExceeded, message).field("csr.dnsNames");
        reasons.push(reason.rule("spec.limits.sans"));
    }
    for attribute in Attribute::ALL {
        for (index, value) in request.csr.subject.values(attribute).enumerate() {
            if value.chars().count() > signer.limit_name_length {
                let message = format!(
                    "is longer than the {} characters of the signer",
                    signer.limit_name_length
                );
                let reason = Reason::new(Code::LimitExceeded, message)
                    .field(subject_field(attribute, index));
                reasons.push(reason.value(value).rule("spec.limits.nameLength"));
            }
        }
    }
    reasons
}

/// The field of one subject value, in the notation of reports.
fn subject_field(attribute: Attribute, index: usize) -> String {
    if attribute.is_single() {
        format!("csr.subject.{attribute}")
    } else {
        format!("csr.subject.{attribute}[{index}]")
    }
}
