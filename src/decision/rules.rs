//! Rules in CEL against one request; what can't be evaluated is refused.
//!
//! In come validations or a deny rule and the facts; out come reasons. A validation admits only when it is true, a deny rule
//! passes only when it is false.

use std::sync::Arc;

use crate::control::deny_policy::Denial;
use crate::control::validation::Validation;
use crate::decision::asked::Asked;
use crate::decision::objections::Objections;
use crate::decision::trace::Remark;
use crate::expression::Expression;
use crate::finding::{Code, Reason};

/// Objects to each validation that does not hold.
pub(super) fn judge(validations: &[Validation], asked: &Asked<'_>, objections: &mut Objections) {
    for Validation {
        name,
        at,
        rule,
        message,
    } in validations
    {
        let at = || format!("{at}.rule");
        if objections.is_settled() {
            return;
        }
        match evaluate(rule, asked) {
            Ok(true) => objections.hold(|| {
                let message = format!("rule `{name}` holds: `{}`", rule.source());
                Remark::new(message).rule(at())
            }),
            Ok(false) => objections.add(|| {
                let generated = format!("`{}` does not hold", rule.source());
                let message = message.as_ref().unwrap_or(&generated);
                let reason = Reason::new(Code::RuleFailed, format!("rule `{name}`: {message}"));
                reason.rule(at())
            }),
            Err(error) => {
                objections.add(|| broken(&format!("rule `{name}`"), &error).rule(at()));
            }
        }
    }
}

/// Objects when a deny entry's rule hits.
pub(super) fn judge_denial(denial: &Denial, asked: &Asked<'_>, objections: &mut Objections) {
    let Some(rule) = &denial.rule else { return };
    let at = || format!("{}.rule", denial.at);
    match evaluate(rule, asked) {
        Ok(false) => objections.hold(|| {
            let message = format!("entry `{}`: `{}` is false", denial.name, rule.source());
            Remark::new(message).rule(at())
        }),
        Ok(true) => objections.add(|| {
            let generated = format!("`{}` holds", rule.source());
            let message = denial.message.as_ref().unwrap_or(&generated);
            let message = format!("denied by entry `{}`: {message}", denial.name);
            Reason::new(Code::DeniedBy, message).rule(at())
        }),
        Err(error) => objections.add(|| {
            let who = format!("denied by entry `{}`", denial.name);
            broken(&who, &error).rule(at())
        }),
    }
}

fn evaluate(rule: &Expression, asked: &Asked<'_>) -> Result<bool, String> {
    let facts = asked.facts.ok_or("the facts were not gathered")?;
    rule.evaluate(&Arc::clone(facts), asked.effort)
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
