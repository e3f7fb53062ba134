//! What people and programs see of it: each format, the exit code, and nothing for what `init` writes.
//!
//! Here the program itself is run, in repositories as `init` makes them.

use crate::place::policy;
use crate::support::Scratch;

#[test]
fn what_init_writes_has_no_warnings() {
    let scratch = Scratch::with_repository();
    let told = scratch.in_repo(&["policy", "lint", "-o", "json"]);
    let told = told.success().json();
    assert_eq!(told["kind"], "LintReport");
    assert_eq!(told["summary"]["warnings"], 0, "{told:#}");
    scratch.sh("ssh-keygen -q -t ed25519 -N '' -C test -f home/id");
    let key = scratch.path("home/id");
    let key = key.to_string_lossy();
    let args = ["init", "other", "--require-approval", "--signing-key", &key];
    scratch.gitca(&args).success();
    let told = scratch.gitca(&["-C", "other", "policy", "lint", "-o", "json"]);
    let told = told.success().json();
    assert_eq!(told["summary"]["warnings"], 0, "{told:#}");
}

#[test]
fn each_format_says_the_same_and_a_warning_sets_the_exit_code() {
    let scratch = Scratch::with_repository();
    let broad = "{subject: {organizations: {any: true}}, usages: [client auth]}";
    let text = policy("broad", &[("allowed", broad)]);
    scratch.write("repo/policies/broad.yaml", &text);
    let lint = |format: &str| scratch.in_repo(&["policy", "lint", "-o", format]).code(1);
    let text = lint("text").stdout;
    let words = "warning[TooBroad]: every value of `organizations` is admitted, except reserved\n  ones\n  \
                 --> policies/broad.yaml:5:44\n  field: spec.allowed.subject.organizations.any\n  help: ";
    assert!(text.contains(words), "{text}");
    assert!(
        text.ends_with("policy lint: 1 warning, 3 notes\n"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let json = lint("json").json();
    let finding = json["findings"].as_array().expect("a list");
    let finding = finding.iter().find(|it| it["code"] == "TooBroad");
    let finding = finding.expect("it is there");
    assert_eq!(finding["severity"], "warning");
    assert_eq!(finding["file"], "policies/broad.yaml");
    assert_eq!(finding["line"], 5);
    let log = lint("sarif").json();
    let run = &log["runs"][0];
    assert_eq!(run["automationDetails"]["id"], "gitca/policy lint");
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "TooBroad");
    assert_eq!(result["level"], "warning");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "policies/broad.yaml");
    assert_eq!(place["region"]["startLine"], 5);
    let notes = run["results"].as_array().expect("a list")[1..].iter();
    assert!(notes.into_iter().all(|note| note["level"] == "note"));
    let github = lint("github").stdout;
    let command = "::warning title=TooBroad,file=policies/broad.yaml,line=5,col=44::";
    assert!(github.starts_with(command), "{github}");
    let issues = lint("gitlab").json();
    assert_eq!(issues[0]["check_name"], "TooBroad");
    assert_eq!(issues[0]["severity"], "minor");
    assert!(lint("yaml").stdout.contains("kind: LintReport\n"));
    // The commit has not got it.
    scratch
        .in_repo(&["policy", "lint", "--head", "HEAD"])
        .success();
    scratch.write("repo/policies/broad.yaml", "kind: ApprovalPolicy\n");
    let broken = scratch.in_repo(&["policy", "lint"]).code(2);
    assert!(
        broken.stderr.contains("error[ConfigInvalid]"),
        "{}",
        broken.stderr
    );
}
