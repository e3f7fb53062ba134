//! What OpenSSH writes: public keys, signatures over files and commits, private keys.
//!
//! In come texts that `ssh-keygen` made, out come values that verify and sign as it does, so that people need no tool
//! but their own. Nothing in here reads a file, runs a program or knows who owns a key. Formats: RFC 4251 5 and 4253
//! 6.6, RFC 5656 3.1, RFC 8332, RFC 8709, and OpenSSH's PROTOCOL.key, PROTOCOL.sshsig and PROTOCOL.u2f. They are read
//! strictly: one way to write each value. aws-lc-rs does the arithmetic.

pub mod armor;
pub mod key;
pub mod key_file;
pub mod kind;
pub mod secret;
pub mod signature;
pub mod signed;
mod wire;
