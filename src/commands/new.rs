//! `gitca new`: a private key outside the repository, and the request for its certificate inside it.

mod claim;
mod from;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{KeyPair, RsaKeySize};

use crate::cli::{KeyType, NewArgs};
use crate::commands::new::claim::Claimant;
use crate::files::{self, Access};
use crate::finding::{Code, Finding, Reason, Stop};
use crate::keystore;
use crate::names::RequestName;
use crate::worktree;
use crate::world::World;
use crate::x509::certification_request;
use crate::x509::csr::Csr;
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::{Attribute, Subject};
use crate::x509::usage::Usage;

/// Makes the files and says what comes next.
///
/// # Errors
/// A [`Stop`] when a file is already there, the key would lie in the repository, or the request would be invalid.
pub fn new(args: &NewArgs, world: &mut World) -> anyhow::Result<String> {
    if let Some(file) = &args.from {
        return from::from(file, args, world);
    }
    let name = args.name.as_ref().context("a request needs a name")?;
    make(name, args, world)
}

fn make(name: &RequestName, args: &NewArgs, world: &mut World) -> anyhow::Result<String> {
    let root = worktree::root(&world.directory)?;
    let manifest = name.manifest();
    let target = root.join(manifest.as_str());
    if target.exists() {
        let reason = Reason::new(
            Code::PathNotAllowed,
            format!("`{manifest}` is already there"),
        );
        let help = "choose another name, or remove it if it was a draft";
        return Err(Stop(vec![Finding::in_file(manifest, reason.help(help))]).into());
    }
    let claimant = Claimant::find(args.signing_key.as_deref(), &root, world)?;
    let (pem, key_file) = match &args.csr {
        Some(file) => (files::read_text(&world.directory.join(file))?, None),
        None => make_key(name, args, world, &root).map(|(pem, file)| (pem, Some(file)))?,
    };
    Csr::read(pem.as_bytes()).map_err(|reasons| in_manifest(reasons, name))?;
    files::create(
        &target,
        manifest_text(name, args, &pem).as_bytes(),
        Access::Shared,
    )
    .with_context(|| format!("writing `{manifest}`"))?;
    let claim = claimant.claim(&[name], &root, world)?;
    Ok(next_steps(
        name,
        key_file.as_deref(),
        &claim,
        claimant.signs(),
    ))
}

fn in_manifest(reasons: Vec<Reason>, name: &RequestName) -> Stop {
    Stop(
        reasons
            .into_iter()
            .map(|reason| Finding::in_request(name, reason))
            .collect(),
    )
}

/// Makes the key and the PKCS#10 request for it; the key is written, and never over another.
fn make_key(
    name: &RequestName,
    args: &NewArgs,
    world: &World,
    root: &Path,
) -> anyhow::Result<(String, PathBuf)> {
    let file = match &args.key_out {
        Some(file) => world.directory.join(file),
        None => default_key_file(name)?,
    };
    refuse_inside(&file, root)?;
    let pair = generate(args.key_type).context("making the private key")?;
    let mut subject = Subject::default();
    subject.push(Attribute::CommonName, name.name().to_owned());
    for group in &args.group {
        subject.push(Attribute::Organization, group.clone());
    }
    let sans = SubjectAltNames {
        dns_names: args.dns.clone(),
        ip_addresses: args.ip.clone(),
        ..SubjectAltNames::default()
    };
    let pem = certification_request::build(&subject, &sans, &pair).map_err(Stop::because)?;
    Csr::read(pem.as_bytes()).map_err(|reasons| in_manifest(reasons, name))?;
    keystore::save(&file, &pair)?;
    Ok((pem, file))
}

fn default_key_file(name: &RequestName) -> Result<PathBuf, Stop> {
    let directory = keystore::config_dir().ok_or_else(|| {
        let reason = Reason::new(
            Code::OperationFailed,
            "there is no configuration directory for the key",
        );
        Stop::because(reason.help("say where the key goes with `--key-out FILE`, or set HOME"))
    })?;
    Ok(directory.join(format!("gitca/requests/{name}.key")))
}

fn refuse_inside(file: &Path, root: &Path) -> Result<(), Stop> {
    if !files::is_inside(file, root) {
        return Ok(());
    }
    let reason = Reason::new(
        Code::SecretInRequest,
        "a private key must not lie inside the repository",
    );
    Err(Stop::because(
        reason.help("give `--key-out` a place outside of it"),
    ))
}

fn generate(kind: KeyType) -> Result<KeyPair, rcgen::Error> {
    match kind {
        KeyType::EcdsaP256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
        KeyType::EcdsaP384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
        KeyType::EcdsaP521 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512),
        KeyType::Ed25519 => KeyPair::generate_for(&rcgen::PKCS_ED25519),
        KeyType::Rsa2048 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048),
        KeyType::Rsa3072 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_3072),
        KeyType::Rsa4096 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_4096),
    }
}

/// The usages that were asked for, else what the signer or the names suggest.
fn usages(args: &NewArgs) -> Vec<Usage> {
    if !args.usage.is_empty() {
        return args.usage.clone();
    }
    let serves = args.signer.as_str() == "kubernetes.io/kubelet-serving"
        || !(args.signer.is_kubernetes() || args.dns.is_empty() && args.ip.is_empty());
    let purpose = if serves {
        Usage::ServerAuth
    } else {
        Usage::ClientAuth
    };
    let rsa = matches!(
        args.key_type,
        KeyType::Rsa2048 | KeyType::Rsa3072 | KeyType::Rsa4096
    );
    // Only RSA keys encipher keys; a PKCS#10 from elsewhere may hold one.
    let encipherment = (rsa || args.csr.is_some()).then_some(Usage::KeyEncipherment);
    [Usage::DigitalSignature]
        .into_iter()
        .chain(encipherment)
        .chain([purpose])
        .collect()
}

fn manifest_text(name: &RequestName, args: &NewArgs, pem: &str) -> String {
    let expiration = args
        .duration
        .map(|duration| format!("  expirationSeconds: {}\n", duration.seconds()))
        .unwrap_or_default();
    let usages: Vec<String> = usages(args)
        .iter()
        .map(|usage| format!("  - {usage}\n"))
        .collect();
    format!(
        "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata:\n  name: {}\nspec:\n  \
         signerName: {}\n{expiration}  usages:\n{}  request: {}\n",
        scalar(name.name()),
        args.signer,
        usages.concat(),
        STANDARD.encode(pem),
    )
}

/// A name as YAML: in quotes where it could be taken for a number or a word of YAML.
fn scalar(name: &str) -> String {
    serde_yaml::to_string(&name)
        .map_or_else(|_| format!("\"{name}\""), |text| text.trim_end().to_owned())
}

fn next_steps(name: &RequestName, key_file: Option<&Path>, claim: &str, signed: bool) -> String {
    let manifest = name.manifest();
    let key = key_file
        .map(|file| {
            format!(
                "Wrote the private key, which never leaves this machine, to\n  {}\n",
                file.display()
            )
        })
        .unwrap_or_default();
    let statements = if signed {
        format!(" requests/{name}.approvals")
    } else {
        String::new()
    };
    format!(
        "Wrote {manifest}.\n{key}{claim}Next:\n  gitca check {manifest}\n  git switch -c request-{0}\n  git add {manifest}{statements}\n  \
         git commit -m \"request a certificate for {0}\"\n  git push -u origin request-{0}    # and open a pull request\n",
        name.name(),
    )
}
