//! `gitca policy test` from outside: what people see of their tests, and that a made-up request is never signed.

#[path = "../support/mod.rs"]
mod support;
#[path = "../support/wide.rs"]
mod wide;

mod expectations;
mod output;
mod place;
mod supposed;

// `wide` makes its keys of them.
use support::seeds;
