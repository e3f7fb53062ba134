//! What is wise to change in a control zone that is valid: policies that are wider than they look, or do nothing.
//!
//! In come the control zone and now; out comes an [`Inspection`]. A warning is only given for what can be shown from the
//! files alone: where it can't, nothing is said. Nothing here decides on a request.

mod authority;
mod breadth;
mod containment;
mod flaws;
mod people;
mod reach;
mod shadow;

pub use crate::inspection::flaws::{Flaw, Inspection, Weight};

use crate::control::ControlZone;
use crate::finding::Code;
use crate::inspection::flaws::Flaws;
use crate::timestamp::Timestamp;

/// Looks at the whole control zone.
#[must_use]
pub fn inspect(zone: &ControlZone, now: Timestamp) -> Inspection {
    let mut flaws = Flaws::default();
    for policy in &zone.approval_policies {
        breadth::inspect(policy, zone, &mut flaws);
        reach::inspect_approval(policy, zone, &mut flaws);
        people::inspect_approval(policy, zone, now, &mut flaws);
        shadow::inspect(policy, zone, &mut flaws);
    }
    for policy in &zone.deny_policies {
        reach::inspect_denial(policy, zone, &mut flaws);
        people::inspect_denial(policy, zone, &mut flaws);
    }
    for signer in &zone.signers {
        authority::inspect(signer, now, &mut flaws);
        authority::inspect_list(signer, zone, &mut flaws);
    }
    people::inspect_principals(zone, &mut flaws);
    people::inspect_bot(zone, now, &mut flaws);
    if zone.tests.is_empty() {
        let message = "no PolicyTest says what these policies are meant to decide";
        let help = "write one under `policies/tests/`; `gitca schema PolicyTest` says how";
        let flaw = flaws.note(Code::NoTests, &zone.settings.origin, "metadata.name");
        flaw.say(message, help);
    }
    flaws.finish()
}
