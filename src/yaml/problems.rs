//! What the readers of one file don't like, collected so that a file is told everything at once.
//!
//! In come reasons as the readers meet them; out they go in that order. A collection has one code, that of the kind of
//! file, for all that is a wrong type or an unknown key; other reasons are made by the readers themselves.

use crate::finding::{Code, Reason};

// Nobody reads more of one file, and a stranger's file may have a fault in every line.
const MOST: usize = 20;

/// The reasons that the readers of one file collected, all with one code unless a reader says otherwise.
#[derive(Clone, Debug)]
pub struct Problems {
    code: Code,
    reasons: Vec<Reason>,
}

impl Problems {
    /// No problems yet; those that come are `code`.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            reasons: Vec::new(),
        }
    }

    /// The code of what is reported here.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// Adds a reason made elsewhere; of those beyond twenty there is one that says so.
    pub fn push(&mut self, reason: Reason) {
        match self.reasons.len() {
            ..MOST => self.reasons.push(reason),
            MOST => {
                let message = format!("more than {MOST} things are wrong in this file");
                self.reasons.push(Reason::new(self.code, message));
            }
            _ => {}
        }
    }

    /// Whether so much was reported that nothing more is said: whoever goes through a list may stop.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.reasons.len() > MOST
    }

    /// Whether nothing was reported.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }

    /// The reasons in the order they were reported.
    #[must_use]
    pub fn into_reasons(self) -> Vec<Reason> {
        self.reasons
    }
}
