//! Globs of URIs: a literal scheme, a host as DNS names have it, and a path whose `*` is one segment, `**` one or more.
//!
//! In comes the pattern of a policy; out comes a [`UriGlob`]. Requested URIs are in normal form (RFC 3986 6.2) before
//! they come here, so they are compared as text; one with an empty or dot segment fits no glob even so. URIs without
//! an authority, such as `urn:`, are written with `exact`.

use crate::control::glob::dns::{DnsGlob, Wildcard};
use crate::control::glob::error::PatternError;
use crate::control::glob::placeholder::{Context, Given};
use crate::control::glob::{Token, fits, pieces, scan};

/// A pattern of URIs with an authority.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UriGlob {
    scheme: String,
    host: DnsGlob,
    port: Option<String>,
    path: Vec<Token>,
    query: Option<String>,
}

/// The parts of a URI with an authority.
#[derive(Clone, Copy, Debug)]
struct Parts<'u> {
    scheme: &'u str,
    host: &'u str,
    port: Option<&'u str>,
    path: &'u str,
    query: Option<&'u str>,
}

impl UriGlob {
    /// Reads a glob.
    ///
    /// # Errors
    /// It has no authority, or could fit no URI in normal form.
    pub fn glob(text: &str) -> Result<Self, PatternError> {
        let wrong = |help: &str| PatternError::new(format!("`{text}` is no pattern of URIs"), help);
        let parts = parts(text).ok_or_else(|| {
            wrong("write `scheme://host/path`; use `{exact: ...}` for other URIs")
        })?;
        if !is_scheme(parts.scheme) {
            return Err(wrong("write the scheme out, in lower case"));
        }
        if text.contains('#') || parts.host.contains('@') {
            return Err(wrong(
                "leave out user and fragment: no requested URI has them",
            ));
        }
        let fixed = [parts.port, parts.query];
        if fixed
            .iter()
            .flatten()
            .any(|part| part.contains(['*', '{', '}']))
        {
            return Err(wrong("write port and query out, without stars"));
        }
        Ok(Self {
            scheme: parts.scheme.to_owned(),
            host: DnsGlob::glob(parts.host)?,
            port: parts.port.map(str::to_owned),
            path: path(parts.path)?,
            query: parts.query.map(str::to_owned),
        })
    }

    /// Whether a URI in normal form fits.
    #[must_use]
    pub fn fits(&self, uri: &str, given: Given<'_>) -> bool {
        let Some(parts) = parts(uri) else {
            return false;
        };
        !uri.contains('#')
            && parts.scheme == self.scheme
            && parts.port == self.port.as_deref()
            && parts.query == self.query.as_deref()
            && is_normal(parts.path)
            && self.host.fits(parts.host, Wildcard::Refused, given)
            && fits(&self.path, parts.path, given)
    }

    /// Its tokens, of host and path.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.host.tokens().chain(&self.path)
    }
}

/// The tokens of one URI without stars; a placeholder in its host must be one label.
///
/// # Errors
/// An expression in braces is none of the known ones.
pub fn exact(text: &str) -> Result<Vec<Token>, PatternError> {
    let Some(parts) = parts(text) else {
        return scan(text, Context::UriPath);
    };
    let (authority, rest) =
        text.split_at(parts.scheme.len() + "://".len() + authority_octets(text));
    let mut tokens = scan(authority, Context::Label)?;
    tokens.extend(scan(rest, Context::UriPath)?);
    Ok(tokens)
}

fn path(text: &str) -> Result<Vec<Token>, PatternError> {
    let Some(segments) = text.strip_prefix('/').filter(|rest| !rest.is_empty()) else {
        return scan(text, Context::UriPath);
    };
    let mut tokens = vec![Token::Literal("/".to_owned())];
    tokens.extend(pieces(scan(segments, Context::UriPath)?, false)?);
    Ok(tokens)
}

fn parts(uri: &str) -> Option<Parts<'_>> {
    let (scheme, rest) = uri.split_once("://")?;
    let (authority, rest) = rest.split_at(authority_octets(uri));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    Some(Parts {
        scheme,
        host,
        port,
        path,
        query,
    })
}

fn authority_octets(uri: &str) -> usize {
    let rest = uri.split_once("://").map_or("", |(_, rest)| rest);
    rest.find(['/', '?', '#']).unwrap_or(rest.len())
}

// RFC 3986 3.1, in lower case as 6.2.2.1 has it.
fn is_scheme(text: &str) -> bool {
    let other =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(other)
}

fn is_normal(path: &str) -> bool {
    match path.strip_prefix('/') {
        None => path.is_empty(),
        Some("") => true,
        Some(rest) => rest
            .split('/')
            .all(|segment| !matches!(segment, "" | "." | "..")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::identity::Identity;
    use crate::effort::Effort;

    #[test]
    fn a_star_is_one_segment_and_two_are_one_or_more() {
        let request = "dev/jane".parse().unwrap();
        let effort = Effort::of_words();
        let given = Given::new(&request, Identity::nobody(), &effort);
        for (pattern, uri, fit) in [
            ("spiffe://td/ns/*/sa/*", "spiffe://td/ns/a/sa/x", true),
            (
                "spiffe://td/ns/*/sa/*",
                "spiffe://td/ns/a/sa/x/ns/prod/sa/admin",
                false,
            ),
            ("spiffe://td/ns/**", "spiffe://td/ns/a/sa/x", true),
            ("spiffe://td/ns/**", "spiffe://td/ns", false),
            ("spiffe://td/ns/**", "spiffe://td/ns/a/../b", false),
            ("spiffe://td/ns/**", "spiffe://td/ns//b", false),
            ("spiffe://td/ns/**", "spiffe://td/ns/b/", false),
            ("spiffe://td/*", "spiffe://td.evil/x", false),
            ("https://*.example.com/x", "https://a.example.com/x", true),
            (
                "https://*.example.com/x",
                "https://evil/.example.com/x",
                false,
            ),
            (
                "https://a.example.com:8443",
                "https://a.example.com:8443",
                true,
            ),
            ("https://a.example.com", "https://a.example.com:8443", false),
            (
                "https://a.example.com/x",
                "https://a.example.com/x?y=1",
                false,
            ),
            (
                "https://a.example.com/x",
                "https://u@a.example.com/x",
                false,
            ),
            ("https://a.example.com/x", "http://a.example.com/x", false),
            (
                "spiffe://td/{{ request.path }}",
                "spiffe://td/dev/jane",
                true,
            ),
        ] {
            let glob = UriGlob::glob(pattern).unwrap();
            assert_eq!(glob.fits(uri, given), fit, "{pattern} {uri}");
        }
    }

    #[test]
    fn a_pattern_that_fits_no_uri_is_refused() {
        for text in [
            "urn:x:y",
            "*://a.example.com/",
            "https://u@a.example.com/",
            "https://a.example.com/#x",
            "https://a.example.com/a*",
            "https://a.example.com//a",
            "https://a.example.com:*/",
            "HTTPS://a.example.com",
        ] {
            assert!(UriGlob::glob(text).is_err(), "{text}");
        }
    }
}
