//! Who asked, and which statements count: the evidence in git judged by the keys of one control zone.
//!
//! In come the [`Records`] of one request (the commits that made it, the statement files and their history), a control
//! zone and now; out comes a [`Testimony`]. Pure: the octets that were signed are all here. Dates in commits and statements
//! prove nothing and are never compared; positions on the mainline and `now` are. Standards: in-toto Statement v1, SSHSIG.
//! Evidence only ever adds what a signature proves, or takes away: whoever may have had a hand in a request never
//! approves it.

mod approvals;
mod requester;
pub mod revocations;
mod runs;
mod signers;
mod supposition;
mod testimony;

pub use crate::trust::runs::{Flaw, Proof, by_bot, issuing_bot};
pub use crate::trust::supposition::Supposition;
pub use crate::trust::testimony::{Approval, Hands, Records, Testimony};

use crate::control::ControlZone;
use crate::timestamp::Timestamp;

/// Judges the records of one request.
#[must_use]
pub fn hear(records: &Records<'_>, zone: &ControlZone, now: Timestamp) -> Testimony {
    let heard = approvals::read(records, zone, now);
    let asker = requester::find(records, &heard, zone, now);
    let mut testimony = Testimony {
        identity: asker.identity,
        requester: asker.requester,
        is_by_commit: asker.is_by_commit,
        involved: asker.involved,
        objections: heard.objections.clone(),
        notices: [asker.notices, heard.notices.clone()].concat(),
        ..Testimony::default()
    };
    approvals::count(&mut testimony, &heard);
    testimony
}
