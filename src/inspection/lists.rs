//! Lists of entries, in which whoever holds an entry is found without comparing each with each.
//!
//! In come the entries of a list; out comes, for an entry, the first of them that fits whatever it does, told only where
//! that can be shown: two patterns are compared by what they say, and only an entry without stars by what it fits. Names
//! are looked up. A pattern has to be tried, and that is counted (see [`Ground`]).

use std::collections::{BTreeMap, HashMap};

use crate::control::ControlZone;
use crate::control::approval_policy::Mode;
use crate::control::deny_policy::{Denial, DenyPolicy};
use crate::control::entry::{Entry, Match, Said, ValueKind};
use crate::control::fold::fold;
use crate::control::glob::placeholder::Given;
use crate::decision::reserved::Reserved;
use crate::x509::san::fold_email;
use crate::x509::subject::Attribute;

/// An entry as it is compared with others.
struct Held<'e> {
    entry: &'e Entry,
    /// The one value that it fits, as it is compared; then as it is spelt for what denies.
    spellings: Vec<String>,
    reserved: Option<Reserved>,
}

impl<'e> Held<'e> {
    fn new(entry: &'e Entry, attribute: Option<Attribute>, is_denied: bool) -> Self {
        let literal = entry.literal();
        let mut spellings: Vec<String> = literal
            .map(|text| normal(entry, text))
            .into_iter()
            .collect();
        if is_denied {
            spellings.extend(literal.map(fold));
        }
        let reserved = literal.zip(attribute);
        Self {
            entry,
            spellings,
            reserved: reserved.and_then(|(text, attribute)| Reserved::of(attribute, text)),
        }
    }

    /// Whether an entry that says something else fits the one value of this.
    fn is_within(&self, wide: &Entry, given: Given<'_>) -> bool {
        let reaches = |reserved: Reserved| reserved.is_spelt_by(wide);
        let mut spellings = self.spellings.iter();
        self.reserved.is_none_or(reaches)
            && spellings.any(|text| wide.matches(text, given) == Match::Yes)
    }
}

fn normal(entry: &Entry, text: &str) -> String {
    match entry.kind() {
        ValueKind::Dns => text.to_ascii_lowercase(),
        ValueKind::Email => fold_email(text),
        ValueKind::Uri | ValueKind::Attribute { .. } => text.to_owned(),
    }
}

/// A list of entries for one kind of value.
#[derive(Default)]
pub(super) struct List<'e> {
    entries: Vec<Held<'e>>,
    /// The first that says this.
    said: HashMap<Said<'e>, usize>,
    /// The first that fits this value and no other.
    named: HashMap<String, usize>,
    /// Those that have to be tried.
    open: Vec<usize>,
}

impl<'e> List<'e> {
    /// A list of values of this subject attribute, or of names.
    pub(super) fn of(
        entries: impl IntoIterator<Item = &'e Entry, IntoIter: ExactSizeIterator>,
        attribute: Option<Attribute>,
    ) -> Self {
        let entries = entries.into_iter();
        let mut list = Self {
            entries: Vec::with_capacity(entries.len()),
            said: HashMap::with_capacity(entries.len()),
            named: HashMap::with_capacity(entries.len()),
            open: Vec::new(),
        };
        for (at, entry) in entries.enumerate() {
            let held = Held::new(entry, attribute, entry.is_denial());
            list.said.entry(entry.said()).or_insert(at);
            match held.spellings.last() {
                Some(text) => _ = list.named.entry(text.clone()).or_insert(at),
                None if entry.has_placeholder() => {}
                None => list.open.push(at),
            }
            list.entries.push(held);
        }
        list
    }

    /// For each entry that another one makes pointless, both; of two that fit the same the first one stays.
    pub(super) fn pointless(&self, given: Given<'_>) -> Vec<(&'e Entry, &'e Entry)> {
        let entries = self.entries.iter().enumerate();
        let pair = |(at, held): (usize, &Held<'e>)| {
            let other = self.holder(held, Some(at), given)?;
            Some((held.entry, self.entries[other].entry))
        };
        entries.filter_map(pair).collect()
    }

