//! Public keys of subjects and CAs: their kind, their SubjectPublicKeyInfo, and why one is too weak to certify.
//!
//! In comes the DER of a SubjectPublicKeyInfo (RFC 5280 4.1.2.7); out comes a [`PublicKey`], or the reason why it is
//! none. Only keys that are well formed and strong become values, and what they verify is decided by their kind. What
//! only the repository can tell (a shared prime, a CA's key, a key used before) is not asked here.

use aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
use aws_lc_rs::signature::{ParsedPublicKey, UnparsedPublicKey};
use der::oid::ObjectIdentifier;
use der::{AnyRef, Decode, Encode};
use rsa::BoxedUint;
use rsa::pkcs1::RsaPublicKeyRef;
use rsa::traits::PublicKeyParts as _;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use crate::finding::{Code, Reason};
use crate::names::{Sha256Digest, hex};
use crate::x509::signature::{self, Hash, SignatureAlgorithm, SignatureError};
use crate::x509::weak;

pub use kind::{Curve, KeyKind};

pub mod kind;

#[cfg(test)]
mod tests;

// RFC 3279 2.3.1, RFC 5480 2.1.1, RFC 8410 3.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
// Policy 5.1: what is common, verified everywhere and quick to verify.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;
const RSA_EXPONENT: [u8; 3] = [1, 0, 1];
// SEC 1 2.3.3: the first octet of a point.
const INFINITY: u8 = 0;
const UNCOMPRESSED: u8 = 4;
const HYBRID: [u8; 2] = [6, 7];

/// The end of a SHA-1, twenty hexadecimal digits of it.
pub type ModulusDigest = [u8; 10];

/// A public key that is well formed and strong enough to certify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    spki: Vec<u8>,
    kind: KeyKind,
    digest: Sha256Digest,
}

impl PublicKey {
    /// Reads the DER of a SubjectPublicKeyInfo and refuses every key that is malformed or weak in itself.
    ///
    /// # Errors
    /// `MalformedKey` or the `Key…` code of the first weakness, without a field.
    pub fn read(spki_der: &[u8]) -> Result<Self, Reason> {
        let info = SubjectPublicKeyInfoRef::from_der(spki_der)
            .ok()
            .filter(|info| info.to_der().is_ok_and(|der| der == spki_der))
            .ok_or_else(|| malformed("the public key is not a SubjectPublicKeyInfo in DER"))?;
        let key = info.subject_public_key.as_bytes();
        let key = key.ok_or_else(|| malformed("the bits of the public key are no whole octets"))?;
        let kind = match info.algorithm.oid {
            RSA => rsa(info.algorithm.parameters, key)?,
            EC => ecdsa(info.algorithm.parameters, key)?,
            ED25519 => ed25519(info.algorithm.parameters, key)?,
            other => {
                return Err(unknown(
                    "the key has an algorithm that is not certified",
                    other,
                ));
            }
        };
        Ok(Self {
            spki: spki_der.to_vec(),
            kind,
            digest: Sha256Digest::of(spki_der),
        })
    }

    /// The DER of its SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// A key of this kind that is no key at all, for tests of judgement.
    #[cfg(test)]
    pub(crate) fn for_tests(kind: KeyKind) -> Self {
        let spki = kind.to_string().into_bytes();
        Self {
            digest: Sha256Digest::of(&spki),
            kind,
            spki,
        }
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

    /// The content of its BIT STRING: an `RSAPublicKey`, a point or the 32 octets of Ed25519.
    #[must_use]
    pub fn bits(&self) -> &[u8] {
        // `read` let it pass; were it not to decode, no signature would be of an empty key.
        SubjectPublicKeyInfoRef::from_der(&self.spki)
            .ok()
            .and_then(|info| info.subject_public_key.as_bytes())
            .unwrap_or_default()
    }

    /// By what the lists of CVE-2008-0166 know an RSA key: the end of the SHA-1 over its modulus as openssl prints it.
    #[must_use]
    pub fn modulus_digest(&self) -> Option<ModulusDigest> {
        let key = match self.kind {
            KeyKind::Rsa { .. } => RsaPublicKeyRef::from_der(self.bits()).ok()?,
            KeyKind::Ecdsa(_) | KeyKind::Ed25519 => return None,
        };
        let digits = hex(key.modulus.as_bytes()).to_ascii_uppercase();
        let line = format!("Modulus={}\n", digits.trim_start_matches('0'));
        let digest = aws_lc_rs::digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, line.as_bytes());
        digest.as_ref().last_chunk().copied()
    }

    /// Verifies that this key made the signature over the message.
    ///
    /// # Errors
    /// When the algorithm is not one for this kind of key, or the signature does not hold.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let verification = algorithm
            .verification(self.kind)
            .ok_or(SignatureError::OtherKindOfKey)?;
        UnparsedPublicKey::new(verification, self.bits())
            .verify(message, signature)
            .map_err(|_| SignatureError::Mismatch)
    }
}

