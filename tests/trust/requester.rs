//! Who asked: what proves it, and what an unknown requester costs.

use serde_json::{Value, json};

use crate::house::{House, NAMESPACE, judged};

const ONE: &str = "{anyOf: [{groups: [platform]}]}";

fn requester(report: &Value) -> (Value, Value, Value) {
    let requester = &report["results"][0]["requester"];
    let field = |name: &str| requester[name].clone();
    (field("principal"), field("method"), field("verified"))
}

#[test]
fn a_signature_proves_and_an_author_is_believed_where_settings_say_so() {
    let known = |method: &str, verified: bool| (json!("jane"), json!(method), json!(verified));
    let nobody = (Value::Null, Value::Null, json!(false));
    for (identity, signs, expected) in [
        ("signature", true, known("signature", true)),
        ("signature", false, nobody.clone()),
        ("author", true, known("signature", true)),
        ("author", false, known("author", false)),
    ] {
        let house = House::new(ONE, identity);
        house.write_request("jane");
        house.commit_as("jane", signs, "ask");
        let report = house.plan();
        assert_eq!(requester(&report), expected, "{identity}, signed: {signs}");
        let is_noticed = judged(&report, "jane")
            .1
            .contains(&"RequesterUnverified".to_owned());
        assert_eq!(
            is_noticed,
            expected == nobody,
            "{identity}, signed: {signs}"
        );
    }
}

#[test]
fn a_signature_by_an_unknown_key_or_for_another_purpose_proves_nothing() {
    let house = House::new(ONE, "signature");
    house.key("stranger", "ed25519");
    house.write_request("jane");
    house.commit_as("stranger", true, "ask");
    assert_eq!(
        requester(&house.plan()),
        (Value::Null, Value::Null, json!(false))
    );
}

