//! Requests through the reader and the decision, as `check` does it, and what a table expects of them.
//!
//! In come manifests and files of the control zone; out come verdicts and codes. A case names its row, so that a row
//! that is missing shows.

use gitca::finding::{Code, Reason};
use gitca::names::{RequestName, Sha256Digest};
use gitca::plan::{Evidence, Requests, plan};
use gitca::report::Verdict;
use gitca::request::Request;
use gitca::snapshot::{Blob, KeyOwner, KeyOwners};
use gitca::timestamp::Timestamp;

use crate::forge::Draft;
use crate::wide;

/// One hostile request, or a harmless one beside it.
pub(crate) struct Case {
    /// The row of the table.
    pub(crate) row: &'static str,
    /// What is done.
    pub(crate) what: String,
    /// The bytes of `dev/jane.yaml`.
    pub(crate) manifest: Vec<u8>,
    /// Files of the control zone besides those of the wide one, or in their place.
    pub(crate) zone: Vec<(&'static str, String)>,
    /// When it is judged.
    pub(crate) now: Timestamp,
    /// The request that had its key before.
    pub(crate) key_owner: Option<&'static str>,
    /// What must come: the verdict and the codes of all reasons, or of the notices of an approved one.
    pub(crate) verdict: Verdict,
    /// See above; in any order, each once.
    pub(crate) codes: Vec<Code>,
}

impl Case {
    /// A request of this PKCS#10 that asks the wide signer for `client auth`.
    pub(crate) fn of_pem(row: &'static str, what: impl Into<String>, pem: &[u8]) -> Self {
        let manifest = wide::manifest("jane", wide::SIGNER, "client auth", pem);
        Self::of_manifest(row, what, manifest)
    }

    /// A request with this draft.
    pub(crate) fn of_draft(row: &'static str, what: impl Into<String>, draft: &Draft) -> Self {
        Self::of_pem(row, what, &draft.pem())
    }

    /// A request with this manifest.
    pub(crate) fn of_manifest(
        row: &'static str,
        what: impl Into<String>,
        manifest: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            row,
            what: what.into(),
            manifest: manifest.into(),
            zone: Vec::new(),
            now: wide::now(),
            key_owner: None,
            verdict: Verdict::Approved,
            codes: Vec::new(),
        }
    }

    /// The same with this file in the control zone.
    pub(crate) fn with(mut self, path: &'static str, text: impl Into<String>) -> Self {
        self.zone.push((path, text.into()));
        self
    }

    /// The same under this policy instead of the wide one; the text is that of `allowed`.
    pub(crate) fn allowing(self, allowed: &str) -> Self {
        let policy = format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: ApprovalPolicy\nmetadata: {{name: narrow}}\nspec:\n  \
             selector: {{everything: true}}\n  allowed: {allowed}\n  approvals: none\n"
        );
        self.with("policies/wide.yaml", policy)
    }

    /// The same with a deny policy of this one entry.
    pub(crate) fn denying(self, entry: &str) -> Self {
        let policy = format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: DenyPolicy\nmetadata: {{name: deny}}\nspec:\n  deny:\n    - {entry}\n"
        );
        self.with("policies/deny.yaml", policy)
    }

    pub(crate) fn invalid(self, codes: &[Code]) -> Self {
        self.expect(Verdict::Invalid, codes)
    }

    pub(crate) fn denied(self, codes: &[Code]) -> Self {
        self.expect(Verdict::Denied, codes)
    }

    /// No policy admits it, for these reasons.
    pub(crate) fn not_admitted(self, codes: &[Code]) -> Self {
        let codes = [&[Code::NoPolicyAdmits], codes].concat();
        self.expect(Verdict::Denied, &codes)
    }

    /// Approved with these notices.
    pub(crate) fn approved(self, notices: &[Code]) -> Self {
        self.expect(Verdict::Approved, notices)
    }

    pub(crate) fn expect(mut self, verdict: Verdict, codes: &[Code]) -> Self {
        self.verdict = verdict;
        self.codes = codes.to_vec();
        self
    }
}

// What every signer refuses, whatever its file says.
const NO_SETTING: [Code; 7] = [
    Code::SanKindNotSupported,
    Code::SubjectAttributeNotSupported,
    Code::ExtensionNotAllowed,
    Code::CaNotAllowed,
    Code::UsageMismatch,
    Code::ReservedIdentity,
    Code::CommonNameNotInSan,
];

/// Judges every case and fails with all that differ.
#[track_caller]
pub(crate) fn judge(cases: &[Case]) {
    let wrong: Vec<String> = cases.iter().filter_map(differs).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rows that the cases are of.
pub(crate) fn rows(cases: &[Case]) -> Vec<&'static str> {
    cases.iter().map(|case| case.row).collect()
}

fn differs(case: &Case) -> Option<String> {
    let (verdict, reasons) = verdict(case);
    let mut found: Vec<Code> = reasons.iter().map(|reason| reason.code).collect();
    let mut wanted = case.codes.clone();
    found.sort();
    found.dedup();
    wanted.sort();
    if let Some(lost) = reasons.iter().find(|reason| !is_placed(reason)) {
        return Some(format!("{} {}: no place: {lost:?}", case.row, case.what));
    }
    let same = (verdict, &found) == (case.verdict, &wanted);
    (!same).then(|| {
        format!(
            "{} {}: {verdict} {found:?} instead of {} {wanted:?}\n    {reasons:?}",
            case.row, case.what, case.verdict
        )
    })
}

/// A reason about a field has its line in the manifest, and one of a policy the line in the policy.
fn is_placed(reason: &Reason) -> bool {
    let rule = reason.rule.as_ref();
    let is_ruled = rule.is_some_and(|rule| rule.place().is_some() && rule.line.is_some());
    let is_lined = reason.line.is_some() && reason.column.is_some();
    (reason.field.is_none() || is_lined)
        && (reason.policy.is_none() || is_ruled || NO_SETTING.contains(&reason.code))
}

fn verdict(case: &Case) -> (Verdict, Vec<Reason>) {
    let files: Vec<(&str, &[u8])> = case
        .zone
        .iter()
        .map(|(path, text)| (*path, text.as_bytes()))
        .collect();
    let zone = wide::zone(&files);
    let name: RequestName = "dev/jane".parse().expect("a name");
    let blob: Blob = wide::blob(&case.manifest);
    let requests = Requests::from([(name.clone(), Request::read(&name, &blob))]);
    let key = requests
        .values()
        .flatten()
        .map(|request| request.csr.key.digest())
        .next();
    let owner = |key: Sha256Digest| {
        let owner = case.key_owner?;
        Some((
            key,
            KeyOwner::certified(owner.parse().expect("a name"), None),
        ))
    };
    let owners: KeyOwners = key.and_then(owner).into_iter().collect();
    let evidence = Evidence {
        owners: &owners,
        ..Evidence::alone(&requests, &zone)
    };
    let plan = plan(&evidence, case.now);
    let entry = &plan.entries[0];
    let reasons = match &entry.decision {
        Ok(_) => entry.notices.clone(),
        Err(refusal) => refusal.reasons.clone(),
    };
    (entry.verdict(), reasons)
}
