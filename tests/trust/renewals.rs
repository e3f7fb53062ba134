//! Certificates that are made anew: when, on whose word, and when no more.

use serde_json::Value;

use crate::house::{House, at, judged};

const ONE: &str = "{anyOf: [{groups: [platform]}]}";
// The starter signer gives a day, so at ten to midnight the certificate of midnight has five minutes left.
pub(crate) const SOON: &str = "2030-01-01T16:30:00Z";

/// A house whose policy renews within eight hours of the end, for two days; jane has a certificate.
pub(crate) fn renewing(approvals: &str) -> House {
    let house = House::new(approvals, "signature");
    house.replace(
        "developers.yaml",
        "  approvals:",
        "  renewal: {before: 8h, until: 2d}\n  approvals:",
    );
    house.scratch.commit("renew");
    house.ask("jane", "jane");
    house
}

pub(crate) fn provenance(house: &House) -> Value {
    let text = house.scratch.read("repo/issued/jane/provenance.json");
    serde_json::from_str(&text).expect("JSON")
}

/// When the newest commit says that the clock alone makes work.
fn due(house: &House) -> String {
    let message = house.scratch.git(&["log", "-1", "--format=%B"]);
    let line = message
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("Gitca-Due: "));
    line.expect("the trailer").to_owned()
}

#[test]
fn a_certificate_is_made_anew_when_its_time_has_come_and_not_before() {
    let house = renewing("none");
    house.run();
    let first = provenance(&house);
    assert_eq!(due(&house), "2030-01-01T15:55:00Z");
    // 23:55 is its end.
    for (now, unchanged, approved) in [
        ("2030-01-01T15:54:59Z", 1, 0),
        ("2030-01-01T15:55:00Z", 0, 1),
        ("2030-01-02T12:00:00Z", 0, 1),
        // Two days after the first one nothing is renewed.
        ("2030-01-03T00:00:00Z", 1, 0),
    ] {
        let summary = &at(&house, now, "plan")["summary"];
        assert_eq!(summary["unchanged"], unchanged, "{now}");
        assert_eq!(summary["approved"], approved, "{now}");
    }
    assert_eq!(at(&house, SOON, "run")["summary"]["issued"], 1);
    let second = provenance(&house);
    let renews = &second["predicate"]["renews"];
    assert_eq!(renews["serialNumber"], first["predicate"]["serialNumber"]);
    assert_eq!(renews["firstIssued"], "2030-01-01T00:00:00Z");
    assert_eq!(second["predicate"]["notAfter"], "2030-01-02T16:25:00Z");
    assert_eq!(due(&house), "2030-01-02T08:25:00Z");
    assert_eq!(at(&house, SOON, "run")["issueCommit"], Value::Null);
    // The third still knows the first.
    assert_eq!(
        at(&house, "2030-01-02T10:00:00Z", "run")["summary"]["issued"],
        1
    );
    let third = provenance(&house);
    assert_eq!(
        third["predicate"]["renews"]["firstIssued"],
        "2030-01-01T00:00:00Z"
    );
    // Two days after the first one the clock makes no more work.
    assert_eq!(due(&house), "9999-12-31T23:59:59Z");
    house.scratch.git(&["fsck", "--strict"]);
}

#[test]
fn a_certificate_that_lives_no_longer_than_the_policy_looks_ahead_has_a_life_of_its_own() {
    let house = renewing("none");
    house.scratch.sh("rm repo/requests/jane.yaml");
    let short = ["new", "short", "--group", "dev", "--duration", "10m"];
    house.scratch.in_repo(&short).success();
    house.commit_as("jane", true, "ask for a short one");
    house.run();
    assert_eq!(due(&house), "2030-01-01T00:06:40Z");
    for (now, approved) in [("2030-01-01T00:06:39Z", 0), ("2030-01-01T00:06:40Z", 1)] {
        assert_eq!(
            at(&house, now, "plan")["summary"]["approved"],
            approved,
            "{now}"
        );
    }
}

