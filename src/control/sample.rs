//! Control zones for table tests: the smallest one that is valid, and one object in it that a test writes.

use std::collections::BTreeMap;

use crate::control::ControlZone;
use crate::control::approval_policy::ApprovalPolicy;
use crate::control::deny_policy::DenyPolicy;
use crate::finding::Finding;
use crate::names::{ObjectId, RepoPath};
use crate::snapshot::Blob;

/// Files that are valid together.
const FILES: [(&str, &str); 5] = [
    (
        "policies/settings.yaml",
        "apiVersion: gitca.dev/v1alpha1\nkind: Settings\nmetadata: {name: settings}\nspec:\n  \
         repository: 7f0c2a94-6a3e-4d0b-9a51-0c8d5a1f2b77\n  branch: main\n  \
         bot: {name: gitca, email: gitca@example.com}\n",
    ),
    (
        "policies/signer.yaml",
        "apiVersion: gitca.dev/v1alpha1\nkind: Signer\nmetadata: {name: tls}\nspec:\n  \
         signerName: example.com/tls\n  caCertificate: ca/tls.pem\n  key: tls-ca\n  \
         templates: [kubeconfig.yaml.j2]\n  clusters: [prod]\n",
    ),
    (
        "policies/cluster.yaml",
        "apiVersion: gitca.dev/v1alpha1\nkind: Cluster\nmetadata: {name: prod}\nspec:\n  \
         server: https://api.prod.example.com:6443\n",
    ),
    (
        "policies/ca/tls.pem",
        include_str!("../../policies/ca/cluster.pem"),
    ),
    ("templates/kubeconfig.yaml.j2", "{{ cert.pem }}\n"),
];

/// Loads the sample with these files added or put in place; an empty text takes a file away.
pub(crate) fn load(changes: &[(&str, &str)]) -> Result<ControlZone, Vec<Finding>> {
    let mut files: BTreeMap<RepoPath, Blob> = BTreeMap::new();
    for (path, text) in FILES.iter().chain(changes) {
        let path: RepoPath = path.parse().unwrap();
        let bytes = text.as_bytes().to_vec();
        files.insert(
            path,
            Blob {
                id: ObjectId([7; 20]),
                bytes,
            },
        );
    }
    files.retain(|_, blob| !blob.bytes.is_empty());
    ControlZone::load(&files)
}

/// A file of this kind, named `x`, with a spec in one line or indented.
pub(crate) fn file(kind: &str, spec: &str) -> String {
    format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: x}}\nspec:\n  {}\n",
        spec.replace('\n', "\n  ")
    )
}

/// An approval policy for everything that allows this.
pub(crate) fn allowing(allowed: &str) -> ApprovalPolicy {
    approving(&format!(
        "{{selector: {{everything: true}}, approvals: none, allowed: {allowed}}}"
    ))
}

/// An approval policy with this spec.
pub(crate) fn approving(spec: &str) -> ApprovalPolicy {
    let text = file("ApprovalPolicy", spec);
    let zone = load(&[("policies/x.yaml", &text)]);
    zone.unwrap_or_else(|findings| panic!("{spec}: {findings:?}"))
        .approval_policies
        .remove(0)
}

/// A deny policy with this spec.
pub(crate) fn denying(spec: &str) -> DenyPolicy {
    denying_among(spec, &[])
}

/// A deny policy with this spec among other files.
pub(crate) fn denying_among(spec: &str, others: &[(&str, &str)]) -> DenyPolicy {
    let text = file("DenyPolicy", spec);
    let mut files = vec![("policies/x.yaml", text.as_str())];
    files.extend(others);
    let zone = load(&files);
    zone.unwrap_or_else(|findings| panic!("{spec}: {findings:?}"))
        .deny_policies
        .remove(0)
}
