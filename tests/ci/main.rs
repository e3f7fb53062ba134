//! The CI files of `gitca init --ci`: parsed, linted by the forges' own linters, and run, step by step, as a forge would.
#![expect(clippy::disallowed_methods, reason = "these tests run tools")]
#![expect(clippy::print_stdout, reason = "what is not tested must be said")]

#[path = "../support/mod.rs"]
mod support;

mod action;
mod comment;
mod files;
mod forge;
mod github;
mod gitlab;
mod hooks;
mod linters;
mod runner;
mod shares;
mod signing;
