//! What people and programs see of their tests: what passed, what did not and why, and what no case reached.
//!
//! Here the program is run on tests as people write them, below `policies/tests/` and elsewhere.

use crate::place::{FILE, case, jane, test};
use crate::support::Scratch;

#[test]
fn the_starter_kit_passes_its_own_tests() {
    let scratch = Scratch::with_repository();
    let told = scratch.in_repo(&["policy", "test"]).success();
    assert!(
        told.stdout.ends_with("policy test: 5 passed\n"),
        "{}",
        told.stdout
    );
    assert_eq!(told.stderr, "");
    // As it was committed, too.
    scratch
        .in_repo(&["policy", "test", "--head", "HEAD"])
        .success();

    scratch.sh("ssh-keygen -q -t ed25519 -N '' -f key");
    let key = scratch.path("key.pub").display().to_string();
    scratch
        .gitca(&[
            "init",
            "asking",
            "--require-approval",
            "--signing-key",
            &key,
        ])
        .success();
    let told = scratch.gitca(&["-C", "asking", "policy", "test"]).success();
    assert!(
        told.stdout.ends_with("policy test: 5 passed\n"),
        "{}",
        told.stdout
    );
}

#[test]
fn a_case_that_gets_another_decision_is_told_with_all_that_was_said() {
    let scratch = Scratch::with_repository();
    scratch.write(
        FILE,
        test(&[
            case("right", &jane("dev"), "", "verdict: approved, codes: []"),
            case(
                "wrong group",
                &jane("admins"),
                "",
                "verdict: approved, policy: developers",
            ),
            case(
                "wrong code",
                &jane("admins"),
                "",
                "verdict: denied, codes: [DeniedBy]",
            ),
        ]),
    );
    let told = scratch
        .in_repo(&["policy", "test", "policies/tests/more.yaml"])
        .code(1);
    assert_eq!(
        told.stdout,
        "\
more (policies/tests/more.yaml)
  right: ok
  wrong group: FAILED
    --> policies/tests/more.yaml:7:7
    expected verdict  approved
    got verdict       denied
    reason[NoPolicyAdmits]: no approval policy admits the whole request;
      `developers` comes nearest
      help: the nearest that is allowed is `dev`
    reason[ValueNotAllowed]: developers: `admins` fits no entry that is allowed
      field: csr.subject.organizations[0] = admins
      rule: policies/developers.yaml:16 spec.allowed.subject.organizations.values[0]
      help: the nearest that is allowed is `dev`
    DenyPolicy privileged: no hit
    ApprovalPolicy developers: does not admit, 1 reason
  wrong code: FAILED
    --> policies/tests/more.yaml:8:7
    expected codes    DeniedBy
    got codes         NoPolicyAdmits, ValueNotAllowed
    reason[NoPolicyAdmits]: no approval policy admits the whole request;
      `developers` comes nearest
      help: the nearest that is allowed is `dev`
    reason[ValueNotAllowed]: developers: `admins` fits no entry that is allowed
      field: csr.subject.organizations[0] = admins
      rule: policies/developers.yaml:16 spec.allowed.subject.organizations.values[0]
      help: the nearest that is allowed is `dev`
    DenyPolicy privileged: no hit
    ApprovalPolicy developers: does not admit, 1 reason

policy test: 1 passed, 2 failed
"
    );
    let json = scratch
        .in_repo(&["policy", "test", "-o", "json"])
        .code(1)
        .json();
    assert_eq!(
        json["summary"],
        serde_json::json!({"passed": 6, "failed": 2})
    );
    let wrong = &json["tests"][1]["cases"][1];
    assert_eq!(
        wrong["got"]["codes"],
        serde_json::json!(["NoPolicyAdmits", "ValueNotAllowed"])
    );
    assert_eq!(
        (&wrong["passed"], &wrong["line"]),
        (&false.into(), &7.into())
    );
    assert_eq!(wrong["differences"][0]["what"], "verdict");
    assert_eq!(wrong["trace"][1]["outcome"], "objects");
    let junit = scratch
        .in_repo(&["policy", "test", "-o", "junit"])
        .code(1)
        .stdout;
    assert!(
        junit.contains("<testsuites name=\"gitca policy test\" tests=\"8\" failures=\"2\""),
        "{junit}"
    );
    let failure = "<failure type=\"verdict\" message=\"expected verdict approved, got denied\">";
    assert!(junit.contains(failure), "{junit}");
}

