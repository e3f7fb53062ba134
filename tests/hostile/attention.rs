//! Of a change people are told as much as they read, and what it is denied takes no longer than they wait.

use std::collections::BTreeMap;

use gitca::control::ControlZone;
use gitca::effort::Effort;
use gitca::finding::Code;
use gitca::names::{ObjectId, RequestName};
use gitca::plan::{Attention, Entry, Evidence, Plan, Requests, plan};
use gitca::replay;
use gitca::report::Verdict::{self, Approved, Denied};
use gitca::request::Request;
use gitca::snapshot::Introduction;

use crate::forge::{Draft, dns};
use crate::seeds::seeded_key;
use crate::wide;

/// Requests that a change introduces, and the rules that judge them.
struct Proposed {
    zone: ControlZone,
    requests: Requests,
    introductions: BTreeMap<RequestName, Introduction>,
}

impl Proposed {
    fn to(zone: ControlZone) -> Self {
        Self {
            zone,
            requests: Requests::new(),
            introductions: BTreeMap::new(),
        }
    }

    /// Adds a request for these DNS names.
    fn with(self, name: &str, names: impl Iterator<Item = String>) -> Self {
        let names: Vec<Vec<u8>> = names.map(|name| dns(&name)).collect();
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        self.with_csr(name, &Draft::of_names(&names).pem())
    }

    /// Adds a request for one name that has a key of its own.
    fn with_key(self, name: &str) -> Self {
        self.with_key_and(name, [format!("{name}.example")])
    }

    /// Adds a request for these names that has a key of its own.
    fn with_key_and(self, name: &str, names: impl Into<Vec<String>>) -> Self {
        let params = rcgen::CertificateParams::new(names);
        let request = params.and_then(|params| params.serialize_request(&seeded_key(name)));
        let pem = request.and_then(|request| request.pem());
        self.with_csr(name, pem.expect("a request").as_bytes())
    }

    fn with_csr(mut self, name: &str, pem: &[u8]) -> Self {
        let manifest = wide::manifest(name, wide::SIGNER, "client auth", pem);
        let name: RequestName = name.parse().expect("a name");
        let read = Request::read(&name, &wide::blob(manifest.as_bytes()));
        self.requests.insert(name.clone(), read);
        let introduction = Introduction {
            commit: ObjectId([1; 20]),
            position: 1,
            committed: wide::now(),
            maker: None,
            changes: Vec::new(),
            is_from_anchor: false,
            contributors: Vec::new(),
            touches_control: false,
        };
        self.introductions.insert(name, introduction);
        self
    }

    fn plan<'a>(&'a self, attention: Attention<'a>) -> Plan<'a> {
        let evidence = Evidence {
            attention,
            introductions: &self.introductions,
            ..Evidence::alone(&self.requests, &self.zone)
        };
        plan(&evidence, wide::now())
    }
}

/// What each policy says of each name is told as far as somebody reads it; what is decided stays the same.
#[test]
fn no_more_is_told_of_policies_than_people_read() {
    let names = (0..250).map(|number| format!("a{number}.example"));
    let proposed = Proposed::to(wide::zone(&[])).with("x", names);
    let policies = proposed.zone.approval_policies.len() + proposed.zone.deny_policies.len();
    let looked_at = (1 + policies) * (10 + 250);
    let mut verdicts = Vec::new();
    for (told, is_told) in [(looked_at, true), (looked_at - 1, false)] {
        let results = proposed.plan(Attention::to_change(told)).into_results();
        let [result] = &results[..] else {
            panic!("{results:?}");
        };
        let details = result.details.as_ref();
        let has_trace = details.is_some_and(|details| !details.trace.is_empty());
        assert_eq!(has_trace, is_told, "{told}");
        verdicts.push(result.verdict);
    }
    assert_eq!(verdicts[0], verdicts[1]);
}

/// Nobody asks about a request that lies there already, and so it takes nothing of what is told of the others.
#[test]
fn what_a_change_does_not_introduce_is_not_decided() {
    let mut proposed = Proposed::to(wide::zone(&[])).with_key("a").with_key("b");
    proposed
        .introductions
        .retain(|name, _| name.as_str() == "b");
    let plan = proposed.plan(Attention::to_change(0));
    let decided: Vec<&str> = plan
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(decided, ["b"]);
}

