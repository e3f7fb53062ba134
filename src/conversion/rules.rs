//! Upstream's rules about one value, `self`, as ours about the request.
//!
//! In comes CEL; out comes CEL that is true only when the rule is for every value. `cr.…` becomes what is known here; what
//! is not known, and functions that only upstream has, make the rule, and with it the policy, impossible.

use crate::conversion::notes::Notes;
use crate::conversion::patterns::Kind;
use crate::effort::Effort;
use crate::expression::Expression;
use crate::x509::subject::Attribute;

const REPLACED: [(&str, &str); 3] = [
    ("cr.name", "request.name"),
    ("cr.username", "requester.name"),
    ("cr.groups", "requester.groups"),
];

/// A text as a CEL literal.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// The rule for all values of this kind.
///
/// # Errors
/// Why there is none.
pub(super) fn convert(source: &str, kind: Kind, notes: &mut Notes) -> Result<String, String> {
    let rule = replace(source)?;
    if rule != source {
        let message = "the names of `cr` are here the request's name and the proven requester";
        notes.differs("spec.allowed", message);
    }
    let variable = kind.variable();
    let rule = match kind {
        // Upstream asks the rule about a value that is there.
        Kind::Attribute(attribute @ (Attribute::CommonName | Attribute::SerialNumber)) => {
            debug_assert!(attribute.is_single());
            format!("{variable} == '' || [{variable}].all(self, {rule})")
        }
        _ => format!("{variable}.all(self, {rule})"),
    };
    match Expression::compile(&rule, &Effort::of_compiling()) {
        Ok(_) => Ok(rule),
        Err(fault) => Err(format!("the rule `{source}` {}", fault.message)),
    }
}

/// The rule with `cr.…` replaced outside of literals.
fn replace(source: &str) -> Result<String, String> {
    if source.contains("'''") || source.contains("\"\"\"") {
        return Err(format!("the rule `{source}` has a literal over lines"));
    }
    let mut replaced = String::new();
    // A bracket too many would end the macro that the rule is put into.
    let mut open = 0_usize;
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        if first == '\'' || first == '"' {
            let raw = replaced.ends_with(['r', 'R']);
            let end = literal(rest, first, raw).ok_or("a literal of the rule does not end")?;
            replaced.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if is_word(first) {
            let end = rest.find(|c| !is_word(c) && c != '.').unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            replaced.push_str(&known(word, &replaced, source)?);
            rest = behind;
        } else {
            let closes = usize::from(matches!(first, ')' | ']' | '}'));
            open += usize::from(matches!(first, '(' | '[' | '{'));
            open = open
                .checked_sub(closes)
                .ok_or_else(|| format!("the rule `{source}` closes a bracket too many"))?;
            replaced.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    if open > 0 {
        return Err(format!("the rule `{source}` leaves a bracket open"));
    }
    Ok(replaced)
}

fn known(word: &str, before: &str, source: &str) -> Result<String, String> {
    let is_field = before.trim_end().ends_with('.');
    if is_field || !(word == "cr" || word.starts_with("cr.")) {
        return Ok(word.to_owned());
    }
    for (theirs, ours) in REPLACED {
        let rest = word.strip_prefix(theirs);
        if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('.')) {
            return Ok(format!("{ours}{rest}"));
        }
    }
    Err(format!(
        "the rule `{source}` needs `{word}`, which is not known here"
    ))
}

/// The end of a literal.
fn literal(text: &str, quote: char, raw: bool) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' && !raw {
            escaped = true;
        } else if character == quote {
            return Some(at + 1);
        }
    }
    None
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_the_request_is_put_in() {
        for (source, expected) in [
            ("self.endsWith('.svc')", Some("self.endsWith('.svc')")),
            ("self == cr.name", Some("self == request.name")),
            (
                "cr.groups.exists(g, g == self)",
                Some("requester.groups.exists(g, g == self)"),
            ),
            ("self == 'cr.name'", Some("self == 'cr.name'")),
            (
                "self == r'\\' + cr.username",
                Some("self == r'\\' + requester.name"),
            ),
            ("self == 'it\\'s cr.name'", Some("self == 'it\\'s cr.name'")),
            ("crew == cr.namespace", None),
            ("self == cr", None),
            ("self == 'open", None),
            ("self == ')'", Some("self == ')'")),
            ("self) || (true", None),
            ("(self", None),
        ] {
            assert_eq!(replace(source).ok().as_deref(), expected, "{source}");
        }
    }

    #[test]
    fn a_rule_holds_for_every_value() {
        let mut notes = Notes::default();
        let mut convert = |source, kind| convert(source, kind, &mut notes);
        assert_eq!(
            convert("self.endsWith('x')", Kind::Dns).as_deref(),
            Ok("csr.dnsNames.all(self, self.endsWith('x'))")
        );
        assert_eq!(
            convert("self != 'x'", Kind::Attribute(Attribute::CommonName)).as_deref(),
            Ok("csr.subject.commonName == '' || [csr.subject.commonName].all(self, self != 'x')")
        );
        assert!(convert("self.reverse() == 'x'", Kind::Dns).is_err());
        assert!(convert("self) || (true", Kind::Dns).is_err());
    }
}
