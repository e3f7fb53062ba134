//! The subject of a request or certificate: the nine attributes that Kubernetes keeps, as text.
//!
//! In come values that were checked one by one; out goes the model that policies judge and certificates are built
//! from. The order of attributes here is the order of RDNs that Go's `crypto/x509/pkix` writes.

use std::fmt;

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

    /// Whether a subject holds at most one value of it.
    #[must_use]
    pub fn is_single(self) -> bool {
        matches!(self, Self::CommonName | Self::SerialNumber)
    }
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
