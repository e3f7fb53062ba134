//! A change about a request that has its certificate: `check` says of it what `plan` says once it is merged, before the end of
//! the certificate and after it.

use serde_json::Value;

use crate::house::{House, judged};
use crate::revocation::write_revocation;

const ONE: &str = "{anyOf: [{groups: [platform]}]}";
const DURING: &str = "2030-01-01T12:00:00Z";
const SOON: &str = "2030-01-01T16:30:00Z";
const AFTER: &str = "2030-01-03T00:00:00Z";

type Change = fn(&House);

fn approve(house: &House) {
    house.state("jane", "approve", "carol");
}

fn approve_unasked(house: &House) {
    house.state("jane", "approve", "mallory");
}

fn deny(house: &House) {
    house.state("jane", "deny", "carol");
}

fn withdraw(house: &House) {
    house.scratch.sh("rm -r repo/requests/jane.approvals");
}

fn revoke(house: &House) {
    write_revocation(house, "jane", "  all: true\n");
}

fn take_back(house: &House) {
    house.scratch.sh("rm repo/requests/jane.revocation.yaml");
}

/// jane has a certificate; where approvals are asked for it rests on that of bob.
fn certify(house: &House, approvals: &str) {
    house.ask("jane", "jane");
    if approvals != "none" {
        house.state("jane", "approve", "bob");
        house.scratch.commit("approve");
    }
    house.run();
}

fn certified(approvals: &str) -> House {
    let house = House::new(approvals, "signature");
    certify(&house, approvals);
    house
}

fn report(house: &House, now: &str, command: &[&str]) -> Value {
    let args = [&["--now", now], command, &["--all", "-o", "json"]].concat();
    house.scratch.in_repo(&args).json()
}

/// What a change comes to on a branch and after its merge, which is undone; out come the verdict and the codes.
#[track_caller]
fn agreed(house: &House, now: &str, (what, change): (&str, Change)) -> (String, Vec<String>) {
    let git = |args: &[&str]| house.scratch.git(args);
    git(&["switch", "-qC", "side", "main"]);
    change(house);
    house.scratch.commit(what);
    let check = ["check", "--base", "main", "--head", "side"];
    let (verdict, mut codes) = judged(&report(house, now, &check), "jane");
    if now != AFTER {
        // Whoever reviews the change is told more, as long as that is so.
        codes.retain(|code| code != "CertificateReplaced");
    }
    codes.sort();
    git(&["switch", "-q", "main"]);
    git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let mut after = judged(&report(house, now, &["plan"]), "jane");
    after.1.sort();
    git(&["reset", "-q", "--hard", "main^"]);
    let before = (verdict, codes);
    assert_eq!(before, after, "{what} at {now}");
    before
}

#[test]
fn what_is_said_beside_a_certificate_that_nobody_had_to_approve_changes_nothing() {
    let house = certified("none");
    house.state("jane", "approve", "bob");
    house.scratch.commit("nobody asked him");
    for change in [
        ("approve", approve as Change),
        ("deny", deny),
        ("withdraw", withdraw),
        ("revoke", revoke),
    ] {
        for (now, has_ended) in [(DURING, false), (AFTER, true)] {
            let (verdict, codes) = agreed(&house, now, change);
            assert_eq!(verdict, "unchanged", "{} at {now}: {codes:?}", change.0);
            let is_told = codes.contains(&"CertificateExpired".to_owned());
            assert_eq!(is_told, has_ended, "{} at {now}: {codes:?}", change.0);
        }
    }
}

#[test]
fn what_is_said_beside_a_certificate_that_was_revoked_changes_nothing() {
    let house = certified(ONE);
    revoke(&house);
    house.scratch.commit("revoke");
    house.run();
    for change in [
        ("approve", approve as Change),
        ("deny", deny),
        ("take back", take_back),
    ] {
        for now in [DURING, AFTER] {
            let (verdict, _) = agreed(&house, now, change);
            assert_eq!(verdict, "unchanged", "{} at {now}", change.0);
        }
    }
}

#[test]
fn what_is_said_beside_a_certificate_that_rests_on_approvals_counts_from_its_end_on() {
    let house = certified(ONE);
    for (change, expected) in [
        (("approve", approve as Change), "approved"),
        (("approve unasked", approve_unasked), "unchanged"),
        (("deny", deny), "unchanged"),
        (("withdraw", withdraw), "unchanged"),
    ] {
        let (verdict, _) = agreed(&house, DURING, change);
        assert_eq!(verdict, "unchanged", "{}", change.0);
        assert_eq!(agreed(&house, AFTER, change).0, expected, "{}", change.0);
    }
}

#[test]
fn what_is_said_beside_a_certificate_that_is_to_be_renewed_is_judged_with_the_renewal() {
    let house = House::new(ONE, "signature");
    let renewal = "  renewal: {before: 8h, until: 9d}\n  approvals:";
    house.replace("developers.yaml", "  approvals:", renewal);
    house.scratch.commit("renew");
    certify(&house, ONE);
    for (change, expected) in [
        (("approve", approve as Change), "approved"),
        (("deny", deny), "denied"),
        (("withdraw", withdraw), "pending"),
    ] {
        let (verdict, _) = agreed(&house, DURING, change);
        assert_eq!(verdict, "unchanged", "{}", change.0);
        for now in [SOON, AFTER] {
            let (verdict, _) = agreed(&house, now, change);
            assert_eq!(verdict, expected, "{} at {now}", change.0);
        }
    }
}
