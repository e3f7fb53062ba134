//! Certificates that are taken back: which, what becomes of their requests and keys, and the lists that say so. The lists
//! are read and verified by the system's openssl.

use serde_json::Value;

use crate::house::{House, at, judged, told};
use crate::support::NOW;

const PUBLISH: &str = "  crl: {publish: true, validity: 4d}\n";

/// A house whose CA publishes a list; jane has a certificate.
pub(crate) fn publishing() -> House {
    let house = House::new("none", "signature");
    let signer = "repo/policies/signer.yaml";
    let text = house.scratch.read(signer) + PUBLISH;
    house.scratch.write(signer, text);
    house.scratch.commit("publish");
    house.ask("jane", "jane");
    house.run();
    house
}

/// Writes a revocation beside a request, and leaves it to be committed.
pub(crate) fn write_revocation(house: &House, request: &str, spec: &str) {
    let text = format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: Revocation\nmetadata: {{name: {request}}}\nspec:\n{spec}"
    );
    let file = format!("repo/requests/{request}.revocation.yaml");
    house.scratch.write(&file, text);
}

pub(crate) fn revoke(house: &House, spec: &str) {
    write_revocation(house, "jane", spec);
    house.scratch.commit("revoke");
}

/// The serial number of jane's certificate, as openssl says.
pub(crate) fn serial(house: &House) -> String {
    serial_of(house, "jane")
}

fn serial_of(house: &House, request: &str) -> String {
    let script = format!("openssl x509 -in repo/issued/{request}/certificate.pem -noout -serial");
    let said = house.scratch.sh(&script).stdout;
    said.trim().trim_start_matches("serial=").to_lowercase()
}

/// The list as openssl prints it, once its signature was verified.
pub(crate) fn list(house: &House) -> String {
    let script = "openssl crl -in repo/issued/_crl/cluster-users.pem -CAfile repo/policies/ca/cluster.pem -noout -text 2>&1";
    let said = house.scratch.sh(script).stdout;
    assert!(said.contains("verify OK"), "{said}");
    said
}

/// What openssl says about jane's certificate, with the list at hand.
pub(crate) fn verify(house: &House) -> String {
    let script = "openssl verify -attime 1893456300 -crl_check -CAfile repo/policies/ca/cluster.pem \
                  -CRLfile repo/issued/_crl/cluster-users.pem repo/issued/jane/certificate.pem 2>&1 || :";
    house.scratch.sh(script).stdout
}

pub(crate) fn trailer(house: &House, name: &str) -> String {
    let script = format!("git -C repo log -1 --format='%(trailers:key={name},valueonly)'");
    house.scratch.sh(&script).stdout.trim().to_owned()
}

#[test]
fn a_revocation_that_was_merged_and_deleted_between_two_runs_is_obeyed() {
    let house = publishing();
    revoke(&house, "  all: true\n");
    house.scratch.sh("rm repo/requests/jane.revocation.yaml");
    house.scratch.commit("as if nothing had been");
    house.run();
    assert!(
        list(&house).to_lowercase().contains(&serial(&house)),
        "{}",
        list(&house)
    );
}

/// The mainline with every entry of `requests/team` twice, which nobody can mean; the work tree stays.
const MALFORM: &str = r#"
cd repo
team=$( (git cat-file tree main:requests/team; git cat-file tree main:requests/team) | git hash-object -t tree -w --stdin --literally)
requests=$( (git ls-tree main:requests | awk -F'\t' '$2 != "team"'; printf '040000 tree %s\tteam\n' "$team") | git mktree)
top=$( (git ls-tree main | awk -F'\t' '$2 != "requests"'; printf '040000 tree %s\trequests\n' "$requests") | git mktree)
git update-ref refs/heads/main "$(git commit-tree -p main -m malformed "$top")"
"#;

#[test]
fn a_revocation_that_came_and_went_beside_malformed_directories_is_obeyed() {
    let house = publishing();
    house.ask("team/june", "jane");
    house.run();
    house.scratch.sh(MALFORM);
    let revoke = ["revoke", "team/june", "--reason", "superseded"];
    house.scratch.in_repo(&revoke).success();
    house.scratch.commit("revoke");
    house.scratch.sh(MALFORM);
    house
        .scratch
        .sh("rm repo/requests/team/june.revocation.yaml");
    house.scratch.commit("as if nothing had been");
    house.run();
    let june = serial_of(&house, "team/june");
    let list = list(&house).to_lowercase();
    assert!(list.contains(&june), "{june}: {list}");
}

#[test]
fn the_same_bytes_get_no_other_certificate_and_a_changed_request_does() {
    let house = publishing();
    revoke(&house, "  all: true\n");
    house.run();
    let file = "repo/requests/jane.yaml";
    let request = house.scratch.read(file);
    house.scratch.write(file, format!("{request}# again\n"));
    house.commit_as("jane", true, "ask again");
    // `all` were those that there were.
    assert_eq!(house.judged("jane").0, "approved");
    house.run();
    assert!(verify(&house).contains("OK"), "{}", verify(&house));
    house.scratch.write(file, request);
    house.commit_as("jane", true, "ask as before");
    assert_eq!(
        house.judged("jane"),
        ("denied".into(), vec!["ContentRevoked".into()])
    );
    house.scratch.sh("rm repo/requests/jane.revocation.yaml");
    house.scratch.commit("forget it");
    assert_eq!(
        house.judged("jane"),
        ("denied".into(), vec!["ContentRevoked".into()])
    );
}

