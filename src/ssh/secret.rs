//! OpenSSH private keys: read from the text of a key file, used to sign, never shown.
//!
//! In comes a `BEGIN OPENSSH PRIVATE KEY` (OpenSSH's PROTOCOL.key), with a passphrase when it is encrypted; out comes a
//! [`SecretKey`] that signs as `ssh-keygen -Y sign` does. Nothing in here prints, stores or returns a private key; what
//! was decrypted is overwritten, and aws-lc overwrites its own copy. The crate `ssh-key` is not used: it exists as a
//! release candidate only for the versions that we have, can't read one P-256 key in 256, and knows no RSA there.

use std::fmt;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA512,
};
use rsa::BoxedUint;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use zeroize::Zeroizing;

use crate::ssh::armor;
use crate::ssh::key::{Material, PublicKey};
use crate::ssh::kind::Curve;
use crate::ssh::signature::{self, Hash};
use crate::ssh::wire::{Reader, put_positive};

pub(super) const LABEL: &str = "OPENSSH PRIVATE KEY";
pub(super) const MAGIC: &[u8] = b"openssh-key-v1\0";
// OpenSSH writes 16 or 24 and takes what it finds; above, a file could keep us busy for hours.
const MOST_ROUNDS: u32 = 4096;
const IV_OCTETS: usize = 16;

/// A private key that signs and shows nothing but its public half.
pub struct SecretKey {
    public: PublicKey,
    pair: Pair,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    Ecdsa(Curve, EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// Why a text is no private key that signs here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretError {
    /// It is not in OpenSSH's form.
    NotOpenSsh,
    /// It is encrypted and there was no passphrase.
    Encrypted,
    /// The passphrase is another.
    Passphrase,
    /// It is encrypted with something else than AES in counter mode.
    Cipher,
    /// It lies in a token, and the file only says which.
    InToken,
    /// Its kind of key, or its strength, does not count.
    Weak(String),
    /// The fields are not those of the format, or contradict each other.
    Malformed,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpenSsh => f.write_str(
                "is not an OpenSSH private key: convert it with `ssh-keygen -p -f FILE`",
            ),
            Self::Encrypted => f.write_str("is encrypted and needs its passphrase"),
            Self::Passphrase => f.write_str("has another passphrase"),
            Self::Cipher => f.write_str(
                "is encrypted with an old cipher: encrypt it anew with `ssh-keygen -p -f FILE`",
            ),
            Self::InToken => {
                f.write_str("lies in a hardware token, which only `ssh-keygen` can use")
            }
            Self::Weak(why) => f.write_str(why),
            Self::Malformed => f.write_str("is a malformed OpenSSH private key"),
        }
    }
}

impl std::error::Error for SecretError {}

/// The public half of a private key, which needs no passphrase.
///
/// # Errors
/// When the text is no OpenSSH private key, or of a kind that does not count.
pub fn public_half(text: &str) -> Result<PublicKey, SecretError> {
    let octets = armor::read(text, LABEL).ok_or(SecretError::NotOpenSsh)?;
    Envelope::read(&octets).map(|envelope| envelope.public)
}

impl SecretKey {
    /// Reads the text of a key file.
    ///
    /// # Errors
    /// When it is no private key that can sign here, or the passphrase is missing or wrong.
    pub fn read(text: &str, passphrase: Option<&str>) -> Result<Self, SecretError> {
        let octets = armor::read(text, LABEL).ok_or(SecretError::NotOpenSsh)?;
        Self::from_octets(&octets, passphrase)
    }

    /// Reads the octets that a key file has in base64.
    ///
    /// # Errors
    /// When they are no private key that can sign here, or the passphrase is missing or wrong.
    pub fn from_octets(octets: &[u8], passphrase: Option<&str>) -> Result<Self, SecretError> {
        let envelope = Envelope::read(octets)?;
        let fields = envelope.open(passphrase)?;
        let pair = pair(&envelope.public, &fields)?;
        Ok(Self {
            public: envelope.public,
            pair,
        })
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a message for this namespace; out comes the armored signature with a line end.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn sign(
        &self,
        namespace: &str,
        message: &[u8],
    ) -> Result<String, aws_lc_rs::error::Unspecified> {
        let data = signature::signed_data(namespace, Hash::Sha512, message);
        let value = match &self.pair {
            Pair::Ed25519(pair) => pair.try_sign(&data)?.as_ref().to_vec(),
            Pair::Ecdsa(curve, pair) => {
                let fixed = pair.sign(&SystemRandom::new(), &data)?;
                let (r, s) = fixed.as_ref().split_at(curve.field_octets());
                let mut value = Vec::new();
                put_positive(&mut value, r);
                put_positive(&mut value, s);
                value
            }
            Pair::Rsa(pair) => {
                let mut value = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA512, &SystemRandom::new(), &data, &mut value)?;
                value
            }
        };
        Ok(signature::armored(namespace, &self.public, &value))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { public, pair: _ } = self;
        write!(f, "SecretKey({public})")
    }
}

/// What stands around the private fields.
struct Envelope<'a> {
    public: PublicKey,
    cipher: &'a str,
    kdf: &'a str,
    kdf_options: &'a [u8],
    fields: &'a [u8],
}

