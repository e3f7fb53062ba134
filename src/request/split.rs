//! Files with several requests, and objects that a cluster gave back, as one plain manifest each.
//!
//! In comes a text: a manifest, a stream of YAML or JSON, a `List`, or what `kubectl get csr -o yaml` prints. Out comes
//! one [`Piece`] for each request with what it asks for alone; what an API server had filled in is left out and named,
//! and nothing else is. The strict reader of requests judges the pieces like any other manifest.

mod stream;

use serde::Serialize;
use serde::ser::{SerializeMap as _, SerializeSeq as _, Serializer};

use crate::finding::{Code, Reason};
use crate::request::KIND;
use crate::request::metadata::FILLED_BY_SERVER;
use crate::request::spec::IDENTITY;
use crate::yaml::{Entry, Node, Value, is_boolean, is_number, parser};

const LIST: &str = "List";
const TYPED_LIST: &str = "CertificateSigningRequestList";
// What a request says, in the order in which it is written.
const TOP: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];
const METADATA: [&str; 3] = ["name", "labels", "annotations"];
const SPEC: [&str; 4] = ["signerName", "expirationSeconds", "usages", "request"];
// An API server keeps the prefix from which it made the name, and notes that the object is being deleted.
const ALSO_FILLED: [&str; 3] = [
    "generateName",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];
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
    for (line, document) in stream::documents(text) {
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

fn items(node: &Node) -> Result<Vec<Piece>, Vec<Reason>> {
    let kind = get(node, "kind").and_then(text_of).unwrap_or_default();
    if ![LIST, TYPED_LIST].contains(&kind) {
        return Ok(vec![piece(node)?]);
    }
    let Some(Value::List(items)) = get(node, "items").map(|items| &items.value) else {
        let reason = Reason::new(Code::MalformedSpec, "the list has no `items`");
        return Err(vec![reason.field("items").at(node.place)]);
    };
    let mut pieces = Vec::new();
    let mut reasons = Vec::new();
    for item in items {
        let found = if kind == TYPED_LIST {
            piece(&alone(item, node))
        } else {
            piece(item)
        };
        match found {
            Ok(piece) => pieces.push(piece),
            Err(found) => reasons.extend(found),
        }
    }
    if reasons.is_empty() {
        Ok(pieces)
    } else {
        Err(reasons)
    }
}

/// An item of a typed list with what the list says for all of them: their version and kind.
fn alone(item: &Node, list: &Node) -> Node {
    let mut item = item.clone();
    let place = item.place;
    let kind = Node {
        place,
        value: Value::Text(KIND.to_owned()),
    };
    let version = get(list, "apiVersion").cloned();
    for (key, said) in [("apiVersion", version), ("kind", Some(kind))] {
        if get(&item, key).is_none()
            && let (Some(node), Value::Map(entries)) = (said, &mut item.value)
        {
            let key = key.to_owned();
            entries.push(Entry { key, place, node });
        }
    }
    item
}

fn piece(node: &Node) -> Result<Piece, Vec<Reason>> {
    let name = name(node).map_err(|reason| vec![reason.at(node.place)])?;
    let (manifest, left_out) = asked(node);
    let mut reasons = Vec::new();
    refuse_ambiguous(&manifest, &mut reasons);
    if !reasons.is_empty() {
        return Err(reasons);
    }
    let options = serde_yaml::ser_options! { prefer_block_scalars: false };
    let text = serde_yaml::to_string_with_options(&Written(&manifest), options);
    let text = text.map_err(|error| {
        let reason = Reason::new(Code::OperationFailed, format!("can't be written: {error}"));
        vec![reason.at(node.place)]
    })?;
    Ok(Piece {
        name,
        text,
        left_out,
    })
}

/// The name of a request, if it is one.
fn name(node: &Node) -> Result<String, Reason> {
    let kind = get(node, "kind").and_then(text_of).unwrap_or_default();
    if kind != KIND {
        let reason = Reason::new(Code::MalformedSpec, format!("is no {KIND}"));
        return Err(reason.field("kind").value(kind));
    }
    let name = get(node, "metadata").and_then(|metadata| get(metadata, "name"));
    let name = name.and_then(text_of).map(str::to_owned);
    name.ok_or_else(|| {
        let reason = Reason::new(Code::FieldValueRequired, "the request has no name");
        reason.field("metadata.name")
    })
}

/// The request with what it asks for alone, and the fields that were left out.
fn asked(node: &Node) -> (Node, Vec<String>) {
    let mut left_out = Vec::new();
    let mut kept = keep(node, &TOP, &["status"], "", &mut left_out);
    let filled = [&FILLED_BY_SERVER[..], &ALSO_FILLED].concat();
    for (section, fields, filled) in [
        ("metadata", &METADATA[..], &filled[..]),
        ("spec", &SPEC, &IDENTITY),
    ] {
        if let Some(part) = kept.iter_mut().find(|entry| entry.key == section)
            && matches!(part.node.value, Value::Map(_))
        {
            let path = format!("{section}.");
            part.node.value = Value::Map(keep(&part.node, fields, filled, &path, &mut left_out));
        }
    }
    drop_last_applied(&mut kept, &mut left_out);
    let manifest = Node {
        place: node.place,
        value: Value::Map(kept),
    };
    (manifest, left_out)
}

/// The entries without those that an API server filled in, which are noted: first what a request says, in this order,
/// then what the reader of requests will refuse.
fn keep(
    node: &Node,
    first: &[&str],
    filled: &[&str],
    path: &str,
    left_out: &mut Vec<String>,
) -> Vec<Entry> {
    let Value::Map(entries) = &node.value else {
        return Vec::new();
    };
    let (dropped, mut kept): (Vec<Entry>, Vec<Entry>) = entries
        .iter()
        .cloned()
        .partition(|entry| filled.contains(&entry.key.as_str()));
    left_out.extend(dropped.iter().map(|entry| format!("{path}{}", entry.key)));
    let rank = |entry: &Entry| first.iter().position(|key| *key == entry.key);
    kept.sort_by_key(|entry| rank(entry).unwrap_or(first.len()));
    kept
}

/// Booleans and numbers other than decimal integers have no place in a request; to write them as text would repair it.
fn refuse_ambiguous(node: &Node, reasons: &mut Vec<Reason>) {
    match &node.value {
        Value::Plain(text) if integer(text).is_none() && (is_boolean(text) || is_number(text)) => {
            let message = "is neither text nor a decimal integer";
            let reason = Reason::new(Code::MalformedSpec, message).value(text);
            reasons.push(
                reason
                    .help("put it into quotes if it is text")
                    .at(node.place),
            );
        }
        Value::List(nodes) => nodes
            .iter()
            .for_each(|node| refuse_ambiguous(node, reasons)),
        Value::Map(entries) => {
            let nodes = entries.iter().map(|entry| &entry.node);
            nodes.for_each(|node| refuse_ambiguous(node, reasons));
        }
        Value::Null | Value::Plain(_) | Value::Text(_) => {}
    }
}

fn integer(text: &str) -> Option<i64> {
    let number = text.parse::<i64>().ok()?;
    (number.to_string() == text).then_some(number)
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
            Value::Plain(text) => match integer(text) {
                Some(number) => serializer.serialize_i64(number),
                None => serializer.serialize_str(text),
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
mod tests;
