//! The common name where it has the form of another kind of name: a host, an address, a mailbox or a URI.
//!
//! In comes a common name; out comes its [`Form`] in the normal form of that kind. Clients of old take such a name for
//! the server's, so with `server auth` it must also be a subject alternative name, and a pattern that denies the name
//! denies it here too. No name is ever made from it.

use std::net::IpAddr;

use crate::control::glob::label::is_label;
use crate::decision::asked::Asked;
use crate::decision::values::{normal_dns, normal_email};
use crate::finding::{Code, Reason};
use crate::x509::usage::Usage;

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
            let mailbox = !local.is_empty() && is_dns(&normal_dns(domain));
            return mailbox.then(|| Self::Email(normal_email(common_name)));
        }
        let name = normal_dns(common_name);
        // The root's dot is no part of a name here, but clients drop it too.
        let name = name.strip_suffix('.').unwrap_or(&name);
        is_dns(name).then(|| Self::Dns(name.to_owned()))
    }

    /// Whether a subject alternative name of the request says the same.
    #[must_use]
    pub fn is_in(&self, asked: &Asked<'_>) -> bool {
        let sans = asked.sans;
        match self {
            Self::Dns(name) => sans.dns_names.iter().any(|san| normal_dns(san) == *name),
            Self::Ip(address) => sans.ip_addresses.contains(address),
            Self::Email(address) => sans
                .email_addresses
                .iter()
                .any(|san| normal_email(san) == *address),
            Self::Uri(uri) => sans.uris.contains(uri),
        }
    }

    fn must_be_in(&self) -> bool {
        !matches!(self, Self::Dns(name) if !name.contains('.'))
    }
}

/// Why the common name may not stand beside these usages and names, if it may not.
#[must_use]
pub fn judge(asked: &Asked<'_>) -> Option<Reason> {
    let serves = |usage: &Usage| matches!(usage, Usage::ServerAuth | Usage::Any);
    if !asked.usages.iter().any(serves) {
        return None;
    }
    let common_name = asked.subject.common_name()?;
    let form = Form::of(common_name).filter(Form::must_be_in)?;
    (!form.is_in(asked)).then(|| not_in_san(common_name))
}

/// The reason for a common name that is no subject alternative name.
#[must_use]
pub fn not_in_san(common_name: &str) -> Reason {
    Reason::new(
        Code::CommonNameNotInSan,
        format!("the common name `{common_name}` is not among the subject alternative names"),
    )
    .field("csr.subject.commonName")
    .value(common_name)
    .help("ask for it as a subject alternative name too, or leave the common name out")
}

fn is_dns(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::asked::sample::Sample;
    use crate::x509::subject::Attribute;

    #[test]
    fn the_form_is_that_of_one_kind() {
        for (common_name, form) in [
            (
                "Vault.example.com",
                Some(Form::Dns("vault.example.com".into())),
            ),
            (
                "vault.example.com.",
                Some(Form::Dns("vault.example.com".into())),
            ),
            ("*.example.com", Some(Form::Dns("*.example.com".into()))),
            ("jane", Some(Form::Dns("jane".into()))),
            ("10.0.0.1", Some(Form::Ip([10, 0, 0, 1].into()))),
            ("::ffff:10.0.0.1", Some(Form::Ip([10, 0, 0, 1].into()))),
            (
                "Jane@EXAMPLE.com",
                Some(Form::Email("Jane@example.com".into())),
            ),
            ("spiffe://td/x", Some(Form::Uri("spiffe://td/x".into()))),
            ("system:node:a.b", None),
            ("Jane Doe", None),
            ("jane@", None),
        ] {
            assert_eq!(Form::of(common_name), form, "{common_name}");
        }
    }

    #[test]
    fn a_server_name_is_a_subject_alternative_name() {
        for (common_name, usage, san, refused) in [
            ("a.example.com", "server auth", "b.example.com", true),
            ("a.example.com", "any", "b.example.com", true),
            ("a.example.com", "client auth", "b.example.com", false),
            ("A.example.com", "server auth", "a.EXAMPLE.com", false),
            ("jane", "server auth", "b.example.com", false),
            ("10.0.0.1", "server auth", "b.example.com", true),
            ("a@example.com", "server auth", "b.example.com", true),
            ("x://a", "server auth", "b.example.com", true),
        ] {
            let sample = Sample::new()
                .subject(Attribute::CommonName, common_name)
                .usage(usage)
                .dns(&[san]);
            let code = judge(&sample.asked()).map(|reason| reason.code);
            let expected = refused.then_some(Code::CommonNameNotInSan);
            assert_eq!(code, expected, "{common_name} for {usage}");
        }
    }
}
