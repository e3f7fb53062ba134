//! Where each field of a document stands, kept so that whoever judges something later can point at it.
//!
//! In comes the tree of a document; out come places by path (`spec.usages[1]`): those of the values, as readers report
//! them, or of the keys where a value begins on a line of its own, as people look for them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::finding::Place;
use crate::yaml::{Entry, Node, Value};

// The longest path that anybody asks for is that of a label, whose key has at most 317 characters. Below a longer one
// every value would make the path anew.
const LONGEST_PATH: usize = 512;

/// The place of every field that is written, but for those far below long keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<String, Place>);

impl Places {
    /// The places where values begin.
    #[must_use]
    pub fn of(document: &Node) -> Self {
        Self::noted(document, |entry| entry.node.place)
    }

    /// The same, but of the key where the value begins on a later line.
    #[must_use]
    pub fn of_keys(document: &Node) -> Self {
        Self::noted(document, |entry| {
            if entry.node.place.line > entry.place.line {
                entry.place
            } else {
                entry.node.place
            }
        })
    }

    /// The place of a field, or of the nearest one that it lies in; `None` when not even its first part is there.
    #[must_use]
    pub fn locate(&self, field: &str) -> Option<Place> {
        let mut path = field;
        loop {
            if let Some(place) = self.0.get(path) {
                return Some(*place);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }

    fn noted(document: &Node, place: fn(&Entry) -> Place) -> Self {
        let mut places = Self::default();
        places.note(&mut String::new(), &document.value, place);
        places
    }

    /// Notes what lies below a path, which is as it was when this returns.
    fn note(&mut self, path: &mut String, value: &Value, place: fn(&Entry) -> Place) {
        let end = path.len();
        if end > LONGEST_PATH {
            return;
        }
        match value {
            Value::Map(entries) => {
                for entry in entries {
                    path.push_str(if end == 0 { "" } else { "." });
                    path.push_str(&entry.key);
                    self.0.insert(path.clone(), place(entry));
                    self.note(path, &entry.node.value, place);
                    path.truncate(end);
                }
            }
            Value::List(nodes) => {
                for (index, node) in nodes.iter().enumerate() {
                    // Writing into a String can't fail.
                    let _ = write!(path, "[{index}]");
                    self.0.insert(path.clone(), node.place);
                    self.note(path, &node.value, place);
                    path.truncate(end);
                }
            }
            Value::Null | Value::Plain(_) | Value::Text(_) => {}
        }
    }
}
