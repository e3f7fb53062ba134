//! The files of `issued/<request>/`: everything that a certificate is committed with.
//!
//! In come an [`Issued`], the compiled templates and who asked; out come the bytes of each file, or the reason why one of
//! them can't be made, and then none is written. Everything is derived: the same certificate gives the same bytes.
//! Nothing of the parent commit goes in, so the files survive a lost race unchanged.

pub mod circumstances;
pub mod csr;
pub mod kubeconfig;
pub mod pem;
pub mod provenance;
pub mod template;

use std::collections::BTreeMap;

use crate::finding::Reason;
use crate::issuance::Issued;
use crate::names::{RepoPath, RequestName, artifact};
use crate::render::circumstances::Circumstances;
use crate::render::pem::pem;
use crate::render::template::{Templates, output_name};
use crate::snapshot::{Changeset, KeyOwner};

/// Puts every file of one certificate into the changeset.
///
/// # Errors
/// `RenderFailed` when a template fails or makes something that is no kubeconfig.
pub fn add(
    changes: &mut Changeset,
    issued: &Issued<'_>,
    templates: &Templates,
    circumstances: &Circumstances<'_>,
) -> Result<(), Reason> {
    let request = issued.approved().request();
    let signer = issued.approved().signer();
    let (leaf, chain) = pems(issued);
    let mut files = BTreeMap::from([
        (
            artifact::REQUEST.to_owned(),
            circumstances.manifest.bytes.clone(),
        ),
        (artifact::CERTIFICATE.to_owned(), chain.clone().into_bytes()),
        (
            artifact::CSR.to_owned(),
            csr::render(issued, &leaf, circumstances)?.into_bytes(),
        ),
    ]);
    for template in &signer.templates {
        let text = templates.render(template, issued, (&leaf, &chain), circumstances.zone)?;
        if template == kubeconfig::TEMPLATE {
            kubeconfig::check(&text, issued, &chain, circumstances.zone)?;
        }
        files.insert(output_name(template).to_owned(), text.into_bytes());
    }
    let provenance = provenance::render(issued, &files, circumstances);
    files.insert(artifact::PROVENANCE.to_owned(), provenance.into_bytes());
    changes.folders.insert(folder(&request.name), files);
    let owner = format!("{}\n", request.name);
    let key_file = KeyOwner::file(&request.csr.key.digest());
    changes.files.insert(key_file, owner.into_bytes());
    Ok(())
}

/// Where the files of a request go.
#[must_use]
pub fn folder(request: &RequestName) -> RepoPath {
    format!("issued/{request}")
        .parse()
        .expect("a request name is made of valid pieces")
}

/// The leaf alone, and the leaf followed by the intermediates, as PEM.
fn pems(issued: &Issued<'_>) -> (String, String) {
    let leaf = pem(issued.der());
    let mut chain = leaf.clone();
    for ca in issued.approved().signer().authority.intermediates() {
        chain.push_str(&pem(&ca.der));
    }
    (leaf, chain)
}
