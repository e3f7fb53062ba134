//! What an entry is compiled to: a glob of the kind of its values, or a regular expression.
//!
//! In come the text of an entry and how it is written; out comes a [`Pattern`], or why there is none.

use crate::control::fold::fold;
use crate::control::glob::dns::DnsGlob;
use crate::control::glob::email::EmailGlob;
use crate::control::glob::error::PatternError;
use crate::control::glob::placeholder::Context;
use crate::control::glob::uri::{self, UriGlob};
use crate::control::glob::{Run, Token, mentions, scan, stars};
use crate::effort::Effort;
use crate::pattern::Pattern as Expression;
use crate::yaml::{Field, Problems, Value};

// Longer ones are programs, not patterns.
const REGEX_OCTETS: usize = 1024;

/// The kind of value that an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To admit a value, by its exact letters.
    Admit,
    /// To deny a value, however it is spelt.
    Deny,
}

/// A compiled entry.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    Dns(DnsGlob),
    Email(EmailGlob),
    Uri(UriGlob),
    Text(Vec<Token>),
    Regex(Expression),
}

impl Pattern {
    /// Compiles the text of an entry.
    pub(super) fn read(
        text: &str,
        form: Form,
        kind: ValueKind,
        purpose: Purpose,
        compiling: &Effort,
    ) -> Result<Self, PatternError> {
        match form {
            Form::Glob if matches!(text, "*" | "**") => Err(PatternError::new(
                format!("`{text}` alone says nothing"),
                "to allow every value write `any: true` instead of `values`",
            )),
            _ if text.is_empty() => Err(PatternError::new("must not be empty", "leave it out")),
            Form::Glob => glob(text, kind, purpose),
            Form::Exact => exact(text, kind, purpose),
            Form::Regex => regex(text, purpose, compiling).map(Self::Regex),
        }
    }

    /// What it says.
    pub(super) fn said(&self) -> Words<'_> {
        match self {
            Self::Dns(glob) => Words::Dns(glob),
            Self::Email(glob) => Words::Email(glob),
            Self::Uri(glob) => Words::Uri(glob),
            Self::Text(tokens) => Words::Text(tokens),
            Self::Regex(expression) => Words::Regex(expression.source()),
        }
    }

    /// How most DNS names are known not to fit, where nothing of the request goes into the text.
    pub(super) fn shortcut(&self, text: &str) -> Option<Shortcut> {
        if !matches!(self, Self::Dns(_)) || text.contains('{') {
            return None;
        }
        let text = text.to_ascii_lowercase();
        Some(match text.rsplit_once('*') {
            None => Shortcut::Only(text),
            Some((_, end)) => Shortcut::Ends(end.to_owned()),
        })
    }
}

/// What a pattern says.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Words<'p> {
    Dns(&'p DnsGlob),
    Email(&'p EmailGlob),
    Uri(&'p UriGlob),
    Text(&'p [Token]),
    Regex(&'p str),
}

/// What is looked at before a pattern of DNS names is, for names that are no wildcards.
#[derive(Clone, Debug)]
pub(super) enum Shortcut {
    /// It fits this name only.
    Only(String),
    /// What fits has this end.
    Ends(String),
}

/// How an entry is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Glob,
    Exact,
    Regex,
}

/// The text of an entry, and what it is the text of.
pub(super) fn written<'n>(
    field: &Field<'n>,
    problems: &mut Problems,
) -> Option<(&'n str, Form, Field<'n>)> {
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

fn regex(text: &str, purpose: Purpose, compiling: &Effort) -> Result<Expression, PatternError> {
    if text.len() > REGEX_OCTETS {
        return Err(PatternError::new(
            format!("a regular expression has at most {REGEX_OCTETS} octets"),
            "use globs, or several entries",
        ));
    }
    Expression::whole(text, purpose == Purpose::Deny, compiling).map_err(|error| {
        PatternError::new(
            format!("is no regular expression: {error}"),
            "the syntax is that of the Rust crate `regex`; both ends are anchored already",
        )
    })
}
