//! `gitca policy test` from outside: what people see of their tests, and that a made-up request is never signed.

mod support;
#[path = "support/wide.rs"]
mod wide;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use gitca::decision::{Case, decide};
use gitca::finding::Code;
use gitca::issuance::prepare;
use gitca::names::Serial;
use gitca::request::Request;
use gitca::trust::Testimony;
use gitca::trust::revocations::Revocations;
use gitca::x509::key::KeyKind;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::specimen;
use gitca::x509::subject::{Attribute, Subject};

use support::{Scratch, seeds};

const FILE: &str = "repo/policies/tests/more.yaml";
const ASK: &str =
    "path: dev/jane, signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]";

/// A test with these cases.
fn test(cases: &[String]) -> String {
    format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: PolicyTest\nmetadata: {{name: more}}\nspec:\n  cases:\n{}",
        cases.concat()
    )
}

/// A case that asks for this and expects that.
fn case(name: &str, asks: &str, more: &str, expect: &str) -> String {
    let request = format!("request: {{{ASK}, {asks}}}");
    format!("    - {{name: {name}, {request}{more}, expect: {{{expect}}}}}\n")
}

fn jane(groups: &str) -> String {
    format!("subject: {{commonName: jane, organizations: [{groups}]}}")
}

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

/// What a case asks for, who says what, what is expected, and whether that is what comes.
type Row<'r> = (&'r str, &'r str, &'r str, bool);

const AS_JANE: &str = ", requester: {name: jane, verified: true}";
const BY_TWO: &str = ", requester: {name: jane, verified: true}, approvals: [alice, bob]";

