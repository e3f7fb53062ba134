//! What was signed and refused, and may not land any more when the next run looks: its serial number is told.

use serde_json::Value;

use crate::place::{
    HURRY, issuances, only_pending, others, pending, place, push, refuse, result, serial, sound,
};
use crate::support::Scratch;

/// jane and june have been approved by bob, whose key is `bob`; the certificates of both were signed and not pushed.
fn approved_and_refused() -> Scratch {
    let scratch = place(&["jane", "june"]);
    scratch.sh("ssh-keygen -q -t ed25519 -N '' -C bob -f bob");
    for (name, key) in [("bob", scratch.read("bob.pub")), ("test", String::new())] {
        let keys = if key.is_empty() {
            key
        } else {
            format!("  sshKeys:\n  - {key}")
        };
        let principal = format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {{name: {name}}}\nspec:\n  kind: person\n  \
             emails: [{name}@example.com]\n{keys}"
        );
        scratch.write(&format!("other/policies/{name}.yaml"), principal);
    }
    let ask = "sed -i 's/^  branch: main/&\\n  requesterIdentity: author/' policies/settings.yaml; sed -i 's/approvals: none/approvals: {anyOf: [{principals: [bob]}]}/' policies/developers.yaml";
    scratch.sh(&others(ask));
    scratch.sh(&others(&by_bob("approve", "jane june")));
    refuse(&scratch, &[]);
    scratch
}

/// What bob does in the clone `other`.
fn by_bob(verb: &str, requests: &str) -> String {
    format!(
        "{} {verb} {requests} --signing-key ../bob",
        env!("CARGO_BIN_EXE_gitca")
    )
}

/// The notice that jane's certificate won't be published.
fn not_published(report: &Value) -> &Value {
    let mut told = report["notices"].as_array().expect("a list").iter();
    let found = told.find(|notice| notice["code"] == "SignedNotPublished");
    found.unwrap_or_else(|| panic!("nothing is told: {report:#}"))
}

#[test]
fn what_was_signed_and_is_edited_denied_or_revoked_before_the_rerun_is_told_by_its_serial_number() {
    let revoke = "printf '%s\\n' 'apiVersion: gitca.dev/v1alpha1' 'kind: Revocation' 'metadata: {name: jane}' \
                  'spec: {all: true}' > requests/jane.revocation.yaml";
    for (change, verdict) in [
        // The comment makes other bytes of it, which nobody has approved.
        (
            "echo '# changed' >> requests/jane.yaml".to_owned(),
            "pending",
        ),
        (by_bob("deny", "jane"), "denied"),
        (revoke.to_owned(), "denied"),
    ] {
        let scratch = approved_and_refused();
        let waiting = only_pending(&scratch);
        let signed = ["jane", "june"].map(|name| serial(&scratch, "repo", &waiting, name));
        scratch.sh(&others(&change));
        scratch.sh("cp -a repo words; cp -a remote.git words.git; git -C words remote set-url origin $PWD/words.git");
        let words = scratch.gitca_with("words", &["run", "--push"], &HURRY);
        let words = words.success().stdout;
        let (told, _) = words
            .split_once("june: issued")
            .expect("june is told after jane");
        assert!(
            told.contains("note[SignedNotPublished]"),
            "{change}: {words}"
        );
        assert!(
            told.contains(&format!("field: serialNumber = {}", signed[0])),
            "{change}: {words}"
        );
        assert!(
            told.contains("nothing has to be revoked"),
            "{change}: {words}"
        );
        let report = push(&scratch).success().json();
        let notice = not_published(&report);
        assert_eq!(notice["request"], "jane", "{change}: {report:#}");
        assert_eq!(notice["field"], "serialNumber", "{change}");
        assert_eq!(notice["value"], signed[0].as_str(), "{change}");
        let jane = result(&report, "jane");
        assert_eq!(
            (&jane["verdict"], &jane["serialNumber"]),
            (&verdict.into(), &Value::Null),
            "{change}"
        );
        assert_eq!(
            result(&report, "june")["serialNumber"],
            signed[1].as_str(),
            "{change}"
        );
        assert_eq!(pending(&scratch), "", "{change}");
        assert_eq!(issuances(&scratch), 1, "{change}");
        sound(&scratch);
    }
}
