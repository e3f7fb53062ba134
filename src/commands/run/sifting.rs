//! Which certificates can still land after the mainline has moved.
//!
//! In come certificates and the mainline as it is now; out go those whose ground has changed: the request, its approvals,
//! its revocation, or the place that they go to. Where the rules have changed each is judged again by the new ones, and
//! kept only if the same files come out.

use std::collections::BTreeSet;

use crate::batch::signed::Signed;
use crate::finding::{Code, Finding, Reason};
use crate::names::{RepoPath, RequestName, Serial, artifact};
use crate::plan;
use crate::survey::Mainline;

/// What was taken out of a set of certificates.
#[derive(Debug, Default)]
pub(super) struct Sifted {
    /// Those that won't be published.
    pub(super) dropped: Vec<Dropped>,
    /// Whether one was dropped though nothing has changed that it rests on.
    pub(super) is_foreign: bool,
}

/// A certificate that was signed and is not published.
#[derive(Clone, Debug)]
pub(super) struct Dropped {
    pub(super) request: RequestName,
    serial: Option<Serial>,
}

impl Dropped {
    pub(super) fn of(signed: &Signed, request: &RequestName) -> Self {
        Self {
            request: request.clone(),
            serial: signed.serial(request),
        }
    }

    /// Says so, with the serial number.
    pub(super) fn notice(&self) -> Finding {
        let message = "a certificate was signed and is not published, because it has ended, or what it rests on has changed meanwhile";
        let reason = Reason::new(Code::SignedNotPublished, message);
        let reason = reason.help("it never left this run, so nothing has to be revoked; the next run judges the request again");
        let reason = match self.serial {
            Some(serial) => reason.field("serialNumber").value(serial.to_string()),
            None => reason,
        };
        Finding::in_request(&self.request, reason)
    }
}

/// Takes out what can't land on the mainline as it is here; what is there already needs no landing, and goes without a word.
pub(super) fn sift(signed: &mut Signed, here: &Mainline, again: bool) -> anyhow::Result<Sifted> {
    let ground = here.repository.ground(signed.base, here.tip)?;
    let mut gone = BTreeSet::new();
    let mut published = BTreeSet::new();
    for (name, key_file) in signed.requests() {
        if is_leaked(here, &name) {
            gone.insert(name);
        } else if ground.moved(&name, key_file.as_ref().map(RepoPath::as_str)) {
            let there = here
                .repository
                .file(here.tip, &name.issued(artifact::CERTIFICATE))?;
            let is_there = there.is_some_and(|file| signed.certificate(&name) == Some(&file.bytes));
            let set = if is_there { &mut published } else { &mut gone };
            set.insert(name);
        }
    }
    let mut sifted = Sifted::default();
    if ground.control || again {
        let kept = recalled(signed, here);
        for name in signed.requests().into_keys() {
            if !kept.contains(&name) && !published.contains(&name) && gone.insert(name) {
                sifted.is_foreign |= !ground.control;
            }
        }
    }
    sifted.dropped = gone.iter().map(|name| Dropped::of(signed, name)).collect();
    signed.remove(&gone);
    signed.remove(&published);
    signed.base = here.tip;
    Ok(sifted)
}

/// Whether everybody has the private key of a request by now.
fn is_leaked(here: &Mainline, name: &RequestName) -> bool {
    let request = here.survey.requests.get(name);
    matches!(request, Some(Ok(request)) if request.leaked_in.is_some())
}

/// The requests whose files come out of the rules here as well.
fn recalled(signed: &Signed, here: &Mainline) -> BTreeSet<RequestName> {
    let names = signed.requests();
    let mut plan = plan::plan(&here.survey.evidence(), signed.now);
    plan.entries.retain(|entry| names.contains_key(&entry.name));
    signed.recall(plan, &here.survey.workshop(signed.now))
}
