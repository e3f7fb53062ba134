//! What is wrong a thousand times is said some of the times, and what would take long to look at is refused before.
//!
//! `benches/hostile` measures the worst inputs; this holds what keeps them within the bound.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gitca::control::ControlZone;
use gitca::effort::Effort;
use gitca::finding::{Code, Finding};
use gitca::request::Request;
use gitca::secrets;
use gitca::trial::{self, Stage};

use crate::repository::{Hostile, manifest};
use crate::wide;

const POLICY: &str =
    "apiVersion: gitca.dev/v1alpha1\nkind: DenyPolicy\nmetadata: {name: x}\nspec:\n";

/// What is wrong with a file of the control zone.
fn findings(text: &str) -> Vec<Finding> {
    let zone = ControlZone::load(&wide::files(&[("policies/x.yaml", text.as_bytes())]));
    zone.err().unwrap_or_default()
}

#[track_caller]
fn soon(what: &str, start: Instant) {
    assert!(start.elapsed() < Duration::from_secs(3), "{what}");
}

#[test]
fn a_directory_of_nothing_but_faults_is_said_a_hundred_times() {
    let hostile = Hostile::new();
    for name in ["x.txt", "X.yaml", "con.yaml", "x.revocation.yaml"] {
        for number in 0..150 {
            let path = format!("repo/requests/bad/n{number}-{name}");
            let path = path.replace("con.yaml", "x/con.yaml");
            hostile.scratch.write(&path, "x");
        }
    }
    hostile.scratch.commit("six hundred");
    let plan = hostile.plan();
    let listed = plan.all_reasons().len();
    // A hundred of the directory, a hundred revocations, and a word that there are more of each.
    assert!((101..=101 + 101 + 150).contains(&listed), "{listed}");
    assert_eq!(plan.verdict("good"), Some("approved"), "{plan:?}");
    assert_eq!(plan.verdict("requests/bad"), Some("invalid"), "{plan:?}");
}

#[test]
fn of_a_file_of_nothing_but_faults_twenty_are_said() {
    let faults: Vec<String> = (0..400).map(|n| format!("  k{n}: 1\n")).collect();
    let faults = faults.concat();
    let policy = format!("{POLICY}  deny: [{{name: a, usages: [any]}}]\n{faults}");
    assert_eq!(findings(&policy).len(), 21);
    let name = "jane".parse().expect("a name");
    let text = manifest("jane") + &faults;
    let reasons = Request::read(&name, &wide::blob(text.as_bytes())).expect_err("it is refused");
    assert_eq!(reasons.len(), 21);
}

#[test]
fn a_file_with_too_much_to_compile_is_refused_before() {
    for (most, unit, name) in [
        (32, "dnsNames: [{regex: 'a+'}]", "regular expressions"),
        (64, "rule: 'cert.dnsNames == []'", "rules"),
    ] {
        let policy = |count: usize| {
            let entries = (0..count).map(|n| format!("    - {{name: n{n}, {unit}}}\n"));
            format!("{POLICY}  deny:\n{}", entries.collect::<String>())
        };
        assert_eq!(findings(&policy(most)), [], "{name}");
        let found = findings(&policy(most + 1));
        let [found] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(found.reason.code, Code::ConfigInvalid);
        assert_eq!(
            found.reason.message,
            format!("a file has at most {most} {name}")
        );
        let line = u32::try_from(5 + most + 1).expect("a line");
        assert_eq!(found.reason.line, Some(line), "{name}");
        assert!(found.reason.help.is_some());
    }
}

/// Each is read into patterns of its own.
#[test]
fn all_files_have_at_most_4_000_denials() {
    let policy = |name: &str, count: usize| {
        let head = POLICY.replace("name: x", &format!("name: {name}"));
        let entries = (0..count).map(|n| format!("  - {{name: n{n}, dnsNames: [a.b]}}\n"));
        format!("{head}  deny:\n{}", entries.collect::<String>())
    };
    let found = |last: usize| {
        let (one, other) = (policy("one", 2_000), policy("other", last));
        let files = [
            ("policies/one.yaml", one.as_bytes()),
            ("policies/other.yaml", other.as_bytes()),
        ];
        let zone = ControlZone::load(&wide::files(&files));
        zone.err().unwrap_or_default()
    };
    assert_eq!(found(2_000), []);
    let found = found(2_001);
    let [found] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(found.reason.code, Code::ConfigInvalid);
    let message = "all files of the control zone have at most 4000 denials";
    assert_eq!(found.reason.message, message);
    let file = found.file.as_ref().map(ToString::to_string);
    assert_eq!(file.as_deref(), Some("policies/other.yaml"));
    assert_eq!(found.reason.line, Some(5 + 2_001));
}

