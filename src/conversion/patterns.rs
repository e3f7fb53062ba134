//! Upstream's one wildcard, any run of characters, in the pattern language of each kind of value.
//!
//! In comes a pattern; out comes an entry that fits no value that the pattern doesn't. A glob is written where it says
//! the same and people would write it, else a regular expression, which both languages anchor at both ends.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use unicode_normalization::UnicodeNormalization as _;

use crate::control::glob::dns::DnsGlob;
use crate::control::glob::email::EmailGlob;
use crate::control::glob::uri;
use crate::conversion::notes::Notes;
use crate::conversion::written::{AddressRule, Entry, Rule};
use crate::decision::reserved::could_be_reserved;
use crate::x509::subject::Attribute;

// The reader's own limit.
const REGEX_OCTETS: usize = 1024;

/// What kind of value a pattern is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A subject attribute.
    Attribute(Attribute),
    /// DNS names.
    Dns,
    /// URIs.
    Uri,
    /// E-mail addresses.
    Email,
    /// IP addresses.
    Ip,
}

/// Whether upstream's pattern fits the text.
pub(super) fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut open) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match open.find(piece) {
            Some(at) => open = &open[at + piece.len()..],
            None => return false,
        }
    }
    open.ends_with(last)
}

fn is_all(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// The pattern with one star for each run of them, which says the same.
fn once(pattern: &str) -> String {
    let mut once = String::new();
    for character in pattern.chars() {
        if character != '*' || !once.ends_with('*') {
            once.push(character);
        }
    }
    once
}

fn regex(pattern: &str) -> Result<Entry, String> {
    let pieces: Vec<String> = pattern.split('*').map(regex_syntax::escape).collect();
    let regex = pieces.join(".*");
    if regex.len() > REGEX_OCTETS {
        return Err(format!("`{pattern}` is too long for a regular expression"));
    }
    Ok(Entry::Regex { regex })
}

fn is_plain(pattern: &str) -> bool {
    !pattern.contains("{{") && !pattern.contains("}}")
}

impl Kind {
    /// Allows every value.
    pub(super) fn allow_all(self, rule: &mut Rule) {
        rule.any = Some(true);
        rule.values.clear();
        if self == Self::Dns {
            rule.wildcard_certificates = Some("allow");
            rule.underscores = Some("allow");
        }
    }

    /// Adds what a pattern allows.
    ///
    /// # Errors
    /// Why it can't be expressed.
    pub(super) fn add(
        self,
        pattern: &str,
        rule: &mut Rule,
        notes: &mut Notes,
    ) -> Result<(), String> {
        let pattern = &once(pattern);
        if pattern.is_empty() || rule.any == Some(true) {
            return Ok(());
        }
        self.note_reserved(pattern, notes);
        if is_all(pattern) {
            self.allow_all(rule);
            return Ok(());
        }
        let entry = match self {
            Self::Attribute(_) => attribute(pattern, rule)?,
            Self::Dns => dns(pattern, rule)?,
            Self::Email => email(pattern)?,
            Self::Uri | Self::Ip => uri_entry(pattern)?,
        };
        if !rule.values.contains(&entry) {
            rule.values.push(entry);
        }
        Ok(())
    }

    fn note_reserved(self, pattern: &str, notes: &mut Notes) {
        let Self::Attribute(attribute) = self else {
            return;
        };
        let literal = pattern.split('*').next().unwrap_or_default();
        if pattern.contains('*') && could_be_reserved(attribute, literal) {
            let message =
                "names that Kubernetes reserves, such as `system:masters`, are reached by no star";
            notes.differs(&format!("spec.allowed.subject.{attribute}"), message);
        }
    }

    /// The variable that rules of its values are about.
    pub(super) fn variable(self) -> String {
        match self {
            Self::Attribute(attribute) => format!("csr.subject.{attribute}"),
            Self::Dns => "csr.dnsNames".to_owned(),
            Self::Uri => "csr.uris".to_owned(),
            Self::Email => "csr.emailAddresses".to_owned(),
            Self::Ip => "csr.ipAddresses".to_owned(),
        }
    }

    /// What its rules are called.
    pub(super) fn rule_name(self) -> &'static str {
        match self {
            Self::Attribute(Attribute::CommonName) => "common-name",
            Self::Attribute(Attribute::Organization) => "organizations",
            Self::Attribute(Attribute::OrganizationalUnit) => "organizational-units",
            Self::Attribute(Attribute::Country) => "countries",
            Self::Attribute(Attribute::Locality) => "localities",
            Self::Attribute(Attribute::Province) => "provinces",
            Self::Attribute(Attribute::StreetAddress) => "street-addresses",
            Self::Attribute(Attribute::PostalCode) => "postal-codes",
            Self::Attribute(Attribute::SerialNumber) => "serial-number",
            Self::Dns => "dns-names",
            Self::Uri => "uris",
            Self::Email => "email-addresses",
            Self::Ip => "ip-addresses",
        }
    }
}

fn attribute(pattern: &str, rule: &mut Rule) -> Result<Entry, String> {
    let normal: String = pattern.nfc().collect();
    // Other forms of a letter are no values here.
    if !is_plain(pattern) || normal != pattern {
        return regex(pattern);
    }
    if pattern.contains('*') {
        rule.crossing = Some(true);
    }
    Ok(Entry::Glob(pattern.to_owned()))
}

