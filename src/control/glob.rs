//! The glob language of policy values: text with stars and placeholders, matched in linear time.
//!
//! In come the strings of policy files; out come lists of [`Token`]s that a value of a request either fits as a whole
//! or not. What a star stands for depends on the kind of value, so each kind reads its own globs on top of this (see
//! the files below). Placeholders are found first and their values go in as literal text when a request is judged: a
//! value can never become part of the pattern. There is no backtracking: every token moves a set of positions on.

pub mod dns;
pub mod email;
pub mod error;
pub mod label;
pub mod placeholder;
pub mod uri;

use unicode_normalization::UnicodeNormalization;

use crate::control::glob::error::PatternError;
use crate::control::glob::placeholder::{Context, Given, Placeholder};

/// One step of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// These very characters.
    Literal(String),
    /// A value of the request, as literal text.
    Value(Placeholder),
    /// A star.
    Run(Run),
}

/// What a star stands for: so many characters that are none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// Whether it must stand for at least one character.
    pub some: bool,
    /// The characters at which it ends.
    pub stops: &'static [char],
}

impl Run {
    /// Any characters at all.
    pub const ANY: Self = Self {
        some: false,
        stops: &[],
    };
    /// One whole piece between slashes.
    pub const PIECE: Self = Self {
        some: true,
        stops: &['/'],
    };
    /// A part of a piece between slashes.
    pub const PART: Self = Self {
        some: false,
        stops: &['/'],
    };
    /// One or more whole pieces; the value is known to have no empty piece.
    pub const PIECES: Self = Self {
        some: true,
        stops: &[],
    };
    /// A part of a subject attribute between its usual separators.
    pub const WORD: Self = Self {
        some: false,
        stops: &[':', '/', '.', '@', '\\'],
    };
}

/// Reads text without stars: literals and placeholders.
///
/// # Errors
/// An expression in braces is none of the known ones.
pub fn scan(text: &str, context: Context) -> Result<Vec<Token>, PatternError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        push_literal(&mut tokens, before)?;
        let Some((expression, behind)) = after.split_once("}}") else {
            return Err(unclosed(text));
        };
        tokens.push(Token::Value(Placeholder::read(expression.trim(), context)?));
        rest = behind;
    }
    push_literal(&mut tokens, rest)?;
    Ok(tokens)
}

fn push_literal(tokens: &mut Vec<Token>, text: &str) -> Result<(), PatternError> {
    if text.contains("}}") {
        return Err(unclosed(text));
    }
    if !text.is_empty() {
        // UAX #15: subjects are compared in NFC, however an editor saved the file.
        tokens.push(Token::Literal(text.nfc().collect()));
    }
    Ok(())
}

fn unclosed(text: &str) -> PatternError {
    PatternError::new(
        format!("braces in `{text}` don't pair up"),
        "write for example `{{ request.name }}`",
    )
}

/// Cuts tokens at each separator that stands in a literal.
#[must_use]
pub fn split(tokens: Vec<Token>, separator: char) -> Vec<Vec<Token>> {
    let mut pieces = vec![Vec::new()];
    for token in tokens {
        let Token::Literal(text) = token else {
            push(&mut pieces, token);
            continue;
        };
        for (index, part) in text.split(separator).enumerate() {
            if index > 0 {
                pieces.push(Vec::new());
            }
            if !part.is_empty() {
                push(&mut pieces, Token::Literal(part.to_owned()));
            }
        }
    }
    pieces
}

fn push(pieces: &mut [Vec<Token>], token: Token) {
    if let Some(last) = pieces.last_mut() {
        last.push(token);
    }
}

/// Turns each star in a literal into this run.
#[must_use]
pub fn stars(tokens: Vec<Token>, run: Run) -> Vec<Token> {
    let mut starred = Vec::new();
    for piece in split_keeping_order(tokens) {
        match piece {
            None => starred.push(Token::Run(run)),
            Some(token) => starred.push(token),
        }
    }
    starred
}

