//! Made-up policies, and control zones of them.
//!
//! In come dice; out come policies that can be shuffled and made wider, and the control zone that is read from their files.

use gitca::control::ControlZone;

use crate::dice::Dice;
use crate::rule::{List, Rule};
use crate::wide;
use crate::{SIGNERS, USAGES};

const NAMES: [&str; 5] = [
    "jane",
    "'{{ request.name }}'",
    "{regex: '[ab]|jane'}",
    "'system:*'",
    "a.example.com",
];
const GROUPS: [&str; 5] = ["dev", "'dev:*'", "ops", "'system:web'", "{regex: '.+'}"];
const HOSTS: [&str; 5] = [
    "a.example.com",
    "'*.example.com'",
    "'**.example.com'",
    "'{{ request.name }}.example.com'",
    "{regex: '[ab][.]example[.]com'}",
];
const BLOCKS: [&str; 4] = ["10.0.0.0/24", "10.0.0.0/8", "'fd00::/8'", "10.1.0.0/16"];
const URIS: [&str; 2] = ["'spiffe://td/ns/*/sa/*'", "'spiffe://td/**'"];
const MAIL: [&str; 2] = ["'*@example.com'", "jane@a.example.com"];

#[derive(Clone)]
pub(crate) struct Approval {
    pub(crate) name: String,
    pub(crate) selector: Vec<(&'static str, List)>,
    pub(crate) rules: [Rule; 6],
    pub(crate) usages: List,
    pub(crate) constraints: &'static str,
    pub(crate) approvals: &'static str,
    pub(crate) validation: &'static str,
    pub(crate) audit: bool,
}

impl Approval {
    pub(crate) fn of(dice: &mut Dice, number: usize) -> Self {
        let mut selector = Vec::new();
        if dice.once_in(3) {
            selector.push(("signerNames", List::of(dice, &SIGNERS)));
        }
        if dice.once_in(3) {
            selector.push(("paths", List::of(dice, &["'dev/*'", "'web/**'", "jane"])));
        }
        if dice.once_in(4) {
            selector.push(("requesters", List::of(dice, &["alice", "bob"])));
        }
        let constraints = [
            "{}",
            "{duration: {max: 10d}}",
            "{keyReuse: allow}",
            "{keys: [ed25519], keyReuse: sameRequester}",
            "{duration: {min: 2h, required: true}}",
        ];
        let asks = ["none", "none", "{anyOf: [{groups: [team], count: 1}]}"];
        let rules = ["true", "size(cert.dnsNames) < 2", "request.name == 'jane'"];
        Self {
            name: format!("p{number}"),
            selector,
            rules: [
                Rule::of(dice, &NAMES),
                Rule::of(dice, &GROUPS),
                Rule::of(dice, &HOSTS),
                Rule::of(dice, &BLOCKS),
                Rule::of(dice, &URIS),
                Rule::of(dice, &MAIL),
            ],
            usages: List(
                dice.some(&USAGES, 2)
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
            ),
            constraints: *dice.one(&constraints),
            approvals: *dice.one(&asks),
            validation: *dice.one(&rules),
            audit: dice.once_in(6),
        }
    }

    /// The same with something more allowed.
    pub(crate) fn widen(&mut self, dice: &mut Dice) {
        let words: [&[&str]; 6] = [&NAMES, &GROUPS, &HOSTS, &BLOCKS, &URIS, &MAIL];
        let at = dice.below(7);
        if let Some(rule) = self.rules.get_mut(at) {
            rule.widen(dice, words[at]);
        } else {
            let usage = (*dice.one(&USAGES)).to_owned();
            if !self.usages.0.contains(&usage) {
                self.usages.0.push(usage);
            }
        }
        for rule in &mut self.rules[3..4] {
            if let Rule::Values { list, .. } = rule {
                list.0.sort();
                list.0.dedup();
            }
        }
    }

    pub(crate) fn shuffle(&mut self, dice: &mut Dice) {
        dice.shuffle(&mut self.selector);
        for (_, list) in &mut self.selector {
            dice.shuffle(&mut list.0);
        }
        for rule in &mut self.rules {
            if let Rule::Values { list, .. } = rule {
                dice.shuffle(&mut list.0);
            }
        }
        dice.shuffle(&mut self.usages.0);
    }

