//! Rules in CEL, the Common Expression Language: bounded before they run, and failing closed when they do.
//!
//! In comes the text of a rule; out comes an [`Expression`] that gives `true` or `false` for the [`Facts`] of a request, or
//! a message that says why it can't. The language has no meter of its own, so size, names, steps and the sizes of values
//! are bounded when a rule is read, and what all rules do on a request is counted. No clock but `now`, no randomness, no I/O.

mod bounds;
mod depth;
mod engine;
pub mod facts;
mod fault;
mod functions;
mod meter;
mod shape;

use std::fmt;
use std::sync::Arc;

use crate::effort::Effort;
use crate::expression::engine::Program;
use crate::expression::facts::Facts;
pub use crate::expression::fault::Fault;

// The parser recurses without counting in long chains; this is far from the end of the engine's stack.
const SOURCE_OCTETS: usize = 4096;
const TOKENS: usize = 1000;
// What it takes to read a rule at all, and each word and sign of it, in units of work.
const RULE: u64 = 10_000;
const WORD: u64 = 500;
// A test evaluates rules of this depth with a quarter of the smallest stack that threads here have, 2 MiB.
const SHALLOW: usize = 24;

/// A rule that may be evaluated.
#[derive(Clone)]
pub struct Expression {
    source: String,
    program: Arc<Program>,
    // Nested no deeper than any thread has the stack for.
    is_shallow: bool,
}

impl Expression {
    /// Reads a rule and tries it on a sample of every variable.
    ///
    /// # Errors
    /// When it does not parse, names something that there is not, is beyond a limit or what is left, or gives no boolean.
    pub fn compile(source: &str, compiling: &Effort) -> Result<Self, Fault> {
        if source.len() > SOURCE_OCTETS || source.contains('\0') {
            return Err(Fault::new(format!(
                "must be at most {SOURCE_OCTETS} octets of text"
            )));
        }
        let tokens = tokens(source);
        if tokens > TOKENS {
            return Err(Fault::new(format!(
                "has more than {TOKENS} words and signs"
            )));
        }
        if !compiling.spend(RULE + WORD * tokens as u64) {
            let fault = Fault::new("all patterns and rules together take too much to be compiled");
            return Err(fault
                .help("write one rule for several policies, and lists where they say the same"));
        }
        let mut tree = engine::parse(source)?;
        let patterns = bounds::check(&mut tree, compiling)?.into();
        let rule = Self {
            source: source.to_owned(),
            is_shallow: depth::depth(&tree) <= SHALLOW,
            program: Arc::new(Program {
                tree,
                patterns,
                price: tokens as u64 * meter::NODE,
            }),
        };
        engine::try_on_sample(&rule.program)?;
        Ok(rule)
    }

    /// What the rule says of these facts, within what may still be done.
    ///
    /// # Errors
    /// When it can't be evaluated or gives no boolean; the caller takes that for the worse answer.
    pub fn evaluate(&self, facts: &Arc<Facts>, effort: &Effort) -> Result<bool, String> {
        if self.is_shallow {
            engine::evaluate_here(&self.program, facts, effort)
        } else {
            engine::evaluate(&self.program, facts, effort)
        }
    }

    /// The text of the rule.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

/// Words, literals in quotes and signs; a triple-quoted literal counts as several.
fn tokens(source: &str) -> usize {
    let mut count = 0;
    let mut characters = source.chars().peekable();
    while let Some(character) = characters.next() {
        if character.is_whitespace() {
            continue;
        }
        count += 1;
        if character == '"' || character == '\'' {
            while let Some(inner) = characters.next() {
                if inner == '\\' {
                    characters.next();
                } else if inner == character {
                    break;
                }
            }
        } else if is_word(character) {
            while characters.peek().copied().is_some_and(is_word) {
                characters.next();
            }
        }
    }
    count
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests;
