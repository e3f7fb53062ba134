//! Table P through the binary: one file that is wrong, and nothing is signed; the place and the way out are told.

use serde_json::Value;

use crate::repository::{Hostile, Report};

const SETTINGS: &str = "policies/settings.yaml";
const HOSTILE: &str = "policies/hostile.yaml";

fn object(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

fn policy(more: &str) -> String {
    let spec = format!("{{selector: {{everything: true}}, approvals: none{more}}}");
    object("ApprovalPolicy", "hostile", &spec)
}

/// The errors of `plan`, which `run` has as well; nothing came to the mainline.
#[track_caller]
fn errors(hostile: &Hostile, path: &str, text: &str) -> Vec<Value> {
    hostile.commit(&[(path, text.as_bytes())]);
    let tip = hostile.scratch.git(&["rev-parse", "main"]).stdout;
    let answer = hostile.scratch.in_repo(&["plan", "-o", "json"]).code(2);
    let report = answer.json();
    let run = hostile.run();
    assert_eq!(run.code, Some(2), "{run:?}");
    assert_eq!(run.errors(), Report::of(&answer).errors());
    assert_eq!(hostile.scratch.git(&["rev-parse", "main"]).stdout, tip);
    hostile.reset();
    report["errors"].as_array().expect("a list").clone()
}

#[test]
fn one_wrong_file_of_the_rules_signs_nothing() {
    let hostile = Hostile::new();
    let deny = object(
        "DenyPolicy",
        "hostile",
        "{deny: [{name: a, usages: [any]}]}",
    );
    let signer = hostile.scratch.read("repo/policies/signer.yaml");
    let second = signer.replace("name: cluster-users", "name: hostile");
    for (row, path, text, field, words) in [
        (
            "P1",
            HOSTILE,
            policy(", allowed: {dnsName: {any: true}}"),
            Some("spec.allowed.dnsName"),
            "did you mean `dnsNames`?",
        ),
        (
            "P2",
            HOSTILE,
            policy(", allowed: {dnsNames: {values: ['*']}}"),
            Some("spec.allowed.dnsNames.values[0]"),
            "any: true",
        ),
        (
            "P3",
            HOSTILE,
            policy(", allowed: {dnsNames: {required: true, absent: true}}"),
            Some("spec.allowed.dnsNames"),
            "absent",
        ),
        (
            "P4",
            HOSTILE,
            object(
                "ApprovalPolicy",
                "hostile",
                "{selector: {}, approvals: none}",
            ),
            Some("spec.selector"),
            "everything: true",
        ),
        (
            "P6",
            HOSTILE,
            object(
                "DenyPolicy",
                "hostile",
                "{deny: [{name: a, rule: '!!!!(('}]}",
            ),
            Some("spec.deny[0].rule"),
            "",
        ),
        ("P7, one signerName", HOSTILE, second, None, "signer.yaml"),
        ("P7, two of one name", HOSTILE, signer, None, "signer.yaml"),
        (
            "P7, two Settings",
            HOSTILE,
            hostile.scratch.read("repo/policies/settings.yaml"),
            None,
            "Settings",
        ),
        ("P7, no Settings", SETTINGS, deny.clone(), None, "Settings"),
        (
            "P8, a version",
            HOSTILE,
            deny.replace("v1alpha1", "v1alpha2"),
            Some("apiVersion"),
            "v1alpha1",
        ),
        (
            "P8, a kind",
            HOSTILE,
            deny.replace("DenyPolicy", "DenyPolicies"),
            Some("kind"),
            "DenyPolicy",
        ),
        (
            "P9, a variable",
            HOSTILE,
            policy(", validations: [{name: a, message: m, rule: 'reqest.name == \"x\"'}]"),
            Some("spec.validations[0].rule"),
            "did you mean `request.name`?",
        ),
        (
            "P9, a field",
            HOSTILE,
            policy(", validations: [{name: a, message: m, rule: 'cert.dnsName.size() == 0'}]"),
            Some("spec.validations[0].rule"),
            "dnsNames",
        ),
    ] {
        let found = errors(&hostile, path, &text);
        let is_it = |error: &&Value| {
            let place = field.is_none_or(|field| error["field"] == field);
            error["code"] == "ConfigInvalid" && place && error.to_string().contains(words)
        };
        let error = found.iter().find(is_it);
        assert!(error.is_some(), "{row}: {found:#?}");
    }
}

/// Names of other objects and files that are not there, with the nearest that is.
#[test]
fn a_name_of_nothing_is_refused_with_the_nearest_that_is_there() {
    let hostile = Hostile::new();
    hostile.commit(&[
        (
            "policies/group.yaml",
            object("Group", "platform", "{}").as_bytes(),
        ),
        ("policies/keys/list.txt", b"# spki-sha256\n"),
    ]);
    hostile.scratch.git(&["tag", "-f", "base"]);
    for (text, words) in [
        (
            object(
                "ApprovalPolicy",
                "hostile",
                "{selector: {everything: true}, approvals: {anyOf: [{groups: [platfrm]}]}}",
            ),
            "did you mean `platform`?",
        ),
        (
            object(
                "ApprovalPolicy",
                "hostile",
                "{selector: {requesters: {groups: [platfrm]}}, approvals: none}",
            ),
            "did you mean `platform`?",
        ),
        (
            object("Principal", "hostile", "{groups: [platfrm]}"),
            "did you mean `platform`?",
        ),
        (
            object(
                "DenyPolicy",
                "hostile",
                "{deny: [{name: a, keys: {lists: [keys/lst.txt]}}]}",
            ),
            "did you mean `keys/list.txt`?",
        ),
    ] {
        let found = errors(&hostile, HOSTILE, &text);
        let told = Value::from(found.clone()).to_string();
        assert!(told.contains("ConfigInvalid"), "{told}");
        assert!(told.contains(words), "no `{words}` in {told}");
        assert!(told.contains("\"line\":4"), "{told}");
    }
}

/// Where certificates say that the list of revoked ones is: URLs of three kinds, each once.
#[test]
fn a_distribution_point_is_a_url_that_clients_can_fetch() {
    let hostile = Hostile::new();
    let signer = hostile.scratch.read("repo/policies/signer.yaml");
    let with = |crl: &str| format!("{signer}  crl: {crl}\n");
    let bad = [
        "'ftp://crl.example.com/a.crl'",
        "'file:///etc/a.crl'",
        "'ldaps://crl.example.com/a'",
        "'javascript:alert(1)'",
        "'crl.example.com/a.crl'",
        "'//crl.example.com/a.crl'",
        "'/a.crl'",
        "'http:'",
        "'http://'",
        "'https://'",
        "'ldap://'",
        "'HTTP://crl.example.com/a.crl'",
        "' http://crl.example.com/a.crl'",
        "'http://crl.example.com/a b.crl'",
        "\"http://crl.example.com/a\\nb\"",
        "'http://crl.example.com/ä.crl'",
        "''",
    ];
    let text = with(&format!("{{distributionPoints: [{}]}}", bad.join(", ")));
    let found = errors(&hostile, "policies/signer.yaml", &text);
    assert_eq!(found.len(), bad.len(), "{found:#?}");
    for (number, error) in found.iter().enumerate() {
        let field = format!("spec.crl.distributionPoints[{number}]");
        assert_eq!(error["field"], field, "{error:#}");
        assert_eq!(error["code"], "ConfigInvalid", "{error:#}");
        assert_eq!(error["file"], "policies/signer.yaml");
        let message = error["message"].as_str().expect("a message");
        assert!(
            message.contains("must be an http, https or ldap URL"),
            "{message}"
        );
    }
    for (crl, field) in [
        (
            "{distributionPoints: 'http://a.example/b'}",
            "spec.crl.distributionPoints",
        ),
        (
            "{distributionPoints: [1]}",
            "spec.crl.distributionPoints[0]",
        ),
        (
            "{distributionPoints: [['http://a.example/b']]}",
            "spec.crl.distributionPoints[0]",
        ),
        (
            "{distributionPoints: ['http://a.example/b', 'http://a.example/b']}",
            "spec.crl.distributionPoints[1]",
        ),
        (
            "{distributionPoint: ['http://a.example/b']}",
            "spec.crl.distributionPoint",
        ),
    ] {
        let found = errors(&hostile, "policies/signer.yaml", &with(crl));
        let fields: Vec<&Value> = found.iter().map(|error| &error["field"]).collect();
        assert_eq!(fields, [field], "{crl}: {found:#?}");
    }
    let good =
        "{distributionPoints: ['http://a.example/b', 'https://a.example/b', 'ldap:///CN=a?b']}";
    hostile.commit(&[("policies/signer.yaml", with(good).as_bytes())]);
    assert_eq!(hostile.plan().verdict("good"), Some("approved"));
}

/// N25: whatever the requester is called is text in the pattern that it is put into, or makes the pattern match nothing.
#[test]
fn a_requester_with_the_name_of_a_pattern_matches_nothing() {
    let hostile = Hostile::new();
    let developers = hostile.scratch.read("repo/policies/developers.yaml");
    for (template, requester, told) in [
        (
            "requester.email",
            "name: alice, email: \"*@example.com\"",
            "1 passed",
        ),
        (
            "requester.email",
            "name: alice, email: \"a{b@example.com\"",
            "1 passed",
        ),
        (
            "requester.email",
            "name: alice, email: \"../x@example.com\"",
            "1 passed",
        ),
        // A name like that has no Principal, and no test can pretend one.
        ("requester.name", "name: \"*\"", "requester.name = *"),
        ("requester.name", "name: \"../x\"", "requester.name = ../x"),
    ] {
        let policy = developers.replace("request.name", template);
        assert_ne!(policy, developers);
        hostile
            .scratch
            .write("repo/policies/developers.yaml", policy);
        let case = format!(
            "{{name: x, requester: {{{requester}, verified: true}}, request: {{path: jane, usages: [client auth], \
             signerName: kubernetes.io/kube-apiserver-client, subject: {{commonName: jane, organizations: [dev]}}}}, \
             expect: {{verdict: denied, codes: [TemplateValueUnsafe]}}}}"
        );
        let test = object("PolicyTest", "hostile", &format!("{{cases: [{case}]}}"));
        hostile
            .scratch
            .write("repo/policies/tests/hostile.yaml", test);
        let answer = hostile
            .scratch
            .in_repo(&["policy", "test", "policies/tests/hostile.yaml"]);
        let said = answer.stdout + &answer.stderr;
        assert!(said.contains(told), "{requester}: {said}");
    }
}
