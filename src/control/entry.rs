//! One entry of a policy's list of values: a glob, `{exact: ...}` or `{regex: ...}`, compiled for its kind of value.
//!
//! In comes a field of a policy file; out comes an [`Entry`] that says whether a value in normal form fits. Kinds never
//! lend to each other. A regular expression is linear-time and always covers the whole value. What is tried is counted
//! first, and a decision that has done too much gets no answer. Entries that deny compare without letter case and let
//! stars cross separators, so that a hit never hangs on spelling.

mod compiled;

use std::fmt;

pub use crate::control::entry::compiled::{Purpose, ValueKind};

use crate::control::entry::compiled::{Pattern, Shortcut, Words, written};
use crate::control::glob::dns::Wildcard;
use crate::control::glob::placeholder::Given;
use crate::control::glob::{Token, fits, is_literal};
use crate::control::reading::is_short;
use crate::control::surroundings::Surroundings;
use crate::yaml::{Field, Problems};

// What it takes to look at an entry at all, in units of work.
const NAME: u64 = 2;
const TEXT: u64 = 4;
const GLOB: u64 = 16;

/// Whether a value fits an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It can't be told: a value of the request is not safe where the entry puts it.
    Unsafe,
    /// It does not, since it puts in who asked and nobody knows that.
    Nobody,
    /// It can't be told: a regular expression does not know what a wildcard covers.
    Unknown,
    /// It was not looked at: what one decision may do is used up.
    Untried,
}

/// What an entry says: where it is the same, so are the values that fit.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Said<'e>(ValueKind, Purpose, Words<'e>);

/// One compiled entry.
#[derive(Clone, Debug)]
pub struct Entry {
    at: String,
    text: String,
    kind: ValueKind,
    purpose: Purpose,
    pattern: Pattern,
    shortcut: Option<Shortcut>,
    /// How often a value is gone through.
    rounds: u64,
}

impl Entry {
    /// Reads one element of a list of values.
    pub fn read(
        field: &Field<'_>,
        kind: ValueKind,
        purpose: Purpose,
        around: &Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let at = field.path.clone();
        let (text, form, field) = written(field, problems)?;
        if !is_short(&field, text, problems) {
            return None;
        }
        let pattern = Pattern::read(text, form, kind, purpose, &around.compiling);
        match pattern {
            Ok(pattern) => Some(Self {
                at,
                text: text.to_owned(),
                kind,
                purpose,
                shortcut: pattern.shortcut(text),
                rounds: 1 + text.bytes().filter(|byte| *byte == b'*').count() as u64,
                pattern,
            }),
            Err(error) => {
                problems.push(error.into_reason(&field).value(text));
                None
            }
        }
    }

    /// Whether it denies, and so is tried on every spelling of a value.
    #[must_use]
    pub fn is_denial(&self) -> bool {
        self.purpose == Purpose::Deny
    }

    /// Whether a value in the normal form of its kind fits, for this request.
    #[must_use]
    pub fn matches(&self, value: &str, given: Given<'_>) -> Match {
        let given = Given {
            folded: self.purpose == Purpose::Deny,
            ..given
        };
        if let Some(shortcut) = &self.shortcut
            && !value.starts_with("*.")
        {
            if !given.effort.spend(NAME) {
                return Match::Untried;
            }
            match shortcut {
                Shortcut::Only(name) if name == value => return Match::Yes,
                Shortcut::Ends(end) if value.ends_with(end) => {}
                Shortcut::Only(_) | Shortcut::Ends(_) => return Match::No,
            }
        }
        if let Some(obstacle) = self.obstacle(given) {
            return obstacle;
        }
        let wildcard = match self.purpose {
            Purpose::Admit => Wildcard::Every,
            Purpose::Deny => Wildcard::Some,
        };
        if !given.effort.spend(self.price(value)) {
            return Match::Untried;
        }
        let yes = match &self.pattern {
            Pattern::Dns(glob) => glob.fits(value, wildcard, given),
            Pattern::Email(glob) => glob.fits(value, given),
            Pattern::Uri(glob) => glob.fits(value, given),
            Pattern::Text(tokens) => fits(tokens, value, given),
            Pattern::Regex(_) if self.kind == ValueKind::Dns && value.starts_with("*.") => {
                return Match::Unknown;
            }
            Pattern::Regex(regex) => match regex.is_match(value, given.effort) {
                Some(yes) => yes,
                None => return Match::Untried,
            },
        };
        if yes { Match::Yes } else { Match::No }
    }