/// The tokens in order, `None` for each star.
fn split_keeping_order(tokens: Vec<Token>) -> Vec<Option<Token>> {
    let mut order = Vec::new();
    for (index, piece) in split(tokens, '*').into_iter().enumerate() {
        if index > 0 {
            order.push(None);
        }
        order.extend(piece.into_iter().map(Some));
    }
    order
}

/// Whether a literal holds this text.
#[must_use]
pub fn mentions(tokens: &[Token], text: &str) -> bool {
    let holds = |token: &Token| matches!(token, Token::Literal(literal) if literal.contains(text));
    tokens.iter().any(holds)
}

/// Whether the tokens are this literal and nothing else.
#[must_use]
pub fn is_literal(tokens: &[Token], text: &str) -> bool {
    matches!(tokens, [Token::Literal(literal)] if literal == text)
}

/// Pieces between slashes: `*` within one piece, `**` one or more whole pieces. `parts` lets a star be part of a piece.
///
/// # Errors
/// A piece is empty or mixes `**`, or without `parts` `*`, with other text.
pub fn pieces(tokens: Vec<Token>, parts: bool) -> Result<Vec<Token>, PatternError> {
    let mut path = Vec::new();
    for (index, piece) in split(tokens, '/').into_iter().enumerate() {
        if index > 0 {
            path.push(Token::Literal("/".to_owned()));
        }
        if piece.is_empty() {
            return Err(PatternError::new(
                "a piece between slashes is empty",
                "write one `/` between pieces and none at the end",
            ));
        }
        path.extend(one_piece(piece, parts)?);
    }
    Ok(path)
}

fn one_piece(piece: Vec<Token>, parts: bool) -> Result<Vec<Token>, PatternError> {
    if is_literal(&piece, "*") {
        return Ok(vec![Token::Run(Run::PIECE)]);
    }
    if is_literal(&piece, "**") {
        return Ok(vec![Token::Run(Run::PIECES)]);
    }
    if mentions(&piece, "**") || (!parts && mentions(&piece, "*")) {
        return Err(PatternError::new(
            "a star must stand for a whole piece between slashes",
            "`*` is one piece, `**` is one or more",
        ));
    }
    Ok(stars(piece, Run::PART))
}

