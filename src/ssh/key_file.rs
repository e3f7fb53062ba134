//! New Ed25519 keys, as the file that `ssh-keygen -t ed25519 -N ''` would write.
//!
//! In comes a random seed; out comes the text of a private key file (OpenSSH's PROTOCOL.key), not encrypted. It is
//! overwritten when it goes, and nothing in here writes it anywhere.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

use crate::ssh::armor;
use crate::ssh::kind::KeyKind;
use crate::ssh::secret::{LABEL, MAGIC};
use crate::ssh::wire::{put_number, put_string};

// PROTOCOL.key: without a cipher the private part is padded to eight octets.
const BLOCK: usize = 8;

/// The text of a key file for this seed.
#[must_use]
pub fn ed25519(seed: &[u8; 32], comment: &str) -> Zeroizing<String> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("32 octets are a seed");
    let public = pair.public_key().as_ref();
    let name = KeyKind::Ed25519.name();
    let mut blob = Vec::new();
    put_string(&mut blob, name);
    put_string(&mut blob, public);
    // Never moved by growing: a copy would stay behind in memory.
    let mut private = Zeroizing::new(Vec::with_capacity(256 + comment.len()));
    // The same number twice tells a reader that the passphrase was right; here there is none.
    put_number(&mut private, 0);
    put_number(&mut private, 0);
    put_string(&mut private, name);
    put_string(&mut private, public);
    let secret = Zeroizing::new([seed, public].concat());
    put_string(&mut private, secret.as_slice());
    put_string(&mut private, comment);
    let padding = private.len().next_multiple_of(BLOCK) - private.len();
    private.extend((1..).take(padding));
    let mut octets = Zeroizing::new(MAGIC.to_vec());
    octets.reserve_exact(256 + private.len());
    for field in ["none", "none", ""] {
        put_string(&mut octets, field);
    }
    put_number(&mut octets, 1);
    put_string(&mut octets, &blob);
    put_string(&mut octets, private.as_slice());
    Zeroizing::new(armor::write(&octets, LABEL))
}
