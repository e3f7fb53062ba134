//! Why a text of a policy file is no pattern, and what to write instead.

use crate::finding::{Code, Reason};
use crate::yaml::Field;

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    message: String,
    help: String,
}

impl PatternError {
    /// The text breaks the rules of its language; `help` says what to write.
    #[must_use]
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }

    /// The error as a reason about the field that holds the text.
    #[must_use]
    pub fn into_reason(self, field: &Field<'_>) -> Reason {
        let reason = Reason::new(Code::ConfigInvalid, self.message).help(self.help);
        reason.field(&field.path).at(field.place)
    }
}
