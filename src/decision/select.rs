//! Which requests a policy is about: the first part of its selector that does not hold.
//!
//! In come a selector and a request; out comes nothing, or the reason that `describe` shows beside the policy's name, or
//! what every part of it says. The parts are looked at in a fixed order, so the same request always gets the same reason.

use std::fmt::Display;

use crate::control::glob::placeholder::Given;
use crate::control::identity::Identity;
use crate::control::selector::{NamePattern, Requesters, Selector};
use crate::decision::asked::Asked;
use crate::decision::objections::Objections;
use crate::decision::trace::{Part, Remark};
use crate::effort::Effort;
use crate::finding::{Code, Reason};
use crate::request::Request;

/// Whether the selector holds.
#[must_use]
pub fn holds(selector: &Selector, asked: &Asked<'_>) -> bool {
    let mut objections = Objections::silent();
    walk(selector, asked, &mut objections);
    !objections.any()
}

/// Whether the selector may hold for a request of which nobody knows who asked: its signer and its path fit.
#[must_use]
pub fn may_hold(selector: &Selector, request: &Request) -> bool {
    let nobody = Identity::default();
    let effort = Effort::of_words();
    let given = Given::new(&request.name, &nobody, &effort);
    let fits = |patterns: &[NamePattern], text: &str| {
        // What a placeholder stands for may depend on who asked.
        let may =
            |pattern: &NamePattern| pattern.to_string().contains("{{") || pattern.fits(text, given);
        patterns.is_empty() || patterns.iter().any(may)
    };
    fits(&selector.signer_names, request.signer_name.as_str())
        && fits(&selector.paths, request.name.as_str())
}

/// The first part that does not hold; `None` when the selector does.
#[must_use]
pub fn failing(selector: &Selector, asked: &Asked<'_>) -> Option<Reason> {
    let mut objections = Objections::told();
    walk(selector, asked, &mut objections);
    objections.into_reasons().next()
}

/// Every part that is given, whether it holds or not.
#[must_use]
pub fn trace(selector: &Selector, asked: &Asked<'_>) -> Vec<Part> {
    let mut objections = Objections::traced();
    walk(selector, asked, &mut objections);
    objections.into_parts()
}

/// The parts in a fixed order.
fn walk(selector: &Selector, asked: &Asked<'_>, objections: &mut Objections) {
    if selector.is_everything() {
        objections.hold(|| Remark::new("is about every request").rule(&selector.at));
        return;
    }
    judge_signer_name(selector, asked, objections);
    if !objections.is_settled() {
        judge_path(selector, asked, objections);
    }
    if !objections.is_settled() {
        judge_requester(selector, asked, objections);
    }
    if !objections.is_settled() {
        judge_labels(selector, asked, objections);
    }
}

fn judge_signer_name(selector: &Selector, asked: &Asked<'_>, objections: &mut Objections) {
    let (patterns, name) = (&selector.signer_names, asked.signer_name.as_str());
    if patterns.is_empty() {
        return;
    }
    let rule = || format!("{}.signerNames", selector.at);
    match fitting(patterns, name, asked) {
        Some(index) => objections.hold(|| {
            let remark = Remark::new(format!("fits `{}`", patterns[index]));
            let remark = remark.field("spec.signerName").value(name);
            remark.rule(format!("{}[{index}]", rule()))
        }),
        None => objections.add(|| {
            let message = format!("is about the signers {}", quoted(patterns));
            let reason = Reason::new(Code::SelectorSigner, message).rule(rule());
            reason.value(name).field("spec.signerName")
        }),
    }
}

fn judge_path(selector: &Selector, asked: &Asked<'_>, objections: &mut Objections) {
    let (patterns, path) = (&selector.paths, asked.request.as_str());
    if patterns.is_empty() {
        return;
    }
    let rule = || format!("{}.paths", selector.at);
    match fitting(patterns, path, asked) {
        Some(index) => objections.hold(|| {
            let remark = Remark::new(format!("the path fits `{}`", patterns[index]));
            remark.value(path).rule(format!("{}[{index}]", rule()))
        }),
        None => objections.add(|| {
            let message = format!("is about the paths {}", quoted(patterns));
            let reason = Reason::new(Code::SelectorPath, message).rule(rule());
            reason.value(path)
        }),
    }
}

fn judge_requester(selector: &Selector, asked: &Asked<'_>, objections: &mut Objections) {
    let Some(requesters) = &selector.requesters else {
        return;
    };
    let rule = || format!("{}.requesters", selector.at);
    // Nobody is never meant.
    let Some(principal) = &asked.requester.principal else {
        objections.add(|| {
            let meant = people(requesters);
            let message = format!("is about requests of {meant}, and who asked is not known");
            let reason = Reason::new(Code::RequesterUnknown, message).rule(rule());
            reason.help("sign the commit with a key of a Principal")
        });
        return;
    };
    if requesters.mean(principal, &asked.requester.groups) {
        objections.hold(|| {
            let message = format!("is about requests of {}", people(requesters));
            Remark::new(message).value(principal.as_str()).rule(rule())
        });
        return;
    }
    objections.add(|| {
        let message = format!("is about requests of {}", people(requesters));
        let reason = Reason::new(Code::SelectorRequester, message).rule(rule());
        reason.value(principal.as_str())
    });
}

