//! What was found in a control zone: each with its weight, its file and line, and what to do about it.
//!
//! In comes what each inspection says about a field; out comes an [`Inspection`], sorted by file and line, from which
//! every format is made. A flaw without help can't be said.

use serde::Serialize;

use crate::control::origin::Origin;
use crate::finding::{Code, Finding, Reason};
use crate::report::API_VERSION;

/// How much a flaw counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// It should be changed; it sets the exit code.
    Warning,
    /// It may be meant.
    Note,
}

impl Weight {
    /// The word for it in every output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One flaw.
#[derive(Clone, Debug, Serialize)]
pub struct Flaw {
    /// How much it counts.
    pub severity: Weight,
    /// What it is and where.
    #[serde(flatten)]
    pub finding: Finding,
}

/// All flaws of a control zone, by file and line.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// Always `gitca.dev/v1alpha1`.
    pub api_version: &'static str,
    /// Always `LintReport`.
    pub kind: &'static str,
    /// The flaws.
    pub findings: Vec<Flaw>,
    /// How many of each weight.
    pub summary: Tally,
}

/// How many flaws there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

/// Flaws as they are found.
#[derive(Default)]
pub(super) struct Flaws(Vec<Flaw>);

impl Flaws {
    /// Begins a warning about a field.
    pub(super) fn warn<'f>(
        &'f mut self,
        code: Code,
        origin: &'f Origin,
        field: &str,
    ) -> Beginning<'f> {
        self.begin(Weight::Warning, code, origin, field)
    }

    /// Begins a note about a field.
    pub(super) fn note<'f>(
        &'f mut self,
        code: Code,
        origin: &'f Origin,
        field: &str,
    ) -> Beginning<'f> {
        self.begin(Weight::Note, code, origin, field)
    }

    fn begin<'f>(
        &'f mut self,
        weight: Weight,
        code: Code,
        origin: &'f Origin,
        field: &str,
    ) -> Beginning<'f> {
        Beginning {
            flaws: self,
            weight,
            code,
            origin,
            field: field.to_owned(),
        }
    }

    /// All of them, by file and line.
    pub(super) fn finish(mut self) -> Inspection {
        self.0.sort_by_key(|flaw| {
            let reason = &flaw.finding.reason;
            let place = (reason.line, reason.column);
            let which = (reason.code, reason.field.clone(), reason.value.clone());
            (flaw.finding.file.clone(), place, flaw.severity, which)
        });
        let count = |weight| self.0.iter().filter(|flaw| flaw.severity == weight).count();
        Inspection {
            api_version: API_VERSION,
            kind: "LintReport",
            summary: Tally {
                warnings: count(Weight::Warning),
                notes: count(Weight::Note),
            },
            findings: self.0,
        }
    }
}

/// A flaw that still has to say what it is.
#[must_use]
pub(super) struct Beginning<'f> {
    flaws: &'f mut Flaws,
    weight: Weight,
    code: Code,
    origin: &'f Origin,
    field: String,
}

impl Beginning<'_> {
    /// Says what is wrong and what to do.
    pub(super) fn say(self, message: impl Into<String>, help: impl Into<String>) {
        let reason = Reason::new(self.code, message).field(&self.field);
        let mut reason = reason.help(help);
        if let Some(place) = self.origin.locate(&self.field) {
            reason = reason.at(place);
        }
        let finding = Finding::in_file(self.origin.file().clone(), reason);
        self.flaws.0.push(Flaw {
            severity: self.weight,
            finding,
        });
    }
}
