//! What the mainline remembers: denials that were deleted, approvals that were used, rules that came along.

use crate::house::{House, NAMESPACE, judged};

const ONE: &str = "{anyOf: [{groups: [platform]}]}";

fn remove(house: &House, path: &str) {
    house.scratch.sh(&format!("rm {path} {path}.sig"));
}

/// An approval that was made a second after the statements of the house.
fn approve_later(house: &House, person: &str) {
    let mut statement = house.statement("jane", "approve", person);
    statement["predicate"]["created"] = "2030-01-01T00:00:01Z".into();
    let signed = house.sign(&statement, person, NAMESPACE);
    house.put("jane", person, &signed);
}

#[test]
fn a_denial_outlives_its_file_until_the_same_person_approves() {
    let house = House::with_request(ONE);
    let denial = house.state("jane", "deny", "carol");
    house.scratch.commit("deny");
    assert_eq!(house.judged("jane").0, "denied");
    remove(&house, &denial);
    house.state("jane", "approve", "bob");
    house.scratch.commit("delete the denial");
    assert_eq!(house.judged("jane").0, "denied");
    approve_later(&house, "carol");
    house.scratch.commit("carol has changed her mind");
    assert_eq!(house.judged("jane").0, "approved");
}

#[test]
fn a_denial_that_comes_after_an_approval_of_the_same_person_counts() {
    let house = House::with_request(ONE);
    house.state("jane", "approve", "bob");
    house.state("jane", "approve", "carol");
    house.scratch.commit("approve");
    house.state("jane", "deny", "carol");
    house.scratch.commit("deny");
    assert_eq!(house.judged("jane").0, "denied");
}

#[test]
fn a_denial_is_lifted_while_it_lies_there_by_a_later_approval() {
    let house = House::with_request(ONE);
    house.state("jane", "deny", "carol");
    house.scratch.commit("deny");
    // Of the same second, it may be one that was there before.
    house.state("jane", "approve", "carol");
    house.scratch.commit("approve");
    assert_eq!(house.judged("jane").0, "denied");
    approve_later(&house, "carol");
    house.scratch.commit("approve later");
    assert_eq!(house.judged("jane").0, "approved");
}

