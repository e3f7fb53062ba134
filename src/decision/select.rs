//! Which requests a policy is about: the first part of its selector that does not hold.
//!
//! In come a selector and a request; out comes nothing, or the reason that `describe` shows beside the policy's name.
//! The parts are looked at in a fixed order, so the same request always gets the same reason.

use std::fmt::Display;

use crate::control::selector::{NamePattern, Requesters, Selector};
use crate::decision::asked::Asked;
use crate::finding::{Code, Reason};

/// The part of a selector that does not hold.
enum Failing<'s> {
    SignerName,
    Path,
    /// Nobody knows who asked.
    Nobody(&'s Requesters),
    Requester(&'s Requesters),
    Label(&'s str, &'s str),
}

/// Whether the selector holds.
#[must_use]
pub fn holds(selector: &Selector, asked: &Asked<'_>) -> bool {
    first(selector, asked).is_none()
}

/// The first part that does not hold; `None` when the selector does.
#[must_use]
pub fn failing(selector: &Selector, asked: &Asked<'_>) -> Option<Reason> {
    Some(match first(selector, asked)? {
        Failing::SignerName => {
            let message = format!("is about the signers {}", quoted(&selector.signer_names));
            Reason::new(Code::SelectorSigner, message)
                .value(asked.signer_name.as_str())
                .field("spec.signerName")
        }
        Failing::Path => {
            let message = format!("is about the paths {}", quoted(&selector.paths));
            Reason::new(Code::SelectorPath, message).value(asked.request.as_str())
        }
        Failing::Nobody(requesters) => {
            let meant = people(requesters);
            let message = format!("is about requests of {meant}, and who asked is not known");
            let help = "sign the commit with a key of a Principal";
            Reason::new(Code::RequesterUnknown, message).help(help)
        }
        Failing::Requester(requesters) => {
            let message = format!("is about requests of {}", people(requesters));
            let reason = Reason::new(Code::SelectorRequester, message);
            match &asked.requester.principal {
                Some(principal) => reason.value(principal.as_str()),
                None => reason,
            }
        }
        Failing::Label(key, wanted) => {
            let message = format!("is about requests with the label `{key}: {wanted}`");
            let reason = Reason::new(Code::SelectorLabel, message);
            let reason = reason.field(format!("metadata.labels.{key}"));
            match asked.labels.get(key) {
                Some(value) => reason.value(value),
                None => reason,
            }
        }
    })
}

/// The parts in a fixed order.
fn first<'s>(selector: &'s Selector, asked: &Asked<'_>) -> Option<Failing<'s>> {
    let given = asked.given();
    let fits = |patterns: &[NamePattern], name: &str| {
        patterns.is_empty() || patterns.iter().any(|pattern| pattern.fits(name, given))
    };
    if !fits(&selector.signer_names, asked.signer_name.as_str()) {
        return Some(Failing::SignerName);
    }
    if !fits(&selector.paths, asked.request.as_str()) {
        return Some(Failing::Path);
    }
    if let Some(requesters) = &selector.requesters {
        // Nobody is never meant.
        let Some(principal) = &asked.requester.principal else {
            return Some(Failing::Nobody(requesters));
        };
        if !requesters.mean(principal, &asked.requester.groups) {
            return Some(Failing::Requester(requesters));
        }
    }
    let differs = |(key, value): &(&String, &String)| asked.labels.get(*key) != Some(*value);
    let (key, wanted) = selector.labels.iter().find(differs)?;
    Some(Failing::Label(key, wanted))
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
