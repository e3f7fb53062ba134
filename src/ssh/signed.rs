//! Octets with a signature over them, which is read once and verified once, however often it is asked about.
//!
//! In come the armor and the octets, which may be a mebibyte that hundreds of requests rest on; out comes the [`Signature`],
//! if it is one for this namespace, and whether it holds. Neither says whose key it is.

use std::sync::OnceLock;

use crate::ssh::signature::Signature;

/// A signature and what it is over; nobody has verified it before somebody asks.
#[derive(Clone, Debug)]
pub struct Signed {
    namespace: &'static str,
    armor: Box<[u8]>,
    octets: Box<[u8]>,
    signature: OnceLock<Option<Signature>>,
    holds: OnceLock<bool>,
}

impl Signed {
    /// These octets, with what is said to be a signature over them for this namespace.
    #[must_use]
    pub fn new(namespace: &'static str, armor: &[u8], octets: &[u8]) -> Self {
        Self {
            namespace,
            armor: armor.into(),
            octets: octets.into(),
            signature: OnceLock::new(),
            holds: OnceLock::new(),
        }
    }

    /// The signature; `None` where the armor holds none for the namespace.
    pub fn signature(&self) -> Option<&Signature> {
        let read = || {
            let armor = std::str::from_utf8(&self.armor).ok()?;
            Signature::parse_for(self.namespace, armor).ok()
        };
        self.signature.get_or_init(read).as_ref()
    }

    /// Whether there is a signature and the key in it made it.
    pub fn holds(&self) -> bool {
        let verify = |signature: &Signature| signature.verify(self.namespace, &self.octets).is_ok();
        *self
            .holds
            .get_or_init(|| self.signature().is_some_and(verify))
    }
}

impl PartialEq for Signed {
    fn eq(&self, other: &Self) -> bool {
        self.namespace == other.namespace
            && self.armor == other.armor
            && self.octets == other.octets
    }
}

impl Eq for Signed {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::key_file;
    use crate::ssh::secret::SecretKey;

    #[test]
    fn only_what_was_signed_for_the_namespace_holds() {
        let key = SecretKey::read(&key_file::ed25519(&[9; 32], ""), None).unwrap();
        let armor = key.sign("git", b"x").unwrap();
        let signed = |namespace, octets| Signed::new(namespace, armor.as_bytes(), octets);
        for (namespace, octets, is_read, holds) in [
            ("git", b"x", true, true),
            ("git", b"y", true, false),
            ("file", b"x", false, false),
        ] {
            let signed = signed(namespace, octets);
            // The second answer is the first.
            for _ in 0..2 {
                assert_eq!(signed.signature().is_some(), is_read, "{namespace}");
                assert_eq!(signed.holds(), holds, "{namespace}");
            }
        }
        let asked = signed("git", b"x");
        assert!(asked.holds());
        assert_eq!(asked, signed("git", b"x"));
        assert_ne!(asked, signed("git", b"y"));
        assert!(!Signed::new("git", b"\xff", b"x").holds());
    }
}
