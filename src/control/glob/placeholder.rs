//! Placeholders in patterns: `{{ request.name }}` and the others, and which of their values are safe to put in.
//!
//! In comes the expression between the braces; out comes a [`Placeholder`] that knows where in a pattern it stands. Its
//! value is always literal text. A value that could be read as more than one piece of that place is unsafe, and the
//! entry that holds it then matches nothing. `requester.*` comes with requester identity, in a later release.

use std::borrow::Cow;

use crate::control::glob::error::PatternError;
use crate::control::glob::label::is_label;
use crate::names::RequestName;
use crate::yaml::suggest;

const KNOWN: [&str; 3] = ["request.name", "request.path", "request.dirs[0]"];
const LATER: [&str; 2] = ["requester.name", "requester.email"];
const HOSTILE: [char; 7] = ['*', '{', '}', '\\', '/', ',', ' '];

/// Where in a pattern a placeholder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// In one label of a DNS name.
    Label,
    /// In the path of a URI.
    UriPath,
    /// Anywhere else.
    Text,
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Name,
    Path,
    Dir(usize),
}

/// A value of the request that goes into a pattern as literal text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placeholder {
    source: Source,
    context: Context,
}

impl Placeholder {
    /// Reads what stands between `{{` and `}}`, without the spaces around it.
    ///
    /// # Errors
    /// It is none of the known expressions, or one of a later release.
    pub fn read(expression: &str, context: Context) -> Result<Self, PatternError> {
        let source = match expression {
            "request.name" => Source::Name,
            "request.path" => Source::Path,
            _ => Source::Dir(directory(expression)?),
        };
        Ok(Self { source, context })
    }

    /// Its value for this request; `None` when the request has no such directory.
    #[must_use]
    pub fn value<'r>(&self, request: &'r RequestName) -> Option<Cow<'r, str>> {
        match self.source {
            Source::Name => Some(Cow::Borrowed(request.name())),
            Source::Path => Some(Cow::Borrowed(request.as_str())),
            Source::Dir(index) => request.dirs().get(index).map(|dir| Cow::Borrowed(*dir)),
        }
    }

    /// Whether its value for this request can't be mistaken for more than literal text in its place.
    #[must_use]
    pub fn is_safe(&self, request: &RequestName) -> bool {
        let Some(value) = self.value(request) else {
            return true;
        };
        match self.context {
            Context::Label => is_label(&value) && !value.contains('_'),
            Context::UriPath if self.source == Source::Path => value.split('/').all(is_inert),
            Context::UriPath | Context::Text => is_inert(&value),
        }
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
        _ if LATER.contains(&expression) => Err(PatternError::later(
            format!("`{expression}` is not implemented in this release of gitca"),
            "use a value of the request, such as `{{ request.name }}`",
        )),
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
        ] {
            let placeholder = Placeholder::read(expression, context).unwrap();
            let request = request.parse().unwrap();
            assert_eq!(
                placeholder.is_safe(&request),
                safe,
                "{expression} of {request}"
            );
        }
    }

    #[test]
    fn hostile_text_is_never_inert() {
        for text in ["*", "a*", "../x", "a,b", "a b", "a\\b", "{x}", "a\nb", ""] {
            assert!(!is_inert(text), "{text:?}");
        }
    }
}
