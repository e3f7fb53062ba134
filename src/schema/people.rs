//! The schemas of the kinds about people and tests, and of revocations: their format is settled, and releases that read
//! them will refuse nothing that these take.

use serde_json::{Value, json};

use crate::schema::parts::{
    any_list, boolean, file, integer, kind, labels, list, name, object, signer_name, text, usage,
    words,
};

const LATER: &str = "This release does not read files of this kind yet.";

fn time(description: &str) -> Value {
    let pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$";
    json!({"type": "string", "pattern": pattern, "description": description})
}

pub(super) fn principal() -> Value {
    let key = json!({
        "key": text("The OpenSSH public key."),
        "notBefore": time("Not used before."),
        "notAfter": time("Not used after."),
        "compromisedFrom": text("The commit from which on nothing that it signed counts."),
    });
    let key = json!({"anyOf": [text("The OpenSSH public key."), object("A key and its limits.", key, &["key"])]});
    kind(
        "Principal",
        "One person or bot, found by its keys and addresses.",
        json!({
            "kind": words(&["person", "bot"], "Only persons approve."),
            "displayName": text("For reports."),
            "emails": any_list(text("An e-mail address."), "By which a commit's author is found."),
            "sshKeys": any_list(key, "Keys that sign commits and approvals."),
            "groups": any_list(name("A Group."), "Membership."),
        }),
        &[],
    )
}

pub(super) fn group() -> Value {
    kind(
        "Group",
        "Persons and bots that policies name together.",
        json!({
            "description": text("What it is for."),
            "members": any_list(name("A Principal."), "Membership; the groups of a Principal count, too."),
        }),
        &[],
    )
}

pub(super) fn revocation() -> Value {
    let serial = json!({"type": "string", "pattern": "^([0-9a-f]{2})+$"});
    let reasons = [
        "unspecified",
        "keyCompromise",
        "affiliationChanged",
        "superseded",
        "cessationOfOperation",
        "privilegeWithdrawn",
    ];
    let mut schema = kind(
        "Revocation",
        &format!("Takes certificates back, beside the request that they are of. {LATER}"),
        json!({
            "serialNumbers": list(serial, "Which certificates."),
            "all": {"const": true, "description": "All certificates of the request."},
            "reason": words(&reasons, "RFC 5280 5.3.1."),
            "revokedBy": text("For display."),
            "comment": text("For display."),
        }),
        &[],
    );
    schema["properties"]["spec"]["oneOf"] =
        json!([{"required": ["serialNumbers"]}, {"required": ["all"]}]);
    schema
}

pub(super) fn policy_test() -> Value {
    let subject = json!({"type": "object", "description": "Attributes as in an ApprovalPolicy."});
    let keys = [
        "ecdsa-p256",
        "ecdsa-p384",
        "ecdsa-p521",
        "ed25519",
        "rsa-2048",
        "rsa-3072",
        "rsa-4096",
    ];
    let strings = |what: &str| any_list(json!({"type": "string"}), what);
    let request = json!({
        "path": text("Its path below `requests/`."),
        "signerName": signer_name("Who is asked."),
        "usages": any_list(usage(), "What it asks for."),
        "expirationSeconds": integer("The lifetime that it asks for.", 600, Some(2_147_483_647)),
        "labels": labels("Its labels."),
        "subject": subject,
        "dnsNames": strings("DNS names."),
        "ipAddresses": strings("IP addresses."),
        "uris": strings("URIs."),
        "emailAddresses": strings("E-mail addresses."),
        "key": words(&keys, "The kind of its key."),
    });
    let from_file = json!({"manifest": file("A manifest outside `policies/`."), "path": text("The path it is judged as.")});
    let verdicts = ["approved", "pending", "denied", "invalid", "ignored"];
    let expect = json!({
        "verdict": words(&verdicts, "What must come."),
        "policy": name("The policy that admits."),
        "codes": strings("Each must occur; `[]` is none."),
        "field": text("The field of one of the reasons."),
        "missing": {"type": "array", "description": "What approvals are missing."},
    });
    let case = json!({
        "name": text("What reports call it."),
        "request": object("A request that is made for the test.", request, &["path", "signerName"]),
        "file": object("A real manifest.", from_file, &["manifest", "path"]),
        "requester": requester(),
        "approvals": any_list(name("A Principal."), "Who approved."),
        "denials": any_list(name("A Principal."), "Who denied."),
        "expect": object("What must come.", expect, &["verdict"]),
    });
    let mut case = object("One request and its verdict.", case, &["name", "expect"]);
    case["oneOf"] = json!([{"required": ["request"]}, {"required": ["file"]}]);
    kind(
        "PolicyTest",
        &format!("Expected decisions. {LATER}"),
        json!({
            "now": time("The clock."),
            "requester": requester(),
            "cases": list(case, "Each is judged by itself."),
        }),
        &["cases"],
    )
}

fn requester() -> Value {
    let fields = json!({
        "name": name("A Principal."),
        "email": text("Its e-mail address."),
        "groups": any_list(name("A Group."), "Taken as given."),
        "verified": boolean("Whether a signature proves it."),
    });
    object("Who asks.", fields, &[])
}
