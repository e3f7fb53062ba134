//! Kubernetes signer names.
//!
//! In comes `<domain>/<path>`; out comes a [`SignerName`], by the rules that the API server has for `spec.signerName`
//! of a CertificateSigningRequest.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::names::dns::{LABEL_OCTETS, NameError, SUBDOMAIN_OCTETS, is_label_of_any_length};

// Kubernetes' bound: a domain, a slash, a namespace of one label, a dot and a name.
const SIGNER_NAME_OCTETS: usize = SUBDOMAIN_OCTETS + 1 + LABEL_OCTETS + 1 + SUBDOMAIN_OCTETS;

/// A Kubernetes signer name, `<domain>/<path>`, by the syntax that the API server checks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SignerName(String);

impl SignerName {
    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Kubernetes keeps the name for itself: its domain is `kubernetes.io` or below it.
    #[must_use]
    pub fn is_kubernetes(&self) -> bool {
        let domain = self.0.split('/').next().unwrap_or_default();
        domain == "kubernetes.io" || domain.ends_with(".kubernetes.io")
    }
}

impl FromStr for SignerName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let Some((domain, path)) = text.split_once('/').filter(|(_, path)| !path.contains('/'))
        else {
            return Err(NameError::new(
                "must be `<domain>/<path>` with exactly one `/`",
            ));
        };
        check_signer_domain(domain)?;
        let piece = |piece: &str| piece.len() <= SUBDOMAIN_OCTETS && is_label_of_any_length(piece);
        if text.len() > SIGNER_NAME_OCTETS || !path.split('.').all(piece) {
            return Err(NameError::new(format!(
                "must have a path of lower-case DNS-1123 pieces after the `/`, not `{path}`"
            )));
        }
        Ok(Self(text.to_owned()))
    }
}

fn check_signer_domain(domain: &str) -> Result<(), NameError> {
    let labels: Vec<&str> = domain.split('.').collect();
    let valid = |label: &&str| label.len() <= LABEL_OCTETS && is_label_of_any_length(label);
    if domain.len() > SUBDOMAIN_OCTETS || !labels.iter().all(valid) {
        return Err(NameError::new(format!(
            "must begin with a lower-case DNS name, not `{domain}`"
        )));
    }
    if labels.len() < 2 {
        return Err(NameError::new(format!(
            "must begin with a domain of at least two labels, not `{domain}`"
        )));
    }
    Ok(())
}

impl fmt::Display for SignerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
