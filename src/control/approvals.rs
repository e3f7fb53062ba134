//! Who has to approve: a tree of slots that persons fill.
//!
//! In comes the `approvals` of an approval policy; out comes [`Approvals`], with every group and principal in it known
//! to the control zone. A tree is bounded when it is read, so that counting stays exact and quick. Who did approve,
//! and whether it suffices, is judged elsewhere.

use std::collections::BTreeSet;

use crate::control::reading::{count, elements};
use crate::control::surroundings::Surroundings;
use crate::names::ObjectName;
use crate::yaml::{Field, Object, Problems, Value};

const SLOT: [&str; 3] = ["groups", "principals", "count"];
const ALL: [&str; 5] = ["anyOf", "allOf", "groups", "principals", "count"];
const DEPTH: usize = 4;
// Counting looks at every way to fill the tree; real policies have a handful.
const WAYS: usize = 256;
const SLOTS: usize = 64;

/// Who has to approve what a policy admits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approvals {
    /// Nobody: the merge alone.
    None,
    /// Persons, in these slots.
    Required(Requirement),
}

/// A part of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// So many persons, each a member of one of the groups or one of the principals.
    Slot {
        /// Groups whose members count.
        groups: Vec<ObjectName>,
        /// Principals who count by name.
        principals: Vec<ObjectName>,
        /// How many persons, at least one.
        count: usize,
    },
    /// One of these is enough.
    AnyOf(Vec<Requirement>),
    /// All of these, and nobody fills two slots.
    AllOf(Vec<Requirement>),
}

impl Approvals {
    /// Reads `none`, `anyOf` or `allOf`.
    pub fn read(
        field: &Field<'_>,
        around: &Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        match &field.node.value {
            Value::Plain(text) | Value::Text(text) if text == "none" => return Some(Self::None),
            Value::Map(_) => {}
            _ => {
                problems.report_with_help(
                    field,
                    "must be `none` or a mapping with `anyOf` or `allOf`",
                    "write `approvals: none` if nobody has to approve",
                );
                return None;
            }
        }
        let object = field.object(&ALL, problems)?;
        if object.get("anyOf").or(object.get("allOf")).is_none() {
            problems.report_with_help(
                field,
                "must be `none` or have `anyOf` or `allOf`",
                "write for example `approvals: {anyOf: [{groups: [platform], count: 1}]}`",
            );
            return None;
        }
        let requirement = Requirement::read(field, around, 1, problems)?;
        if requirement.ways() <= WAYS && requirement.slots() <= SLOTS {
            return Some(Self::Required(requirement));
        }
        problems.report_with_help(
            field,
            format!("has more than {SLOTS} slots, or more than {WAYS} ways to fill them"),
            "name the same people with fewer `anyOf` inside `allOf`; a Group may have any number of members",
        );
        None
    }

    /// Whether the tree names this principal, or a group that it is in: who may approve may also deny.
    #[must_use]
    pub fn names(&self, principal: &ObjectName, groups: &BTreeSet<ObjectName>) -> bool {
        match self {
            Self::None => false,
            Self::Required(requirement) => requirement.names(principal, groups),
        }
    }
}

impl Requirement {
    fn read(
        field: &Field<'_>,
        around: &Surroundings<'_>,
        depth: usize,
        problems: &mut Problems,
    ) -> Option<Self> {
        let object = field.object(&ALL, problems)?;
        let (any, all) = (object.get("anyOf"), object.get("allOf"));
        let is_slot = SLOT.iter().any(|key| object.get(key).is_some());
        let branches = match (any, all, is_slot) {
            (None, None, _) => return read_slot(field, &object, around, problems),
            (Some(any), None, false) => any,
            (None, Some(all), false) => all,
            _ => {
                problems.report_with_help(
                    field,
                    "must be one of `anyOf`, `allOf` and a slot with `groups` or `principals`",
                    "put the parts into a list under `allOf`",
                );
                return None;
            }
        };
        if depth > DEPTH {
            problems.report(
                &branches,
                format!("is nested more than {DEPTH} deep; write it flatter"),
            );
            return None;
        }
        let is_any = object.get("anyOf").is_some();
        let parts = read_parts(&branches, around, depth, problems)?;
        Some(if is_any {
            Self::AnyOf(parts)
        } else {
            Self::AllOf(parts)
        })
    }

    /// Whether some slot takes this principal.
    #[must_use]
    pub fn names(&self, principal: &ObjectName, groups: &BTreeSet<ObjectName>) -> bool {
        match self {
            Self::Slot {
                groups: wanted,
                principals,
                ..
            } => {
                principals.contains(principal) || wanted.iter().any(|group| groups.contains(group))
            }
            Self::AnyOf(parts) | Self::AllOf(parts) => {
                parts.iter().any(|part| part.names(principal, groups))
            }
        }
    }

    /// How many slots the tree has.
    #[must_use]
    pub fn slots(&self) -> usize {
        match self {
            Self::Slot { .. } => 1,
            Self::AnyOf(parts) | Self::AllOf(parts) => parts.iter().map(Self::slots).sum(),
        }
    }

    /// In how many ways the `anyOf` of the tree can be chosen.
    #[must_use]
    pub fn ways(&self) -> usize {
        match self {
            Self::Slot { .. } => 1,
            Self::AnyOf(parts) => parts.iter().map(Self::ways).fold(0, usize::saturating_add),
            Self::AllOf(parts) => parts.iter().map(Self::ways).fold(1, usize::saturating_mul),
        }
    }
}

fn read_parts(
    field: &Field<'_>,
    around: &Surroundings<'_>,
    depth: usize,
    problems: &mut Problems,
) -> Option<Vec<Requirement>> {
    let mut parts: Vec<Option<Requirement>> = Vec::new();
    for element in elements(field, problems) {
        if problems.is_full() {
            break;
        }
        parts.push(Requirement::read(&element, around, depth + 1, problems));
    }
    let parts: Option<Vec<Requirement>> = parts.into_iter().collect();
    parts.filter(|parts| !parts.is_empty())
}

fn read_slot(
    field: &Field<'_>,
    object: &Object<'_>,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Option<Requirement> {
    let (groups, principals) = (object.get("groups"), object.get("principals"));
    if groups.is_none() && principals.is_none() {
        problems.report_with_help(
            field,
            "nobody could give this approval",
            "name `groups`, `principals` or both",
        );
        return None;
    }
    let number = match object.get("count") {
        Some(field) if matches!(&field.node.value, Value::Plain(text) if text == "0") => {
            problems.report_with_help(
                &field,
                "must be at least 1",
                "write `approvals: none` if nobody has to approve",
            );
            None
        }
        Some(field) => count(&field, 1..=usize::MAX, problems),
        None => Some(1),
    };
    Some(Requirement::Slot {
        groups: groups.map_or_else(Vec::new, |field| around.groups(&field, problems)),
        principals: principals.map_or_else(Vec::new, |field| around.principals(&field, problems)),
        count: number?,
    })
}

#[cfg(test)]
mod tests;
