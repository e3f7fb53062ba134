//! Whether the people whom a policy asks for have agreed (step 8).
//!
//! In come the policies that apply and admit, and the testimony about one request; out comes the first admitting policy,
//! by name, whose approvals are complete, or who is still to be asked. A denial by anybody whom an applicable policy
//! would ask, or who had a hand in the request, is final. Persons are counted; whoever had a hand in the request was left
//! out before.

use std::collections::BTreeMap;

use crate::control::ControlZone;
use crate::control::approval_policy::ApprovalPolicy;
use crate::control::approvals::Approvals;
use crate::control::principal::PrincipalKind;
use crate::decision::counting::{Count, Missing, Voters, count};
use crate::decision::refusal::Refusal;
use crate::finding::{Code, Reason};
use crate::names::ObjectName;
use crate::report::{Assent, Lack, Verdict};
use crate::request::Request;
use crate::trust::{Approval, Testimony};

// Who can be asked is told by name as long as a person can read it.
const NAMED: usize = 5;

/// The approvals of a policy, by the people who gave them.
pub type Counted = BTreeMap<ObjectName, Approval>;

/// What people can say of one request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Poll<'a> {
    pub(super) request: &'a Request,
    pub(super) zone: &'a ControlZone,
    pub(super) testimony: &'a Testimony,
}

impl Poll<'_> {
    /// Refuses what somebody may refuse and does.
    pub(super) fn rejected(&self, applicable: &[&ApprovalPolicy]) -> Vec<Reason> {
        let denials = self.testimony.denials.iter();
        let may = |person: &&ObjectName| {
            // Whoever had a hand in it may take it back: a denial only takes away.
            if self.testimony.involved.contains(person) {
                return true;
            }
            let mut policies = applicable.iter();
            policies.any(|policy| self.is_asked(person, policy))
        };
        denials.filter(may).map(rejection).collect()
    }

    /// The first policy that is complete, with what it counted; how far each is that was asked goes to `assents`.
    ///
    /// # Errors
    /// `pending`, with what each policy misses and who could give it.
    pub(super) fn complete<'p>(
        &self,
        admitting: &[&'p ApprovalPolicy],
        assents: &mut Vec<Assent>,
    ) -> Result<(&'p ApprovalPolicy, Counted), Refusal> {
        let (mut reasons, mut lacks) = (Vec::new(), BTreeMap::new());
        for policy in admitting {
            let Approvals::Required(requirement) = &policy.approvals else {
                assents.clear();
                return Ok((policy, Counted::new()));
            };
            let count = count(requirement, &self.voters(), self.testimony.raise());
            let assent = self.assent(policy, &count);
            if count.missing.is_empty() {
                *assents = vec![assent];
                return Ok((policy, self.counted(policy)));
            }
            assents.push(assent);
            let told = |missing: &Missing| self.lacks(policy, missing);
            reasons.extend(count.missing.iter().map(told));
            lacks.insert(policy.name.clone(), count.missing);
        }
        reasons.extend(self.testimony.objections.iter().cloned());
        reasons.extend(self.not_eligible(admitting));
        Err(Refusal {
            missing: lacks,
            ..Refusal::new(Verdict::Pending, reasons)
        })
    }

    /// Those who approved, each with all groups.
    fn voters(&self) -> Voters {
        let approvals = self.testimony.approvals.keys();
        approvals
            .map(|person| (person.clone(), self.zone.groups_of(person).clone()))
            .collect()
    }

    fn counted(&self, policy: &ApprovalPolicy) -> Counted {
        let approvals = self.testimony.approvals.iter();
        approvals
            .filter(|(person, _)| self.is_asked(person, policy))
            .map(|(person, approval)| (person.clone(), approval.clone()))
            .collect()
    }

    fn is_asked(&self, person: &ObjectName, policy: &ApprovalPolicy) -> bool {
        policy.approvals.names(person, self.zone.groups_of(person))
    }

    fn not_eligible(&self, admitting: &[&ApprovalPolicy]) -> Vec<Reason> {
        let is_asked = |person: &ObjectName| {
            let mut policies = admitting.iter();
            policies.any(|policy| self.is_asked(person, policy))
        };
        let approvals = self.testimony.approvals.iter();
        let outside = approvals.filter(|(person, _)| !is_asked(person));
        outside
            .map(|(person, approval)| {
                let message = format!("`{person}` is in no group that is asked to approve it");
                let help = format!(
                    "have somebody sign whom `gitca plan` names, or `{person}` be added to their group"
                );
                let reason = Reason::new(Code::ApproverNotEligible, message).help(help);
                reason.value(approval.file.as_str())
            })
            .collect()
    }

    fn assent(&self, policy: &ApprovalPolicy, count: &Count) -> Assent {
        let lack = |missing: &Missing| {
            let able = self.able(missing);
            Lack {
                count: missing.count,
                groups: texts(missing.groups.iter()),
                number: able.len(),
                able: texts(able.into_iter().take(NAMED)),
            }
        };
        Assent {
            policy: policy.name.to_string(),
            place: (policy.file.clone(), policy.line),
            needed: count.needed,
            given: texts(self.counted(policy).keys()),
            lacking: count.missing.iter().map(lack).collect(),
        }
    }

    fn lacks(&self, policy: &ApprovalPolicy, missing: &Missing) -> Reason {
        let plural = if missing.count == 1 { "" } else { "s" };
        let groups = list(missing.groups.iter(), "or");
        let of = match (groups.is_empty(), missing.principals.is_empty()) {
            (false, _) => format!(" of group {groups}"),
            (true, false) => format!(" of {}", list(missing.principals.iter(), "or")),
            (true, true) => String::new(),
        };
        let able = self.able(missing);
        let people = match able.len() {
            0 => "; nobody who may is left".to_owned(),
            number if number > NAMED => {
                let some = list(able.iter().copied().take(NAMED), "and");
                format!("; {some} and {} others can give it", number - NAMED)
            }
            _ => format!("; {} can give it", list(able.iter().copied(), "or")),
        };
        let message = format!("{} more approval{plural}{of} needed{people}", missing.count);
        let blob = self.request.blob.to_string();
        let command = format!("gitca approve {}  # {}", self.request.name, &blob[..8]);
        let reason = Reason::new(Code::ApprovalMissing, message).policy(policy.name.as_str());
        let reason = reason.rule("spec.approvals").help(command);
        policy.origin.place(reason)
    }

    /// The persons who could give what is missing.
    fn able(&self, missing: &Missing) -> Vec<&ObjectName> {
        let persons = self.zone.principals.values();
        persons
            .filter(|principal| principal.kind == PrincipalKind::Person)
            .map(|principal| &principal.name)
            .filter(|person| missing.takes(person, self.zone.groups_of(person)))
            .filter(|person| !self.testimony.involved.contains(person))
            .filter(|person| !self.testimony.approvals.contains_key(*person))
            .collect()
    }
}

fn rejection(person: &ObjectName) -> Reason {
    let message = format!("`{person}` denies it");
    let help = format!("ask `{person}`; the denial holds until they approve the same bytes");
    Reason::new(Code::Rejected, message)
        .value(person.as_str())
        .help(help)
}

fn texts<'n>(names: impl Iterator<Item = &'n ObjectName>) -> Vec<String> {
    names.map(ToString::to_string).collect()
}

/// `a`, `b` or `c`.
fn list<'n>(names: impl Iterator<Item = &'n ObjectName>, and: &str) -> String {
    let mut names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let Some(last) = names.pop() else {
        return String::new();
    };
    if names.is_empty() {
        return last;
    }
    format!("{} {and} {last}", names.join(", "))
}
