//! Where each field of a manifest stands, kept so that whoever judges a request later can point at it.
//!
//! In comes the tree of a manifest; out come places by path. Paths are those of Kubernetes (`spec.usages[1]`), and
//! those of a CSR (`csr.dnsNames[0]`), which all stand at `spec.request`.

use std::collections::BTreeMap;

use crate::finding::Place;
use crate::yaml::{Field, Node};

/// The place of every field that is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places(BTreeMap<String, Place>);

impl Places {
    pub(super) fn of(document: &Node) -> Self {
        let mut places = Self::default();
        places.note(&Field::root(document));
        places
    }

    /// The place of a field, or of the nearest one that it lies in.
    pub(super) fn locate(&self, field: &str) -> Option<Place> {
        if field == "csr" || field.starts_with("csr.") {
            return self.locate("spec.request");
        }
        let mut path = field;
        loop {
            if let Some(place) = self.0.get(path) {
                return Some(*place);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }

    fn note(&mut self, field: &Field<'_>) {
        for child in field.children() {
            self.note(&child);
            self.0.insert(child.path, child.place);
        }
    }
}
