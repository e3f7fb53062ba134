//! The common name where it has the form of another kind of name: a host, an address, a mailbox or a URI.
//!
//! In comes a common name that has a [`Form`]; out comes why it may not stand there. Clients of old take such a name for
//! the server's, so with `server auth` it must also be a subject alternative name, and a pattern that denies the name
//! denies it here too. No name is ever made from it.

use crate::decision::asked::Asked;
use crate::decision::form::{Form, normal_dns, normal_email};
use crate::finding::{Code, Reason};
use crate::x509::san::SubjectAltNames;
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
    (!is_in(form, common_name, asked.sans)).then(|| not_in_san(common_name))
}

/// Whether a subject alternative name says the same, in the same spelling.
fn is_in(form: &Form, common_name: &str, sans: &SubjectAltNames) -> bool {
    let text = form.text(common_name);
    match form {
        Form::Dns(_) => sans.dns_names.iter().any(|san| normal_dns(san) == text),
        Form::Ip(_) => sans.ip_addresses.iter().any(|san| san.to_string() == text),
        Form::Email(_) => sans
            .email_addresses
            .iter()
            .any(|san| normal_email(san) == text),
        Form::Uri(_) => sans.uris.contains(&text),
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

    #[test]
    fn a_server_name_is_written_as_the_subject_alternative_name() {
        for (common_name, is_one) in [
            ("shop.example.com", true),
            ("shop.example.com.", false),
            ("10.0.0.1", true),
            ("::ffff:10.0.0.1", false),
            ("::1", true),
            ("0:0:0:0:0:0:0:1", false),
            ("jane@EXAMPLE.com", true),
            ("jane@example.com.", false),
            ("x://a", true),
        ] {
            let sample = Sample::new()
                .subject(Attribute::CommonName, common_name)
                .usage("server auth")
                .dns(&["shop.example.com"])
                .ip("10.0.0.1")
                .ip("::1")
                .email("jane@example.com")
                .uri("x://a");
            let refused = judge(&sample.asked()).is_some();
            assert_eq!(refused, !is_one, "{common_name}");
        }
    }
}