    pub(crate) fn text(&self) -> String {
        let parts = self.selector.iter().map(|(part, list)| match *part {
            "requesters" => format!("requesters: {{principals: {}}}", list.text()),
            part => format!("{part}: {}", list.text()),
        });
        let parts: Vec<String> = parts.collect();
        let selector = if parts.is_empty() {
            "everything: true".to_owned()
        } else {
            parts.join(", ")
        };
        let [name, groups, hosts, blocks, uris, mail] = &self.rules;
        let subject = [
            name.text("commonName", "values", ", crossing: true"),
            groups.text("organizations", "values", ", crossing: true"),
        ]
        .concat();
        let subject = if subject.is_empty() {
            subject
        } else {
            format!("subject: {{{subject}}}, ")
        };
        let names = [
            hosts.text("dnsNames", "values", ", wildcardCertificates: allow"),
            blocks.text("ipAddresses", "cidrs", ""),
            uris.text("uris", "values", ""),
            mail.text("emailAddresses", "values", ""),
        ]
        .concat();
        format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: ApprovalPolicy\nmetadata: {{name: {}}}\nspec:\n  \
             selector: {{{selector}}}\n  allowed: {{{subject}{names}usages: {}}}\n  constraints: {}\n  \
             validations: [{{name: v, rule: \"{}\"}}]\n  approvals: {}\n  mode: {}\n",
            self.name,
            self.usages.text(),
            self.constraints,
            self.validation,
            self.approvals,
            if self.audit { "audit" } else { "enforce" }
        )
    }
}

#[derive(Clone)]
pub(crate) struct Denial {
    pub(crate) name: String,
    pub(crate) entries: Vec<(String, &'static str, List, &'static str)>,
    pub(crate) paths: Option<List>,
    pub(crate) audit: bool,
}

impl Denial {
    pub(crate) fn of(dice: &mut Dice, number: usize) -> Self {
        let mut entries = Vec::new();
        for number in 0..=dice.below(2) {
            let (criterion, list) = match dice.below(5) {
                0 => ("dnsNames", List::of(dice, &HOSTS)),
                1 => ("organizations", List::of(dice, &GROUPS)),
                2 => ("ipAddresses", List::of(dice, &BLOCKS)),
                3 => ("usages", List::of(dice, &USAGES[1..])),
                _ => ("commonName", List::of(dice, &NAMES)),
            };
            let unless = dice.one(&[
                "",
                ", unless: {paths: ['web/**']}",
                ", unless: {requesters: {groups: [team]}}",
            ]);
            entries.push((format!("e{number}"), criterion, list, *unless));
        }
        Self {
            name: format!("d{number}"),
            entries,
            paths: dice
                .once_in(2)
                .then(|| List::of(dice, &["'dev/*'", "'web/**'"])),
            audit: dice.once_in(6),
        }
    }

    pub(crate) fn shuffle(&mut self, dice: &mut Dice) {
        dice.shuffle(&mut self.entries);
        for (_, _, list, _) in &mut self.entries {
            dice.shuffle(&mut list.0);
        }
    }

    pub(crate) fn text(&self) -> String {
        let paths = self
            .paths
            .as_ref()
            .map(|list| format!("  selector: {{paths: {}}}\n", list.text()));
        let entries = self.entries.iter().map(|(name, criterion, list, unless)| {
            let list = list.text();
            let criterion = match *criterion {
                "organizations" | "commonName" => format!("subject: {{{criterion}: {list}}}"),
                criterion => format!("{criterion}: {list}"),
            };
            format!("    - {{name: {name}, {criterion}{unless}}}\n")
        });
        format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: DenyPolicy\nmetadata: {{name: {}}}\nspec:\n{}  deny:\n{}  mode: {}\n",
            self.name,
            paths.unwrap_or_default(),
            entries.collect::<String>(),
            if self.audit { "audit" } else { "enforce" }
        )
    }
}

/// The policies of one control zone.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) approvals: Vec<Approval>,
    pub(crate) denials: Vec<Denial>,
}

impl World {
    pub(crate) fn of(dice: &mut Dice) -> Self {
        let approvals = 1 + dice.below(3);
        let denials = dice.below(3);
        Self {
            approvals: (0..approvals)
                .map(|number| Approval::of(dice, number))
                .collect(),
            denials: (0..denials)
                .map(|number| Denial::of(dice, number))
                .collect(),
        }
    }

    /// The zone, with its files in this order.
    pub(crate) fn zone(&self, order: &mut Dice) -> ControlZone {
        let mut texts: Vec<String> = self.approvals.iter().map(Approval::text).collect();
        texts.extend(self.denials.iter().map(Denial::text));
        order.shuffle(&mut texts);
        for name in ["alice", "bob"] {
            texts.push(format!(
                "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {{name: {name}}}\nspec: {{groups: [team]}}\n"
            ));
        }
        texts.push(
            "apiVersion: gitca.dev/v1alpha1\nkind: Group\nmetadata: {name: team}\nspec: {}\n"
                .to_owned(),
        );
        let named: Vec<(String, &String)> = texts
            .iter()
            .enumerate()
            .map(|(number, text)| (format!("policies/x{number}.yaml"), text))
            .collect();
        let mut more: Vec<(&str, &[u8])> = named
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_bytes()))
            .collect();
        let none =
            "apiVersion: gitca.dev/v1alpha1\nkind: Group\nmetadata: {name: none}\nspec: {}\n";
        more.push(("policies/wide.yaml", none.as_bytes()));
        let files = wide::files(&more);
        ControlZone::load(&files)
            .unwrap_or_else(|findings| panic!("{findings:#?}\n{}", texts.join("---\n")))
    }
}
