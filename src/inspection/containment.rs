//! Whether what one rule lets in is let in by another, told only where that can be shown.
//!
//! In come parts of two policies; out comes whether the first holds all of the second. A `false` may mean that nobody
//! knows, as where comparing would take too much.

use crate::control::approval_policy::Constraints;
use crate::control::entry::Entry;
use crate::control::keys::KeyTypes;
use crate::control::rule::{Allows, AllowsIp, Counts, IpRule, Rule};
use crate::control::selector::{NamePattern, Requesters, Selector};
use crate::decision::reserved::Reserved;
use crate::inspection::ground::Ground;
use crate::inspection::lists::List;
use crate::x509::subject::Attribute;

/// A rule and its entries.
pub(super) type Listed<'p> = (&'p Rule, List<'p>);

/// Whether the wide selector holds wherever the narrow one does.
pub(super) fn selector(wide: &Selector, narrow: &Selector, ground: &Ground<'_>) -> bool {
    let patterns = |wide: &[NamePattern], narrow: &[NamePattern]| {
        let may_compare = || ground.may_compare(wide.len() * narrow.len() / 4);
        let holds = |it| wide.contains(it);
        wide.is_empty() || (!narrow.is_empty() && may_compare() && narrow.iter().all(holds))
    };
    let mut labels = wide.labels.iter();
    patterns(&wide.signer_names, &narrow.signer_names)
        && patterns(&wide.paths, &narrow.paths)
        && requesters(wide.requesters.as_ref(), narrow.requesters.as_ref(), ground)
        && labels.all(|(key, value)| narrow.labels.get(key) == Some(value))
}

fn requesters(wide: Option<&Requesters>, narrow: Option<&Requesters>, ground: &Ground<'_>) -> bool {
    match (wide, narrow) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wide), Some(narrow)) => {
            let (mut groups, mut principals) = (narrow.groups.iter(), narrow.principals.iter());
            let size = |it: &Requesters| it.groups.len() + it.principals.len();
            ground.may_compare(size(wide) * size(narrow) / 4)
                && groups.all(|group| wide.groups.contains(group))
                && principals.all(|principal| wide.principals.contains(principal))
        }
    }
}

/// Whether the wide rule admits whatever the narrow one does; `attribute` is the subject attribute it is for, if any.
pub(super) fn rule(
    (wide, list): &Listed<'_>,
    (narrow, others): &Listed<'_>,
    attribute: Option<Attribute>,
    ground: &Ground<'_>,
) -> bool {
    let values = match (&wide.allows, &narrow.allows) {
        (_, Allows::Nothing) | (Allows::Anything, Allows::Anything) => true,
        (Allows::Nothing, _) | (Allows::Values(_), Allows::Anything) => false,
        // Every value but reserved ones, which an entry may spell out.
        (Allows::Anything, Allows::Values(entries)) => {
            attribute.is_none_or(|attribute| !entries.iter().any(|it| spells(attribute, it)))
        }
        (Allows::Values(_), Allows::Values(_)) => list.holds(others, ground.given()),
    };
    values
        && counts(
            wide.counts,
            effective(narrow.counts, matches!(narrow.allows, Allows::Nothing)),
        )
        && (!wide.in_sans || narrow.in_sans)
        && (wide.wildcards || !narrow.wildcards)
        && (wide.underscores || !narrow.underscores)
}

/// Whether an entry may spell out a reserved identity.
fn spells(attribute: Attribute, entry: &Entry) -> bool {
    !entry.is_regex() && Reserved::of(attribute, &entry.to_string()).is_some()
}

/// Whether the wide rule admits every address that the narrow one does.
pub(super) fn ip_rule(wide: &IpRule, narrow: &IpRule, ground: &Ground<'_>) -> bool {
    let addresses = match (&wide.allows, &narrow.allows) {
        (_, AllowsIp::Nothing) | (AllowsIp::Anything, _) => true,
        (AllowsIp::Nothing | AllowsIp::Blocks { .. }, _) if narrow.allows == AllowsIp::Anything => {
            false
        }
        (
            AllowsIp::Blocks { cidrs, except },
            AllowsIp::Blocks {
                cidrs: blocks,
                except: excepted,
            },
        ) => {
            let mut blocks = blocks.iter();
            let mut holes = except.iter();
            let pairs = cidrs.len() * blocks.len() + except.len() * excepted.len();
            ground.may_compare(pairs)
                && blocks.all(|block| cidrs.iter().any(|wide| wide.covers(block)))
                && holes.all(|hole| excepted.iter().any(|narrow| narrow.covers(hole)))
        }
        _ => false,
    };
    let none = narrow.allows == AllowsIp::Nothing;
    addresses && counts(wide.counts, effective(narrow.counts, none))
}

/// Where nothing is allowed there is nothing to count.
fn effective(counts: Counts, is_nothing: bool) -> Counts {
    Counts {
        most: if is_nothing { Some(0) } else { counts.most },
        ..counts
    }
}

fn counts(wide: Counts, narrow: Counts) -> bool {
    let least = narrow.least.max(usize::from(narrow.required));
    let asked = wide.least.max(usize::from(wide.required));
    let most = wide
        .most
        .is_none_or(|wide| narrow.most.is_some_and(|narrow| narrow <= wide));
    asked <= least && most
}

/// Whether whatever keeps the narrow constraints keeps the wide ones.
pub(super) fn constraints(wide: &Constraints, narrow: &Constraints) -> bool {
    let max = |wide| narrow.duration_max.is_some_and(|narrow| narrow <= wide);
    let min = |wide| narrow.duration_min.is_some_and(|narrow| narrow >= wide);
    wide.duration_max.is_none_or(max)
        && wide.duration_min.is_none_or(min)
        && (!wide.duration_required || narrow.duration_required)
        && wide.key_reuse >= narrow.key_reuse
        && keys(wide.keys.as_ref(), narrow.keys.as_ref())
}

fn keys(wide: Option<&KeyTypes>, narrow: Option<&KeyTypes>) -> bool {
    match (wide, narrow) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wide), Some(narrow)) => wide == narrow || narrow.is_within(wide),
    }
}
