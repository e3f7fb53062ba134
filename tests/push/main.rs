//! `gitca run --push` against remotes that real git serves: what lands, what a race leaves, what a server may say, and a
//! batch that several runs share.
#![expect(
    clippy::disallowed_methods,
    reason = "these tests write hooks and start servers"
)]

#[path = "../support/mod.rs"]
mod support;

mod forged;
mod landing;
mod lists;
mod pending;
mod place;
mod races;
mod server;
mod shards;
mod shares;
mod withdrawn;
mod worktrees;
