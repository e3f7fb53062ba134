//! One entry of a policy's list of values: a glob, `{exact: ...}` or `{regex: ...}`, compiled for its kind of value.
//!
//! In comes a field of a policy file; out comes an [`Entry`] that says whether a value in normal form fits. Kinds never
//! lend to each other. A regular expression is linear-time and always covers the whole value. Entries that deny compare
//! without letter case and let stars cross separators, so that a hit never hangs on spelling.

use std::fmt;

use regex::{Regex, RegexBuilder};

use crate::control::fold::fold;
use crate::control::glob::dns::{DnsGlob, Wildcard};
use crate::control::glob::email::EmailGlob;
use crate::control::glob::error::PatternError;
use crate::control::glob::placeholder::{Context, Given};
use crate::control::glob::uri::{self, UriGlob};
use crate::control::glob::{Run, Token, fits, is_literal, mentions, scan, stars};
use crate::yaml::{Field, Problems, Value};

// Longer ones are programs, not patterns.
const REGEX_OCTETS: usize = 1024;
// Memory of one compiled expression; a bomb of nested counts needs more.
const REGEX_MEMORY: usize = 1 << 18;

/// The kind of value that an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// DNS names, in lower case.
    Dns,
    /// E-mail addresses, with the domain in lower case.
    Email,
    /// URIs in normal form.
    Uri,
    /// Subject attributes; with `crossing` a star also stands for separators.
    Attribute {
        /// Whether a star crosses `: / . @ \`.
        crossing: bool,
    },
}

/// What an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To admit a value, by its exact letters.
    Admit,
    /// To deny a value, however it is spelt.
    Deny,
}

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
}

/// One compiled entry.
#[derive(Clone, Debug)]
pub struct Entry {
    at: String,
    text: String,
    kind: ValueKind,
    purpose: Purpose,
    pattern: Pattern,
}

#[derive(Clone, Debug)]
enum Pattern {
    Dns(DnsGlob),
    Email(EmailGlob),
    Uri(UriGlob),
    Text(Vec<Token>),
    Regex(Regex),
}

