//! Signers: a CA, the signer name it answers to, and the ceiling over every policy.
//!
//! In comes the spec of a Signer file; out comes a [`Signer`]. Its CA certificate is only seen to be PEM here; what the
//! certificate itself must be is checked where certificates are read. A `kubernetes.io/*` name brings the rules of the
//! Kubernetes signer with it, and no setting takes them away.

mod additions;
mod crl;

pub use crate::control::signer::crl::Crl;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use der::oid::ObjectIdentifier;

use crate::control::document::Document;
use crate::control::keys::KeyTypes;
use crate::control::origin::Origin;
use crate::control::profile::Profile;
use crate::control::reading::{choice, count, usages};
use crate::control::signer::additions::{read_key_id, read_policies};
use crate::control::surroundings::Surroundings;
use crate::names::{ObjectId, ObjectName, RepoPath, SignerName};
use crate::timestamp::Lifetime;
use crate::x509::additions::KeyIdMethod;
use crate::x509::ca::Authority;
use crate::x509::usage::{Meaning, Usage};
use crate::yaml::{Field, Object, Problems};

// One year of 365 days, as kube-controller-manager's --cluster-signing-duration.
const DEFAULT_MAX: Lifetime = Lifetime::from_seconds(365 * 24 * 60 * 60);
const DEFAULT_SANS: usize = 250;
const MOST_SANS: usize = 1000;
// RFC 5280 A.1: ub-common-name, which we take for every attribute.
const DEFAULT_NAME_LENGTH: usize = 64;
const MOST_NAME_LENGTH: usize = 255;
const FIELDS: [&str; 13] = [
    "signerName",
    "caCertificate",
    "key",
    "profile",
    "duration",
    "usages",
    "keys",
    "subjectKeyIdentifier",
    "certificatePolicies",
    "limits",
    "templates",
    "clusters",
    "crl",
];
// No leaf signs certificates or CRLs.
const NEVER: [Usage; 2] = [Usage::CertSign, Usage::CrlSign];

/// A CA and the ceiling over what it signs.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The name of the object.
    pub name: ObjectName,
    /// The file it was read from.
    pub file: RepoPath,
    /// Its git object.
    pub blob: ObjectId,
    /// Where its fields stand.
    pub origin: Origin,
    /// What `spec.signerName` of a request must equal.
    pub signer_name: SignerName,
    /// The file with the CA certificate and its intermediates.
    pub ca_file: RepoPath,
    /// The signing CA and those above it.
    pub authority: Arc<Authority>,
    /// The name of the key; where the key lives the repository doesn't say.
    pub key: ObjectName,
    /// The Kubernetes signer whose rules hold.
    pub profile: Option<Profile>,
    /// The lifetime when a request names none.
    pub duration_default: Lifetime,
    /// The longest lifetime given.
    pub duration_max: Lifetime,
    /// What happens when a lifetime passes the end of the CA.
    pub beyond_ca: BeyondCa,
    /// The usages that a request may have at all.
    pub usages: BTreeSet<Usage>,
    /// The keys that are certified at all.
    pub keys: KeyTypes,
    /// The most subject alternative names a request may have.
    pub limit_sans: usize,
    /// The most characters a subject value may have.
    pub limit_name_length: usize,
    /// Files under `templates/` that are rendered for each certificate.
    pub templates: Vec<String>,
    /// Clusters that the templates see.
    pub clusters: Vec<ObjectName>,
    /// Its revocation list.
    pub crl: Crl,
    /// How certificates identify their key.
    pub key_id: KeyIdMethod,
    /// The certificate policies that they name.
    pub certificate_policies: Vec<ObjectIdentifier>,
}

/// What happens when a lifetime passes the end of the CA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BeyondCa {
    /// The request is refused.
    #[default]
    Refuse,
    /// The certificate ends with the CA.
    Truncate,
}

impl Signer {
    /// Reads the spec of a Signer file.
    pub fn read(
        document: &Document<'_>,
        around: &Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let spec = document.spec.object(&FIELDS, problems)?;
        let signer_name = required(&spec, "signerName", problems);
        let certificate = spec.require("caCertificate", problems);
        let certificate = certificate.and_then(|field| around.authority(&field, problems));
        let key = required(&spec, "key", problems);
        let profile = read_profile(&spec, signer_name.as_ref(), problems);
        let duration = read_duration(&spec, problems);
        let limits = read_limits(&spec, problems);
        let key_id = read_key_id(&spec, problems);
        let certificate_policies = read_policies(&spec, problems);
        let usages = read_usages(spec.get("usages"), profile, problems);
        let keys = spec.get("keys").map(|keys| KeyTypes::read(&keys, problems));
        let templates = around.templates(spec.get("templates"), problems);
        let clusters = around.clusters(spec.get("clusters"), problems);
        let crl = spec.get("crl");
        let crl = crl.map_or_else(Crl::default, |crl| Crl::read(&crl, document, problems));
        // Only now, so that one wrong field hides no other.
        let (ca_file, authority) = certificate?;
        crl.refuse_beyond_ca(&spec, &authority, problems);
        refuse_beyond_ca(&spec, &usages, &authority, problems);
        Some(Self {
            name: document.name.clone(),
            file: document.file.clone(),
            blob: document.blob,
            origin: Origin::of(document),
            ca_file,
            authority,
            profile,
            duration_default: duration.default,
            duration_max: duration.max,
            beyond_ca: duration.beyond_ca,
            usages,
            keys: keys.unwrap_or_default(),
            limit_sans: limits.sans,
            limit_name_length: limits.name_length,
            templates,
            clusters,
            crl,
            key_id,
            certificate_policies,
            signer_name: signer_name?,
            key: key?,
        })
    }
}

