//! Revocation lists: when they are made, what they hold, and that they go on, whatever becomes of their Signers.

use serde_json::Value;

use crate::house::{House, at, told};
use crate::revocation::{list, publishing, revoke, serial, trailer, verify, write_revocation};

/// Puts another CA in the place of the one that there is; its key is in `other.key`.
fn replace_ca(house: &House, key_usage: &str) {
    let script = format!(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -subj /CN=other \
           -days 3650 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,{key_usage} \
           -out repo/policies/ca/cluster.pem 2>&1; chmod 600 other.key"
    );
    house.scratch.sh(&script);
    house.scratch.commit("another CA");
}

#[test]
fn the_first_run_makes_a_list_and_a_revocation_the_next_one() {
    let house = publishing();
    let first = list(&house);
    assert!(
        first.contains("CRL Number: \n                1\n"),
        "{first}"
    );
    assert!(first.contains("No Revoked Certificates"), "{first}");
    assert!(
        first.contains("Next Update: Jan  5 00:00:00 2030 GMT"),
        "{first}"
    );
    assert!(verify(&house).contains("OK"), "{}", verify(&house));
    // Half of four days.
    assert_eq!(trailer(&house, "Gitca-Due"), "2030-01-03T00:00:00Z");
    assert_eq!(
        at(&house, "2030-01-02T23:59:59Z", "plan")["notices"],
        serde_json::json!([])
    );

    revoke(&house, "  all: true\n  reason: superseded\n");
    let planned = house.plan();
    assert_eq!(
        told(&planned, "notices"),
        ["CertificateRevoked", "RevocationListDue"]
    );
    let report = house.run().json();
    assert_eq!(
        told(&report, "notices"),
        ["CertificateRevoked", "RevocationListMade"]
    );
    let second = list(&house);
    assert!(
        second.contains("CRL Number: \n                2\n"),
        "{second}"
    );
    assert!(second.to_lowercase().contains(&serial(&house)), "{second}");
    assert!(second.contains("Superseded"), "{second}");
    assert!(
        verify(&house).contains("certificate revoked"),
        "{}",
        verify(&house)
    );
    assert_eq!(trailer(&house, "Gitca-Issued"), "0");
    let subject = house.scratch.git(&["log", "-1", "--format=%s"]);
    assert_eq!(subject.stdout, "issue: 0 certificates, 1 revocation list\n");

    // Nothing more to do; a list is idempotent.
    assert_eq!(house.run().json()["issueCommit"], Value::Null);
    house.scratch.git(&["fsck", "--strict"]);
}

#[test]
fn a_list_is_made_anew_in_the_middle_of_its_life_though_nothing_was_revoked() {
    let house = publishing();
    // One second before the middle there is nothing to do.
    let report = at(&house, "2030-01-02T23:59:59Z", "run");
    assert_eq!(told(&report, "notices"), [""; 0]);
    assert_eq!(report["issueCommit"], Value::Null);
    assert!(list(&house).contains("CRL Number: \n                1\n"));
    let report = at(&house, "2030-01-03T00:00:00Z", "run");
    assert_eq!(told(&report, "notices"), ["RevocationListMade"]);
    let made = list(&house);
    assert!(made.contains("CRL Number: \n                2\n"), "{made}");
    assert_eq!(trailer(&house, "Gitca-Due"), "2030-01-05T00:00:00Z");
}

#[test]
fn an_entry_stays_although_the_revocation_is_deleted_until_a_list_has_shown_it_after_the_end() {
    let house = publishing();
    revoke(&house, "  all: true\n");
    house.run();
    house.scratch.sh("rm repo/requests/jane.revocation.yaml");
    house.scratch.commit("forget it");
    assert_eq!(house.run().json()["issueCommit"], Value::Null);
    let serial = serial(&house);
    // It ends at 23:55 on the first day.
    at(&house, "2030-01-03T00:00:00Z", "run");
    assert!(
        list(&house).to_lowercase().contains(&serial),
        "{}",
        list(&house)
    );
}

