//! Revocations: which certificates of a request are taken back, and why.
//!
//! In comes the file beside a request; out comes a [`Revocation`], or every reason why it is none, each with its place. Whom
//! it reaches is judged elsewhere: only certificates of the request beside it. RFC 5280 5.3.1.

use std::collections::BTreeSet;

use crate::control::document::API_VERSION;
use crate::control::reading::{choice, distinct, only_true};
use crate::finding::{Code, Place, Reason};
use crate::names::{RequestName, SerialNumber};
use crate::snapshot::Blob;
use crate::x509::crl::ReasonCode;
use crate::yaml::places::Places;
use crate::yaml::{Field, Object, Problems, parser};

/// The kind.
pub const KIND: &str = "Revocation";

/// What takes certificates back.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// The request beside which it lies.
    pub request: RequestName,
    /// Which of its certificates.
    pub which: Which,
    /// Why.
    pub reason: ReasonCode,
    /// Who says so, for display.
    pub revoked_by: Option<String>,
    /// What else there is to say, for display.
    pub comment: Option<String>,
    places: Places,
}

/// Which certificates of a request are taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// All that were issued when the revocation was merged.
    All,
    /// Those with these serial numbers.
    Serials(BTreeSet<SerialNumber>),
}

impl Revocation {
    /// Reads one file.
    ///
    /// # Errors
    /// Every reason why it is no revocation.
    pub fn read(request: &RequestName, blob: &Blob) -> Result<Self, Vec<Reason>> {
        let tree = parser::parse_small(&blob.bytes)?;
        let mut problems = Problems::new(Code::MalformedSpec);
        let root = Field::root(&tree);
        let object = root.object(&["apiVersion", "kind", "metadata", "spec"], &mut problems);
        let spec = object.and_then(|object| head(&object, request, &mut problems));
        let known = ["serialNumbers", "all", "reason", "revokedBy", "comment"];
        let spec = spec.and_then(|spec| spec.object(&known, &mut problems));
        let read = spec.and_then(|spec| {
            let which = which(&spec, &mut problems);
            let reason = reason(&spec, &mut problems);
            Some(Self {
                request: request.clone(),
                revoked_by: line(spec.get("revokedBy"), &mut problems),
                comment: line(spec.get("comment"), &mut problems),
                which: which?,
                reason: reason?,
                places: Places::of(&tree),
            })
        });
        let reasons = problems.into_reasons();
        match read {
            Some(revocation) if reasons.is_empty() => Ok(revocation),
            _ => Err(reasons),
        }
    }

    /// Where a field stands, or the nearest around it.
    #[must_use]
    pub fn locate(&self, field: &str) -> Option<Place> {
        self.places.locate(field)
    }
}

/// Checks what comes before the spec.
fn head<'n>(
    object: &Object<'n>,
    request: &RequestName,
    problems: &mut Problems,
) -> Option<Field<'n>> {
    for (key, expected) in [("apiVersion", API_VERSION), ("kind", KIND)] {
        let field = object.require(key, problems);
        let text = field.as_ref().and_then(|field| field.text(problems));
        if let Some((field, text)) = field.zip(text).filter(|(_, text)| *text != expected) {
            let reason = field.reason(problems.code(), format!("must be `{expected}`"));
            problems.push(reason.value(text));
        }
    }
    let metadata = object.require("metadata", problems);
    let known = ["name", "labels", "annotations"];
    let metadata = metadata.and_then(|field| field.object(&known, problems));
    if let Some(metadata) = metadata {
        for free in ["labels", "annotations"] {
            let entries = metadata.get(free).map(|field| field.entries(problems));
            for (_, value) in entries.unwrap_or_default() {
                value.text(problems);
            }
        }
        if let Some(field) = metadata.require("name", problems)
            && let Some(name) = field.text(problems)
            && name != request.name()
        {
            let message = "must be the name of the request beside which the file lies";
            let reason = field.reason(Code::NameMismatch, message).value(name);
            problems.push(reason.help(format!("write `{}`", request.name())));
        }
    }
    object.require("spec", problems)
}

fn which(spec: &Object<'_>, problems: &mut Problems) -> Option<Which> {
    match (spec.get("serialNumbers"), spec.get("all")) {
        (Some(field), None) => {
            let serials: Vec<SerialNumber> = distinct(&field, problems);
            Some(Which::Serials(serials.into_iter().collect()))
        }
        (None, Some(field)) => only_true(&field, problems).then_some(Which::All),
        (Some(_), Some(field)) => {
            let message = "`all` and `serialNumbers` exclude each other";
            problems.report_with_help(&field, message, "leave one of them out");
            None
        }
        (None, None) => {
            let reason = spec.missing(Code::FieldValueRequired, "serialNumbers");
            problems.push(reason.help("list serial numbers, or write `all: true`"));
            None
        }
    }
}

fn reason(spec: &Object<'_>, problems: &mut Problems) -> Option<ReasonCode> {
    let words = ReasonCode::ALL.map(|reason| (reason.as_str(), reason));
    match spec.get("reason") {
        Some(field) => choice(&field, &words, problems),
        None => Some(ReasonCode::Unspecified),
    }
}

