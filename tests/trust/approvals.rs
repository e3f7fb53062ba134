//! Approvals: one that is as it should be counts, and every way to be wrong has its code.

use serde_json::{Value, json};

use crate::house::{House, NAMESPACE, Signed};

/// What follows a way out that is no command of gitca.
pub(crate) const CHECK: &str = "; then `gitca check requests/jane.yaml`";
pub(crate) const ONE: &str = "{anyOf: [{groups: [platform]}]}";

pub(crate) fn codes(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

#[test]
fn a_request_waits_until_somebody_of_the_group_approves() {
    let house = House::with_request(ONE);
    let report = house.plan();
    let reason = &report["results"][0]["reasons"][0];
    assert_eq!(report["results"][0]["verdict"], "pending");
    assert_eq!(reason["code"], "ApprovalMissing");
    assert_eq!(
        reason["message"],
        "1 more approval of group `platform` needed; `bob` or `carol` can give it"
    );
    let blob = house
        .scratch
        .git(&["rev-parse", "HEAD:requests/jane.yaml"])
        .stdout;
    assert_eq!(
        reason["help"],
        format!("gitca approve jane  # {}", &blob[..8])
    );
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    assert_eq!(house.judged("jane"), ("approved".to_owned(), vec![]));
}

#[test]
fn what_was_counted_stands_in_the_provenance() {
    let house = House::with_request(ONE);
    let path = house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    let report = house.run().json();
    assert_eq!(report["results"][0]["verdict"], "issued");
    let requester = &report["results"][0]["requester"];
    assert_eq!(
        *requester,
        json!({"principal": "jane", "name": "jane", "email": "jane@example.com", "method": "signature", "verified": true})
    );
    let provenance: Value =
        serde_json::from_str(&house.scratch.read("repo/issued/jane/provenance.json"))
            .expect("JSON");
    let fingerprint = house
        .scratch
        .sh("ssh-keygen -lf keys/bob.pub | cut -d' ' -f2")
        .stdout;
    let statement = house.scratch.read(&path);
    assert_eq!(
        provenance["predicate"]["approvals"],
        json!([{
            "file": path.trim_start_matches("repo/"),
            "sha256": crate::house::sha256(statement.as_bytes()),
            "principal": "bob",
            "keyFingerprint": fingerprint.trim(),
        }])
    );
    assert_eq!(provenance["predicate"]["requester"], *requester);
    let csr = house.scratch.read("repo/issued/jane/csr.yaml");
    assert!(csr.contains("\n  groups:\n  - developers\n"), "{csr}");
    assert!(csr.contains("\n  username: jane\n"), "{csr}");
}

#[test]
fn a_key_of_every_kind_approves() {
    for kind in [
        "ecdsa -b 256",
        "ecdsa -b 384",
        "ecdsa -b 521",
        "rsa -b 2048",
        "rsa -b 3072",
    ] {
        let house = House::with_request(ONE);
        house.scratch.sh("rm keys/bob keys/bob.pub");
        let key = house.key("bob", kind);
        house.principal("bob", "person", "[platform]", &[format!("\"{key}\"")]);
        house.scratch.commit("another key");
        house.state("jane", "approve", "bob");
        house.scratch.commit("approve");
        assert_eq!(house.judged("jane").0, "approved", "{kind}");
    }
}

/// Changes one member of an honest statement, and signs that.
fn signed(house: &House, pointer: &str, value: Value) -> Signed {
    let mut statement = house.statement("jane", "approve", "bob");
    *statement.pointer_mut(pointer).expect("the member is there") = value;
    house.sign(&statement, "bob", NAMESPACE)
}

#[test]
fn a_statement_that_says_something_else_does_not_count() {
    for (pointer, value, code) in [
        (
            "/subject/0/digest/gitBlob",
            json!("0".repeat(40)),
            "ApprovalStale",
        ),
        (
            "/subject/0/digest/sha256",
            json!("0".repeat(64)),
            "ApprovalStale",
        ),
        (
            "/subject/0/name",
            json!("requests/dev/jane.yaml"),
            "ApprovalPath",
        ),
        (
            "/subject/0/name",
            json!("policies/jane.yaml"),
            "ApprovalPath",
        ),
        (
            "/predicate/repository",
            json!("00000000-0000-4000-8000-000000000000"),
            "ApprovalRepository",
        ),
        ("/predicate/branch", json!("staging"), "ApprovalBranch"),
        (
            "/predicate/branch",
            json!("refs/heads/main"),
            "ApprovalBranch",
        ),
        (
            "/predicate/expires",
            json!("2030-01-01T00:00:00Z"),
            "ApprovalExpired",
        ),
        (
            "/predicate/expires",
            json!("2030-01-02T00:00:00+01:00"),
            "ApprovalMalformed",
        ),
        ("/predicate/decision", json!("maybe"), "ApprovalMalformed"),
        ("/predicate/nonce", json!("00"), "ApprovalMalformed"),
        (
            "/predicateType",
            json!("https://gitca.dev/approval/v2"),
            "ApprovalMalformed",
        ),
        (
            "/_type",
            json!("https://in-toto.io/Statement/v0.1"),
            "ApprovalMalformed",
        ),
        ("/subject", json!([]), "ApprovalMalformed"),
    ] {
        let house = House::with_request(ONE);
        let signed = signed(&house, pointer, value.clone());
        house.put("jane", "bob", &signed);
        house.scratch.commit("approve");
        let (verdict, found) = house.judged("jane");
        assert_eq!(verdict, "pending", "{pointer} {value}");
        assert_eq!(
            found,
            codes(&["ApprovalMissing", code]),
            "{pointer} {value}"
        );
    }
}

#[test]
fn a_signature_that_is_not_the_persons_for_this_purpose_does_not_count() {
    let house = House::with_request(ONE);
    let other = house.key("other", "ed25519");
    let honest = || house.statement("jane", "approve", "bob");
    let broken = |house: &House| {
        let mut signed = house.sign(&honest(), "bob", NAMESPACE);
        let other = house.sign(
            &house.statement("jane", "approve", "carol"),
            "bob",
            NAMESPACE,
        );
        signed.signature = other.signature;
        signed
    };
    for (what, signed, code) in [
        (
            "a commit's namespace",
            house.sign(&honest(), "bob", "git"),
            "ApprovalNamespace",
        ),
        (
            "a file's namespace",
            house.sign(&honest(), "bob", "file"),
            "ApprovalNamespace",
        ),
        (
            "nobody's key",
            house.sign(&honest(), "other", NAMESPACE),
            "ApprovalKeyUnknown",
        ),
        (
            "somebody else's key",
            house.sign(&honest(), "carol", NAMESPACE),
            "ApprovalPrincipal",
        ),
        ("other octets", broken(&house), "ApprovalSignature"),
    ] {
        let path = house.put("jane", "bob", &signed);
        house.scratch.commit("approve");
        let (verdict, found) = house.judged("jane");
        assert_eq!(verdict, "pending", "{what}");
        assert_eq!(found, codes(&["ApprovalMissing", code]), "{what}");
        house.scratch.sh(&format!("rm {path} {path}.sig"));
    }
    assert!(other.starts_with("ssh-ed25519 "));
}

#[test]
fn a_key_counts_while_its_principal_says_so() {
    let house = House::with_request(ONE);
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    let key = house.scratch.read("keys/bob.pub").trim_end().to_owned();
    let head = house.scratch.git(&["rev-parse", "HEAD"]).stdout;
    let compromised = format!("compromisedFrom: {}", head.trim());
    for (limits, verdict, code) in [
        ("notBefore: 2030-01-01T00:00:00Z", "approved", None),
        (
            "notBefore: 2030-01-01T00:00:01Z",
            "pending",
            Some("ApprovalKeyUnknown"),
        ),
        ("notAfter: 2030-01-01T00:00:00Z", "approved", None),
        (
            "notAfter: 2029-12-31T23:59:59Z",
            "pending",
            Some("ApprovalKeyUnknown"),
        ),
        (compromised.as_str(), "pending", Some("ApprovalKeyUnknown")),
    ] {
        let entry = format!("{{key: \"{key}\", {limits}}}");
        house.principal("bob", "person", "[platform]", &[entry]);
        house.scratch.commit(limits);
        let (found, codes) = house.judged("jane");
        assert_eq!(found, verdict, "{limits}");
        assert_eq!(codes.get(1).map(String::as_str), code, "{limits}");
    }
    house.principal(
        "bob",
        "person",
        "[platform]",
        &[format!("\"{}\"", house.key("new", "ed25519"))],
    );
    house.scratch.commit("bob has another key");
    let expected = codes(&["ApprovalMissing", "ApprovalKeyUnknown"]);
    assert_eq!(house.judged("jane"), ("pending".to_owned(), expected));
}

#[test]
fn half_a_statement_and_a_wrong_name_do_not_count() {
    for (what, script, code) in [
        ("no signature", "rm PATH.sig", "ApprovalUnsigned"),
        ("no statement", "rm PATH", "ApprovalUnsigned"),
        (
            "another name",
            "mv PATH requests/jane.approvals/bob-00000000.json; mv PATH.sig requests/jane.approvals/bob-00000000.json.sig",
            "ApprovalFileName",
        ),
        ("an octet more", "echo >> PATH", "ApprovalFileName"),
    ] {
        let house = House::with_request(ONE);
        let path = house.state("jane", "approve", "bob");
        let script = script.replace("PATH", path.trim_start_matches("repo/"));
        house.scratch.sh(&format!("cd repo; {script}"));
        house.scratch.commit("approve");
        let expected = codes(&["ApprovalMissing", code]);
        assert_eq!(
            house.judged("jane"),
            ("pending".to_owned(), expected),
            "{what}"
        );
    }
}

#[test]
fn the_name_of_the_file_is_that_of_the_signer() {
    let house = House::with_request(ONE);
    let right = house.state("jane", "approve", "bob");
    for person in ["carol", "jane", "nobody"] {
        let wrong = right.replace("bob-", &format!("{person}-"));
        let script = format!("mv {right} {wrong}; mv {right}.sig {wrong}.sig");
        house.scratch.sh(&script);
        house.scratch.commit(person);
        let report = house.plan();
        let reasons = &report["results"][0]["reasons"];
        assert_eq!(report["results"][0]["verdict"], "pending", "{reasons:#}");
        assert_eq!(reasons[1]["code"], "ApprovalFileName", "{reasons:#}");
        assert_eq!(reasons[1]["value"], wrong.trim_start_matches("repo/"));
        let name = right.rsplit('/').next().expect("a name");
        assert_eq!(reasons[1]["help"], format!("rename it to `{name}`{CHECK}"));
        let back = format!("mv {wrong} {right}; mv {wrong}.sig {right}.sig");
        house.scratch.sh(&back);
    }
    // What the help says helps.
    house.scratch.commit("rename it");
    assert_eq!(house.judged("jane").0, "approved");
}
