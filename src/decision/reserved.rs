//! Identities that Kubernetes gives a meaning: `system:`, `kubeadm:` and the two kubeadm administrators.
//!
//! In comes a common name or an organization; out comes the reserved prefix or name that it is, or looks like (UTS 39
//! skeletons, Unicode case folding). Only an entry whose own text begins with that prefix, or is that name, admits it:
//! no star, regular expression or placeholder ever reaches it.

use unicode_security::skeleton;

use crate::control::entry::Entry;
use crate::control::fold::fold;
use crate::control::profile::Profile;
use crate::x509::subject::Attribute;

const PREFIXES: [&str; 2] = ["system:", "kubeadm:"];
// The largest `limits.nameLength`: what is longer is refused anyway, and one character may look like eighteen.
const LOOKED_AT: usize = 255;
const NAMES: [&str; 2] = ["kubernetes-admin", "kubernetes-super-admin"];

/// What a reserved identity is or looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// It begins with this.
    Prefix(&'static str),
    /// It is this.
    Name(&'static str),
}

impl Reserved {
    /// The reserved identity that this value of a subject is or looks like.
    #[must_use]
    pub fn of(attribute: Attribute, value: &str) -> Option<Self> {
        if !matches!(attribute, Attribute::CommonName | Attribute::Organization) {
            return None;
        }
        let looks = looks(value);
        let begins = |prefix: &&str| {
            let shape: String = skeleton(prefix).collect();
            looks.iter().any(|look| look.starts_with(&shape))
        };
        let is = |name: &&str| {
            let shape: String = skeleton(name).collect();
            looks.contains(&shape)
        };
        let prefix = PREFIXES.into_iter().find(begins).map(Self::Prefix);
        if attribute != Attribute::CommonName {
            return prefix;
        }
        prefix.or_else(|| NAMES.into_iter().find(is).map(Self::Name))
    }

    /// Whether the entry spells it out.
    #[must_use]
    pub fn is_spelt_by(self, entry: &Entry) -> bool {
        match self {
            Self::Prefix(prefix) => entry.begins_with(prefix),
            Self::Name(name) => entry.is_exactly(name),
        }
    }

    /// The prefix or name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prefix(text) | Self::Name(text) => text,
        }
    }
}

/// Whether a star behind this text would stand for reserved identities, which it never does.
#[must_use]
pub fn could_be_reserved(attribute: Attribute, beginning: &str) -> bool {
    let within = |reserved: &&str| reserved.starts_with(beginning) && *reserved != beginning;
    match attribute {
        Attribute::CommonName => PREFIXES.iter().chain(&NAMES).any(&within),
        Attribute::Organization => PREFIXES.iter().any(within),
        _ => false,
    }
}

/// Whether the rules of a kubelet's signer themselves ask for this very value.
#[must_use]
pub fn is_demanded(profile: Option<Profile>, attribute: Attribute, value: &str) -> bool {
    let kubelet = profile.is_some_and(Profile::is_kubelet);
    kubelet
        && match attribute {
            Attribute::Organization => value == "system:nodes",
            Attribute::CommonName => value.starts_with("system:node:"),
            _ => false,
        }
}

/// The skeletons of the value: folded before, and folded between, since each order misses some capital letters; and with the
/// letters of ASCII folded before all others, whose capital I looks like another letter than the small one.
fn looks(value: &str) -> [String; 3] {
    let value: String = value.chars().take(LOOKED_AT).collect();
    let between = |value: &str| {
        let shape: String = skeleton(value).collect();
        skeleton(&fold(&shape)).collect()
    };
    [
        skeleton(&fold(&value)).collect(),
        between(&value),
        between(&value.to_ascii_lowercase()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_reserved_is_reserved() {
        for (value, reserved) in [
            ("system:masters", true),
            ("System:Masters", true),
            ("SYSTEM:", true),
            ("\u{455}ystem:masters", true),
            ("\u{405}YSTEM:masters", true),
            ("SYSTE\u{39c}:masters", true),
            ("sy\u{17f}tem:masters", true),
            ("\u{ff53}ystem:masters", true),
            ("kubeadm:cluster-admins", true),
            ("kubernetes-admin", true),
            ("kubernetes-adm1n", false),
            ("kubernetes-admıns", false),
            ("Kubernetes-Super-Admin", true),
            ("\u{39a}UBERNETES-ADMIN", true),
            ("KUBERNETES-\u{410}DMIN", true),
            ("systems", false),
            ("my-system:x", false),
            ("jane", false),
        ] {
            let found = Reserved::of(Attribute::CommonName, value);
            assert_eq!(found.is_some(), reserved, "{value}");
        }
    }

    #[test]
    fn administrators_are_users_and_prefixes_are_users_and_groups() {
        for (attribute, value, reserved) in [
            (Attribute::Organization, "kubernetes-admin", false),
            (Attribute::Organization, "system:masters", true),
            (Attribute::OrganizationalUnit, "system:masters", false),
        ] {
            let found = Reserved::of(attribute, value);
            assert_eq!(found.is_some(), reserved, "{attribute} {value}");
        }
    }
}
