//! Whose decisions are asked for, and how much of them.
//!
//! In comes who asks; out come the requests that are decided, what is told of each, and how long those that are denied may
//! take. Whose a key is depends on all open requests, so those that nobody asks about are read and heard all the same.

use crate::effort;
use crate::names::RequestName;

/// Which open requests are decided, and what is told of them.
#[derive(Clone, Copy, Debug)]
pub struct Attention<'a> {
    pub(super) only: Only<'a>,
    /// How much that policies look at somebody will read of, of all requests together. A request that would take more
    /// than is left is decided without what each policy says.
    pub(super) told: usize,
    /// How many units the policies may take for the requests that are counted.
    pub(super) patience: u64,
    /// Whether all are counted, or those alone that are denied or are judged by rules that came with them.
    pub(super) counts_all: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Only<'a> {
    Everything,
    Introduced,
    Named(&'a [RequestName]),
}

// Some fifty milliseconds.
const PATIENCE: u64 = 2 * effort::DECISION;

impl<'a> Attention<'a> {
    /// All of them are decided, and what policies say is not told.
    pub const EVERYTHING: Self = Self {
        only: Only::Everything,
        told: 0,
        patience: u64::MAX,
        counts_all: false,
    };

    /// The same, until the policies have taken so many units for them; what comes after that has no true decision.
    #[must_use]
    pub fn to_everything(units: u64) -> Self {
        Self {
            patience: units,
            counts_all: true,
            ..Self::EVERYTHING
        }
    }

    /// Those that a change introduces are decided, until those that are denied have taken long, or all of them where it
    /// touches the rules; past it the others are denied with them. So much that policies look at is told.
    #[must_use]
    pub fn to_change(told: usize) -> Self {
        Self {
            only: Only::Introduced,
            told,
            patience: PATIENCE,
            counts_all: false,
        }
    }

    /// These are decided, and everything is told of them.
    #[must_use]
    pub fn to(names: &'a [RequestName]) -> Self {
        Self {
            only: Only::Named(names),
            told: usize::MAX,
            ..Self::EVERYTHING
        }
    }
}
