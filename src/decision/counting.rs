//! Whether enough persons approved, and who is still missing.
//!
//! In come a requirement and the persons whose approvals count, with the groups of each; out come how many are needed and
//! the slots that nobody fills, and none means that it is complete. Inside one `allOf` a person fills one slot: persons are
//! matched to slots exactly (a maximum flow by augmenting paths), never greedily. Neither the order of entries nor that of
//! persons matters.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::control::approvals::Requirement;
use crate::names::ObjectName;

/// The persons whose approvals count, and the groups that each is in.
pub type Voters = BTreeMap<ObjectName, BTreeSet<ObjectName>>;

/// Approvals that are missing: so many more persons from these groups or of these names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Missing {
    /// Groups whose members could give them.
    pub groups: Vec<ObjectName>,
    /// Principals who could give them.
    pub principals: Vec<ObjectName>,
    /// How many persons.
    pub count: usize,
}

/// How far the approvals of a requirement have come, on the way that needs the fewest more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many persons it needs in all.
    pub needed: usize,
    /// What is open; nothing when it is complete.
    pub missing: Vec<Missing>,
}

/// Counts, with the fewest approvals that would complete the requirement.
///
/// An unknown requester may be one of the approvers: then `raise` is one, and every slot needs one person more.
#[must_use]
pub fn count(requirement: &Requirement, voters: &Voters, raise: usize) -> Count {
    let counts = ways(requirement).into_iter().map(|slots| {
        let needed = |slot: &Missing| slot.count.saturating_add(raise);
        Count {
            needed: sum(slots.iter().map(needed)),
            missing: lack(slots, voters, raise),
        }
    });
    let persons = |count: &Count| sum(count.missing.iter().map(|slot| slot.count));
    let order = |count: &Count| (persons(count), count.missing.clone(), count.needed);
    let least = counts.min_by_key(order);
    // A choice of nothing can't be made.
    least.unwrap_or_else(|| Count {
        needed: 1,
        missing: vec![Missing {
            groups: Vec::new(),
            principals: Vec::new(),
            count: 1,
        }],
    })
}

fn sum(numbers: impl Iterator<Item = usize>) -> usize {
    numbers.fold(0, usize::saturating_add)
}

/// Each way to choose among the `anyOf` of the tree, as the slots that must all be filled.
fn ways(requirement: &Requirement) -> Vec<Vec<Missing>> {
    match requirement {
        Requirement::Slot {
            groups,
            principals,
            count,
        } => vec![vec![slot(groups, principals, *count)]],
        Requirement::AnyOf(parts) => parts.iter().flat_map(ways).collect(),
        Requirement::AllOf(parts) => parts.iter().fold(vec![Vec::new()], |before, part| {
            let part = ways(part);
            let with = |slots: &Vec<Missing>| {
                let more = part.iter();
                more.map(|more| [slots.as_slice(), more].concat())
                    .collect::<Vec<_>>()
            };
            before.iter().flat_map(with).collect()
        }),
    }
}

fn slot(groups: &[ObjectName], principals: &[ObjectName], count: usize) -> Missing {
    let sorted = |names: &[ObjectName]| {
        let names: BTreeSet<&ObjectName> = names.iter().collect();
        names.into_iter().cloned().collect()
    };
    Missing {
        groups: sorted(groups),
        principals: sorted(principals),
        count,
    }
}

impl Missing {
    /// Whether this person could give one of the approvals.
    #[must_use]
    pub fn takes(&self, principal: &ObjectName, groups: &BTreeSet<ObjectName>) -> bool {
        self.principals.contains(principal)
            || self.groups.iter().any(|group| groups.contains(group))
    }
}

/// What stays open of these slots when as many as possible are filled.
fn lack(mut slots: Vec<Missing>, voters: &Voters, raise: usize) -> Vec<Missing> {
    slots.sort();
    for slot in &mut slots {
        slot.count = slot.count.saturating_add(raise);
    }
    let candidates = |slot: &Missing| {
        let persons = voters.iter().enumerate();
        persons
            .filter(|(_, (name, groups))| slot.takes(name, groups))
            .map(|(person, _)| person)
            .collect()
    };
    let mut seating = Seating {
        candidates: slots.iter().map(candidates).collect(),
        seats: vec![None; voters.len()],
    };
    let mut open: BTreeMap<(Vec<ObjectName>, Vec<ObjectName>), usize> = BTreeMap::new();
    for (index, slot) in slots.into_iter().enumerate() {
        let mut left = slot.count;
        while left > 0 && seating.seat(index, &mut vec![false; voters.len()]) {
            left -= 1;
        }
        if left > 0 {
            // Two slots for the same people are one to those who read it.
            let sum = open.entry((slot.groups, slot.principals)).or_default();
            *sum = sum.saturating_add(left);
        }
    }
    let missing = |((groups, principals), count)| Missing {
        groups,
        principals,
        count,
    };
    open.into_iter().map(missing).collect()
}

/// Who sits on which slot.
struct Seating {
    candidates: Vec<Vec<usize>>,
    seats: Vec<Option<usize>>,
}

impl Seating {
    /// Finds one more person for a slot; whoever sits elsewhere may change when that slot finds another.
    fn seat(&mut self, slot: usize, tried: &mut Vec<bool>) -> bool {
        for at in 0..self.candidates[slot].len() {
            let person = self.candidates[slot][at];
            if std::mem::replace(&mut tried[person], true) || self.seats[person] == Some(slot) {
                continue;
            }
            let free = match self.seats[person] {
                None => true,
                Some(other) => self.seat(other, tried),
            };
            if free {
                self.seats[person] = Some(slot);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests;