#[test]
fn an_entry_goes_once_a_list_has_shown_it_after_its_end() {
    let house = publishing();
    revoke(&house, "  all: true\n");
    house.run();
    at(&house, "2030-01-03T00:00:00Z", "run");
    assert!(list(&house).contains("Serial Number"), "{}", list(&house));
    at(&house, "2030-01-05T00:00:00Z", "run");
    assert!(
        list(&house).contains("No Revoked Certificates"),
        "{}",
        list(&house)
    );
}

#[test]
fn a_list_that_can_not_be_made_stops_nobody_else_and_is_an_error() {
    let house = publishing();
    revoke(&house, "  all: true\n");
    let answer = house
        .scratch
        .in_repo(&["run", "--key", "cluster-ca=env:NOTHING", "-o", "json"]);
    assert_eq!(answer.code, Some(2), "{}", answer.stdout);
    assert_eq!(told(&answer.json(), "errors"), ["SignerUnavailable"]);
    assert!(list(&house).contains("No Revoked Certificates"));
    house.run();
    assert!(list(&house).contains("Serial Number"));
}

#[test]
fn every_reason_is_on_the_list_as_openssl_reads_it() {
    let house = publishing();
    let reasons = [
        ("keyCompromise", "Key Compromise"),
        ("affiliationChanged", "Affiliation Changed"),
        ("superseded", "Superseded"),
        ("cessationOfOperation", "Cessation Of Operation"),
        ("privilegeWithdrawn", "Privilege Withdrawn"),
        ("unspecified", ""),
    ];
    for (reason, _) in reasons {
        house.write_request(&format!("r-{}", reason.to_lowercase()));
    }
    house.commit_as("jane", true, "six more");
    assert_eq!(house.run().json()["summary"]["issued"], 6);
    for (reason, _) in reasons {
        let request = format!("r-{}", reason.to_lowercase());
        let spec = format!("  all: true\n  reason: {reason}\n");
        write_revocation(&house, &request, &spec);
    }
    house.scratch.commit("revoke them");
    house.run();
    let text = list(&house);
    assert_eq!(text.matches("Serial Number: ").count(), 6, "{text}");
    for (reason, words) in reasons {
        let file = format!("repo/issued/r-{}/certificate.pem", reason.to_lowercase());
        let serial = house
            .scratch
            .sh(&format!("openssl x509 -in {file} -noout -serial"));
        let serial = serial
            .stdout
            .trim()
            .trim_start_matches("serial=")
            .to_owned();
        let entry = text
            .split("Serial Number: ")
            .find(|entry| entry.starts_with(&serial));
        let entry = entry.unwrap_or_else(|| panic!("{serial} is not in {text}"));
        // RFC 5280 5.3.1: without a reason rather than with `unspecified`.
        let has = entry
            .lines()
            .skip_while(|line| !line.contains("CRL Reason Code"))
            .nth(1);
        assert_eq!(has.unwrap_or_default().trim(), words, "{reason}: {entry}");
    }
}

#[test]
fn signers_that_share_a_ca_publish_the_same_octets() {
    let house = publishing();
    let text = house.scratch.read("repo/policies/signer.yaml");
    let other = text
        .replace("name: cluster-users", "name: others")
        .replace("kubernetes.io/kube-apiserver-client", "example.com/others");
    house.scratch.write("repo/policies/others.yaml", other);
    house.scratch.commit("another signer");
    revoke(&house, "  all: true\n");
    house.run();
    // The list of the one has what the other has signed.
    let others = "openssl crl -in repo/issued/_crl/others.pem -CAfile repo/policies/ca/cluster.pem -noout -text 2>&1";
    let others = house.scratch.sh(others).stdout;
    assert!(others.contains("verify OK"), "{others}");
    assert!(others.to_lowercase().contains(&serial(&house)), "{others}");
    let compare = "cmp repo/issued/_crl/cluster-users.pem repo/issued/_crl/others.pem && echo same";
    assert_eq!(house.scratch.sh(compare).stdout, "same\n");
    assert!(
        list(&house).contains("CRL Number: \n                2\n"),
        "{}",
        list(&house)
    );
}