fn rsa(parameters: Option<AnyRef<'_>>, key: &[u8]) -> Result<KeyKind, Reason> {
    // RFC 3279 2.3.1: the parameters field MUST have ASN.1 type NULL.
    if !parameters.is_some_and(AnyRef::is_null) {
        return Err(malformed("the parameters of the RSA key are not NULL"));
    }
    let key = RsaPublicKeyRef::from_der(key)
        .ok()
        .filter(|parsed| parsed.to_der().is_ok_and(|der| der == key))
        .ok_or_else(|| malformed("the RSA key is not an RSAPublicKey in DER"))?;
    let modulus = BoxedUint::from_be_slice_vartime(key.modulus.as_bytes());
    let bits = modulus.bit_width_vartime();
    check_size(bits)?;
    let exponent = key.public_exponent.as_bytes();
    if exponent != RSA_EXPONENT {
        let reason = Reason::new(
            Code::KeyWeakExponent,
            "the exponent of the RSA key is not 65537",
        );
        return Err(reason.help("openssl genpkey -algorithm RSA makes keys with 65537"));
    }
    weak::check_modulus(&modulus)?;
    // A second opinion on what is an RSA key at all.
    let key = rsa::PublicKey::new(modulus, BoxedUint::from_be_slice_vartime(exponent));
    let key = key.map_err(|error| malformed(format!("the RSA key is none: {error}")))?;
    Ok(KeyKind::Rsa {
        bits: key.n().bit_width_vartime(),
    })
}

fn check_size(bits: u32) -> Result<(), Reason> {
    let (smallest, largest) = RSA_BITS.into_inner();
    if bits < smallest {
        let message = format!("the RSA key has {bits} bits, fewer than {smallest}");
        return Err(
            Reason::new(Code::KeyTooSmall, message).help("use at least 2048 bits, or P-256")
        );
    }
    if bits > largest {
        let message = format!("the RSA key has {bits} bits, more than {largest}");
        return Err(Reason::new(Code::KeyTooLarge, message).help("use 2048 to 4096 bits, or P-256"));
    }
    Ok(())
}

fn ecdsa(parameters: Option<AnyRef<'_>>, point: &[u8]) -> Result<KeyKind, Reason> {
    let named = parameters.and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    let named = named.ok_or_else(|| malformed("the EC key does not name its curve"))?;
    let curve = Curve::ALL.into_iter().find(|curve| curve.oid() == named);
    let curve = curve.ok_or_else(|| unknown("the curve of the key is not certified", named))?;
    match point.first() {
        Some(&INFINITY) => return Err(weak_point("the EC key is the point at infinity")),
        Some(first) if HYBRID.contains(first) => {
            return Err(weak_point("the EC key is a point in hybrid form"));
        }
        Some(&UNCOMPRESSED) if point.len() == curve.point_octets() => {}
        _ => {
            return Err(malformed(
                "the EC key is not an uncompressed point of its curve",
            ));
        }
    }
    // Any hash will do: only the point is looked at.
    ParsedPublicKey::new(signature::ecdsa(curve, Hash::Sha256), point)
        .map_err(|_| weak_point("the point of the EC key is not on its curve"))?;
    Ok(KeyKind::Ecdsa(curve))
}

fn ed25519(parameters: Option<AnyRef<'_>>, key: &[u8]) -> Result<KeyKind, Reason> {
    if parameters.is_some() {
        return Err(malformed("the Ed25519 key has parameters"));
    }
    let key = <[u8; 32]>::try_from(key)
        .map_err(|_| malformed("the Ed25519 key is not 32 octets long"))?;
    let y = y_coordinate(key);
    if y >= ED25519_PRIME {
        return Err(weak_point("the Ed25519 key is not in canonical form"));
    }
    if ED25519_SMALL_ORDER.contains(&y) {
        return Err(weak_point("the Ed25519 key is a point of small order"));
    }
    Ok(KeyKind::Ed25519)
}

/// RFC 8032 5.1.2: little-endian, and the highest bit is the sign of x. Out comes y in big-endian.
fn y_coordinate(mut key: [u8; 32]) -> [u8; 32] {
    key[31] &= 0x7f;
    key.reverse();
    key
}

// RFC 8032 5.1: 2^255 - 19.
const ED25519_PRIME: [u8; 32] = near_prime(0xed);
// The y of the eight points whose order divides 8: 1, -1, 0 (twice) and the two of order 8 (twice each).
const ED25519_SMALL_ORDER: [[u8; 32]; 5] = [
    small(0),
    small(1),
    near_prime(0xec),
    [
        0x05, 0xfc, 0x53, 0x6d, 0x88, 0x02, 0x38, 0xb1, 0x39, 0x33, 0xc6, 0xd3, 0x05, 0xac, 0xdf,
        0xd5, 0xf0, 0x98, 0xef, 0xf2, 0x89, 0xf4, 0xc3, 0x45, 0xb0, 0x27, 0xb2, 0xc2, 0x8f, 0x95,
        0xe8, 0x26,
    ],
    [
        0x7a, 0x03, 0xac, 0x92, 0x77, 0xfd, 0xc7, 0x4e, 0xc6, 0xcc, 0x39, 0x2c, 0xfa, 0x53, 0x20,
        0x2a, 0x0f, 0x67, 0x10, 0x0d, 0x76, 0x0b, 0x3c, 0xba, 0x4f, 0xd8, 0x4d, 0x3d, 0x70, 0x6a,
        0x17, 0xc7,
    ],
];

const fn small(last: u8) -> [u8; 32] {
    let mut number = [0; 32];
    number[31] = last;
    number
}

const fn near_prime(last: u8) -> [u8; 32] {
    let mut number = [0xff; 32];
    number[0] = 0x7f;
    number[31] = last;
    number
}

fn malformed(message: impl Into<String>) -> Reason {
    Reason::new(Code::MalformedKey, message)
}

fn unknown(message: &str, oid: ObjectIdentifier) -> Reason {
    malformed(message)
        .value(oid.to_string())
        .help("use RSA, Ed25519 or ECDSA with P-256, P-384 or P-521")
}

fn weak_point(message: &str) -> Reason {
    Reason::new(Code::KeyWeakPoint, message).help("make a new key with another tool or device")
}
