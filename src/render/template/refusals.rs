//! What is wrong with one template, each with its place in the text.

use minijinja::machinery::Span;

use crate::finding::{Code, Place, Reason};

// Nobody reads more, and each counts the lines before it.
const MOST: usize = 20;

/// The reasons against a template, as they are found.
pub(super) struct Refusals<'s> {
    source: &'s str,
    found: Vec<Reason>,
}

impl<'s> Refusals<'s> {
    /// None so far.
    pub(super) fn of(source: &'s str) -> Self {
        Self {
            source,
            found: Vec::new(),
        }
    }

    /// Adds one, while there are few.
    pub(super) fn add(&mut self, span: Span, what: &str, help: &str) {
        if !self.is_full() {
            let reason = Reason::new(Code::ConfigInvalid, what).at(self.place(span));
            self.found.push(reason.help(help));
        }
    }

    /// Whether there is one.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether nobody reads more.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MOST
    }

    /// All of them.
    pub(super) fn into_reasons(self) -> Vec<Reason> {
        self.found
    }

    fn place(&self, span: Span) -> Place {
        let offset = usize::try_from(span.start_offset).unwrap_or(usize::MAX);
        let before = self.source.get(..offset).unwrap_or(self.source);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Place {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }
}
