//! What a rendered kubeconfig must be before it is committed: a `v1` `Config` that says nothing of its own.
//!
//! In comes the text that the template made; out comes nothing, or the reason why kubectl would not take it or why it
//! says more than it may. Servers and CAs come from Cluster objects alone, the certificate is the one just issued, and
//! there is never a private key in it. Schema: `clientcmd/api/v1` of client-go.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::control::ControlZone;
use crate::finding::{Code, Reason};
use crate::issuance::Issued;

/// The template whose output is a kubeconfig.
pub const TEMPLATE: &str = "kubeconfig.yaml.j2";

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Kubeconfig {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    #[serde(default, rename = "preferences")]
    _preferences: BTreeMap<String, String>,
    clusters: Vec<Named<Cluster>>,
    contexts: Vec<Named<Context>>,
    users: Vec<Named<User>>,
    current_context: String,
}

/// An entry of a list, with its name; `value` is called after the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named<T> {
    name: String,
    #[serde(alias = "cluster", alias = "context", alias = "user")]
    value: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Cluster {
    server: String,
    certificate_authority_data: Option<String>,
    #[serde(rename = "tls-server-name")]
    _tls_server_name: Option<String>,
    #[serde(rename = "proxy-url")]
    _proxy_url: Option<String>,
    #[serde(rename = "disable-compression")]
    _disable_compression: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Context {
    cluster: String,
    user: String,
    #[serde(rename = "namespace")]
    _namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct User {
    client_certificate_data: String,
    client_key: String,
}

/// Checks the text against the schema, the certificate chain and the clusters of the signer.
///
/// # Errors
/// `RenderFailed` for the first thing that is wrong.
pub fn check(
    text: &str,
    issued: &Issued<'_>,
    chain: &str,
    zone: &ControlZone,
) -> Result<(), Reason> {
    let config: Kubeconfig = serde_yaml::from_str(text)
        .map_err(|error| failed(&format!("is no kubeconfig: {}", first_line(&error))))?;
    check_names(&config).map_err(|problem| failed(&problem))?;
    check_users(&config, chain).map_err(|problem| failed(&problem))?;
    check_clusters(&config, issued, zone).map_err(|problem| failed(&problem))
}

fn failed(problem: &str) -> Reason {
    Reason::new(
        Code::RenderFailed,
        format!("what template `templates/{TEMPLATE}` makes {problem}"),
    )
    .help("compare it with the template that `gitca init` writes")
}

fn first_line(error: &serde_yaml::Error) -> String {
    error
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn check_names(config: &Kubeconfig) -> Result<(), String> {
    if config.api_version != "v1" || config.kind != "Config" {
        return Err("is not `apiVersion: v1`, `kind: Config`".into());
    }
    let clusters: Vec<&str> = config
        .clusters
        .iter()
        .map(|named| named.name.as_str())
        .collect();
    let users: Vec<&str> = config
        .users
        .iter()
        .map(|named| named.name.as_str())
        .collect();
    let contexts: Vec<&str> = config
        .contexts
        .iter()
        .map(|named| named.name.as_str())
        .collect();
    for names in [&clusters, &users, &contexts] {
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        if unique.len() != names.len() {
            return Err("uses a name twice".into());
        }
    }
    for Named { name, value } in &config.contexts {
        if !clusters.contains(&value.cluster.as_str()) || !users.contains(&value.user.as_str()) {
            return Err(format!(
                "has a context `{name}` whose cluster or user is not in it"
            ));
        }
    }
    if !config.contexts.is_empty() && !contexts.contains(&config.current_context.as_str()) {
        return Err("has a current-context that is not in it".into());
    }
    Ok(())
}

fn check_users(config: &Kubeconfig, chain: &str) -> Result<(), String> {
    for Named { name, value } in &config.users {
        if STANDARD
            .decode(&value.client_certificate_data)
            .ok()
            .as_deref()
            != Some(chain.as_bytes())
        {
            return Err(format!(
                "gives user `{name}` another certificate than the one issued"
            ));
        }
        if value.client_key.is_empty() {
            return Err(format!("gives user `{name}` no client-key"));
        }
    }
    Ok(())
}

/// Each cluster is one of the signer's, with that one's server and CA.
fn check_clusters(
    config: &Kubeconfig,
    issued: &Issued<'_>,
    zone: &ControlZone,
) -> Result<(), String> {
    let known = &issued.approved().signer().clusters;
    for Named { name, value } in &config.clusters {
        let cluster = known
            .iter()
            .find(|known| known.as_str() == name)
            .and_then(|name| zone.clusters.get(name));
        let Some(cluster) = cluster else {
            return Err(format!(
                "has a cluster `{name}` that its Signer does not list"
            ));
        };
        let authority = cluster
            .certificate_authority
            .as_ref()
            .map(|(_, pem)| STANDARD.encode(pem.as_bytes()));
        if value.server != cluster.server || value.certificate_authority_data != authority {
            return Err(format!(
                "gives cluster `{name}` another server or CA than its Cluster object"
            ));
        }
    }
    Ok(())
}
