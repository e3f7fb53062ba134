//! Rule 2 and the anchor: which rules judge what, when a change touches them as well.

use serde_json::Value;

use crate::house::{House, judged};

const ONE: &str = "{anyOf: [{groups: [platform]}]}";

/// Loosens the starter policy, in the work tree alone.
fn loosen(house: &House) {
    house.replace(
        "developers.yaml",
        &format!("approvals: {ONE}"),
        "approvals: none",
    );
}

fn plan_with(house: &House, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["plan", "-o", "json"]].concat();
    house.scratch.in_repo(&arguments).success().json()
}

fn rev(house: &House, what: &str) -> String {
    house
        .scratch
        .git(&["rev-parse", what])
        .stdout
        .trim()
        .to_owned()
}

#[test]
fn two_commits_of_one_pull_request_are_together_for_the_check_and_apart_for_the_run() {
    let house = House::new(ONE, "signature");
    house.scratch.git(&["switch", "-qc", "side"]);
    loosen(&house);
    house.scratch.commit("policy");
    house.ask("jane", "jane");
    let check = house
        .scratch
        .in_repo(&["check", "--base", "main", "--head", "side", "-o", "json"]);
    let (verdict, codes) = judged(&check.json(), "jane");
    assert_eq!(verdict, "pending");
    assert!(
        codes.contains(&"ControlChangedTogether".to_owned()),
        "{codes:?}"
    );
    // The unit of the rule is the mainline commit: a squash is one, a rebase two.
    house.scratch.git(&["switch", "-q", "main"]);
    house.scratch.git(&["branch", "rebased", "side"]);
    house.scratch.git(&["merge", "-q", "--squash", "side"]);
    house.scratch.commit("squash");
    let (verdict, codes) = house.judged("jane");
    assert_eq!(verdict, "pending");
    assert!(
        codes.contains(&"ControlChangedTogether".to_owned()),
        "{codes:?}"
    );
    house.scratch.git(&["reset", "-q", "--hard", "rebased"]);
    assert_eq!(house.judged("jane").0, "approved");
}

#[test]
fn rules_before_a_change_that_can_not_be_read_allow_nothing() {
    let house = House::new("none", "signature");
    let policy = house.scratch.read("repo/policies/developers.yaml");
    house
        .scratch
        .write("repo/policies/developers.yaml", "no: policy\n");
    house.scratch.commit("break");
    house.scratch.write("repo/policies/developers.yaml", policy);
    house.ask("jane", "jane");
    let (verdict, codes) = house.judged("jane");
    assert_eq!(verdict, "denied");
    assert!(
        codes.contains(&"ControlChangedTogether".to_owned()),
        "{codes:?}"
    );
}

#[test]
fn what_the_anchor_brought_is_judged_by_the_tip_alone() {
    let house = House::new(ONE, "signature");
    loosen(&house);
    house.ask("jane", "jane");
    let together = rev(&house, "HEAD");
    house.scratch.write("repo/NOTES", "later");
    house.scratch.commit("later");
    assert_eq!(house.judged("jane").0, "pending");
    for anchor in [together.as_str(), "HEAD"] {
        let report = plan_with(&house, &["--anchor", anchor]);
        assert_eq!(judged(&report, "jane").0, "approved", "{anchor}");
    }
    // The first commit with policies is the anchor where nobody names one.
    let first = rev(&house, "HEAD~3");
    assert_eq!(
        judged(&plan_with(&house, &["--anchor", &first]), "jane").0,
        "pending"
    );
}

#[test]
fn an_anchor_that_is_not_on_the_mainline_stops_everything() {
    let house = House::new("none", "signature");
    house.scratch.git(&["switch", "-qc", "side"]);
    house.scratch.write("repo/NOTES", "side");
    house.scratch.commit("side");
    house.scratch.git(&["switch", "-q", "main"]);
    house.ask("jane", "jane");
    for anchor in [
        "side",
        "HEAD:policies",
        "0123456789012345678901234567890123456789",
        "no-such",
    ] {
        for command in ["plan", "run"] {
            let answer = house
                .scratch
                .in_repo(&["--anchor", anchor, command, "-o", "json"])
                .code(2);
            let error = &answer.json()["errors"][0];
            assert_eq!(error["code"], "AnchorNotOnMainline", "{anchor}: {error:#}");
        }
    }
}

#[test]
fn approvals_of_another_branch_are_not_carried_over_by_a_change_of_settings() {
    let house = House::with_request(ONE);
    let mut statement = house.statement("jane", "approve", "bob");
    statement["predicate"]["branch"] = "staging".into();
    let signed = house.sign(&statement, "bob", crate::house::NAMESPACE);
    house.put("jane", "bob", &signed);
    house.scratch.commit("approved for staging");
    assert_eq!(house.judged("jane").0, "pending");
    // Whoever brings the approval and the Settings that it fits is judged by the Settings before.
    house.scratch.git(&["switch", "-qc", "staging"]);
    house.replace("settings.yaml", "branch: main", "branch: staging");
    house
        .scratch
        .sh("echo '# again' >> repo/requests/jane.yaml");
    let mut statement = house.statement("jane", "approve", "bob");
    statement["predicate"]["branch"] = "staging".into();
    let signed = house.sign(&statement, "bob", crate::house::NAMESPACE);
    house.put("jane", "bob", &signed);
    house.commit_as("jane", true, "retarget");
    let report = plan_with(&house, &["--branch", "staging"]);
    let (verdict, codes) = judged(&report, "jane");
    assert_eq!(verdict, "pending");
    assert!(
        codes.contains(&"ControlChangedTogether".to_owned()),
        "{codes:?}"
    );
    assert!(codes.contains(&"ApprovalBranch".to_owned()), "{codes:?}");
}
