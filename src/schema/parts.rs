//! The parts that schemas share: names, lifetimes, lists, usages, rules for values.
//!
//! In come a description and bounds; out comes JSON Schema (draft 7, which editors read). A part is as strict as one
//! pattern can be, and never stricter than the reader of the same value.

use serde_json::{Map, Value, json};

use crate::control::document::API_VERSION;
use crate::x509::subject::Attribute;
use crate::x509::usage::Usage;

/// The version of JSON Schema.
pub(super) const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// A mapping with exactly these keys.
pub(super) fn object(description: &str, properties: Value, required: &[&str]) -> Value {
    let mut schema = json!({
        "type": "object",
        "description": description,
        "required": required,
        "additionalProperties": false,
    });
    schema["properties"] = properties;
    schema
}

/// An object of `gitca.dev/v1alpha1` with this spec.
pub(super) fn kind(kind: &str, description: &str, spec: Value, required: &[&str]) -> Value {
    let metadata = json!({
        "name": name("Unique among the objects of this kind."),
        "labels": labels("Free; they decide nothing."),
        "annotations": labels("Free; they decide nothing."),
    });
    let mut schema = object(
        description,
        json!({
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": kind},
            "metadata": object("Its name.", metadata, &["name"]),
            "spec": object(description, spec, required),
        }),
        &["apiVersion", "kind", "metadata", "spec"],
    );
    schema["$schema"] = json!(DRAFT);
    schema["title"] = json!(kind);
    schema
}

/// Text that is not empty.
pub(super) fn text(description: &str) -> Value {
    json!({"type": "string", "minLength": 1, "description": description})
}

/// A DNS-1123 subdomain, as `metadata.name` in Kubernetes.
pub(super) fn name(description: &str) -> Value {
    let pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
    json!({"type": "string", "pattern": pattern, "description": description})
}

/// `domain/path`.
pub(super) fn signer_name(description: &str) -> Value {
    let pattern = "^[a-z0-9.-]+/[a-z0-9.-]+$";
    json!({"type": "string", "pattern": pattern, "maxLength": 571, "description": description})
}

/// Such as `90d` or `1h30m`.
pub(super) fn lifetime(description: &str) -> Value {
    json!({"type": "string", "pattern": "^([0-9]+[smhdw])+$", "description": description})
}

/// A second of UTC, RFC 3339.
pub(super) fn time(description: &str) -> Value {
    let pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$";
    json!({"type": "string", "pattern": pattern, "description": description})
}

/// A boolean.
pub(super) fn boolean(description: &str) -> Value {
    json!({"type": "boolean", "description": description})
}

/// A whole number within bounds.
pub(super) fn integer(description: &str, least: u64, most: Option<u64>) -> Value {
    let mut schema = json!({"type": "integer", "minimum": least, "description": description});
    if let Some(most) = most {
        schema["maximum"] = json!(most);
    }
    schema
}

/// One of a few words.
pub(super) fn words(words: &[&str], description: &str) -> Value {
    json!({"enum": words, "description": description})
}

/// A list that is not empty.
pub(super) fn list(item: Value, description: &str) -> Value {
    let mut schema = any_list(item, description);
    schema["minItems"] = json!(1);
    schema
}

/// A list that may be empty.
pub(super) fn any_list(item: Value, description: &str) -> Value {
    let mut schema = json!({"type": "array", "description": description});
    schema["items"] = item;
    schema
}

/// A mapping of text to text.
pub(super) fn labels(description: &str) -> Value {
    json!({"type": "object", "additionalProperties": {"type": "string"}, "description": description})
}

/// A usage by its Kubernetes name.
pub(super) fn usage() -> Value {
    json!({"enum": Usage::ALL.map(Usage::as_str)})
}

/// A file below `policies/`.
pub(super) fn file(description: &str) -> Value {
    json!({"type": "string", "pattern": "^[^/].*$", "description": description})
}

/// The kinds of key.
pub(super) fn keys(description: &str) -> Value {
    let rsa =
        json!({"bits": list(integer("The length of the modulus.", 2048, Some(8192)), "Lengths.")});
    let curves = list(words(&["P-256", "P-384", "P-521"], "A curve."), "Curves.");
    let ecdsa = json!({"curves": curves});
    let item = json!({"anyOf": [
        {"enum": ["rsa", "ecdsa", "ed25519"]},
        object("RSA keys.", json!({"rsa": object("RSA.", rsa, &["bits"])}), &["rsa"]),
        object("ECDSA keys.", json!({"ecdsa": object("ECDSA.", ecdsa, &["curves"])}), &["ecdsa"]),
    ]});
    list(item, description)
}

