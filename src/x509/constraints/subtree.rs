//! One subtree of the name constraints of a CA, and which names lie in it (RFC 5280 4.2.1.10).
//!
//! In come the base of a subtree and a name of a leaf; out comes whether the name lies in it, as a permitted subtree and as
//! an excluded one.

use std::net::IpAddr;

use x509_parser::extensions::GeneralName;

/// The base of a GeneralSubtree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subtree {
    Dns(String),
    Email(String),
    Uri(String),
    /// Address and mask, each of 4 or of 16 octets.
    Ip(Vec<u8>, Vec<u8>),
}

/// One name of a leaf, seen as the kind it is compared as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name<'a> {
    Dns(&'a str),
    Email(&'a str),
    Uri(&'a str),
    Ip(IpAddr),
}

/// The same as it is compared with each subtree, made once for all of them.
#[derive(Debug)]
pub(super) enum Compared {
    Dns(String),
    /// The part before the last `@`, and what follows.
    Email(Option<(String, String)>),
    /// The host, if there is one.
    Uri(Option<String>),
    Ip(Vec<u8>),
}

impl Subtree {
    /// # Errors
    /// When it is of a kind that can't be judged here.
    pub(super) fn read(base: &GeneralName<'_>) -> Result<Self, String> {
        match base {
            GeneralName::DNSName(name) => Ok(Self::Dns(name.to_ascii_lowercase())),
            GeneralName::RFC822Name(name) => Ok(Self::Email(name.to_ascii_lowercase())),
            GeneralName::URI(name) => Ok(Self::Uri(name.to_ascii_lowercase())),
            GeneralName::IPAddress(octets) if matches!(octets.len(), 8 | 32) => {
                let (address, mask) = octets.split_at(octets.len() / 2);
                Ok(Self::Ip(address.to_vec(), mask.to_vec()))
            }
            other => Err(format!(
                "constrains names that gitca can't compare: {other}"
            )),
        }
    }

    pub(super) fn is_kind_of(&self, name: Name<'_>) -> bool {
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
    pub(super) fn permits(&self, name: &Compared) -> bool {
        let is_base = match (self, name) {
            (Self::Dns(base), Compared::Dns(name)) => base.strip_prefix('.') == Some(name),
            _ => false,
        };
        self.holds(name) && !is_base
    }

    pub(super) fn holds(&self, name: &Compared) -> bool {
        match (self, name) {
            (Self::Dns(base), Compared::Dns(name)) => is_within(name, base),
            (Self::Email(base), Compared::Email(Some(address))) => email_is_within(address, base),
            (Self::Uri(base), Compared::Uri(Some(host))) => host_is_within(host, base),
            (Self::Ip(address, mask), Compared::Ip(octets)) => ip_is_within(octets, address, mask),
            _ => false,
        }
    }

    /// Whether the wildcard `name` would also stand for names inside an excluded subtree.
    pub(super) fn is_covered_by(&self, name: Name<'_>) -> bool {
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
    pub(super) fn compared(self) -> Compared {
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

    pub(super) fn text(self) -> String {
        match self {
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) => text.to_owned(),
            Self::Ip(ip) => ip.to_string(),
        }
    }
}
