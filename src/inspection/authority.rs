//! CAs that end before what they may sign does, and Signers that want different revocation lists of one CA.
//!
//! In come a Signer, the others and now; out go warnings, and a note where a list is published by another Signer of the
//! same CA.

use std::collections::BTreeMap;

use crate::control::ControlZone;
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

/// A list is its CA's (RFC 5280 5): whatever each of the Signers that share one says, there is one list.
pub(super) fn inspect_lists(zone: &ControlZone, flaws: &mut Flaws) {
    let mut strictest: BTreeMap<_, &Signer> = BTreeMap::new();
    for signer in zone.signers.iter().filter(|signer| signer.crl.publish) {
        let known = strictest.entry(authority(signer)).or_insert(signer);
        if signer.crl.validity < known.crl.validity {
            *known = signer;
        }
    }
    for signer in &zone.signers {
        if let Some(strictest) = strictest.get(&authority(signer)) {
            inspect_list(signer, strictest, flaws);
        }
    }
}

fn authority(signer: &Signer) -> (&[u8], &[u8]) {
    let ca = signer.authority.signing_ca();
    (ca.key.spki(), &ca.subject)
}

fn inspect_list(signer: &Signer, strictest: &Signer, flaws: &mut Flaws) {
    let (theirs, ours) = (strictest.crl.validity, signer.crl.validity);
    let name = &strictest.name;
    if !signer.crl.publish {
        let flaw = flaws.note(Code::ListsDiffer, &signer.origin, "spec.crl.publish");
        flaw.say(
            format!("what is revoked of it is on the list of signer `{name}`, which has the same CA"),
            format!("add `crl: {{publish: true, validity: {theirs}}}` if `issued/_crl/{}.pem` shall be there, too", signer.name),
        );
    } else if theirs < ours {
        let flaw = flaws.warn(Code::ListsDiffer, &signer.origin, "spec.crl.validity");
        flaw.say(
            format!("its list is good for {theirs} and not for {ours}, since signer `{name}` has the same CA"),
            "give both the same validity",
        );
    }
}
