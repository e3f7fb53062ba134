//! Bytes to nodes: one pass over a YAML parser's events, which refuses everything that could be read two ways.
//!
//! In come the bytes of one file, whose size the caller has bounded; out comes its only document, or every reason why
//! it is not one (code `MalformedFile`, with line and column). YAML 1.2.2 without anchors, aliases, tags, merge keys,
//! directives, duplicate keys, keys that are not text, and escapes that stand for half a character; JSON is the flow
//! style of it. It never recurses deeper than [`DEPTH`] and takes time linear in the size of the file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_yaml::granit_parser::{
    ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag, options,
};

use crate::finding::{Place, Reason};
use crate::yaml::characters::{self, REASONS, malformed, spelled};
use crate::yaml::{Entry, Node, Value, is_boolean, is_number};

/// How many lists and mappings may lie within each other.
pub const DEPTH: usize = 16;

/// What is said about a file with more than one document; the reader of a kind may know a better help.
pub const SECOND_DOCUMENT: &str = "only one document may be in a file";

// The first line of every pointer file, Git LFS specification v1.
// What is not read is parsed as well, and where it stands is kept. A request that a cluster shows has some eighty.
const SMALL: usize = 1_000;
const LFS_POINTER: &str = "version https://git-lfs.github.com/spec/";

/// Reads exactly one document.
///
/// # Errors
/// Every reason why the bytes are not one strict document, twenty at most.
pub fn parse(bytes: &[u8]) -> Result<Node, Vec<Reason>> {
    parse_within(bytes, usize::MAX)
}

/// Reads exactly one document, as one that a stranger wrote and somebody will read: of no more keys and values than those
/// of Kubernetes have a few times over.
///
/// # Errors
/// Every reason why the bytes are not one strict document of that size, twenty at most.
pub fn parse_small(bytes: &[u8]) -> Result<Node, Vec<Reason>> {
    parse_within(bytes, SMALL)
}

fn parse_within(bytes: &[u8], nodes: usize) -> Result<Node, Vec<Reason>> {
    let text = characters::read(bytes)?;
    if text.starts_with(LFS_POINTER) {
        let reason = malformed("a Git LFS pointer is not the file", START);
        return Err(vec![reason.help("take the path out of .gitattributes")]);
    }
    let mut reader = Reader::new(text, nodes);
    match reader.document() {
        Ok(node) if reader.reasons.is_empty() => Ok(node),
        _ => Err(reader.reasons),
    }
}

const START: Place = Place { line: 1, column: 1 };

type Step<'t> = (Event<'t>, Span);

/// The file can't be read any further; the reason was reported.
struct Stopped;

