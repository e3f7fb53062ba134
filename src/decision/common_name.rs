//! The common name where it has the form of another kind of name: a host, an address, a mailbox or a URI.
//!
//! In comes a common name; out comes its [`Form`] in the normal form of that kind. Clients of old take such a name for
//! the server's, so with `server auth` it must also be a subject alternative name, and a pattern that denies the name
//! denies it here too. No name is ever made from it.

use crate::decision::asked::Asked;
use crate::decision::form::{Form, normal_dns, normal_email};
use crate::finding::{Code, Reason};
use crate::x509::usage::Usage;

/// Why the common name may not stand beside these usages and names, if it may not.
#[must_use]
pub fn judge(asked: &Asked<'_>) -> Option<Reason> {
    let serves = |usage: &Usage| matches!(usage, Usage::ServerAuth | Usage::Any);
    if !asked.usages.iter().any(serves) {
        return None;
    }
    let common_name = asked.subject.common_name()?;
    let form = asked.values.form.as_ref();
    let form = form.filter(|form| form.must_be_in())?;
    (!is_in(form, asked)).then(|| not_in_san(common_name))
}

/// Whether a subject alternative name of the request says the same.
fn is_in(form: &Form, asked: &Asked<'_>) -> bool {
    let sans = asked.sans;
    match form {
        Form::Dns(name) => sans.dns_names.iter().any(|san| normal_dns(san) == *name),
        Form::Ip(address) => sans.ip_addresses.contains(address),
        Form::Email(address) => sans
            .email_addresses
            .iter()
            .any(|san| normal_email(san) == *address),
        Form::Uri(uri) => sans.uris.contains(uri),
    }
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
