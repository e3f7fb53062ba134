//! Name constraints of a CA (RFC 5280 4.2.1.10): which names it may certify.
//!
//! In comes the extension of a CA certificate; out comes a value that says of each name of a leaf whether it lies
//! inside. Constraints on a kind of name that gitca can't compare are refused when the CA is loaded, so nothing is let
//! through unjudged.

use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use crate::x509::san::SubjectAltNames;
use crate::x509::subject::Subject;

// Permitted ones, and excluded ones. OpenSSL refuses to compare more than 2^20 pairs of a name and a subtree (NAME_CHECK_MAX), and a leaf may have
// some hundred names; each request is compared with all of them.
const SUBTREES: usize = 1_000;

/// The permitted and excluded subtrees of one CA.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameConstraints {
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
}

/// The base of a GeneralSubtree.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subtree {
    Dns(String),
    Email(String),
    Uri(String),
    /// Address and mask, each of 4 or of 16 octets.
    Ip(Vec<u8>, Vec<u8>),
}

/// One name of a leaf, seen as the kind it is compared as.
#[derive(Clone, Copy, Debug)]
enum Name<'a> {
    Dns(&'a str),
    Email(&'a str),
    Uri(&'a str),
    Ip(IpAddr),
}

/// The same as it is compared with each subtree, made once for all of them.
#[derive(Debug)]
enum Compared {
    Dns(String),
    /// The part before the last `@`, and what follows.
    Email(Option<(String, String)>),
    /// The host, if there is one.
    Uri(Option<String>),
    Ip(Vec<u8>),
}

impl NameConstraints {
    /// Whether every name may be certified.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permitted.is_empty() && self.excluded.is_empty()
    }

    /// How many subtrees there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.permitted.len() + self.excluded.len()
    }

    /// The constraints of a CA certificate; none when it has no such extension.
    ///
    /// # Errors
    /// When the extension is broken, or constrains a kind of name that can't be judged here.
    pub fn of(certificate: &X509Certificate<'_>) -> Result<Self, String> {
        let extension = certificate
            .name_constraints()
            .map_err(|error| format!("has broken nameConstraints: {error}"))?;
        let Some(constraints) = extension.map(|extension| extension.value) else {
            return Ok(Self::default());
        };
        let read = |subtrees: &Option<Vec<x509_parser::extensions::GeneralSubtree<'_>>>| {
            subtrees
                .iter()
                .flatten()
                .map(|subtree| read_subtree(&subtree.base))
                .collect::<Result<Vec<_>, _>>()
        };
        let constraints = Self {
            permitted: read(&constraints.permitted_subtrees)?,
            excluded: read(&constraints.excluded_subtrees)?,
        };
        if constraints.permitted.len().max(constraints.excluded.len()) > SUBTREES {
            return Err(format!("has more than {SUBTREES} name constraints"));
        }
        Ok(constraints)
    }

    /// The names that lie outside, each with its field and a sentence.
    #[must_use]
    pub fn violations(&self, sans: &SubjectAltNames) -> Vec<(String, String)> {
        names(sans)
            .filter(|(_, name)| !self.allows(*name))
            .map(|(field, name)| (field, name.text()))
            .collect()
    }

    /// The common name, where verifiers would take it for a DNS name and it lies outside.
    #[must_use]
    pub fn common_name_outside<'n>(
        &self,
        subject: &'n Subject,
        sans: &SubjectAltNames,
    ) -> Option<&'n str> {
        let common_name = subject.common_name()?;
        let is_taken = sans.dns_names.is_empty() && is_taken_for_host(common_name);
        (is_taken && !self.allows(Name::Dns(common_name))).then_some(common_name)
    }

    fn allows(&self, name: Name<'_>) -> bool {
        let compared = name.compared();
        let mut same_kind = self
            .permitted
            .iter()
            .filter(|subtree| subtree.is_kind_of(name))
            .peekable();
        let permitted =
            same_kind.peek().is_none() || same_kind.any(|subtree| subtree.permits(&compared));
        permitted
            && !self
                .excluded
                .iter()
                .any(|subtree| subtree.holds(&compared) || subtree.is_covered_by(name))
    }
}

