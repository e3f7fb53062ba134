//! A strict YAML document as a tree of nodes with positions, and the cursor that typed readers walk it with.
//!
//! In come the bytes of one file (see [`parser`]); out comes a [`Node`], or every reason why it is not one plain
//! document. A [`Field`] is a node together with its path (`spec.usages[1]`); readers take values from it and leave
//! what they don't like in [`Problems`], which never stops at the first. Nothing is read twice and nothing is guessed:
//! a quoted number is no number, and a bare `no` is a string.

mod characters;
pub mod parser;
pub mod places;
mod problems;
mod suggestion;

use std::str::FromStr;

use crate::finding::{Code, Place, Reason};

pub use crate::yaml::problems::Problems;
pub use crate::yaml::suggestion::suggest;

const INTEGER: &str = "must be a decimal integer without quotes";

/// One value of a document and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where the value begins; a missing value stands where its key does.
    pub place: Place,
    /// What is there.
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// No value, `null` or `~`, all unquoted.
    Null,
    /// A plain scalar: it may be read as text, number or boolean.
    Plain(String),
    /// A quoted or block scalar: it can only be text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order it was written.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key, a scalar of any style.
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// Its value.
    pub node: Node,
}

impl Value {
    /// The elements of a list; none of anything else.
    fn nodes(&self) -> &[Node] {
        match self {
            Self::List(nodes) => nodes,
            _ => &[],
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Plain(_) | Self::Text(_) => "a scalar",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

impl Problems {
    /// Notes that `field` is wrong.
    pub fn report(&mut self, field: &Field<'_>, message: impl Into<String>) {
        self.push(field.reason(self.code(), message));
    }

    /// Notes that `field` is wrong and what would be right.
    pub fn report_with_help(
        &mut self,
        field: &Field<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(field.reason(self.code(), message).help(help));
    }
}

/// A node, its path and its place; the path is what Kubernetes would call it.
#[derive(Clone, Debug)]
pub struct Field<'n> {
    /// Such as `spec.usages[1]`; empty for the document.
    pub path: String,
    /// Where the value begins.
    pub place: Place,
    /// The value.
    pub node: &'n Node,
}

impl<'n> Field<'n> {
    /// The document itself.
    #[must_use]
    pub fn root(node: &'n Node) -> Self {
        Self {
            path: String::new(),
            place: node.place,
            node,
        }
    }

    /// A mapping with whatever keys, for a first look at it.
    pub fn mapping(&self, problems: &mut Problems) -> Option<Object<'n>> {
        let Value::Map(entries) = &self.node.value else {
            problems.report(
                self,
                format!("must be a mapping, not {}", self.node.value.kind()),
            );
            return None;
        };
        Some(Object {
            path: self.path.clone(),
            place: self.place,
            entries,
        })
    }

    /// A mapping whose keys are all `known`; others are reported, with the nearest name as help.
    pub fn object(&self, known: &[&str], problems: &mut Problems) -> Option<Object<'n>> {
        let object = self.mapping(problems)?;
        let unknown = |entry: &&Entry| !known.contains(&entry.key.as_str());
        for entry in object.entries.iter().filter(unknown) {
            // A word for each of ten thousand that nobody is told takes longer than reading them.
            if problems.is_full() {
                break;
            }
            object.report_unknown(entry, known, problems);
        }
        Some(object)
    }

    /// The entries of a mapping with free keys, such as labels.
    pub fn entries(&self, problems: &mut Problems) -> Vec<(&'n str, Field<'n>)> {
        let Some(object) = self.mapping(problems) else {
            return Vec::new();
        };
        let field = |entry: &'n Entry| (entry.key.as_str(), self.child(entry));
        object.entries.iter().map(field).collect()
    }

