//! OpenSSH's keys and signatures, against OpenSSH itself: what it makes we read, what we make it reads.
//!
//! Keys are made by `ssh-keygen` for each test and go with it. Tokens can't be had here, so their signatures are made as
//! PROTOCOL.u2f says from keys in software; `ssh-keygen` then judges them, too.
#![expect(clippy::disallowed_methods, reason = "tests run tools and write files")]

#[path = "../support/sshsig.rs"]
mod sshsig;
#[path = "../support/mod.rs"]
mod support;

mod commits;
mod keys;
mod place;
mod secrets;
mod signatures;