#[test]
fn a_compromised_key_is_blocked_for_good_and_everywhere() {
    let house = publishing();
    house.replace("developers.yaml", "keyReuse: deny", "keyReuse: allow");
    house.scratch.commit("keys may be used again");
    let serial = serial(&house);
    revoke(
        &house,
        &format!("  serialNumbers: [\"{serial}\"]\n  reason: keyCompromise\n"),
    );
    house.run();
    house.scratch.sh("rm repo/requests/jane.revocation.yaml");
    house
        .scratch
        .sh("mkdir repo/requests/other && cp repo/requests/jane.yaml repo/requests/other/");
    house
        .scratch
        .sh("echo '# again' >> repo/requests/jane.yaml");
    house.commit_as("jane", true, "the same key again");
    let plan = house.plan();
    assert_eq!(judged(&plan, "jane").1, ["KeyBlocked"], "{plan:#}");
    assert!(
        judged(&plan, "other/jane")
            .1
            .contains(&"KeyBlocked".to_owned()),
        "{plan:#}"
    );
}

/// Its file may go, and another certificate may have it since then: so may the run in which everybody heard of it.
#[test]
fn a_compromised_key_is_blocked_however_long_ago_it_was_revoked() {
    let house = publishing();
    house.replace("developers.yaml", "keyReuse: deny", "keyReuse: allow");
    house.scratch.commit("keys may be used again");
    let copy = |name: &str| {
        let to = format!("repo/requests/{name}");
        house
            .scratch
            .sh(&format!("mkdir {to} && cp repo/requests/jane.yaml {to}/"));
        house.commit_as("jane", true, "the same key");
    };
    copy("second");
    house.run();
    revoke(&house, "  all: true\n  reason: keyCompromise\n");
    house.run();
    house.scratch.sh("rm repo/requests/jane.revocation.yaml");
    house.ask("bob", "bob");
    house.run();
    copy("third");
    let plan = house.plan();
    let (_, codes) = judged(&plan, "third/jane");
    assert!(codes.contains(&"KeyBlocked".to_owned()), "{plan:#}");
    house.scratch.git(&["switch", "-q", "-c", "side"]);
    copy("fourth");
    let check = ["check", "--base", "main", "--head", "side", "-o", "json"];
    let report = house.scratch.in_repo(&check).code(1).json();
    let (_, codes) = judged(&report, "fourth/jane");
    assert!(codes.contains(&"KeyBlocked".to_owned()), "{report:#}");
}

#[test]
fn a_revocation_reaches_no_certificate_of_another_request() {
    let house = publishing();
    house.ask("victim", "jane");
    house.run();
    let script = "openssl x509 -in repo/issued/victim/certificate.pem -noout -serial | cut -d= -f2 | tr A-F a-f";
    let victim = house.scratch.sh(script).stdout.trim().to_owned();
    // Nor when its files are put beside the revocation, and taken back.
    house.scratch.sh("cp -r repo/issued/jane jane; rm -r repo/issued/jane; cp -r repo/issued/victim repo/issued/jane");
    house.scratch.commit("borrow");
    house
        .scratch
        .sh("rm -r repo/issued/jane; cp -r jane repo/issued/jane");
    house.scratch.commit("give back");
    revoke(
        &house,
        &format!("  serialNumbers: [\"{victim}\"]\n  reason: keyCompromise\n"),
    );
    let report = house.run().json();
    let found = report["results"].as_array().expect("a list").iter();
    let found: Vec<_> = found
        .map(|result| (&result["verdict"], &result["reasons"][0]["code"]))
        .collect();
    assert_eq!(
        found,
        [(&Value::from("invalid"), &Value::from("SerialUnknown"))]
    );
    assert!(
        list(&house).contains("No Revoked Certificates"),
        "{}",
        list(&house)
    );
}

#[test]
fn a_revoked_certificate_is_not_renewed() {
    let house = House::new("none", "signature");
    house.replace(
        "developers.yaml",
        "  approvals:",
        "  renewal: {before: 8h, until: 2d}\n  approvals:",
    );
    house.scratch.commit("renew");
    house.ask("jane", "jane");
    house.run();
    let soon = "2030-01-01T16:30:00Z";
    assert_eq!(at(&house, soon, "plan")["summary"]["approved"], 1);
    revoke(&house, "  all: true\n");
    assert_eq!(at(&house, soon, "plan")["summary"]["approved"], 0);
    house.scratch.sh("rm repo/requests/jane.revocation.yaml");
    house.scratch.commit("forget it");
    let report = at(&house, soon, "plan");
    assert_eq!(report["summary"]["approved"], 0, "{report:#}");
    assert_eq!(report["summary"]["unchanged"], 1, "{report:#}");
}

