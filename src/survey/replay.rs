//! The whole repository under other rules: its open requests, and every certificate that it has issued.
//!
//! In come the mainline and the rules of a change; out come the decisions that differ, and the renewals that begin. Where
//! the policies are the same nothing is read.

use std::collections::BTreeMap;

use crate::control::ControlZone;
use crate::names::RequestName;
use crate::replay;
use crate::report::Changes;
use crate::survey::Mainline;
use crate::survey::renewals;
use crate::timestamp::Timestamp;

// Of so many certificates the files are held at once.
const CHUNK: usize = 1_000;

impl Mainline {
    /// The decisions that are others under the rules of `head`, what became looser first.
    ///
    /// # Errors
    /// When git fails.
    pub fn replay(&self, head: &ControlZone, now: Timestamp) -> anyhow::Result<Changes> {
        let survey = &self.survey;
        let mut changes = replay::open(&survey.evidence(), head, now);
        let issued: Vec<RequestName> = survey.snapshot.issued.keys().cloned().collect();
        for names in issued.chunks(CHUNK) {
            let certificates = self.repository.certificates(self.tip, names)?;
            changes.extend(replay::past(&certificates, &survey.zone, head));
        }
        changes.sort();
        Ok(changes)
    }

    /// The certificates that are due to be made anew under the rules of `head` and were not before, with the end of each.
    ///
    /// # Errors
    /// When git fails.
    pub fn newly_due(
        &self,
        head: &ControlZone,
        now: Timestamp,
    ) -> anyhow::Result<BTreeMap<RequestName, Timestamp>> {
        let (repository, snapshot) = (&self.repository, &self.survey.snapshot);
        let mut due = renewals::find(repository, self.tip, snapshot, head, now)?.due;
        due.retain(|name, _| !self.survey.due.contains(name));
        let ends = due
            .into_iter()
            .map(|(name, provenance)| (name, provenance.not_after));
        Ok(ends.collect())
    }
}