/// A commit whose signature is a sound one by jane, over these very octets, but for this purpose.
fn ask_signed_for(house: &House, namespace: &str) {
    house.write_request("jane");
    house.scratch.sh(&format!(
        "cd repo; git add -A; git cat-file commit $(git commit-tree -p HEAD -m ask $(git write-tree)) > ../payload
         cd ..; rm -f payload.sig; ssh-keygen -q -Y sign -n {namespace} -f keys/jane payload
         {{ sed '/^$/,$d' payload; echo gpgsig \"$(sed '2,$s/^/ /' payload.sig)\"; sed -n '/^$/,$p' payload; }} > signed
         git -C repo reset -q --hard $(git -C repo hash-object -t commit -w ../signed)"
    ));
}

#[test]
fn a_signature_for_an_approval_is_none_of_a_commit() {
    for (namespace, expected) in [
        ("git", (json!("jane"), json!("signature"), json!(true))),
        (NAMESPACE, (Value::Null, Value::Null, json!(false))),
        ("file", (Value::Null, Value::Null, json!(false))),
    ] {
        let house = House::new(ONE, "signature");
        ask_signed_for(&house, namespace);
        let report = house.plan();
        assert_eq!(requester(&report), expected, "{namespace}");
        let (_, codes) = judged(&report, "jane");
        let is_unverified = codes.contains(&"RequesterUnverified".to_owned());
        assert_eq!(is_unverified, namespace != "git", "{codes:?}");
    }
}

#[test]
fn an_unknown_requester_may_be_one_of_the_approvers() {
    let house = House::new(ONE, "signature");
    house.write_request("jane");
    house.commit_as("jane", false, "ask");
    house.state("jane", "approve", "bob");
    house.scratch.commit("one");
    assert_eq!(house.judged("jane").0, "pending");
    house.state("jane", "approve", "carol");
    house.scratch.commit("two");
    assert_eq!(house.judged("jane").0, "approved");
}

#[test]
fn a_signed_request_statement_survives_a_squash() {
    let house = House::new(ONE, "signature");
    house.scratch.git(&["switch", "-q", "-c", "side"]);
    house.write_request("jane");
    house.state("jane", "request", "jane");
    house.commit_as("jane", true, "ask");
    house.scratch.git(&["switch", "-q", "main"]);
    house.scratch.git(&["merge", "-q", "--squash", "side"]);
    house.scratch.commit("squashed");
    let known = (json!("jane"), json!("signature"), json!(true));
    assert_eq!(requester(&house.plan()), known);
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    assert_eq!(house.judged("jane").0, "approved");
}

/// Who took it back does not approve either: he may have asked all the same.
#[test]
fn a_request_statement_that_was_taken_away_proves_nothing() {
    let house = House::new(ONE, "signature");
    house.write_request("jane");
    house.commit_as("jane", false, "ask");
    let [of_carol, of_jane] = ["carol", "jane"].map(|person| {
        let file = house.state("jane", "request", person);
        house.scratch.commit("it was me");
        file.replace("repo/", "")
    });
    let (_, codes) = house.judged("jane");
    assert!(codes.contains(&"RequesterAmbiguous".to_owned()));
    let known = (json!("jane"), json!("signature"), json!(true));
    let nobody = (Value::Null, Value::Null, json!(false));
    for (file, expected) in [(of_carol, known), (of_jane, nobody)] {
        house
            .scratch
            .git(&["rm", "-q", &file, &format!("{file}.sig")]);
        house.scratch.commit("or not");
        assert_eq!(requester(&house.plan()), expected, "{file}");
    }
    house.state("jane", "approve", "bob");
    house.scratch.commit("one");
    assert_eq!(house.judged("jane").0, "pending");
    house.state("jane", "approve", "carol");
    house.scratch.commit("two");
    let (verdict, codes) = house.judged("jane");
    assert_eq!(verdict, "pending");
    assert!(
        codes.contains(&"ApproverIsRequester".to_owned()),
        "{codes:?}"
    );
}

#[test]
fn two_who_say_that_they_asked_are_nobody() {
    let house = House::with_request(ONE);
    house.state("jane", "request", "jane");
    house.state("jane", "request", "mallory");
    house.scratch.commit("who was it");
    let report = house.plan();
    assert_eq!(requester(&report), (Value::Null, Value::Null, json!(false)));
    assert!(
        judged(&report, "jane")
            .1
            .contains(&"RequesterAmbiguous".to_owned())
    );
}

#[test]
fn co_authors_and_everybody_who_touched_it_do_not_approve() {
    let house = House::new(ONE, "signature");
    house.write_request("jane");
    house.commit_as(
        "jane",
        true,
        "ask\n\nCo-authored-by: Bob <bob@EXAMPLE.com>\n",
    );
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
fn nobody_approves_what_a_commit_brought_that_names_more_people_than_anybody_reads() {
    let house = House::new(ONE, "signature");
    house.write_request("jane");
    let line = |number| format!("Co-authored-by: A <a{number}@example.com>\n");
    let people: String = (0..101).map(line).collect();
    house.commit_as("jane", true, &format!("ask\n\n{people}"));
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    let report = house.plan();
    // Who asked is proven all the same.
    assert_eq!(requester(&report).0, json!("jane"));
    let (verdict, codes) = judged(&report, "jane");
    assert_eq!(verdict, "pending");
    let told = ["ApproverIsRequester", "LandingTooLarge"];
    assert!(
        told.iter().all(|code| codes.contains(&(*code).to_owned())),
        "{codes:?}"
    );
}

#[test]
fn whoever_presses_the_merge_button_may_approve() {
    let house = House::new(ONE, "signature");
    house.scratch.git(&["switch", "-q", "-c", "side"]);
    house.write_request("jane");
    house.commit_as("jane", true, "ask");
    house.state("jane", "approve", "bob");
    house.commit_as("bob", true, "approve");
    house.scratch.git(&["switch", "-q", "main"]);
    house.scratch.git(&[
        "-c",
        "user.name=bob",
        "-c",
        "user.email=bob@example.com",
        "merge",
        "-q",
        "--no-ff",
        "-m",
        "merge",
        "side",
    ]);
    let report = house.plan();
    assert_eq!(requester(&report).0, json!("jane"));
    assert_eq!(judged(&report, "jane").0, "approved");
}

#[test]
fn a_selector_of_requesters_needs_a_known_one() {
    for (person, signs, verdict) in [
        ("jane", true, "approved"),
        ("jane", false, "denied"),
        ("bob", true, "denied"),
    ] {
        let house = House::new("none", "signature");
        house.replace(
            "developers.yaml",
            "  selector:\n",
            "  selector:\n    requesters: {groups: [developers]}\n",
        );
        house.scratch.commit("for developers only");
        house.write_request("jane");
        house.commit_as(person, signs, "ask");
        assert_eq!(house.judged("jane").0, verdict, "{person}, signed: {signs}");
    }
}

#[test]
fn a_work_tree_takes_whoever_commits_there_for_the_one_who_asks() {
    let house = House::new(ONE, "signature");
    house.write_request("jane");
    let check = |house: &House| {
        let mut command = house.scratch.command(env!("CARGO_BIN_EXE_gitca"));
        command.args(["-C", "repo", "check", "-o", "json"]);
        command.env("GIT_AUTHOR_EMAIL", "jane@example.com");
        let output = command.output().expect("gitca runs");
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    let report = check(&house);
    assert_eq!(judged(&report, "jane").0, "pending");
    assert!(
        judged(&report, "jane")
            .1
            .contains(&"RequesterAssumed".to_owned())
    );
    let statement = house.statement("jane", "approve", "bob");
    let signed = house.sign(&statement, "bob", NAMESPACE);
    house.put("jane", "bob", &signed);
    assert_eq!(judged(&check(&house), "jane").0, "approved");
}
