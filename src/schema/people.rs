//! The schemas of the kinds about people, and of revocations.
//!
//! Out comes one JSON Schema for each kind, made of the parts that all share; whatever the readers in `control` and
//! `revocation` take, it takes.

use serde_json::{Value, json};

use crate::schema::parts::{any_list, kind, list, name, object, text, time, words};
use crate::x509::crl::ReasonCode;

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
    // Lower-case hexadecimal, the first octet not 00, of at most 20 octets.
    let pattern = "^(0[1-9a-f]|[1-9a-f][0-9a-f])([0-9a-f]{2}){0,19}$";
    let serial = json!({"type": "string", "pattern": pattern, "description": "As `gitca get -o wide` prints it; in quotes."});
    let mut serials = list(serial, "Which certificates.");
    serials["uniqueItems"] = json!(true);
    let line = |what: &str| json!({"type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$", "description": what});
    let reasons = ReasonCode::ALL.map(ReasonCode::as_str);
    let mut schema = kind(
        "Revocation",
        "Takes certificates back, beside the request that they are of.",
        json!({
            "serialNumbers": serials,
            "all": {"const": true, "description": "All that were issued for the request when this is merged."},
            "reason": words(&reasons, "RFC 5280 5.3.1; with `keyCompromise` the key is never certified again. By default `unspecified`."),
            "revokedBy": line("Who says so, for display."),
            "comment": line("What else there is to say, for display."),
        }),
        &[],
    );
    schema["properties"]["spec"]["oneOf"] =
        json!([{"required": ["serialNumbers"]}, {"required": ["all"]}]);
    schema
}
