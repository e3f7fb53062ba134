//! Approvals from outside: what `approve` and `deny` write, whose keys they take, and what they are bound to.
#![expect(clippy::disallowed_methods, reason = "tests run tools and write files")]

#[path = "../support/mod.rs"]
mod support;

mod binding;
mod claims;
mod keys;
mod place;
mod writing;