/// Whether the whole value fits the tokens; a placeholder without a value fits nothing.
#[must_use]
pub fn fits(tokens: &[Token], value: &str, given: Given<'_>) -> bool {
    // What stands before the first star, and most patterns have none, can be in one place only.
    let star = tokens
        .iter()
        .position(|token| matches!(token, Token::Run(_)));
    let (fixed, open) = tokens.split_at(star.unwrap_or(tokens.len()));
    let mut rest = value;
    for token in fixed {
        let behind = match token {
            Token::Literal(text) => rest.strip_prefix(text.as_str()),
            Token::Value(placeholder) => placeholder
                .value(given)
                .and_then(|text| rest.strip_prefix(&*text)),
            Token::Run(_) => None,
        };
        match behind {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    match open {
        [] => rest.is_empty(),
        [Token::Run(run)] => {
            let is_long_enough = !run.some || !rest.is_empty();
            is_long_enough && !rest.contains(run.stops)
        }
        _ => fits_open(open, rest, given),
    }
}

fn fits_open(tokens: &[Token], value: &str, given: Given<'_>) -> bool {
    // reached[i]: the tokens so far can stand for the first i octets.
    let mut reached = vec![false; value.len() + 1];
    reached[0] = true;
    for token in tokens {
        reached = match token {
            Token::Literal(text) => after_literal(&reached, value, text),
            Token::Value(placeholder) => match placeholder.value(given) {
                Some(text) => after_literal(&reached, value, &text),
                None => return false,
            },
            Token::Run(run) => after_run(&reached, value, *run),
        };
    }
    reached[value.len()]
}

fn after_literal(reached: &[bool], value: &str, text: &str) -> Vec<bool> {
    let mut next = vec![false; reached.len()];
    for start in (0..reached.len()).filter(|start| reached[*start]) {
        if value.as_bytes()[start..].starts_with(text.as_bytes()) {
            next[start + text.len()] = true;
        }
    }
    next
}

fn after_run(reached: &[bool], value: &str, run: Run) -> Vec<bool> {
    let mut next = if run.some {
        vec![false; reached.len()]
    } else {
        reached.to_vec()
    };
    let mut running = false;
    for (start, character) in value.char_indices() {
        running = (running || reached[start]) && !run.stops.contains(&character);
        if running {
            next[start + character.len_utf8()] = true;
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::identity::Identity;
    use crate::effort::Effort;

    fn matches(pattern: &str, run: Run, value: &str) -> bool {
        let request = "dev/jane".parse().unwrap();
        let effort = Effort::of_words();
        let given = Given::new(&request, Identity::nobody(), &effort);
        let tokens = stars(scan(pattern, Context::Text).unwrap(), run);
        fits(&tokens, value, given)
    }

    #[test]
    fn a_star_ends_at_its_stops() {
        for (pattern, value, crossing, word) in [
            ("dev:*", "dev:ops", true, true),
            ("dev:*", "dev:", true, true),
            ("dev:*", "dev:a:b", true, false),
            ("*.x", "a.b.x", true, false),
            ("*ä*", "xäy", true, true),
            ("a*", "b", false, false),
            ("{{ request.name }}-*", "jane-1", true, true),
            ("{{ request.name }}", "jane-1", false, false),
            ("{{request.dirs[0]}}", "dev", true, true),
            ("{{ request.dirs[1] }}*", "x", false, false),
        ] {
            assert_eq!(matches(pattern, Run::ANY, value), crossing, "{pattern}");
            assert_eq!(matches(pattern, Run::WORD, value), word, "{pattern}");
        }
    }

    #[test]
    fn many_stars_cost_linear_time() {
        let pattern = "*a".repeat(200) + "!";
        assert!(!matches(&pattern, Run::ANY, &"a".repeat(4000)));
    }

    #[test]
    fn a_path_is_matched_piece_by_piece() {
        let request = "dev/jane".parse().unwrap();
        let effort = Effort::of_words();
        let given = Given::new(&request, Identity::nobody(), &effort);
        for (pattern, value, fit) in [
            ("dev/*", "dev/jane", true),
            ("dev/*", "dev/a/jane", false),
            ("dev/**", "dev/a/jane", true),
            ("dev/**", "dev", false),
            ("**", "a/b/c", true),
            ("dev-*/x", "dev-1/x", true),
            ("**/x", "x", false),
            ("a/**/x", "a/b/c/x", true),
        ] {
            let tokens = pieces(scan(pattern, Context::Text).unwrap(), true).unwrap();
            assert_eq!(fits(&tokens, value, given), fit, "{pattern} {value}");
        }
    }

    #[test]
    fn braces_are_only_for_known_expressions() {
        for text in [
            "{{ request.nam }}",
            "{{ request.name",
            "request.name }}",
            "{{ }}",
            "{{ request.dirs }}",
            "{{ request.dirs[x] }}",
            "{{ requester.groups }}",
        ] {
            assert!(scan(text, Context::Text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_short_way_says_what_the_long_way_says() {
        let request = "dev/jane".parse().unwrap();
        let effort = Effort::of_words();
        let given = Given::new(&request, Identity::nobody(), &effort);
        let texts = [
            "", "a", "aa", "a.b", "jane", "jane-a", "ajane", "a/b", "dev:a",
        ];
        for pattern in [
            "a",
            "*",
            "a*",
            "*a",
            "a*a",
            "{{ request.name }}*",
            "a{{ request.name }}",
        ] {
            for run in [Run::ANY, Run::PIECE, Run::PART, Run::PIECES, Run::WORD] {
                let tokens = stars(scan(pattern, Context::Text).unwrap(), run);
                for value in texts {
                    let long = fits_open(&tokens, value, given);
                    assert_eq!(
                        fits(&tokens, value, given),
                        long,
                        "{pattern} {run:?} {value}"
                    );
                }
            }
        }
    }
}