fn judge_labels(selector: &Selector, asked: &Asked<'_>, objections: &mut Objections) {
    for (key, wanted) in &selector.labels {
        let (found, field) = (asked.labels.get(key), || format!("metadata.labels.{key}"));
        let rule = || format!("{}.labels.matchLabels.{key}", selector.at);
        if found == Some(wanted) {
            objections.hold(|| {
                let remark = Remark::new("the label is there").field(field());
                remark.value(wanted).rule(rule())
            });
            continue;
        }
        objections.add(|| {
            let message = format!("is about requests with the label `{key}: {wanted}`");
            let reason = Reason::new(Code::SelectorLabel, message).field(field());
            let reason = reason.rule(rule());
            match found {
                Some(value) => reason.value(value),
                None => reason,
            }
        });
    }
}

/// The first pattern that the name fits.
fn fitting(patterns: &[NamePattern], name: &str, asked: &Asked<'_>) -> Option<usize> {
    let given = asked.given();
    let mut patterns = patterns.iter();
    patterns.position(|pattern| pattern.fits(name, given))
}

fn people(requesters: &Requesters) -> String {
    let mut people = Vec::new();
    if !requesters.groups.is_empty() {
        people.push(format!("members of {}", quoted(&requesters.groups)));
    }
    if !requesters.principals.is_empty() {
        people.push(quoted(&requesters.principals));
    }
    people.join(" and of ")
}

fn quoted(names: &[impl Display]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::sample::denying;
    use crate::decision::asked::sample::Sample;

    #[test]
    fn the_first_part_that_does_not_hold_is_named() {
        for (selector, code) in [
            ("{everything: true}", None),
            ("{}", None),
            ("{signerNames: [example.com/tls]}", None),
            (
                "{signerNames: [example.com/other]}",
                Some(Code::SelectorSigner),
            ),
            ("{signerNames: [{glob: example.com/*}]}", None),
            ("{signerNames: [{glob: '*/tls'}]}", None),
            (
                "{signerNames: [{glob: 'kubernetes.io/*'}]}",
                Some(Code::SelectorSigner),
            ),
            ("{paths: ['shop/**']}", None),
            ("{paths: ['shop/*', 'x']}", None),
            ("{paths: ['shop']}", Some(Code::SelectorPath)),
            ("{paths: ['*']}", Some(Code::SelectorPath)),
            ("{paths: ['shop/w*']}", None),
            ("{labels: {matchLabels: {team: shop}}}", None),
            (
                "{labels: {matchLabels: {team: dev}}}",
                Some(Code::SelectorLabel),
            ),
            (
                "{labels: {matchLabels: {tier: '1'}}}",
                Some(Code::SelectorLabel),
            ),
            (
                "{labels: {matchLabels: {team: dev}}, paths: [x], signerNames: [a.b/c]}",
                Some(Code::SelectorSigner),
            ),
        ] {
            let policy = denying(&format!(
                "{{selector: {selector}, deny: [{{name: x, usages: [any]}}]}}"
            ));
            let mut sample = Sample::new();
            sample.labels.insert("team".to_owned(), "shop".to_owned());
            let reason = failing(&policy.selector, &sample.asked());
            assert_eq!(reason.map(|reason| reason.code), code, "{selector}");
        }
    }

    #[test]
    fn only_a_known_requester_is_meant() {
        let names = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
        for (principal, groups, code) in [
            (None, &[][..], Some(Code::RequesterUnknown)),
            (None, &["dev"], Some(Code::RequesterUnknown)),
            (Some("alice"), &[], Some(Code::SelectorRequester)),
            (Some("alice"), &["ops"], Some(Code::SelectorRequester)),
            (Some("alice"), &["ops", "dev"], None),
            (Some("bob"), &[], None),
            (Some("dev"), &["bob"], Some(Code::SelectorRequester)),
        ] {
            let selector = Selector {
                requesters: Some(Requesters {
                    groups: names(&["dev", "web"]),
                    principals: names(&["bob"]),
                }),
                ..Selector::default()
            };
            let mut sample = Sample::new();
            sample.requester.principal = principal.map(|name| name.parse().unwrap());
            sample.requester.groups = groups.iter().map(|name| name.parse().unwrap()).collect();
            let reason = failing(&selector, &sample.asked());
            let found = reason.as_ref().map(|reason| reason.code);
            assert_eq!(found, code, "{principal:?} {groups:?}");
            if let Some(reason) = reason {
                let meant = "members of `dev`, `web` and of `bob`";
                assert!(reason.message.contains(meant), "{}", reason.message);
            }
        }
    }
}