fn dns(pattern: &str, rule: &mut Rule) -> Result<Entry, String> {
    if pattern.contains('_') {
        rule.underscores = Some("allow");
    }
    let whole = |label: &str| label.is_empty() || is_all(label) || !label.contains('*');
    let is_lower = !pattern.bytes().any(|byte| byte.is_ascii_uppercase());
    if is_plain(pattern) && is_lower && pattern.split('.').all(whole) {
        let star = |label| if is_all(label) { "**" } else { label };
        let glob = pattern.split('.').map(star).collect::<Vec<_>>().join(".");
        if DnsGlob::glob(&glob).is_ok() {
            if glob.starts_with("**.") {
                rule.wildcard_certificates = Some("allow");
            }
            return Ok(Entry::Glob(glob));
        }
    }
    regex(pattern)
}

fn email(pattern: &str) -> Result<Entry, String> {
    let (local, domain) = pattern.split_once('@').unwrap_or((pattern, ""));
    let is_lower = !domain.bytes().any(|byte| byte.is_ascii_uppercase());
    let whole = local == "*" || !local.contains('*');
    let idiom = whole && !domain.contains('*') && is_lower && is_plain(pattern);
    if idiom && EmailGlob::glob(pattern).is_ok() {
        return Ok(Entry::Glob(pattern.to_owned()));
    }
    regex(pattern)
}

fn uri_entry(pattern: &str) -> Result<Entry, String> {
    if !pattern.contains('*') && is_plain(pattern) && uri::exact(pattern).is_ok() {
        return Ok(Entry::Exact {
            exact: pattern.to_owned(),
        });
    }
    regex(pattern)
}

/// Adds the block of addresses whose texts a pattern fits.
///
/// # Errors
/// Why it is no block.
pub(super) fn add_address(pattern: &str, rule: &mut AddressRule) -> Result<(), String> {
    if pattern.is_empty() || rule.any == Some(true) {
        return Ok(());
    }
    if is_all(pattern) {
        rule.any = Some(true);
        rule.cidrs.clear();
        return Ok(());
    }
    let block = block(pattern).ok_or_else(|| {
        format!("`{pattern}` is no block of addresses as `10.0.0.*` is one, and is left out")
    })?;
    if !rule.cidrs.contains(&block) {
        rule.cidrs.push(block);
    }
    Ok(())
}

fn block(pattern: &str) -> Option<String> {
    let Some(prefix) = pattern.strip_suffix('*') else {
        // Upstream compares the text, so only the text that an address is printed as fits any.
        let address: IpAddr = pattern.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        return (address.to_string() == pattern).then(|| format!("{address}/{bits}"));
    };
    v4_block(prefix).or_else(|| v6_block(prefix))
}

/// `10.1.` is `10.1.0.0/16`.
fn v4_block(prefix: &str) -> Option<String> {
    let octets: Vec<&str> = prefix.strip_suffix('.')?.split('.').collect();
    let number = octets.len();
    if number > 3 {
        return None;
    }
    let mut address = [0_u8; 4];
    for (place, text) in address.iter_mut().zip(octets) {
        *place = text
            .parse()
            .ok()
            .filter(|octet: &u8| octet.to_string() == text)?;
    }
    Some(format!("{}/{}", Ipv4Addr::from(address), number * 8))
}

/// `fd00:20:` is `fd00:20::/32`; a group of zeros may be printed as `::` and fits no such text.
fn v6_block(prefix: &str) -> Option<String> {
    let groups: Vec<&str> = prefix.strip_suffix(':')?.split(':').collect();
    let number = groups.len();
    if number > 6 {
        return None;
    }
    let mut address = [0_u16; 8];
    for (place, text) in address.iter_mut().zip(groups) {
        let group = u16::from_str_radix(text, 16).ok();
        *place = group.filter(|group| *group != 0 && format!("{group:x}") == text)?;
    }
    Some(format!("{}/{}", Ipv6Addr::from(address), number * 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run_of_characters() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "abc", true),
            ("a*b*c", "ac", false),
            ("ab*ab", "ab", false),
            ("", "", true),
            ("", "a", false),
            ("A", "a", false),
            ("**a", "ba", true),
        ] {
            assert_eq!(wildcard(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn texts_of_addresses_are_blocks_at_their_borders_alone() {
        for (pattern, expected) in [
            ("10.0.0.1", Some("10.0.0.1/32")),
            ("10.0.0.*", Some("10.0.0.0/24")),
            ("10.*", Some("10.0.0.0/8")),
            ("10.0.0.1*", None),
            ("10.0.0.*.*", None),
            ("*.0.0.1", None),
            ("010.*", None),
            ("256.*", None),
            ("10.0.0.0.*", None),
            ("2001:db8::1", Some("2001:db8::1/128")),
            ("2001:DB8::1", None),
            ("fd00:20:*", Some("fd00:20::/32")),
            ("fd00:0:*", None),
            ("fd00::*", None),
        ] {
            assert_eq!(block(pattern).as_deref(), expected, "{pattern}");
        }
    }
}
