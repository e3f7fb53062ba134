//! Clusters: where a kubeconfig points to, and whom it trusts there.
//!
//! In comes the spec of a Cluster file; out comes a [`Cluster`]. Nothing of a kubeconfig but its user comes from a
//! request, so the fields here are checked as if a stranger had written them.

use std::sync::Arc;

use crate::control::document::Document;
use crate::control::glob::label::is_label;
use crate::control::surroundings::Surroundings;
use crate::names::{ObjectId, ObjectName, RepoPath};
use crate::yaml::{Field, Problems};

const FIELDS: [&str; 5] = [
    "server",
    "certificateAuthority",
    "tlsServerName",
    "proxyURL",
    "namespace",
];
// What client-go accepts as proxy-url.
const PROXY_SCHEMES: [&str; 3] = ["http", "https", "socks5"];

/// One cluster of a kubeconfig.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The name of the object, and of the cluster in a kubeconfig.
    pub name: ObjectName,
    /// The file it was read from.
    pub file: RepoPath,
    /// Its git object.
    pub blob: ObjectId,
    /// The https URL of the API server.
    pub server: String,
    /// The file and PEM text of the CAs that certify the server; `None` for those of the system.
    pub certificate_authority: Option<(RepoPath, Arc<str>)>,
    /// The name in the server's certificate, when it is not that of the URL.
    pub tls_server_name: Option<String>,
    /// The proxy on the way to the server.
    pub proxy_url: Option<String>,
    /// The namespace of the context.
    pub namespace: Option<String>,
}

impl Cluster {
    /// Reads the spec of a Cluster file.
    pub fn read(
        document: &Document<'_>,
        around: &Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let spec = document.spec.object(&FIELDS, problems)?;
        let server = spec.require("server", problems);
        let server = server.and_then(|field| url(&field, &["https"], problems));
        let mut optional = |key, read: fn(&Field<'_>, &mut Problems) -> Option<String>| {
            spec.get(key).and_then(|field| read(&field, problems))
        };
        let tls_server_name = optional("tlsServerName", host);
        let proxy_url = optional("proxyURL", |field, problems| {
            url(field, &PROXY_SCHEMES, problems)
        });
        let namespace = optional("namespace", label);
        Some(Self {
            name: document.name.clone(),
            file: document.file.clone(),
            blob: document.blob,
            certificate_authority: spec
                .get("certificateAuthority")
                .and_then(|field| around.certificates(&field, problems)),
            tls_server_name,
            proxy_url,
            namespace,
            server: server?,
        })
    }
}

fn url(field: &Field<'_>, schemes: &[&str], problems: &mut Problems) -> Option<String> {
    let text = field.text(problems)?;
    let rest = text.split_once("://");
    let rest = rest.filter(|(scheme, _)| schemes.contains(scheme));
    let valid = rest.is_some_and(|(_, rest)| {
        let authority = rest.split('/').next().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"?#@\\\"<>^`{|}".contains(&byte);
        rest.bytes().all(plain) && is_authority(authority)
    });
    if !valid {
        let message = format!(
            "must be a URL with {}, a host, and no user, query or fragment",
            schemes.join(" or ")
        );
        problems.report(field, message);
    }
    valid.then(|| text.to_owned())
}

/// A host name, an IPv4 address or an IPv6 address in brackets, and maybe a port (RFC 3986 3.2).
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let number =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let literal = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let valid_host = match literal {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_host(host),
    };
    valid_host && port.is_none_or(number)
}

fn is_host(text: &str) -> bool {
    text.to_ascii_lowercase().split('.').all(is_label)
}

fn host(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    let text = field.text(problems)?;
    if !is_host(text) {
        problems.report(field, "must be a host name");
        return None;
    }
    Some(text.to_owned())
}

// RFC 1123 2.1: the name of a namespace is one label.
fn label(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    let text = field.text(problems)?;
    if !is_label(text) || text.contains('_') {
        problems.report(field, "must be the name of a namespace");
        return None;
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_a_host_and_maybe_a_port() {
        for (text, valid) in [
            ("api.example.com:6443", true),
            ("api.example.com", true),
            ("10.0.0.1:6443", true),
            ("[fd00::1]:6443", true),
            ("[fd00::1]", true),
            ("fd00::1", false),
            ("api.example.com:", false),
            ("api.example.com:99999", false),
            ("", false),
            (":6443", false),
            ("a b", false),
        ] {
            assert_eq!(is_authority(text), valid, "{text}");
        }
    }
}
