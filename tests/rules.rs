//! Rules in CEL in policies of a real repository: what they admit, what they deny, and that they fail closed.

mod support;

use serde_json::Value;
use support::Scratch;

/// The report on requests of jane (groups dev and `admin-x`) and omar, under these policies.
fn judged(approval: &str, denial: &str) -> Value {
    let scratch = Scratch::with_repository();
    if !denial.is_empty() {
        scratch.write(
            "repo/policies/rules.yaml",
            format!(
                "apiVersion: gitca.dev/v1alpha1\nkind: DenyPolicy\nmetadata: {{name: rules}}\nspec:\n  deny:\n{denial}"
            ),
        );
    }
    if !approval.is_empty() {
        let policy = scratch.read("repo/policies/developers.yaml");
        let policy = policy.replace("[\"dev\", \"dev:*\"", "[\"admin-x\", \"dev\", \"dev:*\"");
        scratch.write(
            "repo/policies/developers.yaml",
            format!("{policy}  validations:\n{approval}"),
        );
    }
    scratch
        .in_repo(&["new", "jane", "--group", "dev", "--group", "admin-x"])
        .success();
    scratch
        .in_repo(&["new", "omar", "--group", "ops", "--duration", "24h"])
        .success();
    scratch.in_repo(&["check", "-o", "json"]).json()
}

fn verdict(report: &Value, index: usize) -> (String, Vec<String>) {
    let result = &report["results"][index];
    let reasons = result["reasons"].as_array().expect("reasons").iter();
    let codes = reasons.map(|reason| reason["code"].as_str().expect("a code").to_owned());
    (
        result["verdict"].as_str().expect("a verdict").to_owned(),
        codes.collect(),
    )
}

const NO_ADMINS: &str = "    - name: no-admins\n      rule: '!cert.subject.organizations.exists(o, o.startsWith(\"admin\"))'\n      \
                         message: admin groups are issued by the platform team\n";

#[test]
fn a_validation_admits_only_when_it_is_true() {
    let report = judged(NO_ADMINS, "");
    assert_eq!(
        verdict(&report, 0),
        (
            "denied".into(),
            vec!["NoPolicyAdmits".into(), "RuleFailed".into()]
        )
    );
    assert_eq!(
        report["results"][0]["reasons"][1]["message"],
        "rule `no-admins`: admin groups are issued by the platform team"
    );
    assert_eq!(verdict(&report, 1).0, "approved");
}

#[test]
fn a_deny_rule_hits_when_it_is_true_or_fails() {
    let report = judged(
        "",
        "    - name: short\n      rule: cert.duration < duration('30h')\n",
    );
    assert_eq!(
        verdict(&report, 1),
        ("denied".into(), vec!["DeniedBy".into()])
    );
    let report = judged(
        "",
        "    - name: broken\n      rule: request.labels['team'] == 'a'\n",
    );
    for index in [0, 1] {
        assert_eq!(
            verdict(&report, index),
            ("denied".into(), vec!["RuleError".into()])
        );
    }
    assert_eq!(
        report["results"][0]["reasons"][0]["value"],
        "No such key: team"
    );
}

#[test]
fn a_validation_that_fails_does_not_admit() {
    let report = judged(
        "    - name: broken\n      rule: request.labels['team'] == 'a'\n",
        "",
    );
    assert_eq!(
        verdict(&report, 1),
        (
            "denied".into(),
            vec!["NoPolicyAdmits".into(), "RuleError".into()]
        )
    );
}

#[test]
fn a_rule_that_can_not_be_read_stops_everything_at_its_line() {
    let report = judged(
        "    - name: typo\n      rule: cert.subjct.commonName == 'a'\n",
        "",
    );
    let error = &report["errors"][0];
    assert_eq!(error["code"], "ConfigInvalid", "{report:#}");
    assert_eq!(error["file"], "policies/developers.yaml");
    assert_eq!(error["field"], "spec.validations[0].rule");
    assert!(error["line"].as_u64().expect("a line") > 20, "{error:#}");
    assert!(report["results"].as_array().expect("results").is_empty());
}
