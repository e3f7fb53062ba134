//! What the to-be-signed octets really say, read by code that the builder does not share.
//!
//! In come the octets and the contents they were built from; out come all differences, each a sentence. Nothing is
//! signed while there is one. They have to be DER, which is looked at first; then read with x509-parser. The rules are
//! RFC 5280 4.1 and 4.2 and the profile of kube-controller-manager: which extensions, in which order, which of them
//! critical, and no value of a third origin.

mod encoding;
mod shape;

use std::net::IpAddr;

use x509_parser::certificate::TbsCertificate;
use x509_parser::extensions::{
    CRLDistributionPoint, CRLDistributionPoints, DistributionPointName, GeneralName,
    ParsedExtension, PolicyInformation, X509Extension,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::{X509Name, X509Version};

use crate::x509::additions::Additions;
use crate::x509::certificate::Contents;
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::{Attribute, Subject};
use crate::x509::usage::Meaning;

const KEY_USAGE: &str = "2.5.29.15";
const SUBJECT_ALT_NAME: &str = "2.5.29.17";
const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
const CERTIFICATE_POLICIES: &str = "2.5.29.32";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";

/// Compares the octets with what they should say.
#[must_use]
pub fn differences(tbs: &[u8], contents: &Contents) -> Vec<String> {
    if let Some(problem) = encoding::fault(tbs) {
        return vec![format!("is not DER: {problem}")];
    }
    if !shape::is_certificate(tbs) {
        return vec!["a value has a tag that no certificate has there".into()];
    }
    let algorithm = encoding::parts(tbs).get(encoding::SIGNATURE).copied();
    if algorithm != Some(encoding::signature_of(contents.issuer_key)) {
        return vec!["signature algorithm is not that of the CA's key".into()];
    }
    match TbsCertificate::from_der(tbs) {
        Ok(([], parsed)) => compare(&parsed, contents),
        Ok(_) => vec!["octets follow the certificate".into()],
        Err(error) => vec![format!("can't be read back: {error}")],
    }
}

fn compare(parsed: &TbsCertificate<'_>, contents: &Contents) -> Vec<String> {
    let mut differences = compare_fields(parsed, contents);
    differences.extend(compare_subject(parsed.subject(), &contents.subject));
    differences.extend(compare_extensions(parsed, contents));
    differences
}

/// The fields that have one value each.
fn compare_fields(parsed: &TbsCertificate<'_>, contents: &Contents) -> Vec<String> {
    let validity = parsed.validity();
    let checks = [
        (parsed.version() == X509Version::V3, "version is not 3"),
        (is_serial(parsed, contents), "serial number differs"),
        (
            parsed.raw_serial().len() <= 20,
            "serial number has more than 20 octets",
        ),
        (
            parsed.issuer().as_raw() == contents.issuer,
            "issuer differs from the CA's subject",
        ),
        (
            validity.not_before.timestamp() == contents.not_before.unix(),
            "notBefore differs",
        ),
        (
            validity.not_after.timestamp() == contents.not_after.unix(),
            "notAfter differs",
        ),
        (
            contents.not_before < contents.not_after,
            "the validity is empty",
        ),
        (
            parsed.subject_pki.raw == contents.spki,
            "public key differs",
        ),
        (
            parsed.issuer_uid.is_none() && parsed.subject_uid.is_none(),
            "it has unique identifiers",
        ),
    ];
    let wrong = checks.iter().filter(|(holds, _)| !holds);
    wrong.map(|(_, problem)| (*problem).to_owned()).collect()
}

/// The number alone: DER drops zeros at its front, and puts one where it would be negative.
fn is_serial(parsed: &TbsCertificate<'_>, contents: &Contents) -> bool {
    let (octets, parsed) = (contents.serial.octets(), parsed.raw_serial());
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets[zeros..] == *parsed.strip_prefix(&[0]).unwrap_or(parsed)
}

/// One RDN for each attribute type in Go's order; the same values, whatever order DER gives them inside their RDN.
fn compare_subject(parsed: &X509Name<'_>, subject: &Subject) -> Option<String> {
    let mut found = Vec::new();
    for rdn in parsed.iter_rdn() {
        let mut values = Vec::new();
        for attribute in rdn.iter() {
            let Ok(text) = attribute.as_str() else {
                return Some("a subject value is no text".into());
            };
            values.push((attribute.attr_type().to_id_string(), text.to_owned()));
        }
        values.sort();
        found.push(values);
    }
    let mut wanted = Vec::new();
    for attribute in Attribute::ALL {
        let oid = format!("2.5.4.{}", attribute.arc());
        let mut values: Vec<_> = subject
            .values(attribute)
            .filter(|value| !value.is_empty())
            .map(|value| (oid.clone(), value.to_owned()))
            .collect();
        values.sort();
        wanted.push(values);
    }
    wanted.retain(|values| !values.is_empty());
    (found != wanted).then(|| "subject differs".to_owned())
}

fn compare_extensions(parsed: &TbsCertificate<'_>, contents: &Contents) -> Vec<String> {
    let found: Vec<(String, bool)> = parsed
        .extensions()
        .iter()
        .map(|extension| (extension.oid.to_id_string(), extension.critical))
        .collect();
    let wanted = wanted_extensions(parsed, contents);
    if found != wanted {
        return vec![format!(
            "extensions differ: {found:?} instead of {wanted:?}"
        )];
    }
    parsed
        .extensions()
        .iter()
        .filter_map(|extension| compare_extension(extension, contents))
        .collect()
}

/// Object identifier and criticality, in the order of Go, which is kube-controller-manager's.
fn wanted_extensions(parsed: &TbsCertificate<'_>, contents: &Contents) -> Vec<(String, bool)> {
    let is_key_usage = |meaning: &Meaning| matches!(meaning, Meaning::KeyUsage(_));
    let meanings: Vec<Meaning> = contents
        .usages
        .iter()
        .map(|usage| usage.meaning())
        .collect();
    let self_named = parsed.subject().as_raw() == contents.issuer;
    let rows = [
        (meanings.iter().any(is_key_usage), KEY_USAGE, true),
        (
            !meanings.iter().all(is_key_usage),
            EXTENDED_KEY_USAGE,
            false,
        ),
        (true, BASIC_CONSTRAINTS, true),
        (
            contents.additions.subject_key_id.is_some(),
            SUBJECT_KEY_IDENTIFIER,
            false,
        ),
        (
            contents.authority_key_id.is_some() && !self_named,
            AUTHORITY_KEY_IDENTIFIER,
            false,
        ),
        (
            !contents.sans.is_empty(),
            SUBJECT_ALT_NAME,
            contents.subject.is_empty(),
        ),
        (
            !contents.additions.policies.is_empty(),
            CERTIFICATE_POLICIES,
            false,
        ),
        (
            !contents.additions.distribution_points.is_empty(),
            CRL_DISTRIBUTION_POINTS,
            false,
        ),
    ];
    let present = rows.iter().filter(|(present, ..)| *present);
    present
        .map(|(_, oid, critical)| ((*oid).to_owned(), *critical))
        .collect()
}

fn compare_extension(extension: &X509Extension<'_>, contents: &Contents) -> Option<String> {
    let (holds, name) = match extension.parsed_extension() {
        ParsedExtension::KeyUsage(usage) => (usage.flags == wanted_bits(contents), "keyUsage"),
        ParsedExtension::ExtendedKeyUsage(_) => {
            // The purposes are compared as octets: their order counts, and x509-parser sorts them into flags.
            (
                oids_of(extension.value) == Some(wanted_purposes(contents)),
                "extKeyUsage",
            )
        }
        ParsedExtension::BasicConstraints(constraints) => (
            !constraints.ca && constraints.path_len_constraint.is_none(),
            "basicConstraints",
        ),
        ParsedExtension::AuthorityKeyIdentifier(identifier) => {
            let found = identifier
                .key_identifier
                .as_ref()
                .map(|identifier| identifier.0.to_vec());
            let alone = identifier.authority_cert_issuer.is_none()
                && identifier.authority_cert_serial.is_none();
            (
                found == contents.authority_key_id && alone,
                "authorityKeyIdentifier",
            )
        }
        ParsedExtension::SubjectAlternativeName(names) => (
            read_names(&names.general_names).as_ref() == Some(&contents.sans),
            "subjectAltName",
        ),
        ParsedExtension::SubjectKeyIdentifier(identifier) => (
            Some(identifier.0) == contents.additions.subject_key_id.as_deref(),
            "subjectKeyIdentifier",
        ),
        ParsedExtension::CertificatePolicies(policies) => (
            holds_policies(policies, &contents.additions),
            "certificatePolicies",
        ),
        ParsedExtension::CRLDistributionPoints(points) => (
            holds_points(points, &contents.additions),
            "cRLDistributionPoints",
        ),
        _ => (false, "an extension"),
    };
    (!holds).then(|| format!("{name} differs"))
}

fn holds_policies(policies: &[PolicyInformation<'_>], additions: &Additions) -> bool {
    let wanted = additions.policies.iter().map(ToString::to_string);
    policies
        .iter()
        .map(|policy| policy.policy_id.to_id_string())
        .eq(wanted)
        && policies
            .iter()
            .all(|policy| policy.policy_qualifiers.is_none())
}

/// One point for each URL, with nothing but its name.
fn holds_points(points: &CRLDistributionPoints<'_>, additions: &Additions) -> bool {
    let url = |point: &CRLDistributionPoint<'_>| match &point.distribution_point {
        Some(DistributionPointName::FullName(names))
            if point.reasons.is_none() && point.crl_issuer.is_none() =>
        {
            match names.as_slice() {
                [GeneralName::URI(url)] => Some((*url).to_owned()),
                _ => None,
            }
        }
        _ => None,
    };
    let found = points.points.iter().map(url);
    found.eq(additions.distribution_points.iter().cloned().map(Some))
}

fn wanted_bits(contents: &Contents) -> u16 {
    contents
        .usages
        .iter()
        .fold(0, |bits, usage| match usage.meaning() {
            Meaning::KeyUsage(bit) => bits | 1 << bit,
            Meaning::ExtendedKeyUsage { .. } => bits,
        })
}

fn wanted_purposes(contents: &Contents) -> Vec<Vec<u8>> {
    let mut ranked: Vec<(u8, Vec<u8>)> = contents
        .usages
        .iter()
        .filter_map(|usage| match usage.meaning() {
            Meaning::ExtendedKeyUsage { rank, oid } => Some((rank, oid.as_bytes().to_vec())),
            Meaning::KeyUsage(_) => None,
        })
        .collect();
    ranked.sort();
    ranked.dedup();
    ranked.into_iter().map(|(_, oid)| oid).collect()
}

/// The contents of the OBJECT IDENTIFIERs of a short SEQUENCE OF; `None` for anything else.
fn oids_of(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    let [0x30, length, rest @ ..] = der else {
        return None;
    };
    let mut rest = rest;
    if usize::from(*length) != rest.len() || *length >= 0x80 {
        return None;
    }
    let mut oids = Vec::new();
    while let [0x06, length, after @ ..] = rest {
        let (oid, after) = after.split_at_checked(usize::from(*length))?;
        oids.push(oid.to_vec());
        rest = after;
    }
    rest.is_empty().then_some(oids)
}

/// The names kind by kind; `None` when a kind comes out of Go's order or is none of the four.
fn read_names(names: &[GeneralName<'_>]) -> Option<SubjectAltNames> {
    let mut sans = SubjectAltNames::default();
    let mut last = 0;
    for name in names {
        let rank = match name {
            GeneralName::DNSName(name) => {
                sans.dns_names.push((*name).to_owned());
                0
            }
            GeneralName::RFC822Name(name) => {
                sans.email_addresses.push((*name).to_owned());
                1
            }
            GeneralName::IPAddress(octets) => {
                sans.ip_addresses.push(read_ip(octets)?);
                2
            }
            GeneralName::URI(name) => {
                sans.uris.push((*name).to_owned());
                3
            }
            _ => return None,
        };
        if rank < last {
            return None;
        }
        last = rank;
    }
    Some(sans)
}

fn read_ip(octets: &[u8]) -> Option<IpAddr> {
    match octets.len() {
        4 => <[u8; 4]>::try_from(octets).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(octets).ok().map(IpAddr::from),
        _ => None,
    }
}
