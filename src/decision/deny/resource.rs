//! The spellings of a URI that clients take for one and the same: what denies one of them denies all.
//!
//! In comes a URI as somebody spells it; out come texts to try patterns on, the normal form of RFC 3986 6.2 first. Nothing
//! here admits anything, so it may go further than the standard: user, query and fragment decide nothing.

use std::iter;

// RFC 3986 6.2.3; by the registrations of the schemes.
const DEFAULT_PORTS: [(&str, &str); 7] = [
    ("http", ":80"),
    ("https", ":443"),
    ("ws", ":80"),
    ("wss", ":443"),
    ("ftp", ":21"),
    ("ldap", ":389"),
    ("ldaps", ":636"),
];

/// The other spellings of a URI.
pub(super) fn spellings(uri: &str) -> Vec<String> {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return Vec::new();
    };
    let scheme = scheme.to_ascii_lowercase();
    let rest = rest.split('#').next().unwrap_or_default();
    let (hierarchy, query) = match rest.split_once('?') {
        Some((hierarchy, query)) => (hierarchy, Some(query)),
        None => (rest, None),
    };
    let Some(hierarchy) = hierarchy.strip_prefix("//") else {
        return with_query(&format!("{scheme}:{}", decoded(hierarchy)), query).collect();
    };
    let (authority, path) = hierarchy.split_at(hierarchy.find('/').unwrap_or(hierarchy.len()));
    let site = format!("{scheme}://{}", host(&scheme, authority));
    match segments(path).as_slice() {
        // The empty path and `/` are one; below it lies what a pattern of all paths means.
        [] => ["/", "", "/-"]
            .iter()
            .flat_map(|root| with_query(&format!("{site}{root}"), query))
            .collect(),
        segments => with_query(&format!("{site}/{}", segments.join("/")), query).collect(),
    }
}

fn with_query(uri: &str, query: Option<&str>) -> impl Iterator<Item = String> + use<> {
    let whole = query.map(|query| format!("{uri}?{query}"));
    whole.into_iter().chain(iter::once(uri.to_owned()))
}

/// Host and port without user, default port, final dot and letter case.
fn host(scheme: &str, authority: &str) -> String {
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = decoded(host).to_ascii_lowercase();
    let mut defaults = DEFAULT_PORTS.iter().filter(|(its, _)| *its == scheme);
    let bare = defaults.find_map(|(_, port)| host.strip_suffix(port));
    let bare = bare.or_else(|| host.strip_suffix(':')).unwrap_or(&host);
    match bare.rsplit_once(':') {
        Some((name, port)) if !bare.ends_with(']') => {
            format!("{}:{port}", name.strip_suffix('.').unwrap_or(name))
        }
        _ => bare.strip_suffix('.').unwrap_or(bare).to_owned(),
    }
}

/// The segments of a path that are neither empty nor dots (RFC 3986 5.2.4).
fn segments(path: &str) -> Vec<String> {
    let mut kept = Vec::new();
    for segment in path.split('/').map(decoded) {
        match segment.as_str() {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    kept
}

/// Without needless percent-encoding, and with upper-case digits in what needs it (RFC 3986 6.2.2).
fn decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.get(..2);
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(octet) if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) => {
                plain.push(char::from(octet));
                plain.push_str(&piece[2..]);
            }
            Some(octet) => {
                plain.push_str(&format_args!("%{octet:02X}").to_string());
                plain.push_str(&piece[2..]);
            }
            None => {
                plain.push('%');
                plain.push_str(piece);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_resource_has_one_normal_form() {
        for (uri, normal) in [
            ("SPIFFE://TD/admin", "spiffe://td/admin"),
            ("spiffe://td/./a/../%61dmin/", "spiffe://td/admin"),
            (
                "https://u:p@Vault.example.com.:443//x#f",
                "https://vault.example.com/x",
            ),
            (
                "https://vault.example.com.:8443/x",
                "https://vault.example.com:8443/x",
            ),
            ("https://vault.example.com:", "https://vault.example.com/"),
            (
                "https://vault.example.com?x",
                "https://vault.example.com/?x",
            ),
            ("ldap://[FD00::1]:389/x", "ldap://[fd00::1]/x"),
            (
                "https://a.example/%c3%bc%2f%",
                "https://a.example/%C3%BC%2F%",
            ),
            ("URN:a%2Db", "urn:a-b"),
        ] {
            assert_eq!(
                spellings(uri).first().map(String::as_str),
                Some(normal),
                "{uri}"
            );
        }
        assert_eq!(spellings("vault"), Vec::<String>::new());
    }
}
