//! SSHSIG by hand, as OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f say, for what `ssh-keygen` does not make.
//!
//! A token can't be had here: its key is one in software, and what it signs has the flags that a test asks for.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gitca::ssh::armor;
use sha2::{Digest as _, Sha256, Sha512};

/// The kinds of keys that live in tokens.
pub(crate) const TOKENS: [&str; 2] = [
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// RFC 4251 5: strings, one after the other.
pub(crate) fn wire(strings: &[&[u8]]) -> Vec<u8> {
    let string = |content: &&[u8]| {
        let length = u32::try_from(content.len()).expect("short").to_be_bytes();
        [&length[..], content].concat()
    };
    strings.iter().flat_map(string).collect()
}

fn integer(digits: &[u8]) -> Vec<u8> {
    let zeros = digits.iter().take_while(|octet| **octet == 0).count();
    let sign: &[u8] = if digits[zeros] >= 0x80 { &[0] } else { &[] };
    [sign, &digits[zeros..]].concat()
}

/// What a key signs for this purpose.
pub(crate) fn signed_data(namespace: &str, message: &[u8]) -> Vec<u8> {
    let hash = Sha512::digest(message);
    [
        b"SSHSIG".to_vec(),
        wire(&[namespace.as_bytes(), b"", b"sha512", &hash]),
    ]
    .concat()
}

/// The armor of a signature with this value.
pub(crate) fn signed(key: &[u8], namespace: &str, value: &[u8]) -> String {
    let tail = wire(&[key, namespace.as_bytes(), b"", b"sha512", value]);
    let octets = [b"SSHSIG\0\0\0\x01", tail.as_slice()].concat();
    armor::write(&octets, "SSH SIGNATURE")
}

/// A token, which knows its key as `ssh:`.
pub(crate) struct Token {
    kind: &'static str,
    pair: Pair,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
}

impl Token {
    /// One with a new key of one of [`TOKENS`].
    pub(crate) fn new(kind: &'static str) -> Self {
        let pair = if kind == TOKENS[0] {
            Pair::Ed25519(Ed25519KeyPair::generate().expect("a key"))
        } else {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
            Pair::Ecdsa(pair.expect("a key"))
        };
        Self { kind, pair }
    }

    /// The line of its public key.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.kind, STANDARD.encode(self.blob()))
    }

    fn blob(&self) -> Vec<u8> {
        let kind = self.kind.as_bytes();
        match &self.pair {
            Pair::Ed25519(pair) => wire(&[kind, pair.public_key().as_ref(), b"ssh:"]),
            Pair::Ecdsa(pair) => wire(&[kind, b"nistp256", pair.public_key().as_ref(), b"ssh:"]),
        }
    }

    /// Signs a message with these flags: 1 says that somebody touched it, 4 that it knows who.
    pub(crate) fn sign(&self, namespace: &str, message: &[u8], flags: u8) -> String {
        let mut octets = Sha256::digest("ssh:").to_vec();
        octets.push(flags);
        octets.extend(7_u32.to_be_bytes());
        octets.extend(Sha256::digest(signed_data(namespace, message)));
        let value = match &self.pair {
            Pair::Ed25519(pair) => pair.sign(&octets).as_ref().to_vec(),
            Pair::Ecdsa(pair) => {
                let fixed = pair.sign(&SystemRandom::new(), &octets);
                let fixed = fixed.expect("a signature");
                let (r, s) = fixed.as_ref().split_at(32);
                wire(&[&integer(r), &integer(s)])
            }
        };
        let trailer = [&[flags][..], &7_u32.to_be_bytes()].concat();
        let value = [wire(&[self.kind.as_bytes(), &value]), trailer].concat();
        signed(&self.blob(), namespace, &value)
    }
}