/// Collects what can be read over and stops at what can't.
struct Reader<'t> {
    text: &'t str,
    events: Parser<'t, StrInput<'t>>,
    reasons: Vec<Reason>,
    /// How many keys and values there may still be.
    nodes_left: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, nodes: usize) -> Self {
        let options = options! {
            strict_indentation: true,
            disallow_directives: true,
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            emit_comments: false,
            flow_nesting_limit: DEPTH,
            block_nesting_limit: DEPTH,
        };
        Self {
            text,
            events: Parser::new_from_str_with_options(text, options),
            reasons: Vec::new(),
            nodes_left: nodes,
        }
    }

    fn document(&mut self) -> Result<Node, Stopped> {
        let mut root = None;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_none() => {}
                Event::DocumentStart(..) => {
                    let reason = malformed(SECOND_DOCUMENT, place(&span.start));
                    return self.stop(reason.help("put each object into a file of its own"));
                }
                event => root = Some(self.node((event, span), 0)?),
            }
        }
        match root.filter(|node| node.value != Value::Null) {
            Some(root) => Ok(root),
            None => self.stop(malformed("the file is empty", START)),
        }
    }

    fn node(&mut self, (event, span): Step<'t>, depth: usize) -> Result<Node, Stopped> {
        let place = place(&span.start);
        let Some(left) = self.nodes_left.checked_sub(1) else {
            let message = format!("the file has more than {SMALL} keys and values");
            let help = "leave out what means nothing here, such as `status` and `managedFields`";
            return self.stop(malformed(message, place).help(help));
        };
        self.nodes_left = left;
        let value = match event {
            Event::Scalar(text, style, _, tag) => {
                self.refuse_tag(tag.as_ref(), &span);
                self.scalar(&text, style, &span)
            }
            Event::SequenceStart(_, _, tag) => {
                self.refuse_tag(tag.as_ref(), &span);
                self.list(place, depth + 1)?
            }
            Event::MappingStart(_, _, tag) => {
                self.refuse_tag(tag.as_ref(), &span);
                self.map(place, depth + 1)?
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let reason = malformed("an alias is not allowed", place);
                return self.stop(reason.help("write the value out where it is meant"));
            }
            _ => return self.stop(malformed("a value is missing", place)),
        };
        Ok(Node { place, value })
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: &Span) -> Value {
        match style {
            ScalarStyle::Plain if is_null(text) => return Value::Null,
            ScalarStyle::Plain => return Value::Plain(text.to_owned()),
            ScalarStyle::DoubleQuoted => self.refuse_escapes(text, span),
            _ => {}
        }
        Value::Text(text.to_owned())
    }

    fn list(&mut self, start: Place, depth: usize) -> Result<Value, Stopped> {
        self.check_depth(start, depth)?;
        let mut nodes = Vec::new();
        while let Some((event, span)) = self.next()? {
            if event == Event::SequenceEnd {
                return Ok(Value::List(nodes));
            }
            nodes.push(self.node((event, span), depth)?);
        }
        self.stop(malformed("the list does not end", start))
    }

    fn map(&mut self, start: Place, depth: usize) -> Result<Value, Stopped> {
        self.check_depth(start, depth)?;
        let mut entries = Vec::new();
        let mut lines = BTreeMap::new();
        while let Some((event, span)) = self.next()? {
            if event == Event::MappingEnd {
                return Ok(Value::Map(entries));
            }
            let key = self.node((event, span), depth)?;
            let Some(value) = self.next()? else { break };
            let node = self.value(value, key.place, depth)?;
            let Some(entry) = self.entry(key, node) else {
                continue;
            };
            match lines.get(&entry.key) {
                Some(first) => self.report(repeated(&entry, *first)),
                None => drop(lines.insert(entry.key.clone(), entry.place.line)),
            }
            entries.push(entry);
        }
        self.stop(malformed("the mapping does not end", start))
    }

    /// A value, which stands where its key does when nothing is written.
    fn value(&mut self, step: Step<'t>, key: Place, depth: usize) -> Result<Node, Stopped> {
        let absent = step.1.start == step.1.end;
        let mut node = self.node(step, depth)?;
        if absent && node.value == Value::Null {
            node.place = key;
        }
        Ok(node)
    }

    fn entry(&mut self, key: Node, node: Node) -> Option<Entry> {
        let place = key.place;
        let fault = match key.value {
            Value::Plain(text) if text == "<<" => "a merge key is not allowed",
            Value::Plain(text) if is_number(&text) || is_boolean(&text) => {
                "a key must be a string: put it into quotes"
            }
            Value::Plain(key) | Value::Text(key) => return Some(Entry { key, place, node }),
            Value::Null | Value::List(_) | Value::Map(_) => "a key must be a string",
        };
        self.report(malformed(fault, place));
        None
    }

    /// The next event that is about content; an anchor is reported on the way.
    fn next(&mut self) -> Result<Option<Step<'t>>, Stopped> {
        loop {
            match self.events.next_event() {
                Some(Ok((Event::Anchor(..), span))) => {
                    self.report(malformed("an anchor is not allowed", place(&span.start)));
                }
                Some(Ok(step)) => return Ok(Some(step)),
                Some(Err(error)) => return self.stop(syntax(&error)),
                None => return Ok(None),
            }
        }
    }

    fn refuse_tag(&mut self, tag: Option<&Cow<'_, Tag>>, span: &Span) {
        if tag.is_some() {
            let start = span.tag_start().unwrap_or(span.start);
            self.report(malformed("a tag is not allowed", place(&start)));
        }
    }

    fn refuse_escapes(&mut self, text: &str, span: &Span) {
        let hidden = text
            .chars()
            .find_map(|character| Some((character, characters::fault(character)?)));
        if let Some((character, fault)) = hidden {
            let message = format!("an escape stands for {fault}, {}", spelled(character));
            self.report(malformed(message, place(&span.start)));
        }
        if span.slice(self.text).is_some_and(has_surrogate) {
            let reason = malformed("an escape stands for half a character", place(&span.start));
            self.report(reason.help("write the character itself"));
        }
    }

    fn report(&mut self, reason: Reason) {
        if self.reasons.len() < REASONS {
            self.reasons.push(reason);
        }
    }
    fn check_depth(&mut self, start: Place, depth: usize) -> Result<(), Stopped> {
        if depth > DEPTH {
            return self.stop(too_deep(start));
        }
        Ok(())
    }

    fn stop<T>(&mut self, reason: Reason) -> Result<T, Stopped> {
        self.report(reason);
        Err(Stopped)
    }
}

fn too_deep(place: Place) -> Reason {
    malformed(format!("nesting is deeper than {DEPTH} levels"), place)
}

fn repeated(entry: &Entry, first: u32) -> Reason {
    let message = format!("the key `{}` is written twice", entry.key);
    malformed(message, entry.place)
        .value(&entry.key)
        .help(format!("the first is in line {first}"))
}

/// YAML 1.2.2 10.3.2; the parser gives `~` for what is absent.
fn is_null(text: &str) -> bool {
    ["", "~", "null", "Null", "NULL"].contains(&text)
}

/// Whether a double-quoted scalar, as written, escapes a UTF-16 surrogate (RFC 8259 7).
fn has_surrogate(raw: &str) -> bool {
    let mut rest = raw;
    while let Some((_, escape)) = rest.split_once('\\') {
        if let [
            b'u',
            b'd' | b'D',
            b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F',
            ..,
        ] = escape.as_bytes()
        {
            return true;
        }
        let mut characters = escape.chars();
        characters.next();
        rest = characters.as_str();
    }
    false
}

fn syntax(error: &ScanError) -> Reason {
    let place = place(error.marker());
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(place),
        ErrorKind::DirectiveDisallowed => malformed("a directive is not allowed", place),
        ErrorKind::UndeclaredTagHandle => malformed("a tag is not allowed", place),
        _ => malformed(format!("not YAML: {}", error.info()), place),
    }
}

/// Lines come counted from 1, columns from 0.
fn place(marker: &Marker) -> Place {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place {
        line: count(marker.line()),
        column: count(marker.col()).saturating_add(1),
    }
}

#[cfg(test)]
mod tests;
