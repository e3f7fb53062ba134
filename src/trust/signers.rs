//! Whose signature it is: keys of Principals, and the signatures of commits.
//!
//! In come a signature and a control zone; out goes the Principal whose key made it. The namespace is looked at before the
//! key, so a signature that was made for one purpose never serves another.

use crate::control::ControlZone;
use crate::control::principal::{Principal, SshKey};
use crate::finding::{Code, Reason};
use crate::ssh::key::PublicKey;
use crate::ssh::signed::Signed;
use crate::timestamp::Timestamp;

/// Whether the clock matters for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Validity {
    /// The key must be in force now, to prove something.
    At(Timestamp),
    /// Once somebody's, it tells who it was: enough to exclude him.
    Ever,
}

/// The owner of a key that is in force.
///
/// # Errors
/// `ApprovalKeyUnknown`, when nobody lists it, or not for now.
pub(super) fn owner<'z>(
    key: &PublicKey,
    zone: &'z ControlZone,
    validity: Validity,
) -> Result<&'z Principal, Reason> {
    let unknown =
        |message: String| Reason::new(Code::ApprovalKeyUnknown, message).value(key.fingerprint());
    let Some((principal, listed)) = zone.principal_by_key(key) else {
        let reason = unknown("no Principal has the key that signed it".to_owned());
        return Err(reason.help("sign with a key of your Principal in `policies/`"));
    };
    match validity {
        Validity::At(now) => match out_of_force(listed, now) {
            Some(why) => {
                let message = format!("the key of `{}` that signed it {why}", principal.name);
                Err(unknown(message).help("sign with a key that is in force"))
            }
            None => Ok(principal),
        },
        Validity::Ever => Ok(principal),
    }
}

fn out_of_force(key: &SshKey, now: Timestamp) -> Option<String> {
    if key.compromised_from.is_some() {
        return Some("is marked compromised".to_owned());
    }
    if let Some(start) = key.not_before.filter(|start| now < *start) {
        return Some(format!("counts from {start} on"));
    }
    // The last second counts, as in stock ssh-keygen.
    let end = key.not_after.filter(|end| now > *end)?;
    Some(format!("counted until {end}"))
}

/// The Principal who signed a commit with an SSH key, if anybody known did.
pub(super) fn of_commit<'z>(
    signed: &Signed,
    zone: &'z ControlZone,
    validity: Validity,
) -> Option<&'z Principal> {
    let principal = owner(signed.signature()?.key(), zone, validity).ok()?;
    signed.holds().then_some(principal)
}