    /// The elements of a list.
    pub fn list(&self, problems: &mut Problems) -> Vec<Field<'n>> {
        self.elements(problems).collect()
    }

    /// The elements of a list, each made when it is asked for: a stranger's list may be longer than anybody reads on.
    pub fn elements(&self, problems: &mut Problems) -> impl Iterator<Item = Field<'n>> + use<'n> {
        if !matches!(self.node.value, Value::List(_)) {
            let message = format!("must be a list, not {}", self.node.value.kind());
            problems.report(self, message);
        }
        elements(self.path.clone(), self.node.value.nodes())
    }

    /// The text of a scalar. A plain scalar counts as text unless YAML would read it as a number or a boolean.
    pub fn text(&self, problems: &mut Problems) -> Option<&'n str> {
        match &self.node.value {
            Value::Text(text) => Some(text),
            Value::Plain(text) if !is_number(text) && !is_boolean(text) => Some(text),
            Value::Plain(text) => {
                let message = "must be a string, not a number or boolean";
                let reason = self.reason(problems.code(), message).value(text);
                problems.push(reason.help("put it into quotes"));
                None
            }
            other => {
                problems.report(self, format!("must be a string, not {}", other.kind()));
                None
            }
        }
    }

    /// A value parsed from text; why it can't be is reported with the value.
    pub fn parse<T>(&self, problems: &mut Problems) -> Option<T>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let text = self.text(problems)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let reason = self.reason(problems.code(), error.to_string());
                problems.push(reason.value(text));
                None
            }
        }
    }

    /// A decimal integer, written without quotes.
    pub fn integer(&self, problems: &mut Problems) -> Option<i64> {
        let Value::Plain(text) = &self.node.value else {
            problems.report(self, INTEGER);
            return None;
        };
        let number = text.parse().ok().filter(|_| is_decimal(text));
        if number.is_none() {
            let fault = if is_decimal(text) {
                "is too large"
            } else {
                INTEGER
            };
            problems.push(self.reason(problems.code(), fault).value(text));
        }
        number
    }

    /// `true` or `false`, written without quotes.
    pub fn boolean(&self, problems: &mut Problems) -> Option<bool> {
        match &self.node.value {
            Value::Plain(text) if text == "true" => Some(true),
            Value::Plain(text) if text == "false" => Some(false),
            _ => {
                problems.report(self, "must be `true` or `false` without quotes");
                None
            }
        }
    }

    /// A list whose elements are parsed from text; elements that can't be are reported and left out.
    pub fn parse_list<T>(&self, problems: &mut Problems) -> Vec<T>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        self.list(problems)
            .iter()
            .filter_map(|element| element.parse(problems))
            .collect()
    }

    /// The fields right below this one; none below a scalar.
    #[must_use]
    pub fn children(&self) -> Vec<Field<'n>> {
        match &self.node.value {
            Value::Map(entries) => entries.iter().map(|entry| self.child(entry)).collect(),
            other => elements(self.path.clone(), other.nodes()).collect(),
        }
    }

    /// A reason that is about this field.
    pub fn reason(&self, code: Code, message: impl Into<String>) -> Reason {
        Reason::new(code, message).field(&self.path).at(self.place)
    }

    /// Whether nothing is written there.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.node.value == Value::Null
    }

    fn child(&self, entry: &'n Entry) -> Field<'n> {
        child(&self.path, entry)
    }
}

/// A mapping with known keys.
#[derive(Clone, Debug)]
pub struct Object<'n> {
    path: String,
    place: Place,
    entries: &'n [Entry],
}

impl<'n> Object<'n> {
    /// The field of this key; `None` when it is absent or null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Field<'n>> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(child(&self.path, entry)).filter(|field| !field.is_null())
    }

    /// The field of this key; its absence is reported at the place of the mapping.
    pub fn require(&self, key: &str, problems: &mut Problems) -> Option<Field<'n>> {
        let field = self.get(key);
        if field.is_none() {
            problems.push(self.missing(problems.code(), key));
        }
        field
    }

    /// The mapping of this key; an absent one is empty and stands where this mapping does.
    pub fn section(&self, key: &str, known: &[&str], problems: &mut Problems) -> Option<Self> {
        let Some(field) = self.get(key) else {
            return Some(Self {
                path: join(&self.path, key),
                place: self.place,
                entries: &[],
            });
        };
        field.object(known, problems)
    }

    /// A reason about a key that should be there, at the place of the mapping.
    #[must_use]
    pub fn missing(&self, code: Code, key: &str) -> Reason {
        let reason = Reason::new(code, format!("`{key}` is required"));
        reason.field(join(&self.path, key)).at(self.place)
    }

    /// The keys that are there, in the order they were written.
    pub fn keys(&self) -> impl Iterator<Item = &'n str> {
        self.entries.iter().map(|entry| entry.key.as_str())
    }

    fn report_unknown(&self, entry: &'n Entry, known: &[&str], problems: &mut Problems) {
        let reason = Reason::new(
            problems.code(),
            format!("`{}` is not a known field here", entry.key),
        );
        let reason = reason.field(join(&self.path, &entry.key)).at(entry.place);
        problems.push(reason.help(suggest(&entry.key, known)));
    }
}

fn child<'n>(path: &str, entry: &'n Entry) -> Field<'n> {
    Field {
        path: join(path, &entry.key),
        place: entry.node.place,
        node: &entry.node,
    }
}

fn elements<'n>(path: String, nodes: &'n [Node]) -> impl Iterator<Item = Field<'n>> {
    let element = move |(index, node): (usize, &'n Node)| Field {
        path: format!("{path}[{index}]"),
        place: node.place,
        node,
    };
    nodes.iter().enumerate().map(element)
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
}

/// Whether some YAML reader would take the plain scalar for a number.
pub(crate) fn is_number(text: &str) -> bool {
    let rest = text.trim_start_matches(['+', '-']);
    let spelled = [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(&rest);
    // A UUID may begin with `0b`, too: only digits of the base make a number.
    let based = |prefix, radix| {
        let digit = |character: char| character == '_' || character.is_digit(radix);
        rest.strip_prefix(prefix)
            .is_some_and(|digits: &str| digits.chars().all(digit))
    };
    let prefixed = based("0x", 16) || based("0o", 8) || based("0b", 2);
    let number = rest
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"._eE+-:".contains(&byte))
        && rest.replace(['_', ':'], "").parse::<f64>().is_ok();
    spelled || prefixed || number
}

/// Whether a YAML 1.2 reader would take the plain scalar for a boolean.
pub(crate) fn is_boolean(text: &str) -> bool {
    ["true", "True", "TRUE", "false", "False", "FALSE"].contains(&text)
}

#[cfg(test)]
mod tests;