/// A PolicyTest of so many cases.
fn cases(count: usize) -> String {
    let case = |n| {
        format!(
            "    - {{name: n{n}, request: {{path: x, signerName: example.com/wide, usages: [client auth], dnsNames: [a.example.com]}}, expect: {{verdict: denied}}}}\n"
        )
    };
    let cases: String = (0..count).map(case).collect();
    format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: PolicyTest\nmetadata: {{name: t}}\nspec:\n  cases:\n{cases}"
    )
}

/// Every case is judged by every policy.
#[test]
fn tests_with_too_much_to_try_are_refused_before() {
    let found = |count: usize| {
        let text = cases(count);
        let files = wide::files(&[("policies/tests/t.yaml", text.as_bytes())]);
        ControlZone::load(&files).err().unwrap_or_default()
    };
    assert_eq!(found(2_000), []);
    let found = found(2_001);
    let [found] = &found[..] else {
        panic!("{found:?}");
    };
    let message = "all tests have at most 2000 cases, since each is judged by every policy, 1 here";
    assert_eq!(found.reason.message, message);
    assert_eq!(found.reason.line, Some(5 + 2_001));
    assert!(found.reason.help.is_some());
}

/// What is not tried any more does not pass.
#[test]
fn a_case_beyond_the_work_of_all_tests_fails() {
    let text = cases(3);
    let zone = wide::zone(&[("policies/tests/t.yaml", text.as_bytes())]);
    let failing = |effort: Effort| {
        let stage = Stage {
            zone: &zone,
            manifests: &BTreeMap::new(),
            now: wide::now(),
            effort: &effort,
        };
        let outcome = trial::run(&zone.tests[0], stage, None);
        let differences = outcome.cases.iter().flat_map(|case| &case.differences);
        differences.filter(|it| it.what == "work").count()
    };
    assert_eq!(failing(trial::effort()), 0);
    assert_eq!(failing(Effort::of(1)), 3);
}

/// The path of every value was made, and held as often as there are values.
#[test]
fn a_long_key_above_many_values_costs_little() {
    let key = "k".repeat(30_000);
    let name = "jane".parse().expect("a name");
    for value in ["1,", "[a],", "{a: b},"] {
        let values = value.repeat(30_000 / value.len());
        let head =
            manifest("jane").replace("name: jane", "name: jane, annotations: {KEY: [VALUES]}");
        let text = head.replace("KEY", &key).replace("VALUES", &values);
        assert!(text.len() > 60_000 && text.len() < 65_536);
        let start = Instant::now();
        let read = Request::read(&name, &wide::blob(text.as_bytes()));
        soon(value, start);
        assert!(read.is_err(), "annotations are texts");
    }
}

/// Lines were counted, and margins looked for, from the beginning of the file for each place that looked like a key.
#[test]
fn a_file_of_what_looks_like_keys_is_searched_soon() {
    for unit in [
        "-----BEGIN ",
        "-----BEGIN X-----",
        "# LS0tLS1CRUdJTi\n",
        "LS0tLS1CRUdJTi",
        &format!("\n{}!", "LS0tLS1CRUdJTi".repeat(8)),
        "\n!",
    ] {
        let text = unit.repeat(256 * 1024 / unit.len());
        let start = Instant::now();
        assert_eq!(
            secrets::find(text.as_bytes(), &Effort::of(secrets::OPENED)),
            [],
            "{unit}"
        );
        soon(unit, start);
    }
}

/// Each line says that it begins a key, of which all lines after it are a part, and then there is none.
#[test]
fn a_file_of_what_begins_as_keys_is_searched_soon() {
    let begun = "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEA\n";
    let text = begun.repeat(4 * 1024 * 1024 / begun.len());
    let effort = Effort::of(secrets::OPENED);
    let start = Instant::now();
    let leaks = secrets::find(text.as_bytes(), &effort);
    soon(begun, start);
    assert!(leaks.len() == 1 && leaks[0].key.is_none(), "{leaks:?}");
    assert_eq!(effort.left(), secrets::OPENED);
}

