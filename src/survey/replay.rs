//! The whole repository under other rules: its open requests, and every certificate that it has issued.
//!
//! In come the mainline and the rules of a change; out come the decisions that differ. Where the policies are the same
//! nothing is read.

use crate::control::ControlZone;
use crate::names::RequestName;
use crate::replay;
use crate::report::Changes;
use crate::survey::Mainline;
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
}
