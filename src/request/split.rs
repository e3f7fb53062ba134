//! Files with several requests, and objects that a cluster gave back, as one plain manifest each.
//!
//! In comes a text: a manifest, a YAML stream, a `List`, or what `kubectl get csr -o yaml` prints. Out comes one
//! [`Piece`] for each request with what it asks for alone; what an API server had filled in is left out and named. The
//! strict reader of requests judges the pieces like any other manifest.

use serde::Serialize;
use serde::ser::{SerializeMap as _, SerializeSeq as _, Serializer};

use crate::finding::{Code, Reason};
use crate::yaml::{Entry, Node, Value, parser};

const LISTS: [&str; 2] = ["List", "CertificateSigningRequestList"];
const KIND: &str = "CertificateSigningRequest";
// What a request says, in the order in which it is written; everything else comes from an API server.
const TOP: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];
const METADATA: [&str; 3] = ["name", "labels", "annotations"];
const SPEC: [&str; 4] = ["signerName", "expirationSeconds", "usages", "request"];
// kubectl's copy of the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// One request of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its `metadata.name`.
    pub name: String,
    /// The manifest.
    pub text: String,
    /// The fields that were left out, such as `status`.
    pub left_out: Vec<String>,
}

/// Splits a text into its requests.
///
/// # Errors
/// Every reason why a document of it can't be read or is no request.
pub fn split(text: &str) -> Result<Vec<Piece>, Vec<Reason>> {
    let mut pieces = Vec::new();
    let mut reasons = Vec::new();
    for (line, document) in documents(text) {
        let shifted = |mut reason: Reason| {
            reason.line = reason.line.map(|found| found + line);
            reason
        };
        match parser::parse(document.as_bytes()) {
            Ok(node) => match items(&node) {
                Ok(found) => pieces.extend(found),
                Err(found) => reasons.extend(found.into_iter().map(shifted)),
            },
            Err(found) => reasons.extend(found.into_iter().map(shifted)),
        }
    }
    if pieces.is_empty() && reasons.is_empty() {
        let reason = Reason::new(Code::MalformedFile, "there is no request in it");
        reasons.push(reason.help("`kubectl get csr NAME -o yaml` prints one"));
    }
    if reasons.is_empty() {
        Ok(pieces)
    } else {
        Err(reasons)
    }
}

/// The documents of a stream that hold anything, each with the number of lines before it (YAML 1.2.2, 9.2).
fn documents(text: &str) -> Vec<(u32, String)> {
    let mut documents = vec![(0, String::new())];
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let mark = line.trim_end();
        if mark == "---" || mark == "..." {
            documents.push((number, String::new()));
        } else if let Some((_, document)) = documents.last_mut() {
            document.push_str(line);
        }
    }
    documents.retain(|(_, document)| {
        let says_something = |line: &str| !line.trim().is_empty() && !line.trim().starts_with('#');
        document.lines().any(says_something)
    });
    documents
}

fn items(node: &Node) -> Result<Vec<Piece>, Vec<Reason>> {
    let kind = get(node, "kind").and_then(text_of).unwrap_or_default();
    if LISTS.contains(&kind) {
        let Some(Value::List(items)) = get(node, "items").map(|items| &items.value) else {
            let reason = Reason::new(Code::MalformedSpec, "the list has no `items`");
            return Err(vec![reason.field("items").at(node.place)]);
        };
        let found: Vec<_> = items.iter().map(piece).collect();
        let reasons: Vec<Reason> = found.iter().filter_map(|item| item.clone().err()).collect();
        if !reasons.is_empty() {
            return Err(reasons);
        }
        return Ok(found.into_iter().flatten().collect());
    }
    Ok(vec![piece(node).map_err(|reason| vec![reason])?])
}

fn piece(node: &Node) -> Result<Piece, Reason> {
    let kind = get(node, "kind").and_then(text_of).unwrap_or_default();
    if kind != KIND {
        let reason = Reason::new(Code::MalformedSpec, format!("is no {KIND}"));
        return Err(reason.field("kind").value(kind).at(node.place));
    }
    let name = get(node, "metadata").and_then(|metadata| get(metadata, "name"));
    let Some(name) = name.and_then(text_of) else {
        let reason = Reason::new(Code::FieldValueRequired, "the request has no name");
        return Err(reason.field("metadata.name").at(node.place));
    };
    let mut left_out = Vec::new();
    let mut kept = keep(node, &TOP, "", &mut left_out);
    for (section, fields) in [("metadata", &METADATA[..]), ("spec", &SPEC[..])] {
        if let Some(part) = kept.iter_mut().find(|entry| entry.key == section) {
            let path = format!("{section}.");
            part.node.value = Value::Map(keep(&part.node, fields, &path, &mut left_out));
        }
    }
    drop_last_applied(&mut kept, &mut left_out);
    let manifest = Node {
        place: node.place,
        value: Value::Map(kept),
    };
    let options = serde_yaml::ser_options! { prefer_block_scalars: false };
    let text = serde_yaml::to_string_with_options(&Written(&manifest), options);
    let text = text.map_err(|error| {
        Reason::new(Code::OperationFailed, format!("can't be written: {error}")).at(node.place)
    })?;
    Ok(Piece {
        name: name.to_owned(),
        text,
        left_out,
    })
}