/// What a value is compared with: a glob, `{exact: …}` or `{regex: …}`.
fn entry() -> Value {
    json!({"anyOf": [
        {"type": "string", "minLength": 1},
        object("Exactly this.", json!({"exact": text("The value.")}), &["exact"]),
        object("A regular expression, anchored at both ends.", json!({"regex": text("The pattern.")}), &["regex"]),
    ]})
}

/// A list of patterns of a deny policy.
pub(super) fn entries(description: &str) -> Value {
    list(entry(), description)
}

/// A rule of an approval policy, with the keys that only its field has.
pub(super) fn rule(description: &str, more: &[(&str, Value)]) -> Value {
    let mut properties = counts();
    properties.insert(
        "values".into(),
        list(entry(), "Every value must match one of these."),
    );
    for (key, schema) in more {
        properties.insert((*key).into(), schema.clone());
    }
    object(description, Value::Object(properties), &[])
}

/// A rule for IP addresses.
pub(super) fn ip_rule() -> Value {
    let mut properties = counts();
    properties.insert(
        "cidrs".into(),
        list(cidr(), "Blocks that an address may be in."),
    );
    properties.insert(
        "except".into(),
        list(cidr(), "Blocks that it may not be in."),
    );
    object("IP addresses.", Value::Object(properties), &[])
}

/// A block of addresses.
pub(super) fn cidr() -> Value {
    json!({"type": "string", "pattern": "^[0-9a-fA-F:.]+/[0-9]{1,3}$"})
}

fn counts() -> Map<String, Value> {
    let counts = [
        (
            "absent",
            boolean("None may be asked for, the same as leaving the rule out."),
        ),
        ("any", boolean("Every value, except reserved ones.")),
        ("required", boolean("At least one.")),
        ("minItems", integer("At least so many.", 1, None)),
        ("maxItems", integer("At most so many.", 1, None)),
    ];
    counts
        .into_iter()
        .map(|(key, schema)| (key.to_owned(), schema))
        .collect()
}

/// A mapping with a schema for each subject attribute.
pub(super) fn by_attribute(schema: impl Fn(Attribute) -> Value) -> Value {
    let properties: Map<String, Value> = Attribute::ALL
        .into_iter()
        .map(|attribute| (attribute.name().to_owned(), schema(attribute)))
        .collect();
    object("Attributes of the subject.", Value::Object(properties), &[])
}

/// Which requests a policy, or an exception, is about.
pub(super) fn selector(description: &str) -> Value {
    let glob = object(
        "All that match.",
        json!({"glob": text("Such as `example.com/*`.")}),
        &["glob"],
    );
    let pattern = json!({"anyOf": [signer_name("Exactly this."), glob]});
    let by_labels = json!({"matchLabels": labels("All of these; the requester chooses them.")});
    object(
        description,
        json!({
            "signerNames": list(pattern, "Names of signers."),
            "paths": list(text("`*` within one piece, `**` one or more pieces."), "Paths below `requests/`."),
            "requesters": object("Who asked, in one of these.", people(), &[]),
            "labels": object("Labels of the request.", by_labels, &["matchLabels"]),
            "everything": {"const": true, "description": "Every request; stands alone."},
        }),
        &[],
    )
}

/// Groups and principals.
fn people() -> Value {
    json!({
        "groups": list(name("A Group."), "Groups of which one is enough."),
        "principals": list(name("A Principal."), "Principals of whom one is enough."),
    })
}

/// Who has to approve; the tree refers to [`requirement`].
pub(super) fn approvals() -> Value {
    json!({
        "description": "Who has to approve; `none` is the merge alone.",
        "anyOf": [{"const": "none"}, {"$ref": "#/definitions/branch"}],
    })
}

/// The definitions that [`approvals`] refers to.
pub(super) fn requirement() -> Value {
    let mut slot = people();
    slot["count"] = integer("So many persons; one, without it.", 1, None);
    let mut slot = object("So many persons.", slot, &[]);
    slot["anyOf"] = json!([{"required": ["groups"]}, {"required": ["principals"]}]);
    let part = json!({"anyOf": [slot, {"$ref": "#/definitions/branch"}]});
    let any = json!({"anyOf": list(part.clone(), "One is enough.")});
    let all = json!({"allOf": list(part, "All are needed, each person for one.")});
    json!({"branch": {"anyOf": [
        object("One is enough.", any, &["anyOf"]),
        object("All are needed.", all, &["allOf"]),
    ]}})
}
