//! Where each field of a document stands, kept so that whoever judges something later can point at it.
//!
//! In comes the tree of a document; out come places by path (`spec.usages[1]`): those of the values, as readers report
//! them, or of the keys where a value begins on a line of its own, as people look for them.

use std::collections::BTreeMap;

use crate::finding::Place;
use crate::yaml::{Entry, Field, Node, Value, join};

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
        places.note(&Field::root(document), place);
        places
    }

    fn note(&mut self, field: &Field<'_>, place: fn(&Entry) -> Place) {
        if field.path.len() > LONGEST_PATH {
            return;
        }
        if let Value::Map(entries) = &field.node.value {
            for entry in entries {
                self.0.insert(join(&field.path, &entry.key), place(entry));
            }
        }
        for child in field.children() {
            self.0.entry(child.path.clone()).or_insert(child.place);
            self.note(&child, place);
        }
    }
}
