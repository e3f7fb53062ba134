//! `metadata` of a manifest: the name, which its path must confirm, and the labels and annotations.
//!
//! In comes the mapping; out come the texts that `csr.yaml` repeats. Keys that only the API server fills are ignored
//! with a notice. Keys that would do something in a cluster and nothing here (a namespace, a finalizer, an owner) are
//! refused, since a request is never repaired or read past.

use std::collections::BTreeMap;

use crate::finding::{Code, Reason};
use crate::names::RequestName;
use crate::request::label;
use crate::request::notes::{Notes, says_something};
use crate::yaml::{Field, Object, Problems};

pub(super) const FILLED_BY_SERVER: [&str; 6] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
];
const FORBIDDEN: [(&str, &str); 4] = [
    ("namespace", "requests have no namespace"),
    ("generateName", "the name must be that of the file"),
    ("finalizers", "nothing here would ever finalize a request"),
    ("ownerReferences", "no object can own a file"),
];
const KNOWN: [&str; 13] = [
    "name",
    "labels",
    "annotations",
    "namespace",
    "generateName",
    "finalizers",
    "ownerReferences",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
];
// Annotations below these ask somebody to do something; here nobody does.
const ASKING: [&str; 3] = ["cert-manager.io", "certificates.k8s.io", "gitca.dev"];

/// The part of a manifest's `metadata` that is repeated in `csr.yaml`. It decides nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The last piece of the request's path.
    pub name: String,
    /// Labels, chosen by the requester.
    pub labels: BTreeMap<String, String>,
    /// Annotations, chosen by the requester.
    pub annotations: BTreeMap<String, String>,
}

impl Metadata {
    pub(super) fn read(manifest: &Object<'_>, name: &RequestName, notes: &mut Notes) -> Self {
        let problems = &mut notes.problems;
        let Some(metadata) = manifest.section("metadata", &KNOWN, problems) else {
            return Self::default();
        };
        check_name(&metadata, name, problems);
        refuse_forbidden(&metadata, problems);
        let labels = read_labels(&metadata, problems);
        let annotations = read_annotations(&metadata, notes);
        ignore_filled(&metadata, &mut notes.notices);
        Self {
            name: name.name().to_owned(),
            labels,
            annotations,
        }
    }
}

/// Kubernetes' own rules for the name (no `/`, `%`, `.` or `..`) follow from that of the path.
fn check_name(metadata: &Object<'_>, name: &RequestName, problems: &mut Problems) {
    let field = metadata.get("name").filter(says_something);
    let Some(field) = field else {
        problems.push(metadata.missing(Code::FieldValueRequired, "name"));
        return;
    };
    let Some(written) = field.text(problems) else {
        return;
    };
    if written != name.name() {
        let message = format!("must be `{}`, as the file is called", name.name());
        let reason = field.reason(Code::NameMismatch, message).value(written);
        problems.push(reason.help("change the name or move the file"));
    }
}

fn refuse_forbidden(metadata: &Object<'_>, problems: &mut Problems) {
    for (key, message) in FORBIDDEN {
        if let Some(field) = metadata.get(key).filter(says_something) {
            let reason = field.reason(Code::FieldValueForbidden, message);
            problems.push(reason.help(format!("take out `{key}`")));
        }
    }
}

fn ignore_filled(metadata: &Object<'_>, notices: &mut Vec<Reason>) {
    for key in FILLED_BY_SERVER {
        if let Some(field) = metadata.get(key).filter(says_something) {
            let message = format!("`{key}` is ignored: only an API server fills it");
            notices.push(field.reason(Code::ServerFieldsIgnored, message));
        }
    }
}

fn read_labels(metadata: &Object<'_>, problems: &mut Problems) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for (key, field) in texts(metadata, "labels", problems) {
        let Some(value) = field.text(problems) else {
            continue;
        };
        if let Err(message) = label::check_key(key) {
            problems.push(invalid("metadata.labels", &field, message).value(key));
        }
        if let Err(message) = label::check_value(value) {
            problems.push(invalid("metadata.labels", &field, message).value(value));
        }
        labels.insert(key.to_owned(), value.to_owned());
    }
    labels
}

fn read_annotations(metadata: &Object<'_>, notes: &mut Notes) -> BTreeMap<String, String> {
    let problems = &mut notes.problems;
    let mut annotations = BTreeMap::new();
    for (key, field) in texts(metadata, "annotations", problems) {
        // Kubernetes takes the case out of an annotation's key before it looks at it.
        if let Err(message) = label::check_key(&key.to_ascii_lowercase()) {
            problems.push(invalid("metadata.annotations", &field, message).value(key));
        }
        if asks_for_something(key) {
            let message = format!("the annotation `{key}` is ignored: annotations decide nothing");
            notes
                .notices
                .push(field.reason(Code::AnnotationIgnored, message));
        }
        if let Some(value) = field.text(problems) {
            annotations.insert(key.to_owned(), value.to_owned());
        }
    }
    annotations
}

fn texts<'n>(
    metadata: &Object<'n>,
    key: &str,
    problems: &mut Problems,
) -> Vec<(&'n str, Field<'n>)> {
    let field = metadata.get(key);
    field.map_or_else(Vec::new, |field| field.entries(problems))
}

/// Kubernetes names the map, not the key in it; the place is that of the value.
fn invalid(path: &str, field: &Field<'_>, message: String) -> Reason {
    field.reason(Code::FieldValueInvalid, message).field(path)
}

fn asks_for_something(key: &str) -> bool {
    let domain = key.split('/').next().unwrap_or_default();
    ASKING.iter().any(|asking| {
        let below = domain.strip_suffix(asking);
        below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
    })
}
