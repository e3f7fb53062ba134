//! Whose approvals count: persons who are asked and had no hand in it, each once, and what a denial does.

use serde_json::json;

use crate::approvals::{CHECK, ONE, codes};
use crate::house::{House, NAMESPACE, judged};
use crate::output::of_code;

#[test]
fn only_persons_who_are_asked_and_had_no_hand_in_it_count() {
    for (person, code) in [
        ("robot", "ApprovalNotPerson"),
        ("jane", "ApproverIsRequester"),
        ("mallory", "ApproverNotEligible"),
        ("dave", "ApproverNotEligible"),
    ] {
        let house = House::with_request(ONE);
        house.state("jane", "approve", person);
        house.scratch.commit("approve");
        let expected = codes(&["ApprovalMissing", code]);
        assert_eq!(
            house.judged("jane"),
            ("pending".to_owned(), expected),
            "{person}"
        );
        let plan = house.plan();
        let reasons = plan["results"][0]["reasons"].as_array().expect("reasons");
        assert!(
            reasons.iter().all(|reason| reason["help"].is_string()),
            "{plan:#}"
        );
    }
}

#[test]
fn persons_are_counted_not_keys() {
    let house = House::with_request("{anyOf: [{groups: [platform], count: 2}]}");
    let second = house.key("bob-2", "ed25519");
    let first = house.scratch.read("keys/bob.pub").trim_end().to_owned();
    house.principal(
        "bob",
        "person",
        "[platform]",
        &[format!("\"{first}\""), format!("\"{second}\"")],
    );
    house.scratch.commit("two keys");
    house.state("jane", "approve", "bob");
    let mut again = house.statement("jane", "approve", "bob");
    again["predicate"]["nonce"] = json!("ffeeddccbbaa99887766554433221100");
    let again = house.sign(&again, "bob-2", NAMESPACE);
    house.put("jane", "bob", &again);
    house.scratch.commit("approve twice");
    let expected = codes(&["ApprovalMissing", "ApprovalSamePerson"]);
    assert_eq!(house.judged("jane"), ("pending".to_owned(), expected));
    house.state("jane", "approve", "carol");
    house.scratch.commit("approve");
    assert_eq!(
        house.judged("jane"),
        ("approved".to_owned(), codes(&["ApprovalSamePerson"]))
    );
}

#[test]
fn whoever_is_named_by_the_certificate_does_not_approve_it() {
    let house = House::new(ONE, "signature");
    house.ask("bob", "jane");
    house.state("bob", "approve", "bob");
    house.scratch.commit("approve");
    let expected = codes(&["ApprovalMissing", "ApproverIsRequester"]);
    assert_eq!(house.judged("bob"), ("pending".to_owned(), expected));
}

#[test]
fn a_denial_by_somebody_who_is_asked_is_a_veto() {
    for (person, verdict) in [
        ("carol", "denied"),
        ("mallory", "approved"),
        ("dave", "approved"),
    ] {
        let house = House::with_request(ONE);
        house.state("jane", "approve", "bob");
        house.state("jane", "deny", person);
        house.scratch.commit("approve and deny");
        let (found, codes) = house.judged("jane");
        assert_eq!(found, verdict, "{person}");
        assert_eq!(
            codes.iter().any(|code| code == "Rejected"),
            verdict == "denied",
            "{person}"
        );
    }
}

#[test]
fn the_denial_of_a_bot_is_none_and_is_told() {
    let house = House::with_request(ONE);
    house.state("jane", "approve", "bob");
    let file = house.state("jane", "deny", "robot");
    house.scratch.commit("approve and deny");
    let report = house.plan();
    let expected = ("approved".to_owned(), codes(&["ApprovalNotPerson"]));
    assert_eq!(judged(&report, "jane"), expected);
    let notice = of_code(&report, "notices", "ApprovalNotPerson").expect("a notice");
    assert_eq!(notice["value"], file.trim_start_matches("repo/"));
    assert_eq!(notice["help"], "have a person say it: gitca deny jane");
}

/// Whoever any policy asks that looks at the request may deny it, whether that policy admits it or not.
#[test]
fn a_second_policy_that_looks_at_the_request_brings_its_own_vetoes() {
    let house = House::with_request(ONE);
    house.state("jane", "approve", "bob");
    house.state("jane", "deny", "dave");
    house.scratch.commit("approve and deny");
    assert_eq!(house.judged("jane").0, "approved");
    for (selector, verdict) in [
        ("{paths: [\"ops/**\"]}", "approved"),
        ("{requesters: {groups: [security]}}", "approved"),
        ("{paths: [\"jane\"]}", "denied"),
        ("{everything: true}", "denied"),
    ] {
        let spec =
            format!("{{selector: {selector}, approvals: {{anyOf: [{{groups: [security]}}]}}}}");
        house.object("second", "ApprovalPolicy", "second", &spec);
        house.scratch.commit(selector);
        let report = house.plan();
        let (found, codes) = judged(&report, "jane");
        assert_eq!(found, verdict, "{selector}: {codes:?}");
        if verdict == "denied" {
            let reason = &report["results"][0]["reasons"][0];
            assert_eq!(reason["code"], "Rejected", "{reason:#}");
            assert_eq!(reason["message"], "`dave` denies it");
            let help =
                format!("ask `dave`; the denial holds until they approve the same bytes{CHECK}");
            assert_eq!(reason["help"], help);
        }
    }
}

#[test]
fn whoever_asked_may_take_it_back() {
    let house = House::with_request(ONE);
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    assert_eq!(house.judged("jane").0, "approved");
    house.state("jane", "deny", "jane");
    house.scratch.commit("I withdraw this");
    assert_eq!(
        house.judged("jane"),
        ("denied".to_owned(), codes(&["Rejected"]))
    );
    // It is as final as any other: deleting it lifts nothing.
    house.scratch.sh("rm repo/requests/jane.approvals/jane-*");
    house.scratch.commit("delete it");
    assert_eq!(house.judged("jane").0, "denied");
}

#[test]
fn the_bytes_are_approved_and_no_others() {
    let house = House::with_request(ONE);
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    house
        .scratch
        .sh("echo '# a comment' >> repo/requests/jane.yaml");
    house.commit_as("jane", true, "edit");
    let expected = codes(&["ApprovalMissing", "ApprovalStale"]);
    assert_eq!(house.judged("jane"), ("pending".to_owned(), expected));
}

#[test]
fn every_slot_is_filled_by_another_person() {
    const BOTH: &str = "{allOf: [{groups: [platform]}, {groups: [security]}]}";
    for (approvers, verdict) in [
        (vec!["bob"], "pending"),
        (vec!["bob", "carol"], "pending"),
        (vec!["dave"], "pending"),
        (vec!["bob", "dave"], "approved"),
    ] {
        let house = House::with_request(BOTH);
        for person in &approvers {
            house.state("jane", "approve", person);
        }
        house.scratch.commit("approve");
        assert_eq!(house.judged("jane").0, verdict, "{approvers:?}");
    }
}
