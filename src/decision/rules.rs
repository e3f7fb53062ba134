//! Rules in CEL against one request; what can't be evaluated is refused.
//!
//! In come validations or a deny rule and the facts; out come reasons. A validation admits only when it is true, a deny rule
//! passes only when it is false.

use std::sync::Arc;

use crate::control::deny_policy::Denial;
use crate::control::validation::Validation;
use crate::decision::asked::Asked;
use crate::decision::objections::Objections;
use crate::expression::Expression;
use crate::finding::{Code, Reason};

/// Objects to each validation that does not hold.
pub(super) fn judge(validations: &[Validation], asked: &Asked<'_>, objections: &mut Objections) {
    for Validation {
        name,
        rule,
        message,
    } in validations
    {
        if objections.is_settled() {
            return;
        }
        match evaluate(rule, asked) {
            Ok(true) => {}
            Ok(false) => objections.add(|| {
                let generated = format!("`{}` does not hold", rule.source());
                let message = message.as_ref().unwrap_or(&generated);
                Reason::new(Code::RuleFailed, format!("rule `{name}`: {message}"))
            }),
            Err(error) => objections.add(|| broken(&format!("rule `{name}`"), &error)),
        }
    }
}

/// The hit of a deny entry's rule.
pub(super) fn hit(denial: &Denial, asked: &Asked<'_>) -> Option<Reason> {
    let rule = denial.rule.as_ref()?;
    match evaluate(rule, asked) {
        Ok(false) => None,
        Ok(true) => {
            let generated = format!("`{}` holds", rule.source());
            let message = denial.message.as_ref().unwrap_or(&generated);
            let message = format!("denied by entry `{}`: {message}", denial.name);
            Some(Reason::new(Code::DeniedBy, message))
        }
        Err(error) => Some(broken(
            &format!("denied by entry `{}`", denial.name),
            &error,
        )),
    }
}

fn evaluate(rule: &Expression, asked: &Asked<'_>) -> Result<bool, String> {
    let facts = asked.facts.ok_or("the facts were not gathered")?;
    rule.evaluate(&Arc::clone(facts))
}

/// The requester sees that it failed; what failed is for those who own the policy.
fn broken(who: &str, error: &str) -> Reason {
    Reason::new(
        Code::RuleError,
        format!("{who}: the rule could not be evaluated, which counts against the request"),
    )
    .value(error)
    .help("ask the owners of the policy to make the rule hold for every request")
}
