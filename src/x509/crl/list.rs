//! What a revocation list says, in the words of RFC 5280.
//!
//! A model without octets: entries are sorted by serial number, each once, and a reason is one of those that a CA
//! without servers can give. What is not here, such as a delta or an indirect list, can't be said.

use std::collections::BTreeMap;
use std::fmt;

use der::Enumerated;

use crate::names::SerialNumber;
use crate::timestamp::Timestamp;

/// Why a certificate was revoked (RFC 5280 5.3.1), as far as a CA without servers can say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Enumerated)]
#[expect(missing_docs, reason = "the words and numbers of RFC 5280")]
#[repr(u8)]
pub enum ReasonCode {
    Unspecified = 0,
    KeyCompromise = 1,
    AffiliationChanged = 3,
    Superseded = 4,
    CessationOfOperation = 5,
    PrivilegeWithdrawn = 9,
}

impl ReasonCode {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::PrivilegeWithdrawn,
    ];

    /// The word of RFC 5280.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
        }
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedCertificate {
    /// When the first list was made that has it.
    pub revocation_date: Timestamp,
    /// Why.
    pub reason: ReasonCode,
}

/// What a list says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationList {
    /// Each list of a CA has a greater one than the list before (RFC 5280 5.2.3).
    pub number: u64,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one is there at the latest.
    pub next_update: Timestamp,
    /// The certificates that are revoked.
    pub entries: BTreeMap<SerialNumber, RevokedCertificate>,
}
