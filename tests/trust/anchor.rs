//! An anchor that was set long after the mainline began: what is revoked before it stays so.

use crate::house::judged;
use crate::revocation::{publishing, revoke, write_revocation};

#[test]
fn a_younger_anchor_forgets_no_revocation_of_everything() {
    let house = publishing();
    house.ask("bob", "jane");
    write_revocation(&house, "bob", "  all: true\n");
    house.scratch.commit("bob has lost his key");
    revoke(&house, "  all: true\n");
    house.run();
    house
        .scratch
        .sh("echo '# again' >> repo/requests/jane.yaml");
    house.commit_as("jane", true, "ask again");
    house.run();
    house.scratch.write("repo/notes", "later");
    house.scratch.commit("later");
    let anchor = house.scratch.git(&["rev-parse", "HEAD"]).stdout;
    let anchor = ["--anchor", anchor.trim()];
    let plan = [&anchor[..], &["plan", "-o", "json"]].concat();
    let report = house.scratch.in_repo(&plan).success().json();
    let (verdict, codes) = judged(&report, "bob");
    assert_eq!(
        (verdict.as_str(), codes[0].as_str()),
        ("denied", "ContentRevoked")
    );
    // What was asked and certified after that is not meant.
    let explain = ["policy", "explain", "jane", "--mainline"];
    let told = house.scratch.in_repo(&[&anchor[..], &explain].concat());
    assert!(!told.stdout.contains("ContentRevoked"), "{}", told.stdout);
}

#[test]
fn an_anchor_that_is_set_later_lifts_nothing() {
    let house = publishing();
    revoke(&house, "  all: true\n  reason: keyCompromise\n");
    house.run();
    house.scratch.sh("rm repo/requests/jane.revocation.yaml");
    house.scratch.commit("forget it");
    let anchor = house.scratch.git(&["rev-parse", "HEAD"]).stdout;
    house
        .scratch
        .sh("echo '# again' >> repo/requests/jane.yaml");
    house.commit_as("jane", true, "ask again");
    let args = ["--anchor", anchor.trim(), "plan", "-o", "json"];
    let report = house.scratch.in_repo(&args).success().json();
    assert_eq!(judged(&report, "jane").1, ["KeyBlocked"], "{report:#}");
}
