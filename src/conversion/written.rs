//! An ApprovalPolicy as it is written out, its keys in the order in which people write them.
//!
//! In come the parts that were converted; out comes what serde writes as the YAML of an ApprovalPolicy, without keys
//! that say nothing. It is the form alone; what goes into it is for the other files of the conversion.

use serde::Serialize;

use crate::control::document::API_VERSION;
use crate::x509::subject::Attribute;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Policy {
    api_version: &'static str,
    kind: &'static str,
    metadata: Head,
    spec: Spec,
}

#[derive(Debug, Serialize)]
pub(super) struct Head {
    pub(super) name: String,
}

impl Policy {
    pub(super) fn new(name: &str, spec: Spec) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "ApprovalPolicy",
            metadata: Head {
                name: name.to_owned(),
            },
            spec,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Spec {
    pub(super) description: String,
    pub(super) selector: Selector,
    pub(super) allowed: Allowed,
    #[serde(skip_serializing_if = "Constraints::is_empty")]
    pub(super) constraints: Constraints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) validations: Vec<Validation>,
    pub(super) approvals: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Selector {
    pub(super) signer_names: Vec<Name>,
    pub(super) requesters: People,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Name {
    Exact(String),
    Glob { glob: String },
}

#[derive(Debug, Serialize)]
pub(super) struct People {
    pub(super) groups: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Allowed {
    #[serde(skip_serializing_if = "Subject::is_empty")]
    pub(super) subject: Subject,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dns_names: Option<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ip_addresses: Option<AddressRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uris: Option<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email_addresses: Option<Rule>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) usages: Vec<String>,
}

/// Rules by attribute, in the order of [`Attribute::ALL`].
#[derive(Debug, Default)]
pub(super) struct Subject(Vec<(Attribute, Rule)>);

impl Subject {
    pub(super) fn set(&mut self, attribute: Attribute, rule: Rule) {
        self.0.push((attribute, rule));
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Subject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .iter()
                .map(|(attribute, rule)| (attribute.name(), rule)),
        )
    }
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) any: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) values: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crossing: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wildcard_certificates: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) underscores: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) required: Option<bool>,
}

impl Rule {
    pub(super) fn is_nothing(&self) -> bool {
        self.any.is_none() && self.values.is_empty()
    }
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Entry {
    Glob(String),
    Exact { exact: String },
    Regex { regex: String },
}

#[derive(Debug, Default, Serialize)]
pub(super) struct AddressRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) any: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) cidrs: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) required: Option<bool>,
}

impl AddressRule {
    pub(super) fn is_nothing(&self) -> bool {
        self.any.is_none() && self.cidrs.is_empty()
    }
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Constraints {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duration: Option<Duration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) keys: Option<Vec<KeyType>>,
}

impl Constraints {
    fn is_empty(&self) -> bool {
        self.duration.is_none() && self.keys.is_none()
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Duration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max: Option<String>,
    pub(super) required: bool,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum KeyType {
    Rsa { rsa: Lengths },
    Ecdsa { ecdsa: Curves },
    Ed25519(&'static str),
}

#[derive(Debug, Serialize)]
pub(super) struct Lengths {
    bits: Vec<i64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Curves {
    curves: Vec<&'static str>,
}

impl KeyType {
    pub(super) fn rsa(bits: Vec<i64>) -> Self {
        Self::Rsa {
            rsa: Lengths { bits },
        }
    }

    pub(super) fn ecdsa(curves: Vec<&'static str>) -> Self {
        Self::Ecdsa {
            ecdsa: Curves { curves },
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Validation {
    pub(super) name: String,
    pub(super) rule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
}

impl Validation {
    pub(super) fn new(name: &str, rule: String) -> Self {
        Self {
            name: name.to_owned(),
            rule,
            message: None,
        }
    }
}
