//! The values that a request asks for, each in the normal form of its kind, looked at once for all policies.
//!
//! In come the subject and the names of a CSR; out come [`Values`]. Patterns see the normal form (RFC 4343 for domains);
//! what is certified keeps the letters that were asked for. What costs to find out, such as whether a name looks
//! reserved, is found out here and not policy by policy.

use std::borrow::Cow;

use crate::decision::form::{Form, normal_dns, normal_email};
use crate::decision::reserved::Reserved;
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::{Attribute, Subject};

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    Name(&'static str),
    Attribute(Attribute),
}

/// One value that a request asks for.
#[derive(Clone, Debug)]
pub struct Value<'v> {
    spot: Spot,
    index: usize,
    /// As it was asked for.
    pub text: &'v str,
    /// As patterns see it.
    pub normal: Cow<'v, str>,
    /// The reserved identity that it is or looks like.
    pub reserved: Option<Reserved>,
}

impl Value<'_> {
    /// Where it stands, such as `csr.dnsNames[0]`.
    #[must_use]
    pub fn field(&self) -> String {
        match self.spot {
            Spot::Name(kind) => format!("{kind}[{}]", self.index),
            Spot::Attribute(attribute) if attribute.is_single() => {
                format!("csr.subject.{attribute}")
            }
            Spot::Attribute(attribute) => format!("csr.subject.{attribute}[{}]", self.index),
        }
    }

    /// The field of all values of its kind.
    #[must_use]
    pub fn kind(&self) -> String {
        match self.spot {
            Spot::Name(kind) => kind.to_owned(),
            Spot::Attribute(attribute) => format!("csr.subject.{attribute}"),
        }
    }
}

impl Value<'_> {
    /// The field of an approval policy that is about values of its kind.
    #[must_use]
    pub fn rule(&self) -> String {
        rule_of(&self.kind())
    }
}

/// The field of an approval policy that is about these values: `spec.allowed.dnsNames` for `csr.dnsNames`.
pub(super) fn rule_of(kind: &str) -> String {
    format!("spec.allowed.{}", kind.trim_start_matches("csr."))
}

/// All names and subject attributes of a request; addresses need no normal form.
#[derive(Clone, Debug, Default)]
pub struct Values<'v> {
    /// DNS names.
    pub dns_names: Vec<Value<'v>>,
    /// URIs.
    pub uris: Vec<Value<'v>>,
    /// E-mail addresses.
    pub email_addresses: Vec<Value<'v>>,
    /// The subject, in the order of [`Attribute::ALL`].
    pub subject: Vec<(Attribute, Vec<Value<'v>>)>,
    /// The kind of name that the common name looks like.
    pub form: Option<Form>,
}

impl<'v> Values<'v> {
    /// What this subject and these names ask for.
    #[must_use]
    pub fn of(subject: &'v Subject, sans: &'v SubjectAltNames) -> Self {
        Self {
            dns_names: names("csr.dnsNames", &sans.dns_names, dns),
            uris: names("csr.uris", &sans.uris, Cow::Borrowed),
            email_addresses: names("csr.emailAddresses", &sans.email_addresses, email),
            subject: Attribute::ALL
                .map(|attribute| (attribute, attributes(attribute, subject)))
                .into(),
            form: subject.common_name().and_then(Form::of),
        }
    }
}

fn names<'v>(
    kind: &'static str,
    names: &'v [String],
    normal: fn(&'v str) -> Cow<'v, str>,
) -> Vec<Value<'v>> {
    let value = |(index, text): (usize, &'v String)| Value {
        spot: Spot::Name(kind),
        index,
        text,
        normal: normal(text),
        reserved: None,
    };
    names.iter().enumerate().map(value).collect()
}

fn attributes(attribute: Attribute, subject: &Subject) -> Vec<Value<'_>> {
    let values = subject.values(attribute).enumerate();
    let value = |(index, text)| Value {
        spot: Spot::Attribute(attribute),
        index,
        text,
        normal: Cow::Borrowed(text),
        reserved: Reserved::of(attribute, text),
    };
    values.map(value).collect()
}

fn dns(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(normal_dns(name))
    } else {
        Cow::Borrowed(name)
    }
}

fn email(address: &str) -> Cow<'_, str> {
    if address.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(normal_email(address))
    } else {
        Cow::Borrowed(address)
    }
}
