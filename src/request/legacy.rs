//! What `certificates.k8s.io/v1beta1` filled in when a request left it out.
//!
//! In come the parts of a request; out come the usages and the signer name that the API server of that version would
//! have stored. `v1` has no defaults. The usages come first, so a request with neither always asks the legacy signer.

use std::collections::BTreeSet;

use crate::names::SignerName;
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::Subject;
use crate::x509::usage::Usage;

const KUBELET_CLIENT: &str = "kubernetes.io/kube-apiserver-client-kubelet";
const KUBELET_SERVING: &str = "kubernetes.io/kubelet-serving";
const UNKNOWN: &str = "kubernetes.io/legacy-unknown";

pub(super) fn default_usages() -> Vec<Usage> {
    vec![Usage::DigitalSignature, Usage::KeyEncipherment]
}

pub(super) fn default_signer_name(
    subject: &Subject,
    sans: &SubjectAltNames,
    usages: &[Usage],
) -> SignerName {
    let names_node = subject.organizations() == ["system:nodes"]
        && subject
            .common_name()
            .is_some_and(|name| name.starts_with("system:node:"));
    let name = if names_node && sans.is_empty() && is_for(Usage::ClientAuth, usages) {
        KUBELET_CLIENT
    } else if names_node && serves(sans) && is_for(Usage::ServerAuth, usages) {
        KUBELET_SERVING
    } else {
        UNKNOWN
    };
    name.parse().expect("the names above are signer names")
}

fn serves(sans: &SubjectAltNames) -> bool {
    let hosts = !sans.dns_names.is_empty() || !sans.ip_addresses.is_empty();
    hosts && sans.email_addresses.is_empty() && sans.uris.is_empty()
}

/// Whether the usages are exactly this purpose with `digital signature`, and `key encipherment` or not.
fn is_for(purpose: Usage, usages: &[Usage]) -> bool {
    let mut rest: BTreeSet<Usage> = usages.iter().copied().collect();
    rest.remove(&Usage::KeyEncipherment);
    rest == BTreeSet::from([purpose, Usage::DigitalSignature])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::subject::Attribute;

    fn node(common_name: &str, organizations: &[&str]) -> Subject {
        let mut subject = Subject::default();
        for organization in organizations {
            subject.push(Attribute::Organization, (*organization).to_owned());
        }
        subject.push(Attribute::CommonName, common_name.to_owned());
        subject
    }

    fn dns(names: &[&str]) -> SubjectAltNames {
        SubjectAltNames {
            dns_names: names.iter().map(|name| (*name).to_owned()).collect(),
            ..SubjectAltNames::default()
        }
    }

    #[test]
    fn a_v1beta1_request_without_signer_asks_the_one_that_its_shape_names() {
        use Usage::{ClientAuth, DigitalSignature, KeyEncipherment, ServerAuth};
        let kubelet = || node("system:node:a", &["system:nodes"]);
        for (subject, sans, usages, expected) in [
            (
                kubelet(),
                dns(&[]),
                vec![DigitalSignature, ClientAuth],
                KUBELET_CLIENT,
            ),
            (
                kubelet(),
                dns(&[]),
                vec![ClientAuth, KeyEncipherment, DigitalSignature],
                KUBELET_CLIENT,
            ),
            (
                kubelet(),
                dns(&["a"]),
                vec![DigitalSignature, ClientAuth],
                UNKNOWN,
            ),
            (
                kubelet(),
                dns(&["a"]),
                vec![DigitalSignature, ServerAuth],
                KUBELET_SERVING,
            ),
            (
                kubelet(),
                dns(&[]),
                vec![DigitalSignature, ServerAuth],
                UNKNOWN,
            ),
            (kubelet(), dns(&[]), vec![ClientAuth], UNKNOWN),
            (kubelet(), dns(&[]), default_usages(), UNKNOWN),
            (
                node("jane", &["system:nodes"]),
                dns(&[]),
                vec![DigitalSignature, ClientAuth],
                UNKNOWN,
            ),
            (
                node("system:node:a", &["system:nodes", "system:nodes"]),
                dns(&[]),
                vec![DigitalSignature, ClientAuth],
                UNKNOWN,
            ),
        ] {
            let name = default_signer_name(&subject, &sans, &usages);
            assert_eq!(name.as_str(), expected, "{subject:?} {sans:?} {usages:?}");
        }
    }
}
