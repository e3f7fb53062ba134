//! The built-in signers of Kubernetes whose rules a Signer can take over.
//!
//! In comes the name of a Kubernetes signer; out comes a [`Profile`] with the usages it lets through. The rules about
//! subject and names are judged elsewhere; here is only what a policy file can be checked against.

use crate::x509::usage::Usage;

/// A signer of kube-controller-manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// `kubernetes.io/kube-apiserver-client`.
    KubeApiserverClient,
    /// `kubernetes.io/kube-apiserver-client-kubelet`.
    KubeApiserverClientKubelet,
    /// `kubernetes.io/kubelet-serving`.
    KubeletServing,
    /// `kubernetes.io/legacy-unknown`, which has no rules.
    LegacyUnknown,
}

impl Profile {
    /// All four and their names.
    pub const ALL: [(&'static str, Self); 4] = [
        (
            "kubernetes.io/kube-apiserver-client",
            Self::KubeApiserverClient,
        ),
        (
            "kubernetes.io/kube-apiserver-client-kubelet",
            Self::KubeApiserverClientKubelet,
        ),
        ("kubernetes.io/kubelet-serving", Self::KubeletServing),
        ("kubernetes.io/legacy-unknown", Self::LegacyUnknown),
    ];

    /// The name of the Kubernetes signer.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KubeApiserverClient => "kubernetes.io/kube-apiserver-client",
            Self::KubeApiserverClientKubelet => "kubernetes.io/kube-apiserver-client-kubelet",
            Self::KubeletServing => "kubernetes.io/kubelet-serving",
            Self::LegacyUnknown => "kubernetes.io/legacy-unknown",
        }
    }

    /// The usages that requests for this signer may have; `None` when it has no rules.
    #[must_use]
    pub fn usages(self) -> Option<[Usage; 3]> {
        let purpose = match self {
            Self::KubeApiserverClient | Self::KubeApiserverClientKubelet => Usage::ClientAuth,
            Self::KubeletServing => Usage::ServerAuth,
            Self::LegacyUnknown => return None,
        };
        Some([purpose, Usage::DigitalSignature, Usage::KeyEncipherment])
    }

    /// Whether it is one of the two that certify kubelets, whose identity is fixed by their rules.
    #[must_use]
    pub fn is_kubelet(self) -> bool {
        matches!(
            self,
            Self::KubeApiserverClientKubelet | Self::KubeletServing
        )
    }
}
