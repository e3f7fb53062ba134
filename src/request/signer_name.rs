//! The syntax of `spec.signerName`, error by error as Kubernetes reports it.
//!
//! In comes the text; out come all its faults with Kubernetes' codes, or the name. A name is `<domain>/<path>`: a DNS
//! name of at least two labels and a path of DNS-1123 pieces.

use crate::finding::{Code, Reason};
use crate::names::{NameError, SignerName, is_label_of_any_length};

// RFC 1035 2.3.4, as Kubernetes bounds a label and a subdomain.
const LABEL_OCTETS: usize = 63;
const DOMAIN_OCTETS: usize = 253;
// Kubernetes' sum: a domain, a slash, a namespace of one label, a dot, a name.
const NAME_OCTETS: usize = DOMAIN_OCTETS + 1 + LABEL_OCTETS + 1 + DOMAIN_OCTETS;
const LABEL: &str =
    "must be lower-case letters, digits and `-`, with a letter or digit at both ends";

/// The faults of a text in the order of Kubernetes, without field and place.
pub(super) fn check(text: &str) -> Result<SignerName, Vec<Reason>> {
    let Some((domain, path)) = text.split_once('/').filter(|(_, path)| !path.contains('/')) else {
        let message = "must be `<domain>/<path>` with exactly one `/`";
        return Err(vec![invalid(message, text)]);
    };
    let mut reasons = domain_faults(domain);
    if !path
        .split('.')
        .all(|piece| piece.len() <= DOMAIN_OCTETS && is_label_of_any_length(piece))
    {
        reasons.push(invalid(format!("each part of the path {LABEL}"), path));
    }
    if text.len() > NAME_OCTETS {
        reasons.push(too_long(NAME_OCTETS, text));
    }
    if !reasons.is_empty() {
        return Err(reasons);
    }
    text.parse()
        .map_err(|error: NameError| vec![invalid(error.to_string(), text)])
}

fn domain_faults(domain: &str) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if domain.len() > DOMAIN_OCTETS {
        reasons.push(too_long(DOMAIN_OCTETS, domain));
    }
    let faults = domain.split('.').map(label_faults);
    let first = faults.into_iter().find(|faults| !faults.is_empty());
    for fault in first.unwrap_or_default() {
        reasons.push(invalid(fault, domain));
    }
    if !domain.contains('.') {
        reasons.push(invalid("the domain must have at least two labels", domain));
    }
    reasons
}

fn label_faults(label: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if label.len() > LABEL_OCTETS {
        faults.push(format!(
            "each label of the domain must have at most {LABEL_OCTETS} characters"
        ));
    }
    if !is_label_of_any_length(label) {
        faults.push(format!("each label of the domain {LABEL}"));
    }
    faults
}

fn invalid(message: impl Into<String>, value: &str) -> Reason {
    Reason::new(Code::FieldValueInvalid, message).value(value)
}

fn too_long(limit: usize, value: &str) -> Reason {
    let message = format!("must have at most {limit} characters");
    Reason::new(Code::FieldValueTooLong, message).value(value)
}
