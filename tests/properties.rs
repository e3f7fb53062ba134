//! What holds for every control zone and every request: tried on some hundred made-up ones, the same in every run.
//!
//! Order decides nothing; a deny policy only takes away; a wider policy only adds.

#[path = "support/dice.rs"]
mod dice;
#[path = "support/seeds.rs"]
mod seeds;
#[path = "support/wide.rs"]
mod wide;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gitca::control::ControlZone;
use gitca::control::identity::Identity;
use gitca::decision::{Case, decide};
use gitca::names::RequestName;
use gitca::report::Verdict;
use gitca::request::Request;
use gitca::snapshot::KeyOwner;
use gitca::trust::Testimony;
use gitca::trust::revocations::Revocations;
use gitca::x509::certification_request;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

use dice::Dice;
use seeds::seeded_key;

const ZONES: u64 = 90;
const REQUESTS: u64 = 60;
const USAGES: [&str; 4] = [
    "client auth",
    "server auth",
    "digital signature",
    "key encipherment",
];
const SIGNERS: [&str; 2] = [wide::SIGNER, "kubernetes.io/kube-apiserver-client"];
const ASKED: [&str; 4] = [wide::SIGNER, wide::SIGNER, wide::SIGNER, SIGNERS[1]];

/// A request, who asks for it, and who has its key already.
struct Asked {
    request: Request,
    testimony: Testimony,
    owner: Option<KeyOwner>,
}

impl Asked {
    fn of(dice: &mut Dice) -> Self {
        let path = *dice.one(&["jane", "dev/jane", "web/a", "web/b/c"]);
        let name: RequestName = path.parse().expect("a path");
        let mut subject = Subject::default();
        if !dice.once_in(4) {
            let names = ["jane", "a", "a.example.com", "system:x", "bob"];
            subject.push(Attribute::CommonName, (*dice.one(&names)).to_owned());
        }
        let groups = dice.some(&["dev", "dev:a", "ops", "system:web"], 0);
        for group in groups.into_iter().take(1) {
            subject.push(Attribute::Organization, group.to_owned());
        }
        let mut sans = SubjectAltNames::default();
        let hosts = [
            "a.example.com",
            "b.example.com",
            "*.example.com",
            "x.a.example.com",
            "jane.example.com",
        ];
        if dice.once_in(3) {
            let hosts = dice.some(&hosts, 0).into_iter();
            sans.dns_names = hosts.take(1).map(str::to_owned).collect();
        }
        if dice.once_in(6) {
            let addresses = ["10.0.0.1", "10.1.2.3", "fd00::1"].map(|it| it.parse().expect("it"));
            sans.ip_addresses = dice.some(&addresses, 1);
        }
        if dice.once_in(8) {
            sans.uris = vec![(*dice.one(&["spiffe://td/ns/a/sa/x", "spiffe://td/x"])).to_owned()];
        }
        if dice.once_in(8) {
            let mail = ["jane@example.com", "jane@a.example.com"];
            sans.email_addresses = vec![(*dice.one(&mail)).to_owned()];
        }
        if subject == Subject::default() && sans == SubjectAltNames::default() {
            subject.push(Attribute::CommonName, "jane".to_owned());
        }
        let key = seeded_key(&format!("key {}", dice.below(4)));
        let pem = certification_request::build(&subject, &sans, &key).expect("a request");
        let lifetime = dice.one(&[
            "",
            "  expirationSeconds: 3600\n",
            "  expirationSeconds: 8640000\n",
        ]);
        let label = dice.one(&["", ", labels: {team: web}"]);
        let manifest = format!(
            "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: {}{label}}}\n\
             spec:\n  signerName: {}\n{lifetime}  usages: [{}]\n  request: {}\n",
            name.name(),
            dice.one(&ASKED),
            dice.some(&USAGES, 1)[..1].join(", "),
            STANDARD.encode(pem)
        );
        let request = Request::read(&name, &wide::blob(manifest.as_bytes()))
            .unwrap_or_else(|reasons| panic!("{reasons:#?}\n{manifest}"));
        let asker = *dice.one(&[None, Some("alice"), Some("bob")]);
        let identity = Identity {
            principal: asker.map(|name| name.parse().expect("a name")),
            groups: asker
                .iter()
                .map(|_| "team".parse().expect("a name"))
                .collect(),
            ..Identity::default()
        };
        let owner = dice
            .once_in(3)
            .then(|| KeyOwner::certified("other/x".parse().expect("a name"), None));
        Self {
            request,
            testimony: Testimony {
                identity,
                ..Testimony::default()
            },
            owner,
        }
    }

