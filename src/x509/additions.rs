//! Extensions that a Signer may add and kube-controller-manager never writes.
//!
//! In comes what the Signer's file says and the subject's key; out come [`Additions`], none by default, and the DER of
//! their extension values. None is critical. They stand where Go's `crypto/x509` puts them among the others.

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use der::Encode as _;
use der::asn1::{Ia5String, OctetString};
use der::oid::ObjectIdentifier;
use x509_cert::ext::pkix::certpolicy::{CertificatePolicies, PolicyInformation};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{CrlDistributionPoints, SubjectKeyIdentifier};

use crate::x509::key::PublicKey;

// RFC 7093 2: the leftmost 160 bits.
const KEY_ID_OCTETS: usize = 20;

/// How a subject key identifier is made of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyIdMethod {
    /// There is none, as from kube-controller-manager.
    #[default]
    None,
    /// RFC 5280 4.2.1.2, method 1: SHA-1 of the key's bits.
    Sha1,
    /// RFC 7093 2, method 1: the first 160 bits of SHA-256 of the key's bits.
    Sha256,
}

impl KeyIdMethod {
    /// The identifier of this key; `None` when certificates shall have none.
    #[must_use]
    pub fn identify(self, key: &PublicKey) -> Option<Vec<u8>> {
        let algorithm = match self {
            Self::None => return None,
            Self::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &SHA256,
        };
        let digest = digest::digest(algorithm, key.bits());
        Some(digest.as_ref()[..KEY_ID_OCTETS].to_vec())
    }
}

/// What is added to a certificate beyond what Kubernetes writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Additions {
    /// The identifier of the subject's key, RFC 5280 4.2.1.2.
    pub subject_key_id: Option<Vec<u8>>,
    /// The policies under which it is issued, without qualifiers, RFC 5280 4.2.1.4.
    pub policies: Vec<ObjectIdentifier>,
    /// Where its CRL is, RFC 5280 4.2.1.13.
    pub distribution_points: Vec<String>,
}

impl Additions {
    /// The value of `subjectKeyIdentifier`.
    pub(crate) fn encode_key_id(&self) -> der::Result<Option<Vec<u8>>> {
        let encode = |id: &Vec<u8>| SubjectKeyIdentifier(OctetString::new(id.clone())?).to_der();
        self.subject_key_id.as_ref().map(encode).transpose()
    }

    /// The value of `certificatePolicies`.
    pub(crate) fn encode_policies(&self) -> der::Result<Option<Vec<u8>>> {
        let without_qualifiers = |oid: &ObjectIdentifier| PolicyInformation {
            policy_identifier: *oid,
            policy_qualifiers: None,
        };
        let policies: Vec<_> = self.policies.iter().map(without_qualifiers).collect();
        let some = (!policies.is_empty()).then(|| CertificatePolicies(policies).to_der());
        some.transpose()
    }

    /// The value of `cRLDistributionPoints`: one point for each URL, as Go writes them.
    pub(crate) fn encode_distribution_points(&self) -> der::Result<Option<Vec<u8>>> {
        let point = |url: &String| {
            let name = GeneralName::UniformResourceIdentifier(Ia5String::new(url)?);
            Ok(DistributionPoint {
                distribution_point: Some(DistributionPointName::FullName(vec![name])),
                reasons: None,
                crl_issuer: None,
            })
        };
        let points: Vec<_> = self
            .distribution_points
            .iter()
            .map(point)
            .collect::<der::Result<_>>()?;
        let some = (!points.is_empty()).then(|| CrlDistributionPoints(points).to_der());
        some.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::key::KeyKind;

    #[test]
    fn values_are_the_der_of_rfc_5280() {
        let additions = Additions {
            subject_key_id: Some(vec![0xab; 2]),
            policies: vec![
                ObjectIdentifier::new_unwrap("1.2.3"),
                ObjectIdentifier::new_unwrap("1.2.4"),
            ],
            distribution_points: vec!["http://a".into(), "ldap://b".into()],
        };
        assert_eq!(
            additions.encode_key_id().unwrap().unwrap(),
            [0x04, 2, 0xab, 0xab]
        );
        assert_eq!(
            additions.encode_policies().unwrap().unwrap(),
            [
                0x30, 12, 0x30, 4, 0x06, 2, 0x2a, 3, 0x30, 4, 0x06, 2, 0x2a, 4
            ]
        );
        let point = |url: &[u8]| [&[0x30, 14, 0xa0, 12, 0xa0, 10, 0x86, 8][..], url].concat();
        let points = [vec![0x30, 32], point(b"http://a"), point(b"ldap://b")].concat();
        assert_eq!(
            additions.encode_distribution_points().unwrap().unwrap(),
            points
        );
    }

    #[test]
    fn nothing_is_added_by_default() {
        let additions = Additions::default();
        assert_eq!(additions.encode_key_id().unwrap(), None);
        assert_eq!(additions.encode_policies().unwrap(), None);
        assert_eq!(additions.encode_distribution_points().unwrap(), None);
        let key = PublicKey::for_tests(KeyKind::Ed25519);
        assert_eq!(KeyIdMethod::None.identify(&key), None);
    }
}
