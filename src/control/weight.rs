//! How much work a policy file makes by being read, looked at before any of it is done.
//!
//! In comes the tree of one file; out comes what there is too much of. A regular expression and a rule are compiled when
//! the file is loaded, each within limits of its own; a file of nothing else would still cost seconds and a gigabyte.

use crate::finding::{Code, Place, Reason};
use crate::yaml::{Node, Value};

/// The keys whose values are compiled, and how many of each a file may have.
const COMPILED: [(&str, usize, &str); 2] =
    [("regex", 32, "regular expressions"), ("rule", 64, "rules")];

/// The reasons against a file that has too much to compile.
pub(super) fn check(root: &Node) -> Vec<Reason> {
    let reason = |(key, most, name): (&str, usize, &str)| {
        let place = nth(root, key, &mut (most + 1))?;
        let message = format!("a file has at most {most} {name}");
        let reason = Reason::new(Code::ConfigInvalid, message).at(place);
        Some(reason.help("split it into several files"))
    };
    COMPILED.into_iter().filter_map(reason).collect()
}

/// Where the key stands for the time that `left` is counted down by.
fn nth(node: &Node, key: &str, left: &mut usize) -> Option<Place> {
    match &node.value {
        Value::Map(entries) => entries.iter().find_map(|entry| {
            if entry.key == key {
                *left -= 1;
                if *left == 0 {
                    return Some(entry.place);
                }
            }
            nth(&entry.node, key, left)
        }),
        Value::List(nodes) => nodes.iter().find_map(|node| nth(node, key, left)),
        Value::Null | Value::Plain(_) | Value::Text(_) => None,
    }
}
