//! The git edge: opens a repository, reads commits from its object database and writes the commit of a run.
//!
//! In come a directory, commits and changesets; out go snapshots, introductions and commit ids. Everything goes through
//! the object database as raw octets: no check-out, no filter, no hook, no replaced object, and no configuration value
//! decides anything. Repositories that would give silently wrong answers are refused ([`Stop`](crate::finding::Stop)), with
//! the fix in the message. Only [`Remote`] uses the network, through the system's git.

mod account;
mod anchor;
mod authorship;
mod bot;
mod carried;
mod checkout;
mod child;
mod commit;
mod commits;
mod diff;
mod differing;
mod extent;
mod failure;
pub mod fault;
mod folder;
mod follow;
mod following;
mod foreign;
mod fork;
mod freed;
mod ground;
mod held;
mod history;
mod idle;
mod ids;
mod issued;
mod kept;
mod landing;
mod local;
mod merge;
mod namesakes;
mod new_files;
mod objects;
mod open;
mod origins;
mod output;
mod passing;
mod pending;
mod producer;
mod proposal;
mod read;
mod remote;
mod replay;
mod repository;
mod revision;
mod revoked;
mod since;
mod swap;
mod touches;
mod tracking;
mod tree;
mod unfit;
mod walk;
mod withdrawn;
mod write;

pub use crate::git::account::History;
pub use crate::git::bot::{Odd, RunCommit};
pub use crate::git::failure::failure;
pub use crate::git::follow::ControlId;
pub use crate::git::ground::Ground;
pub use crate::git::landing::RaceLost;
pub use crate::git::open::is_quarantined;
pub use crate::git::output::{Condition, Judge, OutputZone};
pub use crate::git::passing::TooMany;
pub use crate::git::proposal::{News, Proposal};
pub use crate::git::remote::{Answer, Remote, pause, pull_request};
pub use crate::git::replay::{Matter, Passing};
pub use crate::git::repository::Repository;
pub use crate::git::revoked::Horizon;
pub use crate::git::since::Base;
pub use crate::git::withdrawn::{Withdrawals, Withdrawn};
pub use crate::git::write::{CommitSigner, Draft};
