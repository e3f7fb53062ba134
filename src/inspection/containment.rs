//! Whether what one rule lets in is let in by another, told only where that can be shown.
//!
//! In come parts of two policies; out comes whether the first holds all of the second. A `false` may mean that nobody
//! knows: two patterns are compared by what they say, and only a pattern without stars by what it fits.

use crate::control::ControlZone;
use crate::control::approval_policy::Constraints;
use crate::control::entry::{Entry, Match, ValueKind};
use crate::control::glob::placeholder::Given;
use crate::control::identity::Identity;
use crate::control::keys::KeyTypes;
use crate::control::rule::{Allows, AllowsIp, Counts, IpRule, Rule};
use crate::control::selector::{NamePattern, Requesters, Selector};
use crate::control::signer::Signer;
use crate::decision::reserved::Reserved;
use crate::effort::Effort;
use crate::sampling;
use crate::x509::san::fold_email;
use crate::x509::subject::Attribute;

/// The Signers that a selector is about.
pub(super) fn signers_of<'z>(selector: &Selector, zone: &'z ControlZone) -> Vec<&'z Signer> {
    let request = sampling::example_request();
    let effort = Effort::of_words();
    let given = Given::new(&request, Identity::nobody(), &effort);
    let is_meant = |signer: &&Signer| {
        let name = signer.signer_name.as_str();
        let mut patterns = selector.signer_names.iter();
        selector.signer_names.is_empty() || patterns.any(|pattern| pattern.fits(name, given))
    };
    zone.signers.iter().filter(is_meant).collect()
}

/// Whether the wide selector holds wherever the narrow one does.
pub(super) fn selector(wide: &Selector, narrow: &Selector) -> bool {
    let patterns = |wide: &[NamePattern], narrow: &[NamePattern]| {
        wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|it| wide.contains(it)))
    };
    let mut labels = wide.labels.iter();
    patterns(&wide.signer_names, &narrow.signer_names)
        && patterns(&wide.paths, &narrow.paths)
        && requesters(wide.requesters.as_ref(), narrow.requesters.as_ref())
        && labels.all(|(key, value)| narrow.labels.get(key) == Some(value))
}

fn requesters(wide: Option<&Requesters>, narrow: Option<&Requesters>) -> bool {
    match (wide, narrow) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wide), Some(narrow)) => {
            let (mut groups, mut principals) = (narrow.groups.iter(), narrow.principals.iter());
            groups.all(|group| wide.groups.contains(group))
                && principals.all(|principal| wide.principals.contains(principal))
        }
    }
}

/// Whether the wide rule admits whatever the narrow one does; `attribute` is the subject attribute it is for, if any.
pub(super) fn rule(wide: &Rule, narrow: &Rule, attribute: Option<Attribute>) -> bool {
    let values = match (&wide.allows, &narrow.allows) {
        (_, Allows::Nothing) | (Allows::Anything, Allows::Anything) => true,
        (Allows::Nothing, _) | (Allows::Values(_), Allows::Anything) => false,
        // Every value but reserved ones, which an entry may spell out.
        (Allows::Anything, Allows::Values(entries)) => {
            attribute.is_none_or(|attribute| !entries.iter().any(|it| spells(attribute, it)))
        }
        (Allows::Values(wide), Allows::Values(narrow)) => {
            let holds = |it: &Entry| wide.iter().any(|wide| entry(wide, it, attribute));
            narrow.iter().all(holds)
        }
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

/// Whether the wide entry fits whatever the narrow one does.
pub(super) fn entry(wide: &Entry, narrow: &Entry, attribute: Option<Attribute>) -> bool {
    if wide.says_the_same(narrow) {
        return true;
    }
    let Some(text) = narrow.literal().filter(|_| !wide.has_placeholder()) else {
        return false;
    };
    let reserved = attribute.and_then(|attribute| Reserved::of(attribute, text));
    if reserved.is_some_and(|reserved| !reserved.is_spelt_by(wide)) {
        return false;
    }
    let request = sampling::example_request();
    let effort = Effort::of_words();
    let given = Given::new(&request, Identity::nobody(), &effort);
    let text = match narrow.kind() {
        ValueKind::Dns => text.to_ascii_lowercase(),
        ValueKind::Email => fold_email(text),
        ValueKind::Uri | ValueKind::Attribute { .. } => text.to_owned(),
    };
    wide.matches(&text, given) == Match::Yes
}

/// Whether the wide rule admits every address that the narrow one does.
pub(super) fn ip_rule(wide: &IpRule, narrow: &IpRule) -> bool {
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
            blocks.all(|block| cidrs.iter().any(|wide| wide.covers(block)))
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
