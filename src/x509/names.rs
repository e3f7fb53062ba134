//! Names of both kinds as DER: the subject, and the subject alternative names.
//!
//! In come the models; out comes the DER that Go's `crypto/x509` writes for them, which is what
//! kube-controller-manager signs. Requests and certificates share it, so both spell a name alike.

use der::Encode as _;
use der::asn1::{Any, Ia5String, PrintableString, SetOfVec};
use der::oid::ObjectIdentifier;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::{RdnSequence, RelativeDistinguishedName};

use crate::x509::san::SubjectAltNames;
use crate::x509::subject::{Attribute, Subject};

// X.520 6: attribute types are arcs below id-at.
const ID_AT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4");

/// One RDN for each attribute type that has values, in Go's order, its values in one DER-ordered SET.
pub(crate) fn encode_subject(subject: &Subject) -> der::Result<RdnSequence> {
    let mut name = RdnSequence::default();
    for attribute in Attribute::ALL {
        let mut values = SetOfVec::new();
        for value in subject.values(attribute).filter(|value| !value.is_empty()) {
            values.insert(encode_attribute(attribute, value)?)?;
        }
        if !values.is_empty() {
            name.push(RelativeDistinguishedName::from(values));
        }
    }
    Ok(name)
}

fn encode_attribute(attribute: Attribute, value: &str) -> der::Result<AttributeTypeAndValue> {
    // X.680 table 10: what a PrintableString may hold; all else is UTF8String.
    let value = match PrintableString::new(value) {
        Ok(printable) => Any::encode_from(&printable)?,
        Err(_) => Any::encode_from(&value.to_owned())?,
    };
    Ok(AttributeTypeAndValue {
        oid: ID_AT.push_arc(attribute.arc())?,
        value,
    })
}

/// All DNS names, then e-mail addresses, IP addresses and URIs, as Go writes them.
pub(crate) fn encode_sans(sans: &SubjectAltNames) -> der::Result<Vec<u8>> {
    let mut names = Vec::with_capacity(sans.len());
    for name in &sans.dns_names {
        names.push(GeneralName::DnsName(Ia5String::new(name)?));
    }
    for address in &sans.email_addresses {
        names.push(GeneralName::Rfc822Name(Ia5String::new(address)?));
    }
    names.extend(sans.ip_addresses.iter().copied().map(GeneralName::from));
    for uri in &sans.uris {
        names.push(GeneralName::UniformResourceIdentifier(Ia5String::new(uri)?));
    }
    names.to_der()
}
