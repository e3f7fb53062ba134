//! What is said about a conversion: where it is narrower, and what is left out.
//!
//! In comes what each part of the conversion has to say, with the field of the policy that it is about; out come
//! findings in that order, a difference that holds in many places but once.

use crate::finding::{Code, Place, Reason};

/// What is said about a conversion.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) differences: Vec<Reason>,
    pub(super) lost: Vec<Reason>,
}

impl Notes {
    /// Something is judged otherwise, and narrower.
    pub(super) fn differs(&mut self, field: &str, message: impl Into<String>) {
        let reason = Reason::new(Code::CompatDiffers, message).field(field);
        if !self.differences.contains(&reason) {
            self.differences.push(reason);
        }
    }

    /// Something can't be expressed.
    pub(super) fn lost(&mut self, field: &str, place: Option<Place>, message: impl Into<String>) {
        let reason = Reason::new(Code::NotConvertible, message).field(field);
        self.lost.push(match place {
            Some(place) => reason.at(place),
            None => reason,
        });
    }
}
