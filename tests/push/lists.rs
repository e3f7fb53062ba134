//! Revocation lists that land at a remote while others push: whoever was first, the list that stands is of all that is
//! revoked, and its number is the next one.

use serde_json::Value;

use crate::place::{codes, others, push, push_while, sound, with_remote};
use crate::support::Scratch;

const CLUSTER: &str = "repo/policies/signer.yaml";

/// A bare remote, the clone `repo` that runs and the clone `other` of somebody else; sam and tom have certificates, the CA
/// publishes a list, and jane asks.
fn place() -> Scratch {
    let scratch = Scratch::with_repository();
    let signer = scratch.read(CLUSTER) + "  crl: {publish: true}\n";
    scratch.write(CLUSTER, signer);
    for name in ["sam", "tom"] {
        scratch.in_repo(&["new", name, "--group", "dev"]).success();
    }
    scratch.commit("publish, and ask");
    with_remote(&scratch);
    push(&scratch).success();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("jane asks");
    scratch.sh("git -C repo push -q origin main; git -C other pull -q");
    scratch
}

/// The words of a shell that revoke the certificates of a request at the remote.
fn revoking(request: &str) -> String {
    others(&format!(
        "printf '%s\\n' 'apiVersion: gitca.dev/v1alpha1' 'kind: Revocation' 'metadata: {{name: {request}}}' \
           'spec: {{all: true}}' > requests/{request}.revocation.yaml"
    ))
}

/// The number of the list at the remote and how many certificates it has, as openssl says; it must verify.
fn list(scratch: &Scratch) -> (String, usize) {
    let script = "git -C remote.git show main:issued/_crl/cluster-users.pem |
                  openssl crl -CAfile repo/policies/ca/cluster.pem -noout -text 2>&1";
    let said = scratch.sh(script).stdout;
    assert!(said.contains("verify OK"), "{said}");
    let mut lines = said.lines().skip_while(|line| !line.contains("CRL Number"));
    let number = lines.nth(1).expect("a number").trim().to_owned();
    (number, said.matches("Serial Number: ").count())
}

#[test]
fn what_is_revoked_while_a_run_is_at_work_is_on_its_list() {
    let scratch = place();
    assert_eq!(list(&scratch), ("1".into(), 0));
    let report = push_while(&scratch, "signed", &revoking("sam"))
        .success()
        .json();
    assert_eq!(report["summary"]["issued"], 1, "{report:#}");
    assert_eq!(
        codes(&report, "notices"),
        [
            "CertificateRevoked",
            "WorkTreeNotUpdated",
            "RevocationListMade"
        ],
        "{report:#}"
    );
    assert_eq!(list(&scratch), ("2".into(), 1));
    sound(&scratch);
}

#[test]
fn a_list_that_two_runs_make_is_made_by_the_first_and_the_second_adds_to_it() {
    let scratch = place();
    scratch.sh(&revoking("sam"));
    let gitca = env!("CARGO_BIN_EXE_gitca");
    let rival = format!("env -u GITCA_TEST_POINT {gitca} -C other run --push -o json > rival.json");
    let report = push_while(&scratch, "signed", &rival).success().json();
    assert_eq!(report["issueCommit"], Value::Null, "{report:#}");
    assert_eq!(list(&scratch), ("2".into(), 1));

    let both = format!("{rival}; {}", revoking("tom"));
    scratch.sh(&revoking("jane"));
    let report = push_while(&scratch, "signed", &both).success().json();
    assert_eq!(codes(&report, "errors"), [""; 0], "{report:#}");
    assert_eq!(list(&scratch), ("4".into(), 3));
    sound(&scratch);
}

#[test]
fn a_request_that_is_revoked_while_it_is_signed_is_dropped() {
    let scratch = place();
    let report = push_while(&scratch, "signed", &revoking("jane"))
        .success()
        .json();
    assert_eq!(report["summary"]["issued"], 0, "{report:#}");
    assert_eq!(
        codes(&report, "notices"),
        ["SignedNotPublished"],
        "{report:#}"
    );
    // It has no certificate that could be on the list.
    assert_eq!(list(&scratch), ("1".into(), 0));
}

#[test]
fn what_a_run_could_not_push_is_made_again_with_the_same_number() {
    let scratch = place();
    scratch.sh(&revoking("sam"));
    scratch.sh(
        "printf '#!/bin/sh\\nexit 1\\n' > remote.git/hooks/pre-receive; chmod +x remote.git/hooks/pre-receive",
    );
    assert_eq!(push(&scratch).code, Some(2));
    assert_eq!(list(&scratch), ("1".into(), 0));
    scratch.sh("rm remote.git/hooks/pre-receive");
    let report = push(&scratch).success().json();
    assert_eq!(report["summary"]["issued"], 1, "{report:#}");
    assert_eq!(list(&scratch), ("2".into(), 1));
    let left = "git -C repo for-each-ref refs/gitca/pending";
    assert_eq!(scratch.sh(left).stdout, "");
    sound(&scratch);
}
