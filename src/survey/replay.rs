//! The whole repository under other rules: its open requests, and every certificate that it has issued.
//!
//! In come the mainline and the rules of a change; out come the decisions that differ, and the renewals that begin. Where
//! the policies are the same nothing is read.

use std::collections::BTreeMap;

use crate::control::ControlZone;
use crate::effort::Effort;
use crate::names::RequestName;
use crate::replay;
use crate::report::Changes;
use crate::survey::Mainline;
use crate::survey::renewals;
use crate::timestamp::Timestamp;

// Of so many certificates the files are held at once, and whether there is work left is asked after them.
const CHUNK: usize = 50;

impl Mainline {
    /// The decisions that are others under the rules of `head`, what became looser first; `None` where that takes more work
    /// than is left.
    ///
    /// # Errors
    /// When git fails.
    pub fn replay(
        &self,
        head: &ControlZone,
        now: Timestamp,
        left: &Effort,
    ) -> anyhow::Result<Option<Changes>> {
        let survey = &self.survey;
        let Some(mut changes) = replay::open(&survey.evidence(), head, now, left) else {
            return Ok(None);
        };
        let issued: Vec<RequestName> = survey.snapshot.issued.keys().cloned().collect();
        for names in issued.chunks(CHUNK) {
            let certificates = self.repository.certificates(self.tip, names)?;
            let Some(past) = replay::past(&certificates, &survey.zone, head, left) else {
                return Ok(None);
            };
            changes.extend(past);
        }
        changes.sort();
        Ok(Some(changes))
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