/// What is wrong for the hundred and second time in a directory is not said, and counts all the same.
#[test]
fn what_is_not_said_any_more_still_takes_a_request_out() {
    let hostile = Hostile::new();
    for number in 0..120 {
        // In the order of octets these come first.
        let path = format!("repo/requests/bad/#{number}");
        hostile.scratch.write(&path, "x");
    }
    hostile.commit(&[
        ("requests/bad/jane.yaml", manifest("jane").as_bytes()),
        ("requests/bad/joe.yaml", manifest("joe").as_bytes()),
    ]);
    let plan = hostile.plan();
    assert_eq!(plan.verdict("bad/jane"), Some("approved"), "{plan:?}");
    let malformed = hostile.tree(&[
        ("100644", b"b", hostile.object("blob", b"x")),
        ("100644", b"a", hostile.object("blob", b"x")),
    ]);
    let list = "git -C repo ls-tree HEAD:requests/bad";
    let mktree = format!(
        "({list}; printf '040000 tree {malformed}\\tjane.approvals\\n') | git -C repo mktree"
    );
    let tree = hostile.scratch.sh(&mktree).stdout;
    hostile.commit_bad(tree.trim());
    let plan = hostile.plan();
    assert_eq!(plan.verdict("bad/jane"), Some("invalid"), "{plan:?}");
    assert_eq!(plan.verdict("bad/joe"), Some("approved"), "{plan:?}");
    hostile.scratch.git(&["reset", "-q", "--hard", "HEAD~1"]);
    hostile.commit(&[("requests/bad/.gitattributes", b"* -diff\n")]);
    let plan = hostile.plan();
    for name in ["bad/jane", "bad/joe"] {
        assert_eq!(plan.verdict(name), Some("invalid"), "{plan:?}");
    }
}

/// Each name of a file is a request that has to be read, and a name costs thirty octets.
#[test]
fn many_names_of_one_file_are_not_all_read() {
    let hostile = Hostile::new();
    let blob = hostile.object("blob", manifest("jane").as_bytes());
    let names: Vec<String> = (1000..4000)
        .map(|number| format!("n{number}.yaml"))
        .collect();
    let entries: Vec<(&str, &[u8], String)> = names
        .iter()
        .map(|name| ("100644", name.as_bytes(), blob.clone()))
        .collect();
    hostile.commit_bad(&hostile.tree(&entries));
    let plan = hostile.plan();
    assert_eq!(plan.verdict("good"), Some("approved"), "{plan:?}");
    assert!(
        plan.reasons("bad/n1001").contains(&"NameMismatch"),
        "{plan:?}"
    );
    let refused = plan.all_reasons();
    let of = |code: &str| refused.iter().filter(|reason| **reason == code).count();
    let left = of("TooManyFiles");
    assert!((100..=101).contains(&left), "{left}");
    let read = of("NameMismatch");
    assert!((200..300).contains(&read), "{read}");
}

/// A chain takes milliseconds to verify, and two thousand Signers may name it.
#[test]
fn a_file_of_ca_certificates_is_read_once() {
    let zone = wide::zone(&[]);
    let [one, other] = &zone.signers[..] else {
        panic!("two signers");
    };
    assert_eq!(one.ca_file, other.ca_file);
    assert!(Arc::ptr_eq(&one.authority, &other.authority));
}

/// Each request that a policy refuses is shown what it says.
#[test]
fn what_a_policy_shows_is_short() {
    for (number, found) in [(2048, 0), (2049, 2)] {
        let text = "x".repeat(number);
        let policy =
            format!("{POLICY}  deny: [{{name: a, message: {text}, uris: [{{exact: {text}}}]}}]\n");
        let findings = findings(&policy);
        let told = findings.iter().map(|finding| &finding.reason.message);
        let of_length = told.filter(|message| message.contains("at most 2048 octets"));
        assert_eq!(of_length.count(), found, "{number}: {findings:?}");
        assert_eq!(findings.len(), found, "{number}: {findings:?}");
    }
}
