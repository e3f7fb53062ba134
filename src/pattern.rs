//! Regular expressions as policies use them: every step that one takes through a text is counted.
//!
//! In comes the text of an expression; out comes a [`Pattern`], or why there is none. Its automaton is walked with all of
//! its states at once, so there is no backtracking and a step is a state that is visited at an octet. Libraries that
//! match faster don't tell what a match will cost, and a pattern such as `.*a.{200}z` costs them a thousand steps an octet.

mod classes;

use regex_automata::nfa::thompson::{BuildError, NFA, State, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_syntax::ast::parse::Parser;
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Hir, Look};

use crate::effort::Effort;

/// What one pattern may take once it is compiled; two hundred of any character take 54 KiB.
pub const MEMORY: usize = 1 << 16;

// Until it is compiled it takes some four times as much.
const WHILE_COMPILED: usize = 4;
// To read an octet of its text, in units of work.
const READ: u64 = 64;
// An assertion looks at characters before and behind.
const ASSERTION: u64 = 8;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: String,
    automaton: NFA,
    is_whole: bool,
}

impl Pattern {
    /// Compiles an expression that must cover the whole text, if asked for without regard to letter case.
    ///
    /// # Errors
    /// What is wrong with it, in the words of the library; or it takes more than is left.
    pub fn whole(source: &str, is_folded: bool, effort: &Effort) -> Result<Self, String> {
        // Anchored once it is read: `a)|(?:b` must not break out of a group.
        let (start, end) = (Hir::look(Look::Start), Hir::look(Look::End));
        let tree = Hir::concat(vec![start, read(source, is_folded, effort)?, end]);
        Ok(Self {
            automaton: compile(&tree, MEMORY, effort)?,
            source: source.to_owned(),
            is_whole: true,
        })
    }

    /// Compiles an expression that is looked for anywhere in the text, within so many octets.
    ///
    /// # Errors
    /// What is wrong with it, in the words of the library; or it takes more than is left.
    pub fn anywhere(source: &str, memory: usize, effort: &Effort) -> Result<Self, String> {
        Ok(Self {
            automaton: compile(&read(source, false, effort)?, memory, effort)?,
            source: source.to_owned(),
            is_whole: false,
        })
    }

    /// As it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How many octets it takes.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.automaton.memory_usage()
    }

    /// Whether the text fits; `None` when that takes more than is left.
    #[must_use]
    pub fn is_match(&self, text: &str, effort: &Effort) -> Option<bool> {
        let mut walk = Walk::new(self, text.as_bytes());
        let mut is_match = false;
        for at in 0..=text.len() {
            let arrived = walk.step(at);
            is_match = arrived && (self.is_whole || text.is_char_boundary(at));
            if !effort.spend(std::mem::take(&mut walk.steps)) {
                return None;
            }
            if walk.current.is_empty() || (is_match && !self.is_whole) {
                break;
            }
        }
        Some(is_match)
    }
}

/// All ways through the automaton at once.
struct Walk<'p> {
    automaton: &'p NFA,
    text: &'p [u8],
    /// For each state the last octet, counted from one, before which it was visited.
    visited: Vec<usize>,
    current: Vec<StateID>,
    next: Vec<StateID>,
    open: Vec<StateID>,
    steps: u64,
}

impl<'p> Walk<'p> {
    fn new(pattern: &'p Pattern, text: &'p [u8]) -> Self {
        let automaton = &pattern.automaton;
        let states = automaton.states().len();
        let mut walk = Self {
            automaton,
            text,
            visited: vec![0; states],
            current: Vec::new(),
            next: Vec::new(),
            open: Vec::new(),
            // The list of states is cleared.
            steps: 16 + states as u64 / 32,
        };
        let start = if pattern.is_whole {
            automaton.start_anchored()
        } else {
            automaton.start_unanchored()
        };
        walk.reach(start, 0);
        std::mem::swap(&mut walk.current, &mut walk.next);
        walk
    }