#[test]
fn a_revocation_with_a_mistake_is_told_and_its_request_waits() {
    let house = publishing();
    house
        .scratch
        .sh("echo '# again' >> repo/requests/jane.yaml");
    house.commit_as("jane", true, "ask again");
    revoke(&house, "  serialNumbers: [\"0123\"]\n");
    let report = at(&house, NOW, "plan");
    assert_eq!(report["summary"]["approved"], 0, "{report:#}");
    assert_eq!(report["results"][0]["reasons"][0]["code"], "SerialUnknown");
    assert_eq!(
        report["results"][0]["file"],
        "requests/jane.revocation.yaml"
    );
    let check = house
        .scratch
        .in_repo(&["check", "--base", "HEAD~1", "--head", "HEAD"]);
    assert_eq!(check.code, Some(1), "{}", check.stdout);
    revoke(&house, "  serialNumbers: [\"00\"]\n");
    assert_eq!(
        at(&house, NOW, "plan")["results"][0]["reasons"][0]["code"],
        "MalformedSpec"
    );
}

#[test]
fn a_pull_request_that_revokes_says_what_it_takes_back() {
    let house = publishing();
    house.scratch.git(&["switch", "-qc", "revoke"]);
    revoke(&house, "  all: true\n  reason: keyCompromise\n");
    let args = ["check", "--base", "main", "--head", "revoke", "-o", "json"];
    let report = house.scratch.in_repo(&args).success().json();
    assert_eq!(
        told(&report, "notices"),
        ["CertificateRevoked"],
        "{report:#}"
    );
    let message = report["notices"][0]["message"].as_str().expect("text");
    assert!(message.contains(&serial(&house)), "{message}");
    let markdown = house.scratch.in_repo(&[
        "check", "--base", "main", "--head", "revoke", "-o", "markdown",
    ]);
    assert!(markdown.success().stdout.contains(&serial(&house)));
}

#[test]
fn a_certificate_whose_request_was_deleted_is_revoked_all_the_same() {
    let house = publishing();
    house.scratch.sh("rm repo/requests/jane.yaml");
    house.scratch.commit("jane leaves");
    revoke(&house, "  all: true\n  reason: cessationOfOperation\n");
    house.run();
    assert!(
        list(&house).contains("Cessation Of Operation"),
        "{}",
        list(&house)
    );
    house
        .scratch
        .sh("git -C repo checkout -q HEAD~3 -- requests/jane.yaml");
    house.commit_as("jane", true, "come back");
    let report = house.plan();
    assert_eq!(report["summary"]["unchanged"], 1, "{report:#}");
    assert_eq!(report["summary"]["approved"], 0, "{report:#}");
}

#[test]
fn everything_that_is_revoked_before_there_is_a_certificate_gets_none() {
    let house = publishing();
    house.ask("bob", "jane");
    write_revocation(&house, "bob", "  all: true\n");
    house.scratch.commit("bob has lost his key");
    let denied = ("denied".into(), vec!["ContentRevoked".into()]);
    assert_eq!(house.judged("bob"), denied);
    // Whoever asks is told the same.
    for args in [
        &["describe", "bob"][..],
        &["policy", "explain", "bob", "--mainline"],
    ] {
        let told = house.scratch.in_repo(args).stdout;
        assert!(told.contains("ContentRevoked"), "{args:?}: {told}");
    }
    house.scratch.git(&["switch", "-qc", "side"]);
    house.state("bob", "approve", "dave");
    house.scratch.commit("approve");
    let args = ["check", "--base", "main", "--head", "side", "-o", "json"];
    let report = house.scratch.in_repo(&args).code(1).json();
    assert_eq!(judged(&report, "bob").0, "denied", "{report:#}");
    house.scratch.git(&["switch", "-q", "main"]);
    house
        .scratch
        .sh("echo '# another' >> repo/requests/bob.yaml");
    house.commit_as("jane", true, "ask anew");
    assert_eq!(house.judged("bob").0, "approved");
}

#[test]
fn what_looks_like_a_revocation_and_can_not_be_read_lets_its_request_wait() {
    for (script, what) in [
        ("chmod +x repo/requests/jane.revocation.yaml", "a program"),
        (
            "cd repo/requests; mv jane.revocation.yaml x; ln -s x jane.revocation.yaml",
            "a link",
        ),
        (
            "cd repo/requests; mv jane.revocation.yaml jane.revocation.yml",
            "another ending",
        ),
        (
            "cd repo/requests; rm jane.revocation.yaml; mkdir jane.revocation.yaml; touch jane.revocation.yaml/README.md",
            "a directory",
        ),
    ] {
        let house = publishing();
        house.replace(
            "developers.yaml",
            "  approvals:",
            "  renewal: {before: 8h, until: 2d}\n  approvals:",
        );
        house.scratch.commit("renew");
        write_revocation(&house, "jane", "  all: true\n");
        house.scratch.sh(script);
        house.scratch.commit("revoke");
        let report = at(&house, "2030-01-01T16:30:00Z", "plan");
        assert_eq!(report["summary"]["approved"], 0, "{what}: {report:#}");
        assert_ne!(report["summary"]["invalid"], 0, "{what}: {report:#}");
    }
}