#[test]
fn the_approvals_of_the_first_one_carry_it_as_long_as_their_people_are_there() {
    let house = renewing(ONE);
    let mut statement = house.statement("jane", "approve", "bob");
    statement["predicate"]["expires"] = "2030-01-01T00:00:01Z".into();
    let signed = house.sign(&statement, "bob", crate::house::NAMESPACE);
    house.put("jane", "bob", &signed);
    house.scratch.commit("approve");
    house.run();
    let report = at(&house, SOON, "plan");
    assert_eq!(judged(&report, "jane").0, "approved", "{report:#}");
    house.replace("people/bob.yaml", "groups: [platform]", "groups: []");
    house.scratch.commit("bob leaves");
    assert_eq!(judged(&at(&house, SOON, "plan"), "jane").0, "pending");
}

#[test]
fn whoever_is_no_principal_any_more_or_has_another_key_carries_no_renewal() {
    let house = renewing(ONE);
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    house.run();
    let bob = "repo/policies/people/bob.yaml";
    let as_it_was = house.scratch.read(bob);
    let key = house.scratch.read("keys/bob.pub").trim_end().to_owned();
    let other = house.key("bob-2", "ed25519");
    let head = house.scratch.git(&["rev-parse", "HEAD"]).stdout;
    let compromised = format!("{{key: \"{key}\", compromisedFrom: {}}}", head.trim());
    let ended = format!("{{key: \"{key}\", notAfter: \"2030-01-01T16:29:59Z\"}}");
    for (what, keys) in [
        ("removed", None),
        ("another key", Some(format!("\"{other}\""))),
        ("compromised", Some(compromised)),
        ("its time is over", Some(ended)),
    ] {
        house.scratch.sh(&format!("rm -f {bob}"));
        if let Some(key) = keys {
            house.principal("bob", "person", "[platform]", &[key]);
        }
        house.scratch.commit(what);
        let expected = ["ApprovalMissing", "ApprovalKeyUnknown"].map(str::to_owned);
        let found = judged(&at(&house, SOON, "plan"), "jane");
        assert_eq!(found, ("pending".to_owned(), expected.to_vec()), "{what}");
        // The certificate itself stays.
        let summary = &at(&house, "2030-01-01T12:00:00Z", "plan")["summary"];
        assert_eq!(summary["unchanged"], 1, "{what}");
    }
    house.scratch.write(bob, as_it_was);
    house.scratch.commit("bob is back");
    assert_eq!(judged(&at(&house, SOON, "plan"), "jane").0, "approved");
}

#[test]
fn a_denial_a_tighter_policy_or_the_deletion_ends_it() {
    let house = renewing(ONE);
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    house.run();
    let denial = house.state("jane", "deny", "carol");
    house.scratch.commit("deny");
    assert_eq!(judged(&at(&house, SOON, "plan"), "jane").0, "denied");
    house.scratch.sh(&format!("rm {denial} {denial}.sig"));
    house.scratch.commit("the denial stays in force");
    assert_eq!(judged(&at(&house, SOON, "plan"), "jane").0, "denied");
    house.scratch.sh("rm -r repo/requests/jane.*");
    house.scratch.commit("delete");
    let summary = &at(&house, SOON, "plan")["summary"];
    assert_eq!(summary["approved"], 0);
    assert_eq!(summary["denied"], 0);
}