#[test]
fn a_manifest_is_judged_as_the_path_that_the_test_names() {
    let scratch = Scratch::with_repository();
    scratch
        .gitca(&["-C", "repo", "new", "jane", "--group", "dev"])
        .success();
    scratch.sh("cd repo && mkdir fixtures && mv requests/jane.yaml fixtures/jane.yaml");
    let with = |path: &str, expect: &str| {
        format!(
            "    - {{name: {path}, file: {{manifest: fixtures/jane.yaml, path: {path}}}, expect: {{{expect}}}}}\n"
        )
    };
    scratch.write(
        FILE,
        test(&[
            with("dev/jane", "verdict: approved"),
            with("john", "verdict: invalid, codes: [NameMismatch]"),
        ]),
    );
    scratch.in_repo(&["policy", "test"]).success();
    // Of a commit, not of what lies about.
    scratch.commit("tests");
    scratch.sh("rm -r repo/fixtures");
    scratch
        .in_repo(&["policy", "test", "--head", "HEAD"])
        .success();
    let told = scratch.in_repo(&["policy", "test"]).code(2);
    let place = "error[ConfigInvalid]: `fixtures/jane.yaml` does not exist\n  --> policies/tests/more.yaml:6:41\n";
    assert!(told.stderr.starts_with(place), "{}", told.stderr);
    assert_eq!(told.stdout, "");
}

#[test]
fn a_test_under_a_ca_that_has_ended_fails() {
    let scratch = Scratch::with_repository();
    let cases = [case("denied anyway", &jane("x"), "", "verdict: denied")];
    let text = test(&cases).replace("spec:", "spec:\n  now: 2041-01-01T00:00:00Z");
    scratch.write(FILE, text);
    let told = scratch
        .in_repo(&["policy", "test", "policies/tests/more.yaml"])
        .code(1);
    assert!(
        told.stdout
            .contains("    expected signer   a CA that is valid at 2041-01-01T00:00:00Z\n"),
        "{}",
        told.stdout
    );
    assert!(
        told.stdout.contains("got signer        SignerExpired: "),
        "{}",
        told.stdout
    );
}

#[test]
fn coverage_lists_what_no_case_reached() {
    let scratch = Scratch::with_repository();
    scratch.write(
        FILE,
        test(&[case("one", &jane("dev"), "", "verdict: approved")]),
    );
    let told = scratch
        .in_repo(&["policy", "test", "--coverage", "policies/tests/more.yaml"])
        .success();
    assert_eq!(
        told.stdout,
        "\
more (policies/tests/more.yaml)
  one: ok

Not reached by any case (8 of 12):
  DenyPolicy privileged (policies/privileged.yaml)
    13: spec.deny[0].subject.organizations[0]  system:*
    13: spec.deny[0].subject.organizations[1]  kubeadm:*
    17: spec.deny[1].subject.commonName[0]  system:*
    17: spec.deny[1].subject.commonName[1]  kubernetes-admin
    17: spec.deny[1].subject.commonName[2]  kubernetes-super-admin
  ApprovalPolicy developers (policies/developers.yaml)
    16: spec.allowed.subject.organizations.values[1]  dev:*
    16: spec.allowed.subject.organizations.values[2]  ops
    16: spec.allowed.subject.organizations.values[3]  ops:*

policy test: 1 passed
"
    );
    let json = scratch
        .in_repo(&["policy", "test", "--coverage", "-o", "json"])
        .success()
        .json();
    let unreached: Vec<&str> = json["coverage"]["unreached"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|part| part["text"].as_str())
        .collect();
    assert_eq!(unreached, ["system:*", "kubernetes-super-admin"]);
}

#[test]
fn a_test_elsewhere_runs_against_the_policies_and_a_wrong_one_stops_everything() {
    let scratch = Scratch::with_repository();
    let good = test(&[case("a", &jane("dev"), "", "verdict: approved")]);
    scratch.write("mine.yaml", &good);
    let told = scratch
        .in_repo(&["policy", "test", "../mine.yaml"])
        .success();
    assert!(
        told.stdout.ends_with("policy test: 1 passed\n"),
        "{}",
        told.stdout
    );
    scratch.write(
        "mine.yaml",
        good.replace("codes", "code").replace("verdict", "verdikt"),
    );
    let told = scratch.in_repo(&["policy", "test", "../mine.yaml"]).code(2);
    assert!(told.stderr.contains("`../mine.yaml:6:"), "{}", told.stderr);
    scratch
        .in_repo(&["policy", "test", "policies/settings.yaml"])
        .code(2);

    // In the control zone it stops a run, as every other file of it would.
    scratch.write(FILE, good.replace("verdict", "verdikt"));
    for command in [&["policy", "test"][..], &["check"]] {
        let told = scratch.in_repo(command).code(2);
        assert!(
            told.stderr.contains("--> policies/tests/more.yaml:6:"),
            "{}",
            told.stderr
        );
    }
    scratch.write(
        FILE,
        good.replace("[client auth]", "[client auth], clientauth: x"),
    );
    scratch.commit("a wrong test");
    scratch.in_repo(&["run"]).code(2);
}