fn names(sans: &SubjectAltNames) -> impl Iterator<Item = (String, Name<'_>)> {
    let dns = sans
        .dns_names
        .iter()
        .enumerate()
        .map(|(i, name)| (format!("csr.dnsNames[{i}]"), Name::Dns(name)));
    let email = sans
        .email_addresses
        .iter()
        .enumerate()
        .map(|(i, name)| (format!("csr.emailAddresses[{i}]"), Name::Email(name)));
    let ip = sans
        .ip_addresses
        .iter()
        .enumerate()
        .map(|(i, ip)| (format!("csr.ipAddresses[{i}]"), Name::Ip(*ip)));
    let uri = sans
        .uris
        .iter()
        .enumerate()
        .map(|(i, name)| (format!("csr.uris[{i}]"), Name::Uri(name)));
    dns.chain(email).chain(ip).chain(uri)
}

fn read_subtree(base: &GeneralName<'_>) -> Result<Subtree, String> {
    match base {
        GeneralName::DNSName(name) => Ok(Subtree::Dns(name.to_ascii_lowercase())),
        GeneralName::RFC822Name(name) => Ok(Subtree::Email(name.to_ascii_lowercase())),
        GeneralName::URI(name) => Ok(Subtree::Uri(name.to_ascii_lowercase())),
        GeneralName::IPAddress(octets) if matches!(octets.len(), 8 | 32) => {
            let (address, mask) = octets.split_at(octets.len() / 2);
            Ok(Subtree::Ip(address.to_vec(), mask.to_vec()))
        }
        other => Err(format!(
            "constrains names that gitca can't compare: {other}"
        )),
    }
}

impl Subtree {
    fn is_kind_of(&self, name: Name<'_>) -> bool {
        matches!(
            (self, name),
            (Self::Dns(_), Name::Dns(_))
                | (Self::Email(_), Name::Email(_))
                | (Self::Uri(_), Name::Uri(_))
                | (Self::Ip(..), Name::Ip(_))
        )
    }

    /// Whether a permitted subtree holds the name: for OpenSSL and Go one that begins with a dot holds only what is below
    /// it, so that is all that verifies.
    fn permits(&self, name: &Compared) -> bool {
        let is_base = match (self, name) {
            (Self::Dns(base), Compared::Dns(name)) => base.strip_prefix('.') == Some(name),
            _ => false,
        };
        self.holds(name) && !is_base
    }

    fn holds(&self, name: &Compared) -> bool {
        match (self, name) {
            (Self::Dns(base), Compared::Dns(name)) => is_within(name, base),
            (Self::Email(base), Compared::Email(Some(address))) => email_is_within(address, base),
            (Self::Uri(base), Compared::Uri(Some(host))) => host_is_within(host, base),
            (Self::Ip(address, mask), Compared::Ip(octets)) => ip_is_within(octets, address, mask),
            _ => false,
        }
    }

    /// Whether the wildcard `name` would also stand for names inside an excluded subtree.
    fn is_covered_by(&self, name: Name<'_>) -> bool {
        let (Self::Dns(base), Name::Dns(name)) = (self, name) else {
            return false;
        };
        let Some(parent) = name.strip_prefix("*.") else {
            return false;
        };
        base.split_once('.')
            .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent))
    }
}

/// Whether verifiers take a common name for a DNS name where there is no other, by `cn2dnsid` of OpenSSL: two labels or
/// more of letters, digits, `-` and `_`, none of them empty, and no `-` at an end of one. 10.0.0.1 is among them.
fn is_taken_for_host(common_name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(is_plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    common_name.contains('.') && common_name.split('.').all(is_label)
}

/// A DNS subtree holds its base and everything below it; the empty base holds all.
fn is_within(name: &str, base: &str) -> bool {
    let base = base.strip_prefix('.').unwrap_or(base);
    base.is_empty()
        || name == base
        || name
            .strip_suffix(base)
            .is_some_and(|rest| rest.ends_with('.'))
}

/// A base with a leading dot holds hosts below it; one without holds that very host.
fn host_is_within(host: &str, base: &str) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => host
            .strip_suffix(domain)
            .is_some_and(|rest| rest.ends_with('.') && rest.len() > 1),
        None => host == base,
    }
}

