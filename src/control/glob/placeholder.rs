//! Placeholders in patterns: `{{ request.name }}` and the others, and which of their values are safe to put in.
//!
//! In comes the expression between the braces; out comes a [`Placeholder`] that knows where in a pattern it stands. Its
//! value is always literal text. A value that could be read as more than one piece of that place is unsafe, and the
//! entry that holds it then matches nothing. Of a requester whom nobody knows there is no value at all.

use std::borrow::Cow;

use crate::control::glob::error::PatternError;
use crate::control::glob::label::is_label;
use crate::control::identity::Identity;
use crate::effort::Effort;
use crate::names::RequestName;
use crate::yaml::suggest;

const KNOWN: [&str; 5] = [
    "request.name",
    "request.path",
    "request.dirs[0]",
    "requester.name",
    "requester.email",
];
const HOSTILE: [char; 7] = ['*', '{', '}', '\\', '/', ',', ' '];

/// Where in a pattern a placeholder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// In one label of a DNS name.
    Label,
    /// In the path of a URI.
    UriPath,
    /// Anywhere else.
    Text,
}

/// What patterns are tried with: what placeholders take their values from, and what trying may cost.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// What was asked.
    pub request: &'a RequestName,
    /// Who asked.
    pub requester: &'a Identity,
    /// Whether letter case decides nothing, as where something is denied.
    pub folded: bool,
    /// What may still be done.
    pub effort: &'a Effort,
}

impl<'a> Given<'a> {
    /// A request, who asked for it, and what may be done about it.
    #[must_use]
    pub fn new(request: &'a RequestName, requester: &'a Identity, effort: &'a Effort) -> Self {
        Self {
            request,
            requester,
            folded: false,
            effort,
        }
    }
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    Name,
    Path,
    Dir(usize),
    RequesterName,
    RequesterEmail,
}

/// A value of the request that goes into a pattern as literal text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Placeholder {
    source: Source,
    context: Context,
}

impl Placeholder {
    /// Reads what stands between `{{` and `}}`, without the spaces around it.
    ///
    /// # Errors
    /// It is none of the known expressions.
    pub fn read(expression: &str, context: Context) -> Result<Self, PatternError> {
        let source = match expression {
            "request.name" => Source::Name,
            "request.path" => Source::Path,
            "requester.name" => Source::RequesterName,
            "requester.email" => Source::RequesterEmail,
            _ => Source::Dir(directory(expression)?),
        };
        Ok(Self { source, context })
    }

    /// Its value; `None` when the request has no such directory, or nobody knows who asked.
    #[must_use]
    pub fn value<'r>(&self, given: Given<'r>) -> Option<Cow<'r, str>> {
        let request = given.request;
        match self.source {
            Source::Name => Some(Cow::Borrowed(request.name())),
            Source::Path => Some(Cow::Borrowed(request.as_str())),
            Source::Dir(index) => request.dirs().get(index).map(|dir| Cow::Borrowed(*dir)),
            Source::RequesterName => {
                let principal = given.requester.principal.as_ref()?;
                Some(Cow::Borrowed(principal.as_str()))
            }
            Source::RequesterEmail => {
                let email = &given.requester.email;
                let known = given.requester.principal.is_some() && !email.is_empty();
                known.then(|| mailbox(email, given.folded))
            }
        }
    }

    /// Whether it stands for who asked.
    #[must_use]
    pub fn is_requester(&self) -> bool {
        matches!(self.source, Source::RequesterName | Source::RequesterEmail)
    }

    /// Whether its value can't be mistaken for more than literal text in its place.
    #[must_use]
    pub fn is_safe(&self, given: Given<'_>) -> bool {
        let Some(value) = self.value(given) else {
            return true;
        };
        match self.context {
            Context::Label => is_label(&value) && !value.contains('_'),
            Context::UriPath if self.source == Source::Path => value.split('/').all(is_inert),
            Context::UriPath | Context::Text => is_inert(&value),
        }
    }
}

/// An address as values are compared with it: RFC 5321 2.4 lets only the domain be without letter case.
fn mailbox(email: &str, folded: bool) -> Cow<'_, str> {
    match email.rsplit_once('@') {
        _ if folded => Cow::Owned(email.to_lowercase()),
        Some((local, domain)) if domain.contains(|c: char| c.is_ascii_uppercase()) => {
            Cow::Owned(format!("{local}@{}", domain.to_ascii_lowercase()))
        }
        _ => Cow::Borrowed(email),
    }
}

fn is_inert(value: &str) -> bool {
    let hostile = |character: char| HOSTILE.contains(&character) || character.is_control();
    !value.is_empty() && !value.contains(hostile)
}

fn directory(expression: &str) -> Result<usize, PatternError> {
    let index = expression
        .strip_prefix("request.dirs[")
        .and_then(|rest| rest.strip_suffix(']'));
    match index.map(str::parse) {
        Some(Ok(index)) => Ok(index),
        _ => Err(PatternError::new(
            format!("`{expression}` is not a known expression"),
            suggest(expression, &KNOWN),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_safe_where_it_is_one_piece() {
        for (expression, context, request, safe) in [
            ("request.name", Context::Text, "dev/jane", true),
            ("request.name", Context::Text, "dev/jane.doe", true),
            ("request.name", Context::Label, "dev/jane", true),
            ("request.name", Context::Label, "dev/jane.doe", false),
            ("request.path", Context::Text, "dev/jane", false),
            ("request.path", Context::Text, "jane", true),
            ("request.path", Context::UriPath, "dev/jane", true),
            ("request.dirs[0]", Context::Label, "dev.x/jane", false),
            ("request.dirs[7]", Context::Label, "jane", true),
            ("requester.name", Context::Label, "jane", true),
            ("requester.email", Context::Text, "jane", true),
            ("requester.email", Context::Label, "jane", false),
        ] {
            let placeholder = Placeholder::read(expression, context).unwrap();
            let request = request.parse().unwrap();
            let requester = alice();
            let effort = Effort::of_words();
            let given = Given::new(&request, &requester, &effort);
            assert_eq!(
                placeholder.is_safe(given),
                safe,
                "{expression} of {request}"
            );
        }
    }

    fn alice() -> Identity {
        Identity {
            principal: Some("alice".parse().unwrap()),
            email: "Alice@Example.com".to_owned(),
            ..Identity::default()
        }
    }

    #[test]
    fn only_a_known_requester_has_a_value() {
        let request = "dev/jane".parse().unwrap();
        let unproven = Identity {
            principal: None,
            ..alice()
        };
        let (name, email) = ("requester.name", "requester.email");
        for (expression, requester, folded, value) in [
            (name, alice(), false, Some("alice")),
            (email, alice(), false, Some("Alice@example.com")),
            (email, alice(), true, Some("alice@example.com")),
            (name, unproven.clone(), false, None),
            (email, unproven, false, None),
        ] {
            let placeholder = Placeholder::read(expression, Context::Text).unwrap();
            let effort = Effort::of_words();
            let given = Given {
                folded,
                ..Given::new(&request, &requester, &effort)
            };
            assert_eq!(placeholder.value(given).as_deref(), value, "{expression}");
        }
    }

    #[test]
    fn hostile_text_is_never_inert() {
        for text in ["*", "a*", "../x", "a,b", "a b", "a\\b", "{x}", "a\nb", ""] {
            assert!(!is_inert(text), "{text:?}");
        }
    }
}
