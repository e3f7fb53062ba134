//! What is wise to change in a control zone that is valid: policies that are wider than they look, or do nothing.
//!
//! In come the control zone and now; out comes an [`Inspection`]. A warning is only given for what can be shown from the
//! files alone: where it can't, nothing is said. Nothing here decides on a request.

mod authority;
mod breadth;
mod containment;
mod flaws;
mod ground;
mod lists;
mod people;
mod reach;
mod shadow;

pub use crate::inspection::flaws::{Flaw, Inspection, Weight};

use crate::control::ControlZone;
use crate::finding::Code;
use crate::inspection::flaws::Flaws;
use crate::inspection::ground::Ground;
use crate::timestamp::Timestamp;

/// Looks at the whole control zone.
#[must_use]
pub fn inspect(zone: &ControlZone, now: Timestamp) -> Inspection {
    let mut flaws = Flaws::default();
    let ground = &Ground::new(zone, now);
    for policy in &zone.approval_policies {
        breadth::inspect(policy, ground, &mut flaws);
        reach::inspect_approval(policy, ground, &mut flaws);
        people::inspect_approval(policy, ground, &mut flaws);
    }
    for policy in &zone.deny_policies {
        reach::inspect_denial(policy, ground, &mut flaws);
        people::inspect_denial(policy, zone, &mut flaws);
    }
    shadow::inspect(ground, &mut flaws);
    for signer in &zone.signers {
        authority::inspect(signer, now, &mut flaws);
    }
    authority::inspect_lists(zone, &mut flaws);
    people::inspect_principals(ground, &mut flaws);
    people::inspect_bot(zone, now, &mut flaws);
    if ground.is_spent() {
        let message = "there is so much in these policies that not all of it was compared";
        let help = "write one pattern for many names, and one policy for what many say alike";
        let flaw = flaws.note(Code::NotCompared, &zone.settings.origin, "metadata.name");
        flaw.say(message, help);
    }
    if zone.tests.is_empty() {
        let message = "no PolicyTest says what these policies are meant to decide";
        let help = "write one under `policies/tests/`; `gitca schema PolicyTest` says how";
        let flaw = flaws.note(Code::NoTests, &zone.settings.origin, "metadata.name");
        flaw.say(message, help);
    }
    flaws.finish()
}
