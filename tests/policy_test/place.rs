//! Tests in a few words, and a repository that they run in.
//!
//! In come the cases of a PolicyTest as rows; out comes whether each of them passes, as `gitca policy test` says.

use crate::support::Scratch;

pub(crate) const FILE: &str = "repo/policies/tests/more.yaml";
const ASK: &str =
    "path: dev/jane, signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]";

/// A test with these cases.
pub(crate) fn test(cases: &[String]) -> String {
    format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: PolicyTest\nmetadata: {{name: more}}\nspec:\n  cases:\n{}",
        cases.concat()
    )
}

/// A case that asks for this and expects that.
pub(crate) fn case(name: &str, asks: &str, more: &str, expect: &str) -> String {
    let request = format!("request: {{{ASK}, {asks}}}");
    format!("    - {{name: {name}, {request}{more}, expect: {{{expect}}}}}\n")
}

pub(crate) fn jane(groups: &str) -> String {
    format!("subject: {{commonName: jane, organizations: [{groups}]}}")
}

/// What a case asks for, who says what, what is expected, and whether that is what comes.
pub(crate) type Row<'r> = (&'r str, &'r str, &'r str, bool);

pub(crate) const AS_JANE: &str = ", requester: {name: jane, verified: true}";
pub(crate) const BY_TWO: &str =
    ", requester: {name: jane, verified: true}, approvals: [alice, bob]";

/// Runs these rows in a repository where two of a group must approve.
pub(crate) fn compare(rows: &[Row<'_>]) {
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