impl Entry {
    /// Reads one element of a list of values.
    pub fn read(
        field: &Field<'_>,
        kind: ValueKind,
        purpose: Purpose,
        problems: &mut Problems,
    ) -> Option<Self> {
        let at = field.path.clone();
        let (text, form, field) = written(field, problems)?;
        let pattern = match form {
            Form::Glob if matches!(text, "*" | "**") => Err(PatternError::new(
                format!("`{text}` alone says nothing"),
                "to allow every value write `any: true` instead of `values`",
            )),
            _ if text.is_empty() => Err(PatternError::new("must not be empty", "leave it out")),
            Form::Glob => glob(text, kind, purpose),
            Form::Exact => exact(text, kind, purpose),
            Form::Regex => regex(text, purpose).map(Pattern::Regex),
        };
        match pattern {
            Ok(pattern) => Some(Self {
                at,
                text: text.to_owned(),
                kind,
                purpose,
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
        if let Some(obstacle) = self.obstacle(given) {
            return obstacle;
        }
        let wildcard = match self.purpose {
            Purpose::Admit => Wildcard::Every,
            Purpose::Deny => Wildcard::Some,
        };
        let yes = match &self.pattern {
            Pattern::Dns(glob) => glob.fits(value, wildcard, given),
            Pattern::Email(glob) => glob.fits(value, given),
            Pattern::Uri(glob) => glob.fits(value, given),
            Pattern::Text(tokens) => fits(tokens, value, given),
            Pattern::Regex(_) if self.kind == ValueKind::Dns && value.starts_with("*.") => {
                return Match::Unknown;
            }
            Pattern::Regex(regex) => regex.is_match(value),
        };
        if yes { Match::Yes } else { Match::No }
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

    /// Whether another entry fits the very same values, as far as their patterns are the same.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let same_pattern = match (&self.pattern, &other.pattern) {
            (Pattern::Dns(one), Pattern::Dns(other)) => one == other,
            (Pattern::Email(one), Pattern::Email(other)) => one == other,
            (Pattern::Uri(one), Pattern::Uri(other)) => one == other,
            (Pattern::Text(one), Pattern::Text(other)) => one == other,
            (Pattern::Regex(one), Pattern::Regex(other)) => one.as_str() == other.as_str(),
            _ => false,
        };
        same_pattern && (self.kind, self.purpose) == (other.kind, other.purpose)
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Glob,
    Exact,
    Regex,
}

fn written<'n>(field: &Field<'n>, problems: &mut Problems) -> Option<(&'n str, Form, Field<'n>)> {
    if !matches!(field.node.value, Value::Map(_)) {
        return Some((field.text(problems)?, Form::Glob, field.clone()));
    }
    let object = field.object(&["exact", "regex"], problems)?;
    match (object.get("exact"), object.get("regex")) {
        (Some(exact), None) => Some((exact.text(problems)?, Form::Exact, exact)),
        (None, Some(regex)) => Some((regex.text(problems)?, Form::Regex, regex)),
        _ => {
            problems.report(field, "must hold either `exact` or `regex`");
            None
        }
    }
}

fn glob(text: &str, kind: ValueKind, purpose: Purpose) -> Result<Pattern, PatternError> {
    match kind {
        ValueKind::Dns => DnsGlob::glob(text).map(Pattern::Dns),
        ValueKind::Email => EmailGlob::glob(&email(text, purpose)).map(Pattern::Email),
        ValueKind::Uri => UriGlob::glob(text).map(Pattern::Uri),
        ValueKind::Attribute { crossing } => {
            let tokens = scan(text, Context::Text)?;
            if mentions(&tokens, "**") {
                return Err(PatternError::new(
                    "`**` means nothing in a subject attribute",
                    "write `*`, and `crossing: true` if it may stand for separators",
                ));
            }
            let run = if crossing || purpose == Purpose::Deny {
                Run::ANY
            } else {
                Run::WORD
            };
            Ok(Pattern::Text(stars(spelt(tokens, purpose), run)))
        }
    }
}

fn exact(text: &str, kind: ValueKind, purpose: Purpose) -> Result<Pattern, PatternError> {
    match kind {
        ValueKind::Dns => DnsGlob::exact(text).map(Pattern::Dns),
        ValueKind::Email => EmailGlob::exact(&email(text, purpose)).map(Pattern::Email),
        ValueKind::Uri => uri::exact(text).map(Pattern::Text),
        ValueKind::Attribute { .. } => {
            Ok(Pattern::Text(spelt(scan(text, Context::Text)?, purpose)))
        }
    }
}

/// Literals as values are compared with them: folded when they deny.
fn spelt(tokens: Vec<Token>, purpose: Purpose) -> Vec<Token> {
    let fold_literal = |token| match token {
        Token::Literal(text) if purpose == Purpose::Deny => Token::Literal(fold(&text)),
        other => other,
    };
    tokens.into_iter().map(fold_literal).collect()
}

fn email(text: &str, purpose: Purpose) -> String {
    match purpose {
        Purpose::Admit => text.to_owned(),
        Purpose::Deny => text.to_lowercase(),
    }
}

fn regex(text: &str, purpose: Purpose) -> Result<Regex, PatternError> {
    if text.len() > REGEX_OCTETS {
        return Err(PatternError::new(
            format!("a regular expression has at most {REGEX_OCTETS} octets"),
            "use globs, or several entries",
        ));
    }
    let compile = |source: &str, memory| {
        RegexBuilder::new(source)
            .size_limit(memory)
            .dfa_size_limit(REGEX_MEMORY)
            .case_insensitive(purpose == Purpose::Deny)
            .build()
    };
    // Read on its own first: `a)|(?:b` must not break out of the group that anchors it. It is too big once it is read.
    match compile(text, 0) {
        Ok(_) | Err(regex::Error::CompiledTooBig(_)) => {}
        Err(error) => return Err(uncompilable(&error)),
    }
    let anchored = compile(&format!(r"\A(?:{text})\z"), REGEX_MEMORY);
    anchored.map_err(|error| uncompilable(&error))
}

fn uncompilable(error: &regex::Error) -> PatternError {
    let last = error.to_string();
    let last = last.lines().last().unwrap_or_default();
    PatternError::new(
        format!(
            "is no regular expression: {}",
            last.trim_start_matches("error: ")
        ),
        "the syntax is that of the Rust crate `regex`; both ends are anchored already",
    )
}
