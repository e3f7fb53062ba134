//! What is wrong in the user's repository: a code, a place, what it is and what to do about it.
//!
//! Every floor above makes findings and every output format prints them; nothing in here decides. Codes are stable
//! and spelled as the variants of [`Code`]; field names are those of Kubernetes (`spec.usages[1]`). Values come from
//! strangers: they are cut here and escaped by each sink.

pub mod advice;
mod code;
mod meaning;

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

pub use crate::finding::code::Code;

use crate::harmless::concealed;
use crate::names::{RepoPath, RequestName};

// Enough to recognise a value, too little to flood a report with it.
const VALUE_CHARACTERS: usize = 120;
// A policy may have entries and messages of many kibibytes, and each request that it refuses shows them.
const TEXT_CHARACTERS: usize = 1_000;

/// A place in a file, counted from one as editors do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// One reason for a decision, one notice or one error.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Reason {
    /// What kind of reason it is.
    pub code: Code,
    /// The policy or signer that gave it.
    pub policy: Option<String>,
    /// The field that it is about, in Kubernetes' notation.
    pub field: Option<String>,
    /// The offending value.
    pub value: Option<String>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line in the file, from 1.
    pub line: Option<u32>,
    /// The column in the file, from 1.
    pub column: Option<u32>,
    /// What it rests on in the control zone, for outputs that show it.
    #[serde(skip)]
    pub rule: Option<Box<Rule>>,
}

/// A field of the control zone that somebody was judged by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Rule {
    /// Such as `spec.allowed.dnsNames.values[2]`; where nothing is written, the field that lacks.
    pub field: String,
    /// The file; `None` until it is known which object the field is in.
    pub file: Option<RepoPath>,
    /// The line in that file, from 1.
    pub line: Option<u32>,
}

impl Rule {
    /// A field of an object that somebody else knows.
    #[must_use]
    pub fn new(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            file: None,
            line: None,
        }
    }

    /// `policies/developers.yaml:19`, as editors take it; nothing as long as the file is not known.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        Some(match self.line {
            Some(line) => format!("{file}:{line}"),
            None => file.to_string(),
        })
    }
}

impl Reason {
    /// A reason that says `message`; the rest is added by the methods below.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            policy: None,
            field: None,
            value: None,
            message: shortened(&message.into(), TEXT_CHARACTERS),
            help: None,
            line: None,
            column: None,
            rule: None,
        }
    }

    /// Its place in this file, `requests/jane.yaml:9` where the line is known.
    #[must_use]
    pub fn place(&self, file: &str) -> String {
        match self.line {
            Some(line) => format!("{file}:{line}"),
            None => file.to_owned(),
        }
    }

    /// Names the field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Shows the offending value, cut at 120 characters.
    #[must_use]
    pub fn value(mut self, value: impl AsRef<str>) -> Self {
        self.value = Some(shortened(value.as_ref(), VALUE_CHARACTERS));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(shortened(&help.into(), TEXT_CHARACTERS));
        self
    }

    /// Names the policy or signer that gave it.
    #[must_use]
    pub fn policy(mut self, policy: impl Into<String>) -> Self {
        self.policy = Some(policy.into());
        self
    }

    /// Names the field of the policy or signer that it rests on.
    #[must_use]
    pub fn rule(mut self, field: impl Into<String>) -> Self {
        self.rule = Some(Box::new(Rule::new(field)));
        self
    }

    /// Says where in the file it is.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.line = Some(place.line);
        self.column = Some(place.column);
        self
    }
}

/// The text without what looks like a key, and so many characters of it.
fn shortened(text: &str, characters: usize) -> String {
    let text = concealed(text);
    match text.char_indices().nth(characters) {
        // What is cut off shall not be kept either.
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

/// A reason together with the file, and the request if there is one, that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// The request that it is about.
    pub request: Option<RequestName>,
    /// The file that it is in.
    pub file: Option<RepoPath>,
    /// What is wrong there.
    #[serde(flatten)]
    pub reason: Reason,
}

impl Finding {
    /// A finding in this file.
    #[must_use]
    pub fn in_file(file: RepoPath, reason: Reason) -> Self {
        Self {
            request: None,
            file: Some(file),
            reason,
        }
    }

    /// A finding about this request, in its manifest.
    #[must_use]
    pub fn in_request(request: &RequestName, reason: Reason) -> Self {
        Self {
            request: Some(request.clone()),
            file: Some(request.manifest()),
            reason,
        }
    }

    /// A finding about no file, such as the state of the repository itself.
    #[must_use]
    pub fn anywhere(reason: Reason) -> Self {
        Self {
            request: None,
            file: None,
            reason,
        }
    }
}

/// Adds those that nobody was told before.
pub fn add_news(told: &mut Vec<Finding>, mut more: Vec<Finding>) {
    let known: HashSet<&Finding> = told.iter().collect();
    more.retain(|one| !known.contains(one));
    told.extend(more);
}

/// Why nothing can be done at all: every finding that stands in the way (exit code 2).
#[derive(Clone, Debug)]
pub struct Stop(pub Vec<Finding>);

impl Stop {
    /// Stops for one reason that is about no file.
    #[must_use]
    pub fn because(reason: Reason) -> Self {
        Self(vec![Finding::anywhere(reason)])
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: Vec<&str> = self
            .0
            .iter()
            .map(|finding| finding.reason.message.as_str())
            .collect();
        f.write_str(&messages.join("; "))
    }
}

impl std::error::Error for Stop {}
