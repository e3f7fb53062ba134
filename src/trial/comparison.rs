//! What a case expected against what came: one comparison for each key that may stand under `expect`.
//!
//! In come an expectation and a ruling; out comes a [`Difference`] for each key that is written and does not hold, in the
//! order of the keys. What is not written is not compared.

use crate::control::policy_test::{Expectation, Lack};
use crate::decision::counting::Missing;
use crate::decision::ruling::Ruling;
use crate::finding::{Code, Reason};
use crate::names::ObjectName;
use crate::report::Verdict;
use crate::trial::outcome::Difference;

type Comparison = fn(&Expectation, &Ruling) -> Option<Difference>;

const COMPARISONS: [Comparison; 5] = [verdict, policy, codes, field, missing];

/// What was expected and did not come.
pub(super) fn differences(expected: &Expectation, got: &Ruling) -> Vec<Difference> {
    let comparisons = COMPARISONS.iter();
    comparisons
        .filter_map(|compare| compare(expected, got))
        .collect()
}

fn difference(what: &'static str, expected: String, got: String) -> Difference {
    Difference {
        what,
        expected,
        got,
    }
}

fn verdict(expected: &Expectation, got: &Ruling) -> Option<Difference> {
    let (expected, got) = (expected.verdict, got.verdict);
    if expected == got {
        return None;
    }
    Some(difference("verdict", expected.to_string(), got.to_string()))
}

/// The policy that admits, or that of a reason.
fn policy(expected: &Expectation, got: &Ruling) -> Option<Difference> {
    let (policy, found) = (expected.policy.as_ref()?, policies(got));
    if found.contains(&policy.as_str()) {
        return None;
    }
    Some(difference("policy", policy.to_string(), list(found)))
}

fn codes(expected: &Expectation, got: &Ruling) -> Option<Difference> {
    let codes = expected.codes.as_ref()?;
    let found: Vec<Code> = said(got).map(|reason| reason.code).collect();
    let is_right = if codes.is_empty() {
        found.is_empty()
    } else {
        codes.iter().all(|code| found.contains(code))
    };
    if is_right {
        return None;
    }
    Some(difference("codes", list(codes), list(found)))
}

fn field(expected: &Expectation, got: &Ruling) -> Option<Difference> {
    let field = expected.field.as_ref()?;
    let codes = expected.codes.as_deref().unwrap_or_default();
    let is_meant = |reason: &&Reason| codes.is_empty() || codes.contains(&reason.code);
    let found: Vec<&str> = said(got)
        .filter(is_meant)
        .filter_map(|reason| reason.field.as_deref())
        .collect();
    if found.contains(&field.as_str()) {
        return None;
    }
    Some(difference("field", field.clone(), list(found)))
}

fn missing(expected: &Expectation, got: &Ruling) -> Option<Difference> {
    let missing = expected.missing.as_ref()?;
    let found = lacks(expected, got);
    if found.contains(missing) {
        return None;
    }
    let found: Vec<String> = found.iter().map(list).collect();
    Some(difference("missing", list(missing), list(found)))
}

fn said(got: &Ruling) -> impl Iterator<Item = &Reason> {
    got.reasons.iter().chain(&got.notices)
}

fn policies(got: &Ruling) -> Vec<&str> {
    if let Some(policy) = &got.policy {
        return vec![policy.as_str()];
    }
    let mut policies: Vec<&str> = Vec::new();
    for policy in got
        .reasons
        .iter()
        .filter_map(|reason| reason.policy.as_deref())
    {
        if !policies.contains(&policy) {
            policies.push(policy);
        }
    }
    policies
}

/// What each policy misses, or the one that is named; nothing at all, where nothing is missing.
fn lacks(expected: &Expectation, got: &Ruling) -> Vec<Vec<Lack>> {
    let lack = |missing: &Missing| Lack {
        groups: missing.groups.clone(),
        principals: missing.principals.clone(),
        count: missing.count,
    };
    let sorted = |missing: &Vec<Missing>| {
        let mut lacks: Vec<Lack> = missing.iter().map(lack).collect();
        lacks.sort();
        lacks
    };
    let named = |policy: &ObjectName| expected.policy.as_ref().is_none_or(|its| its == policy);
    let missing = got.missing.iter().filter(|(policy, _)| named(policy));
    let all: Vec<Vec<Lack>> = missing.map(|(_, missing)| sorted(missing)).collect();
    if all.is_empty() && got.verdict == Verdict::Approved {
        return vec![Vec::new()];
    }
    all
}

fn list(items: impl IntoIterator<Item = impl ToString>) -> String {
    let texts: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if texts.is_empty() {
        return "none".to_owned();
    }
    texts.join(", ")
}
