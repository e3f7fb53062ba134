//! A control zone that admits whatever is legal, so that only what is fixed stands between a request and its certificate.
//!
//! Its CA has the key of the seed `ca`. Tests put files of their own beside it, or in place of its files.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use gitca::control::ControlZone;
use gitca::names::{ObjectId, RepoPath, Serial, Sha256Digest};
use gitca::snapshot::Blob;
use gitca::starter;
use gitca::timestamp::Timestamp;

use crate::seeds::seeded_key;

/// The signer name of the CA that has no profile.
pub(crate) const SIGNER: &str = "example.com/wide";
/// The clock.
pub(crate) const NOW: &str = "2030-01-01T00:00:00Z";
/// The cluster of its kubeconfigs.
pub(crate) const CLUSTER: &str = "apiVersion: gitca.dev/v1alpha1\nkind: Cluster\nmetadata: {name: kubernetes}\nspec:\n  \
     server: https://kubernetes.example.com:6443\n  certificateAuthority: ca/cluster.pem\n";

const SETTINGS: &str = "apiVersion: gitca.dev/v1alpha1\nkind: Settings\nmetadata: {name: settings}\nspec:\n  \
     repository: 7f0c2a94-6a3e-4d0b-9a51-0c8d5a1f2b77\n  branch: main\n  bot: {name: gitca, email: gitca@example.com}\n";
const WIDE: &str = "apiVersion: gitca.dev/v1alpha1\nkind: ApprovalPolicy\nmetadata: {name: wide}\nspec:\n  \
     selector: {everything: true}\n  allowed:\n    subject:\n      commonName: {any: true}\n      organizations: {any: true}\n      \
     organizationalUnits: {any: true}\n      countries: {any: true}\n      localities: {any: true}\n      \
     provinces: {any: true}\n      streetAddresses: {any: true}\n      postalCodes: {any: true}\n      \
     serialNumber: {any: true}\n    \
     dnsNames: {any: true, wildcardCertificates: allow, underscores: allow}\n    ipAddresses: {any: true}\n    \
     uris: {any: true}\n    emailAddresses: {any: true}\n    \
     usages: [client auth, server auth, digital signature, key encipherment, any]\n  approvals: none\n";

/// The clock of the tests.
pub(crate) fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

/// A blob of these bytes.
pub(crate) fn blob(bytes: &[u8]) -> Blob {
    let digest = Sha256Digest::of(bytes).to_string();
    let id = digest.as_bytes().first_chunk().expect("64 digits");
    Blob {
        id: ObjectId(*id),
        bytes: bytes.to_vec(),
    }
}

/// A Signer for this name, with lines added to its spec.
pub(crate) fn signer(name: &str, signer_name: &str, more: &str) -> String {
    format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: Signer\nmetadata: {{name: {name}}}\nspec:\n  signerName: {signer_name}\n  \
         caCertificate: ca/cluster.pem\n  key: cluster-ca\n{more}"
    )
}

/// The CA's certificate, from this time on.
pub(crate) fn ca(begins: Timestamp) -> String {
    let serial = Serial::from_random([7; Serial::OCTETS]).expect("not zero");
    starter::ca_certificate("ca", &seeded_key("ca"), serial, begins).expect("a CA")
}

/// The files of the zone, with these added or put in place of those of the same name.
pub(crate) fn files(more: &[(&str, &[u8])]) -> BTreeMap<RepoPath, Blob> {
    let wide = signer(
        "wide",
        SIGNER,
        "  usages: [client auth, server auth, digital signature, key encipherment, any]\n  \
         limits: {sans: 1000, nameLength: 255}\n  templates: [kubeconfig.yaml.j2]\n  clusters: [kubernetes]\n",
    );
    let users = signer("users", "kubernetes.io/kube-apiserver-client", "");
    let ca = ca(now());
    let kubeconfig = include_str!("../../templates/kubeconfig.yaml.j2");
    let mut files = BTreeMap::new();
    for (path, bytes) in [
        ("policies/settings.yaml", SETTINGS.as_bytes()),
        ("policies/cluster.yaml", CLUSTER.as_bytes()),
        ("policies/wide.yaml", WIDE.as_bytes()),
        ("policies/signer.yaml", wide.as_bytes()),
        ("policies/users.yaml", users.as_bytes()),
        ("policies/ca/cluster.pem", ca.as_bytes()),
        ("templates/kubeconfig.yaml.j2", kubeconfig.as_bytes()),
    ]
    .iter()
    .chain(more)
    {
        files.insert(path.parse().expect("a path"), blob(bytes));
    }
    files
}

/// The zone with these files.
#[track_caller]
pub(crate) fn zone(more: &[(&str, &[u8])]) -> ControlZone {
    ControlZone::load(&files(more)).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// A manifest of that name with this PKCS#10 in PEM.
pub(crate) fn manifest(name: &str, signer_name: &str, usages: &str, pem: &[u8]) -> String {
    format!(
        "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: {name}}}\nspec:\n  \
         signerName: {signer_name}\n  usages: [{usages}]\n  request: {}\n",
        STANDARD.encode(pem)
    )
}
