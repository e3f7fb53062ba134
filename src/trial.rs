//! Policy tests put to the test: each case is decided like a request of the mainline, and compared with what it expects.
//!
//! In come a control zone, one of its tests, the manifests that the test names and the clock; out comes what differs. The
//! decision is the very one of a run. What is made up are the request, which nobody proves to have a key for and so nothing
//! ever signs, and what people said. There is no inventory, and no CA's key.

mod comparison;
pub mod outcome;
mod wish;

use std::collections::BTreeMap;

use crate::control::ControlZone;
use crate::control::policy_test::{Asks, PolicyTest, TestCase};
use crate::decision::coverage::Coverage;
use crate::decision::ruling::Ruling;
use crate::decision::{Case, authority, decide, explain};
use crate::effort::Effort;
use crate::finding::{Code, Reason};
use crate::names::RepoPath;
use crate::request::Request;
use crate::snapshot::Blob;
use crate::timestamp::Timestamp;
use crate::trial::comparison::differences;
use crate::trial::outcome::{CaseOutcome, Difference, TestOutcome};
use crate::trust::Supposition;
use crate::trust::revocations::Revocations;

// Units of work.
const WORK: u64 = 60_000_000;
// What it takes to see whether a policy is about a case at all.
const SELECTOR: u64 = 64;

/// What all cases share.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    /// The rules.
    pub zone: &'a ControlZone,
    /// The manifests that cases name.
    pub manifests: &'a BTreeMap<RepoPath, Blob>,
    /// The clock of tests that have none.
    pub now: Timestamp,
    /// What all cases together may still do.
    pub effort: &'a Effort,
}

/// What all cases of all tests may do: ten times what one decision may, which is a thousand times what people write.
#[must_use]
pub fn effort() -> Effort {
    Effort::of(WORK)
}

/// Runs every case of a test, and notes what it reaches where somebody wants to know.
#[must_use]
pub fn run(
    test: &PolicyTest,
    stage: Stage<'_>,
    mut coverage: Option<&mut Coverage>,
) -> TestOutcome {
    let stage = Stage {
        now: test.now.unwrap_or(stage.now),
        ..stage
    };
    let cases = test.cases.iter();
    TestOutcome {
        name: test.name.clone(),
        file: test.file.clone(),
        cases: cases
            .map(|case| try_case(case, stage, coverage.as_deref_mut()))
            .collect(),
    }
}

fn try_case(case: &TestCase, stage: Stage<'_>, coverage: Option<&mut Coverage>) -> CaseOutcome {
    let mut outcome = CaseOutcome {
        name: case.name.clone(),
        place: case.place,
        expected: case.expect.clone(),
        got: Ruling::invalid(Vec::new()),
        differences: Vec::new(),
        trace: Vec::new(),
    };
    if stage.effort.is_exhausted() {
        outcome.differences = vec![not_run()];
        return outcome;
    }
    match read(case, stage) {
        Ok(request) => judge(case, &request, (stage, coverage), &mut outcome),
        Err(reasons) => {
            outcome.got = Ruling::invalid(reasons);
            outcome.differences = differences(&case.expect, &outcome.got);
        }
    }
    outcome
}

/// Decides the request of a case, and notes what differs.
fn judge(
    case: &TestCase,
    request: &Request,
    (stage, coverage): (Stage<'_>, Option<&mut Coverage>),
    outcome: &mut CaseOutcome,
) {
    let supposition = Supposition {
        requester: &case.requester,
        approvals: &case.approvals,
        denials: &case.denials,
    };
    let testimony = supposition.testimony(request, stage.zone);
    let decided = Case {
        request,
        zone: stage.zone,
        testimony: &testimony,
        key_owner: None,
        revocations: Revocations::NONE,
        now: stage.now,
    };
    let is_covered = coverage.is_some();
    if let Some(coverage) = coverage {
        coverage.note(&decided);
    }
    let judgement = decide(&decided);
    outcome.got = Ruling::of(&judgement);
    outcome.got.notices.extend(request.notices.iter().cloned());
    if let Asks::File { .. } = case.asks {
        locate(request, &mut outcome.got.reasons);
        locate(request, &mut outcome.got.notices);
    }
    outcome.differences = differences(&case.expect, &outcome.got);
    outcome.differences.extend(expired(request, stage));
    // The trace of a case that fails takes as much again, and so does what it reached.
    let rounds = 1 + u64::from(!outcome.passes()) + u64::from(is_covered);
    let policies = stage.zone.approval_policies.len() + stage.zone.deny_policies.len();
    let work = judgement.work + policies as u64 * SELECTOR;
    if !stage.effort.spend(work * rounds) {
        outcome.differences = vec![not_run()];
    } else if !outcome.differences.is_empty() {
        let (_, trace) = explain(&decided);
        outcome.trace = trace.policies;
    }
}

/// A case that nobody has tried proves nothing.
fn not_run() -> Difference {
    Difference {
        what: "work",
        expected: format!("at most {WORK} units for all cases of a run"),
        got: "more, so this case was not tried: write simpler patterns and rules, or run the tests file by file"
            .to_owned(),
    }
}

fn read(case: &TestCase, stage: Stage<'_>) -> Result<Request, Vec<Reason>> {
    let (manifest, request) = match &case.asks {
        Asks::Wish(wish) => return wish::grant(wish),
        Asks::File {
            manifest, request, ..
        } => (manifest, request),
    };
    let Some(blob) = stage.manifests.get(manifest) else {
        let reason = Reason::new(Code::MalformedFile, "the manifest is not there");
        return Err(vec![reason.value(manifest.as_str())]);
    };
    Request::read(request, blob)
}

/// Adds the line and column in the manifest.
fn locate(request: &Request, reasons: &mut [Reason]) {
    for reason in reasons.iter_mut().filter(|reason| reason.line.is_none()) {
        let field = reason.field.as_deref();
        if let Some(place) = field.and_then(|field| request.locate(field)) {
            *reason = reason.clone().at(place);
        }
    }
}

/// A test under a CA that has ended proves nothing any more, whatever comes out.
fn expired(request: &Request, stage: Stage<'_>) -> Option<Difference> {
    let signer = stage.zone.signer(&request.signer_name)?;
    let reasons = authority::is_out_of_time(signer, stage.now);
    let ended = reasons
        .into_iter()
        .find(|reason| reason.code == Code::SignerExpired)?;
    Some(Difference {
        what: "signer",
        expected: format!("a CA that is valid at {}", stage.now),
        got: format!("{}: {}", ended.code, ended.message),
    })
}
