//! `spec` of a manifest, by Kubernetes' create validation.
//!
//! In comes the mapping; out come the encoded request, the usages, the signer name and the lifetime asked for. What the
//! API server fills with the requester's identity is ignored with a notice: who asks is told by git.

use std::collections::BTreeSet;

use crate::finding::{Code, Reason};
use crate::names::SignerName;
use crate::request::encoding::{self, Encoded, EncodingError};
use crate::request::notes::{Notes, says_something};
use crate::request::{legacy, signer_name};
use crate::timestamp::Lifetime;
use crate::x509::usage::Usage;
use crate::yaml::{Field, Object, Problems, suggest};

pub(super) const IDENTITY: [&str; 4] = ["username", "uid", "groups", "extra"];
const KNOWN: [&str; 8] = [
    "request",
    "signerName",
    "expirationSeconds",
    "usages",
    "username",
    "uid",
    "groups",
    "extra",
];
// Kubernetes: ten minutes, less would be gone before it is mounted.
const SHORTEST: i64 = 600;
pub(super) const ENCODE: &str =
    "write the output of `base64 -w0 FILE`, FILE being the PEM of the request";

/// The values of `spec`; what is missing or wrong has a reason, unless `v1beta1` has a default for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) request: Option<Encoded>,
    pub(super) usages: Vec<Usage>,
    pub(super) signer_name: Option<SignerName>,
    pub(super) expiration: Option<Lifetime>,
}

impl Spec {
    /// Reads it; `old` is `v1beta1`, with its defaults.
    pub(super) fn read(manifest: &Object<'_>, old: bool, notes: &mut Notes) -> Self {
        let Some(spec) = manifest.section("spec", &KNOWN, &mut notes.problems) else {
            return Self::default();
        };
        ignore_identity(&spec, &mut notes.notices);
        let request = read_request(&spec, notes);
        let problems = &mut notes.problems;
        Self {
            request,
            usages: read_usages(&spec, old, problems),
            signer_name: read_signer_name(&spec, old, problems),
            expiration: read_expiration(&spec, problems),
        }
    }
}

fn ignore_identity(spec: &Object<'_>, notices: &mut Vec<Reason>) {
    for key in IDENTITY {
        if let Some(field) = spec.get(key).filter(says_something) {
            let message = format!("`{key}` is ignored: who asks is told by git");
            notices.push(field.reason(Code::IdentityFieldsIgnored, message));
        }
    }
}

fn read_request(spec: &Object<'_>, notes: &mut Notes) -> Option<Encoded> {
    let field = spec.get("request").filter(says_something);
    let Some(field) = field else {
        let reason = spec.missing(Code::FieldValueRequired, "request");
        notes.problems.push(reason.help(ENCODE));
        return None;
    };
    let text = field.text(&mut notes.problems)?;
    match encoding::decode(text) {
        Ok(encoded) => {
            if encoded.blanks {
                notes.notices.push(field.reason(
                    Code::Base64Whitespace,
                    "blanks between the base64 are ignored, Kubernetes would refuse them",
                ));
            }
            Some(encoded)
        }
        Err(error) => {
            notes.problems.push(not_base64(&field, error));
            None
        }
    }
}

fn not_base64(field: &Field<'_>, error: EncodingError) -> Reason {
    field
        .reason(Code::MalformedBase64, error.message())
        .help(ENCODE)
}

fn read_usages(spec: &Object<'_>, old: bool, problems: &mut Problems) -> Vec<Usage> {
    let Some(field) = spec.get("usages") else {
        if old {
            return legacy::default_usages();
        }
        problems.push(spec.missing(Code::FieldValueRequired, "usages"));
        return Vec::new();
    };
    if !says_something(&field) {
        let message = "at least one usage is required";
        problems.push(field.reason(Code::FieldValueRequired, message));
        return Vec::new();
    }
    let texts: Vec<(Field<'_>, &str)> = field
        .list(problems)
        .into_iter()
        .filter_map(|element| element.text(problems).map(|text| (element.clone(), text)))
        .collect();
    let usages = supported(&texts, problems);
    refuse_duplicates(&texts, problems);
    usages
}

fn supported(texts: &[(Field<'_>, &str)], problems: &mut Problems) -> Vec<Usage> {
    let mut usages = Vec::new();
    for (field, text) in texts {
        match text.parse() {
            Ok(usage) => usages.push(usage),
            Err(_) if problems.is_full() => break,
            Err(_) => problems.push(unsupported(field, text)),
        }
    }
    usages
}

fn unsupported(field: &Field<'_>, text: &str) -> Reason {
    let mut known = Usage::ALL.map(Usage::as_str);
    known.sort_unstable();
    let reason = field.reason(Code::FieldValueNotSupported, "is not a usage of Kubernetes");
    reason.value(text).help(suggest(text, &known))
}

fn refuse_duplicates(texts: &[(Field<'_>, &str)], problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (field, text) in texts {
        if !seen.insert(text) {
            let reason = field.reason(Code::FieldValueDuplicate, "is there twice");
            problems.push(reason.value(text));
        }
    }
}

fn read_signer_name(spec: &Object<'_>, old: bool, problems: &mut Problems) -> Option<SignerName> {
    let Some(field) = spec.get("signerName") else {
        if !old {
            problems.push(spec.missing(Code::FieldValueRequired, "signerName"));
        }
        return None;
    };
    let text = field.text(problems)?;
    if text.is_empty() {
        let message = "`signerName` must not be empty";
        problems.push(field.reason(Code::FieldValueRequired, message));
        return None;
    }
    match signer_name::check(text) {
        Ok(name) => Some(name),
        Err(reasons) => {
            for reason in reasons {
                problems.push(reason.field(&field.path).at(field.place));
            }
            None
        }
    }
}

fn read_expiration(spec: &Object<'_>, problems: &mut Problems) -> Option<Lifetime> {
    let field = spec.get("expirationSeconds")?;
    let seconds = field.integer(problems)?;
    if i32::try_from(seconds).is_err() {
        let message = format!("must be at most {}", i32::MAX);
        let reason = field.reason(problems.code(), message);
        problems.push(reason.value(seconds.to_string()));
        return None;
    }
    if seconds < SHORTEST {
        let message = format!("must be at least {SHORTEST}, ten minutes");
        let reason = field.reason(Code::FieldValueInvalid, message);
        problems.push(reason.value(seconds.to_string()));
        return None;
    }
    u64::try_from(seconds).ok().map(Lifetime::from_seconds)
}