/// A field that has to be there and is read from its text.
fn required<T: FromStr<Err: fmt::Display>>(
    spec: &Object<'_>,
    key: &'static str,
    problems: &mut Problems,
) -> Option<T> {
    spec.require(key, problems)?.parse(problems)
}

fn read_profile(
    spec: &Object<'_>,
    signer_name: Option<&SignerName>,
    problems: &mut Problems,
) -> Option<Profile> {
    let written = spec.get("profile");
    let asked = written
        .as_ref()
        .and_then(|field| choice(field, &Profile::ALL, problems));
    let signer_name = signer_name.filter(|name| name.is_kubernetes());
    let Some(signer_name) = signer_name else {
        return asked;
    };
    let own = Profile::ALL
        .into_iter()
        .find(|(name, _)| *name == signer_name.as_str())
        .map(|(_, profile)| profile);
    if own.is_none()
        && let Some(field) = spec.get("signerName")
    {
        let message = format!("Kubernetes has no signer `{signer_name}`, and keeps such names");
        problems.report_with_help(&field, message, "use a domain of your own");
    }
    if let Some(field) = written
        && asked.is_some()
        && asked != own
    {
        problems.report(
            &field,
            format!("contradicts the signer name `{signer_name}`"),
        );
    }
    own
}

struct Duration {
    default: Lifetime,
    max: Lifetime,
    beyond_ca: BeyondCa,
}

fn read_duration(spec: &Object<'_>, problems: &mut Problems) -> Duration {
    let object = spec
        .get("duration")
        .and_then(|field| field.object(&["default", "max", "beyondCA"], problems));
    let get = |key| object.as_ref().and_then(|object| object.get(key));
    let max = get("max").and_then(|field| field.parse(problems));
    let max = max.unwrap_or(DEFAULT_MAX);
    let default = get("default").and_then(|field| {
        let default: Lifetime = field.parse(problems)?;
        if default > max {
            problems.report(&field, format!("is longer than `max`, {max}"));
        }
        Some(default)
    });
    let words = [
        ("refuse", BeyondCa::Refuse),
        ("truncate", BeyondCa::Truncate),
    ];
    let beyond_ca = get("beyondCA").and_then(|field| choice(&field, &words, problems));
    Duration {
        default: default.unwrap_or(max),
        max,
        beyond_ca: beyond_ca.unwrap_or_default(),
    }
}

struct Limits {
    sans: usize,
    name_length: usize,
}

fn read_limits(spec: &Object<'_>, problems: &mut Problems) -> Limits {
    let limits = spec
        .get("limits")
        .and_then(|field| field.object(&["sans", "nameLength"], problems));
    let mut limit = |key, range| {
        let field = limits.as_ref()?.get(key)?;
        count(&field, range, problems)
    };
    Limits {
        sans: limit("sans", 0..=MOST_SANS).unwrap_or(DEFAULT_SANS),
        name_length: limit("nameLength", 1..=MOST_NAME_LENGTH).unwrap_or(DEFAULT_NAME_LENGTH),
    }
}

fn read_usages(
    field: Option<Field<'_>>,
    profile: Option<Profile>,
    problems: &mut Problems,
) -> BTreeSet<Usage> {
    let ceiling = profile.and_then(Profile::usages);
    let Some(field) = field else {
        return ceiling.map_or_else(every_usage, |usages| usages.into_iter().collect());
    };
    let listed = usages(&field, problems);
    for usage in &listed {
        let outside = ceiling.is_some_and(|ceiling| !ceiling.contains(usage));
        if NEVER.contains(usage) {
            problems.report(&field, format!("`{usage}` is never given to a leaf"));
        } else if outside {
            problems.report(&field, format!("`{usage}` is outside the profile"));
        }
    }
    listed.into_iter().collect()
}

/// A CA that is limited to some purposes gives no others, RFC 5280 4.2.1.12; what nobody wrote is no mistake.
fn refuse_beyond_ca(
    spec: &Object<'_>,
    usages: &BTreeSet<Usage>,
    authority: &Authority,
    problems: &mut Problems,
) {
    let Some(field) = spec.get("usages") else {
        return;
    };
    for ca in authority.chain() {
        let Some(purposes) = &ca.purposes else {
            continue;
        };
        for usage in usages {
            if matches!(usage.meaning(), Meaning::ExtendedKeyUsage { oid, .. } if !purposes.contains(&oid))
            {
                let message = format!("the CA `{}` may not certify `{usage}`", ca.display_name);
                problems.report(&field, message);
            }
        }
    }
}

fn every_usage() -> BTreeSet<Usage> {
    let given = |usage: &Usage| !NEVER.contains(usage) && *usage != Usage::Any;
    Usage::ALL.into_iter().filter(given).collect()
}
