//! SSHSIG: the signature that `ssh-keygen -Y sign` makes over a file, and git over a commit.
//!
//! In comes the armored text; out comes a [`Signature`] that says which key made it, and verifies. Its namespace says
//! what it was made for, and is looked at before anything about the key: a signature over a commit can never serve as
//! an approval. Format: OpenSSH's PROTOCOL.sshsig, version 1; PROTOCOL.u2f for keys in tokens, which must have been
//! touched. RSA counts with SHA-2 alone (RFC 8332).

use std::fmt;

use aws_lc_rs::signature::{
    ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use sha2::{Digest as _, Sha256, Sha512};

use crate::ssh::armor;
use crate::ssh::key::{KeyError, Material, PublicKey};
use crate::ssh::kind::{Curve, KeyKind};
use crate::ssh::wire::{Reader, put_number, put_string};

/// The label of the armor.
pub(super) const LABEL: &str = "SSH SIGNATURE";
const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;
const ED25519_OCTETS: usize = 64;
/// RFC 8332 3.
pub(super) const RSA_SHA512: &str = "rsa-sha2-512";
const RSA_SHA256: &str = "rsa-sha2-256";
// PROTOCOL.u2f: the flag that somebody touched the token.
const USER_PRESENT: u8 = 1;

/// A signature of OpenSSH, read and not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    namespace: String,
    key: PublicKey,
    hash: Hash,
    algorithm: String,
    // What comes after the algorithm's name.
    value: Vec<u8>,
}

/// Why a signature does not hold, in the order that it is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// The text is not the armor of one signature.
    Armor,
    /// The format has this version.
    Version(u32),
    /// The fields are not those of the format, or the reserved one is not empty.
    Malformed,
    /// It was made for this namespace.
    Namespace(String),
    /// The hash is not SHA-256 or SHA-512.
    Hash,
    /// The key in it is none that counts.
    Key(KeyError),
    /// The algorithm is not one for this kind of key.
    Algorithm,
    /// Nobody touched the token.
    UserPresence,
    /// This key did not sign this message.
    Mismatch,
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Armor => f.write_str("is not an armored SSH signature"),
            Self::Version(version) => {
                write!(f, "is an SSH signature of the unknown version {version}")
            }
            Self::Malformed => f.write_str("is a malformed SSH signature"),
            Self::Namespace(namespace) => write!(
                f,
                "was made for the namespace `{}`",
                namespace.escape_debug()
            ),
            Self::Hash => f.write_str("was made over a hash other than SHA-256 or SHA-512"),
            Self::Key(error) => write!(f, "was made with a key that {error}"),
            Self::Algorithm => f.write_str("has an algorithm that is not one for its key"),
            Self::UserPresence => f.write_str("was made by a token that nobody touched"),
            Self::Mismatch => f.write_str("was not made with its key over this content"),
        }
    }
}

impl std::error::Error for SignatureError {}

/// The hash of the message, PROTOCOL.sshsig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha512,
}

impl Hash {
    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

impl Signature {
    /// Reads a signature that must have been made for this namespace: armor, version, namespace, then the key.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse_for(namespace: &str, text: &str) -> Result<Self, SignatureError> {
        read(text, |found| found == namespace)
    }

    /// Reads a signature for any namespace; [`Signature::verify`] looks at it.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        read(text, |_| true)
    }

    /// What it was made for.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The key that it says it was made with; whose it is must be asked before it counts.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Verifies that the key in it signed this message for this namespace.
    ///
    /// # Errors
    /// The first thing that is wrong, the namespace first.
    pub fn verify(&self, namespace: &str, message: &[u8]) -> Result<(), SignatureError> {
        if self.namespace != namespace {
            return Err(SignatureError::Namespace(self.namespace.clone()));
        }
        let signed = signed_data(namespace, self.hash, message);
        match self.key.material() {
            Material::Ed25519(key) => {
                let value = self.only_string(self.key.kind().name())?;
                ed25519(key, &signed, value)
            }
            Material::Ecdsa(curve, point) => {
                let value = self.only_string(self.key.kind().name())?;
                ecdsa(curve, point, &signed, value)
            }
            Material::Rsa { e, n } => self.verify_rsa(e, n, &signed),
            Material::SkEd25519(key, application) => {
                let (value, touched) = self.token(application, &signed)?;
                ed25519(key, &touched, value)
            }
            Material::SkEcdsa(point, application) => {
                let (value, touched) = self.token(application, &signed)?;
                ecdsa(Curve::P256, point, &touched, value)
            }
        }
    }

    fn verify_rsa(&self, e: &[u8], n: &[u8], signed: &[u8]) -> Result<(), SignatureError> {
        let (name, parameters): (_, &RsaParameters) = if self.algorithm == RSA_SHA256 {
            (RSA_SHA256, &RSA_PKCS1_2048_8192_SHA256)
        } else {
            (RSA_SHA512, &RSA_PKCS1_2048_8192_SHA512)
        };
        let value = self.only_string(name)?;
        RsaPublicKeyComponents { n, e }
            .verify(parameters, signed, value)
            .map_err(|_| SignatureError::Mismatch)
    }

    /// The signature itself, when the algorithm is this and nothing else follows.
    fn only_string(&self, algorithm: &str) -> Result<&[u8], SignatureError> {
        if self.algorithm != algorithm {
            return Err(SignatureError::Algorithm);
        }
        let mut reader = Reader::new(&self.value);
        let value = reader.string().ok_or(SignatureError::Malformed)?;
        reader
            .end()
            .map(|()| value)
            .ok_or(SignatureError::Malformed)
    }

    /// The signature itself and what a token signed, PROTOCOL.u2f: with flags and a counter after it.
    fn token(&self, application: &[u8], signed: &[u8]) -> Result<(&[u8], Vec<u8>), SignatureError> {
        if self.algorithm != self.key.kind().name() {
            return Err(SignatureError::Algorithm);
        }
        let mut reader = Reader::new(&self.value);
        let mut read = || Some((reader.string()?, reader.octet()?, reader.number()?));
        let (value, flags, counter) = read().ok_or(SignatureError::Malformed)?;
        reader.end().ok_or(SignatureError::Malformed)?;
        if flags & USER_PRESENT == 0 {
            return Err(SignatureError::UserPresence);
        }
        Ok((value, token_data(application, flags, counter, signed)))
    }
}

