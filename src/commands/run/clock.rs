//! The time of a run's commit: along the mainline it never goes back.
//!
//! In come the clock, when the run before was, and what was signed; out comes the time that the commit is made at. A clock
//! that is behind the last run by more than clocks differ stops the run before it signs anything.

use crate::batch::signed::Signed;
use crate::finding::{Code, Reason, Stop};
use crate::survey::CLOCK_TOLERANCE;
use crate::timestamp::Timestamp;

/// When the newest of these was signed: what an earlier run could not land may be of a later time than the clock tells.
pub(super) fn newest(signed: &[Signed]) -> Option<Timestamp> {
    signed.iter().map(|signed| signed.now).max()
}

/// When the commit of this run is made: along the mainline this never goes back.
///
/// # Errors
/// `ClockWentBack` when the clock is behind the last run by more than clocks differ.
pub(super) fn commit_time(last: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Stop> {
    let Some(last) = last else {
        return Ok(now);
    };
    if last <= now.plus(CLOCK_TOLERANCE) {
        return Ok(now.max(last));
    }
    let message = format!(
        "the clock says {now}, but the last run was at {last}: certificates would be valid from a time that is over"
    );
    let help = "set the clock of this machine, for example with `timedatectl set-ntp true`";
    Err(Stop::because(
        Reason::new(Code::ClockWentBack, message).help(help),
    ))
}
