//! Public keys of subjects and CAs: their kind, their SubjectPublicKeyInfo, and why one is too weak to certify.
//!
//! In comes the DER of a SubjectPublicKeyInfo (RFC 5280 4.1.2.7); out comes a [`PublicKey`], or the reason why it is
//! none. Only keys that are well formed and strong become values.

use std::fmt;
use std::str::FromStr;

use crate::names::{NameError, Sha256Digest};

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

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
            Self::Ecdsa(curve) => write!(f, "ECDSA {curve}"),
            Self::Ed25519 => f.write_str("Ed25519"),
        }
    }
}

/// A public key that is well formed and strong enough to certify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    spki: Vec<u8>,
    kind: KeyKind,
    digest: Sha256Digest,
}

impl PublicKey {
    /// The DER of its SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// What kind of key it is.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// SHA-256 of the SubjectPublicKeyInfo, which names the key in `issued/_keys/`.
    #[must_use]
    pub fn digest(&self) -> Sha256Digest {
        self.digest
    }
}
