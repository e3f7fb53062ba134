//! Text that strangers wrote, made harmless for whoever shows it.
//!
//! In comes text; out comes what a terminal does not obey, an eye does not miss and a log of a CI server does not take
//! for a command. Machine formats keep their meaning: JSON has escapes of its own. Nothing in here decides.

use std::borrow::Cow;
use std::fmt::Write as _;

// What GitHub Actions, Azure Pipelines and TeamCity take for a command wherever it stands in a line.
const MARKS: [&str; 3] = ["##[", "##vso[", "##teamcity["];
// What begins a workflow command of GitHub, Gitea and Forgejo, blanks before it or not, and what ends its name.
const COMMAND: &str = "::";

// RFC 7468 2: what stands around a block, and how the label of a private key ends.
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
const PRIVATE_KEY: &str = "PRIVATE KEY";
// What is shown in its place.
const CONCEALED: &str = "(a private key)";

/// The text without the private keys in it: whoever gives a key where its path is wanted would read it in a log.
#[must_use]
pub fn concealed(text: &str) -> Cow<'_, str> {
    if !text.contains(BEGIN) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        out.push_str(before);
        let is_private = after
            .split(DASHES)
            .next()
            .unwrap_or_default()
            .ends_with(PRIVATE_KEY);
        if !is_private {
            out.push_str(BEGIN);
            rest = after;
            continue;
        }
        out.push_str(CONCEALED);
        // One that was cut goes on to the end.
        let end = after.split_once(END).map_or("", |(_, end)| end);
        rest = end.split_once(DASHES).map_or("", |(_, end)| end);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether there is a private key in it.
#[must_use]
pub fn has_private_key(text: &str) -> bool {
    concealed(text) != text
}

/// Shows what a terminal would obey, or an eye would miss, as its escape.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// Shows each line of a text as [`harmless`] does; the lines stay lines.
#[must_use]
pub fn harmless_lines(text: &str) -> String {
    text.lines().map(|line| harmless(line) + "\n").collect()
}

/// A text for a log: no line of it is a command to the CI server that keeps the log.
#[must_use]
pub fn for_log(text: &str) -> Cow<'_, str> {
    if !commands(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let words = line.trim_start();
        let (blanks, words) = line.split_at(line.len() - words.len());
        out.push_str(blanks);
        let mut words = match words.strip_prefix(COMMAND) {
            Some(rest) if is_command(words) => format!("\\u{{3a}}:{rest}"),
            _ => words.to_owned(),
        };
        for mark in MARKS {
            words = words.replace(mark, &format!("#\\u{{23}}{}", &mark[2..]));
        }
        out.push_str(&words);
    }
    Cow::Owned(out)
}

/// JSON that says the same with escapes for what is hidden, or could be taken for a command.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden_within) && !commands(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut last = None;
    for character in text.chars() {
        // Outside of its strings JSON has none of these.
        if is_hidden_within(character) || (character == '#' && last == Some('#')) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing into a String can't fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
        last = Some(character);
    }
    Cow::Owned(out)
}

/// Whether a text shows all that it says, line by line, and commands nothing.
#[must_use]
pub fn is_harmless(text: &str) -> bool {
    !text.chars().any(is_hidden_within) && !commands(text)
}

/// Whether some line would be a command.
fn commands(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
        || text.lines().any(|line| is_command(line.trim_start()))
}

/// An IPv6 address may begin so, too, but has no second pair of colons.
fn is_command(words: &str) -> bool {
    let name = words.strip_prefix(COMMAND);
    name.is_some_and(|name| name.contains(COMMAND))
}

fn is_hidden_within(character: char) -> bool {
    character != '\n' && is_hidden(character)
}

/// Control characters, bidirectional ones (UAX #9), separators, and what prints as nothing: UAX #44
/// `Default_Ignorable_Code_Point`, fillers, noncharacters.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(character) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_not_shown() {
        for (text, shown) in [
            (
                "a -----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE----- b",
                None,
            ),
            (
                "a `-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n` b",
                Some("a `(a private key)\n` b"),
            ),
            (
                "a -----BEGIN PRIVATE KEY-----\nAA==",
                Some("a (a private key)"),
            ),
            (
                "-----BEGIN X-----BEGIN PRIVATE KEY----- A -----END PRIVATE KEY----- -----BEGIN OPENSSH PRIVATE KEY-----",
                Some("-----BEGIN X(a private key) (a private key)"),
            ),
        ] {
            assert_eq!(concealed(text), shown.unwrap_or(text));
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown_as_its_escape() {
        for (text, shown) in [
            ("a\u{1b}[31mb\u{202e}c\n", "a\\u{1b}[31mb\\u{202e}c\\u{a}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            (
                "a\u{200b}\u{feff}\u{e0041}\u{fe0f}",
                "a\\u{200b}\\u{feff}\\u{e0041}\\u{fe0f}",
            ),
            ("\u{115f}\u{3164}\u{ffff}", "\\u{115f}\\u{3164}\\u{ffff}"),
            ("jäne 山田", "jäne 山田"),
        ] {
            assert_eq!(harmless(text), shown);
        }
        assert_eq!(harmless_lines("a\tb\nc"), "a\\u{9}b\nc\n");
    }

    #[test]
    fn no_line_of_a_log_is_a_command() {
        for (text, shown) in [
            ("a::error::b\n", "a::error::b\n"),
            ("::error::b\n", "\\u{3a}:error::b\n"),
            ("a\n  ::set-env name=a::b", "a\n  \\u{3a}:set-env name=a::b"),
            ("  ::1\n", "  ::1\n"),
            ("a ##[error]b", "a #\\u{23}[error]b"),
            (
                "##vso[task]x ##teamcity[y]",
                "#\\u{23}vso[task]x #\\u{23}teamcity[y]",
            ),
            ("### a\n## b", "### a\n## b"),
        ] {
            assert_eq!(for_log(text), shown);
            assert!(is_harmless(&for_log(text)), "{text}");
        }
    }

    #[test]
    fn json_keeps_its_meaning() {
        for text in [
            "plain",
            "\u{9b}31m \u{202e} \u{7f} \u{e0041} \u{fffe}",
            "a\n::error::b",
            "##[error]a ###[b]",
        ] {
            let written = serde_json::to_string_pretty(&[text]).unwrap();
            let escaped = json(&written);
            assert!(is_harmless(&escaped), "{escaped}");
            assert!(!escaped.contains("##["), "{escaped}");
            let read: Vec<String> = serde_json::from_str(&escaped).unwrap();
            assert_eq!(read, [text]);
        }
    }
}
