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

/// A signer name as it may be written, with stars, and the pattern that it must match where it has any.
type Target = (String, String);

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
    let namespaces = upstream.namespaces.as_deref();
    let mut targets = Vec::new();
    if wildcard(&kind, "Issuer") {
        targets.extend(of_namespaces(namespaces, &name));
    }
    if wildcard(&kind, "ClusterIssuer") {
        targets.extend(of_cluster(namespaces, &name, notes));
    }
    if targets.is_empty() {
        let message = "no signer name here means such an issuer";
        notes.lost("spec.selector.issuerRef", None, message);
        return None;
    }
    signers(targets, notes)
}

/// The signers of an Issuer in each of its namespaces.
fn of_namespaces(namespaces: Option<&[String]>, name: &str) -> Vec<Target> {
    let any = ["*".to_owned()];
    let signer = |namespace: &String| {
        let pattern = format!("{}\\.{}", regex(namespace, "[^./]*"), regex(name, "[^/]*"));
        (
            format!("issuers.{GROUP}/{namespace}.{name}"),
            format!("issuers\\.cert-manager\\.io/{pattern}"),
        )
    };
    namespaces.unwrap_or(&any).iter().map(signer).collect()
}

/// The signer of a `ClusterIssuer`, whose name can't keep the namespaces apart.
fn of_cluster(namespaces: Option<&[String]>, name: &str, notes: &mut Notes) -> Option<Target> {
    if !namespaces.is_none_or(|names| names.iter().any(|name| is_all(name))) {
        let message =
            "the name of a ClusterIssuer's signer tells no namespace, so none is admitted";
        notes.lost("spec.selector.namespace.matchNames", None, message);
        return None;
    }
    let pattern = regex(name, "[^/]*");
    Some((
        format!("clusterissuers.{GROUP}/{name}"),
        format!("clusterissuers\\.cert-manager\\.io/{pattern}"),
    ))
}

fn signers(targets: Vec<Target>, notes: &mut Notes) -> Option<Issuers> {
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
