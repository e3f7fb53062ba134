//! What a CA may certify, and which keys may be certified at all.
//!
//! In come the request, the control zone and the candidate; out come the reasons why no certificate may be made under
//! this CA or for this key. Constraints of every CA of the chain are applied, each for itself (RFC 5280 6.1.4).

use crate::control::ControlZone;
use crate::control::approval_policy::{ApprovalPolicy, KeyReuse};
use crate::control::identity::Identity;
use crate::control::signer::Signer;
use crate::decision::candidate::Candidate;
use crate::finding::{Code, Reason};
use crate::names::ObjectName;
use crate::request::Request;
use crate::snapshot::KeyOwner;
use crate::timestamp::Timestamp;
use crate::x509::ca::CaCertificate;
use crate::x509::usage::Meaning;

/// The key of a CA of this repository is never certified as a leaf's, whether anything signs under that CA or not.
#[must_use]
pub fn is_ca_key(request: &Request, zone: &ControlZone) -> Vec<Reason> {
    let Some(file) = zone.ca_file_by_key(&request.csr.key) else {
        return Vec::new();
    };
    let message = format!("the key is that of a CA, whose certificate lies in `{file}`");
    vec![
        Reason::new(Code::KeyIsCa, message)
            .field("csr.key")
            .help("make a key of your own: `gitca new NAME`"),
    ]
}

/// A CA that is not valid now makes its requests fail; they are tried again by the next run.
#[must_use]
pub fn is_out_of_time(signer: &Signer, now: Timestamp) -> Vec<Reason> {
    let (start, end) = (signer.authority.not_before(), signer.authority.not_after());
    let reason = if now >= end {
        Reason::new(
            Code::SignerExpired,
            format!("the CA of signer `{}` ended at {end}", signer.name),
        )
        .help(format!("put a new CA certificate at `{}`", signer.ca_file))
    } else if now < start {
        Reason::new(
            Code::SignerNotYetValid,
            format!("the CA of signer `{}` begins at {start}", signer.name),
        )
        .help("check the clock, or wait")
    } else {
        return Vec::new();
    };
    let reason = reason.policy(signer.name.as_str());
    vec![signer.origin.place(reason.rule("spec.caCertificate"))]
}

/// Whether the policy lets the key be certified although another request has it.
#[must_use]
pub fn key_reuse(
    owner: Option<&KeyOwner>,
    requester: &Identity,
    policy: &ApprovalPolicy,
) -> Vec<Reason> {
    let asks = requester.principal.as_ref().map(ObjectName::as_str);
    let is_reusable = |owner: &&KeyOwner| match policy.constraints.key_reuse {
        KeyReuse::Allow => true,
        // Nobody is not the same as nobody.
        KeyReuse::SameRequester => asks.is_some() && owner.requester.as_deref() == asks,
        KeyReuse::Deny => false,
    };
    let Some(owner) = owner.filter(|owner| !is_reusable(owner)) else {
        return Vec::new();
    };
    let message = format!("the key is already that of request `{}`", owner.request);
    let reason = Reason::new(Code::KeyReused, message).policy(policy.name.as_str());
    let reason = reason.field("csr.key").value(owner.request.as_str());
    let reason = policy
        .origin
        .place(reason.rule("spec.constraints.keyReuse"));
    vec![reason.help("make a new key for this request: `gitca new NAME`")]
}

/// A key whose private half lies in the repository is everybody's.
#[must_use]
pub fn leaked_key(request: &Request) -> Option<Reason> {
    let file = request.leaked_in.as_deref()?;
    let message = format!("the private key of this request lies in the repository, in `{file}`");
    let reason = Reason::new(Code::KeyBlocked, message).field("csr.key");
    let reason = reason.value(request.csr.key.digest().to_string());
    Some(reason.help("make a new key for this request: `gitca new NAME`"))
}

/// What lies outside the rights of the CAs.
#[must_use]
pub fn violations(request: &Request, signer: &Signer, candidate: &Candidate) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let end = signer.authority.not_after();
    if candidate.is_beyond_ca {
        let message = format!(
            "the certificate would end at {}, after its CA at {end}",
            candidate.not_after
        );
        let reason = Reason::new(Code::BeyondCa, message).field("spec.expirationSeconds");
        let reason = reason.rule("spec.duration.beyondCA");
        reasons.push(reason.help("ask for less with `expirationSeconds`, or renew the CA"));
    }
    for ca in signer.authority.chain() {
        reasons.extend(names_outside(request, ca));
        reasons.extend(usages_outside(request, ca));
    }
    reasons
        .into_iter()
        .map(|reason| signer.origin.place(reason.policy(signer.name.as_str())))
        .collect()
}

fn names_outside(request: &Request, ca: &CaCertificate) -> Vec<Reason> {
    let constraints = &ca.constraints;
    let outside = constraints.violations(&request.csr.sans);
    let reason = |field: String, name: &str, message: String| {
        let reason = Reason::new(Code::NameConstraint, message).field(field);
        reason.rule("spec.caCertificate").value(name)
    };
    let lies = format!(
        "lies outside the name constraints of the CA `{}`",
        ca.display_name
    );
    let common_name = constraints.common_name_outside(&request.csr.subject, &request.csr.sans);
    let common_name = common_name.map(|name| {
        let message = format!(
            "the common name `{name}` {lies}: without a DNS name beside it verifiers take it for one"
        );
        let help = "ask for a DNS name that the CA may certify, or for a common name without a dot";
        reason("csr.subject.commonName".into(), name, message).help(help)
    });
    let sans = outside
        .into_iter()
        .map(|(field, name)| reason(field, &name, format!("`{name}` {lies}")));
    common_name.into_iter().chain(sans).collect()
}

fn usages_outside(request: &Request, ca: &CaCertificate) -> Vec<Reason> {
    let Some(purposes) = &ca.purposes else {
        return Vec::new();
    };
    let mut reasons = Vec::new();
    for (index, usage) in request.usages.iter().enumerate() {
        let Meaning::ExtendedKeyUsage { oid, .. } = usage.meaning() else {
            continue;
        };
        if !purposes.contains(&oid) {
            let message = format!(
                "the CA `{}` may not certify the usage `{usage}`",
                ca.display_name
            );
            let reason = Reason::new(Code::UsageBeyondCa, message);
            reasons.push(
                reason
                    .field(format!("spec.usages[{index}]"))
                    .rule("spec.caCertificate")
                    .value(usage.as_str()),
            );
        }
    }
    reasons
}
