//! A share of a batch, so that several machines do it at once: which requests are this one's.
//!
//! In comes `I/N`, with I from 0; out comes whether a path belongs to it: the first 8 octets of its SHA-256 as a
//! big-endian number, modulo N, are I. Every path belongs to exactly one share, and no share has to know of the others.

use std::fmt;
use std::str::FromStr;

use crate::names::digest::Sha256Digest;
use crate::names::dns::NameError;

// Each share lands a commit of its own, and more would wait for each other longer than they work.
const MOST: u32 = 1000;
// Stands for the CRLs of all signers, which one share alone numbers.
const CRLS: &str = "_crl";

/// A share of a batch; all of it, where nothing was shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl Shard {
    /// The whole batch.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Share `index` of `count`.
    ///
    /// # Errors
    /// When there is no such share.
    pub fn new(index: u32, count: u32) -> Result<Self, NameError> {
        if count == 0 || count > MOST {
            return Err(NameError::new(format!(
                "must be of 1 to {MOST} shards, not of {count}"
            )));
        }
        if index >= count {
            return Err(NameError::new(format!(
                "must be one of 0 to {} of {count} shards, not {index}",
                count - 1
            )));
        }
        Ok(Self { index, count })
    }

    /// Of how many it is one.
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// Whether there is no other.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.count == 1
    }

    /// Whether a path belongs to it: that of a request, `team-a/jane`, or of another file.
    #[must_use]
    pub fn takes(self, path: &str) -> bool {
        if self.is_whole() {
            return true;
        }
        let digest = Sha256Digest::of(path.as_bytes());
        let first = digest.0.first_chunk().expect("a digest has 32 octets");
        u64::from_be_bytes(*first) % u64::from(self.count) == u64::from(self.index)
    }

    /// Whether the CRLs belong to it.
    #[must_use]
    pub fn takes_crls(self) -> bool {
        self.takes(CRLS)
    }
}

impl Default for Shard {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (index, count) = text
            .split_once('/')
            .ok_or_else(|| NameError::new("must be I/N, such as `0/4`"))?;
        Self::new(number(index)?, number(count)?)
    }
}

/// A number as everybody writes it: no sign, no space, no zero before it.
fn number(text: &str) -> Result<u32, NameError> {
    let number = text.parse::<u32>().ok();
    number
        .filter(|number| number.to_string() == text)
        .ok_or_else(|| NameError::new(format!("must have numbers in it, not `{text}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_a_number_below_another() {
        for (text, valid) in [
            ("0/1", true),
            ("3/4", true),
            ("999/1000", true),
            ("4/4", false),
            ("0/0", false),
            ("0/1001", false),
            ("-1/4", false),
            ("+1/4", false),
            ("01/4", false),
            ("1/ 4", false),
            ("1", false),
            ("1/", false),
            ("/4", false),
            ("1/4/2", false),
            ("4294967296/4294967297", false),
            ("", false),
        ] {
            let shard = text.parse::<Shard>();
            assert_eq!(shard.is_ok(), valid, "{text:?}");
            assert!(shard.is_err() || shard.is_ok_and(|shard| shard.to_string() == text));
        }
    }

    // printf %s PATH | sha256sum | cut -c1-16, modulo 4 and 3 with bc.
    #[test]
    fn a_path_belongs_to_the_shard_that_its_digest_names() {
        let shard = |index, count| Shard::new(index, count).expect("a shard");
        for (path, of_four, of_three) in [("jane", 3, 0), ("team-a/jane", 3, 2), ("_crl", 3, 0)] {
            for (count, owner) in [(4, of_four), (3, of_three)] {
                let is_owner = |index: &u32| shard(*index, count).takes(path);
                let owners: Vec<u32> = (0..count).filter(is_owner).collect();
                assert_eq!(owners, [owner], "{path} of {count}");
            }
            assert!(Shard::WHOLE.takes(path));
        }
        assert!(shard(3, 4).takes_crls());
        assert!(!shard(2, 4).takes_crls());
    }
}