#[test]
fn a_ca_that_may_not_sign_lists_publishes_none() {
    let house = publishing();
    replace_ca(&house, "keyCertSign");
    let answer = house.scratch.in_repo(&["plan", "-o", "json"]);
    assert_eq!(answer.code, Some(2), "{}", answer.stdout);
    let error = &answer.json()["errors"][0];
    assert_eq!(error["code"], "ConfigInvalid", "{error:#}");
    assert_eq!(error["field"], "spec.crl", "{error:#}");
    let message = error["message"].as_str().expect("text");
    assert!(message.contains("cRLSign"), "{message}");
}

#[test]
fn a_plan_that_is_too_large_keeps_no_list_from_being_published() {
    let house = publishing();
    house.replace("settings.yaml", "maxIssuePerRun: 1000", "maxIssuePerRun: 1");
    house.scratch.commit("few at once");
    house.ask("bob", "jane");
    house.ask("carol", "jane");
    revoke(&house, "  all: true\n");
    let answer = house.scratch.in_repo(&["run", "-o", "json"]);
    assert_eq!(answer.code, Some(2), "{}", answer.stdout);
    let report = answer.json();
    assert_eq!(told(&report, "errors"), ["TooManyToIssue"]);
    assert_eq!(report["summary"]["approved"], 2, "{report:#}");
    assert_eq!(report["summary"]["issued"], 0, "{report:#}");
    assert!(list(&house).contains("Serial Number"), "{}", list(&house));
    let again = house.scratch.in_repo(&["run", "-o", "json"]);
    assert_eq!(again.json()["issueCommit"], Value::Null);
}

/// The list of another Signer's file: its number, and when its first entry was revoked.
fn list_of(house: &House, signer: &str) -> (String, String) {
    let script = format!("openssl crl -in repo/issued/_crl/{signer}.pem -noout -text 2>&1");
    let said = house.scratch.sh(&script).stdout;
    let mut lines = said.lines().skip_while(|line| !line.contains("CRL Number"));
    let number = lines.nth(1).expect("a number").trim().to_owned();
    let date = said.lines().find(|line| line.contains("Revocation Date"));
    (number, date.unwrap_or_default().trim().to_owned())
}

#[test]
fn the_lists_of_a_ca_go_on_whatever_its_signers_are_called_and_whatever_was_in_between() {
    let house = publishing();
    revoke(&house, "  all: true\n");
    at(&house, "2030-01-01T01:00:00Z", "run");
    house.replace("signer.yaml", "name: cluster-users", "name: renamed");
    house.scratch.commit("rename the signer");
    at(&house, "2030-01-01T02:00:00Z", "run");
    let date = "Revocation Date: Jan  1 01:00:00 2030 GMT";
    assert_eq!(list_of(&house, "renamed"), ("3".into(), date.into()));
    // Another CA, and back again.
    house
        .scratch
        .sh("cp repo/policies/ca/cluster.pem first.pem");
    replace_ca(&house, "keyCertSign,cRLSign");
    let other = [
        "--now",
        "2030-01-01T03:00:00Z",
        "run",
        "--key",
        "cluster-ca=file:other.key",
        "-o",
        "json",
    ];
    house.scratch.in_repo(&other).success();
    assert_eq!(list_of(&house, "renamed"), ("1".into(), String::new()));
    house
        .scratch
        .sh("cp first.pem repo/policies/ca/cluster.pem");
    house.scratch.commit("back again");
    at(&house, "2030-01-01T04:00:00Z", "run");
    assert_eq!(list_of(&house, "renamed"), ("4".into(), date.into()));
}

#[test]
fn a_revocation_that_no_list_can_name_is_told_as_one() {
    let house = publishing();
    replace_ca(&house, "keyCertSign,cRLSign");
    revoke(&house, "  all: true\n");
    let report = house.plan();
    let notice = &report["notices"][0];
    assert_eq!(notice["code"], "CertificateRevoked", "{report:#}");
    let message = notice["message"].as_str().expect("text");
    assert!(message.contains("no list names it"), "{message}");
}
