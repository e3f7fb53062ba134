//! Name constraints of a CA (RFC 5280 4.2.1.10): which names it may certify.
//!
//! In comes the extension of a CA certificate; out comes a value that says of each name of a leaf whether it lies
//! inside. Constraints on a kind of name that gitca can't compare are refused when the CA is loaded, so no name is let
//! through unjudged. `minimum` and `maximum` are not looked at: RFC 5280 knows no use of them.

mod subtree;

use x509_parser::certificate::X509Certificate;

use crate::x509::constraints::subtree::{Name, Subtree};
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
                .map(|subtree| Subtree::read(&subtree.base))
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
        let name = name.compared();
        let permitted = self.permitted.iter();
        let mut permitted = permitted.filter(|base| base.is_kind_of(&name)).peekable();
        let is_permitted = permitted.peek().is_none() || permitted.any(|base| base.permits(&name));
        is_permitted && !self.excluded.iter().any(|base| base.excludes(&name))
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

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use x509_parser::extensions::GeneralName;

    use super::*;

    /// One that permits this alone, and one that excludes it.
    fn both(subtree: &Subtree) -> [NameConstraints; 2] {
        let (these, none) = (vec![subtree.clone()], Vec::new());
        [(these.clone(), none.clone()), (none, these)].map(|(permitted, excluded)| {
            NameConstraints {
                permitted,
                excluded,
            }
        })
    }

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
        let [permitting, excluding] = both(&Subtree::Dns(".example.com".into()));
        for (name, is_permitted) in [("example.com", false), ("a.example.com", true)] {
            assert_eq!(permitting.allows(Name::Dns(name)), is_permitted, "{name}");
            assert!(!excluding.allows(Name::Dns(name)), "{name}");
        }
    }

    #[test]
    fn what_openssl_or_go_finds_outside_lies_outside() {
        use GeneralName::{DNSName, RFC822Name, URI};
        let mail = ["a@example.com", "A@example.com", "a@EXAMPLE.com"].map(Name::Email);
        let [mail, capital, folded] = mail;
        let below = Name::Email("a@b.example.com");
        let uri = Name::Uri("https://example.com/x");
        let wildcard = Name::Dns("*.example.com");
        for (base, name, is_permitted, is_not_excluded) in [
            (RFC822Name("a@example.com"), mail, true, false),
            (RFC822Name("a@Example.com"), folded, true, false),
            (RFC822Name("a@example.com"), capital, false, false),
            (RFC822Name("A@example.com"), mail, false, false),
            (RFC822Name("b@example.com"), mail, false, true),
            (RFC822Name("@example.com"), mail, false, false),
            (RFC822Name("example.com"), mail, true, false),
            (RFC822Name("example.com"), below, false, false),
            (RFC822Name("ample.com"), mail, false, true),
            (RFC822Name(".example.com"), mail, false, true),
            (RFC822Name(".example.com"), below, true, false),
            (RFC822Name(""), mail, false, false),
            (RFC822Name("."), mail, false, false),
            (URI("Example.com"), uri, true, false),
            (URI("com"), uri, false, false),
            (URI(".com"), uri, true, false),
            (URI("example.net"), uri, false, true),
            (URI(""), uri, false, false),
            (URI("."), uri, false, false),
            (URI("x.net"), Name::Uri("urn:a:b"), false, false),
            (
                URI("10.0.0.1"),
                Name::Uri("https://10.0.0.1/"),
                false,
                false,
            ),
            (URI("["), Name::Uri("https://[fd00::1]/"), false, false),
            (
                URI("x.net"),
                Name::Uri("https://[fd00::1]:1/"),
                false,
                false,
            ),
            (URI("x.net"), Name::Uri("file:///x.net"), false, false),
            (URI("x.net"), Name::Uri("urn:a?b://x.net"), false, false),
            (URI("x.net"), Name::Uri("https://x.net/a:b"), false, false),
            (URI("x.net"), Name::Uri("https://x.net?a"), false, false),
            (URI("x.net"), Name::Uri("https://x.net:1/a:b"), true, false),
            (
                URI(".x.net"),
                Name::Uri("https://y/a.x.net:b"),
                false,
                false,
            ),
            (DNSName(""), wildcard, true, false),
            (DNSName("."), wildcard, false, false),
            (DNSName("a.example.com"), wildcard, false, false),
            (DNSName(".a.example.com"), wildcard, false, false),
            (DNSName(".b.a.example.com"), wildcard, false, true),
            (DNSName(".example.com"), wildcard, true, false),
        ] {
            let [permitting, excluding] = both(&Subtree::read(&base).unwrap());
            let found = [permitting.allows(name), excluding.allows(name)];
            assert_eq!(found, [is_permitted, is_not_excluded], "{base:?} {name:?}");
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
