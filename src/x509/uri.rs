//! Uniform resource identifiers that are legal as subject alternative names: RFC 3986 in normal form, and SPIFFE IDs.
//!
//! In comes a URI as a request spells it; out comes nothing, or the reason why two readers could take it for two
//! things. Nothing is ever normalised here, since the certificate carries the very characters. A SPIFFE ID has the
//! narrower grammar of the SPIFFE-ID specification, section 2.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::finding::{Code, Reason};
use crate::x509::san::check_host;

// SPIFFE-ID 2.3; other URIs are held to it too.
const URI_OCTETS: usize = 2048;
// SPIFFE-ID 2.1.
const TRUST_DOMAIN_OCTETS: usize = 255;
// RFC 3986 6.2.3; by the registrations of the schemes.
const DEFAULT_PORTS: [(&str, &str); 7] = [
    ("http", "80"),
    ("https", "443"),
    ("ws", "80"),
    ("wss", "443"),
    ("ftp", "21"),
    ("ldap", "389"),
    ("ldaps", "636"),
];

/// Whether it is a SPIFFE ID, of which a certificate has exactly one URI.
#[must_use]
pub fn is_spiffe(uri: &str) -> bool {
    uri.starts_with("spiffe:")
}

/// Says whether it is an absolute URI in normal form, and a SPIFFE ID when its scheme says so.
///
/// # Errors
/// `MalformedURI` or `MalformedSPIFFE`, with the value and without a field.
pub fn check_uri(uri: &str) -> Result<(), Reason> {
    let (code, fault) = match uri.strip_prefix("spiffe:") {
        Some(rest) => (Code::MalformedSpiffe, check_spiffe(rest)),
        None => (Code::MalformedUri, check_normal(uri)),
    };
    let fault = fault.and(check_length(uri));
    fault.map_err(|fault| Reason::new(code, format!("URI {fault}")).value(uri))
}

fn check_length(uri: &str) -> Result<(), &'static str> {
    if uri.len() > URI_OCTETS {
        return Err("is longer than 2048 characters");
    }
    Ok(())
}

fn check_spiffe(rest: &str) -> Result<(), &'static str> {
    let rest = rest.strip_prefix("//").ok_or("has no trust domain")?;
    let (domain, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let is_legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if domain.is_empty() || domain.len() > TRUST_DOMAIN_OCTETS || !domain.chars().all(is_legal) {
        return Err("has a trust domain other than `a-z`, `0-9`, `.`, `-` and `_`");
    }
    if path.is_empty() {
        return Ok(());
    }
    path.split('/').skip(1).try_for_each(check_spiffe_segment)
}

fn check_spiffe_segment(segment: &str) -> Result<(), &'static str> {
    check_segment(segment)?;
    let is_legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !segment.chars().all(is_legal) {
        return Err("has a path other than letters, digits, `.`, `-` and `_`");
    }
    Ok(())
}

fn check_normal(uri: &str) -> Result<(), &'static str> {
    let (scheme, rest) = uri.split_once(':').ok_or("has no scheme")?;
    check_scheme(scheme)?;
    check_characters(rest)?;
    check_percent_encoding(rest)?;
    let path_and_query = match rest.strip_prefix("//") {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            check_authority(scheme, authority)?;
            path
        }
        None if rest.is_empty() => return Err("has nothing after its scheme"),
        None => rest,
    };
    if path_and_query.contains(['[', ']']) {
        return Err("has a bracket outside its host");
    }
    let query = path_and_query.find('?').unwrap_or(path_and_query.len());
    check_path(&path_and_query[..query])
}

fn check_scheme(scheme: &str) -> Result<(), &'static str> {
    let is_legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+.-".contains(c);
    if scheme.starts_with(|c: char| c.is_ascii_lowercase()) && scheme.chars().all(is_legal) {
        return Ok(());
    }
    Err("has no scheme in lower case")
}

/// RFC 3986 2.2 and 2.3; brackets stand around an IPv6 address only, which the authority sees to.
fn check_characters(rest: &str) -> Result<(), &'static str> {
    if rest.contains('#') {
        return Err("has a fragment");
    }
    let is_legal = |c: char| is_unreserved(c) || "!$&'()*+,;=:@/?%[]".contains(c);
    if !rest.chars().all(is_legal) {
        return Err("holds a character that is not legal in a URI");
    }
    Ok(())
}

fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~".contains(c)
}

/// RFC 3986 6.2.2.1 and 6.2.2.2: upper-case digits, and only for what needs it.
fn check_percent_encoding(rest: &str) -> Result<(), &'static str> {
    for encoded in rest.split('%').skip(1) {
        let is_digit = |c: char| c.is_ascii_digit() || ('A'..='F').contains(&c);
        let digits = encoded.get(..2).filter(|two| two.chars().all(is_digit));
        let digits = digits.ok_or("has a `%` without two digits in upper case")?;
        let octet = u8::from_str_radix(digits, 16).map_err(|_| "has a `%` without two digits")?;
        if is_unreserved(char::from(octet)) {
            return Err("encodes with `%` what needs no encoding");
        }
        if octet.is_ascii_control() {
            return Err("encodes a control character");
        }
    }
    Ok(())
}

