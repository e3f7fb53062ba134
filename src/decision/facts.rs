//! What the rules of policies see of a request: the values of all variables.
//!
//! In come the request, its requester, its signer and the candidate; out come [`Facts`] with every variable of the table.
//! Names stand in their normal forms under `cert` and as they were asked for under `csr`.

use crate::control::identity::Identity;
use crate::control::profile::Profile;
use crate::control::signer::Signer;
use crate::decision::candidate::Candidate;
use crate::decision::form::{normal_dns, normal_email};
use crate::expression::facts::{Fact, Facts, NAMES, SUBJECTS};
use crate::names::ObjectName;
use crate::request::Request;
use crate::timestamp::{Lifetime, Timestamp};
use crate::x509::key::KeyKind;
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::{Attribute, Subject};

// The only exponent that structure lets through.
const RSA_EXPONENT: i64 = 65_537;
const LISTED: [Attribute; 7] = [
    Attribute::Organization,
    Attribute::OrganizationalUnit,
    Attribute::Country,
    Attribute::Locality,
    Attribute::Province,
    Attribute::StreetAddress,
    Attribute::PostalCode,
];

/// The values of all variables.
#[must_use]
pub fn facts(
    request: &Request,
    requester: &Identity,
    signer: &Signer,
    candidate: &Candidate,
    now: Timestamp,
) -> Facts {
    let mut facts = Facts::default();
    facts.set("now", Fact::Time(now));
    of_request(&mut facts, request);
    of_key(&mut facts, request);
    let usages = request.usages.iter().map(|usage| usage.as_str().to_owned());
    facts.set("cert.usages", Fact::Texts(usages.collect()));
    facts.set("cert.notBefore", Fact::Time(candidate.not_before));
    facts.set("cert.notAfter", Fact::Time(candidate.not_after));
    facts.set("cert.duration", Fact::Span(candidate.lifetime));
    for paths in SUBJECTS {
        of_subject(&mut facts, paths, &request.csr.subject);
    }
    let sans = &request.csr.sans;
    of_names(&mut facts, NAMES[0], sans, (str::to_owned, str::to_owned));
    of_names(&mut facts, NAMES[1], sans, (normal_dns, normal_email));
    of_requester(&mut facts, requester);
    let profile = signer.profile.map_or("", Profile::as_str);
    facts.set("signer.name", text(signer.name.as_str()));
    facts.set("signer.signerName", text(signer.signer_name.as_str()));
    facts.set("signer.profile", text(profile));
    facts.set("signer.notAfter", Fact::Time(signer.authority.not_after()));
    facts
}

fn text(value: &str) -> Fact {
    Fact::Text(value.to_owned())
}

fn of_request(facts: &mut Facts, request: &Request) {
    let usages = request.usages.iter().map(|usage| usage.as_str().to_owned());
    let dirs = request.name.dirs().into_iter().map(str::to_owned);
    let asked = request.expiration.map_or(0, Lifetime::seconds);
    facts.set("request.name", text(request.name.name()));
    facts.set("request.path", text(request.name.as_str()));
    facts.set("request.signerName", text(request.signer_name.as_str()));
    facts.set("request.dirs", Fact::Texts(dirs.collect()));
    facts.set("request.usages", Fact::Texts(usages.collect()));
    facts.set("request.labels", Fact::Labels(request.labels.clone()));
    let asked = i64::try_from(asked).unwrap_or(i64::MAX);
    facts.set("request.expirationSeconds", Fact::Number(asked));
}

fn of_key(facts: &mut Facts, request: &Request) {
    let kind = request.csr.key.kind();
    let curve = kind.curve().map(|curve| curve.to_string());
    let exponent = if matches!(kind, KeyKind::Rsa { .. }) {
        RSA_EXPONENT
    } else {
        0
    };
    facts.set("csr.key.algorithm", text(kind.algorithm()));
    facts.set("csr.key.curve", Fact::Text(curve.unwrap_or_default()));
    facts.set(
        "csr.key.spkiSHA256",
        Fact::Text(request.csr.key.digest().to_string()),
    );
    facts.set(
        "csr.key.bits",
        Fact::Number(kind.bits().map_or(0, i64::from)),
    );
    facts.set("csr.key.exponent", Fact::Number(exponent));
    facts.set(
        "csr.signatureAlgorithm",
        text(request.csr.signature_algorithm),
    );
}

fn of_subject(facts: &mut Facts, paths: [&'static str; 9], subject: &Subject) {
    let [common_name, serial, lists @ ..] = paths;
    let single = |attribute| text(subject.values(attribute).next().unwrap_or_default());
    facts.set(common_name, single(Attribute::CommonName));
    facts.set(serial, single(Attribute::SerialNumber));
    for (path, attribute) in lists.into_iter().zip(LISTED) {
        let values = subject.values(attribute).map(str::to_owned);
        facts.set(path, Fact::Texts(values.collect()));
    }
}

/// How DNS names and e-mail addresses are spelt.
type Spelling = (fn(&str) -> String, fn(&str) -> String);

fn of_names(
    facts: &mut Facts,
    paths: [&'static str; 4],
    sans: &SubjectAltNames,
    spelling: Spelling,
) {
    let (dns, email) = spelling;
    let dns_names = sans.dns_names.iter().map(|name| dns(name));
    let addresses = sans.ip_addresses.iter().map(ToString::to_string);
    let emails = sans.email_addresses.iter().map(|address| email(address));
    facts.set(paths[0], Fact::Texts(dns_names.collect()));
    facts.set(paths[1], Fact::Texts(addresses.collect()));
    facts.set(paths[2], Fact::Texts(sans.uris.clone()));
    facts.set(paths[3], Fact::Texts(emails.collect()));
}

fn of_requester(facts: &mut Facts, requester: &Identity) {
    let name = requester.principal.as_ref().map(ObjectName::as_str);
    let groups = requester
        .groups
        .iter()
        .map(|group| group.as_str().to_owned());
    facts.set("requester.name", text(name.unwrap_or_default()));
    facts.set("requester.email", text(&requester.email));
    facts.set("requester.groups", Fact::Texts(groups.collect()));
    facts.set("requester.verified", Fact::Truth(requester.verified));
}
