//! The git edge and the work tree edge against repositories that the real `git` makes and checks.
//!
//! Each test has a directory of its own, an empty git configuration and fixed dates; none sleeps.

#![expect(
    clippy::disallowed_methods,
    reason = "these tests make repositories with git itself, and look at files"
)]

mod commit;
#[path = "../support/dice.rs"]
mod dice;
mod files;
mod forks;
mod history;
mod landings;
mod large;
mod merges;
mod output;
mod refusal;
mod repository;
mod returned;
mod snapshot;
mod statements;
