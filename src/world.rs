//! What the program's surroundings give a command: a directory, a clock, randomness.
//!
//! `main` makes one [`World`] and hands it down; tests make their own, with a fixed clock and seeded octets. Nothing here
//! reads anything.

use std::fmt;
use std::path::PathBuf;

use crate::batch::Randomness;
use crate::timestamp::Timestamp;

/// Everything that a command may not find out by itself.
pub struct World {
    /// Where the command was started, or `-C`.
    pub directory: PathBuf,
    /// The mainline that was named, if any.
    pub branch: Option<String>,
    /// The anchor that was named, if any.
    pub anchor: Option<String>,
    /// A variable of the environment, if it is set and text.
    pub variable: fn(&str) -> Option<String>,
    /// The clock, read once.
    pub now: Timestamp,
    /// Where serial numbers and identifiers come from.
    pub random: Box<Randomness<'static>>,
    /// Says at once what can't wait for the report.
    pub talk: Box<dyn Fn(&str)>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            directory,
            branch,
            anchor,
            variable: _,
            now,
            random: _,
            talk: _,
        } = self;
        f.debug_struct("World")
            .field("directory", directory)
            .field("branch", branch)
            .field("anchor", anchor)
            .field("now", now)
            .finish_non_exhaustive()
    }
}
