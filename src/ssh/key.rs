//! OpenSSH public keys: one line of a `.pub` file, or the key inside a signature.
//!
//! In comes `ssh-ed25519 AAAA… comment`; out comes a [`PublicKey`] that is well formed and strong enough, or why it is
//! none. Two keys are equal when their octets are: the comment is nobody's, and is dropped. Private keys, certificates
//! and DSA have messages of their own, since people do put them there.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ParsedPublicKey, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::ssh::kind::{Curve, KeyKind};
use crate::ssh::wire::Reader;

// RSA below is too weak; aws-lc-rs verifies none above.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;
// aws-lc-rs takes exponents of at most 33 bits; OpenSSH has made 35, 37 and 65537.
const EXPONENT_OCTETS: usize = 4;
// SEC 1 2.3.3.
const UNCOMPRESSED: u8 = 4;
const ED25519_OCTETS: usize = 32;

/// A public key that may sign commits and approvals.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    blob: Vec<u8>,
    kind: KeyKind,
}

/// Why a text or its octets are no key that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// It is not one line with a type and a key.
    NotALine,
    /// It is a private key.
    PrivateKey,
    /// It is an OpenSSH certificate.
    Certificate,
    /// It is a DSA key.
    Dsa,
    /// Its type is none of ours.
    UnknownType(String),
    /// The octets are not a key of the type they name.
    Malformed,
    /// It is RSA with so few bits.
    RsaTooSmall(u32),
    /// It is RSA with so many bits.
    RsaTooLarge(u32),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotALine => f.write_str("must be one line of a `.pub` file, such as `ssh-ed25519 AAAA… alice`"),
            Self::PrivateKey => f.write_str(
                "is a private key: put the line of its `.pub` file here, and replace the key, since it is burnt",
            ),
            Self::Certificate => f.write_str("is an OpenSSH certificate: put the plain public key here"),
            Self::Dsa => f.write_str("is a DSA key, which is too weak: make an Ed25519 key with `ssh-keygen -t ed25519`"),
            Self::UnknownType(name) => write!(f, "is a key of the unknown type `{name}`"),
            Self::Malformed => f.write_str("is not a valid OpenSSH public key"),
            Self::RsaTooSmall(bits) => {
                write!(f, "is an RSA key of {bits} bits, fewer than {}", RSA_BITS.start())
            }
            Self::RsaTooLarge(bits) => {
                write!(f, "is an RSA key of {bits} bits, more than {}", RSA_BITS.end())
            }
        }
    }
}

impl std::error::Error for KeyError {}

/// The parts of a key that a verification needs.
pub(super) enum Material<'a> {
    /// 32 octets.
    Ed25519(&'a [u8]),
    /// A point.
    Ecdsa(Curve, &'a [u8]),
    /// Exponent and modulus.
    Rsa { e: &'a [u8], n: &'a [u8] },
    /// 32 octets and the application that the token knows the key by.
    SkEd25519(&'a [u8], &'a [u8]),
    /// A point and the application.
    SkEcdsa(&'a [u8], &'a [u8]),
}

impl PublicKey {
    /// Reads the octets that a public key line has in base64.
    ///
    /// # Errors
    /// When they are not one whole key that is strong enough.
    pub fn from_blob(blob: &[u8]) -> Result<Self, KeyError> {
        let name = Reader::new(blob).text().ok_or(KeyError::Malformed)?;
        check_name(name)?;
        let kind = match material(blob).ok_or(KeyError::Malformed)? {
            Material::Ed25519(_) => KeyKind::Ed25519,
            Material::SkEd25519(..) => KeyKind::SkEd25519,
            Material::Ecdsa(curve, point) => {
                check_point(curve, point)?;
                KeyKind::Ecdsa(curve)
            }
            Material::SkEcdsa(point, _) => {
                check_point(Curve::P256, point)?;
                KeyKind::SkEcdsa
            }
            Material::Rsa { e, n } => KeyKind::Rsa {
                bits: check_rsa(e, n)?,
            },
        };
        Ok(Self {
            blob: blob.to_vec(),
            kind,
        })
    }

    /// Its octets, by which it is equal to another.
    #[must_use]
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// What kind of key it is.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!(
            "SHA256:{}",
            STANDARD_NO_PAD.encode(Sha256::digest(&self.blob))
        )
    }

    /// The line of a `.pub` file, without a comment.
    #[must_use]
    pub fn to_openssh(&self) -> String {
        format!("{} {}", self.kind, STANDARD.encode(&self.blob))
    }

    pub(super) fn material(&self) -> Material<'_> {
        material(&self.blob).expect("the constructor read it")
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.contains("PRIVATE KEY") {
            return Err(KeyError::PrivateKey);
        }
        let text = text.strip_suffix('\n').unwrap_or(text);
        let mut words = text.split(' ');
        let (Some(name), Some(base64)) = (words.next(), words.next()) else {
            return Err(KeyError::NotALine);
        };
        if text.contains(char::is_control) {
            return Err(KeyError::NotALine);
        }
        check_name(name)?;
        let blob = STANDARD.decode(base64).map_err(|_| KeyError::Malformed)?;
        let key = Self::from_blob(&blob)?;
        Some(key)
            .filter(|key| key.kind.name() == name)
            .ok_or(KeyError::Malformed)
    }
}

