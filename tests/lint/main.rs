//! `gitca policy lint`: each kind of flaw, what comes near to it and is none, and the formats.

#![expect(clippy::disallowed_methods, reason = "this test reads a starter file")]

#[path = "../support/mod.rs"]
mod support;

mod output;
mod place;
mod policies;
mod scale;
mod surroundings;