/// The entries with these keys, in this order; the others are noted.
fn keep(node: &Node, keys: &[&str], path: &str, left_out: &mut Vec<String>) -> Vec<Entry> {
    let Value::Map(entries) = &node.value else {
        return Vec::new();
    };
    let others = entries
        .iter()
        .filter(|entry| !keys.contains(&entry.key.as_str()));
    left_out.extend(others.map(|entry| format!("{path}{}", entry.key)));
    let find = |key: &&str| entries.iter().find(|entry| entry.key == **key).cloned();
    keys.iter().filter_map(find).collect()
}

fn drop_last_applied(kept: &mut [Entry], left_out: &mut Vec<String>) {
    let Some(metadata) = kept.iter_mut().find(|entry| entry.key == "metadata") else {
        return;
    };
    let Value::Map(fields) = &mut metadata.node.value else {
        return;
    };
    if let Some(annotations) = fields.iter_mut().find(|entry| entry.key == "annotations")
        && let Value::Map(entries) = &mut annotations.node.value
    {
        let before = entries.len();
        entries.retain(|entry| entry.key != LAST_APPLIED);
        if entries.len() < before {
            left_out.push(format!("metadata.annotations[{LAST_APPLIED}]"));
        }
    }
    fields.retain(|entry| entry.key != "annotations" || entry.node.value != Value::Map(Vec::new()));
}

fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.value {
        Value::Map(entries) => entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node),
        _ => None,
    }
}

fn text_of(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Plain(text) | Value::Text(text) => Some(text),
        _ => None,
    }
}

/// A node as it is written again: a plain integer stays one, everything else is text.
struct Written<'n>(&'n Node);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.value {
            Value::Null => serializer.serialize_unit(),
            Value::Plain(text) => match text.parse::<i64>() {
                Ok(number) if number.to_string() == *text => serializer.serialize_i64(number),
                _ => serializer.serialize_str(text),
            },
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(nodes) => {
                let mut list = serializer.serialize_seq(Some(nodes.len()))?;
                for node in nodes {
                    list.serialize_element(&Written(node))?;
                }
                list.end()
            }
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for entry in entries {
                    map.serialize_entry(&entry.key, &Written(&entry.node))?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_lists_become_one_plain_manifest_for_each_request() {
        let one = "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata:\n  name: jane\n  \
                   uid: abc\nspec:\n  request: AA==\n  expirationSeconds: 3600\n  username: eve\nstatus: {}\n";
        let other = r#"{"kind": "CertificateSigningRequest", "metadata": {"name": "1e3"}, "spec": {"usages": ["any"]}}"#;
        let plain = "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata:\n  name: jane\nspec:\n  \
                     expirationSeconds: 3600\n  request: AA==\n";
        let indented = one.replace('\n', "\n  ");
        for text in [
            format!("{one}---\n{other}\n"),
            format!("# notes\n---\n{one}...\n---\n{other}\n"),
            format!("kind: List\nitems:\n- {indented}\n- {other}\n"),
        ] {
            let pieces = split(&text).unwrap_or_else(|reasons| panic!("{text}\n{reasons:?}"));
            let names: Vec<&str> = pieces.iter().map(|piece| piece.name.as_str()).collect();
            assert_eq!(names, ["jane", "1e3"], "{text}");
            assert_eq!(pieces[0].text, plain, "{text}");
            assert_eq!(
                pieces[0].left_out,
                ["status", "metadata.uid", "spec.username"]
            );
            assert!(
                pieces[1].text.contains("name: \"1e3\""),
                "{}",
                pieces[1].text
            );
        }
    }

    #[test]
    fn what_is_no_request_is_told_with_its_line_in_the_file() {
        for (text, expected) in [
            ("", (None, "there is no request in it")),
            ("kind: List\n", (Some(1), "the list has no `items`")),
            ("kind: Pod\n", (Some(1), "is no CertificateSigningRequest")),
            (
                "# a\n---\n---\nkind: Pod\n",
                (Some(4), "is no CertificateSigningRequest"),
            ),
            (
                "kind: CertificateSigningRequest\n",
                (Some(1), "the request has no name"),
            ),
        ] {
            let reasons = split(text).expect_err("it is no request");
            let found = (reasons[0].line, reasons[0].message.as_str());
            assert_eq!(found, expected, "{text}");
        }
    }
}
