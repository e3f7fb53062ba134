//! What came of policy tests: one object that every output format is made of.
//!
//! In come the outcomes of cases; out goes a [`Tests`] whose JSON has every key always. Tests are sorted by file, cases stand
//! in the order in which they were written.

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::control::approval_policy::Mode;
use crate::control::policy_test::Expectation;
use crate::decision::coverage::{Coverage, Part};
use crate::decision::ruling::Ruling;
use crate::decision::trace::{Considered, Outcome};
use crate::finding::Place;
use crate::names::{ObjectId, ObjectName, RepoPath};

/// One case and what came of it.
#[derive(Clone, Debug)]
pub struct CaseOutcome {
    /// What the test calls it.
    pub name: String,
    /// Where it stands in the test's file.
    pub place: Place,
    /// What should have come.
    pub expected: Expectation,
    /// What came.
    pub got: Ruling,
    /// What is not as expected; nothing when the case passes.
    pub differences: Vec<Difference>,
    /// What each policy said; empty when the case passes.
    pub trace: Vec<Considered>,
}

/// Something that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The key under `expect`, or `signer`.
    pub what: &'static str,
    /// What was written there.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// One file of tests and what came of it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TestOutcome {
    /// The name of the PolicyTest.
    pub name: ObjectName,
    /// Its file.
    pub file: RepoPath,
    /// Its cases.
    pub cases: Vec<CaseOutcome>,
}

/// Everything that was run.
#[derive(Clone, Debug)]
pub struct Tests {
    /// The commit whose rules were tested; `None` for a work tree.
    pub commit: Option<ObjectId>,
    /// The tests, sorted by file.
    pub tests: Vec<TestOutcome>,
    /// What was reached, if that was asked.
    pub coverage: Option<Coverage>,
}

impl CaseOutcome {
    /// Whether all is as expected.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Tests {
    /// How many cases passed, and how many did not.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let cases = self.tests.iter().flat_map(|test| &test.cases);
        let (mut passed, mut failed) = (0, 0);
        for case in cases {
            *(if case.passes() {
                &mut passed
            } else {
                &mut failed
            }) += 1;
        }
        (passed, failed)
    }
}

impl Serialize for Tests {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (passed, failed) = self.counts();
        let summary = serde_json::json!({"passed": passed, "failed": failed});
        let mut object = serializer.serialize_struct("Tests", 7)?;
        object.serialize_field("apiVersion", "gitca.dev/v1alpha1")?;
        object.serialize_field("kind", "PolicyTestReport")?;
        object.serialize_field("command", "policy test")?;
        object.serialize_field("commit", &self.commit)?;
        object.serialize_field("tests", &self.tests)?;
        object.serialize_field("coverage", &self.coverage.as_ref().map(covered))?;
        object.serialize_field("summary", &summary)?;
        object.end()
    }
}

fn covered(coverage: &Coverage) -> serde_json::Value {
    let part = |part: &Part| {
        serde_json::json!({
            "kind": part.kind, "policy": part.policy, "text": part.text,
            "file": part.rule.file, "line": part.rule.line, "field": part.rule.field,
        })
    };
    let unreached: Vec<_> = coverage.unreached().map(part).collect();
    serde_json::json!({"parts": coverage.total(), "unreached": unreached})
}

impl Serialize for CaseOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let trace: Vec<_> = self.trace.iter().map(traced).collect();
        let mut object = serializer.serialize_struct("CaseOutcome", 8)?;
        object.serialize_field("name", &self.name)?;
        object.serialize_field("line", &self.place.line)?;
        object.serialize_field("column", &self.place.column)?;
        object.serialize_field("passed", &self.passes())?;
        object.serialize_field("expected", &self.expected)?;
        object.serialize_field("got", &self.got)?;
        object.serialize_field("differences", &self.differences)?;
        object.serialize_field("trace", &trace)?;
        object.end()
    }
}

fn traced(considered: &Considered) -> serde_json::Value {
    let (outcome, reasons) = match considered.outcome() {
        Outcome::NotSelected(reason) => ("notSelected", vec![reason]),
        Outcome::Passes => ("passes", Vec::new()),
        Outcome::Objects(reasons) => ("objects", reasons),
    };
    let mode = match considered.mode {
        Mode::Enforce => "enforce",
        Mode::Audit => "audit",
    };
    serde_json::json!({
        "kind": considered.kind, "policy": considered.policy, "mode": mode, "outcome": outcome, "reasons": reasons,
    })
}
