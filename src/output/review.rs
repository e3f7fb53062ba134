//! What a reviewer must know of a request, as rows in one order for every text output.
//!
//! In comes a result; out come labels and values in the words of strangers: each output makes them harmless for itself. Who
//! asked comes first, then what for, then who admits it and who is still to agree.

use crate::finding::{Code, Reason};
use crate::report::{Assent, Details, Lack, Refuser, RequestResult, Requester, Verdict};

/// How a row wants to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// As it is.
    Plain,
    /// Before all others.
    Alarm,
    /// In one piece, since it is there to be copied.
    Command,
}

/// A label and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) weight: Weight,
}

/// The rows about one request.
pub(super) fn rows(result: &RequestResult) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |label, value: Option<String>, weight| {
        rows.extend(value.map(|value| Row {
            label,
            value,
            weight,
        }));
    };
    let Some(details) = &result.details else {
        add(
            "asked by",
            result.requester.as_ref().map(asked_by),
            Weight::Plain,
        );
        return rows;
    };
    let privileged = (!details.privileged.is_empty()).then(|| details.privileged.join(", "));
    add("powers", privileged, Weight::Alarm);
    for (label, value) in [
        ("asked by", result.requester.as_ref().map(asked_by)),
        ("subject", Some(or_empty(&details.subject))),
        ("names", joined(&details.sans)),
        ("usages", joined(&details.usages)),
        ("key", Some(details.key.clone())),
        ("lifetime", lifetime(details, result)),
        (
            "signer",
            result.signer_name.as_ref().map(ToString::to_string),
        ),
        ("serial", result.serial_number.clone()),
        ("policy", policy(details, result)),
        ("policy", details.refuser.as_ref().map(refuser)),
    ] {
        add(label, value, Weight::Plain);
    }
    for assent in &details.assents {
        add("approvals", Some(approvals(assent, details)), Weight::Plain);
    }
    // Whoever presses the button should know that nobody else is asked.
    let nobody = result.verdict == Verdict::Approved && details.assents.is_empty();
    let none = nobody.then(|| "none needed: the merge is the approval".to_owned());
    add("approvals", none, Weight::Plain);
    add("approve", command(details, result), Weight::Command);
    rows
}

/// The reasons that no row tells.
pub(super) fn untold(result: &RequestResult) -> Vec<&Reason> {
    let is = |code: Code| move |reason: &&Reason| reason.code == code;
    // What the rules before a change want is in no row.
    let by_rules_before = result
        .reasons
        .iter()
        .any(|reason| is(Code::ControlChangedTogether)(&reason));
    let has_row = result.details.as_ref().is_some_and(is_open) && !by_rules_before;
    let reasons = result.reasons.iter();
    reasons
        .filter(|reason| !(has_row && is(Code::ApprovalMissing)(reason)))
        .collect()
}

fn is_open(details: &Details) -> bool {
    let mut assents = details.assents.iter();
    assents.any(|assent| !assent.lacking.is_empty())
}

fn asked_by(requester: &Requester) -> String {
    let (name, email) = (&requester.name, &requester.email);
    let author = match (name.as_deref(), email.as_deref()) {
        (None, None) => "git names no author".to_owned(),
        (name, email) => format!(
            "git says {} <{}>",
            name.unwrap_or_default(),
            email.unwrap_or_default()
        ),
    };
    match (&requester.principal, requester.method) {
        (Some(principal), Some("signature")) => format!("{principal}, by signature; {author}"),
        (Some(principal), Some(method)) => format!("{principal}, by {method} only; {author}"),
        (Some(principal), None) => format!("{principal}; {author}"),
        (None, _) => format!("nobody proven; {author}"),
    }
}

fn or_empty(subject: &str) -> String {
    let subject = if subject.is_empty() {
        "(empty)"
    } else {
        subject
    };
    subject.to_owned()
}

fn joined(values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| values.join(", "))
}

fn lifetime(details: &Details, result: &RequestResult) -> Option<String> {
    let lifetime = details.lifetime.as_ref()?;
    let asked = details.lifetime_asked.as_deref().unwrap_or("none");
    let until = result.not_after.map(|end| format!(", until {end}"));
    let until = until.unwrap_or_default();
    Some(format!("{lifetime} (asked for: {asked}){until}"))
}

fn policy(details: &Details, result: &RequestResult) -> Option<String> {
    let (file, line) = details.policy_place.as_ref()?;
    let name = result.policy.as_deref().unwrap_or_default();
    Some(format!("{name} ({file}:{line})"))
}

fn refuser(refuser: &Refuser) -> String {
    let line = refuser.line.map(|line| format!(":{line}"));
    let place = format!("{}{}", refuser.file, line.unwrap_or_default());
    let does = if refuser.denies {
        "denies it"
    } else {
        "comes nearest"
    };
    format!("{} ({place}) {does}", refuser.name)
}

/// `1 of 2 (bob); 1 more of group platform: carol or dave`.
fn approvals(assent: &Assent, details: &Details) -> String {
    let mut text = format!("{} of {}", assent.had(), assent.needed);
    if let Some(given) = joined(&assent.given) {
        text = format!("{text} ({given})");
    }
    for lack in &assent.lacking {
        text = format!("{text}; {}", lacking(lack));
    }
    if details.policy_place.is_some() {
        return text;
    }
    // Nothing has said yet which policy would admit it.
    let (file, line) = &assent.place;
    format!("{text}; policy {}, {file}:{line}", assent.policy)
}

fn lacking(lack: &Lack) -> String {
    let groups = joined(&lack.groups);
    let groups = groups.map(|groups| format!(" of group {}", groups.replace(", ", " or ")));
    let others = lack.number - lack.able.len();
    let is_enough = lack.number >= lack.count;
    let able = match (is_enough, others) {
        _ if lack.number == 0 => "nobody who may is left".to_owned(),
        (false, 0) => format!("only {} may", lack.able.join(" and ")),
        (false, _) => format!("only {} and {others} others may", lack.able.join(", ")),
        (true, 0) => lack.able.join(" or "),
        (true, _) => format!("{} or {others} others", lack.able.join(", ")),
    };
    format!("{} more{}: {able}", lack.count, groups.unwrap_or_default())
}

/// What to type to agree to these very bytes.
fn command(details: &Details, result: &RequestResult) -> Option<String> {
    let request = result.request.as_ref().filter(|_| is_open(details))?;
    let blob = details.blob.to_string();
    Some(format!("gitca approve {request}  # {}", &blob[..8]))
}
