//! Which parts of the policies the requests of a test reached: selectors, entries and rules.
//!
//! In come the cases that were decided; out come the [`Part`]s that none of them reached. An entry is reached by a value
//! that fits it, a selector by a request that it holds for, a rule when nothing before it had decided already. It follows the
//! steps of the decision: what a step never came to was not reached.

use crate::control::ControlZone;
use crate::control::approval_policy::{ApprovalPolicy, Mode};
use crate::control::deny_policy::{Denial, DenyPolicy};
use crate::control::entry::{Entry, Match};
use crate::control::origin::Origin;
use crate::control::rule::{Allows, AllowsIp, Rule};
use crate::decision::asked::Asked;
use crate::decision::candidate::Candidate;
use crate::decision::deny::{self, Tried};
use crate::decision::values::{Value, Values};
use crate::decision::{Case, approve, ask, authority, gather, route, select, signer};
use crate::effort::Effort;
use crate::finding::{self, Code};
use crate::names::{Cidr, ObjectName};
use crate::x509::subject::Attribute;

/// Something that a policy says and a request can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The kind of the policy.
    pub kind: &'static str,
    /// Its name.
    pub policy: ObjectName,
    /// Where it stands, such as `spec.allowed.dnsNames.values[0]`, with file and line.
    pub rule: finding::Rule,
    /// What is written there.
    pub text: String,
}

/// What was reached so far.
#[derive(Clone, Debug)]
pub struct Coverage {
    parts: Vec<Part>,
    reached: Vec<bool>,
}

impl Coverage {
    /// Nothing yet, of everything that the policies say.
    #[must_use]
    pub fn of(zone: &ControlZone) -> Self {
        let mut walk = Walk::new(None);
        walk.zone(zone);
        Self {
            reached: vec![false; walk.parts.len()],
            parts: walk.parts,
        }
    }

    /// Adds what this case reaches; it must be one of the same zone.
    pub fn note(&mut self, case: &Case<'_, '_>) {
        let Ok(signer) = route(case.request, case.zone) else {
            return;
        };
        let candidate = Candidate::of(case.request, signer, case.now, &mut Vec::new());
        let gathered = gather(case, signer, &candidate);
        let values = Values::of(&case.request.csr.subject, &case.request.csr.sans);
        let effort = Effort::of_decision();
        let asked = ask(
            case,
            signer,
            &candidate,
            &values,
            gathered.as_ref(),
            &effort,
        );
        let is_stopped = !authority::is_ca_key(case.request, case.zone).is_empty()
            || !signer::violations(case.request, signer, &asked).is_empty();
        if is_stopped {
            return;
        }
        let mut walk = Walk::new(Some(&asked));
        walk.zone(case.zone);
        for (known, now) in self.reached.iter_mut().zip(walk.reached) {
            *known |= now;
        }
    }

    /// How many parts there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.parts.len()
    }

    /// The parts that no case reached, by policy.
    pub fn unreached(&self) -> impl Iterator<Item = &Part> {
        let parts = self.parts.iter().zip(&self.reached);
        parts
            .filter(|(_, reached)| !**reached)
            .map(|(part, _)| part)
    }
}