impl fmt::Display for PublicKey {
    /// The kind and the fingerprint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.fingerprint())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

fn check_name(name: &str) -> Result<(), KeyError> {
    let known = Curve::ALL.map(|curve| KeyKind::Ecdsa(curve).name());
    let others = [
        KeyKind::Ed25519,
        KeyKind::Rsa { bits: 0 },
        KeyKind::SkEd25519,
        KeyKind::SkEcdsa,
    ];
    match name {
        name if known.contains(&name) || others.iter().any(|kind| kind.name() == name) => Ok(()),
        "ssh-dss" => Err(KeyError::Dsa),
        name if name.contains("-cert-v0") => Err(KeyError::Certificate),
        // A name has only these characters (RFC 4250 4.6.1 wants printable ASCII without commas, and 64 at most).
        name if (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || b"-@.".contains(&octet)) =>
        {
            Err(KeyError::UnknownType(name.to_owned()))
        }
        _ => Err(KeyError::NotALine),
    }
}

/// The parts of a key, if there is nothing else.
fn material(blob: &[u8]) -> Option<Material<'_>> {
    let mut reader = Reader::new(blob);
    let name = reader.text()?;
    let material = if name == KeyKind::Ed25519.name() {
        Material::Ed25519(ed25519(&mut reader)?)
    } else if name == KeyKind::SkEd25519.name() {
        Material::SkEd25519(ed25519(&mut reader)?, reader.string()?)
    } else if name == KeyKind::SkEcdsa.name() {
        let (Curve::P256, point) = ecdsa(&mut reader)? else {
            return None;
        };
        Material::SkEcdsa(point, reader.string()?)
    } else if name == (KeyKind::Rsa { bits: 0 }).name() {
        let (e, n) = (reader.positive()?, reader.positive()?);
        Material::Rsa { e, n }
    } else {
        let (curve, point) = ecdsa(&mut reader)?;
        Some(curve).filter(|curve| KeyKind::Ecdsa(*curve).name() == name)?;
        Material::Ecdsa(curve, point)
    };
    reader.end().map(|()| material)
}

fn ed25519<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    reader.string().filter(|key| key.len() == ED25519_OCTETS)
}

fn ecdsa<'a>(reader: &mut Reader<'a>) -> Option<(Curve, &'a [u8])> {
    let name = reader.text()?;
    let curve = Curve::ALL.into_iter().find(|curve| curve.name() == name)?;
    let whole = 1 + 2 * curve.field_octets();
    let point = reader.string()?;
    (point.len() == whole && point[0] == UNCOMPRESSED).then_some((curve, point))
}

fn check_point(curve: Curve, point: &[u8]) -> Result<(), KeyError> {
    ParsedPublicKey::new(curve.verification(), point)
        .map(|_| ())
        .map_err(|_| KeyError::Malformed)
}

fn check_rsa(e: &[u8], n: &[u8]) -> Result<u32, KeyError> {
    let bits = u32::try_from(n.len()).unwrap_or(u32::MAX).saturating_mul(8);
    let bits = bits.saturating_sub(n.first().map_or(0, |octet| octet.leading_zeros()));
    if bits < *RSA_BITS.start() {
        return Err(KeyError::RsaTooSmall(bits));
    }
    if bits > *RSA_BITS.end() {
        return Err(KeyError::RsaTooLarge(bits));
    }
    let odd = |digits: &[u8]| digits.last().is_some_and(|octet| octet & 1 == 1);
    let sound = odd(n) && odd(e) && e != [1] && e.len() <= EXPONENT_OCTETS;
    let parsed = RsaPublicKeyComponents { n, e }
        .to_parsed_public_key(&aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256);
    parsed
        .ok()
        .filter(|_| sound)
        .map(|_| bits)
        .ok_or(KeyError::Malformed)
}
