//! The values that a template sees: the request's path, the certificate, its signer and the signer's clusters.
//!
//! In come the certificate and the control zone; out come views of them, named as in the CEL table where both have a
//! name for something. Nothing that the requester wrote is in them but what the certificate itself says.

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use crate::control::ControlZone;
use crate::control::signer::Signer;
use crate::issuance::Issued;
use crate::render::pem::pem;
use crate::x509::subject::Attribute;
use crate::x509::usage::Usage;

/// Everything that a template sees.
pub(super) fn context(
    issued: &Issued<'_>,
    (leaf, chain): (&str, &str),
    zone: &ControlZone,
) -> Value {
    minijinja::context! {
        request => Serde(request_view(issued)),
        cert => Serde(cert_view(issued, leaf, chain)),
        signer => Serde(signer_view(issued.approved().signer())),
        clusters => Serde(cluster_views(issued.approved().signer(), zone)),
    }
}

/// What a template would see of a certificate that nobody asked for: one name of each kind, and the signer's own texts.
pub(super) fn example(signer: &Signer, zone: &ControlZone) -> Value {
    invented(&signer_view(signer), cluster_views(signer, zone))
}

/// The names of all that any template sees, with one value in each list.
pub(super) fn names() -> Value {
    let signer = SignerView {
        name: "",
        signer_name: "",
        ca_certificate: String::new(),
    };
    let cluster = ClusterView {
        name: "",
        server: "",
        certificate_authority: Some(""),
        tls_server_name: Some(""),
        proxy_url: Some(""),
        namespace: Some(""),
    };
    invented(&signer, vec![cluster])
}

fn invented(signer: &SignerView<'_>, clusters: Vec<ClusterView<'_>>) -> Value {
    let one = |name: &str| vec![name.to_owned()];
    let (hosts, mailboxes) = (one("web.example.com"), one("jane@example.com"));
    let uris = one("spiffe://example.com/jane");
    let subject = Attribute::ALL.map(|attribute| {
        let value = if attribute.is_single() {
            Value::from("jane")
        } else {
            Value::from(vec!["jane"])
        };
        (attribute.name(), value)
    });
    minijinja::context! {
        request => Serde(RequestView {
            path: "dev/jane",
            name: "jane",
            dirs: vec!["dev"],
            signer_name: signer.signer_name,
        }),
        cert => Serde(CertView {
            subject: Value::from_pairs(subject),
            dns_names: &hosts,
            email_addresses: &mailboxes,
            ip_addresses: one("192.0.2.1"),
            uris: &uris,
            usages: vec![Usage::ClientAuth.as_str()],
            not_before: "2030-01-01T00:00:00Z".to_owned(),
            not_after: "2030-01-02T00:00:00Z".to_owned(),
            serial_number: "01".repeat(16),
            // A leaf is about as long as its CA.
            pem: &signer.ca_certificate,
            chain: "",
        }),
        signer => Serde(signer),
        clusters => Serde(clusters),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestView<'a> {
    path: &'a str,
    name: &'a str,
    dirs: Vec<&'a str>,
    signer_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CertView<'a> {
    subject: Value,
    dns_names: &'a [String],
    email_addresses: &'a [String],
    ip_addresses: Vec<String>,
    uris: &'a [String],
    usages: Vec<&'static str>,
    not_before: String,
    not_after: String,
    serial_number: String,
    pem: &'a str,
    chain: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignerView<'a> {
    name: &'a str,
    signer_name: &'a str,
    ca_certificate: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClusterView<'a> {
    name: &'a str,
    server: &'a str,
    certificate_authority: Option<&'a str>,
    tls_server_name: Option<&'a str>,
    #[serde(rename = "proxyURL")]
    proxy_url: Option<&'a str>,
    namespace: Option<&'a str>,
}

fn request_view<'a>(issued: &'a Issued<'_>) -> RequestView<'a> {
    let request = issued.approved().request();
    RequestView {
        path: request.name.as_str(),
        name: request.name.name(),
        dirs: request.name.dirs(),
        signer_name: request.signer_name.as_str(),
    }
}

fn cert_view<'a>(issued: &'a Issued<'_>, leaf: &'a str, chain: &'a str) -> CertView<'a> {
    let contents = issued.contents();
    CertView {
        subject: subject_view(issued),
        dns_names: &contents.sans.dns_names,
        email_addresses: &contents.sans.email_addresses,
        ip_addresses: contents
            .sans
            .ip_addresses
            .iter()
            .map(ToString::to_string)
            .collect(),
        uris: &contents.sans.uris,
        usages: contents.usages.iter().map(|usage| usage.as_str()).collect(),
        not_before: contents.not_before.to_string(),
        not_after: contents.not_after.to_string(),
        serial_number: contents.serial.to_string(),
        pem: leaf,
        chain,
    }
}

/// A text for each single attribute, a list for each other; all of them are always there.
fn subject_view(issued: &Issued<'_>) -> Value {
    let subject = &issued.contents().subject;
    Value::from_pairs(Attribute::ALL.map(|attribute| {
        let value = if attribute.is_single() {
            Value::from(subject.values(attribute).next().unwrap_or_default())
        } else {
            Value::from(
                subject
                    .values(attribute)
                    .map(Value::from)
                    .collect::<Vec<Value>>(),
            )
        };
        (attribute.name(), value)
    }))
}

fn signer_view(signer: &Signer) -> SignerView<'_> {
    SignerView {
        name: signer.name.as_str(),
        signer_name: signer.signer_name.as_str(),
        ca_certificate: pem(&signer.authority.signing_ca().der),
    }
}

fn cluster_views<'a>(signer: &Signer, zone: &'a ControlZone) -> Vec<ClusterView<'a>> {
    let named = signer.clusters.iter();
    let named = named.filter_map(|name| zone.clusters.get(name));
    named
        .map(|cluster| ClusterView {
            name: cluster.name.as_str(),
            server: &cluster.server,
            certificate_authority: cluster
                .certificate_authority
                .as_ref()
                .map(|(_, pem)| &**pem),
            tls_server_name: cluster.tls_server_name.as_deref(),
            proxy_url: cluster.proxy_url.as_deref(),
            namespace: cluster.namespace.as_deref(),
        })
        .collect()
}
