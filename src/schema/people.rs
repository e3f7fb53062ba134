//! The schemas of the kinds about people, and of revocations.

use serde_json::{Value, json};

use crate::schema::parts::{any_list, kind, list, name, object, text, time, words};

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
        "Takes certificates back, beside the request that they are of.",
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