    /// Reads the octet at this place, and tells whether the expression had fitted all that is before it.
    fn step(&mut self, at: usize) -> bool {
        let mut has_arrived = false;
        let current = std::mem::take(&mut self.current);
        for state in &current {
            self.steps += 1;
            let next = match self.automaton.state(*state) {
                State::ByteRange { trans } => trans.matches(self.text, at).then_some(trans.next),
                State::Sparse(transitions) => {
                    self.steps += transitions.transitions.len() as u64 / 8;
                    transitions.matches(self.text, at)
                }
                State::Dense(transitions) => transitions.matches(self.text, at),
                State::Match { .. } => {
                    // Only what ends with the text covers it, and its end is asserted.
                    has_arrived = true;
                    None
                }
                _ => None,
            };
            if let Some(next) = next {
                self.reach(next, at + 1);
            }
        }
        self.current = std::mem::replace(&mut self.next, current);
        self.next.clear();
        has_arrived
    }

    /// Adds the states that are reached from this one without reading.
    fn reach(&mut self, state: StateID, at: usize) {
        self.open.push(state);
        while let Some(state) = self.open.pop() {
            self.steps += 1;
            let visited = &mut self.visited[state.as_usize()];
            if std::mem::replace(visited, at + 1) == at + 1 {
                continue;
            }
            match self.automaton.state(state) {
                State::Union { alternates } => self.open.extend(alternates.iter()),
                State::BinaryUnion { alt1, alt2 } => self.open.extend([*alt1, *alt2]),
                State::Capture { next, .. } => self.open.push(*next),
                State::Look { look, next } => {
                    self.steps += ASSERTION;
                    if self.automaton.look_matcher().matches(*look, self.text, at) {
                        self.open.push(*next);
                    }
                }
                State::Fail => {}
                _ => self.next.push(state),
            }
        }
    }
}

/// Reads the text of an expression.
fn read(source: &str, is_folded: bool, effort: &Effort) -> Result<Hir, String> {
    let wrong = |error: regex_syntax::Error| last_line(&error.to_string());
    if !effort.spend(READ * source.len() as u64) {
        return Err(too_much());
    }
    let tree = Parser::new().parse(source);
    let tree = tree.map_err(|error| wrong(error.into()))?;
    if !effort.spend(classes::price(&tree, is_folded)) {
        return Err(too_much());
    }
    let mut translator = TranslatorBuilder::new().case_insensitive(is_folded).build();
    let tree = translator.translate(source, &tree);
    tree.map_err(|error| wrong(error.into()))
}

fn compile(tree: &Hir, memory: usize, effort: &Effort) -> Result<NFA, String> {
    let most = memory * WHILE_COMPILED;
    let config = NFA::config().which_captures(WhichCaptures::None);
    let automaton = NFA::compiler()
        .configure(config.nfa_size_limit(Some(most)))
        .build_from_hir(tree);
    // Made of parts of which some are dropped in the end.
    let parts = automaton
        .as_ref()
        .map_or(most, |automaton| 2 * automaton.memory_usage());
    if !effort.spend(parts as u64) {
        return Err(too_much());
    }
    let automaton = automaton.map_err(|error| explain(&error, memory))?;
    if automaton.memory_usage() > memory {
        return Err(too_big(memory));
    }
    Ok(automaton)
}

fn too_much() -> String {
    "all patterns and rules together take too much to be compiled; write globs, and `[a-z0-9]` for `\\w`"
        .to_owned()
}

fn too_big(memory: usize) -> String {
    format!(
        "it takes more than {} KiB once it is compiled",
        memory / 1024
    )
}

fn explain(error: &BuildError, memory: usize) -> String {
    if error.size_limit().is_some() {
        return too_big(memory);
    }
    let cause = std::error::Error::source(error);
    last_line(&cause.map_or_else(|| error.to_string(), ToString::to_string))
}

/// The library draws where it is, and says in the last line what it is.
fn last_line(message: &str) -> String {
    let last = message.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests;
