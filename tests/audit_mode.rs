//! Policies in audit mode and the limit of a run, from files to reports: what is only told, and what stops a run.

mod support;

use serde_json::Value;

use support::Scratch;

/// A repository with a request of a developer and one of somebody in finance, whom no policy knows.
fn repository() -> Scratch {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch
        .in_repo(&["new", "fred", "--group", "finance"])
        .success();
    scratch.write(
        "repo/policies/trial.yaml",
        "apiVersion: gitca.dev/v1alpha1\nkind: ApprovalPolicy\nmetadata: {name: trial}\nspec:\n  \
         selector: {everything: true}\n  allowed:\n    \
         subject: {commonName: {any: true}, organizations: {values: [finance]}}\n    \
         usages: [client auth, digital signature]\n  approvals: none\n  mode: audit\n",
    );
    scratch.write(
        "repo/policies/trial-deny.yaml",
        "apiVersion: gitca.dev/v1alpha1\nkind: DenyPolicy\nmetadata: {name: trial-deny}\nspec:\n  deny:\n    \
         - name: dev\n      subject: {organizations: [dev]}\n      message: nobody logs in as dev\n  mode: audit\n",
    );
    scratch
}

fn verdict<'r>(report: &'r Value, request: &str) -> &'r Value {
    let mut results = report["results"].as_array().expect("a list").iter();
    let result = results.find(|result| result["request"] == request);
    &result.unwrap_or_else(|| panic!("{report:#}"))["verdict"]
}

/// The codes and policies of the notices about a request.
fn notices(report: &Value, request: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let notices = report["notices"].as_array().expect("a list").iter();
    notices
        .filter(|notice| notice["request"] == request)
        .map(|notice| (text(&notice["code"]), text(&notice["policy"])))
        .filter(|(code, _)| code.starts_with("Audit"))
        .collect()
}

#[test]
fn what_is_in_audit_mode_is_told_by_every_command_and_decides_nothing() {
    let scratch = repository();
    let admits = vec![("AuditAdmits".to_owned(), "trial".to_owned())];
    let denies = vec![("AuditDenies".to_owned(), "trial-deny".to_owned())];
    let judged = |report: &Value| {
        assert_eq!(verdict(report, "fred"), "denied");
        assert_eq!(notices(report, "fred"), admits);
        assert_eq!(notices(report, "jane"), denies);
    };
    let report = scratch.in_repo(&["check", "-o", "json"]).code(1).json();
    assert_eq!(verdict(&report, "jane"), "approved");
    judged(&report);
    scratch.commit("ask");
    let report = scratch.in_repo(&["plan", "-o", "json"]).success().json();
    judged(&report);
    let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
    assert_eq!(verdict(&report, "jane"), "issued");
    judged(&report);
}

#[test]
fn what_an_audited_policy_says_is_shown_with_its_line() {
    let scratch = repository();
    let text = scratch.in_repo(&["check"]).code(1).stdout;
    for words in [
        "note[AuditAdmits]: trial: policy `trial` would admit it, but is in audit mode\n  \
         --> requests/fred.yaml\n  rule: policies/trial.yaml:10 spec.mode\n",
        "note[AuditDenies]: trial-deny: denied by entry `dev`: nobody logs in as dev\n",
        "  rule: policies/trial-deny.yaml:7 spec.deny[0].subject.organizations[0]\n",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let told = scratch.in_repo(&["policy", "explain", "fred"]).success();
    let title = "ApprovalPolicy trial (policies/trial.yaml:3): admits (audit)\n";
    assert!(told.stdout.contains(title), "{}", told.stdout);
    let told = scratch.in_repo(&["policy", "explain", "jane"]).success();
    let title = "DenyPolicy trial-deny (policies/trial-deny.yaml:3): hits (audit)\n";
    assert!(told.stdout.contains(title), "{}", told.stdout);
    assert!(
        told.stdout
            .starts_with("jane: approved by policy developers\n")
    );
}

#[test]
fn in_force_the_same_policies_decide() {
    let scratch = repository();
    for name in ["trial", "trial-deny"] {
        let file = format!("repo/policies/{name}.yaml");
        let text = scratch.read(&file).replace("mode: audit", "mode: enforce");
        scratch.write(&file, text);
    }
    let report = scratch.in_repo(&["check", "-o", "json"]).code(1).json();
    assert_eq!(verdict(&report, "fred"), "approved");
    assert_eq!(verdict(&report, "jane"), "denied");
    assert_eq!(report["notices"], serde_json::json!([]));
}

#[test]
fn an_audited_policy_makes_nobody_an_approver() {
    let scratch = repository();
    let file = "repo/policies/trial.yaml";
    let asks = "approvals: {anyOf: [{groups: [ops]}]}";
    let text = scratch.read(file).replace("approvals: none", asks);
    scratch.write(file, text);
    let group = "apiVersion: gitca.dev/v1alpha1\nkind: Group\nmetadata: {name: ops}\nspec: {}\n";
    scratch.write("repo/policies/ops.yaml", group);
    let report = scratch.in_repo(&["check", "-o", "json"]).code(1).json();
    assert_eq!(verdict(&report, "fred"), "denied");
    assert_eq!(verdict(&report, "jane"), "approved");
}

#[test]
fn more_than_the_settings_allow_is_planned_by_nobody_and_signed_by_none() {
    let scratch = Scratch::with_repository();
    for name in ["a", "b", "c"] {
        scratch.in_repo(&["new", name, "--group", "dev"]).success();
    }
    let settings = scratch.read("repo/policies/settings.yaml");
    let limit = |number: usize| {
        let line = format!("maxIssuePerRun: {number}");
        let text = settings.replace("maxIssuePerRun: 1000", &line);
        scratch.write("repo/policies/settings.yaml", text);
        scratch.commit("limit");
    };
    limit(2);
    let tip = scratch.git(&["rev-parse", "HEAD"]).stdout;
    let mut digests = Vec::new();
    for command in [
        &["plan"][..],
        &["run"],
        &["run", "--dry-run"],
        &["run", "--allow-bulk", "00"],
    ] {
        let args = [command, &["-o", "json"]].concat();
        let report = scratch.in_repo(&args).code(2).json();
        let error = &report["errors"][0];
        assert_eq!(error["code"], "TooManyToIssue", "{command:?}");
        assert_eq!(error["file"], "policies/settings.yaml");
        let number = error["line"].as_u64().expect("a line");
        let index = usize::try_from(number).expect("a line") - 1;
        let text = scratch.read("repo/policies/settings.yaml");
        let line = text.lines().nth(index).expect("it is there");
        assert_eq!(line.trim(), "maxIssuePerRun: 2");
        digests.push(report["planDigest"].as_str().expect("a digest").to_owned());
    }
    assert_eq!(scratch.git(&["rev-parse", "HEAD"]).stdout, tip);
    assert!(!scratch.path("repo/issued").join("a").exists());
    digests.dedup();
    let [digest] = digests.as_slice() else {
        panic!("{digests:?}");
    };
    let help = scratch.in_repo(&["run"]).code(2).stderr;
    assert!(
        help.contains(&format!("gitca run --allow-bulk {digest}")),
        "{help}"
    );
    // At the limit all is well.
    limit(3);
    let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
    assert_eq!(report["summary"]["issued"], 3);
}