/// A text for display.
fn line(field: Option<Field<'_>>, problems: &mut Problems) -> Option<String> {
    let field = field?;
    let text = field.text(problems)?;
    if text.contains(char::is_control) {
        problems.report(&field, "must be one line, without control characters");
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::ObjectId;

    fn read(spec: &str) -> Result<Revocation, Vec<Reason>> {
        read_whole(&format!(
            "apiVersion: {API_VERSION}\nkind: {KIND}\nmetadata: {{name: jane}}\nspec:\n{spec}"
        ))
    }

    fn read_whole(text: &str) -> Result<Revocation, Vec<Reason>> {
        let blob = Blob {
            id: ObjectId([0; 20]),
            bytes: text.as_bytes().to_vec(),
        };
        Revocation::read(&"dev/jane".parse().expect("a name"), &blob)
    }

    #[test]
    fn a_revocation_names_certificates_and_a_reason() {
        let all = read("  all: true\n").expect("a revocation");
        assert_eq!(
            (all.which, all.reason),
            (Which::All, ReasonCode::Unspecified)
        );
        let text = "  serialNumbers: [\"5a1c\", \"80\"]\n  reason: keyCompromise\n  revokedBy: bob\n  comment: stolen\n";
        let some = read(text).expect("a revocation");
        let serials = ["80", "5a1c"].map(|text| text.parse().expect("a serial number"));
        assert_eq!(some.which, Which::Serials(serials.into()));
        assert_eq!(some.reason, ReasonCode::KeyCompromise);
        assert_eq!(some.revoked_by.as_deref(), Some("bob"));
        assert_eq!(some.comment.as_deref(), Some("stolen"));
    }

    #[test]
    fn what_is_no_revocation_is_told_with_its_place() {
        let long = format!("  serialNumbers: [\"{}\"]\n", "01".repeat(21));
        let great = format!("  serialNumbers: [\"{}\"]\n", "80".repeat(20));
        for (spec, field, place) in [
            ("  reason: superseded\n", "spec.serialNumbers", (5, 3)),
            (
                "  all: true\n  serialNumbers: [\"01\"]\n",
                "spec.all",
                (5, 8),
            ),
            ("  all: false\n", "spec.all", (5, 8)),
            ("  serialNumbers: []\n", "spec.serialNumbers", (5, 18)),
            (
                "  serialNumbers: [\"0A\"]\n",
                "spec.serialNumbers[0]",
                (5, 19),
            ),
            (
                "  serialNumbers: [\"1\"]\n",
                "spec.serialNumbers[0]",
                (5, 19),
            ),
            (
                "  serialNumbers: [\"0001\"]\n",
                "spec.serialNumbers[0]",
                (5, 19),
            ),
            (long.as_str(), "spec.serialNumbers[0]", (5, 19)),
            (great.as_str(), "spec.serialNumbers[0]", (5, 19)),
            ("  serialNumbers: [-1]\n", "spec.serialNumbers[0]", (5, 19)),
            ("  serialNumbers: [12]\n", "spec.serialNumbers[0]", (5, 19)),
            ("  serialNumbers: \"01\"\n", "spec.serialNumbers", (5, 18)),
            (
                "  serialNumbers: [\"01\", \"01\"]\n",
                "spec.serialNumbers[1]",
                (5, 25),
            ),
            (
                "  all: true\n  reason: removeFromCRL\n",
                "spec.reason",
                (6, 11),
            ),
            ("  all: true\n  until: tomorrow\n", "spec.until", (6, 3)),
            (
                "  all: true\n  revokedBy: \"a\\tb\"\n",
                "spec.revokedBy",
                (6, 14),
            ),
            (
                "  all: true\n  comment: |\n    two\n    lines\n",
                "spec.comment",
                (7, 5),
            ),
        ] {
            let reasons = read(spec).expect_err(spec);
            let [reason] = &reasons[..] else {
                panic!("{spec}: {reasons:?}")
            };
            assert_eq!(reason.field.as_deref(), Some(field), "{spec}");
            assert_eq!(
                (reason.line, reason.column),
                (Some(place.0), Some(place.1)),
                "{spec}"
            );
        }
    }

    #[test]
    fn a_revocation_has_the_name_of_the_request_beside_it() {
        let whole = |version: &str, kind: &str, name: &str| {
            let text = format!(
                "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{all: true}}\n"
            );
            read_whole(&text).map_err(|reasons| reasons[0].code)
        };
        assert!(whole(API_VERSION, KIND, "jane").is_ok());
        for (version, kind, name, code) in [
            (API_VERSION, KIND, "bob", Code::NameMismatch),
            (API_VERSION, KIND, "dev/jane", Code::NameMismatch),
            (API_VERSION, "Revocations", "jane", Code::MalformedSpec),
            ("gitca.dev/v1", KIND, "jane", Code::MalformedSpec),
        ] {
            let found = whole(version, kind, name).expect_err("no revocation");
            assert_eq!(found, code, "{version} {kind} {name}");
        }
    }
}
