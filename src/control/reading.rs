//! The readers that several kinds of policy files share: choices, counts, lists, and what a later release will have.
//!
//! In come fields; out come values, or a problem at the field. A list that is written is never empty: an empty list
//! could mean nothing or everything, so the author has to leave it out. What this release can't do is an error with
//! the field's name and never ignored.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::finding::{Code, Reason};
use crate::x509::usage::Usage;
use crate::yaml::{Field, Problems, Value, suggest};

// What is in a certificate is shorter, and what people read in a line of a report.
const TEXT_OCTETS: usize = 2_048;

/// Says that this field is known but not in this release.
pub fn later(field: &Field<'_>, problems: &mut Problems) {
    let message = format!(
        "`{}` is not implemented in this release of gitca",
        field.path
    );
    problems.push(
        Reason::new(Code::NotImplemented, message)
            .field(&field.path)
            .at(field.place)
            .help("leave it out until a release has it"),
    );
}

/// One of a few words.
pub fn choice<T: Copy>(
    field: &Field<'_>,
    words: &[(&str, T)],
    problems: &mut Problems,
) -> Option<T> {
    let text = field.text(problems)?;
    let chosen = words.iter().find(|(word, _)| *word == text);
    if chosen.is_none() {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let message = format!("`{text}` is not known here");
        problems.report_with_help(field, message, suggest(text, &known));
    }
    chosen.map(|(_, value)| *value)
}

/// A text that requests are told, or compared with: of at most so many octets, since each of them shows it.
pub fn short_text<'n>(field: &Field<'n>, problems: &mut Problems) -> Option<&'n str> {
    let text = field.text(problems)?;
    is_short(field, text, problems).then_some(text)
}

/// Whether a text is short enough to be shown to each request; a problem where it is not.
pub fn is_short(field: &Field<'_>, text: &str, problems: &mut Problems) -> bool {
    let is_short = text.len() <= TEXT_OCTETS;
    if !is_short {
        let message =
            format!("must have at most {TEXT_OCTETS} octets, since each request is shown it");
        problems.report(field, message);
    }
    is_short
}

/// An integer within a range.
pub fn count(
    field: &Field<'_>,
    range: RangeInclusive<usize>,
    problems: &mut Problems,
) -> Option<usize> {
    let number = usize::try_from(field.integer(problems)?).ok();
    let number = number.filter(|number| range.contains(number));
    if number.is_none() {
        let (least, most) = range.into_inner();
        let message = if most == usize::MAX {
            format!("must be at least {least}")
        } else {
            format!("must be from {least} to {most}")
        };
        problems.report(field, message);
    }
    number
}

/// `true` where `false` would mean the same as leaving it out.
pub fn only_true(field: &Field<'_>, problems: &mut Problems) -> bool {
    let value = field.boolean(problems);
    if value == Some(false) {
        problems.report(field, "must be `true` or left out");
    }
    value == Some(true)
}

/// The elements of a list that is not empty.
pub fn elements<'n>(
    field: &Field<'n>,
    problems: &mut Problems,
) -> impl Iterator<Item = Field<'n>> + use<'n> {
    if matches!(&field.node.value, Value::List(nodes) if nodes.is_empty()) {
        problems.report(field, "must not be an empty list");
    }
    field.elements(problems)
}

/// Values parsed from a list that is not empty and holds none of them twice.
pub fn distinct<T>(field: &Field<'_>, problems: &mut Problems) -> Vec<T>
where
    T: FromStr + Ord + Clone,
    T::Err: std::fmt::Display,
{
    let mut values = Vec::new();
    let mut seen = BTreeSet::new();
    for element in elements(field, problems) {
        match element.parse::<T>(problems) {
            Some(value) if seen.insert(value.clone()) => values.push(value),
            Some(_) => problems.report(&element, "is listed twice"),
            None => {}
        }
    }
    values
}

/// Usages by their Kubernetes names, none twice; unknown ones get the nearest name as help.
pub fn usages(field: &Field<'_>, problems: &mut Problems) -> Vec<Usage> {
    let names: Vec<(&str, Usage)> = Usage::ALL.map(|usage| (usage.as_str(), usage)).to_vec();
    let mut usages = Vec::new();
    for element in elements(field, problems) {
        match choice(&element, &names, problems) {
            Some(usage) if usages.contains(&usage) => {
                problems.report(&element, format!("`{usage}` is listed twice"));
            }
            Some(usage) => usages.push(usage),
            None => {}
        }
    }
    usages
}
