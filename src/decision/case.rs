//! What one decision is made of: a request, the rules, the people, and what is known of its key.
//!
//! Whoever wants a decision fills in all of it beforehand: a case is a value, and deciding asks neither git nor a clock. So
//! the same case is decided in the same way in a run, in a check, in a policy test and years later in a replay.

use crate::control::ControlZone;
use crate::request::Request;
use crate::snapshot::KeyOwner;
use crate::timestamp::Timestamp;
use crate::trust::Testimony;
use crate::trust::revocations::Revocations;

/// What one decision is made of.
#[derive(Clone, Debug)]
pub struct Case<'a, 't> {
    /// The request.
    pub request: &'a Request,
    /// The rules.
    pub zone: &'a ControlZone,
    /// Who asked, and who has approved.
    pub testimony: &'t Testimony,
    /// Another request that has the same key, certified or earlier on the mainline.
    pub key_owner: Option<&'t KeyOwner>,
    /// What is revoked.
    pub revocations: &'t Revocations,
    /// The clock.
    pub now: Timestamp,
}
