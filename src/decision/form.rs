//! Names in their normal forms, and the kind of name that a common name has the form of.
//!
//! In comes a common name; out comes its [`Form`]: a host, an address, a mailbox, a URI, or none of them. Domains have no
//! letter case (RFC 4343); local parts of addresses do (RFC 5321 2.4). What denies looks at the normal form; what admits, at
//! the text, since no other spelling of a name was looked at.

use std::net::IpAddr;

use crate::control::glob::label::is_label;

/// What a common name looks like, in the normal form of that kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A DNS name or wildcard, of one label or more.
    Dns(String),
    /// An IP address; an IPv4-mapped one as the IPv4 address that it means.
    Ip(IpAddr),
    /// An e-mail address.
    Email(String),
    /// A URI.
    Uri(String),
}

impl Form {
    /// The form of a common name, if it has one.
    #[must_use]
    pub fn of(common_name: &str) -> Option<Self> {
        if common_name.contains("://") {
            return Some(Self::Uri(common_name.to_owned()));
        }
        if let Ok(address) = common_name.parse::<IpAddr>() {
            return Some(Self::Ip(address.to_canonical()));
        }
        if let Some((local, domain)) = common_name.rsplit_once('@') {
            let domain = normal_dns(domain);
            let domain = domain.strip_suffix('.').unwrap_or(&domain);
            let mailbox = !local.is_empty() && is_dns(domain);
            return mailbox.then(|| Self::Email(format!("{local}@{domain}")));
        }
        let name = normal_dns(common_name);
        // The root's dot is no part of a name here, but clients drop it too.
        let name = name.strip_suffix('.').unwrap_or(&name);
        is_dns(name).then(|| Self::Dns(name.to_owned()))
    }

    /// A common name of this form as subject alternative names are compared: nothing but its letter case is made normal.
    #[must_use]
    pub fn text(&self, common_name: &str) -> String {
        match self {
            Self::Dns(_) | Self::Ip(_) => normal_dns(common_name),
            Self::Email(_) => normal_email(common_name),
            Self::Uri(_) => common_name.to_owned(),
        }
    }

    /// Whether clients of old take it for a server's name.
    #[must_use]
    pub fn must_be_in(&self) -> bool {
        !matches!(self, Self::Dns(name) if !name.contains('.'))
    }
}

/// A DNS name as patterns see it.
pub(super) fn normal_dns(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// An e-mail address as patterns see it: only the domain is without letter case.
pub(super) fn normal_email(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_ascii_lowercase()),
        None => address.to_owned(),
    }
}

fn is_dns(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    name.split('.').all(is_label)
}