/// Runs these rows in a repository where two of a group must approve.
fn compare(rows: &[Row<'_>]) {
    let scratch = Scratch::with_repository();
    scratch.sh(
        "cd repo/policies
         head() { printf 'apiVersion: gitca.dev/v1alpha1\\nkind: %s\\nmetadata: {name: %s}\\nspec: %s\\n' \"$@\"; }
         for who in alice bob carol jane; do head Principal $who '{}' > $who.yaml; done
         head Principal robot '{kind: bot}' > robot.yaml
         head Group platform '{members: [alice, bob, jane, robot]}' > platform.yaml
         head Group security '{members: [carol]}' > security.yaml
         sed -i 's/  approvals: none/  approvals: {anyOf: [{groups: [platform], count: 2}]}/' developers.yaml",
    );
    let cases: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(number, (asks, more, expect, _))| case(&format!("c{number}"), asks, more, expect))
        .collect();
    scratch.write(FILE, test(&cases));
    let told = scratch.in_repo(&["policy", "test", "policies/tests/more.yaml", "-o", "json"]);
    let json = told.code(1).json();
    for (number, (asks, more, expect, passes)) in rows.iter().enumerate() {
        let case = &json["tests"][0]["cases"][number];
        assert_eq!(case["passed"], *passes, "{asks} {more} {expect}\n{case:#}");
    }
    let cases = json["tests"][0]["cases"].as_array();
    assert_eq!(cases.map(Vec::len), Some(rows.len()));
}

#[test]
fn who_asks_and_who_agrees_is_counted_as_for_real() {
    let lack = |count: u32| {
        format!(
            "verdict: pending, policy: developers, missing: [{{groups: [platform], count: {count}}}]"
        )
    };
    let (one, two, three) = (lack(1), lack(2), lack(3));
    let with = |who: &str| format!("{AS_JANE}, approvals: [{who}]");
    let by_bob = with("bob");
    let no = |who: &str| format!("{BY_TWO}, denials: [{who}]");
    let dev = jane("dev");
    compare(&[
        (&dev, AS_JANE, &two, true),
        (&dev, "", &three, true),
        (&dev, "", &two, false),
        (&dev, ", requester: {name: jane}", &three, true),
        (&dev, &by_bob, &one, true),
        (
            &dev,
            &by_bob,
            "verdict: pending, missing: [{groups: [security]}]",
            false,
        ),
        (&dev, &by_bob, "verdict: pending, missing: []", false),
        (
            &dev,
            BY_TWO,
            "verdict: approved, codes: [], missing: []",
            true,
        ),
        (
            &dev,
            &with("bob, jane"),
            "verdict: pending, codes: [ApproverIsRequester]",
            true,
        ),
        (
            &dev,
            &with("bob, robot"),
            "verdict: pending, codes: [ApprovalNotPerson]",
            true,
        ),
        (
            &dev,
            &with("bob, carol"),
            "verdict: pending, codes: [ApproverNotEligible]",
            true,
        ),
        (
            &dev,
            &no("alice"),
            "verdict: denied, codes: [Rejected]",
            true,
        ),
        (&dev, &no("carol"), "verdict: approved", true),
    ]);
}

#[test]
fn each_thing_that_is_expected_is_compared() {
    let dev = jane("dev");
    let long = format!("{dev}, expirationSeconds: 8640000");
    let other = jane("dev, x");
    let ask = |more: &str| format!("{dev}, {more}");
    compare(&[
        (&dev, BY_TWO, "verdict: approved, policy: privileged", false),
        (
            &dev,
            BY_TWO,
            "verdict: approved, codes: [LifetimeCapped]",
            false,
        ),
        (
            &long,
            BY_TWO,
            "verdict: denied, codes: [LifetimeCapped, LifetimeTooLong]",
            true,
        ),
        (&long, BY_TWO, "verdict: denied, codes: []", false),
        (
            &other,
            BY_TWO,
            "verdict: denied, field: 'csr.subject.organizations[1]'",
            true,
        ),
        (
            &other,
            BY_TWO,
            "verdict: denied, field: 'csr.subject.organizations[0]'",
            false,
        ),
        (
            &other,
            BY_TWO,
            "verdict: denied, codes: [NoPolicyAdmits], field: 'csr.subject.organizations[1]'",
            false,
        ),
        (
            &jane("'system:nodes'"),
            BY_TWO,
            "verdict: denied, policy: privileged, codes: [DeniedBy]",
            true,
        ),
        // What is no request, and what nobody signs for.
        (
            &ask("expirationSeconds: 60"),
            BY_TWO,
            "verdict: invalid, codes: [FieldValueInvalid], field: spec.expirationSeconds",
            true,
        ),
        (
            &ask("dnsNames: ['*.*.a.org']"),
            BY_TWO,
            "verdict: invalid, codes: [MalformedDNSName], field: 'csr.dnsNames[0]'",
            true,
        ),
        (
            &ask("labels: {'!': a}"),
            BY_TWO,
            "verdict: invalid, codes: [FieldValueInvalid], field: metadata.labels",
            true,
        ),
        (&ask("key: rsa-4096"), BY_TWO, "verdict: approved", true),
        (
            &ask("key: ed25519, dnsNames: [a.org]"),
            BY_TWO,
            "verdict: denied, codes: [FieldNotAllowed]",
            true,
        ),
    ]);
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

/// Judging takes no proof of possession, signing does.
#[test]
fn what_was_only_supposed_is_never_signed() {
    let zone = wide::zone(&[]);
    let mut subject = Subject::default();
    subject.push(Attribute::CommonName, "jane".to_owned());
    let pem = specimen::request(&subject, &SubjectAltNames::default(), KeyKind::Ed25519);
    let pem = pem.expect("it can be written");
    let manifest = wide::manifest("jane", wide::SIGNER, "client auth", pem.as_bytes());
    assert!(manifest.contains(&STANDARD.encode(&pem)));
    let (name, blob) = (
        "jane".parse().expect("a name"),
        wide::blob(manifest.as_bytes()),
    );
    let proven = Request::read(&name, &blob).expect_err("nobody signed it");
    assert_eq!(proven[0].code, Code::ProofOfPossession);
    let request = Request::suppose(&name, &blob).expect("it is well formed");
    let approved = decide(&Case {
        request: &request,
        zone: &zone,
        testimony: &Testimony::default(),
        key_owner: None,
        revocations: Revocations::NONE,
        now: wide::now(),
    });
    let approved = approved.decision.expect("the wide policy admits it");
    let serial = Serial::from_random([7; Serial::OCTETS]).expect("not zero");
    let refused = prepare(approved, serial).expect_err("it must not be signed");
    assert_eq!(refused[0].code, Code::LintFailed);
}
