//! The characters that a file people write may hold, and the bytes that are one.
//!
//! In come raw bytes; out comes text that looks to a reviewer as it does to a parser: UTF-8 without a byte order mark,
//! without characters that hide or turn others, and with LF or CRLF as the only line ends. YAML 1.2 5.1 and 5.4 would
//! allow more; Unicode TR 36 says why that is no good where people approve what they read.

use crate::finding::{Code, Place, Reason};

// Enough to see what is wrong with a file; a file of nothing but NUL must not make a report of its size.
pub(crate) const REASONS: usize = 20;

/// The text of a file, or the places of all characters that it may not hold.
pub(crate) fn read(bytes: &[u8]) -> Result<&str, Vec<Reason>> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        vec![malformed("the file is not UTF-8 text", end(valid))]
    })?;
    let reasons: Vec<Reason> = forbidden(text).take(REASONS).collect();
    if reasons.is_empty() {
        Ok(text)
    } else {
        Err(reasons)
    }
}

/// What to call a character that may stand nowhere; `None` when it may.
pub(crate) fn fault(character: char) -> Option<&'static str> {
    match character {
        '\n' | '\t' => None,
        '\u{feff}' => Some("a byte order mark"),
        '\u{85}' | '\u{2028}' | '\u{2029}' => Some("a line end that is not LF"),
        // Unicode UAX 9, 2: the explicit and implicit directional formatting characters.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("a character that changes the direction of text")
        }
        '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' => {
            Some("a character of no width")
        }
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => Some("a character of no width"),
        '\u{fffe}' | '\u{ffff}' => Some("a code point that is no character"),
        control if control.is_control() => Some("a control character"),
        _ => None,
    }
}

/// A reason of a file that is not one strict document.
pub(crate) fn malformed(message: impl Into<String>, place: Place) -> Reason {
    Reason::new(Code::MalformedFile, message).at(place)
}

/// How a message shows a character that nobody could see.
pub(crate) fn spelled(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

fn forbidden(text: &str) -> impl Iterator<Item = Reason> {
    let mut place = Place { line: 1, column: 1 };
    let mut rest = text.chars().peekable();
    std::iter::from_fn(move || {
        let character = rest.next()?;
        let here = place;
        place = after(place, character);
        Some((here, character, rest.peek() == Some(&'\n')))
    })
    .filter_map(|(place, character, ends)| match (character, ends) {
        ('\r', true) => None,
        ('\r', false) => Some(malformed("a CR must be followed by LF", place)),
        _ => fault(character)
            .map(|fault| malformed(format!("{fault}, {}", spelled(character)), place)),
    })
}

fn end(text: &str) -> Place {
    text.chars().fold(Place { line: 1, column: 1 }, after)
}

fn after(place: Place, character: char) -> Place {
    if character == '\n' {
        return Place {
            line: place.line.saturating_add(1),
            column: 1,
        };
    }
    Place {
        column: place.column.saturating_add(1),
        ..place
    }
}
