//! The Principals' keys as the `allowed_signers` file of ssh-keygen(1), so that OpenSSH and git say who signed what.
//!
//! In comes the control zone; out comes one line for each key, sorted. A bot's key is good for commits alone, and a key
//! that is marked as compromised is left out, since OpenSSH has no word for that.

use crate::control::ControlZone;
use crate::control::principal::{Principal, PrincipalKind, SshKey};
use crate::statement::NAMESPACE;
use crate::timestamp::Timestamp;

/// The namespace of git's signatures over commits and tags.
pub const GIT_NAMESPACE: &str = "git";

/// The whole file; empty when nobody has a key.
#[must_use]
pub fn text(zone: &ControlZone) -> String {
    let of = |principal: &'_ Principal| -> Vec<String> {
        let keys = principal.ssh_keys.iter();
        let keys = keys.filter(|key| key.compromised_from.is_none());
        keys.map(|key| line(principal, key)).collect()
    };
    let mut lines: Vec<String> = zone.principals.values().flat_map(of).collect();
    lines.sort();
    lines.concat()
}

fn line(principal: &Principal, key: &SshKey) -> String {
    let namespaces = match principal.kind {
        PrincipalKind::Person => format!("{NAMESPACE},{GIT_NAMESPACE}"),
        PrincipalKind::Bot => GIT_NAMESPACE.to_owned(),
    };
    let mut options = format!("namespaces=\"{namespaces}\"");
    for (name, time) in [
        ("valid-after", key.not_before),
        ("valid-before", key.not_after),
    ] {
        let option = time.map(|time| format!(",{name}=\"{}\"", compact(time)));
        options.push_str(&option.unwrap_or_default());
    }
    format!("{} {options} {}\n", principal.name, key.key.to_openssh())
}

/// `YYYYMMDDHHMMSSZ`, where the Z says that it is UTC.
fn compact(time: Timestamp) -> String {
    let digits = |c: &char| c.is_ascii_digit();
    let digits: String = time.to_string().chars().filter(digits).collect();
    format!("{digits}Z")
}
