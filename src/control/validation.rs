//! Rules of policies in CEL: read, bounded and tried when the file is loaded.
//!
//! In come fields of policy files; out come compiled rules, or what is wrong with one at its place in the file.

use crate::control::reading::{elements, short_text};
use crate::control::surroundings::Surroundings;
use crate::expression::Expression;
use crate::names::ObjectName;
use crate::yaml::{Field, Problems};

/// A rule that a request must satisfy.
#[derive(Clone, Debug)]
pub struct Validation {
    /// What reports call it.
    pub name: ObjectName,
    /// Where it stands in its file, such as `spec.validations[0]`.
    pub at: String,
    /// The rule.
    pub rule: Expression,
    /// What the requester is told when it does not hold.
    pub message: Option<String>,
}

/// `validations` of an approval policy.
pub(super) fn read_validations(
    field: &Field<'_>,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Vec<Validation> {
    let mut validations: Vec<Validation> = Vec::new();
    for element in elements(field, problems) {
        let Some(validation) = read_validation(&element, around, problems) else {
            continue;
        };
        if validations
            .iter()
            .any(|other| other.name == validation.name)
        {
            problems.report(&element, format!("`{}` is there twice", validation.name));
        }
        validations.push(validation);
    }
    validations
}

fn read_validation(
    field: &Field<'_>,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Option<Validation> {
    let object = field.object(&["name", "rule", "message"], problems)?;
    let name = object.require("name", problems);
    let name = name.and_then(|field| field.parse(problems));
    let rule = object.require("rule", problems);
    let rule = rule.and_then(|field| read_rule(&field, around, problems));
    let message = object.get("message");
    let message = message.and_then(|field| short_text(&field, problems));
    Some(Validation {
        message: message.map(str::to_owned),
        at: field.path.clone(),
        name: name?,
        rule: rule?,
    })
}

/// One rule.
pub(super) fn read_rule(
    field: &Field<'_>,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Option<Expression> {
    match Expression::compile(field.text(problems)?, &around.compiling) {
        Ok(rule) => Some(rule),
        Err(fault) => {
            match fault.help {
                Some(help) => problems.report_with_help(field, fault.message, help),
                None => problems.report(field, fault.message),
            }
            None
        }
    }
}
