//! Regular expressions as policies use them: every step that one takes through a text is counted.
//!
//! In comes the text of an expression; out comes a [`Pattern`], or why there is none. Its automaton is walked with all of
//! its states at once, so there is no backtracking and a step is a state that is visited at an octet. Libraries that
//! match faster don't tell what a match will cost, and a pattern such as `.*a.{200}z` costs them a thousand steps an octet.

use regex_automata::nfa::thompson::{BuildError, NFA, State, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;

use crate::effort::Effort;

/// What one pattern may take once it is compiled; two hundred of any character take 54 KiB.
pub const MEMORY: usize = 1 << 16;

// Until it is compiled it takes some four times as much.
const WHILE_COMPILED: usize = 4;
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
    /// What is wrong with it, in the words of the library.
    pub fn whole(source: &str, is_folded: bool) -> Result<Self, String> {
        let syntax = syntax::Config::new().case_insensitive(is_folded);
        // Read on its own first: `a)|(?:b` must not break out of the group that anchors it.
        syntax::parse_with(source, &syntax).map_err(|error| last_line(&error.to_string()))?;
        Ok(Self {
            automaton: compile(&format!(r"\A(?:{source})\z"), syntax, MEMORY)?,
            source: source.to_owned(),
            is_whole: true,
        })
    }

    /// Compiles an expression that is looked for anywhere in the text, within so many octets.
    ///
    /// # Errors
    /// What is wrong with it, in the words of the library.
    pub fn anywhere(source: &str, memory: usize) -> Result<Self, String> {
        Ok(Self {
            automaton: compile(source, syntax::Config::new(), memory)?,
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

fn compile(source: &str, syntax: syntax::Config, memory: usize) -> Result<NFA, String> {
    let config = NFA::config().which_captures(WhichCaptures::None);
    let automaton = NFA::compiler()
        .syntax(syntax)
        .configure(config.nfa_size_limit(Some(memory * WHILE_COMPILED)))
        .build(source)
        .map_err(|error| explain(&error, memory))?;
    if automaton.memory_usage() > memory {
        return Err(too_big(memory));
    }
    Ok(automaton)
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
mod tests {
    use super::*;

    fn fits(pattern: &Pattern, text: &str) -> bool {
        let effort = Effort::of_decision();
        pattern.is_match(text, &effort).expect("it costs little")
    }

    #[test]
    fn the_library_gives_the_same_answers() {
        let texts = [
            "",
            "a",
            "b",
            "aa",
            "ab",
            "ba",
            "aab",
            "a.b",
            "A",
            "K",
            "k",
            "\u{212a}",
            "ä",
            "äa",
            "a ä",
            "a\nb",
            "-",
            "_",
            "web-1.svc.cluster.local",
            "web.svc.cluster.locals",
            "日本",
            "a日",
            "1",
            "٣",
        ];
        for source in [
            "",
            "a",
            "a*",
            "(a*)*b",
            "a|b",
            "a|ab",
            "ab|a",
            "[^a]",
            ".",
            ".*",
            r"\w+",
            r"\b",
            r"\B",
            r"a\b.*",
            r"(?-u:\b)a",
            "^a$",
            "(?m)^a$",
            r"\Aa",
            r"a\z",
            "(?i)k",
            "(?s).+",
            "a{2}",
            "a??b?",
            r"\d",
            r"\p{Greek}|ä",
            "()",
            "(?i:ÄA)",
            r"^[a-z0-9-]{1,63}\.svc\.cluster\.local$",
            "日",
            r"\b日",
        ] {
            let anywhere = Pattern::anywhere(source, MEMORY).unwrap();
            let whole = Pattern::whole(source, false).unwrap();
            let folded = Pattern::whole(source, true).unwrap();
            for text in texts {
                let library = |source: &str| regex::Regex::new(source).unwrap().is_match(text);
                assert_eq!(fits(&anywhere, text), library(source), "{source} {text}");
                let anchored = format!(r"\A(?:{source})\z");
                assert_eq!(fits(&whole, text), library(&anchored), "{anchored} {text}");
                let anchored = format!(r"(?i)\A(?:{source})\z");
                assert_eq!(fits(&folded, text), library(&anchored), "{anchored} {text}");
            }
        }
    }

    /// The units that a text takes.
    fn units(source: &str, text: &str) -> u64 {
        let most = 1 << 40;
        let effort = Effort::of(most);
        let pattern = Pattern::whole(source, false).unwrap();
        assert!(pattern.is_match(text, &effort).is_some());
        most - effort.left()
    }

    #[test]
    fn a_step_is_counted_for_each_state_that_is_visited() {
        let host = "web-17-shop.svc.cluster.local";
        for (source, text, most) in [
            (r"[a-z0-9-]{1,63}\.svc\.cluster\.local", host, 200),
            (r".*\.svc\.cluster\.local", host, 400),
            (r"(web|api)-\d+-[a-z]+\.svc\..*", host, 400),
            (r"(a*)*b", &"a".repeat(250), 2_500),
        ] {
            let units = units(source, text);
            assert!(units < most, "{source}: {units}");
        }
        let bomb = units(".*a.{200}z", &"ab".repeat(125));
        assert!(bomb > 10_000, "{bomb}");
    }

    #[test]
    fn there_is_no_answer_beyond_what_is_left() {
        let pattern = Pattern::whole(".*a.{200}z", false).unwrap();
        let effort = Effort::of(5_000);
        assert_eq!(pattern.is_match(&"ab".repeat(125), &effort), None);
        assert!(effort.is_exhausted());
        assert_eq!(pattern.is_match("", &effort), None);
    }

    #[test]
    fn what_can_not_be_compiled_says_why() {
        for (source, message) in [
            ("a)|(?:b", "unopened group"),
            ("(", "unclosed group"),
            (r"\w{63}", "it takes more than 64 KiB once it is compiled"),
            (
                "((a{50}){50}){50}",
                "it takes more than 64 KiB once it is compiled",
            ),
        ] {
            assert_eq!(Pattern::whole(source, false).unwrap_err(), message);
        }
        for source in [
            ".{200}",
            r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){2}",
            r"\w+@\w+",
        ] {
            assert!(Pattern::whole(source, false).is_ok(), "{source}");
        }
    }
}
