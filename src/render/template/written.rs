//! How a value is written into the text that a template makes, and how much that text may be.
//!
//! In come values; out comes JSON, which is YAML too. Inside its strings every character is escaped that could end a
//! plain or a quoted scalar of YAML, begin a comment or a key, or belongs to a collection, so that a value stays one
//! wherever the author of the template has put it. A writer takes as many octets as it was told, and no more.

use std::io;

use minijinja::{Error, ErrorKind, Output, State, Value};
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// A text that grows up to a limit.
pub(super) struct Bounded {
    octets: Vec<u8>,
    limit: usize,
    full: bool,
}

impl Bounded {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            octets: Vec::new(),
            limit,
            full: false,
        }
    }

    /// Whether more was written than it takes.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    pub(super) fn into_text(self) -> String {
        String::from_utf8(self.octets).expect("templates are texts and write texts")
    }
}

impl io::Write for Bounded {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.octets.len() + octets.len() > self.limit {
            self.full = true;
            return Err(io::Error::other("the text is too long"));
        }
        self.octets.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The value as JSON, at most so many octets of it.
pub(super) fn json(value: &Value, limit: usize) -> Result<String, Error> {
    let mut text = Bounded::new(limit);
    write(value, &mut text)?;
    Ok(text.into_text())
}

/// What stands in place of `{{ value }}`. Only JSON of ours is ever marked as safe.
pub(super) fn emit(
    out: &mut Output<'_>,
    _: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    match value.as_str().filter(|_| value.is_safe()) {
        Some(json) => out.write_str(json).map_err(Error::from),
        None => write(value, Texts(out)),
    }
}

fn write(value: &Value, to: impl io::Write) -> Result<(), Error> {
    let mut serializer = Serializer::with_formatter(to, Yaml);
    let written = value.serialize(&mut serializer);
    written.map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))
}

/// minijinja's writer, as `serde_json` wants it.
struct Texts<'a, 'o>(&'a mut Output<'o>);

impl io::Write for Texts<'_, '_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(octets).map_err(io::Error::other)?;
        self.0.write_str(text).map_err(io::Error::other)?;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// JSON whose strings hold nothing that YAML gives a meaning to.
struct Yaml;

impl Formatter for Yaml {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut before = None;
        let mut characters = fragment.chars().peekable();
        while let Some(character) = characters.next() {
            if has_meaning(before, character, characters.peek().copied()) {
                write!(writer, "\\u{:04x}", u32::from(character))?;
            } else {
                writer.write_all(character.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
            before = Some(character);
        }
        Ok(())
    }
}

/// YAML 1.2.2, 5.3, 7.3.3 and 7.4. Every character here is below U+10000, so one escape is enough.
fn has_meaning(before: Option<char>, character: char, after: Option<char>) -> bool {
    let ends = |neighbour: Option<char>| neighbour.is_none_or(char::is_whitespace);
    match character {
        ':' => ends(before) || ends(after),
        '#' => ends(before),
        // Line breaks of YAML 1.1, a byte order mark, and control characters that JSON lets through.
        '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => true,
        other => "'`<>&,[]{}".contains(other),
    }
}
