//! Globs of DNS names: `*` one whole label, `**` one or more labels, `web-*` any run inside one label.
//!
//! In comes the pattern of a policy; out comes a [`DnsGlob`] that tells which names fit it. A requested wildcard is
//! matched by what it covers: to allow it every name has to fit, to deny it one is enough. Names are compared in lower
//! case (RFC 4343); whether a requested name is legal was decided before, and what is not legal fits nothing here.

use std::net::IpAddr;

use crate::control::glob::error::PatternError;
use crate::control::glob::label::{LABEL_OCTETS, is_label_octet};
use crate::control::glob::placeholder::{Context, Given};
use crate::control::glob::{Run, Token, fits, is_literal, mentions, scan, split, stars};

// RFC 1035 2.3.4.
const NAME_OCTETS: usize = 253;

/// How a requested wildcard, `*` as its first label, is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wildcard {
    /// It fits nothing.
    Refused,
    /// It fits when every name that it covers does.
    Every,
    /// It fits when one name that it covers does.
    Some,
}

/// A pattern of DNS names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DnsGlob(Vec<Label>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Label {
    One,
    Many,
    Text(Vec<Token>),
}

impl DnsGlob {
    /// Reads a glob.
    ///
    /// # Errors
    /// It could fit no legal name, or a star mixes with what it can't.
    pub fn glob(text: &str) -> Result<Self, PatternError> {
        Self::read(text, true)
    }

    /// Reads one name without stars.
    ///
    /// # Errors
    /// It is no legal name; a wildcard is none.
    pub fn exact(text: &str) -> Result<Self, PatternError> {
        Self::read(text, false)
    }

    fn read(text: &str, globs: bool) -> Result<Self, PatternError> {
        if text.parse::<IpAddr>().is_ok() {
            return Err(PatternError::new(
                format!("`{text}` is an IP address, not a DNS name"),
                "write IP addresses as `ipAddresses: {cidrs: [...]}`",
            ));
        }
        if !globs && text.contains('*') {
            return Err(PatternError::new(
                format!("`{text}` is a wildcard, not a name"),
                "write it as a glob, and `wildcardCertificates: allow` if wildcards may be asked for",
            ));
        }
        let tokens = scan(&text.to_ascii_lowercase(), Context::Label)?;
        let literal: usize = tokens.iter().map(literal_octets).sum();
        if literal > NAME_OCTETS {
            return Err(PatternError::new(
                format!("a DNS name has at most {NAME_OCTETS} characters"),
                "shorten the pattern",
            ));
        }
        let labels = split(tokens, '.')
            .into_iter()
            .map(|tokens| label(tokens, text));
        Ok(Self(labels.collect::<Result<_, _>>()?))
    }

    /// Whether a name in lower case fits.
    #[must_use]
    pub fn fits(&self, name: &str, wildcard: Wildcard, given: Given<'_>) -> bool {
        let labels: Vec<&str> = name.split('.').collect();
        // Not `is_label`: a SPIFFE trust domain may hold what a label may not.
        let legal = |(index, label): (usize, &&str)| {
            (!label.is_empty() && label.bytes().all(is_label_octet))
                || (index == 0 && *label == "*" && wildcard != Wildcard::Refused)
        };
        if !labels.iter().enumerate().all(legal) {
            return false;
        }
        // What stands before the first `**` and behind the last can be in one place only.
        let is_one = |pattern: &&Label| **pattern != Label::Many;
        let before = self.0.iter().take_while(is_one).count();
        let (head, open) = self.0.split_at(before);
        let behind = open.iter().rev().take_while(is_one).count();
        let (open, tail) = open.split_at(open.len() - behind);
        let Some(left) = labels.len().checked_sub(before + behind) else {
            return false;
        };
        let fits_each = |patterns: &[Label], labels: &[&str]| {
            let mut pairs = patterns.iter().zip(labels);
            pairs.all(|(pattern, label)| pattern.is(label, wildcard, given))
        };
        fits_each(tail, &labels[before + left..])
            && fits_each(head, &labels[..before])
            && fits_open(open, &labels[before..before + left], wildcard, given)
    }

    /// The tokens of its labels.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.0.iter().flat_map(|label| match label {
            Label::Text(tokens) => tokens.as_slice(),
            Label::One | Label::Many => &[],
        })
    }
}

fn fits_open(patterns: &[Label], labels: &[&str], wildcard: Wildcard, given: Given<'_>) -> bool {
    if let [Label::Many] = patterns {
        return !labels.is_empty();
    }
    // reached[i]: the pattern so far can stand for the first i labels.
    let mut reached = vec![false; labels.len() + 1];
    reached[0] = true;
    for pattern in patterns {
        reached = pattern.after(&reached, labels, wildcard, given);
    }
    reached[labels.len()]
}

impl Label {
    fn after(
        &self,
        reached: &[bool],
        labels: &[&str],
        wildcard: Wildcard,
        given: Given<'_>,
    ) -> Vec<bool> {
        let mut next = vec![false; reached.len()];
        let mut running = false;
        for (index, label) in labels.iter().enumerate() {
            running |= reached[index];
            next[index + 1] = match self {
                Self::Many => running,
                Self::One | Self::Text(_) => reached[index] && self.is(label, wildcard, given),
            };
        }
        next
    }

    /// Whether it can stand for this one label.
    fn is(&self, label: &str, wildcard: Wildcard, given: Given<'_>) -> bool {
        match self {
            Self::One | Self::Many => true,
            // A pattern of a label always fits some label and never every one.
            Self::Text(_) if label == "*" => wildcard == Wildcard::Some,
            Self::Text(tokens) => fits(tokens, label, given),
        }
    }
}

