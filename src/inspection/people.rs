//! Approvals that too few people can give, requesters whom nothing proves, and people whom no policy knows.
//!
//! Who can approve is a person with a key that counts now; whether a requirement can be complete is asked of the same
//! counting that decides.

use std::collections::BTreeSet;

use crate::control::ControlZone;
use crate::control::approval_policy::ApprovalPolicy;
use crate::control::approvals::{Approvals, Requirement};
use crate::control::deny_policy::DenyPolicy;
use crate::control::origin::Origin;
use crate::control::selector::Selector;
use crate::control::settings::RequesterIdentity;
use crate::decision::counting::{Missing, count};
use crate::finding::Code;
use crate::inspection::flaws::Flaws;
use crate::inspection::ground::Ground;
use crate::names::ObjectName;
use crate::timestamp::Timestamp;
use crate::trust::issuing_bot;

// To see whether one person fills one slot.
const COUNT: usize = 16;

/// The approvals and the requesters of an approval policy.
pub(super) fn inspect_approval(policy: &ApprovalPolicy, ground: &Ground<'_>, flaws: &mut Flaws) {
    inspect_requesters(&policy.selector, &policy.origin, ground.zone, flaws);
    if let Approvals::Required(requirement) = &policy.approvals {
        inspect_requirement(requirement, &policy.origin, ground, flaws);
    }
}

/// The requesters of a deny policy and of its exceptions.
pub(super) fn inspect_denial(policy: &DenyPolicy, zone: &ControlZone, flaws: &mut Flaws) {
    inspect_requesters(&policy.selector, &policy.origin, zone, flaws);
    for unless in policy
        .deny
        .iter()
        .filter_map(|denial| denial.unless.as_ref())
    {
        inspect_requesters(unless, &policy.origin, zone, flaws);
    }
}

fn inspect_requesters(selector: &Selector, origin: &Origin, zone: &ControlZone, flaws: &mut Flaws) {
    let is_author = zone.settings.requester_identity == RequesterIdentity::Author;
    if selector.requesters.is_none() || !is_author {
        return;
    }
    let field = format!("{}.requesters", selector.at);
    flaws.warn(Code::UnprovenRequester, origin, &field).say(
        "rests on who asked, and with `requesterIdentity: author` a requester can be anybody",
        "write `requesterIdentity: signature` into the Settings",
    );
}

fn inspect_requirement(
    requirement: &Requirement,
    origin: &Origin,
    ground: &Ground<'_>,
    flaws: &mut Flaws,
) {
    let Some(able) = Able::of(requirement, ground) else {
        return;
    };
    let Some((few, lacking)) = able.first() else {
        return;
    };
    if let Some(lack) = lacking.first() {
        let who = lack.groups.iter().chain(&lack.principals);
        let who: Vec<String> = who.map(|name| format!("`{name}`")).collect();
        let message = format!(
            "can never be complete: {} more of {} would have to be persons with a key",
            lack.count,
            who.join(", ")
        );
        let flaw = flaws.warn(Code::NeverComplete, origin, "spec.approvals");
        flaw.say(message, "add members with `sshKeys`, or lower `count`");
        return;
    }
    let needed = able.persons[..few].iter().enumerate();
    let needed = needed.filter(|(at, _)| able.need(*at, few));
    let needed: Vec<String> = needed.map(|(_, (name, _))| format!("`{name}`")).collect();
    if !needed.is_empty() {
        let message = format!("can't be complete without {}", needed.join(" and "));
        let help = "let one more person approve: nobody approves a request of their own";
        let flaw = flaws.note(Code::SoleApprover, origin, "spec.approvals");
        flaw.say(message, help);
    }
}

/// Those who can give an approval that is asked for; nothing is known of them where counting would take too much.
struct Able<'g> {
    requirement: &'g Requirement,
    persons: Vec<(&'g ObjectName, &'g BTreeSet<ObjectName>)>,
    ground: &'g Ground<'g>,
}

impl<'g> Able<'g> {
    fn of(requirement: &'g Requirement, ground: &'g Ground<'_>) -> Option<Self> {
        let persons = ground.voters.iter();
        let is_able =
            |(name, groups): &(&ObjectName, &BTreeSet<ObjectName>)| requirement.names(name, groups);
        ground
            .may_compare(COUNT * requirement.slots() * ground.voters.len())
            .then(|| Self {
                requirement,
                persons: persons.filter(is_able).collect(),
                ground,
            })
    }

