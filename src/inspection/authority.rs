//! CAs that end before what they may sign does.

use crate::control::signer::Signer;
use crate::finding::Code;
use crate::inspection::flaws::Flaws;
use crate::timestamp::Timestamp;

/// Whether the longest lifetime still fits into what is left of the CA.
pub(super) fn inspect(signer: &Signer, now: Timestamp, flaws: &mut Flaws) {
    let (end, longest) = (signer.authority.not_after(), signer.duration_max);
    if now.plus(longest) <= end {
        return;
    }
    let flaw = flaws.warn(Code::CaExpiresSoon, &signer.origin, "spec.caCertificate");
    flaw.say(
        format!("the CA ends at {end}, and `duration.max` is {longest}, which passes that"),
        "renew the CA, or lower `duration.max`",
    );
}
