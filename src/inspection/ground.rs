//! What every inspection stands on: who there is, what is always denied, and how much may still be compared.
//!
//! In comes the control zone; out comes a [`Ground`] with whatever is looked up again and again. Comparing each with each
//! is counted, for all policies together, and there is an end to it: then nothing more is said, but that it is so.

use crate::control::ControlZone;
use crate::control::glob::placeholder::Given;
use crate::control::identity::Identity;
use crate::control::principal::PrincipalKind;
use crate::control::selector::{NamePattern, Requesters, Selector};
use crate::control::signer::Signer;
use crate::decision::counting::Voters;
use crate::effort::Effort;
use crate::inspection::lists::Denials;
use crate::names::RequestName;
use crate::sampling;
use crate::timestamp::Timestamp;

// Some eighty milliseconds, as `Effort` counts.
const COMPARISONS: u64 = 20_000_000;
// To try one pattern of a signer name.
const NAME: usize = 8;

/// A control zone, and what is known of it.
pub(super) struct Ground<'z> {
    /// All that decides.
    pub(super) zone: &'z ControlZone,
    /// Those who can approve: persons with a key that counts now.
    pub(super) voters: Voters,
    /// What is denied whoever asks.
    pub(super) denials: Denials<'z>,
    request: RequestName,
    effort: Effort,
}

impl<'z> Ground<'z> {
    /// Looks at the whole control zone once.
    pub(super) fn new(zone: &'z ControlZone, now: Timestamp) -> Self {
        let can_approve = |name: &&_| {
            let principal = &zone.principals[*name];
            let mut keys = principal.ssh_keys.iter();
            principal.kind == PrincipalKind::Person && keys.any(|key| key.counts(now))
        };
        let people = zone.memberships().iter();
        let voters = people.filter(|(name, _)| can_approve(name));
        Self {
            zone,
            voters: voters
                .map(|(name, its)| (name.clone(), its.clone()))
                .collect(),
            denials: Denials::of(zone),
            request: sampling::example_request(),
            effort: Effort::of(COMPARISONS),
        }
    }

    /// What patterns are tried with.
    pub(super) fn given(&self) -> Given<'_> {
        Given::new(&self.request, Identity::nobody(), &self.effort)
    }

    /// Whether so much may still be compared.
    pub(super) fn may_compare(&self, units: usize) -> bool {
        let units = u64::try_from(units).unwrap_or(u64::MAX);
        self.effort.spend(units)
    }

    /// Whether something was not compared.
    pub(super) fn is_spent(&self) -> bool {
        self.effort.is_exhausted()
    }

    /// Whether a Signer answers to this; `None` when that would take too much.
    pub(super) fn has_signer(&self, pattern: &NamePattern) -> Option<bool> {
        let signers = &self.zone.signers;
        let fits = |signer: &Signer| pattern.fits(signer.signer_name.as_str(), self.given());
        self.may_compare(NAME * signers.len())
            .then(|| signers.iter().any(fits))
    }

    /// Whether there is anybody whom a selector means; `None` when that would take too much.
    pub(super) fn has_people(&self, requesters: &Requesters) -> Option<bool> {
        let names = requesters.groups.len() + requesters.principals.len();
        let people = self.zone.memberships();
        let mut all = people.iter();
        self.may_compare(NAME * names * people.len())
            .then(|| all.any(|(name, groups)| requesters.mean(name, groups)))
    }

    /// The Signers that a selector is about; `None` when that would take too much.
    pub(super) fn signers_of(&self, selector: &Selector) -> Option<Vec<&'z Signer>> {
        let (signers, patterns) = (&self.zone.signers, &selector.signer_names);
        if !self.may_compare(NAME * patterns.len() * signers.len()) {
            return None;
        }
        let is_meant = |signer: &&Signer| {
            let name = signer.signer_name.as_str();
            let fits = |pattern: &NamePattern| pattern.fits(name, self.given());
            patterns.is_empty() || patterns.iter().any(fits)
        };
        Some(signers.iter().filter(is_meant).collect())
    }
}