/// Whether what is asked for has a value of some kind that fits.
type Reaches<'r> = dyn Fn(&Asked<'_>, &dyn Fn(&Value<'_>) -> bool) -> bool + 'r;

/// One walk over the policies: with nobody who asks it lists the parts, with somebody it tells which are reached.
struct Walk<'a> {
    asked: Option<&'a Asked<'a>>,
    policy: Option<(&'static str, ObjectName, Origin)>,
    /// Whether the decision comes to the policy that is walked over.
    is_open: bool,
    parts: Vec<Part>,
    reached: Vec<bool>,
}

impl<'a> Walk<'a> {
    fn new(asked: Option<&'a Asked<'a>>) -> Self {
        Self {
            asked,
            policy: None,
            is_open: false,
            parts: Vec::new(),
            reached: Vec::new(),
        }
    }

    fn zone(&mut self, zone: &ControlZone) {
        for policy in &zone.deny_policies {
            self.deny_policy(policy);
        }
        let denies = |policy: &DenyPolicy, asked: &Asked<'_>| {
            policy.mode == Mode::Enforce && !deny::hits(policy, asked).is_empty()
        };
        let is_denied = self.asked.is_some_and(|asked| {
            let mut policies = zone.deny_policies.iter();
            policies.any(|policy| denies(policy, asked))
        });
        for policy in &zone.approval_policies {
            self.approval_policy(policy, is_denied);
        }
    }

    fn begin(&mut self, kind: &'static str, policy: &ObjectName, origin: &Origin, holds: bool) {
        self.is_open = holds;
        if self.asked.is_none() {
            self.policy = Some((kind, policy.clone(), origin.clone()));
        }
        self.add(|| ("spec.selector".to_owned(), String::new()), |_| true);
    }

    fn add(
        &mut self,
        part: impl FnOnce() -> (String, String),
        is_reached: impl FnOnce(&Asked<'_>) -> bool,
    ) {
        match (self.asked, &self.policy) {
            (Some(asked), _) => self.reached.push(self.is_open && is_reached(asked)),
            (None, Some((kind, policy, origin))) => {
                let (field, text) = part();
                self.parts.push(Part {
                    kind,
                    policy: policy.clone(),
                    rule: origin.rule(&field),
                    text,
                });
            }
            (None, None) => {}
        }
    }

    fn approval_policy(&mut self, policy: &ApprovalPolicy, is_denied: bool) {
        let holds = |asked: &Asked<'_>| !is_denied && select::holds(&policy.selector, asked);
        let holds = self.asked.is_some_and(holds);
        self.begin("ApprovalPolicy", &policy.name, &policy.origin, holds);
        let allowed = &policy.allowed;
        for attribute in Attribute::ALL {
            if let Some(rule) = allowed.subject(attribute) {
                let of = |asked: &Asked<'_>, fits: &dyn Fn(&Value<'_>) -> bool| {
                    let mut all = asked.values.subject.iter();
                    let own = all.find(|(its, _)| *its == attribute);
                    own.is_some_and(|(_, values)| values.iter().any(fits))
                };
                self.rule(&format!("spec.allowed.subject.{attribute}"), rule, &of);
            }
        }
        self.rule(
            "spec.allowed.dnsNames",
            &allowed.dns_names,
            &|asked, fits| asked.values.dns_names.iter().any(fits),
        );
        self.addresses(&allowed.ip_addresses.allows);
        self.rule("spec.allowed.uris", &allowed.uris, &|asked, fits| {
            asked.values.uris.iter().any(fits)
        });
        let emails = &allowed.email_addresses;
        self.rule("spec.allowed.emailAddresses", emails, &|asked, fits| {
            asked.values.email_addresses.iter().any(fits)
        });
        self.validations(policy);
    }

    /// The entries of a rule; `of` tells whether some value of its kind fits.
    fn rule(&mut self, field: &str, rule: &Rule, of: &Reaches<'_>) {
        match &rule.allows {
            Allows::Nothing => {}
            Allows::Anything => self.add(
                || (field.to_owned(), "any value".to_owned()),
                |asked| of(asked, &|_| true),
            ),
            Allows::Values(entries) => {
                for (index, entry) in entries.iter().enumerate() {
                    self.add(
                        || (format!("{field}.values[{index}]"), entry.to_string()),
                        |asked| of(asked, &|value| fits(entry, value, asked)),
                    );
                }
            }
        }
    }

    fn addresses(&mut self, allows: &AllowsIp) {
        let field = "spec.allowed.ipAddresses";
        match allows {
            AllowsIp::Nothing => {}
            AllowsIp::Anything => self.add(
                || (field.to_owned(), "any value".to_owned()),
                |asked| !asked.sans.ip_addresses.is_empty(),
            ),
            AllowsIp::Blocks { cidrs, except } => {
                self.blocks(&format!("{field}.cidrs"), cidrs);
                self.blocks(&format!("{field}.except"), except);
            }
        }
    }

    fn blocks(&mut self, field: &str, blocks: &[Cidr]) {
        for (index, block) in blocks.iter().enumerate() {
            self.add(
                || (format!("{field}[{index}]"), block.to_string()),
                |asked| {
                    let mut addresses = asked.sans.ip_addresses.iter();
                    addresses.any(|address| block.contains(*address))
                },
            );
        }
    }

    /// Rules are evaluated last: where something else objects already, they decide nothing.
    fn validations(&mut self, policy: &ApprovalPolicy) {
        let by_rule = |code| matches!(code, Code::RuleFailed | Code::RuleError);
        let decide = self.asked.is_some_and(|asked| {
            let open = self.is_open && !policy.validations.is_empty();
            open && approve::judge(policy, asked)
                .iter()
                .all(|reason| by_rule(reason.code))
        });
        for (index, validation) in policy.validations.iter().enumerate() {
            self.add(
                || {
                    (
                        format!("spec.validations[{index}]"),
                        validation.name.to_string(),
                    )
                },
                |_| decide,
            );
        }
    }

    fn deny_policy(&mut self, policy: &DenyPolicy) {
        let holds = self
            .asked
            .is_some_and(|asked| select::holds(&policy.selector, asked));
        self.begin("DenyPolicy", &policy.name, &policy.origin, holds);
        for (index, denial) in policy.deny.iter().enumerate() {
            let excepted = |asked: &Asked<'_>| {
                let unless = denial.unless.as_ref();
                unless.is_some_and(|unless| select::holds(unless, asked))
            };
            let field = format!("spec.deny[{index}]");
            if denial.unless.is_some() {
                self.add(
                    || (format!("{field}.unless"), denial.name.to_string()),
                    excepted,
                );
            }
            self.is_open = holds && !self.asked.is_some_and(excepted);
            self.denial(&field, denial);
            self.is_open = holds;
        }
    }

    fn denial(&mut self, field: &str, denial: &Denial) {
        for (attribute, entries) in &denial.subject {
            let field = format!("{field}.subject.{attribute}");
            self.entries(&field, entries, &|asked| {
                deny::attribute_values(*attribute, asked)
            });
        }
        self.entries(
            &format!("{field}.dnsNames"),
            &denial.dns_names,
            &deny::dns_names,
        );
        self.entries(&format!("{field}.uris"), &denial.uris, &deny::uris);
        let emails = &denial.email_addresses;
        self.entries(
            &format!("{field}.emailAddresses"),
            emails,
            &deny::email_addresses,
        );
        self.blocks(&format!("{field}.ipAddresses"), &denial.ip_addresses);
        for (index, usage) in denial.usages.iter().enumerate() {
            self.add(
                || (format!("{field}.usages[{index}]"), usage.to_string()),
                |asked| asked.usages.contains(usage),
            );
        }
        if let Some(keys) = &denial.keys {
            self.add(
                || (format!("{field}.keys"), denial.name.to_string()),
                |asked| keys.block(asked.key) || keys.list_as_debian(asked.key),
            );
        }
        if denial.rule.is_some() {
            self.add(
                || (format!("{field}.rule"), denial.name.to_string()),
                |_| true,
            );
        }
    }

    fn entries(
        &mut self,
        field: &str,
        entries: &[Entry],
        values: &dyn Fn(&Asked<'_>) -> Vec<Tried>,
    ) {
        for (index, entry) in entries.iter().enumerate() {
            self.add(
                || (format!("{field}[{index}]"), entry.to_string()),
                |asked| {
                    let values = values(asked);
                    let hit = |value| deny::try_entry(entry, value, asked.given()) != Match::No;
                    values.iter().any(hit)
                },
            );
        }
    }
}

/// Whether the entry admits the value; one that is reserved must be spelt out.
fn fits(entry: &Entry, value: &Value<'_>, asked: &Asked<'_>) -> bool {
    let is_spelt = value
        .reserved
        .is_none_or(|reserved| reserved.is_spelt_by(entry));
    is_spelt && entry.matches(&value.normal, asked.given()) == Match::Yes
}
