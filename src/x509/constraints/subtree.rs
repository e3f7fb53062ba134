//! One subtree of the name constraints of a CA, and which names lie in it (RFC 5280 4.2.1.10).
//!
//! In come the base of a subtree and a name of a leaf; out comes whether the name lies in it. Verifiers differ in what they
//! find in a subtree, so each is read as OpenSSL and as Go read it: a permitted one holds what both find in it, an excluded
//! one what either does. What is issued verifies with both.

use std::net::{IpAddr, Ipv4Addr};

use x509_parser::extensions::GeneralName;

use crate::x509::san::fold_email;

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
    /// The host as Go reads it and as OpenSSL does; none where there is no name to compare.
    Uri(Option<[String; 2]>),
    Ip(Vec<u8>),
}

impl Subtree {
    /// # Errors
    /// When it is of a kind that can't be judged here.
    pub(super) fn read(base: &GeneralName<'_>) -> Result<Self, String> {
        match base {
            GeneralName::DNSName(name) => Ok(Self::Dns(name.to_ascii_lowercase())),
            GeneralName::RFC822Name(name) => Ok(Self::Email(fold_base(name))),
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

    pub(super) fn is_kind_of(&self, name: &Compared) -> bool {
        matches!(
            (self, name),
            (Self::Dns(_), Compared::Dns(_))
                | (Self::Email(_), Compared::Email(_))
                | (Self::Uri(_), Compared::Uri(_))
                | (Self::Ip(..), Compared::Ip(_))
        )
    }

    /// Whether the name lies in it for every verifier.
    pub(super) fn permits(&self, name: &Compared) -> bool {
        match (self, name) {
            (Self::Dns(base), Compared::Dns(name)) => {
                base.is_empty() || host_is_at(name, base) || is_below(name, base)
            }
            (Self::Email(base), Compared::Email(Some((local, host)))) => {
                match base.rsplit_once('@') {
                    Some(base) => base == (local, host),
                    None => host_is_at(host, base),
                }
            }
            (Self::Uri(base), Compared::Uri(Some(hosts))) => {
                hosts.iter().all(|host| host_is_at(host, base))
            }
            (Self::Ip(address, mask), Compared::Ip(octets)) => ip_is_within(octets, address, mask),
            _ => false,
        }
    }

    /// Whether the name lies in it for any verifier, or can't be compared with it.
    pub(super) fn excludes(&self, name: &Compared) -> bool {
        match (self, name) {
            (Self::Dns(base), Compared::Dns(name)) => {
                // RFC 5280 has no leading dot here, so what was meant by one is its base, too.
                let base = base.strip_prefix('.').unwrap_or(base);
                host_is_around(name, base) || covers(name, base)
            }
            (Self::Email(base), Compared::Email(Some((local, host)))) => {
                match base.rsplit_once('@') {
                    // Mail systems take capitals for small letters, and OpenSSL an empty local part for all.
                    Some((base_local, base_host)) => {
                        let is_local =
                            base_local.is_empty() || base_local.eq_ignore_ascii_case(local);
                        is_local && host == base_host
                    }
                    None => host_is_around(host, base),
                }
            }
            (Self::Uri(base), Compared::Uri(Some(hosts))) => {
                hosts.iter().any(|host| host_is_around(host, base))
            }
            (Self::Ip(address, mask), Compared::Ip(octets)) => ip_is_within(octets, address, mask),
            (Self::Email(_), Compared::Email(None)) | (Self::Uri(_), Compared::Uri(None)) => true,
            _ => false,
        }
    }
}

fn fold_base(base: &str) -> String {
    if base.contains('@') {
        fold_email(base)
    } else {
        base.to_ascii_lowercase()
    }
}

/// A base with a leading dot holds what is below it, one without that very host; for OpenSSL the empty one holds none.
fn host_is_at(host: &str, base: &str) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => is_below(host, domain),
        None => host == base,
    }
}

/// For Go a base without a leading dot holds what is below it as well, and the empty one all hosts.
fn host_is_around(host: &str, base: &str) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => domain.is_empty() || is_below(host, domain),
        None => base.is_empty() || host == base || is_below(host, base),
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    let before = host.strip_suffix(domain);
    before.is_some_and(|before| before.ends_with('.'))
}

/// Whether the wildcard `name` stands for the base among others.
fn covers(name: &str, base: &str) -> bool {
    let parents = name.strip_prefix("*.").zip(base.split_once('.'));
    parents.is_some_and(|(parent, (_, above))| parent == above)
}

/// RFC 5280 4.2.1.10: what has no host, or an address for one, has no place inside or outside of a subtree of URIs.
fn uri_hosts(uri: &str) -> Option<[String; 2]> {
    let (_, rest) = uri.split_once(':')?;
    let rest = rest.strip_prefix("//")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let is_name = !host.is_empty() && !host.starts_with('[') && host.parse::<Ipv4Addr>().is_err();
    // `nc_uri` of OpenSSL ends it at the first colon, wherever that is, or else at the first slash.
    let end = rest.find(':').or_else(|| rest.find('/'));
    let other = &rest[..end.unwrap_or(rest.len())];
    is_name.then(|| [host, other].map(str::to_ascii_lowercase))
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
                let folded =
                    |(local, host): (&str, &str)| (local.to_owned(), host.to_ascii_lowercase());
                Compared::Email(parts.map(folded))
            }
            Self::Uri(uri) => Compared::Uri(uri_hosts(uri)),
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
