//! minijinja templates of the control zone, and the only values that they see.
//!
//! In come the templates as text, once, and each certificate; out comes the text of a file. Values are escaped as JSON
//! strings, which are YAML too, whatever the file is called, so none can break out of its place. A name that is not
//! there is an error, and fuel bounds the work; a template can read nothing else and loop no longer than that.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};
use serde::Serialize;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::control::ControlZone;
use crate::finding::{Code, Finding, Place, Reason};
use crate::issuance::Issued;
use crate::render::pem::pem;
use crate::x509::subject::Attribute;

// A kubeconfig takes some hundred instructions; a list of 1,000 names in ten places some ten thousand.
const FUEL: u64 = 200_000;
// What a template may make, so that a doubling string ends before memory does.
const LARGEST_OUTPUT: usize = 1024 * 1024;

// What a run writes itself into the folder of a certificate.
const RESERVED: [&str; 4] = [
    "request.yaml.j2",
    "certificate.pem.j2",
    "csr.yaml.j2",
    "provenance.json.j2",
];

/// The templates of a control zone, compiled once.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
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

impl Templates {
    /// Compiles every template that lies in the control zone.
    ///
    /// # Errors
    /// `ConfigInvalid` for each that is no template, with its line.
    pub fn compile(zone: &ControlZone) -> Result<Self, Vec<Finding>> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Json);
        environment.set_fuel(Some(FUEL));
        environment.add_filter("b64encode", |text: String| STANDARD.encode(text));
        let mut findings = Vec::new();
        for (name, source) in &zone.templates {
            if RESERVED.contains(&name.as_str()) {
                findings.push(reserved(name));
            }
            if let Err(error) = environment.add_template_owned(name.clone(), source.clone()) {
                findings.push(broken(name, &error));
            }
        }
        if findings.is_empty() {
            Ok(Self { environment })
        } else {
            Err(findings)
        }
    }

    /// Renders one template for a certificate, given as leaf and as chain.
    ///
    /// # Errors
    /// `RenderFailed` with the template's line and what is wrong there.
    pub fn render(
        &self,
        name: &str,
        issued: &Issued<'_>,
        (leaf, chain): (&str, &str),
        zone: &ControlZone,
    ) -> Result<String, Reason> {
        let context = minijinja::context! {
            request => Serde(request_view(issued)),
            cert => Serde(cert_view(issued, leaf, chain)),
            signer => Serde(signer_view(issued)),
            clusters => Serde(cluster_views(issued, zone)),
        };
        let template = self
            .environment
            .get_template(name)
            .map_err(|error| failed(name, &error))?;
        let mut text = template
            .render(context)
            .map_err(|error| failed(name, &error))?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        if text.len() > LARGEST_OUTPUT {
            let error = Error::new(ErrorKind::InvalidOperation, "it makes more than 1 MiB");
            return Err(failed(name, &error));
        }
        Ok(text)
    }
}

fn describe(error: &Error) -> String {
    let detail = error
        .detail()
        .map(|detail| format!(": {detail}"))
        .unwrap_or_default();
    format!("{}{detail}", error.kind())
}

fn reserved(name: &str) -> Finding {
    let file = format!("templates/{name}")
        .parse()
        .expect("template names are single pieces");
    let reason = Reason::new(
        Code::ConfigInvalid,
        "its output has the name of a file that gitca itself writes",
    );
    Finding::in_file(file, reason.help("give the template another name"))
}

fn broken(name: &str, error: &Error) -> Finding {
    let file = format!("templates/{name}")
        .parse()
        .expect("template names are single pieces");
    let mut reason = Reason::new(
        Code::ConfigInvalid,
        format!("is no template: {}", describe(error)),
    );
    if let Some(line) = error.line().and_then(|line| u32::try_from(line).ok()) {
        reason = reason.at(Place { line, column: 1 });
    }
    Finding::in_file(file, reason)
}

fn failed(name: &str, error: &Error) -> Reason {
    let line = error
        .line()
        .map(|line| format!(" line {line}"))
        .unwrap_or_default();
    let message = format!(
        "template `templates/{name}`{line} can't be rendered: {}",
        describe(error)
    );
    Reason::new(Code::RenderFailed, message)
        .help("a template sees `request`, `cert`, `signer` and `clusters` alone")
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

fn signer_view<'a>(issued: &'a Issued<'_>) -> SignerView<'a> {
    let signer = issued.approved().signer();
    SignerView {
        name: signer.name.as_str(),
        signer_name: signer.signer_name.as_str(),
        ca_certificate: pem(&signer.authority.signing_ca().der),
    }
}

fn cluster_views<'a>(issued: &Issued<'_>, zone: &'a ControlZone) -> Vec<ClusterView<'a>> {
    let named = issued
        .approved()
        .signer()
        .clusters
        .iter()
        .filter_map(|name| zone.clusters.get(name));
    named
        .map(|cluster| ClusterView {
            name: cluster.name.as_str(),
            server: &cluster.server,
            certificate_authority: cluster
                .certificate_authority
                .as_ref()
                .map(|(_, pem)| pem.as_str()),
            tls_server_name: cluster.tls_server_name.as_deref(),
            proxy_url: cluster.proxy_url.as_deref(),
            namespace: cluster.namespace.as_deref(),
        })
        .collect()
}
