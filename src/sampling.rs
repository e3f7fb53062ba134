//! Names just inside and just outside each entry of a policy, so that its author sees what the entry really says.
//!
//! In comes a policy; out come values by entry, for a made-up request of a made-up requester. Candidates are made from the
//! text of an entry, and each is tried on the compiled entry itself: what is told is what a decision would say.

mod candidates;
mod example;
mod expressions;

use std::net::IpAddr;

use serde::Serialize;

use crate::control::approval_policy::ApprovalPolicy;
use crate::control::deny_policy::{Denial, DenyPolicy};
use crate::control::entry::{Entry, Match};
use crate::control::fold::fold;
use crate::control::origin::Origin;
use crate::control::rule::{Allows, AllowsIp};
use crate::control::selector::{NamePattern, Selector};
use crate::finding::Rule;
use crate::names::{Cidr, RequestName};
use crate::report::API_VERSION;
use crate::sampling::candidates::Candidates;
use crate::sampling::example::Example;
use crate::x509::subject::Attribute;

/// The samples of one policy.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Samples {
    /// Always `gitca.dev/v1alpha1`.
    pub api_version: &'static str,
    /// Always `Samples`.
    pub kind: &'static str,
    /// Its name.
    pub policy: String,
    /// The request that placeholders take their values from.
    pub request: RequestName,
    /// Who asks for it.
    pub requester: String,
    /// Its entries in the order of the fields.
    pub entries: Vec<Sample>,
}

/// The samples of one entry.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// As it stands in the file.
    pub entry: String,
    /// Where it stands.
    pub rule: Rule,
    /// Values that fit.
    pub inside: Vec<String>,
    /// Values that almost fit.
    pub outside: Vec<String>,
}

/// The path of the made-up request.
#[must_use]
pub fn example_request() -> RequestName {
    Example::default().request
}

/// The samples of an approval policy.
#[must_use]
pub fn of_approval(policy: &ApprovalPolicy) -> Samples {
    let example = Example::default();
    let mut collector = Collector::new(&policy.origin, &example);
    collector.selector(&policy.selector);
    let allowed = &policy.allowed;
    for attribute in Attribute::ALL {
        let rule = allowed.subject(attribute);
        if let Some(Allows::Values(entries)) = rule.map(|rule| &rule.allows) {
            collector.entries(entries, Candidates::of_text);
        }
    }
    for (rule, candidates) in [
        (
            &allowed.dns_names,
            Candidates::of_dns as fn(&Entry, &Example) -> _,
        ),
        (&allowed.uris, Candidates::of_uri),
        (&allowed.email_addresses, Candidates::of_email),
    ] {
        if let Allows::Values(entries) = &rule.allows {
            collector.entries(entries, candidates);
        }
    }
    if let AllowsIp::Blocks { cidrs, except } = &allowed.ip_addresses.allows {
        let list = "spec.allowed.ipAddresses";
        collector.blocks(&format!("{list}.cidrs"), cidrs);
        collector.blocks(&format!("{list}.except"), except);
    }
    collector.finish(policy.name.as_str())
}

/// The samples of a deny policy.
#[must_use]
pub fn of_denial(policy: &DenyPolicy) -> Samples {
    let example = Example::default();
    let mut collector = Collector::new(&policy.origin, &example);
    collector.selector(&policy.selector);
    for denial in &policy.deny {
        collector.denial(denial);
    }
    collector.finish(policy.name.as_str())
}

struct Collector<'p> {
    origin: &'p Origin,
    example: &'p Example,
    samples: Vec<Sample>,
}

impl<'p> Collector<'p> {
    fn new(origin: &'p Origin, example: &'p Example) -> Self {
        Self {
            origin,
            example,
            samples: Vec::new(),
        }
    }

    fn finish(self, policy: &str) -> Samples {
        let requester = self.example.requester.principal.as_ref();
        Samples {
            api_version: API_VERSION,
            kind: "Samples",
            policy: policy.to_owned(),
            request: self.example.request.clone(),
            requester: requester.map(ToString::to_string).unwrap_or_default(),
            entries: self.samples,
        }
    }

    fn denial(&mut self, denial: &Denial) {
        for entries in denial.subject.values() {
            self.entries(entries, Candidates::of_text);
        }
        self.entries(&denial.dns_names, Candidates::of_dns);
        self.entries(&denial.uris, Candidates::of_uri);
        self.entries(&denial.email_addresses, Candidates::of_email);
        self.blocks(&format!("{}.ipAddresses", denial.at), &denial.ip_addresses);
    }

    fn entries(&mut self, entries: &[Entry], candidates: fn(&Entry, &Example) -> Candidates) {
        for entry in entries {
            let given = self.example.given();
            let matches = |value: &String| match entry.matches(value, given) {
                // As deny policies do, however a value is spelt.
                Match::No if entry.is_denial() => entry.matches(&fold(value), given),
                matched => matched,
            };
            let candidates = candidates(entry, self.example);
            self.add(
                entry.to_string(),
                entry.at(),
                candidates.keep(
                    |value| matches(value) == Match::Yes,
                    |value| matches(value) == Match::No,
                ),
            );
        }
    }

    fn selector(&mut self, selector: &Selector) {
        self.patterns(
            &format!("{}.signerNames", selector.at),
            &selector.signer_names,
        );
        self.patterns(&format!("{}.paths", selector.at), &selector.paths);
    }

    fn patterns(&mut self, list: &str, patterns: &[NamePattern]) {
        for (index, pattern) in patterns.iter().enumerate() {
            let fits = |value: &String| pattern.fits(value, self.example.given());
            let candidates = Candidates::of_path(&pattern.to_string(), self.example);
            let kept = candidates.keep(fits, |value| !fits(value));
            self.add(pattern.to_string(), &format!("{list}[{index}]"), kept);
        }
    }

    fn blocks(&mut self, list: &str, blocks: &[Cidr]) {
        for (index, block) in blocks.iter().enumerate() {
            let contains =
                |value: &String| value.parse().is_ok_and(|it: IpAddr| block.contains(it));
            let kept = Candidates::of_block(block).keep(contains, |value| !contains(value));
            self.add(block.to_string(), &format!("{list}[{index}]"), kept);
        }
    }

    fn add(&mut self, entry: String, at: &str, kept: Candidates) {
        self.samples.push(Sample {
            entry,
            rule: self.origin.rule(at),
            inside: kept.inside,
            outside: kept.outside,
        });
    }
}
