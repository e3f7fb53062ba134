//! How far private keys are searched for: what is not searched is told.

use crate::repository::{Hostile, Report, manifest};
use crate::seeds::seeded_key;
use crate::trees::{Fixture, fixture, run};

const LEAK: &str = "PrivateKeyInRepository";

pub(crate) fn fixtures() -> Vec<Fixture> {
    vec![
        fixture("leaked-key", more_than_is_searched),
        fixture("leaked-key", more_than_is_searched_of_a_change),
        fixture("leaked-key", more_keys_than_anybody_reads_of),
        fixture("leaked-key", what_is_no_key_before_keys),
    ]
}

#[test]
fn what_is_not_searched_for_private_keys_is_told() {
    run(fixtures());
}

/// What is too large to be searched is told by each run and plan, as long as it is there.
fn more_than_is_searched(hostile: &Hostile) {
    let told = |report: &Report| report.notices().contains(&"TooManyFiles");
    let large = vec![0; 16 * 1024 * 1024 + 1];
    hostile.commit(&[("disk.img", &large)]);
    let run = hostile.run();
    assert_eq!(run.verdict("good"), Some("issued"), "{run:?}");
    assert!(told(&run), "{run:?}");
    for change in ["nothing", "README.md"] {
        if change == "README.md" {
            hostile.commit(&[(change, b"hello")]);
        }
        let plan = hostile.plan();
        assert!(told(&plan), "{change}: {plan:?}");
        // The run has seen what lay there, so it is not searched again.
        let shown = hostile.scratch.in_repo(&["plan"]);
        let shown = shown.stdout + &shown.stderr;
        assert!(shown.contains("gitca plan --all"), "{change}: {shown}");
    }
    hostile.take_back("disk.img");
    let plan = hostile.plan();
    assert!(!told(&plan), "{plan:?}");
}

/// A check searches less of what lies beside the zones than a run, and lets nothing pass that it did not search; what comes
/// after it in small files is found.
fn more_than_is_searched_of_a_change(hostile: &Hostile) {
    let pem = |seed| seeded_key(seed).serialize_pem().into_bytes();
    let large = |end: &[u8]| [&vec![0; 9 * 1024 * 1024], end].concat();
    let files = [
        ("docs/a.img", large(b"")),
        ("docs/b.img", large(&pem("x"))),
        ("docs/z.pem", pem("y")),
        ("requests/x.yaml", manifest("x").into_bytes()),
        ("requests/y.yaml", manifest("y").into_bytes()),
    ];
    let files = files.each_ref().map(|(path, octets)| (*path, &octets[..]));
    hostile.commit(&files);
    let check = hostile.proposed();
    assert_eq!(check.verdict("x"), Some("approved"), "{check:?}");
    assert_eq!(check.reasons("y"), ["KeyBlocked"], "{check:?}");
    assert_eq!(check.notices(), ["TooManyFiles"], "{check:?}");
    let refused = (Some(2), vec!["TooManyFiles"]);
    assert_eq!((check.code, check.errors()), refused, "{check:?}");
    let plan = hostile.plan();
    assert_eq!(plan.reasons("x"), ["KeyBlocked"], "{plan:?}");
    // So it is where the branch takes it away again.
    for (path, _) in files {
        hostile.take_back(path);
    }
    let check = hostile.proposed();
    let errors = check.errors();
    assert_eq!(
        (check.code, &errors[..]),
        (Some(2), &["TooManyFiles"][..]),
        "{check:?}"
    );
    assert!(check.error().contains("and take it away"), "{check:?}");
}

/// After a thousand keys no more are looked for in what is read for nothing else, and that is said.
fn more_keys_than_anybody_reads_of(hostile: &Hostile) {
    let label = "ENCRYPTED PRIVATE KEY-----";
    let key = |number: usize| {
        let path = format!("keys/{}/{number}.pem", number / 90);
        let text = format!("-----BEGIN {label}\n{number:08}\n-----END {label}\n");
        (path, text.into_bytes())
    };
    let keys: Vec<_> = (0..1_080).map(key).collect();
    let files = keys
        .iter()
        .map(|(path, octets)| (path.as_str(), &octets[..]));
    hostile.commit(&files.collect::<Vec<_>>());
    for report in [hostile.proposed(), hostile.plan()] {
        let leaks = report.all_reasons();
        let leaks = leaks.iter().filter(|code| **code == LEAK);
        assert_eq!(leaks.count(), 1_000, "{:?}", report.notices());
        assert_eq!(report.notices(), ["TooManyFiles"]);
    }
    assert_eq!(hostile.plan().verdict("good"), Some("approved"));
}

/// Lines that begin as keys do and are none use nothing up: the keys behind them are known, and the change with them is told.
fn what_is_no_key_before_keys(hostile: &Hostile) {
    let begun = "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEA\n".repeat(20_000);
    hostile.commit(&[("aaa", begun.as_bytes())]);
    let check = hostile.proposed();
    assert!(check.has("aaa", LEAK), "{check:?}");
    assert_eq!(check.notices(), [""; 0], "{check:?}");
    let pem = seeded_key("x").serialize_pem();
    hostile.commit(&[
        ("zzz/leak.pem", pem.as_bytes()),
        ("requests/x.yaml", manifest("x").as_bytes()),
    ]);
    let plan = hostile.plan();
    assert_eq!(plan.reasons("x"), ["KeyBlocked"], "{plan:?}");
    assert_eq!(plan.verdict("good"), Some("approved"), "{plan:?}");
    let key = "home/.config/gitca/keys/cluster-ca.pem";
    let key = hostile.scratch.read(key);
    hostile.commit(&[("zzz/ca.pem", key.as_bytes())]);
    let run = hostile.run();
    assert_eq!((run.code, run.errors()), (Some(2), vec![LEAK]), "{run:?}");
}