impl<'a> Envelope<'a> {
    fn read(octets: &'a [u8]) -> Result<Self, SecretError> {
        let mut reader = Reader::new(octets);
        let mut read = || {
            Some(reader.take(MAGIC.len())?).filter(|magic| *magic == MAGIC)?;
            let (cipher, kdf, kdf_options) = (reader.text()?, reader.text()?, reader.string()?);
            reader.number().filter(|keys| *keys == 1)?;
            Some((cipher, kdf, kdf_options, reader.string()?, reader.string()?))
        };
        let (cipher, kdf, kdf_options, public, fields) = read().ok_or(SecretError::Malformed)?;
        reader
            .end()
            .filter(|()| (cipher == "none") == (kdf == "none"))
            .ok_or(SecretError::Malformed)?;
        let public =
            PublicKey::from_blob(public).map_err(|error| SecretError::Weak(error.to_string()))?;
        Ok(Self {
            public,
            cipher,
            kdf,
            kdf_options,
            fields,
        })
    }

    /// The private fields in clear.
    fn open(&self, passphrase: Option<&str>) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let mut fields = Zeroizing::new(self.fields.to_vec());
        if self.cipher == "none" {
            return Ok(fields);
        }
        let (cipher, key_octets) = match self.cipher {
            "aes256-ctr" => (&AES_256, 32),
            "aes192-ctr" => (&AES_192, 24),
            "aes128-ctr" => (&AES_128, 16),
            _ => return Err(SecretError::Cipher),
        };
        let passphrase = passphrase.ok_or(SecretError::Encrypted)?;
        let derived = self.derive(passphrase, key_octets + IV_OCTETS)?;
        let (key, iv) = derived.split_at(key_octets);
        let decrypt = |fields: &mut [u8]| {
            let key = UnboundCipherKey::new(cipher, key)?;
            let iv = DecryptionContext::Iv128(FixedLength::try_from(iv)?);
            DecryptingKey::ctr(key)?.decrypt(fields, iv).map(|_| ())
        };
        decrypt(&mut fields).map_err(|_| SecretError::Malformed)?;
        Ok(fields)
    }

    fn derive(&self, passphrase: &str, length: usize) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let mut reader = Reader::new(self.kdf_options);
        let mut read = || Some((reader.string()?, reader.number()?));
        let options = read().filter(|(_, rounds)| self.kdf == "bcrypt" && *rounds <= MOST_ROUNDS);
        let (salt, rounds) = options.ok_or(SecretError::Malformed)?;
        reader.end().ok_or(SecretError::Malformed)?;
        let mut derived = Zeroizing::new(vec![0; length]);
        bcrypt_pbkdf::bcrypt_pbkdf(passphrase, salt, rounds, &mut derived)
            .map_err(|_| SecretError::Passphrase)?;
        Ok(derived)
    }
}

/// The key pair in the private fields, which must belong to the public key around them.
fn pair(public: &PublicKey, fields: &[u8]) -> Result<Pair, SecretError> {
    let mut reader = Reader::new(fields);
    // PROTOCOL.key: one random number twice, so that a wrong passphrase shows.
    match (reader.number(), reader.number()) {
        (Some(one), Some(other)) if one == other => {}
        (Some(_), Some(_)) => return Err(SecretError::Passphrase),
        _ => return Err(SecretError::Malformed),
    }
    let name = reader.text().ok_or(SecretError::Malformed)?;
    if name != public.kind().name() {
        return Err(SecretError::Malformed);
    }
    let pair = match public.material() {
        Material::Ed25519(key) => ed25519(&mut reader, key),
        Material::Ecdsa(curve, point) => ecdsa(&mut reader, curve, point),
        Material::Rsa { e, n } => rsa(&mut reader, e, n),
        Material::SkEd25519(..) | Material::SkEcdsa(..) => return Err(SecretError::InToken),
    };
    let comment = reader.string();
    // PROTOCOL.key: 1, 2, 3 and so on up to the block of the cipher.
    let padded = reader
        .rest()
        .iter()
        .zip(1u32..)
        .all(|(octet, expected)| u32::from(*octet) == expected);
    pair.filter(|_| comment.is_some() && padded)
        .ok_or(SecretError::Malformed)
}

fn ed25519(reader: &mut Reader<'_>, public: &[u8]) -> Option<Pair> {
    reader.string().filter(|key| *key == public)?;
    let (seed, key) = reader.string()?.split_at_checked(32)?;
    let pair = Ed25519KeyPair::from_seed_and_public_key(seed, public).ok()?;
    (key == public).then_some(Pair::Ed25519(pair))
}

fn ecdsa(reader: &mut Reader<'_>, curve: Curve, point: &[u8]) -> Option<Pair> {
    reader.text().filter(|name| *name == curve.name())?;
    reader.string().filter(|key| *key == point)?;
    let scalar = reader.positive()?;
    let mut padded = Zeroizing::new(vec![0; curve.field_octets().checked_sub(scalar.len())?]);
    padded.extend(scalar);
    let algorithm = match curve {
        Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
        Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        Curve::P521 => &ECDSA_P521_SHA512_FIXED_SIGNING,
    };
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &padded, point).ok()?;
    Some(Pair::Ecdsa(curve, pair))
}

/// aws-lc wants the exponents of the Chinese remainder theorem, which OpenSSH leaves out; `rsa` works them out.
fn rsa(reader: &mut Reader<'_>, exponent: &[u8], modulus: &[u8]) -> Option<Pair> {
    reader.positive().filter(|digits| *digits == modulus)?;
    reader.positive().filter(|digits| *digits == exponent)?;
    let (private, _inverse) = (reader.positive()?, reader.positive()?);
    let number = BoxedUint::from_be_slice_vartime;
    let primes = vec![number(reader.positive()?), number(reader.positive()?)];
    let (modulus, exponent, private) = (number(modulus), number(exponent), number(private));
    let key = rsa::PrivateKey::from_components(modulus, exponent, private, primes).ok()?;
    let der = key.to_pkcs1_der().ok()?;
    let pair = RsaKeyPair::from_der(der.as_bytes()).ok()?;
    Some(Pair::Rsa(Box::new(pair)))
}