#[test]
fn a_denial_outlives_an_edit_that_is_taken_back_and_a_request_that_comes_again() {
    for undo in [
        // The bytes go and come back, in one change each.
        "echo '# x' >> requests/jane.yaml; git add -A; git commit -qm edit; cp ../jane.yaml requests/jane.yaml",
        "git rm -qr requests; git commit -qm delete; mkdir -p requests/jane.approvals
         cp ../jane.yaml requests; cp ../carol/* requests/jane.approvals",
    ] {
        let house = House::with_request(ONE);
        let approval = house.state("jane", "approve", "carol");
        house.scratch.sh(&format!(
            "mkdir carol; cp {approval} {approval}.sig carol; cp repo/requests/jane.yaml ."
        ));
        house.scratch.commit("approve");
        let denial = house.state("jane", "deny", "bob");
        house.scratch.commit("deny");
        assert_eq!(house.judged("jane").0, "denied");
        remove(&house, &denial);
        house.scratch.sh(&format!("cd repo; {undo}"));
        house.scratch.commit("undo");
        // Whoever reviews the last change is told what comes of it.
        let check = ["check", "--base", "HEAD~", "--head", "HEAD", "-o", "json"];
        let checked = house.scratch.in_repo(&check).code(1).json();
        for (verdict, codes) in [house.judged("jane"), judged(&checked, "jane")] {
            assert_eq!(
                (verdict.as_str(), codes[0].as_str()),
                ("denied", "Rejected"),
                "{undo}"
            );
        }
    }
}

#[test]
fn an_older_approval_that_is_brought_again_lifts_no_denial() {
    let older = |house: &House| {
        let mut statement = house.statement("jane", "approve", "bob");
        statement["predicate"]["created"] = "2029-12-31T00:00:00Z".into();
        house.sign(&statement, "bob", NAMESPACE)
    };
    for was_there in [true, false] {
        let house = House::with_request(ONE);
        let approval = older(&house);
        if was_there {
            house.put("jane", "bob", &approval);
            house.scratch.commit("approve");
        }
        house.state("jane", "deny", "bob");
        house.scratch.commit("deny");
        if was_there {
            house
                .scratch
                .sh("rm $(grep -l '\"approve\"' repo/requests/jane.approvals/*.json)*");
            house.scratch.commit("tidy up");
        }
        assert_eq!(house.judged("jane").0, "denied");
        house.put("jane", "bob", &approval);
        house.scratch.commit("bring it again");
        assert_eq!(
            house.judged("jane").0,
            "denied",
            "there before: {was_there}"
        );
    }
}

#[test]
fn a_denial_of_other_bytes_is_over() {
    let house = House::with_request(ONE);
    let denial = house.state("jane", "deny", "carol");
    house.scratch.commit("deny");
    remove(&house, &denial);
    house
        .scratch
        .sh("echo '# better' >> repo/requests/jane.yaml");
    house.commit_as("jane", true, "edit");
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    assert_eq!(house.judged("jane").0, "approved");
}

#[test]
fn an_approval_that_is_withdrawn_in_time_does_not_count() {
    let house = House::with_request(ONE);
    let approval = house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    remove(&house, &approval);
    house.scratch.commit("withdraw");
    assert_eq!(house.judged("jane").0, "pending");
}

#[test]
fn an_approval_is_good_for_one_certificate() {
    let house = House::with_request(ONE);
    let first = house.scratch.read("repo/requests/jane.yaml");
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    house.run();
    house
        .scratch
        .write("repo/requests/jane.yaml", format!("{first}# second\n"));
    house.commit_as("jane", true, "edit");
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve again");
    house.run();
    house.scratch.write("repo/requests/jane.yaml", first);
    house.commit_as("jane", true, "back to the first bytes");
    let (verdict, codes) = house.judged("jane");
    assert_eq!(verdict, "pending");
    assert!(codes.contains(&"ApprovalSpent".to_owned()), "{codes:?}");
}

#[test]
fn rules_and_the_approval_that_needs_them_do_not_come_together() {
    let house = House::with_request(ONE);
    let key = house.key("eve", "ed25519");
    house.principal("eve", "person", "[platform]", &[format!("\"{key}\"")]);
    house.state("jane", "approve", "eve");
    house.scratch.commit("eve joins and approves");
    let (verdict, codes) = house.judged("jane");
    assert_eq!(verdict, "pending");
    assert_eq!(codes[0], "ControlChangedTogether", "{codes:?}");
    house.state("jane", "approve", "bob");
    house.scratch.commit("bob was there before");
    assert_eq!(house.judged("jane").0, "approved");
}

#[test]
fn an_approval_that_came_before_its_rules_counts_once_they_are_there() {
    let house = House::with_request(ONE);
    let key = house.key("eve", "ed25519");
    house.state("jane", "approve", "eve");
    house.scratch.commit("eve approves");
    assert_eq!(house.judged("jane").0, "pending");
    house.principal("eve", "person", "[platform]", &[format!("\"{key}\"")]);
    house.scratch.commit("eve joins");
    assert_eq!(house.judged("jane").0, "approved");
}

#[test]
fn a_request_with_a_looser_policy_waits_for_what_the_policy_before_asked() {
    let house = House::new(ONE, "signature");
    house.replace(
        "developers.yaml",
        &format!("approvals: {ONE}"),
        "approvals: none",
    );
    house.ask("jane", "jane");
    let (verdict, codes) = house.judged("jane");
    assert_eq!(verdict, "pending");
    assert_eq!(codes[..2], ["ControlChangedTogether", "ApprovalMissing"]);
}

#[test]
fn a_policy_that_is_tightened_acts_at_once_and_a_loosened_one_on_what_waits() {
    let house = House::with_request(ONE);
    let two = "{anyOf: [{groups: [platform], count: 2}]}";
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    house.replace("developers.yaml", ONE, two);
    house.scratch.commit("tighten");
    assert_eq!(house.judged("jane").0, "pending");
    house.replace(
        "developers.yaml",
        &format!("approvals: {two}"),
        "approvals: none",
    );
    house.scratch.commit("loosen");
    assert_eq!(house.judged("jane").0, "approved");
}

#[test]
fn the_edit_of_somebody_else_makes_him_a_requester_too() {
    let house = House::with_request(ONE);
    house
        .scratch
        .sh("echo '# bob was here' >> repo/requests/jane.yaml");
    house.commit_as("bob", false, "edit");
    house.scratch.sh(
        "sed -i '$d' repo/requests/jane.yaml; echo '# and jane again' >> repo/requests/jane.yaml",
    );
    house.commit_as("jane", true, "edit");
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    let (verdict, codes) = house.judged("jane");
    assert_eq!(verdict, "pending");
    assert!(
        codes.contains(&"ApproverIsRequester".to_owned()),
        "{codes:?}"
    );
}

#[test]
fn a_pull_request_is_judged_with_the_approvals_that_it_brings() {
    let house = House::new(ONE, "signature");
    house.scratch.git(&["switch", "-q", "-c", "side"]);
    house.ask("jane", "jane");
    let check = ["check", "--base", "main", "--head", "side", "-o", "json"];
    let judged = |house: &House| {
        let report = house.scratch.in_repo(&check).success().json();
        crate::house::judged(&report, "jane")
    };
    assert_eq!(judged(&house).0, "pending");
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    assert_eq!(judged(&house).0, "approved");
    let strict = [&check[..], &["--require-approved"]].concat();
    house.scratch.in_repo(&strict).code(0);
    let statement = house.statement("jane", "deny", "carol");
    let signed = house.sign(&statement, "carol", NAMESPACE);
    house.put("jane", "carol", &signed);
    house.scratch.commit("deny");
    assert_eq!(
        crate::house::judged(&house.scratch.in_repo(&check).code(1).json(), "jane").0,
        "denied"
    );
}

#[test]
fn a_squash_a_rebase_and_a_merge_give_the_same_answer() {
    for landing in [
        "merge -q --no-ff -m land side",
        "merge -q --ff-only side",
        "rebase",
    ] {
        let house = House::new(ONE, "signature");
        house.scratch.git(&["switch", "-q", "-c", "side"]);
        house.write_request("jane");
        house.state("jane", "request", "jane");
        house.commit_as("jane", true, "ask");
        house.state("jane", "approve", "bob");
        house.commit_as("bob", true, "approve");
        house.scratch.git(&["switch", "-q", "main"]);
        if landing == "rebase" {
            house.scratch.write("repo/NOTES", "meanwhile");
            house.scratch.commit("meanwhile");
            house.scratch.git(&["cherry-pick", "main..side"]);
        } else {
            house.scratch.git(&landing.split(' ').collect::<Vec<_>>());
        }
        assert_eq!(
            house.judged("jane"),
            ("approved".to_owned(), vec![]),
            "{landing}"
        );
    }
}

#[test]
fn a_later_copy_of_a_request_does_not_stand_in_the_way_of_its_approval() {
    let house = House::with_request(ONE);
    house
        .scratch
        .sh("sed 's/name: jane/name: a/' repo/requests/jane.yaml > repo/requests/a.yaml");
    house.commit_as("mallory", true, "copy it");
    house.scratch.git(&["switch", "-q", "-c", "side"]);
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    let check = ["check", "--base", "main", "--head", "side", "-o", "json"];
    let report = house.scratch.in_repo(&check).success().json();
    assert_eq!(judged(&report, "jane").0, "approved");
    let results = report["results"].as_array().expect("results");
    assert_eq!(
        results.len(),
        1,
        "the copy is not what is brought: {results:#?}"
    );
    house.scratch.git(&["switch", "-q", "main"]);
    house
        .scratch
        .git(&["merge", "-q", "--no-ff", "-m", "m", "side"]);
    assert_eq!(house.judged("jane").0, "approved");
    // Who comes first has the key, whatever is said about the other.
    assert_eq!(house.judged("a").0, "denied");
}

#[test]
fn a_certificate_that_has_ended_is_shown_though_its_request_is_denied_now() {
    let house = House::with_request(ONE);
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    house.run();
    house.state("jane", "deny", "carol");
    house.scratch.commit("deny");
    for command in [&["get"][..], &["get", "jane"], &["describe", "jane"]] {
        for now in ["2030-01-01T01:00:00Z", "2031-01-01T00:00:00Z"] {
            let args = [&["--now", now], command].concat();
            let shown = house.scratch.in_repo(&args).success().stdout;
            assert!(shown.contains("jane"), "{args:?}: {shown}");
        }
    }
}
