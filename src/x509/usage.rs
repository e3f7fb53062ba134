//! The usages of Kubernetes' `KeyUsage` type and the bits and OIDs they stand for.
//!
//! In come the literal strings of `spec.usages`; out come enum values with their KeyUsage bit (RFC 5280 4.2.1.3) or
//! their KeyPurposeId and its rank in Go's extKeyUsage order (RFC 5280 4.2.1.12).

use std::fmt;
use std::str::FromStr;

use der::oid::ObjectIdentifier;

use crate::names::NameError;

/// One usage, by its literal Kubernetes name. Two of them may mean the same bit or OID and are still not equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    missing_docs,
    reason = "each is the Kubernetes usage of the same words"
)]
pub enum Usage {
    Signing,
    DigitalSignature,
    ContentCommitment,
    KeyEncipherment,
    KeyAgreement,
    DataEncipherment,
    CertSign,
    CrlSign,
    EncipherOnly,
    DecipherOnly,
    Any,
    ServerAuth,
    ClientAuth,
    CodeSigning,
    EmailProtection,
    SMime,
    IpsecEndSystem,
    IpsecTunnel,
    IpsecUser,
    Timestamping,
    OcspSigning,
    MicrosoftSgc,
    NetscapeSgc,
}

/// What a usage adds to a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The bit of KeyUsage with this number, digitalSignature being 0.
    KeyUsage(u8),
    /// A KeyPurposeId and its rank in the order that Go writes them.
    ExtendedKeyUsage {
        /// Ascending in the certificate.
        rank: u8,
        /// The KeyPurposeId.
        oid: ObjectIdentifier,
    },
}

// RFC 5280 4.2.1.12: anyExtendedKeyUsage, id-kp.
const ANY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
const ID_KP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3");
const MICROSOFT_SGC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.10.3.3");
const NETSCAPE_SGC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113730.4.1");

impl Usage {
    /// All 23, in the order that Kubernetes lists them.
    pub const ALL: [Self; 23] = [
        Self::Signing,
        Self::DigitalSignature,
        Self::ContentCommitment,
        Self::KeyEncipherment,
        Self::KeyAgreement,
        Self::DataEncipherment,
        Self::CertSign,
        Self::CrlSign,
        Self::EncipherOnly,
        Self::DecipherOnly,
        Self::Any,
        Self::ServerAuth,
        Self::ClientAuth,
        Self::CodeSigning,
        Self::EmailProtection,
        Self::SMime,
        Self::IpsecEndSystem,
        Self::IpsecTunnel,
        Self::IpsecUser,
        Self::Timestamping,
        Self::OcspSigning,
        Self::MicrosoftSgc,
        Self::NetscapeSgc,
    ];

    /// The literal string of Kubernetes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::DigitalSignature => "digital signature",
            Self::ContentCommitment => "content commitment",
            Self::KeyEncipherment => "key encipherment",
            Self::KeyAgreement => "key agreement",
            Self::DataEncipherment => "data encipherment",
            Self::CertSign => "cert sign",
            Self::CrlSign => "crl sign",
            Self::EncipherOnly => "encipher only",
            Self::DecipherOnly => "decipher only",
            Self::Any => "any",
            Self::ServerAuth => "server auth",
            Self::ClientAuth => "client auth",
            Self::CodeSigning => "code signing",
            Self::EmailProtection => "email protection",
            Self::SMime => "s/mime",
            Self::IpsecEndSystem => "ipsec end system",
            Self::IpsecTunnel => "ipsec tunnel",
            Self::IpsecUser => "ipsec user",
            Self::Timestamping => "timestamping",
            Self::OcspSigning => "ocsp signing",
            Self::MicrosoftSgc => "microsoft sgc",
            Self::NetscapeSgc => "netscape sgc",
        }
    }

    /// The bit or OID that it puts into a certificate.
    #[must_use]
    pub fn meaning(self) -> Meaning {
        match self {
            Self::Signing | Self::DigitalSignature => Meaning::KeyUsage(0),
            Self::ContentCommitment => Meaning::KeyUsage(1),
            Self::KeyEncipherment => Meaning::KeyUsage(2),
            Self::DataEncipherment => Meaning::KeyUsage(3),
            Self::KeyAgreement => Meaning::KeyUsage(4),
            Self::CertSign => Meaning::KeyUsage(5),
            Self::CrlSign => Meaning::KeyUsage(6),
            Self::EncipherOnly => Meaning::KeyUsage(7),
            Self::DecipherOnly => Meaning::KeyUsage(8),
            Self::Any => Meaning::ExtendedKeyUsage { rank: 0, oid: ANY },
            Self::ServerAuth => purpose(1),
            Self::ClientAuth => purpose(2),
            Self::CodeSigning => purpose(3),
            Self::EmailProtection | Self::SMime => purpose(4),
            Self::IpsecEndSystem => purpose(5),
            Self::IpsecTunnel => purpose(6),
            Self::IpsecUser => purpose(7),
            Self::Timestamping => purpose(8),
            Self::OcspSigning => purpose(9),
            Self::MicrosoftSgc => Meaning::ExtendedKeyUsage {
                rank: 10,
                oid: MICROSOFT_SGC,
            },
            Self::NetscapeSgc => Meaning::ExtendedKeyUsage {
                rank: 11,
                oid: NETSCAPE_SGC,
            },
        }
    }
}

/// The purposes below id-kp have the rank of their arc.
fn purpose(arc: u8) -> Meaning {
    let oid = ID_KP
        .push_arc(u32::from(arc))
        .expect("an OID of nine arcs fits");
    Meaning::ExtendedKeyUsage { rank: arc, oid }
}

impl FromStr for Usage {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let usage = Self::ALL.into_iter().find(|usage| usage.as_str() == text);
        usage.ok_or_else(|| NameError::new(format!("`{text}` is not a usage of Kubernetes")))
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Usage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
