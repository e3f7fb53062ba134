//! How much of a repository may be the same directory or request in another place.
//!
//! In come directories and requests by the object that they are, out goes whether one may be looked into. Git names what
//! it keeps by its content, so a few small trees that name each other are more paths than anybody could walk, and weigh
//! nothing. Each object is looked into once whatever it costs, for somebody had to send it; what its copies hold is
//! counted.

use std::collections::HashMap;

use crate::finding::{Code, Reason};
use crate::names::ObjectId;

// Requests, certificates and statements differ in what they say, so directories with them do. What is the same in many
// places is small: a directory with its `.gitkeep`, of which this is room for some ten thousand.
const COPIED: usize = 1024 * 1024;
// Sixty-four statements and signatures, whose names have some seventy octets.
const SMALL: usize = 8 * 1024;
// An empty one is a path, too.
const LEAST: usize = 32;

/// What was looked into.
#[derive(Debug)]
pub struct Copies {
    /// How many octets each has.
    octets: HashMap<ObjectId, usize>,
    left: usize,
}

impl Default for Copies {
    fn default() -> Self {
        Self {
            octets: HashMap::new(),
            left: COPIED,
        }
    }
}

impl Copies {
    /// Whether this was looked into.
    #[must_use]
    pub fn knows(&self, object: ObjectId) -> bool {
        self.octets.contains_key(&object)
    }

    /// Whether it was looked into, and has no more in it than the statements on one request.
    #[must_use]
    pub fn is_small(&self, object: ObjectId) -> bool {
        self.octets
            .get(&object)
            .is_some_and(|octets| *octets <= SMALL)
    }

    /// Whether this may be looked into: it is new, or there is room for a copy of it.
    pub fn admit(&mut self, object: ObjectId) -> bool {
        let Some(octets) = self.octets.get(&object) else {
            return true;
        };
        let left = self.left.checked_sub(*octets);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// Remembers what was looked into, and how many octets it has.
    pub fn remember(&mut self, object: ObjectId, octets: usize) {
        self.octets.insert(object, octets.max(LEAST));
    }
}

/// What to say about a directory or request that is the same as others, when there are too many.
pub(super) fn copied() -> Reason {
    let message = "what lies here lies elsewhere, too, and there are too many such copies";
    Reason::new(Code::TooManyFiles, message).help("remove it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_free_and_copies_are_counted() {
        let mut copies = Copies::default();
        let directory = |number: u8| ObjectId([number; 20]);
        for number in 0..9 {
            assert!(copies.admit(directory(number)));
            copies.remember(directory(number), COPIED + 1);
        }
        copies.remember(directory(9), COPIED / 2);
        assert!(!copies.admit(directory(0)), "a copy that is too large");
        assert!(copies.admit(directory(9)) && copies.admit(directory(9)));
        assert!(
            !copies.admit(directory(9)),
            "one more than there is room for"
        );
        assert!(copies.admit(directory(10)), "what is new is free");
    }
}
