//! What a case of a policy test expects.
//!
//! In comes its `expect`; out comes an [`Expectation`]. What is not written is not compared. A code that there is not could
//! never come, so it is an error with the nearest one as help.

use std::fmt;

use serde::Serialize;

use crate::control::reading::{choice, count};
use crate::finding::Code;
use crate::names::ObjectName;
use crate::report::Verdict;
use crate::yaml::{Field, Problems, suggest};

const FIELDS: [&str; 5] = ["verdict", "policy", "codes", "field", "missing"];
const VERDICTS: [(&str, Verdict); 5] = [
    ("approved", Verdict::Approved),
    ("pending", Verdict::Pending),
    ("denied", Verdict::Denied),
    ("invalid", Verdict::Invalid),
    ("ignored", Verdict::Ignored),
];

/// The decision that a case must get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expectation {
    /// The verdict.
    pub verdict: Verdict,
    /// The policy that admits, or that one of the reasons is of.
    pub policy: Option<ObjectName>,
    /// Codes that must all come; an empty list when none may.
    pub codes: Option<Vec<Code>>,
    /// The field that a reason must be about.
    pub field: Option<String>,
    /// The approvals that must be missing, sorted.
    pub missing: Option<Vec<Lack>>,
}

/// Approvals that are missing: so many from these groups or of these principals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Lack {
    /// Groups, sorted.
    pub groups: Vec<ObjectName>,
    /// Principals, sorted.
    pub principals: Vec<ObjectName>,
    /// How many persons.
    pub count: usize,
}

impl Expectation {
    /// Reads the `expect` of a case.
    pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let object = field.object(&FIELDS, problems)?;
        let verdict = object.require("verdict", problems);
        let verdict = verdict.and_then(|field| choice(&field, &VERDICTS, problems));
        let policy = object.get("policy");
        let policy = policy.and_then(|field| field.parse(problems));
        let codes = object.get("codes");
        let codes = codes.map(|field| read_codes(&field, problems));
        let place = object.get("field");
        let place = place.and_then(|field| field.text(problems));
        let missing = object.get("missing");
        let missing = missing.map(|field| read_missing(&field, problems));
        Some(Self {
            policy,
            codes,
            field: place.map(str::to_owned),
            missing,
            verdict: verdict?,
        })
    }
}

fn read_codes(field: &Field<'_>, problems: &mut Problems) -> Vec<Code> {
    let mut codes = Vec::new();
    for element in field.list(problems) {
        let Some(text) = element.text(problems) else {
            continue;
        };
        match Code::named(text) {
            Some(code) => codes.push(code),
            None => problems.report_with_help(
                &element,
                format!("there is no code `{text}`"),
                suggest(text, &Code::names()),
            ),
        }
    }
    codes
}

fn read_missing(field: &Field<'_>, problems: &mut Problems) -> Vec<Lack> {
    let elements = field.list(problems);
    let mut missing: Vec<Lack> = elements
        .iter()
        .filter_map(|element| Lack::read(element, problems))
        .collect();
    missing.sort();
    missing
}

impl Lack {
    fn read(field: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let object = field.object(&["groups", "principals", "count"], problems)?;
        let mut names = |key| {
            let field = object.get(key);
            let names = field.map(|field| field.parse_list(problems));
            let mut names: Vec<ObjectName> = names.unwrap_or_default();
            names.sort();
            names.dedup();
            names
        };
        let (groups, principals) = (names("groups"), names("principals"));
        let number = object.get("count");
        let number = number.map_or(Some(1), |field| count(&field, 1..=usize::MAX, problems));
        if groups.is_empty() && principals.is_empty() {
            problems.report(field, "must name `groups`, `principals` or both");
        }
        Some(Self {
            groups,
            principals,
            count: number?,
        })
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let people = self.groups.iter().chain(&self.principals);
        let people: Vec<&str> = people.map(ObjectName::as_str).collect();
        write!(f, "{} of {}", self.count, people.join(" or "))
    }
}
