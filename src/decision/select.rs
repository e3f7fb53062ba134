//! Which requests a policy is about: the first part of its selector that does not hold.
//!
//! In come a selector and a request; out comes nothing, or the reason that `describe` shows beside the policy's name.
//! The parts are looked at in a fixed order, so the same request always gets the same reason.

use std::fmt::Display;

use crate::control::selector::{NamePattern, Selector};
use crate::decision::asked::Asked;
use crate::finding::{Code, Reason};

/// The first part that does not hold; `None` when the selector does.
#[must_use]
pub fn failing(selector: &Selector, asked: &Asked<'_>) -> Option<Reason> {
    let fits = |patterns: &[NamePattern], name: &str| {
        patterns.is_empty()
            || patterns
                .iter()
                .any(|pattern| pattern.fits(name, asked.request))
    };
    let signer_name = asked.signer_name.as_str();
    if !fits(&selector.signer_names, signer_name) {
        let message = format!("is about the signers {}", quoted(&selector.signer_names));
        let reason = Reason::new(Code::SelectorSigner, message).value(signer_name);
        return Some(reason.field("spec.signerName"));
    }
    let path = asked.request.as_str();
    if !fits(&selector.paths, path) {
        let message = format!("is about the paths {}", quoted(&selector.paths));
        return Some(Reason::new(Code::SelectorPath, message).value(path));
    }
    let differs = |(key, value): &(&String, &String)| asked.labels.get(*key) != Some(*value);
    let (key, wanted) = selector.labels.iter().find(differs)?;
    let message = format!("is about requests with the label `{key}: {wanted}`");
    let reason = Reason::new(Code::SelectorLabel, message).field(format!("metadata.labels.{key}"));
    Some(match asked.labels.get(key) {
        Some(value) => reason.value(value),
        None => reason,
    })
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
}
