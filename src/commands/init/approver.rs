//! The first person of a repository whose requests must be approved: whoever makes it, with the key they sign with.
//!
//! In come a flag, git's configuration and the agent; out comes an [`Approver`], named as git knows them. Where two
//! keys could be meant, none is chosen.

use std::path::Path;

use crate::cli::InitArgs;
use crate::commands::signer;
use crate::files;
use crate::finding::{Code, Reason, Stop};
use crate::git::Repository;
use crate::names::ObjectName;
use crate::signing::SigningKey;
use crate::starter::approval::Approver;
use crate::world::World;

const HELP: &str = "git config --global gpg.format ssh && git config --global user.signingKey ~/.ssh/id_ed25519.pub; \
                    or name a key file with `--signing-key FILE`; `ssh-keygen -t ed25519` makes one";
// Where git knows no name of which an object's name can be made.
const NAMELESS: &str = "owner";

/// The person and the key: that of the flag, of git's configuration, or the only one of the agent.
///
/// # Errors
/// A [`Stop`] when there are policies already, there is no key, or more than one that could be meant.
pub(super) fn find(
    args: &InitArgs,
    root: &Path,
    repository: &Repository,
    world: &World,
) -> anyhow::Result<Approver> {
    if files::holds_files(&root.join("policies")) {
        let message = "there are policies already, and `--require-approval` is for new ones";
        let help = "write `approvals: {anyOf: [{groups: [platform], count: 1}]}` into your ApprovalPolicies";
        let reason = Reason::new(Code::OperationFailed, message).help(help);
        return Err(Stop::because(reason).into());
    }
    let flag = args.signing_key.as_deref();
    let key = match signer::chosen(flag, Some(repository), world)? {
        Some(key) => key,
        None => only_in_agent()?,
    };
    let identity = repository.identity();
    let (name, email) = identity
        .map(|author| (author.name, author.email))
        .unwrap_or_default();
    Ok(Approver {
        name: object_name(&name),
        display_name: name,
        email,
        key: key.public().clone(),
    })
}

fn only_in_agent() -> Result<SigningKey, Stop> {
    let mut keys = SigningKey::in_agent();
    let message = match keys.len() {
        1 => return Ok(keys.remove(0)),
        0 => {
            "`--require-approval` makes you the first who may approve, and needs the SSH key that you sign with"
        }
        _ => "the ssh-agent has several keys, and it is not said which of them you sign with",
    };
    Err(Stop::because(
        Reason::new(Code::OperationFailed, message).help(HELP),
    ))
}

/// `Alice B. Example` is `alice-b-example`.
fn object_name(name: &str) -> ObjectName {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let named = words.join("-").parse();
    named.unwrap_or_else(|_| NAMELESS.parse().expect("it is a name"))
}

/// What the person should know who may not approve alone.
pub(super) fn next_steps(approver: &Approver) -> String {
    format!(
        "Every request needs an approval: `gitca approve NAME`, then commit. You ({}) are the first who may; for requests \
         of your own add others to\n  policies/groups/approvers.yaml\n",
        approver.name
    )
}
