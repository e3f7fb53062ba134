//! How much one decision may still do: what the policies cost is counted while it is done, and there is an end to it.
//!
//! In come units of work, asked for before the work is done; out comes whether it may be done. What is used up stays used
//! up, and whoever asked then takes the worse answer. Units depend on the request and on the policies alone, never on the
//! machine or on a clock, so every run comes to the same end.

use std::cell::Cell;

/// What all policies together may do to decide one request: some twenty milliseconds. What a request costs under policies
/// that people write is a tenth of it: 250 names of 40 octets take 50,000 units for one pattern of each label, and a loop
/// with 60 nodes in a rule takes a million.
pub const DECISION: u64 = 6_000_000;
// Some hundred milliseconds at ten nanoseconds each; an octet of an automaton takes so long. A hundred patterns of hosts
// and as many rules of a line take half of it.
const COMPILING: u64 = 7_000_000;
// What is told of a decision, and what decides nothing.
const WORDS: u64 = 3_000_000;

/// What is left; a unit is what it costs to visit one state of a pattern, or to compare a few octets.
#[derive(Debug)]
pub struct Effort {
    left: Cell<u64>,
    // Finding out which entry is most like a value decides nothing, and so may not use up what decides.
    likeness: Cell<u64>,
}

impl Effort {
    /// So many units.
    #[must_use]
    pub const fn of(units: u64) -> Self {
        Self {
            left: Cell::new(units),
            likeness: Cell::new(WORDS),
        }
    }

    /// What all policies together may do to decide one request.
    #[must_use]
    pub const fn of_decision() -> Self {
        Self::of(DECISION)
    }

    /// What may be done to tell why, and for policies that are only tried.
    #[must_use]
    pub const fn of_words() -> Self {
        Self::of(WORDS)
    }

    /// What compiling may take of all patterns and rules of a control zone.
    #[must_use]
    pub const fn of_compiling() -> Self {
        Self::of(COMPILING)
    }

    /// Takes so many units; `false` when there are not as many, and then there are none any more.
    #[must_use]
    pub fn spend(&self, units: u64) -> bool {
        take(&self.left, units)
    }

    /// Takes so many units of what comparing for likeness may cost.
    #[must_use]
    pub fn compare(&self, units: u64) -> bool {
        take(&self.likeness, units)
    }

    /// How many units are left.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left.get()
    }

    /// Whether something could not be done any more.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.left.get() == 0
    }
}

fn take(left: &Cell<u64>, units: u64) -> bool {
    left.set(left.get().saturating_sub(units));
    left.get() > 0
}

/// What one decision may do: to fall, for what decides nothing, and to be told.
#[derive(Debug)]
pub struct Allowances {
    /// What decides.
    pub decision: Effort,
    /// Policies that are only tried.
    pub aside: Effort,
    /// Why.
    pub words: Effort,
}

impl Default for Allowances {
    fn default() -> Self {
        Self {
            decision: Effort::of_decision(),
            aside: Effort::of_words(),
            words: Effort::of_words(),
        }
    }
}

impl Allowances {
    /// How many units were used.
    #[must_use]
    pub fn used(&self) -> u64 {
        let left = self.decision.left() + self.aside.left() + self.words.left();
        DECISION + 2 * WORDS - left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_up_stays_used_up() {
        let effort = Effort::of(10);
        assert!(effort.spend(4));
        assert_eq!((effort.left(), effort.is_exhausted()), (6, false));
        assert!(!effort.spend(7));
        assert!(effort.is_exhausted());
        assert!(!effort.spend(0));
        assert!(effort.compare(1));
    }
}
