//! What one policy has against a request: counted always, put into words only when somebody reads them.
//!
//! In come predicates with the words for them; out come reasons, or just whether there is any, or all that was looked
//! at. All of it comes from one walk over the policy, so that what decides and what is told can't differ.

use crate::decision::trace::{Part, Remark};
use crate::finding::Reason;

// Nobody reads more of what nothing is wrong with, and hundreds of names times hundreds of patterns are many.
const HELD: usize = 1_000;

/// How much is put into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    Nothing,
    Objections,
    Everything,
}

/// Objections as they are found.
#[derive(Debug)]
pub(super) struct Objections {
    words: Words,
    any: bool,
    parts: Vec<Part>,
    held: usize,
}

impl Objections {
    fn new(words: Words) -> Self {
        Self {
            words,
            any: false,
            parts: Vec::new(),
            held: 0,
        }
    }

    /// All of them, in words.
    pub(super) fn told() -> Self {
        Self::new(Words::Objections)
    }

    /// Only whether there is any.
    pub(super) fn silent() -> Self {
        Self::new(Words::Nothing)
    }

    /// In words, and with them what nothing is wrong with.
    pub(super) fn traced() -> Self {
        Self::new(Words::Everything)
    }

    /// Adds one.
    pub(super) fn add(&mut self, reason: impl FnOnce() -> Reason) {
        self.any = true;
        if self.words != Words::Nothing {
            self.parts.push(Part::Fails(reason()));
        }
    }

    /// Notes that something was looked at and holds; after a thousand such notes they are only counted.
    pub(super) fn hold(&mut self, remark: impl FnOnce() -> Remark) {
        if self.words == Words::Everything {
            self.held += 1;
            if self.held <= HELD {
                self.parts.push(Part::Holds(remark()));
            }
        }
    }

    /// Whether more of them would change nothing.
    pub(super) fn is_settled(&self) -> bool {
        self.any && self.words == Words::Nothing
    }

    /// Whether there is any.
    pub(super) fn any(&self) -> bool {
        self.any
    }

    /// The words of the objections.
    pub(super) fn into_reasons(self) -> impl Iterator<Item = Reason> {
        self.parts.into_iter().filter_map(|part| match part {
            Part::Holds(_) => None,
            Part::Fails(reason) => Some(reason),
        })
    }

    /// All words.
    pub(super) fn into_parts(mut self) -> Vec<Part> {
        let more = self.held.saturating_sub(HELD);
        if more > 0 {
            let remark = Remark::new(format!("{more} more are as they should be"));
            self.parts.push(Part::Holds(remark));
        }
        self.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Code;

    #[test]
    fn what_holds_is_told_a_thousand_times_and_what_does_not_always() {
        let mut objections = Objections::traced();
        for number in 0..2_500 {
            objections.hold(|| Remark::new(number.to_string()));
            objections.add(|| Reason::new(Code::DeniedBy, "no"));
        }
        let parts = objections.into_parts();
        let fails = parts.iter().filter(|part| part.objection().is_some());
        assert_eq!(fails.count(), 2_500);
        assert_eq!(parts.len(), 2_500 + HELD + 1);
        let more = Remark::new("1500 more are as they should be");
        assert_eq!(parts.last(), Some(&Part::Holds(more)));
    }
}
