//! The subject of a request or certificate: the nine attributes that Kubernetes keeps, as text.
//!
//! In come values that were checked one by one; out goes the model that policies judge and certificates are built
//! from. The order of attributes here is the order of RDNs that Go's `crypto/x509/pkix` writes. A value is text that
//! looks like what it is: one normal form, nothing invisible.

use std::fmt;

use der::oid::ObjectIdentifier;
use unicode_normalization::is_nfc;

use crate::finding::{Code, Reason};

// X.520: id-at.
const ID_AT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4");

/// The attributes of a subject that survive in a Kubernetes certificate, in the order of their RDNs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// countryName, 2.5.4.6.
    Country,
    /// stateOrProvinceName, 2.5.4.8.
    Province,
    /// localityName, 2.5.4.7.
    Locality,
    /// streetAddress, 2.5.4.9.
    StreetAddress,
    /// postalCode, 2.5.4.17.
    PostalCode,
    /// organizationName, 2.5.4.10: a Kubernetes group.
    Organization,
    /// organizationalUnitName, 2.5.4.11.
    OrganizationalUnit,
    /// commonName, 2.5.4.3: a Kubernetes user.
    CommonName,
    /// serialNumber, 2.5.4.5: of the subject, not of the certificate.
    SerialNumber,
}

impl Attribute {
    /// All nine, in RDN order.
    pub const ALL: [Self; 9] = [
        Self::Country,
        Self::Province,
        Self::Locality,
        Self::StreetAddress,
        Self::PostalCode,
        Self::Organization,
        Self::OrganizationalUnit,
        Self::CommonName,
        Self::SerialNumber,
    ];

    /// The name in policies, expressions and reports: plural where a subject may hold several.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Country => "countries",
            Self::Province => "provinces",
            Self::Locality => "localities",
            Self::StreetAddress => "streetAddresses",
            Self::PostalCode => "postalCodes",
            Self::Organization => "organizations",
            Self::OrganizationalUnit => "organizationalUnits",
            Self::CommonName => "commonName",
            Self::SerialNumber => "serialNumber",
        }
    }

    /// The last arc of its object identifier below 2.5.4.
    #[must_use]
    pub fn arc(self) -> u32 {
        match self {
            Self::Country => 6,
            Self::Province => 8,
            Self::Locality => 7,
            Self::StreetAddress => 9,
            Self::PostalCode => 17,
            Self::Organization => 10,
            Self::OrganizationalUnit => 11,
            Self::CommonName => 3,
            Self::SerialNumber => 5,
        }
    }

    /// Its object identifier.
    #[must_use]
    pub fn oid(self) -> ObjectIdentifier {
        id_at(self.arc())
    }

    /// The attribute with this object identifier.
    #[must_use]
    pub fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|attribute| attribute.oid() == oid)
    }

    /// Whether a subject holds at most one value of it.
    #[must_use]
    pub fn is_single(self) -> bool {
        matches!(self, Self::CommonName | Self::SerialNumber)
    }
}

fn id_at(arc: u32) -> ObjectIdentifier {
    ID_AT.push_arc(arc).expect("an OID of four arcs fits")
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Attribute values in the order they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    values: Vec<(Attribute, String)>,
}

impl Subject {
    /// Adds a value after those of the same attribute.
    pub fn push(&mut self, attribute: Attribute, value: String) {
        self.values.push((attribute, value));
    }

    /// The values of one attribute, in the order of the request.
    pub fn values(&self, attribute: Attribute) -> impl Iterator<Item = &str> {
        self.values
            .iter()
            .filter(move |(kind, _)| *kind == attribute)
            .map(|(_, value)| value.as_str())
    }

    /// The common name, which is the user in Kubernetes.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.values(Attribute::CommonName).next()
    }

    /// The organizations, which are the groups in Kubernetes.
    #[must_use]
    pub fn organizations(&self) -> Vec<&str> {
        self.values(Attribute::Organization).collect()
    }

    /// Whether it holds no value at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// Says whether a value of a subject reads as what it is: NFC, nothing invisible, only single spaces inside.
///
/// # Errors
/// `MalformedSubjectString`, with the value and without a field.
pub fn check_text(text: &str) -> Result<(), Reason> {
    let fault = if text.is_empty() {
        Some("is empty")
    } else if let Some(fault) = text.chars().find_map(fault_of) {
        Some(fault)
    } else if text.starts_with(' ') || text.ends_with(' ') {
        Some("begins or ends with a space")
    } else if text.contains("  ") {
        Some("has two spaces in a row")
    } else if !is_nfc(text) {
        Some("is not in Unicode normal form C")
    } else {
        None
    };
    fault.map_or(Ok(()), |fault| {
        let message = format!("subject value {fault}");
        Err(Reason::new(Code::MalformedSubjectString, message).value(text))
    })
}

fn fault_of(c: char) -> Option<&'static str> {
    match c {
        ' ' => None,
        c if c.is_control() => Some("holds a control character"),
        // UAX #9 2: the characters that change the direction of others.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("holds a bidirectional control character")
        }
        '\u{ad}' => Some("holds a soft hyphen"),
        c if is_invisible(c) => Some("holds an invisible character"),
        c if c.is_whitespace() => Some("holds an odd space"),
        _ => None,
    }
}

/// UAX #44 `Default_Ignorable_Code_Point`, letters and signs that print as nothing, and noncharacters.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_known_by_its_object_identifier() {
        for attribute in Attribute::ALL {
            assert_eq!(Attribute::from_oid(attribute.oid()), Some(attribute));
        }
        assert_eq!(Attribute::from_oid(ID_AT), None);
    }

    #[test]
    fn ordinary_names_are_legal_text() {
        for text in [
            "jane",
            "system:masters",
            "Jürgen Müller",
            "山田",
            "a@b/c_d*",
            "O'Neil",
            "👩",
        ] {
            assert_eq!(check_text(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn text_that_reads_as_something_else_is_refused() {
        for (text, fault) in [
            ("", "is empty"),
            (" a", "begins or ends with a space"),
            ("a ", "begins or ends with a space"),
            ("a  b", "has two spaces in a row"),
            ("a\u{a0}b", "holds an odd space"),
            ("a\u{2028}b", "holds an odd space"),
            ("a\u{3000}b", "holds an odd space"),
            ("a\u{0}", "holds a control character"),
            ("a\nb", "holds a control character"),
            ("a\u{85}b", "holds a control character"),
            ("a\u{202e}b", "holds a bidirectional control character"),
            ("a\u{200f}b", "holds a bidirectional control character"),
            ("a\u{ad}b", "holds a soft hyphen"),
            ("a\u{200d}b", "holds an invisible character"),
            ("a\u{200b}b", "holds an invisible character"),
            ("a\u{feff}b", "holds an invisible character"),
            ("a\u{ffff}b", "holds an invisible character"),
            ("e\u{301}", "is not in Unicode normal form C"),
            ("\u{212b}", "is not in Unicode normal form C"),
        ] {
            let reason = check_text(text).unwrap_err();
            let wanted = (
                Code::MalformedSubjectString,
                format!("subject value {fault}"),
            );
            assert_eq!((reason.code, reason.message), wanted, "{text:?}");
        }
    }
}
