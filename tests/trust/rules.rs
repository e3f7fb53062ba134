//! Rule 2 and the anchor: which rules judge what, when a change touches them as well.

use serde_json::Value;

use crate::approvals::CHECK;
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

/// The reason that stands before those of the rules before.
#[track_caller]
fn together(report: &Value, what: &str, help: &str) {
    let result = &report["results"][0];
    assert_eq!(result["verdict"], "pending", "{result:#}");
    let reason = &result["reasons"][0];
    assert_eq!(reason["code"], "ControlChangedTogether", "{result:#}");
    let message = reason["message"].as_str().expect("a message");
    assert!(message.contains(what), "{message}");
    assert_eq!(reason["help"], format!("{help}{CHECK}"));
    assert_eq!(result["reasons"][1]["code"], "ApprovalMissing");
}

#[test]
fn a_pull_request_that_asks_for_fewer_approvals_brings_none_of_them() {
    let two = "{anyOf: [{groups: [platform], count: 2}]}";
    let house = House::with_request(two);
    house.scratch.git(&["switch", "-qc", "side"]);
    house.replace("developers.yaml", ", count: 2", ", count: 1");
    house.scratch.commit("one is enough");
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    let help = "land the policy first; then approve the request again";
    let check = ["check", "--base", "main", "--head", "side", "-o", "json"];
    let report = house.scratch.in_repo(&check).json();
    together(&report, "an approval of this request", help);
    let merge = ["merge", "-q", "--no-ff", "-m", "land", "side"];
    house.scratch.git(&["switch", "-q", "main"]);
    house.scratch.git(&merge);
    let report = house.plan();
    together(&report, "an approval of this request", help);
    // The way out is one: the policy is there now, and another approval comes by itself.
    let mut again = house.statement("jane", "approve", "bob");
    again["predicate"]["nonce"] = "ffeeddccbbaa99887766554433221100".into();
    let again = house.sign(&again, "bob", crate::house::NAMESPACE);
    house.scratch.sh("rm repo/requests/jane.approvals/*");
    house.put("jane", "bob", &again);
    house.scratch.commit("approve again");
    assert_eq!(house.judged("jane").0, "approved");
}

/// Templates are control files, but no template decides: a request may come with one, and is made with it.
#[test]
fn a_request_that_comes_with_a_template_is_judged_twice_and_made_with_the_new_one() {
    let house = House::new("none", "signature");
    let template = "repo/templates/kubeconfig.yaml.j2";
    let text = house.scratch.read(template);
    house.scratch.write(template, "{% for %}\n");
    house.scratch.commit("a template that can not be read");
    house.scratch.write(template, format!("{text}# ours\n"));
    house.ask("jane", "jane");
    // What came before does not load, so nothing is allowed by it.
    let (verdict, codes) = house.judged("jane");
    assert_eq!(verdict, "denied", "{codes:?}");
    assert_eq!(codes[0], "ControlChangedTogether");
    house
        .scratch
        .write(template, format!("{text}# ours again\n"));
    house
        .scratch
        .sh("echo '# again' >> repo/requests/jane.yaml");
    house.commit_as("jane", true, "ask again, with a template");
    assert_eq!(house.judged("jane"), ("approved".to_owned(), vec![]));
    house.run();
    let made = house.scratch.read("repo/issued/jane/kubeconfig.yaml");
    assert!(made.ends_with("# ours again\n"), "{made}");
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
    let (off, tip) = (rev(&house, "side"), rev(&house, "main"));
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
            let message = error["message"].as_str().expect("a message");
            let named = if anchor == "side" { &off } else { anchor };
            for part in [named, tip.as_str(), "first-parent chain", "`main`"] {
                assert!(message.contains(part), "no `{part}` in {message}");
            }
            let help = error["help"].as_str().expect("a way out");
            assert!(help.contains("the anchor that was noted"), "{help}");
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