fn label(tokens: Vec<Token>, whole: &str) -> Result<Label, PatternError> {
    if is_literal(&tokens, "*") {
        return Ok(Label::One);
    }
    if is_literal(&tokens, "**") {
        return Ok(Label::Many);
    }
    let wrong =
        |message: &str, help: &str| Err(PatternError::new(format!("{message} in `{whole}`"), help));
    if mentions(&tokens, "**") {
        return wrong(
            "`**` mixes with other text",
            "let `**` stand for whole labels",
        );
    }
    if tokens.is_empty() {
        return wrong(
            "a label is empty",
            "write one dot between labels and none at the ends",
        );
    }
    if !tokens.iter().all(is_legal) {
        return wrong(
            "a character can't occur in a DNS name",
            "use letters, digits, `-` and `_`; write international names as `xn--...`",
        );
    }
    if begins_or_ends_with_hyphen(&tokens) {
        return wrong(
            "a label begins or ends with `-`",
            "no legal name has such a label",
        );
    }
    if tokens.iter().map(literal_octets).sum::<usize>() > LABEL_OCTETS {
        return wrong("a label is longer than 63 characters", "shorten the label");
    }
    Ok(Label::Text(stars(tokens, Run::ANY)))
}

fn is_legal(token: &Token) -> bool {
    let legal = |byte: u8| is_label_octet(byte) || byte == b'*';
    !matches!(token, Token::Literal(text) if !text.bytes().all(legal))
}

fn begins_or_ends_with_hyphen(tokens: &[Token]) -> bool {
    let begins = matches!(tokens.first(), Some(Token::Literal(text)) if text.starts_with('-'));
    let ends = matches!(tokens.last(), Some(Token::Literal(text)) if text.ends_with('-'));
    begins || ends
}

fn literal_octets(token: &Token) -> usize {
    match token {
        Token::Literal(text) => text.bytes().filter(|byte| *byte != b'*').count(),
        Token::Value(_) | Token::Run(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::identity::Identity;
    use crate::effort::Effort;

    #[test]
    fn a_star_is_one_label_and_two_are_one_or_more() {
        let request = "dev/jane".parse().unwrap();
        let effort = Effort::of_words();
        let given = Given::new(&request, Identity::nobody(), &effort);
        for (pattern, name, fit) in [
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("**.example.com", "a.b.example.com", true),
            ("**.example.com", "example.com", false),
            ("EXAMPLE.com", "example.com", true),
            ("web-*.example.com", "web-1.example.com", true),
            ("web-*.example.com", "web-1.a.example.com", false),
            ("a.**.b.**.c", "a.b.b.b.c", true),
            ("a.**.b.**.c", "a.b.b.c", false),
            ("shop.example.com", "shop.example.com.evil.net", false),
            ("{{ request.name }}.example.com", "jane.example.com", true),
        ] {
            let glob = DnsGlob::glob(pattern).unwrap();
            assert_eq!(
                glob.fits(name, Wildcard::Refused, given),
                fit,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn a_wildcard_is_judged_by_what_it_covers() {
        let request = "dev/jane".parse().unwrap();
        let effort = Effort::of_words();
        let given = Given::new(&request, Identity::nobody(), &effort);
        for (pattern, every, some) in [
            ("*.shop.example.com", true, true),
            ("**.example.com", true, true),
            ("web-*.shop.example.com", false, true),
            ("vault.shop.example.com", false, true),
            ("{{ request.name }}.shop.example.com", false, true),
            ("*.bank.example.com", false, false),
            ("**.a.shop.example.com", false, false),
            ("shop.example.com", false, false),
        ] {
            let glob = DnsGlob::glob(pattern).unwrap();
            let fits = |wildcard| glob.fits("*.shop.example.com", wildcard, given);
            assert_eq!(fits(Wildcard::Every), every, "{pattern}");
            assert_eq!(fits(Wildcard::Some), some, "{pattern}");
            assert!(!fits(Wildcard::Refused), "{pattern}");
        }
    }

    #[test]
    fn the_short_way_says_what_the_long_way_says() {
        let request = "dev/jane".parse().unwrap();
        let effort = Effort::of_words();
        let given = Given::new(&request, Identity::nobody(), &effort);
        for pattern in [
            "a",
            "*",
            "**",
            "a.b",
            "*.b",
            "a.*",
            "**.b",
            "a.**",
            "a.**.b",
            "**.a.**",
            "**.**",
            "a*.**.**.b",
        ] {
            let glob = DnsGlob::glob(pattern).unwrap();
            for name in [
                "a", "b", "a.b", "a.a", "b.a", "a.a.b", "a.b.b", "a.b.a.b", "*.b", "*.a.b", "*.a",
            ] {
                let labels: Vec<&str> = name.split('.').collect();
                for wildcard in [Wildcard::Every, Wildcard::Some] {
                    let long = fits_open(&glob.0, &labels, wildcard, given);
                    let short = glob.fits(name, wildcard, given);
                    assert_eq!(short, long, "{pattern} {name} {wildcard:?}");
                }
            }
        }
    }

    #[test]
    fn a_pattern_that_fits_no_legal_name_is_refused() {
        for text in [
            "",
            "a..b",
            ".example.com",
            "example.com.",
            "bücher.example",
            "a b.example.com",
            "a/b",
            "a.example.com:8443",
            "10.0.0.1",
            "::1",
            "-a.example.com",
            "a***b.example.com",
            "a**.example.com",
        ] {
            assert!(DnsGlob::glob(text).is_err(), "{text}");
        }
        assert!(DnsGlob::exact("*.example.com").is_err());
    }
}