#[test]
fn a_provenance_that_its_certificate_does_not_bear_out_renews_nothing() {
    for (from, to) in [
        // Another time, so that an approval seems to have been in time.
        (
            r#""now": "2030-01-01T00:00:00Z""#,
            r#""now": "2029-12-31T00:00:00Z""#,
        ),
        (
            r#""notAfter": "2030-01-01T23:55:00Z""#,
            r#""notAfter": "2030-01-01T12:00:00Z""#,
        ),
        (r#""serialNumber": ""#, r#""serialNumber": "00"#),
    ] {
        let house = renewing("none");
        house.run();
        assert_eq!(at(&house, SOON, "plan")["summary"]["approved"], 1);
        let path = "repo/issued/jane/provenance.json";
        let text = house.scratch.read(path);
        assert!(text.contains(from), "no {from} in {text}");
        house.scratch.write(path, text.replace(from, to));
        fake_run(&house);
        let report = at(&house, SOON, "plan");
        assert_eq!(report["summary"]["approved"], 0, "{to}: {report:#}");
        assert_eq!(report["summary"]["unchanged"], 1, "{to}: {report:#}");
    }
}

#[test]
fn a_certificate_that_has_ended_is_made_anew_on_new_approvals_alone() {
    const LATER: &str = "2030-01-03T00:00:00Z";
    let house = House::with_request(ONE);
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    house.run();
    // The same approval is no reason, nor is another before the end.
    assert_eq!(at(&house, LATER, "plan")["summary"]["unchanged"], 1);
    house.state("jane", "deny", "mallory");
    house.state("jane", "approve", "jane");
    house.scratch.commit("words that count for nothing");
    assert_eq!(at(&house, LATER, "plan")["summary"]["unchanged"], 1);
    house.state("jane", "approve", "carol");
    house.scratch.commit("approve again");
    assert_eq!(
        at(&house, "2030-01-01T12:00:00Z", "plan")["summary"]["unchanged"],
        1
    );
    assert_eq!(judged(&at(&house, LATER, "plan"), "jane").0, "approved");
    let report = at(&house, LATER, "run");
    assert_eq!(report["summary"]["issued"], 1);
    let statement = provenance(&house);
    assert_eq!(statement["predicate"]["approvals"][0]["principal"], "carol");
    assert_eq!(
        statement["predicate"]["approvals"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(statement["predicate"]["renews"], Value::Null);
    // Both are spent now.
    assert_eq!(
        at(&house, "2030-01-05T00:00:00Z", "run")["summary"]["unchanged"],
        1
    );
    house.scratch.git(&["fsck", "--strict"]);
}

#[test]
fn a_pull_request_that_approves_what_has_ended_is_told_as_what_the_run_will_make_of_it() {
    let house = House::with_request(ONE);
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    house.run();
    house.scratch.git(&["switch", "-qc", "again"]);
    for (person, verdict) in [("jane", None), ("carol", Some("approved"))] {
        house.state("jane", "approve", person);
        house.scratch.commit("approve again");
        let judge = |now: &str| {
            let check = ["check", "--base", "main", "--head", "again", "-o", "json"];
            let args = [&["--now", now][..], &check].concat();
            house.scratch.in_repo(&args).success().json()
        };
        let before = judge("2030-01-01T12:00:00Z");
        assert_eq!(before["results"], serde_json::json!([]), "{before:#}");
        let after = judge("2030-01-03T00:00:00Z");
        let found = after["results"].as_array().expect("a list").first();
        let found = found.map(|result| result["verdict"].as_str().expect("a word"));
        assert_eq!(found, verdict, "{person}: {after:#}");
    }
}

#[test]
fn a_certificate_that_has_ended_stays_where_nobody_has_to_approve() {
    let house = House::with_request("none");
    house.run();
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    let report = at(&house, "2030-01-03T00:00:00Z", "plan");
    assert_eq!(report["summary"]["unchanged"], 1, "{report:#}");
}

#[test]
fn what_is_approved_again_in_time_is_made_anew_at_its_end_whatever_runs_in_between() {
    let house = House::with_request("{anyOf: [{groups: [platform]}]}");
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    house.run();
    house.state("jane", "approve", "carol");
    house.ask("june", "jane");
    house.state("june", "approve", "bob");
    house.scratch.commit("approve again");
    house.run();
    for (now, approved) in [("2030-01-01T23:55:00Z", 0), ("2030-01-01T23:55:01Z", 1)] {
        let report = at(&house, now, "plan");
        assert_eq!(report["summary"]["approved"], approved, "{now}: {report:#}");
    }
}

#[test]
fn whoever_asks_is_told_that_a_certificate_has_ended() {
    let house = House::with_request("none");
    house.run();
    let told = |now: &str, command: &[&str]| {
        let arguments = [&["--now", now], command, &["-o", "json"]].concat();
        let report = house.scratch.in_repo(&arguments).success().json();
        let notices = report["notices"].as_array().expect("a list").clone();
        let codes: Vec<String> = notices
            .iter()
            .map(|notice| notice["code"].as_str().expect("a code").to_owned())
            .collect();
        (report["results"][0]["notAfter"].clone(), codes)
    };
    for command in [
        &["plan", "--all"][..],
        &["run", "--all"],
        &["check", "jane"],
    ] {
        let end = Value::from("2030-01-01T23:55:00Z");
        let (not_after, codes) = told("2030-01-01T23:55:00Z", command);
        assert_eq!((&not_after, codes), (&end, vec![]), "{command:?}");
        let (not_after, codes) = told("2030-01-01T23:55:01Z", command);
        assert_eq!(not_after, end, "{command:?}");
        assert_eq!(codes, ["CertificateExpired"], "{command:?}");
    }
}

#[test]
fn a_request_that_was_deleted_and_came_again_is_renewed_no_more() {
    let house = renewing("none");
    house.run();
    assert_eq!(at(&house, SOON, "plan")["summary"]["approved"], 1);
    house
        .scratch
        .sh("cp repo/requests/jane.yaml .; rm repo/requests/jane.yaml");
    house.scratch.commit("jane has left");
    house.scratch.sh("cp jane.yaml repo/requests");
    house.scratch.commit("and is back");
    let summary = &at(&house, SOON, "plan")["summary"];
    assert_eq!(
        (&summary["approved"], &summary["unchanged"]),
        (&0.into(), &1.into())
    );
}

#[test]
fn whoever_edits_a_request_and_thinks_better_of_it_ends_no_renewal() {
    let house = renewing(ONE);
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    house.run();
    let file = "repo/requests/jane.yaml";
    let manifest = house.scratch.read(file);
    for comment in ["# once\n", "# twice\n", ""] {
        house.scratch.write(file, format!("{manifest}{comment}"));
        house.commit_as("jane", true, "edit");
    }
    assert_eq!(judged(&at(&house, SOON, "plan"), "jane").0, "approved");
    // What its author had a hand in he can't approve, then or now.
    for comment in ["# thrice\n", ""] {
        house.scratch.write(file, format!("{manifest}{comment}"));
        house.commit_as("bob", true, "edit");
    }
    let expected = ["ApprovalMissing", "ApproverIsRequester"].map(str::to_owned);
    let found = judged(&at(&house, SOON, "plan"), "jane");
    assert_eq!(found, ("pending".to_owned(), expected.to_vec()));
}

#[test]
fn the_first_certificate_counts_and_not_what_a_later_commit_says_of_it() {
    let house = renewing("none");
    house.run();
    let late = "2030-01-03T12:00:00Z";
    assert_eq!(at(&house, late, "plan")["summary"]["unchanged"], 1);
    let path = "repo/issued/jane/provenance.json";
    let mut statement = provenance(&house);
    let serial = statement["predicate"]["serialNumber"].clone();
    statement["predicate"]["renews"] =
        serde_json::json!({"firstIssued": "2030-01-03T00:00:00Z", "serialNumber": serial});
    house.scratch.write(path, format!("{statement:#}\n"));
    fake_run(&house);
    let summary = &at(&house, late, "plan")["summary"];
    assert_eq!(
        (&summary["approved"], &summary["unchanged"]),
        (&0.into(), &1.into())
    );
}

/// Commits the work tree as a thief of the bot's name would, so that it looks like the commit of a run.
fn fake_run(house: &House) {
    let message = house.scratch.git(&["log", "-1", "--format=%B"]).stdout;
    let tip = house.scratch.git(&["rev-parse", "HEAD"]).stdout;
    let mut lines = message.lines();
    let base = lines
        .find(|line| line.starts_with("Gitca-Base"))
        .expect("a base");
    let message = message.replace(base, &format!("Gitca-Base: {}", tip.trim()));
    house.scratch.git(&["add", "-A"]);
    let bot = "--author=gitca <gitca@example.com>";
    house.scratch.git(&["commit", "-q", "-m", &message, bot]);
}
