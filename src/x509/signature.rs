//! Signatures on requests and certificates: the algorithms that count, and their verification.
//!
//! In come `AlgorithmIdentifiers` (RFC 4055, RFC 5758, RFC 8410) and signed bytes; out comes a [`SignatureAlgorithm`] or
//! the reason why it is too weak or unknown. The list is our own, so that no library's widening of its list widens
//! ours; aws-lc-rs then does the arithmetic. A key is only ever used with an algorithm of its own kind.

use std::fmt;

use aws_lc_rs::signature::{self as aws, VerificationAlgorithm};
use der::oid::ObjectIdentifier;
use der::{AnyRef, Tag, Tagged as _};
use x509_cert::spki::AlgorithmIdentifierRef;

use crate::finding::{Code, Reason};
use crate::x509::key::kind::{Curve, KeyKind};

// RFC 8017 appendix A.2: rsaEncryption's siblings.
const RSA_MD2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.2");
const RSA_MD5: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4");
const RSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
// RFC 5758 3.2, and RFC 3279 2.2.3 for SHA-1.
const ECDSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
// RFC 8410 3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A hash function that signatures may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the three of FIPS 180-4 by their own names")]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// A signature algorithm that is strong enough for requests and certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS with MGF1 of the same hash and a salt as long as it.
    RsaPss(Hash),
    /// ECDSA with any of the curves, signature in DER.
    Ecdsa(Hash),
    /// Ed25519 over the message itself.
    Ed25519,
}

/// Why a signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// The algorithm is not one for this kind of key.
    OtherKindOfKey,
    /// This key did not sign these bytes.
    Mismatch,
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherKindOfKey => "the signature algorithm is not one of this kind of key",
            Self::Mismatch => "the signature was not made with this key over this content",
        })
    }
}

impl std::error::Error for SignatureError {}

impl SignatureAlgorithm {
    /// The algorithm that an `AlgorithmIdentifier` stands for.
    ///
    /// # Errors
    /// `WeakSignature` when it is broken, unknown or has parameters that the algorithm does not.
    pub fn read(identifier: &AlgorithmIdentifierRef<'_>) -> Result<Self, Reason> {
        let parameters = identifier.parameters;
        let (algorithm, fits) = match identifier.oid {
            RSA_SHA256 => (Self::RsaPkcs1(Hash::Sha256), is_null_or_absent(parameters)),
            RSA_SHA384 => (Self::RsaPkcs1(Hash::Sha384), is_null_or_absent(parameters)),
            RSA_SHA512 => (Self::RsaPkcs1(Hash::Sha512), is_null_or_absent(parameters)),
            ECDSA_SHA256 => (Self::Ecdsa(Hash::Sha256), parameters.is_none()),
            ECDSA_SHA384 => (Self::Ecdsa(Hash::Sha384), parameters.is_none()),
            ECDSA_SHA512 => (Self::Ecdsa(Hash::Sha512), parameters.is_none()),
            ED25519 => (Self::Ed25519, parameters.is_none()),
            RSA_PSS => return pss(parameters).ok_or_else(|| weak(PSS_PARAMETERS)),
            RSA_SHA1 | ECDSA_SHA1 => return Err(weak("is signed with SHA-1")),
            RSA_MD2 | RSA_MD5 => return Err(weak("is signed with MD5 or MD2")),
            other => {
                return Err(weak("has an unknown signature algorithm").value(other.to_string()));
            }
        };
        fits.then_some(algorithm)
            .ok_or_else(|| weak("has odd parameters in its signature algorithm"))
    }

    /// The algorithm that a CA with such a key signs with, as Go chooses it.
    #[must_use]
    pub fn of_issuer(key: KeyKind) -> Self {
        match key {
            KeyKind::Rsa { .. } => Self::RsaPkcs1(Hash::Sha256),
            KeyKind::Ecdsa(Curve::P256) => Self::Ecdsa(Hash::Sha256),
            KeyKind::Ecdsa(Curve::P384) => Self::Ecdsa(Hash::Sha384),
            KeyKind::Ecdsa(Curve::P521) => Self::Ecdsa(Hash::Sha512),
            KeyKind::Ed25519 => Self::Ed25519,
        }
    }