/// A zone that denies none of these hosts, and takes long to see it.
fn starred(number: usize) -> ControlZone {
    let stars = (0..number).map(|number| format!("\"a{number}*.*.svc.cluster.local\", "));
    let deny = format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: DenyPolicy\nmetadata: {{name: x}}\nspec:\n  deny:\n  \
         - {{name: a, dnsNames: [{}]}}\n",
        stars.collect::<String>()
    );
    wide::zone(&[("policies/x.yaml", deny.as_bytes())])
}

fn hosts(name: &str) -> impl Iterator<Item = String> {
    (0..250).map(move |number| format!("{name}-{number}.shop.svc.cluster.local"))
}

/// Requests that take all the work that one decision may do are denied; past two of them a change is judged no further,
/// but what is on the mainline is.
#[test]
fn of_a_change_that_takes_long_to_deny_the_rest_waits() {
    let stars = (0..8_000).map(|number| format!("\"a{number}*.*.svc.cluster.local\", "));
    let deny = format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: DenyPolicy\nmetadata: {{name: x}}\nspec:\n  deny:\n  \
         - {{name: a, dnsNames: [{}]}}\n",
        stars.collect::<String>()
    );
    let mut proposed =
        Proposed::to(wide::zone(&[("policies/x.yaml", deny.as_bytes())])).with_key("z");
    for name in ["a", "b", "c"] {
        let hosts = (0..250).map(|number| format!("{name}-{number}.shop.svc.cluster.local"));
        proposed = proposed.with(name, hosts);
    }
    let told = |attention| -> Vec<(String, Verdict, String)> {
        let results = proposed.plan(attention).into_results().into_iter();
        let told = results.map(|result| {
            let name = result.request.map(|name| name.to_string());
            let reason = result.reasons.first();
            let is_left = reason.is_some_and(|reason| reason.message.contains("not decided"));
            let code = reason.map(|reason| reason.code);
            assert_eq!(code.is_some(), code == Some(Code::RuleError), "{reason:?}");
            let left = if is_left { "left" } else { "" };
            (name.unwrap_or_default(), result.verdict, left.to_owned())
        });
        told.collect()
    };
    let of = |name: &str, verdict, left: &str| (name.to_owned(), verdict, left.to_owned());
    let begin = [of("a", Denied, ""), of("b", Denied, "")];
    let left = [of("c", Denied, "left"), of("z", Denied, "left")];
    let decided = [of("c", Denied, ""), of("z", Approved, "")];
    assert_eq!(
        told(Attention::to_change(0)),
        [begin.clone(), left].concat()
    );
    assert_eq!(told(Attention::EVERYTHING), [begin, decided].concat());
}

/// Whose rules came along with it has chosen what they take, whether they admit or not.
#[test]
fn of_a_change_of_rules_that_takes_long_to_judge_the_rest_waits() {
    let names: Vec<String> = (10..40).map(|number| format!("n{number}")).collect();
    let mut proposed = Proposed::to(starred(100));
    for name in &names {
        proposed = proposed.with_key_and(name, hosts(name).collect::<Vec<_>>());
    }
    let commit = proposed.introductions[&"n10".parse().expect("a name")].commit;
    let rules_came = BTreeMap::from([(commit, None)]);
    for (rules_before, is_whole) in [(&BTreeMap::new(), true), (&rules_came, false)] {
        let evidence = Evidence {
            attention: Attention::to_change(0),
            introductions: &proposed.introductions,
            rules_before,
            ..Evidence::alone(&proposed.requests, &proposed.zone)
        };
        let plan = plan(&evidence, wide::now());
        let verdicts: Vec<Verdict> = plan.entries.iter().map(Entry::verdict).collect();
        assert_eq!(verdicts[0], Approved, "{:?}", plan.entries[0].decision);
        assert_eq!(verdicts[29] == Approved, is_whole, "{verdicts:?}");
    }
}

/// What a change of rules means for everything so far is told as long as that takes no longer than people wait.
#[test]
fn decisions_are_compared_within_what_is_left() {
    let proposed = Proposed::to(starred(100))
        .with_key_and("a", hosts("a").collect::<Vec<_>>())
        .with_key("b");
    let evidence = Evidence::alone(&proposed.requests, &proposed.zone);
    let compared = |units| {
        let left = Effort::of(units);
        let changes = replay::open(&evidence, &wide::zone(&[]), wide::now(), &left);
        (changes.map(|changes| changes.judged), left.left())
    };
    let (judged, left) = compared(u64::MAX);
    assert_eq!(judged, Some(2));
    let taken = u64::MAX - left;
    assert_eq!(compared(taken + 1).0, Some(2));
    for units in [1, taken / 2, taken] {
        assert_eq!(compared(units), (None, 0), "{units}");
    }
}
