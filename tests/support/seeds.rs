//! Keys and octets from seeds: the same for everybody, so never for anything real.
#![allow(dead_code, reason = "each test file uses a part of this")]

use rcgen::KeyPair;
use sha2::{Digest as _, Sha256};

/// The Ed25519 key of a seed: the same for everybody, so never for anything real.
pub(crate) fn seeded_key(seed: &str) -> KeyPair {
    // RFC 8410 7: the PKCS#8 of a 32-octet Ed25519 key begins with these octets.
    let prefix = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    let secret = Sha256::digest(format!("gitca public test seed: {seed}"));
    let der: Vec<u8> = prefix.into_iter().chain(secret).collect();
    KeyPair::try_from(der).expect("the octets are an Ed25519 key")
}

/// Octets that look random and are the same in every run.
pub(crate) fn seeded_octets(seed: &'static str) -> impl FnMut(&mut [u8]) {
    let mut counter = 0_u64;
    move |octets| {
        for chunk in octets.chunks_mut(32) {
            counter += 1;
            let block = Sha256::digest(format!("{seed} {counter}"));
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}
