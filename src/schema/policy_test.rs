//! The schema of PolicyTest. Names and subjects may be whatever a test wants to see refused, so they are any text.
//!
//! Out comes one JSON Schema, made of the parts that all share; whatever the reader in `control` takes, it takes.

use serde_json::{Value, json};

use crate::schema::parts::{
    any_list, boolean, by_attribute, file, kind, labels, list, name, object, signer_name, text,
    time, usage, words,
};

const KEYS: [&str; 7] = [
    "ecdsa-p256",
    "ecdsa-p384",
    "ecdsa-p521",
    "ed25519",
    "rsa-2048",
    "rsa-3072",
    "rsa-4096",
];

pub(super) fn policy_test() -> Value {
    let case = json!({
        "name": text("What reports call it; each case of a file has its own."),
        "request": request(),
        "file": manifest(),
        "requester": requester(),
        "approvals": any_list(name("A Principal."), "Who approved."),
        "denials": any_list(name("A Principal."), "Who denied."),
        "expect": expectation(),
    });
    let mut case = object("One request and its verdict.", case, &["name", "expect"]);
    case["oneOf"] = json!([{"required": ["request"]}, {"required": ["file"]}]);
    kind(
        "PolicyTest",
        "Expected decisions, run by `gitca policy test`; a file below `policies/tests/`.",
        json!({
            "now": time("The clock; without it that of the run."),
            "requester": requester(),
            "cases": list(case, "Each is judged by itself."),
        }),
        &["cases"],
    )
}

fn request() -> Value {
    let fields = json!({
        "path": text("Its path below `requests/`, without `.yaml`."),
        "signerName": signer_name("Who is asked."),
        "usages": any_list(usage(), "What it asks for."),
        "expirationSeconds": {"type": "integer", "description": "The lifetime that it asks for."},
        "labels": labels("Its labels."),
        "subject": by_attribute(|_| json!({"anyOf": [{"type": "string"}, strings("Values.")]})),
        "dnsNames": strings("DNS names."),
        "ipAddresses": strings("IP addresses."),
        "uris": strings("URIs."),
        "emailAddresses": strings("E-mail addresses."),
        "key": words(&KEYS, "The kind of its key; `ecdsa-p256`, without it."),
    });
    let description = "A request that is made for the test.";
    object(description, fields, &["path", "signerName"])
}

fn manifest() -> Value {
    let fields = json!({
        "manifest": file("A file outside of `policies/`."),
        "path": text("The path that it is judged as, without `requests/` and `.yaml`."),
    });
    object("A real manifest.", fields, &["manifest", "path"])
}

fn requester() -> Value {
    let fields = json!({
        "name": name("Who it is; no Principal needs to be called so."),
        "email": {"type": "string", "description": "The address that the rules see."},
        "groups": any_list(name("A Group."), "Taken as given, whatever the Principal's file says."),
        "verified": boolean("Whether a signature proves it; without one only the author mode believes it."),
    });
    let mut schema = object("Who asks; nobody, where nothing is written.", fields, &[]);
    schema["anyOf"] = json!([{"maxProperties": 0}, {"required": ["name"]}]);
    schema
}

fn expectation() -> Value {
    let verdicts = ["approved", "pending", "denied", "invalid", "ignored"];
    let lack = json!({
        "groups": any_list(name("A Group."), "Groups of which one could give it."),
        "principals": any_list(name("A Principal."), "Principals of whom one could give it."),
        "count": {"type": "integer", "minimum": 1, "description": "So many persons; one, without it."},
    });
    let lack = object("Approvals that are missing.", lack, &[]);
    let expect = json!({
        "verdict": words(&verdicts, "What must come."),
        "policy": name("The policy that admits, or that one of the reasons is of."),
        "codes": strings("Each must come; `[]` is none at all."),
        "field": {"type": "string", "description": "The field of one of the reasons."},
        "missing": any_list(lack, "What approvals are missing."),
    });
    object(
        "What must come; what is not written is not compared.",
        expect,
        &["verdict"],
    )
}

fn strings(description: &str) -> Value {
    any_list(json!({"type": "string"}), description)
}
