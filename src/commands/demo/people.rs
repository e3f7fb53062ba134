//! The people of the demo: who asks, who approves, and the SSH keys that they sign with.
//!
//! The keys are made for the demo and stay in its directory, so that the user's own are neither read nor used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::{ApproveArgs, StatementArgs};
use crate::files::{self, Access};
use crate::names::RepoPath;
use crate::ssh::key::PublicKey;
use crate::ssh::key_file;
use crate::ssh::secret::public_half;
use crate::starter::approval::{self, Approver};
use crate::world::World;

/// Whoever approves.
pub(super) const APPROVER: &str = "bob";
/// Those who ask.
pub(super) const REQUESTERS: [&str; 2] = ["jane", "mallory"];

/// Makes everybody's key, and adds to the starter kit who they are.
pub(super) fn introduce(
    files: &mut BTreeMap<RepoPath, Vec<u8>>,
    keys: &Path,
    world: &mut World,
) -> anyhow::Result<()> {
    let key = make_key(APPROVER, keys, world)?;
    let approver = Approver {
        name: APPROVER.parse()?,
        display_name: "Bob".into(),
        email: format!("{APPROVER}@example.com"),
        key,
    };
    approval::require(files, &approver);
    for name in REQUESTERS {
        let key = make_key(name, keys, world)?.to_openssh();
        let text = format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {{name: {name}}}\nspec:\n  sshKeys:\n    - {key}\n"
        );
        let path = format!("policies/principals/{name}.yaml").parse()?;
        files.insert(path, text.into_bytes());
    }
    Ok(())
}

fn make_key(name: &str, keys: &Path, world: &mut World) -> anyhow::Result<PublicKey> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    (world.random)(seed.as_mut());
    let text = key_file::ed25519(&seed, name);
    files::create(&file(keys, name), text.as_bytes(), Access::Private)?;
    public_half(&text).context("reading the key that was made")
}

/// Where somebody's signing key lies.
pub(super) fn file(keys: &Path, name: &str) -> PathBuf {
    keys.join(format!("{name}.ssh"))
}

/// What Bob types to approve a request.
pub(super) fn approval(request: &str, keys: &Path) -> ApproveArgs {
    ApproveArgs {
        statement: StatementArgs {
            requests: vec![request.to_owned()],
            signing_key: Some(file(keys, APPROVER)),
            reason: None,
            expires: None,
            print: false,
            principal: None,
        },
        as_requester: false,
    }
}
