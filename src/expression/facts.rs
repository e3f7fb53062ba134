//! The variables of rules: what a request, its certificate, its requester and its signer are to CEL.
//!
//! The judge fills in a [`Facts`]; every field always exists, absent text being `""`, an absent list `[]`, an absent number
//! 0. What the requester claims in `spec.username`, annotations or `status` is not there on purpose.

use std::collections::BTreeMap;

use crate::expression::shape::Shape;
use crate::timestamp::{Lifetime, Timestamp};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// True or false.
    Truth(bool),
    /// A list of texts.
    Texts(Vec<String>),
    /// Labels.
    Labels(BTreeMap<String, String>),
    /// A point in time.
    Time(Timestamp),
    /// A duration.
    Span(Lifetime),
}

/// The values of all variables by their paths, such as `cert.subject.commonName`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(pub(super) BTreeMap<&'static str, Fact>);

// The most that structure lets through: policy limits may be lower.
const NAME: Shape = Shape::Text(255);
const SHORT: Shape = Shape::Text(64);
const PATH: Shape = Shape::Text(1960);
const SIGNER: Shape = Shape::Text(571);
const SANS: u64 = 250;
const ATTRIBUTE_VALUES: u64 = 32;
const USAGES: u64 = 23;
const GROUPS: u64 = 64;
const DIRECTORIES: u64 = 7;

/// A variable: its path, how large it may be, and a value to try rules on.
type Variable = (&'static str, Shape, Fact);

/// Every variable.
pub(super) fn variables() -> Vec<Variable> {
    let mut all = single();
    all.extend(SUBJECTS.into_iter().flat_map(subject));
    all.extend(NAMES.into_iter().flat_map(names));
    all
}

fn text(value: &str) -> Fact {
    Fact::Text(value.to_owned())
}

fn texts(value: &str) -> Fact {
    Fact::Texts(vec![value.to_owned()])
}

fn list(items: u64, octets: u64) -> Shape {
    Shape::List(items, Box::new(Shape::Text(octets)))
}

/// Those of which there is one.
fn single() -> Vec<Variable> {
    let time = Timestamp::from_unix(1_893_456_000).expect("the year 2030 is a time");
    let labels = BTreeMap::from([("team".to_owned(), "shop".to_owned())]);
    vec![
        ("now", Shape::Small, Fact::Time(time)),
        ("request.name", NAME, text("web")),
        ("request.path", PATH, text("shop/web")),
        ("request.signerName", SIGNER, text("example.com/tls")),
        ("request.dirs", list(DIRECTORIES, 255), texts("shop")),
        ("request.usages", list(USAGES, 32), texts("server auth")),
        ("request.labels", Shape::Labels, Fact::Labels(labels)),
        (
            "request.expirationSeconds",
            Shape::Small,
            Fact::Number(3600),
        ),
        ("csr.key.algorithm", SHORT, text("ECDSA")),
        ("csr.key.curve", SHORT, text("P-256")),
        ("csr.key.spkiSHA256", SHORT, text(&"0".repeat(64))),
        ("csr.key.bits", Shape::Small, Fact::Number(256)),
        ("csr.key.exponent", Shape::Small, Fact::Number(0)),
        ("csr.signatureAlgorithm", SHORT, text("ecdsa-with-SHA256")),
        ("cert.usages", list(USAGES, 32), texts("server auth")),
        ("cert.notBefore", Shape::Small, Fact::Time(time)),
        ("cert.notAfter", Shape::Small, Fact::Time(time)),
        (
            "cert.duration",
            Shape::Small,
            Fact::Span(Lifetime::from_seconds(3600)),
        ),
        ("requester.name", NAME, text("jane")),
        (
            "requester.email",
            Shape::Text(320),
            text("jane@example.com"),
        ),
        ("requester.groups", list(GROUPS, 255), texts("dev")),
        ("requester.verified", Shape::Small, Fact::Truth(true)),
        ("signer.name", NAME, text("tls")),
        ("signer.signerName", SIGNER, text("example.com/tls")),
        ("signer.profile", SIGNER, text("")),
        ("signer.notAfter", Shape::Small, Fact::Time(time)),
    ]
}

/// Those of a subject: two that have one value, then the lists.
fn subject([common_name, serial, lists @ ..]: [&'static str; 9]) -> Vec<Variable> {
    let mut all = vec![(common_name, NAME, text("web")), (serial, NAME, text("1"))];
    let lists = lists.into_iter();
    all.extend(lists.map(|path| (path, list(ATTRIBUTE_VALUES, 1020), texts("x"))));
    all
}

fn names([dns, ips, uris, emails]: [&'static str; 4]) -> [Variable; 4] {
    [
        (dns, list(SANS, 253), texts("a.example.com")),
        (ips, list(SANS, 39), texts("10.0.0.1")),
        (uris, list(SANS, 2048), texts("https://a.example.com/b")),
        (emails, list(SANS, 320), texts("a@example.com")),
    ]
}

/// The subject attributes of the CSR and of the certificate: common name and serial number, then the lists.
pub const SUBJECTS: [[&str; 9]; 2] = [
    [
        "csr.subject.commonName",
        "csr.subject.serialNumber",
        "csr.subject.organizations",
        "csr.subject.organizationalUnits",
        "csr.subject.countries",
        "csr.subject.localities",
        "csr.subject.provinces",
        "csr.subject.streetAddresses",
        "csr.subject.postalCodes",
    ],
    [
        "cert.subject.commonName",
        "cert.subject.serialNumber",
        "cert.subject.organizations",
        "cert.subject.organizationalUnits",
        "cert.subject.countries",
        "cert.subject.localities",
        "cert.subject.provinces",
        "cert.subject.streetAddresses",
        "cert.subject.postalCodes",
    ],
];

/// The names of the CSR and of the certificate: DNS names, IP addresses, URIs, e-mail addresses.
pub const NAMES: [[&str; 4]; 2] = [
    [
        "csr.dnsNames",
        "csr.ipAddresses",
        "csr.uris",
        "csr.emailAddresses",
    ],
    [
        "cert.dnsNames",
        "cert.ipAddresses",
        "cert.uris",
        "cert.emailAddresses",
    ],
];

impl Facts {
    /// Sets a variable of the table.
    pub fn set(&mut self, path: &'static str, fact: Fact) {
        self.0.insert(path, fact);
    }

    /// One value for every variable.
    pub(super) fn sample() -> Self {
        Self(
            variables()
                .into_iter()
                .map(|(path, _, fact)| (path, fact))
                .collect(),
        )
    }

    /// The variables of the table that have no value.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let all = variables().into_iter().map(|(path, ..)| path);
        all.filter(|path| !self.0.contains_key(path)).collect()
    }
}
