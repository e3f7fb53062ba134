//! The kinds of keys that are certified.
//!
//! In come the names that policies write (`P-256`); out come enums that say what a key is, by which policies judge and
//! signatures are verified. A kind that is not here can't be certified (RFC 3279, RFC 5480, RFC 8410).

use std::fmt;
use std::str::FromStr;

use der::oid::ObjectIdentifier;

use crate::names::NameError;

// RFC 5480 2.1.1.1.
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
/// A named curve of SEC 2 that Kubernetes and gitca certify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Curve {
    /// NIST P-256, secp256r1.
    P256,
    /// NIST P-384, secp384r1.
    P384,
    /// NIST P-521, secp521r1.
    P521,
}

impl Curve {
    /// All three, smallest first.
    pub const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// Its object identifier.
    pub(super) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => P256,
            Self::P384 => P384,
            Self::P521 => P521,
        }
    }

    /// The length of an uncompressed point, SEC 1 2.3.3.
    pub(super) fn point_octets(self) -> usize {
        match self {
            Self::P256 => 65,
            Self::P384 => 97,
            Self::P521 => 133,
        }
    }
}

impl FromStr for Curve {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let curve = Self::ALL
            .into_iter()
            .find(|curve| curve.to_string() == text);
        curve.ok_or_else(|| NameError::new("must be `P-256`, `P-384` or `P-521`"))
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        })
    }
}

/// What kind of key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// RSA with a modulus of so many bits.
    Rsa {
        /// The length of the modulus.
        bits: u32,
    },
    /// ECDSA on this curve.
    Ecdsa(Curve),
    /// Ed25519, RFC 8410.
    Ed25519,
}

impl KeyKind {
    /// `RSA`, `ECDSA` or `Ed25519`.
    #[must_use]
    pub fn algorithm(self) -> &'static str {
        match self {
            Self::Rsa { .. } => "RSA",
            Self::Ecdsa(_) => "ECDSA",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// The curve of an ECDSA key.
    #[must_use]
    pub fn curve(self) -> Option<Curve> {
        match self {
            Self::Ecdsa(curve) => Some(curve),
            Self::Rsa { .. } | Self::Ed25519 => None,
        }
    }

    /// The length of the modulus of an RSA key.
    #[must_use]
    pub fn bits(self) -> Option<u32> {
        match self {
            Self::Rsa { bits } => Some(bits),
            Self::Ecdsa(_) | Self::Ed25519 => None,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
            Self::Ecdsa(curve) => write!(f, "ECDSA {curve}"),
            Self::Ed25519 => f.write_str("Ed25519"),
        }
    }
}
