//! `issuerRef` and `namespace` as signer names: cert-manager answers to `issuers.cert-manager.io/NAMESPACE.NAME` and
//! `clusterissuers.cert-manager.io/NAME`.
//!
//! A star in our signer names crosses dots, and so would reach into another namespace; where there is one, a rule with a
//! regular expression holds as well.

use crate::conversion::notes::Notes;
use crate::conversion::patterns::wildcard;
use crate::conversion::upstream::Upstream;
use crate::conversion::written::Name;
use crate::names::SignerName;

const GROUP: &str = "cert-manager.io";

/// The signers that a policy is about.
pub(super) struct Issuers {
    pub(super) signer_names: Vec<Name>,
    /// A pattern that the signer name must match as well.
    pub(super) pattern: Option<String>,
}

/// The signers; `None`, with the reason noted, when there can be none.
pub(super) fn convert(upstream: &Upstream, notes: &mut Notes) -> Option<Issuers> {
    let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "*".to_owned());
    let reference = &upstream.issuer;
    let (name, kind, group) = (
        part(&reference.name),
        part(&reference.kind),
        part(&reference.group),
    );
    if !wildcard(&group, GROUP) {
        let message = format!("issuers of `{group}` have no signer names here");
        notes.lost("spec.selector.issuerRef.group", None, message);
        return None;
    }
    if group != GROUP {
        let message = "only issuers of `cert-manager.io` have signer names here";
        notes.differs("spec.selector.issuerRef.group", message);
    }
    let mut targets: Vec<(String, String)> = Vec::new();
    if wildcard(&kind, "Issuer") {
        let any = vec!["*".to_owned()];
        let namespaces = upstream.namespaces.as_ref().unwrap_or(&any);
        let with = |namespace: &String| {
            (
                format!("{namespace}.{name}"),
                format!("{}\\.{}", regex(namespace, "[^./]*"), regex(&name, "[^/]*")),
            )
        };
        targets.extend(namespaces.iter().map(with).map(|(text, pattern)| {
            (
                format!("issuers.{GROUP}/{text}"),
                format!("issuers\\.cert-manager\\.io/{pattern}"),
            )
        }));
    }
    let everywhere = upstream.namespaces.as_ref();
    let everywhere = everywhere.is_none_or(|names| names.iter().any(|name| is_all(name)));
    if wildcard(&kind, "ClusterIssuer") {
        if everywhere {
            let pattern = format!(
                "clusterissuers\\.cert-manager\\.io/{}",
                regex(&name, "[^/]*")
            );
            targets.push((format!("clusterissuers.{GROUP}/{name}"), pattern));
        } else {
            let message =
                "the name of a ClusterIssuer's signer tells no namespace, so none is admitted";
            notes.lost("spec.selector.namespace.matchNames", None, message);
        }
    }
    if targets.is_empty() {
        let message = "no signer name here means such an issuer";
        notes.lost("spec.selector.issuerRef", None, message);
        return None;
    }
    signers(targets, notes)
}

fn signers(targets: Vec<(String, String)>, notes: &mut Notes) -> Option<Issuers> {
    let mut signer_names = Vec::new();
    let mut patterns = Vec::new();
    for (text, pattern) in targets {
        // With a star as short as it can be, it must be a signer name.
        if text.replace('*', "x").parse::<SignerName>().is_err() {
            let message = format!("`{text}` can be no signer name");
            notes.lost("spec.selector", None, message);
            continue;
        }
        if text.contains('*') {
            signer_names.push(Name::Glob { glob: text });
        } else {
            signer_names.push(Name::Exact(text));
        }
        patterns.push(pattern);
    }
    let any_glob = signer_names
        .iter()
        .any(|name| matches!(name, Name::Glob { .. }));
    let pattern = any_glob.then(|| format!("^(?:{})$", patterns.join("|")));
    (!signer_names.is_empty()).then_some(Issuers {
        signer_names,
        pattern,
    })
}

fn is_all(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// The pattern with each star as this expression.
fn regex(pattern: &str, star: &str) -> String {
    let pieces: Vec<String> = pattern.split('*').map(regex_syntax::escape).collect();
    pieces.join(star)
}