    /// How many of them, from the first, suffice, or all; and what is still missing then.
    fn first(&self) -> Option<(usize, Vec<Missing>)> {
        let (mut some, all) = (1, self.persons.len());
        loop {
            let few = all.min(some);
            let lacking = self.lack(self.persons[..few].iter())?;
            if lacking.is_empty() || few == all {
                return Some((few, lacking));
            }
            some *= 2;
        }
    }

    /// Whether the others don't suffice without this one; twice as many as suffice are asked first, and then all.
    fn need(&self, at: usize, few: usize) -> bool {
        let all = self.persons.len();
        [all.min(2 * few), all].into_iter().all(|some| {
            let (before, behind) = (&self.persons[..at], &self.persons[at + 1..some]);
            let lacking = self.lack(before.iter().chain(behind));
            lacking.is_some_and(|lacking| !lacking.is_empty())
        })
    }

    /// What is missing when these approve.
    fn lack<'p>(
        &self,
        persons: impl Iterator<Item = &'p (&'p ObjectName, &'p BTreeSet<ObjectName>)> + Clone,
    ) -> Option<Vec<Missing>> {
        let ways = self.requirement.ways() * self.requirement.slots();
        let units = COUNT * ways * (1 + persons.clone().count());
        let voter =
            |(name, groups): &(&ObjectName, &BTreeSet<_>)| ((*name).clone(), (*groups).clone());
        let voters = || persons.map(voter).collect();
        self.ground
            .may_compare(units)
            .then(|| count(self.requirement, &voters(), 0).missing)
    }
}

/// The bot whose commits bring certificates back.
pub(super) fn inspect_bot(zone: &ControlZone, now: Timestamp, flaws: &mut Flaws) {
    let mut keys = issuing_bot(zone).into_iter().flat_map(|bot| &bot.ssh_keys);
    if keys.any(|key| key.counts(now)) {
        return;
    }
    let settings = &zone.settings;
    let message = "no key proves who made the commit of a run: whoever can push can make one, and each other clone has to look through all of history";
    let help = format!(
        "write a Principal of `kind: bot` with `emails: [{}]` and `sshKeys`, and give runs the private key with `--commit-key`",
        settings.bot.email
    );
    let flaw = flaws.note(Code::NoBotKey, &settings.origin, "spec.bot");
    flaw.say(message, help);
}

/// Principals whom no group and no policy names.
pub(super) fn inspect_principals(ground: &Ground<'_>, flaws: &mut Flaws) {
    let zone = ground.zone;
    let named = named(zone);
    let bot = issuing_bot(zone).map(|bot| &bot.name);
    for principal in zone.principals.values() {
        // The commits of runs name it.
        if bot == Some(&principal.name) {
            continue;
        }
        if named.contains(&principal.name) || !ground.zone.groups_of(&principal.name).is_empty() {
            continue;
        }
        let message = format!(
            "`{}` is in no group, and no policy names it",
            principal.name
        );
        let help = "put it into a Group, or remove the file";
        let flaw = flaws.note(Code::UnusedPrincipal, &principal.origin, "metadata.name");
        flaw.say(message, help);
    }
}

fn named(zone: &ControlZone) -> BTreeSet<&ObjectName> {
    let denials = zone.deny_policies.iter();
    let unless = zone.deny_policies.iter().flat_map(|policy| &policy.deny);
    let selectors = zone
        .approval_policies
        .iter()
        .map(|policy| &policy.selector)
        .chain(denials.map(|policy| &policy.selector))
        .chain(unless.filter_map(|denial| denial.unless.as_ref()));
    let mut named: BTreeSet<&ObjectName> = selectors
        .filter_map(|selector| selector.requesters.as_ref())
        .flat_map(|requesters| &requesters.principals)
        .collect();
    for policy in &zone.approval_policies {
        if let Approvals::Required(requirement) = &policy.approvals {
            collect(requirement, &mut named);
        }
    }
    named
}

fn collect<'z>(requirement: &'z Requirement, named: &mut BTreeSet<&'z ObjectName>) {
    match requirement {
        Requirement::Slot { principals, .. } => named.extend(principals),
        Requirement::AnyOf(parts) | Requirement::AllOf(parts) => {
            for part in parts {
                collect(part, named);
            }
        }
    }
}
