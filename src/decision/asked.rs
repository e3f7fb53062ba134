//! What a request asks for, as judgement sees it.
//!
//! In come references to the parsed manifest and the parsed CSR; nothing is copied and nothing is left out that a
//! policy could look at. What the requester merely claims (status, user, groups, annotations) is not here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::control::glob::placeholder::Given;
use crate::control::identity::Identity;
use crate::control::profile::Profile;
use crate::decision::values::Values;
use crate::effort::Effort;
use crate::expression::facts::Facts;
use crate::names::{RequestName, SignerName};
use crate::timestamp::Lifetime;
use crate::x509::key::PublicKey;
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::Subject;
use crate::x509::usage::Usage;

/// The plain view that judgement has of a request.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Its path below `requests/`.
    pub request: &'a RequestName,
    /// Who asked.
    pub requester: &'a Identity,
    /// The signer that it is for.
    pub signer_name: &'a SignerName,
    /// The Kubernetes signer whose rules the Signer takes over.
    pub profile: Option<Profile>,
    /// `spec.usages`.
    pub usages: &'a [Usage],
    /// `metadata.labels`, which the requester wrote.
    pub labels: &'a BTreeMap<String, String>,
    /// The subject in the CSR.
    pub subject: &'a Subject,
    /// The subject alternative names in the CSR.
    pub sans: &'a SubjectAltNames,
    /// Subject and names once more, as patterns see them.
    pub values: &'a Values<'a>,
    /// The key in the CSR.
    pub key: &'a PublicKey,
    /// The lifetime that the Signer would grant.
    pub lifetime: Lifetime,
    /// What rules see; `None` when no policy has a rule.
    pub facts: Option<&'a Arc<Facts>>,
    /// Whether `spec.expirationSeconds` is set.
    pub has_expiration: bool,
    /// What may still be done about it.
    pub effort: &'a Effort,
}

impl<'a> Asked<'a> {
    /// What patterns are tried with.
    #[must_use]
    pub fn given(&self) -> Given<'a> {
        Given::new(self.request, self.requester, self.effort)
    }

    /// The same, within other bounds.
    #[must_use]
    pub fn within<'b>(&'b self, effort: &'b Effort) -> Asked<'b> {
        Asked { effort, ..*self }
    }
}

#[cfg(test)]
pub(crate) mod sample {
    //! Requests for table tests: a harmless one, and a word or two to change it.

    use super::*;
    use crate::x509::key::KeyKind;
    use crate::x509::subject::Attribute;

    /// A request that owns what [`Asked`] borrows.
    #[derive(Clone, Debug)]
    pub(crate) struct Sample {
        pub(crate) request: RequestName,
        pub(crate) requester: Identity,
        pub(crate) signer_name: SignerName,
        pub(crate) profile: Option<Profile>,
        pub(crate) usages: Vec<Usage>,
        pub(crate) labels: BTreeMap<String, String>,
        pub(crate) subject: Subject,
        pub(crate) sans: SubjectAltNames,
        pub(crate) key: PublicKey,
        pub(crate) lifetime: Lifetime,
        pub(crate) has_expiration: bool,
    }

    impl Sample {
        /// `shop/web` for `example.com/tls`, an Ed25519 key, a day, nothing else.
        pub(crate) fn new() -> Self {
            Self {
                request: "shop/web".parse().unwrap(),
                requester: Identity::default(),
                signer_name: "example.com/tls".parse().unwrap(),
                profile: None,
                usages: Vec::new(),
                labels: BTreeMap::new(),
                subject: Subject::default(),
                sans: SubjectAltNames::default(),
                key: PublicKey::for_tests(KeyKind::Ed25519),
                lifetime: "24h".parse().unwrap(),
                has_expiration: false,
            }
        }

        pub(crate) fn dns(mut self, names: &[&str]) -> Self {
            let names = names.iter().map(|name| (*name).to_owned());
            self.sans.dns_names.extend(names);
            self
        }

        pub(crate) fn email(mut self, address: &str) -> Self {
            self.sans.email_addresses.push(address.to_owned());
            self
        }

        pub(crate) fn uri(mut self, uri: &str) -> Self {
            self.sans.uris.push(uri.to_owned());
            self
        }

        pub(crate) fn ip(mut self, address: &str) -> Self {
            self.sans.ip_addresses.push(address.parse().unwrap());
            self
        }

        pub(crate) fn subject(mut self, attribute: Attribute, value: &str) -> Self {
            self.subject.push(attribute, value.to_owned());
            self
        }

        pub(crate) fn usage(mut self, usage: &str) -> Self {
            self.usages.push(usage.parse().unwrap());
            self
        }

        pub(crate) fn asked(&self) -> Asked<'_> {
            Asked {
                request: &self.request,
                requester: &self.requester,
                signer_name: &self.signer_name,
                profile: self.profile,
                usages: &self.usages,
                labels: &self.labels,
                subject: &self.subject,
                sans: &self.sans,
                // A test may keep it.
                values: Box::leak(Box::new(Values::of(&self.subject, &self.sans))),
                key: &self.key,
                lifetime: self.lifetime,
                facts: None,
                has_expiration: self.has_expiration,
                effort: Box::leak(Box::new(Effort::of_decision())),
            }
        }
    }
}
