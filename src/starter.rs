//! What `gitca init` writes: the example of this repository, with an identity and a CA of the user's own.
//!
//! In come a repository id, the name of the CA's key and the CA certificate; out come the files. They are embedded at
//! build time, so the example in the README, the golden test and a new repository are one and the same. The example's
//! own CA, principals and repository id are never written: they come from public test seeds.

pub mod approval;
pub mod ci;

use std::collections::BTreeMap;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose,
    SerialNumber,
};
use time::OffsetDateTime;

use crate::names::{RepoPath, Serial};
use crate::timestamp::{Lifetime, Timestamp};

// The example's own id and branch, which a new repository must not share.
const EXAMPLE_ID: &str = "7f0c2a94-6a3e-4d0b-9a51-0c8d5a1f2b77";
const EXAMPLE_BRANCH: &str = "branch: main";
// The clock of its tests, at which the example's own CA is in force.
const EXAMPLE_CLOCK: &str = "  # The clock.\n  now: 2030-01-01T00:00:00Z\n";
/// The name that the starter Signer gives its CA's key.
pub const KEY_NAME: &str = "cluster-ca";
/// Where the starter Signer expects the CA certificate.
pub const CA_FILE: &str = "policies/ca/cluster.pem";
// A CA is trusted by every API server that is set up with it: changing it is work, so it lives ten years.
const CA_LIFETIME: Lifetime = Lifetime::from_seconds(10 * 365 * 24 * 60 * 60);
// The same backdating as for leaves: clocks of clients may be behind.
const BACKDATING: Lifetime = Lifetime::from_seconds(5 * 60);

const POLICIES: [(&str, &str); 6] = [
    (
        "policies/settings.yaml",
        include_str!("../policies/settings.yaml"),
    ),
    (
        "policies/signer.yaml",
        include_str!("../policies/signer.yaml"),
    ),
    (
        "policies/cluster.yaml",
        include_str!("../policies/cluster.yaml"),
    ),
    (
        "policies/developers.yaml",
        include_str!("../policies/developers.yaml"),
    ),
    (
        "policies/privileged.yaml",
        include_str!("../policies/privileged.yaml"),
    ),
    (
        "policies/tests/developers.yaml",
        include_str!("../policies/tests/developers.yaml"),
    ),
];
const TEMPLATES: [(&str, &str); 1] = [(
    "templates/kubeconfig.yaml.j2",
    include_str!("../templates/kubeconfig.yaml.j2"),
)];

/// The starter policies with the user's own id, branch, key name and CA certificate.
#[must_use]
pub fn policies(
    repository: &str,
    branch: &str,
    key_name: &str,
    ca_pem: &str,
) -> BTreeMap<RepoPath, Vec<u8>> {
    let mine = |text: &str| {
        text.replace(EXAMPLE_ID, repository)
            .replace(EXAMPLE_BRANCH, &format!("branch: {branch}"))
            .replace(EXAMPLE_CLOCK, "")
            .replace(&format!("key: {KEY_NAME}"), &format!("key: {key_name}"))
            .replace(&format!("--key {KEY_NAME}="), &format!("--key {key_name}="))
    };
    let files = POLICIES
        .iter()
        .map(|(path, text)| (repo_path(path), mine(text).into_bytes()));
    files
        .chain([(repo_path(CA_FILE), ca_pem.as_bytes().to_vec())])
        .collect()
}

/// The starter templates.
#[must_use]
pub fn templates() -> BTreeMap<RepoPath, Vec<u8>> {
    TEMPLATES
        .iter()
        .map(|(path, text)| (repo_path(path), text.as_bytes().to_vec()))
        .collect()
}

fn repo_path(path: &str) -> RepoPath {
    path.parse().expect("the paths above are valid")
}

/// A version 4 UUID, RFC 9562 5.4, from these random octets.
#[must_use]
pub fn uuid(mut octets: [u8; 16]) -> String {
    octets[6] = octets[6] & 0x0f | 0x40;
    octets[8] = octets[8] & 0x3f | 0x80;
    let hex = crate::names::hex(&octets);
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

/// A self-signed CA certificate for this key: CA:TRUE, path length 0, keyCertSign and cRLSign, ten years.
///
/// # Errors
/// When the key can't sign.
pub fn ca_certificate(
    name: &str,
    pair: &KeyPair,
    serial: Serial,
    now: Timestamp,
) -> Result<String, rcgen::Error> {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(SerialNumber::from_slice(serial.octets()));
    params.not_before = date(now.minus(BACKDATING));
    params.not_after = date(now.plus(CA_LIFETIME));
    Ok(params.self_signed(pair)?.pem())
}

fn date(time: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(time.unix())
        .expect("a Timestamp lies between 1970 and 9999")
}