    /// Verdict, policy, and what was found, in an order of its own.
    fn judged(&self, zone: &ControlZone) -> Judged {
        let judgement = decide(&Case {
            request: &self.request,
            zone,
            testimony: &self.testimony,
            key_owner: self.owner.as_ref(),
            revocations: Revocations::NONE,
            now: wide::now(),
        });
        let (verdict, policy, reasons) = match judgement.decision {
            Ok(approved) => {
                let policy = approved.policy().name.to_string();
                (Verdict::Approved, Some(policy), judgement.notices)
            }
            Err(refusal) => (refusal.verdict, None, refusal.reasons),
        };
        let mut found: Vec<String> = reasons
            .iter()
            .map(|it| format!("{} {:?} {:?} {:?}", it.code, it.policy, it.field, it.value))
            .collect();
        found.sort();
        Judged {
            verdict,
            policy,
            found,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Judged {
    verdict: Verdict,
    policy: Option<String>,
    found: Vec<String>,
}

impl Judged {
    fn has(&self, code: &str) -> bool {
        self.found.iter().any(|found| found.starts_with(code))
    }
}

/// A list in a policy, which may be written in any order.
#[derive(Clone)]
struct List(Vec<String>);

impl List {
    fn of(dice: &mut Dice, words: &[&str]) -> Self {
        let words = dice.some(words, 1).into_iter();
        Self(words.map(str::to_owned).collect())
    }

    fn text(&self) -> String {
        format!("[{}]", self.0.join(", "))
    }
}

/// A rule of an approval policy.
#[derive(Clone)]
enum Rule {
    Absent,
    Values {
        list: List,
        most: Option<usize>,
        flag: bool,
    },
    Any,
}

impl Rule {
    fn of(dice: &mut Dice, words: &[&str]) -> Self {
        match dice.below(6) {
            0 => Self::Absent,
            1 | 2 => Self::Any,
            _ => Self::Values {
                list: List::of(dice, words),
                most: dice.once_in(3).then(|| 1 + dice.below(2)),
                flag: dice.once_in(2),
            },
        }
    }

    /// The same or more.
    fn widen(&mut self, dice: &mut Dice, words: &[&str]) {
        match self {
            Self::Absent => {
                *self = Self::Values {
                    list: List::of(dice, words),
                    most: None,
                    flag: false,
                }
            }
            Self::Any => {}
            Self::Values { list, most, flag } => match dice.below(4) {
                // A reserved name is only admitted where it is spelt out.
                0 if !list.text().contains("system:") => *self = Self::Any,
                0 => {}
                1 => *most = most.map(|most| most + 1),
                2 => *flag = true,
                _ => list.0.push((*dice.one(words)).to_owned()),
            },
        }
    }

    fn text(&self, key: &str, words: &str, flag: &str) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Any if key == "ipAddresses" => format!("{key}: {{any: true}}, "),
            Self::Any => format!(
                "{key}: {{any: true{}}}, ",
                flag.replace(": deny", ": allow")
            ),
            Self::Values {
                list,
                most,
                flag: is_on,
            } => {
                let most = most.map(|most| format!(", maxItems: {most}"));
                let flag = if *is_on { flag } else { "" };
                format!(
                    "{key}: {{{words}: {}{flag}{}}}, ",
                    list.text(),
                    most.unwrap_or_default()
                )
            }
        }
    }
}

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
struct Approval {
    name: String,
    selector: Vec<(&'static str, List)>,
    rules: [Rule; 6],
    usages: List,
    constraints: &'static str,
    approvals: &'static str,
    validation: &'static str,
    audit: bool,
}

impl Approval {
    fn of(dice: &mut Dice, number: usize) -> Self {
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
    fn widen(&mut self, dice: &mut Dice) {
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

    fn shuffle(&mut self, dice: &mut Dice) {
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

    fn text(&self) -> String {
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
struct Denial {
    name: String,
    entries: Vec<(String, &'static str, List, &'static str)>,
    paths: Option<List>,
    audit: bool,
}

impl Denial {
    fn of(dice: &mut Dice, number: usize) -> Self {
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

    fn shuffle(&mut self, dice: &mut Dice) {
        dice.shuffle(&mut self.entries);
        for (_, _, list, _) in &mut self.entries {
            dice.shuffle(&mut list.0);
        }
    }

    fn text(&self) -> String {
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
struct World {
    approvals: Vec<Approval>,
    denials: Vec<Denial>,
}

impl World {
    fn of(dice: &mut Dice) -> Self {
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
    fn zone(&self, order: &mut Dice) -> ControlZone {
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

fn requests() -> Vec<Asked> {
    (0..REQUESTS)
        .map(|seed| Asked::of(&mut Dice::of(1_000 + seed)))
        .collect()
}

/// How often each verdict came, so that no property holds for want of cases.
#[derive(Default)]
struct Seen(BTreeMap<Verdict, usize>);

impl Seen {
    fn note(&mut self, verdict: Verdict) {
        *self.0.entry(verdict).or_default() += 1;
    }

    fn require(&self, verdicts: &[Verdict]) {
        for verdict in verdicts {
            let number = self.0.get(verdict).copied().unwrap_or_default();
            assert!(
                number >= 100,
                "{verdict} came only {number} times: {:?}",
                self.0
            );
        }
    }
}

#[test]
fn the_order_of_files_and_entries_decides_nothing() {
    let (requests, mut seen) = (requests(), Seen::default());
    for seed in 0..ZONES {
        let dice = &mut Dice::of(seed);
        let world = World::of(dice);
        let mut other = world.clone();
        for policy in &mut other.approvals {
            policy.shuffle(dice);
        }
        for policy in &mut other.denials {
            policy.shuffle(dice);
        }
        let (one, other) = (
            world.zone(&mut Dice::of(1)),
            other.zone(&mut Dice::of(seed + 2)),
        );
        for asked in &requests {
            let judged = asked.judged(&one);
            seen.note(judged.verdict);
            assert_eq!(
                judged,
                asked.judged(&other),
                "zone {seed}, {}",
                asked.request.name
            );
        }
    }
    seen.require(&[Verdict::Approved, Verdict::Pending, Verdict::Denied]);
}

#[test]
fn more_deny_policies_never_make_an_approval() {
    let (requests, mut seen) = (requests(), Seen::default());
    let mut denied = 0;
    for seed in 0..ZONES {
        let dice = &mut Dice::of(seed);
        let world = World::of(dice);
        let mut stricter = world.clone();
        for _ in 0..2 {
            let number = stricter.denials.len();
            stricter.denials.push(Denial::of(dice, number));
        }
        let (before, after) = (
            world.zone(&mut Dice::of(1)),
            stricter.zone(&mut Dice::of(2)),
        );
        for asked in &requests {
            let (before, after) = (asked.judged(&before), asked.judged(&after));
            seen.note(before.verdict);
            let is_open =
                |judged: &Judged| matches!(judged.verdict, Verdict::Approved | Verdict::Pending);
            denied += usize::from(is_open(&before) && !is_open(&after));
            if is_open(&after) {
                let same = (before.verdict, &before.policy) == (after.verdict, &after.policy);
                assert!(
                    same,
                    "zone {seed}, {}: {before:?} {after:?}",
                    asked.request.name
                );
            }
        }
    }
    seen.require(&[Verdict::Approved, Verdict::Pending, Verdict::Denied]);
    assert!(denied >= 100, "the new policies denied only {denied}");
}

#[test]
fn a_wider_policy_never_takes_an_approval_away() {
    let (requests, mut seen) = (requests(), Seen::default());
    let mut won = 0;
    for seed in 0..ZONES {
        let dice = &mut Dice::of(seed);
        let world = World::of(dice);
        let mut wider = world.clone();
        for _ in 0..15 {
            let policy = dice.below(wider.approvals.len());
            wider.approvals[policy].widen(dice);
        }
        let (before, after) = (world.zone(&mut Dice::of(1)), wider.zone(&mut Dice::of(2)));
        for asked in &requests {
            let (before, after) = (asked.judged(&before), asked.judged(&after));
            seen.note(before.verdict);
            let is_kept = match before.verdict {
                Verdict::Approved => after.verdict == Verdict::Approved,
                // With an obstacle it would never be signed.
                Verdict::Pending if !before.has("KeyReused") => {
                    matches!(after.verdict, Verdict::Approved | Verdict::Pending)
                }
                _ => true,
            };
            assert!(
                is_kept,
                "zone {seed}, {}: {before:?} {after:?}",
                asked.request.name
            );
            won += usize::from(
                before.verdict == Verdict::Denied && after.verdict == Verdict::Approved,
            );
        }
    }
    seen.require(&[Verdict::Approved, Verdict::Pending, Verdict::Denied]);
    assert!(won >= 100, "the wider policies admitted only {won} more");
}
