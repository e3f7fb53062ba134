//! The batch on real repositories: what is committed, what is left alone, what a second run does.
#![expect(
    clippy::disallowed_methods,
    reason = "this test changes files and permissions"
)]

#[path = "../support/mod.rs"]
mod support;

mod batch;
mod beginning;
mod keys;
mod place;
mod worktree;