fn email_is_within((local, domain): &(String, String), base: &str) -> bool {
    match base.rsplit_once('@') {
        Some((base_local, base_domain)) => local == base_local && domain == base_domain,
        None => host_is_within(domain, base),
    }
}

fn uri_host(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    Some(host.to_ascii_lowercase())
}

fn ip_is_within(octets: &[u8], address: &[u8], mask: &[u8]) -> bool {
    octets.len() == address.len()
        && octets
            .iter()
            .zip(address)
            .zip(mask)
            .all(|((octet, base), mask)| octet & mask == base & mask)
}

impl Name<'_> {
    fn compared(self) -> Compared {
        match self {
            Self::Dns(name) => Compared::Dns(name.to_ascii_lowercase()),
            Self::Email(address) => {
                let parts = address.rsplit_once('@');
                let lower = |part: &str| part.to_ascii_lowercase();
                Compared::Email(parts.map(|(local, domain)| (lower(local), lower(domain))))
            }
            Self::Uri(uri) => Compared::Uri(uri_host(uri)),
            Self::Ip(IpAddr::V4(ip)) => Compared::Ip(ip.octets().to_vec()),
            Self::Ip(IpAddr::V6(ip)) => Compared::Ip(ip.octets().to_vec()),
        }
    }

    fn text(self) -> String {
        match self {
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) => text.to_owned(),
            Self::Ip(ip) => ip.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_lie_in_a_permitted_subtree_of_its_kind_and_in_no_excluded_one() {
        let constraints = NameConstraints {
            permitted: vec![
                Subtree::Dns("example.com".into()),
                Subtree::Ip(vec![10, 0, 0, 0], vec![255, 0, 0, 0]),
                Subtree::Uri(".example.com".into()),
                Subtree::Email("example.com".into()),
            ],
            excluded: vec![Subtree::Dns("secret.example.com".into())],
        };
        for (name, allowed) in [
            (Name::Dns("example.com"), true),
            (Name::Dns("a.b.EXAMPLE.com"), true),
            (Name::Dns("badexample.com"), false),
            (Name::Dns("x.secret.example.com"), false),
            (Name::Dns("*.example.com"), false),
            (Name::Ip(IpAddr::from([10, 1, 2, 3])), true),
            (Name::Ip(IpAddr::from([11, 1, 2, 3])), false),
            (Name::Uri("spiffe://a.example.com/x"), true),
            (Name::Uri("spiffe://example.com/x"), false),
            (Name::Uri("urn:a:b"), false),
            (Name::Email("a@example.com"), true),
            (Name::Email("a@b.example.com"), false),
        ] {
            assert_eq!(constraints.allows(name), allowed, "{name:?}");
        }
    }

    #[test]
    fn a_dns_subtree_with_a_leading_dot_permits_what_is_below_it_and_excludes_its_base_too() {
        let subtree = || vec![Subtree::Dns(".example.com".into())];
        let permitting = NameConstraints {
            permitted: subtree(),
            excluded: Vec::new(),
        };
        let excluding = NameConstraints {
            permitted: Vec::new(),
            excluded: subtree(),
        };
        for (name, is_permitted) in [("example.com", false), ("a.example.com", true)] {
            assert_eq!(permitting.allows(Name::Dns(name)), is_permitted, "{name}");
            assert!(!excluding.allows(Name::Dns(name)), "{name}");
        }
    }

    #[test]
    fn a_common_name_is_taken_for_a_host_as_openssl_does() {
        for (common_name, is_taken) in [
            ("jane.doe", true),
            ("Web-1.example.COM", true),
            ("_a.b_", true),
            ("10.0.0.1", true),
            ("jane", false),
            ("", false),
            (".", false),
            ("jane.", false),
            (".jane", false),
            ("a..b", false),
            ("-a.b", false),
            ("a.b-", false),
            ("a-.b", false),
            ("a.-b", false),
            ("jane doe.b", false),
            ("*.example.com", false),
            ("a@example.com", false),
            ("system:node:a.b", false),
            ("jané.doe", false),
        ] {
            assert_eq!(is_taken_for_host(common_name), is_taken, "{common_name}");
        }
    }
}
