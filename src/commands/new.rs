//! `gitca new`: a private key outside the repository, and the request for its certificate inside it.
//!
//! The key comes first, and each file is written only where none is: whatever was interrupted is finished by the same
//! command, and what was finished is left alone.

mod again;
mod claim;
mod from;
mod key;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cli::{KeyType, NewArgs};
use crate::commands::new::claim::Claimant;
use crate::commands::new::key::Key;
use crate::files;
use crate::names::RequestName;
use crate::worktree;
use crate::world::World;
use crate::x509::usage::Usage;

/// Makes the files and says what comes next.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when another request is already there, the key would lie in the repository, or the
/// request would be invalid.
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
    files::refuse_links(&root, &manifest)?;
    let draft = worktree::file(&root, &manifest)?;
    let claimant = Claimant::find(args.signing_key.as_deref(), &root, world)?;
    let (pem, key) = if let Some(file) = &args.csr {
        (files::read_text(&world.directory.join(file))?, None)
    } else {
        let key = Key::find_or_make(name, args, world, &root, draft.is_some())?;
        (key.request(name, args)?, Some(key))
    };
    key::read_back(name, &pem)?;
    let text = manifest_text(name, args, &pem);
    match &draft {
        None => {
            let written = files::write_inside(&root, &manifest, text.as_bytes())?;
            anyhow::ensure!(written, "writing `{manifest}`: it is already there");
        }
        Some(draft) if again::asks_the_same(name, draft, &text) => {}
        Some(_) => return Err(again::another(name, key.is_some()).into()),
    }
    let claim = if again::is_claimed(name, &root) {
        String::new()
    } else {
        claimant.claim(&[name], &root, world)?
    };
    let wrote = if draft.is_none() {
        "Wrote"
    } else {
        "There already is"
    };
    let told = key.map(|key| key.told()).unwrap_or_default();
    let next = next_steps(name, claimant.signs());
    Ok(format!("{wrote} {manifest}.\n{told}{claim}{next}"))
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
pub(super) fn scalar(name: &str) -> String {
    serde_yaml::to_string(&name)
        .map_or_else(|_| format!("\"{name}\""), |text| text.trim_end().to_owned())
}

fn next_steps(name: &RequestName, signed: bool) -> String {
    let (manifest, stem) = (name.manifest(), name.name());
    let statements = if signed {
        format!(" requests/{name}.approvals")
    } else {
        String::new()
    };
    format!(
        "Next:\n  gitca check {manifest}\n  git switch -c request-{stem}\n  git add {manifest}{statements}\n  \
         git commit -m \"request a certificate for {stem}\"\n  git push -u origin request-{stem}    # and open a pull request\n\
         After the merge, `git pull` brings issued/{name}/kubeconfig.yaml; put the key beside it as {stem}.key.\n",
    )
}
