//! Who asked and who approved, in real repositories with statements signed by the system's own ssh-keygen.

#[path = "../support/sshsig.rs"]
mod sshsig;
#[path = "../support/stream.rs"]
mod stream;
#[path = "../support/mod.rs"]
mod support;

mod anchor;
mod approvals;
mod commits;
mod deep;
mod house;
mod landings;
mod mainline;
mod malformed;
mod output;
mod persons;
mod proposed;
mod published;
mod reads;
mod renewals;
mod requester;
mod review;
mod revocation;
mod rules;
mod scale;
mod signatures;
mod since;
mod swaps;
mod unproven;
