//! Private keys that somebody wrote into a manifest by mistake.
//!
//! In come the bytes of the file and its tree, if it is one; out comes a reason for each field that holds the PEM of a
//! private key (RFC 7468 10, 11 and the labels of older formats), plain or in base64, also in comments and deep inside
//! embedded documents. What was found is never part of a reason.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::finding::{Code, Place, Reason};
use crate::yaml::{Node, Value};

// RFC 7468 3: every label of a private key ends so, before the five hyphens that close the boundary.
const BOUNDARY: &str = "PRIVATE KEY-----";
// Enough to say what is wrong with a file.
const REASONS: usize = 20;
const HELP: &str = "this key is known to others now: make a new one, and a new request with it";

pub(super) fn find(bytes: &[u8], document: Option<&Node>) -> Vec<Reason> {
    let mut search = Search {
        encoded: encodings(),
        path: Vec::new(),
        reasons: Vec::new(),
    };
    if let Some(document) = document {
        search.below(document);
    }
    let Search {
        encoded,
        mut reasons,
        ..
    } = search;
    let text = String::from_utf8_lossy(bytes);
    if reasons.is_empty() && holds_key(&text, &encoded) {
        reasons.push(secret().at(line_of(&text, &encoded)));
    }
    reasons
}

/// A walk that writes a path down for what it found alone: a long key above many values would make long paths of all.
struct Search<'n> {
    encoded: [String; 3],
    path: Vec<Piece<'n>>,
    reasons: Vec<Reason>,
}

enum Piece<'n> {
    Key(&'n str),
    Index(usize),
}

impl<'n> Search<'n> {
    fn below(&mut self, node: &'n Node) {
        match &node.value {
            Value::Map(entries) => {
                for entry in entries {
                    // A key may be in a key of the mapping too; then the path would show it.
                    if holds_key(&entry.key, &self.encoded) {
                        self.found(node);
                        continue;
                    }
                    self.path.push(Piece::Key(&entry.key));
                    self.at(&entry.node);
                    self.path.pop();
                }
            }
            Value::List(nodes) => {
                for (index, node) in nodes.iter().enumerate() {
                    self.path.push(Piece::Index(index));
                    self.at(node);
                    self.path.pop();
                }
            }
            Value::Null | Value::Plain(_) | Value::Text(_) => {}
        }
    }

    fn at(&mut self, node: &'n Node) {
        match &node.value {
            Value::Plain(text) | Value::Text(text) if holds_key(text, &self.encoded) => {
                self.found(node);
            }
            _ => self.below(node),
        }
    }

    fn found(&mut self, node: &Node) {
        if self.reasons.len() >= REASONS {
            return;
        }
        let mut path = String::new();
        for piece in &self.path {
            match piece {
                Piece::Key(key) if path.is_empty() => path.push_str(key),
                Piece::Key(key) => path.extend([".", key]),
                Piece::Index(index) => path.extend(["[", &index.to_string(), "]"]),
            }
        }
        self.reasons.push(secret().field(path).at(node.place));
    }
}

fn secret() -> Reason {
    let message = "a private key is in the manifest";
    Reason::new(Code::SecretInRequest, message).help(HELP)
}

/// The first line that holds a boundary by itself, else the first of the file.
fn line_of(text: &str, encoded: &[String; 3]) -> Place {
    let index = text.lines().position(|line| holds_key(line, encoded));
    Place {
        line: u32::try_from(index.unwrap_or_default() + 1).unwrap_or(u32::MAX),
        column: 1,
    }
}

fn holds_key(text: &str, encoded: &[String; 3]) -> bool {
    if text.contains(BOUNDARY) {
        return true;
    }
    // Line ends, comment signs and the `\n` of embedded JSON may stand between the symbols.
    let symbols: String = text.replace("\\r", "").replace("\\n", "");
    let symbols: String = symbols
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    encoded.iter().any(|part| symbols.contains(part))
}

/// What base64 makes of the boundary at each of the three offsets in a group of octets (RFC 4648 4), without the
/// symbols at the edges that hold bits of its neighbours.
fn encodings() -> [String; 3] {
    [0, 1, 2].map(|offset: usize| {
        let mut octets = vec![0; offset];
        octets.extend(BOUNDARY.as_bytes());
        let own = (offset * 8).div_ceil(6)..octets.len() * 8 / 6;
        STANDARD.encode(octets)[own].to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parser;

    /// As a private key looks, without being one.
    fn key(label: &str) -> String {
        format!("-----BEGIN {label}-----\nbm8ga2V5\n-----END {label}-----\n")
    }

    /// `field line:column` of every key that is found.
    fn found(text: &str) -> Vec<String> {
        let reasons = find(
            text.as_bytes(),
            parser::parse(text.as_bytes()).ok().as_ref(),
        );
        let said = |reason: &Reason| {
            assert_eq!(reason.code, Code::SecretInRequest);
            assert!(!format!("{reason:?}").contains("bm8ga2V5"), "{reason:?}");
            let (line, column) = (reason.line.unwrap(), reason.column.unwrap());
            format!("{} {line}:{column}", reason.field.as_deref().unwrap_or("-"))
        };
        reasons.iter().map(said).collect()
    }

    #[test]
    fn every_kind_of_private_key_is_found() {
        for label in [
            "PRIVATE KEY",
            "EC PRIVATE KEY",
            "RSA PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
        ] {
            let text = format!("a: x\nb: |\n  {}", key(label).replace('\n', "\n  "));
            assert_eq!(found(&text), ["b 3:3"], "{label}");
        }
        for label in ["CERTIFICATE REQUEST", "PUBLIC KEY", "CERTIFICATE"] {
            assert_eq!(found(&format!("a: {:?}", key(label))), [""; 0], "{label}");
        }
        assert_eq!(
            found("a: my private key is at home, the PRIVATE KEY"),
            [""; 0]
        );
    }

    #[test]
    fn a_key_is_found_at_every_offset_of_base64_and_however_it_is_broken() {
        for padding in ["", "x", "xy", "xyz"] {
            let encoded = STANDARD.encode(format!("{padding}{}", key("PRIVATE KEY")));
            let lines: Vec<&str> = encoded
                .as_bytes()
                .chunks(5)
                .filter_map(|line| str::from_utf8(line).ok())
                .collect();
            for text in [
                format!("a: {encoded}"),
                format!("a: \"{}\"", lines.join("\\n")),
                format!("a: '{}'", lines.join("\\r\\n")),
                format!("a: '{{\"client-key-data\": \"{encoded}\"}}'"),
            ] {
                assert_eq!(found(&text), ["a 1:4"], "{text}");
            }
            assert_eq!(found(&format!("a: |\n  {}", lines.join("\n  "))), ["a 2:3"]);
            assert_eq!(found(&format!("a: b\n# {encoded}\n")), ["- 2:1"]);
            assert_eq!(
                found(&format!("a: b\n# {}\n", lines.join("\n# "))),
                ["- 1:1"]
            );
        }
    }

    #[test]
    fn a_key_is_found_in_keys_lists_and_broken_files_and_never_shown() {
        for (text, expected) in [
            (format!("a: {{{:?}: b}}", key("PRIVATE KEY")), "a 1:4"),
            (format!("a: [x, {:?}]", key("PRIVATE KEY")), "a[1] 1:8"),
            (format!("a: b\na: {:?}", key("PRIVATE KEY")), "- 2:1"),
            ("a: \"-----BEGIN \\x50RIVATE KEY-----\"".into(), "a 1:4"),
            (key("PRIVATE KEY"), "- 1:1"),
        ] {
            assert_eq!(found(&text), [expected], "{text}");
        }
    }
}
