//! `gitca policy`: the commands about the policies themselves.

use crate::cli::{PolicyArgs, PolicyCommand};
use crate::commands::signer;
use crate::control::allowed_signers;
use crate::world::World;

/// Does what was asked; out comes the text to print.
///
/// # Errors
/// A [`Stop`](crate::finding::Stop) when the policies can't be used; any other error when git or the disk fail.
pub fn policy(args: &PolicyArgs, world: &World) -> anyhow::Result<String> {
    match args.command {
        PolicyCommand::AllowedSigners => {
            let zone = signer::rules(&world.directory)?;
            Ok(allowed_signers::text(&zone))
        }
    }
}