fn read(text: &str, accepts: impl Fn(&str) -> bool) -> Result<Signature, SignatureError> {
    let octets = armor::read(text, LABEL).ok_or(SignatureError::Armor)?;
    let mut reader = Reader::new(&octets);
    if reader.take(MAGIC.len()) != Some(MAGIC) {
        return Err(SignatureError::Armor);
    }
    match reader.number() {
        Some(VERSION) => {}
        Some(other) => return Err(SignatureError::Version(other)),
        None => return Err(SignatureError::Malformed),
    }
    let fields = |mut reader: Reader<'_>| {
        let (key, namespace) = (reader.string()?.to_vec(), reader.text()?.to_owned());
        let (reserved, hash) = (reader.string()?, reader.text()?.to_owned());
        let value = reader.string()?.to_vec();
        reader
            .end()
            .filter(|()| reserved.is_empty() && !namespace.is_empty())?;
        Some((key, namespace, hash, value))
    };
    let (key, namespace, hash, value) = fields(reader).ok_or(SignatureError::Malformed)?;
    if !accepts(&namespace) {
        return Err(SignatureError::Namespace(namespace));
    }
    let hash = [Hash::Sha256, Hash::Sha512]
        .into_iter()
        .find(|known| known.name() == hash);
    let hash = hash.ok_or(SignatureError::Hash)?;
    let key = PublicKey::from_blob(&key).map_err(SignatureError::Key)?;
    let mut reader = Reader::new(&value);
    let algorithm = reader.text().ok_or(SignatureError::Malformed)?.to_owned();
    Ok(Signature {
        namespace,
        key,
        hash,
        algorithm,
        value: reader.rest().to_vec(),
    })
}

/// The armored signature; `algorithm` is that of the key, or RSA's with SHA-512.
pub(super) fn armored(namespace: &str, key: &PublicKey, value: &[u8]) -> String {
    let algorithm = match key.kind() {
        KeyKind::Rsa { .. } => RSA_SHA512,
        kind => kind.name(),
    };
    let mut signature = Vec::new();
    put_string(&mut signature, algorithm);
    put_string(&mut signature, value);
    let mut octets = MAGIC.to_vec();
    put_number(&mut octets, VERSION);
    put_string(&mut octets, key.blob());
    put_string(&mut octets, namespace);
    put_string(&mut octets, "");
    put_string(&mut octets, Hash::Sha512.name());
    put_string(&mut octets, signature);
    armor::write(&octets, LABEL)
}

/// What a key signs: the hash of the message and what it is signed for.
pub(super) fn signed_data(namespace: &str, hash: Hash, message: &[u8]) -> Vec<u8> {
    let mut data = MAGIC.to_vec();
    put_string(&mut data, namespace);
    put_string(&mut data, "");
    put_string(&mut data, hash.name());
    put_string(&mut data, hash.of(message));
    data
}

fn token_data(application: &[u8], flags: u8, counter: u32, signed: &[u8]) -> Vec<u8> {
    let mut data = Sha256::digest(application).to_vec();
    data.push(flags);
    put_number(&mut data, counter);
    data.extend(Sha256::digest(signed));
    data
}

fn ed25519(key: &[u8], signed: &[u8], value: &[u8]) -> Result<(), SignatureError> {
    if value.len() != ED25519_OCTETS {
        return Err(SignatureError::Malformed);
    }
    verify(&ED25519, key, signed, value)
}

/// RFC 5656 3.1.2: two integers, which aws-lc-rs takes side by side.
fn ecdsa(curve: Curve, point: &[u8], signed: &[u8], value: &[u8]) -> Result<(), SignatureError> {
    let mut reader = Reader::new(value);
    let mut read = || Some((reader.positive()?, reader.positive()?));
    let (r, s) = read().ok_or(SignatureError::Malformed)?;
    reader.end().ok_or(SignatureError::Malformed)?;
    let mut fixed = Vec::with_capacity(2 * curve.field_octets());
    for number in [r, s] {
        let missing = curve.field_octets().checked_sub(number.len());
        fixed.resize(fixed.len() + missing.ok_or(SignatureError::Malformed)?, 0);
        fixed.extend(number);
    }
    verify(curve.verification(), point, signed, &fixed)
}

fn verify(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    signed: &[u8],
    value: &[u8],
) -> Result<(), SignatureError> {
    UnparsedPublicKey::new(algorithm, key)
        .verify(signed, value)
        .map_err(|_| SignatureError::Mismatch)
}