    /// The name that Go and Kubernetes give it, such as `ECDSA-SHA256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaPkcs1(Hash::Sha256) => "SHA256-RSA",
            Self::RsaPkcs1(Hash::Sha384) => "SHA384-RSA",
            Self::RsaPkcs1(Hash::Sha512) => "SHA512-RSA",
            Self::RsaPss(Hash::Sha256) => "SHA256-RSAPSS",
            Self::RsaPss(Hash::Sha384) => "SHA384-RSAPSS",
            Self::RsaPss(Hash::Sha512) => "SHA512-RSAPSS",
            Self::Ecdsa(Hash::Sha256) => "ECDSA-SHA256",
            Self::Ecdsa(Hash::Sha384) => "ECDSA-SHA384",
            Self::Ecdsa(Hash::Sha512) => "ECDSA-SHA512",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// How aws-lc-rs verifies it for such a key; nothing when key and algorithm do not belong together.
    pub(crate) fn verification(self, kind: KeyKind) -> Option<&'static dyn VerificationAlgorithm> {
        match (kind, self) {
            (KeyKind::Rsa { .. }, Self::RsaPkcs1(hash)) => Some(match hash {
                Hash::Sha256 => &aws::RSA_PKCS1_2048_8192_SHA256,
                Hash::Sha384 => &aws::RSA_PKCS1_2048_8192_SHA384,
                Hash::Sha512 => &aws::RSA_PKCS1_2048_8192_SHA512,
            }),
            (KeyKind::Rsa { .. }, Self::RsaPss(hash)) => Some(match hash {
                Hash::Sha256 => &aws::RSA_PSS_2048_8192_SHA256,
                Hash::Sha384 => &aws::RSA_PSS_2048_8192_SHA384,
                Hash::Sha512 => &aws::RSA_PSS_2048_8192_SHA512,
            }),
            (KeyKind::Ecdsa(curve), Self::Ecdsa(hash)) => Some(ecdsa(curve, hash)),
            (KeyKind::Ed25519, Self::Ed25519) => Some(&aws::ED25519),
            _ => None,
        }
    }
}

/// ECDSA on this curve over this hash.
pub(crate) fn ecdsa(curve: Curve, hash: Hash) -> &'static dyn VerificationAlgorithm {
    match (curve, hash) {
        (Curve::P256, Hash::Sha256) => &aws::ECDSA_P256_SHA256_ASN1,
        (Curve::P256, Hash::Sha384) => &aws::ECDSA_P256_SHA384_ASN1,
        (Curve::P256, Hash::Sha512) => &aws::ECDSA_P256_SHA512_ASN1,
        (Curve::P384, Hash::Sha256) => &aws::ECDSA_P384_SHA256_ASN1,
        (Curve::P384, Hash::Sha384) => &aws::ECDSA_P384_SHA384_ASN1,
        (Curve::P384, Hash::Sha512) => &aws::ECDSA_P384_SHA512_ASN1,
        (Curve::P521, Hash::Sha256) => &aws::ECDSA_P521_SHA256_ASN1,
        (Curve::P521, Hash::Sha384) => &aws::ECDSA_P521_SHA384_ASN1,
        (Curve::P521, Hash::Sha512) => &aws::ECDSA_P521_SHA512_ASN1,
    }
}

const PSS_PARAMETERS: &str = "is signed with RSA-PSS, but not with SHA-2, MGF1 of the same hash and a salt as long as the hash";

// RFC 4055 3.1 with 2.1: the hash, MGF1 of that hash, the salt's length. The trailer field has its default.
const PSS_SHA256: [u8; 52] = pss_content(1, 32);
const PSS_SHA384: [u8; 52] = pss_content(2, 48);
const PSS_SHA512: [u8; 52] = pss_content(3, 64);

/// The DER of RSASSA-PSS-params without its outermost header, for the hash with this last arc and this length.
const fn pss_content(arc: u8, salt: u8) -> [u8; 52] {
    [
        0xa0, 15, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, arc, 5, 0, // hash
        0xa1, 28, 0x30, 26, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 8, // MGF1
        0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, arc, 5, 0, // of that hash
        0xa2, 3, 2, 1, salt, // saltLength
    ]
}

fn pss(parameters: Option<AnyRef<'_>>) -> Option<SignatureAlgorithm> {
    let content = parameters.filter(|any| any.tag() == Tag::Sequence)?.value();
    let hash = [
        (PSS_SHA256, Hash::Sha256),
        (PSS_SHA384, Hash::Sha384),
        (PSS_SHA512, Hash::Sha512),
    ]
    .into_iter()
    .find(|(known, _)| known == content)?
    .1;
    Some(SignatureAlgorithm::RsaPss(hash))
}

/// RFC 4055 5 wants NULL, and that readers take an absence for it.
fn is_null_or_absent(parameters: Option<AnyRef<'_>>) -> bool {
    parameters.is_none_or(AnyRef::is_null)
}

fn weak(message: &str) -> Reason {
    Reason::new(Code::WeakSignature, message).help("sign it with SHA-256: openssl req -new -sha256")
}
