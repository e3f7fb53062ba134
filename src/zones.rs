//! The zones of a repository: what may lie in them, and how a commit or a work tree becomes a snapshot.
//!
//! In comes a [`Source`], git trees or a work tree; out comes a [`Snapshot`](crate::snapshot::Snapshot). Both go through
//! the same rules about paths, and one walk, [`survey`]. Nothing in here touches a disk.

mod again;
mod attributes;
mod bounds;
mod copies;
mod entries;
mod hunt;
mod leaks;
mod outputs;
mod paths;
mod refusal;
mod reports;
mod source;
mod statements;
mod survey;

pub use crate::zones::bounds::large_directory;
pub use crate::zones::copies::Copies;
pub use crate::zones::entries::{
    case_twins, checkout_fault, entry_name_fault, folds_to_zone, twin,
};
pub use crate::zones::leaks::brought;
pub use crate::zones::paths::{
    ATTRIBUTES, DIRECTORY_ENTRIES, Folder, Role, ZONES, Zone, folder, is_unread, role, size_limit,
    too_large,
};
pub use crate::zones::source::{
    Child, Content, Kind, Listing, REPORTED, SEARCHED_FILE, SEARCHED_FILES, SEARCHED_OCTETS, Scope,
    Source,
};
pub use crate::zones::survey::{control, survey};
