//! Commits that say of themselves that a run made them, where the bot has no key: they have people look at more, never at
//! less, and accuse nobody.

use crate::house::{House, at, judged, told};
use crate::renewals::{SOON, provenance, renewing};
use crate::revocation::{list, publishing, revoke, serial};

const KEYS: &str = "home/.config/gitca/requests";

/// Commits what only a run may write as the bot would, with these words about what is left to do.
fn forge(house: &House, time: &str, more: &str) {
    let script = format!(
        "cd repo; mkdir -p issued/_keys/00; date +%N > issued/_keys/00/11; git add -A; base=$(git rev-parse HEAD)
         git commit -q --author='gitca <gitca@example.com>' -m 'issue: 0 certificates' \
         -m \"Gitca-Version: {version}\nGitca-Base: $base\nGitca-Issued: 0\nGitca-Issued-At: {time}\n{more}\"",
        version = env!("CARGO_PKG_VERSION"),
    );
    house.scratch.sh(&script);
}

#[test]
fn what_nobody_has_proven_makes_nobody_look_at_less() {
    let house = publishing();
    for name in ["june", "kim"] {
        house.ask(name, "jane");
    }
    let key = house.scratch.read(&format!("{KEYS}/june.key"));
    house.scratch.write("repo/oops.pem", key);
    house.scratch.commit("oops");
    house.scratch.git(&["rm", "-q", "oops.pem"]);
    house.scratch.commit("take it back");
    revoke(&house, "  all: true\n  reason: keyCompromise\n");
    let digest =
        format!("openssl pkey -in {KEYS}/kim.key -pubout -outform DER | sha256sum | cut -c1-64");
    let digest = house.scratch.sh(&digest).stdout;
    let more = format!(
        "Gitca-Open: 0\nGitca-Requests: 4294967295\nGitca-Due: 9999-12-31T23:59:59Z\nGitca-Leaked: {}@{}",
        digest.trim(),
        "f".repeat(40)
    );
    forge(&house, "9998-01-01T00:00:00Z", &more);

    let plan = house.plan();
    let (verdict, codes) = judged(&plan, "june");
    assert_eq!(verdict, "denied", "{plan:#}");
    assert!(codes.contains(&"KeyBlocked".to_owned()), "{codes:?}");
    assert_eq!(judged(&plan, "kim").0, "approved", "{plan:#}");
    assert_eq!(plan["summary"]["unchanged"], 1);
    let notices = told(&plan, "notices");
    for code in ["ClockWentBack", "CertificateRevoked", "RevocationListDue"] {
        assert!(notices.contains(&code.to_owned()), "{code}: {notices:?}");
    }
    let revoked = serial(&house);
    let run = house.run().json();
    assert_eq!(judged(&run, "kim").0, "issued", "{run:#}");
    assert_eq!(judged(&run, "june").0, "denied", "{run:#}");
    assert!(list(&house).to_lowercase().contains(&revoked));
    // A run that was made here is one, and remembers what it has seen.
    let plan = house.plan();
    assert_eq!(told(&plan, "notices"), [""; 0], "{plan:#}");
    assert_eq!(judged(&plan, "june").0, "denied", "{plan:#}");
}

#[test]
fn a_change_with_a_commit_that_passes_for_a_run_is_refused() {
    let house = publishing();
    let scratch = &house.scratch;
    let check = ["check", "--base", "main", "--head", "side", "-o", "json"];
    scratch.git(&["switch", "-q", "-c", "side"]);
    forge(&house, "2030-01-01T00:00:00Z", "Gitca-Open: 0");
    scratch.write("repo/NOTES", "mine");
    scratch.commit("notes");
    let report = scratch.in_repo(&check).code(2).json();
    let error = &report["errors"][0];
    assert_eq!(error["code"], "ForeignOutput", "{report:#}");
    let forged = scratch.git(&["rev-parse", "side~"]).stdout;
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains(forged.trim()), "{message}");
    let help = error["help"].as_str().expect("a help");
    let command = help.split('`').nth(1).expect("a command");
    scratch.sh(&format!("cd repo; {command} 2>&1"));
    scratch.in_repo(&check).success();
    // What is done and undone shows in the commits alone.
    forge(&house, "2030-01-01T00:00:00Z", "Gitca-Open: 0");
    scratch.git(&["rm", "-q", "-r", "issued/_keys/00"]);
    scratch.commit("as it was");
    let report = scratch.in_repo(&check).code(2).json();
    assert_eq!(told(&report, "errors"), ["ForeignOutput"], "{report:#}");
}

#[test]
fn a_provenance_that_no_run_wrote_makes_no_certificate_younger() {
    let house = renewing("none");
    house.run();
    let text = provenance(&house).to_string();
    house.scratch.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let text = text.replace("\"now\":\"2030-", "\"now\":\"2036-");
    let path = "repo/issued/jane/provenance.json";
    house.scratch.write(path, text);
    house.scratch.commit("come");
    house.scratch.sh("rm -r repo/issued/jane");
    house.scratch.commit("go");
    house.run();
    let issued = |now| at(&house, now, "run")["summary"]["issued"].clone();
    assert_eq!([SOON, "2030-01-02T10:00:00Z"].map(issued), [1, 1]);
    assert_eq!(issued("2030-01-03T02:00:00Z"), 0);
}
