//! Revocation lists that land at a remote while others push: whoever was first, the list that stands is of all that is
//! revoked, and its number is the next one.

use serde_json::Value;

use crate::house::told;
use crate::support::{Answer, Scratch};

const HURRY: (&str, &str) = ("GITCA_TEST_HURRY", "1");
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
    scratch.sh(
        "git clone -q --bare repo remote.git; git -C repo remote add origin $PWD/remote.git
         git clone -q remote.git other",
    );
    run(&scratch, "repo", &[]).success();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("jane asks");
    scratch.sh("git -C repo push -q origin main; git -C other pull -q");
    scratch
}

fn run(scratch: &Scratch, directory: &str, variables: &[(&str, &str)]) -> Answer {
    let variables = [&[HURRY], variables].concat();
    scratch.gitca_with(directory, &["run", "--push", "-o", "json"], &variables)
}

/// A run during which somebody does something, once it has signed.
fn run_while(scratch: &Scratch, script: &str) -> Answer {
    let at = [
        ("GITCA_TEST_POINT", "signed"),
        ("GITCA_TEST_COMMAND", script),
    ];
    run(scratch, "repo", &at)
}

/// The words of a shell that revoke the certificates of a request at the remote.
fn revoking(request: &str) -> String {
    format!(
        "set -eu; cd other; git pull -q
         printf '%s\\n' 'apiVersion: gitca.dev/v1alpha1' 'kind: Revocation' 'metadata: {{name: {request}}}' \
           'spec: {{all: true}}' > requests/{request}.revocation.yaml
         git add -A; git commit -qm revoke; git push -q"
    )
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

fn sound(scratch: &Scratch) {
    scratch.sh("git -C repo fsck --strict; git -C remote.git fsck --strict");
}

#[test]
fn what_is_revoked_while_a_run_is_at_work_is_on_its_list() {
    let scratch = place();
    assert_eq!(list(&scratch), ("1".into(), 0));
    let report = run_while(&scratch, &revoking("sam")).success().json();
    assert_eq!(report["summary"]["issued"], 1, "{report:#}");
    assert_eq!(
        told(&report, "notices"),
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
    let report = run_while(&scratch, &rival).success().json();
    assert_eq!(report["issueCommit"], Value::Null, "{report:#}");
    assert_eq!(list(&scratch), ("2".into(), 1));

    let both = format!("{rival}; {}", revoking("tom"));
    scratch.sh(&revoking("jane"));
    let report = run_while(&scratch, &both).success().json();
    assert_eq!(told(&report, "errors"), [""; 0], "{report:#}");
    assert_eq!(list(&scratch), ("4".into(), 3));
    sound(&scratch);
}

#[test]
fn a_request_that_is_revoked_while_it_is_signed_is_dropped() {
    let scratch = place();
    let report = run_while(&scratch, &revoking("jane")).success().json();
    assert_eq!(report["summary"]["issued"], 0, "{report:#}");
    assert_eq!(
        told(&report, "notices"),
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
    assert_eq!(run(&scratch, "repo", &[]).code, Some(2));
    assert_eq!(list(&scratch), ("1".into(), 0));
    scratch.sh("rm remote.git/hooks/pre-receive");
    let report = run(&scratch, "repo", &[]).success().json();
    assert_eq!(report["summary"]["issued"], 1, "{report:#}");
    assert_eq!(list(&scratch), ("2".into(), 1));
    let left = "git -C repo for-each-ref refs/gitca/pending";
    assert_eq!(scratch.sh(left).stdout, "");
    sound(&scratch);
}
