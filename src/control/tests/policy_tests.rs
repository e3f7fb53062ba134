//! Policy tests: each wrong spec and the field that it is reported at, and what a right one says.

use super::*;
use crate::control::policy_test::{Asks, PolicyTest};
use crate::report::Verdict;

const REQUEST: &str = "request: {path: shop/web, signerName: example.com/tls}";
const EXPECT: &str = "expect: {verdict: denied}";

fn load_test(spec: &str, more: &[(&str, &str)]) -> Result<PolicyTest, Vec<Finding>> {
    let text = file("PolicyTest", spec);
    let mut files = vec![("policies/tests/x.yaml", text.as_str())];
    files.extend(more);
    load(&files).map(|zone| zone.tests.into_iter().next().unwrap())
}

fn faults(spec: &str) -> Vec<(String, u32, String)> {
    let brief = |finding: Finding| {
        let reason = finding.reason;
        assert_eq!(finding.file.unwrap().as_str(), "policies/tests/x.yaml");
        assert_eq!(reason.code, Code::ConfigInvalid, "{spec}");
        let (field, help) = (reason.field.unwrap(), reason.help.unwrap_or_default());
        (field, reason.line.unwrap(), help)
    };
    let found = load_test(spec, &[]).err().unwrap_or_default();
    found.into_iter().map(brief).collect()
}

/// One case that says this.
fn case(text: &str) -> String {
    format!("cases:\n  - {{name: a, {text}}}")
}

#[test]
fn a_wrong_test_names_the_field() {
    let request = |more: &str| {
        let request = REQUEST.replace('}', &format!(", {more}}}"));
        case(&format!("{request}, {EXPECT}"))
    };
    let expect = |more: &str| case(&format!("{REQUEST}, expect: {{verdict: denied, {more}}}"));
    let asking = |who: &str| case(&format!("{REQUEST}, {EXPECT}, requester: {who}"));
    let taking = |file: &str| case(&format!("file: {file}, {EXPECT}"));
    let at = |field: &str| format!("spec.cases[0]{field}");
    for (spec, field) in [
        ("now: 2030-01-01T00:00:00Z".into(), "spec.cases".into()),
        ("cases: []".into(), "spec.cases".into()),
        (request("dnsName: [a]"), at(".request.dnsName")),
        (request("usages: [client  auth]"), at(".request.usages[0]")),
        (
            request("expirationSeconds: '60'"),
            at(".request.expirationSeconds"),
        ),
        (request("subject: {dc: a}"), at(".request.subject.dc")),
        (
            request("subject: {commonName: 7}"),
            at(".request.subject.commonName"),
        ),
        (
            request("ipAddresses: [10.0.0]"),
            at(".request.ipAddresses[0]"),
        ),
        (request("key: rsa-1024"), at(".request.key")),
        (request("labels: [a]"), at(".request.labels")),
        (
            case(&format!("request: {{path: a}}, {EXPECT}")),
            at(".request.signerName"),
        ),
        (
            case(&format!("request: {{signerName: a.b/c}}, {EXPECT}")),
            at(".request.path"),
        ),
        (case(EXPECT), at("")),
        (
            case(&format!(
                "{REQUEST}, file: {{manifest: a, path: b}}, {EXPECT}"
            )),
            at(""),
        ),
        (taking("{manifest: a.yaml}"), at(".file.path")),
        (
            taking("{manifest: ../a.yaml, path: a}"),
            at(".file.manifest"),
        ),
        (
            taking("{manifest: policies/a.yaml, path: a}"),
            at(".file.manifest"),
        ),
        (case(REQUEST), at(".expect")),
        (
            case(&format!("{REQUEST}, expect: {{}}")),
            at(".expect.verdict"),
        ),
        (
            case(&format!("{REQUEST}, expect: {{verdict: failed}}")),
            at(".expect.verdict"),
        ),
        (expect("codes: [ValueNotAlowed]"), at(".expect.codes[0]")),
        (expect("code: []"), at(".expect.code")),
        (expect("missing: [{}]"), at(".expect.missing[0]")),
        (
            expect("missing: [{groups: [a], count: 0}]"),
            at(".expect.missing[0].count"),
        ),
        (asking("{groups: [dev]}"), at(".requester.name")),
        (asking("{name: a, group: [dev]}"), at(".requester.group")),
        (
            asking("{name: a, verified: yes}"),
            at(".requester.verified"),
        ),
        (
            case(&format!("{REQUEST}, {EXPECT}, approvals: [bob]")),
            at(".approvals[0]"),
        ),
        (
            format!(
                "{}\n  - {{name: a, {REQUEST}, {EXPECT}}}",
                case(&format!("{REQUEST}, {EXPECT}"))
            ),
            "spec.cases[1]".into(),
        ),
    ] {
        let found = faults(&spec);
        let fields: Vec<&str> = found.iter().map(|(field, ..)| field.as_str()).collect();
        assert_eq!(fields, [field], "{spec}");
    }
    let (_, line, help) = faults(&expect("codes: [ValueNotAlowed]")).remove(0);
    assert_eq!(
        (line, help.as_str()),
        (6, "did you mean `ValueNotAllowed`?")
    );
}

#[test]
fn a_test_among_the_policies_is_an_error() {
    let spec = case(&format!("{REQUEST}, {EXPECT}"));
    let text = file("PolicyTest", &spec);
    let found = load(&[("policies/x.yaml", &text)]).unwrap_err();
    let reason = &found[0].reason;
    assert_eq!(
        (found.len(), reason.line, reason.field.as_deref()),
        (1, Some(2), Some("kind"))
    );
    let help = "git mv policies/x.yaml policies/tests/x.yaml";
    assert_eq!(reason.help.as_deref(), Some(help));
}

#[test]
fn a_case_has_the_requester_of_its_file_or_its_own() {
    let bob = "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {name: bob}\nspec: {}\n";
    let spec = format!(
        "now: 2030-03-01T00:00:00Z\nrequester: {{name: alice, groups: [dev], verified: true}}\ncases:\n  \
         - {{name: a, {REQUEST}, {EXPECT}}}\n  - {{name: b, {REQUEST}, {EXPECT}, requester: {{}}, approvals: [bob], denials: []}}\n  \
         - {{name: c, file: {{manifest: tests/jane.yaml, path: dev/jane}}, {EXPECT}, requester: {{name: jane}}}}"
    );
    let test = load_test(&spec, &[("policies/bob.yaml", bob)]).unwrap();
    let who: Vec<(Option<&str>, bool)> = test
        .cases
        .iter()
        .map(|case| {
            let principal = case.requester.principal.as_ref();
            (principal.map(ObjectName::as_str), case.requester.verified)
        })
        .collect();
    assert_eq!(
        who,
        [(Some("alice"), true), (None, false), (Some("jane"), false)]
    );
    assert_eq!(test.cases[1].approvals.len(), 1);
    assert_eq!(test.cases[2].expect.verdict, Verdict::Denied);
    let Asks::File {
        manifest, request, ..
    } = &test.cases[2].asks
    else {
        panic!("{:?}", test.cases[2].asks)
    };
    assert_eq!(
        (manifest.as_str(), request.as_str()),
        ("tests/jane.yaml", "dev/jane")
    );
}