    /// What trying a value costs, outside an expression: a glob goes through it once for every star.
    fn price(&self, value: &str) -> u64 {
        match &self.pattern {
            // It counts its own steps.
            Pattern::Regex(_) => 1,
            Pattern::Text(_) if self.rounds == 1 => TEXT,
            _ => GLOB + self.rounds * value.len() as u64,
        }
    }

    /// Where it stands in its file, such as `spec.allowed.dnsNames.values[0]`.
    #[must_use]
    pub fn at(&self) -> &str {
        &self.at
    }

    /// As it stands in the file, without `exact:` or `regex:`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a regular expression.
    #[must_use]
    pub fn is_regex(&self) -> bool {
        matches!(self.pattern, Pattern::Regex(_))
    }

    /// Whether it is for DNS names.
    #[must_use]
    pub fn is_dns(&self) -> bool {
        self.kind == ValueKind::Dns
    }

    /// The kind of value that it is for.
    #[must_use]
    pub fn kind(&self) -> ValueKind {
        self.kind
    }

    /// The one value that it fits, if it is seen at once that there is only one.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        let is_open = self.is_regex() || self.has_placeholder() || self.text.contains('*');
        (!is_open).then_some(self.text.as_str())
    }

    /// Whether a value of the request or the requester goes into it.
    #[must_use]
    pub fn has_placeholder(&self) -> bool {
        let is_value = |token: &Token| matches!(token, Token::Value(_));
        self.tokens().any(is_value)
    }

    /// Whether a value goes into it that whoever writes the request chooses, and none that is proven.
    #[must_use]
    pub fn is_chosen(&self) -> bool {
        let proven = |token: &Token| matches!(token, Token::Value(it) if it.is_requester());
        self.has_placeholder() && !self.tokens().any(proven)
    }

    /// What it says.
    #[must_use]
    pub fn said(&self) -> Said<'_> {
        Said(self.kind, self.purpose, self.pattern.said())
    }

    fn tokens(&self) -> Box<dyn Iterator<Item = &Token> + '_> {
        match &self.pattern {
            Pattern::Dns(glob) => Box::new(glob.tokens()),
            Pattern::Email(glob) => Box::new(glob.tokens()),
            Pattern::Uri(glob) => Box::new(glob.tokens()),
            Pattern::Text(tokens) => Box::new(tokens.iter()),
            Pattern::Regex(_) => Box::new(std::iter::empty()),
        }
    }

    /// Whether its literal text begins with these very characters.
    #[must_use]
    pub fn begins_with(&self, prefix: &str) -> bool {
        let Pattern::Text(tokens) = &self.pattern else {
            return false;
        };
        matches!(tokens.first(), Some(Token::Literal(text)) if text.starts_with(prefix))
    }

    /// Whether it is this very name and nothing else.
    #[must_use]
    pub fn is_exactly(&self, name: &str) -> bool {
        matches!(&self.pattern, Pattern::Text(tokens) if is_literal(tokens, name))
    }

    /// Why its placeholders can't be filled in.
    fn obstacle(&self, given: Given<'_>) -> Option<Match> {
        let obstacle = |token: &Token| match token {
            Token::Value(placeholder) if !placeholder.is_safe(given) => Some(Match::Unsafe),
            Token::Value(placeholder)
                if placeholder.is_requester() && placeholder.value(given).is_none() =>
            {
                Some(match self.purpose {
                    Purpose::Admit => Match::Nobody,
                    Purpose::Deny => Match::No,
                })
            }
            Token::Value(_) | Token::Literal(_) | Token::Run(_) => None,
        };
        match &self.pattern {
            Pattern::Dns(glob) => glob.tokens().find_map(obstacle),
            Pattern::Email(glob) => glob.tokens().find_map(obstacle),
            Pattern::Uri(glob) => glob.tokens().find_map(obstacle),
            Pattern::Text(tokens) => tokens.iter().find_map(obstacle),
            Pattern::Regex(_) => None,
        }
    }
}

impl fmt::Display for Entry {
    /// Its text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
