//! How much a run may sign.
//!
//! In come a plan, the Settings and the digest that somebody has typed; out comes a [`Stop`] where there is more than the
//! Settings allow. A digest allows one plan, so it can't be left on. Each share of a batch is held to the whole limit.

use crate::control::settings::Settings;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::Shard;
use crate::plan::Plan;

const LIMIT: &str = "spec.limits.maxIssuePerRun";

impl Plan<'_> {
    /// Refuses a plan that would sign more than the Settings allow, unless exactly this plan is allowed.
    ///
    /// # Errors
    /// `TooManyToIssue`, with the digest that allows it.
    pub fn check_size(
        &self,
        settings: &Settings,
        shard: Shard,
        allowed: Option<&str>,
    ) -> Result<(), Stop> {
        let limit = settings.max_issue_per_run;
        let (number, digest) = (self.approved().count(), self.digest().to_string());
        if number <= limit || allowed == Some(digest.as_str()) {
            return Ok(());
        }
        let message = format!(
            "{number} certificates would be signed, more than the {limit} that the Settings allow a run"
        );
        let behind = if shard.is_whole() {
            String::new()
        } else {
            format!(" --shard {shard}")
        };
        let help = format!(
            "if that is meant, `gitca run --allow-bulk {digest}{behind}` allows this very plan"
        );
        let reason = Reason::new(Code::TooManyToIssue, message).field(LIMIT);
        let reason = match settings.origin.locate(LIMIT) {
            Some(place) => reason.at(place),
            None => reason,
        };
        let finding = Finding::in_file(settings.file.clone(), reason.help(help));
        Err(Stop(vec![finding]))
    }
}