    /// Whether every entry of the other list is held by one of this.
    pub(super) fn holds(&self, narrow: &List<'_>, given: Given<'_>) -> bool {
        let mut narrow = narrow.entries.iter();
        narrow.all(|held| self.holder(held, None, given).is_some())
    }

    /// The first entry that holds this one, which may have a place in this list itself.
    fn holder(&self, held: &Held<'_>, own: Option<usize>, given: Given<'_>) -> Option<usize> {
        let is_before = |at: &usize| own.is_none_or(|own| *at < own);
        let twin = self.said.get(&held.entry.said()).copied();
        let named = held.spellings.last().and_then(|text| self.named.get(text));
        let named = named.filter(|at| held.is_within(self.entries[**at].entry, given));
        let nearest = twin.into_iter().chain(named.copied());
        let nearest = nearest.filter(is_before).min();
        if held.spellings.is_empty() {
            return nearest;
        }
        let is_nearer = |at: &&usize| nearest.is_none_or(|nearest| **at < nearest);
        let mut open = self.open.iter().take_while(is_nearer);
        let wider = open.find(|at| held.is_within(self.entries[**at].entry, given));
        wider.copied().or(nearest)
    }
}

/// The entries that hit whoever asks, by what they are about.
pub(super) struct Denials<'z> {
    subject: BTreeMap<Attribute, Denied<'z>>,
    /// Of DNS names.
    pub(super) dns_names: Denied<'z>,
    /// Of URIs.
    pub(super) uris: Denied<'z>,
    /// Of e-mail addresses.
    pub(super) email_addresses: Denied<'z>,
}

/// Entries that hit whoever asks, with the policy of each.
#[derive(Default)]
pub(super) struct Denied<'z> {
    list: List<'z>,
    policies: Vec<&'z DenyPolicy>,
}

impl<'z> Denials<'z> {
    /// Those of all deny policies that are about every request.
    pub(super) fn of(zone: &'z ControlZone) -> Self {
        let is_always =
            |policy: &&DenyPolicy| policy.mode == Mode::Enforce && policy.selector.is_everything();
        let policies = zone.deny_policies.iter().filter(is_always);
        let denials: Vec<(&DenyPolicy, &Denial)> = policies
            .flat_map(|policy| policy.deny.iter().map(move |denial| (policy, denial)))
            .filter(|(_, denial)| denial.unless.is_none())
            .collect();
        let attributes = Attribute::ALL.into_iter();
        let of_attribute = |attribute| {
            let list = |denial: &'z Denial| denial.subject.get(&attribute).map(Vec::as_slice);
            (attribute, Denied::of(&denials, list))
        };
        Self {
            subject: attributes.map(of_attribute).collect(),
            dns_names: Denied::of(&denials, |denial| Some(&denial.dns_names)),
            uris: Denied::of(&denials, |denial| Some(&denial.uris)),
            email_addresses: Denied::of(&denials, |denial| Some(&denial.email_addresses)),
        }
    }

    /// Of a subject attribute.
    pub(super) fn subject(&self, attribute: Attribute) -> &Denied<'z> {
        &self.subject[&attribute]
    }
}

impl<'z> Denied<'z> {
    fn of(
        denials: &[(&'z DenyPolicy, &'z Denial)],
        list: impl Fn(&'z Denial) -> Option<&'z [Entry]>,
    ) -> Self {
        let entries = |(policy, denial): &(&'z DenyPolicy, &'z Denial)| {
            let entries = list(denial).unwrap_or_default().iter();
            let policy = *policy;
            entries.map(move |entry| (policy, entry))
        };
        let (policies, entries): (Vec<_>, Vec<_>) = denials.iter().flat_map(entries).unzip();
        Self {
            list: List::of(entries, None),
            policies,
        }
    }

    /// The first entry that always denies what another one admits, and its policy.
    pub(super) fn hit(
        &self,
        entry: &Entry,
        given: Given<'_>,
    ) -> Option<(&'z DenyPolicy, &'z Entry)> {
        let held = Held::new(entry, None, true);
        let at = self.list.holder(&held, None, given)?;
        Some((self.policies[at], self.list.entries[at].entry))
    }
}
