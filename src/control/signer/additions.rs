//! What a Signer adds to certificates: the fields of its file that Kubernetes has no word for.
//!
//! In come the fields; out come values whose syntax is checked, or problems at the fields.

use std::str::FromStr;

use der::oid::ObjectIdentifier;

use crate::control::reading::{choice, distinct};
use crate::x509::additions::KeyIdMethod;
use crate::yaml::{Field, Object, Problems, Value};

const SCHEMES: [&str; 3] = ["http://", "https://", "ldap://"];

/// An object identifier in dotted notation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Oid(ObjectIdentifier);

impl FromStr for Oid {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        ObjectIdentifier::new(text)
            .map(Self)
            .map_err(|_| "is no object identifier such as `1.3.6.1.4.1.99999.1`".into())
    }
}

/// Where a CRL can be fetched.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Url(String);

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = |scheme: &&str| text.len() > scheme.len() && text.starts_with(*scheme);
        let plain = text.bytes().all(|octet| octet.is_ascii_graphic());
        if SCHEMES.iter().any(known) && plain {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be an http, https or ldap URL of printable ASCII".into())
        }
    }
}

/// `subjectKeyIdentifier`.
pub(super) fn read_key_id(spec: &Object<'_>, problems: &mut Problems) -> KeyIdMethod {
    let words = [
        ("none", KeyIdMethod::None),
        ("sha1", KeyIdMethod::Sha1),
        ("sha256", KeyIdMethod::Sha256),
    ];
    let field = spec.get("subjectKeyIdentifier");
    field
        .and_then(|field| choice(&field, &words, problems))
        .unwrap_or_default()
}

/// `certificatePolicies`; an empty list is none.
pub(super) fn read_policies(spec: &Object<'_>, problems: &mut Problems) -> Vec<ObjectIdentifier> {
    let field = spec.get("certificatePolicies").filter(has_elements);
    let oids: Vec<Oid> = field.map_or_else(Vec::new, |field| distinct(&field, problems));
    oids.into_iter().map(|Oid(oid)| oid).collect()
}

/// `crl.distributionPoints`; an empty list is none.
pub(super) fn read_distribution_points(crl: &Object<'_>, problems: &mut Problems) -> Vec<String> {
    let field = crl.get("distributionPoints").filter(has_elements);
    let urls: Vec<Url> = field.map_or_else(Vec::new, |field| distinct(&field, problems));
    urls.into_iter().map(|Url(url)| url).collect()
}

fn has_elements(field: &Field<'_>) -> bool {
    !matches!(&field.node.value, Value::List(nodes) if nodes.is_empty())
}
