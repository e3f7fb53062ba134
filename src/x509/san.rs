//! Subject alternative names of the four kinds that Kubernetes copies.
//!
//! In come GeneralNames that were checked to be legal for their kind; out goes the model that policies judge and
//! certificates are built from. Order within a kind is the order of the request (RFC 5280 4.2.1.6).

use std::net::IpAddr;

/// The names of a request or certificate, kind by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectAltNames {
    /// dNSName values as they were asked for, case kept.
    pub dns_names: Vec<String>,
    /// rfc822Name values.
    pub email_addresses: Vec<String>,
    /// iPAddress values; never an IPv4-mapped IPv6 address.
    pub ip_addresses: Vec<IpAddr>,
    /// uniformResourceIdentifier values, already in normal form.
    pub uris: Vec<String>,
}

impl SubjectAltNames {
    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dns_names.len()
            + self.email_addresses.len()
            + self.ip_addresses.len()
            + self.uris.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