fn check_authority(scheme: &str, authority: &str) -> Result<(), &'static str> {
    if authority.contains('@') {
        return Err("has a user before its host");
    }
    let after_host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let (host, port) = match authority[after_host..].find(':') {
        Some(colon) => (
            &authority[..after_host + colon],
            Some(&authority[after_host + colon + 1..]),
        ),
        None => (authority, None),
    };
    port.map_or(Ok(()), |port| check_port(scheme, port))?;
    check_uri_host(host)
}

fn check_port(scheme: &str, port: &str) -> Result<(), &'static str> {
    let number = port.parse::<u16>().ok().filter(|number| *number > 0);
    if number.is_none_or(|number| number.to_string() != port) {
        return Err("has no valid port after its host");
    }
    if DEFAULT_PORTS.contains(&(scheme, port)) {
        return Err("names the default port of its scheme");
    }
    Ok(())
}

fn check_uri_host(host: &str) -> Result<(), &'static str> {
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.strip_suffix(']').unwrap_or_default();
        let address = inner.parse::<Ipv6Addr>().ok();
        // RFC 5952 is how the standard library writes it.
        let is_normal = |a: &Ipv6Addr| a.to_string() == inner && a.to_ipv4_mapped().is_none();
        return match address.filter(is_normal) {
            Some(_) => Ok(()),
            None => Err("has a host in brackets that is no IPv6 address in normal form"),
        };
    }
    if host.parse::<Ipv4Addr>().is_ok() {
        return Ok(());
    }
    if host.chars().any(|c| c.is_ascii_uppercase()) {
        return Err("has a host that is not in lower case");
    }
    check_host(host, host.len()).map_err(|_| "has no valid host")
}

/// A path is empty, `/`, or segments of which none is empty or dots.
fn check_path(path: &str) -> Result<(), &'static str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok(());
    }
    path.split('/').try_for_each(check_segment)
}

fn check_segment(segment: &str) -> Result<(), &'static str> {
    match segment {
        "" => Err("has an empty segment in its path"),
        "." | ".." => Err("has a dot segment in its path"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_in_normal_form_are_legal() {
        for uri in [
            "https://a.example.com",
            "https://a.example.com/",
            "https://a.example.com:8443/x/y?q=/?",
            "http://10.0.0.1/x",
            "ldap://[fd00::1]:1389/x",
            "https://a.example/%C3%BC%2F",
            "https://a.example?q",
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "mailto:jane@example.com",
            "tag:a/b",
            "spiffe://td.example",
            "spiffe://td_1/ns/A.b/sa/x-y_z",
        ] {
            assert_eq!(check_uri(uri), Ok(()), "{uri}");
        }
    }

    #[test]
    fn uris_that_have_another_form_are_refused() {
        let long = format!("urn:{}", "a".repeat(2048));
        for uri in [
            "",
            "a",
            "/a",
            "//a.example/",
            "urn:",
            ":a",
            "1a:b",
            "HTTPS://a.example/",
            "https://A.example/",
            "https:///a",
            "https://a.example/a//b",
            "https://a.example/a/",
            "https://a.example/./a",
            "https://a.example/a/..",
            "https://a.example/%7Ea",
            "https://a.example/%2e%2e/a",
            "https://a.example/%2E",
            "https://a.example/%c3",
            "https://a.example/%",
            "https://a.example/%4",
            "https://a.example/%00",
            "https://u@a.example/",
            "https://a.example/#f",
            "https://a.example:443/",
            "http://a.example:80",
            "https://a.example:/",
            "https://a.example:08443/",
            "https://a.example:65536/",
            "https://a.example:0/",
            "https://a..example/",
            "https://*.example.com/",
            "https://a.example./",
            "https://010.0.0.1/",
            "https://[::1",
            "https://[::0:1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00::1]x/",
            "https://a]b/",
            "https://a.example/[",
            "urn:a?[]",
            "https://a.example/a b",
            "https://a.example/ü",
            "https://a.example\\@b/",
            "SPIFFE://td/a",
            &long,
        ] {
            let reason = check_uri(uri).unwrap_err();
            assert_eq!(
                (reason.code, reason.value.is_some()),
                (Code::MalformedUri, true),
                "{uri}"
            );
        }
    }

    /// N22.
    #[test]
    fn spiffe_ids_have_a_narrow_grammar() {
        let long = format!("spiffe://{}", "a".repeat(256));
        for id in [
            "spiffe:",
            "spiffe:td",
            "spiffe://",
            "spiffe:///a",
            "spiffe://TD/a",
            "spiffe://td:80/a",
            "spiffe://u@td/a",
            "spiffe://td/a?b",
            "spiffe://td/a#b",
            "spiffe://td/",
            "spiffe://td/a/",
            "spiffe://td//a",
            "spiffe://td/a/../b",
            "spiffe://td/./a",
            "spiffe://td/%2e%2e",
            "spiffe://td/a b",
            "spiffe://td/ns/*",
            "spiffe://[::1]/a",
            &long,
        ] {
            assert_eq!(
                check_uri(id).unwrap_err().code,
                Code::MalformedSpiffe,
                "{id}"
            );
        }
    }
}
