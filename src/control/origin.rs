//! Where an object of the control zone was read from: its file, and the line of each of its fields.
//!
//! In comes the head of a file; out comes an [`Origin`] that stays with the object, so that what it has against a request
//! can be shown at the line that says so. It decides nothing.

use std::sync::Arc;

use crate::control::document::Document;
use crate::finding::{Place, Reason, Rule};
use crate::names::RepoPath;
use crate::yaml::places::Places;

/// A file and the places of its fields.
#[derive(Clone, Debug)]
pub struct Origin {
    file: RepoPath,
    places: Arc<Places>,
}

impl Origin {
    /// The origin of what this document holds.
    #[must_use]
    pub fn of(document: &Document<'_>) -> Self {
        Self {
            file: document.file.clone(),
            places: Arc::new(Places::of_keys(document.root)),
        }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &RepoPath {
        &self.file
    }

    /// Where a field stands, or the nearest one around it.
    #[must_use]
    pub fn locate(&self, field: &str) -> Option<Place> {
        self.places.locate(field)
    }

    /// The field with its file and line; where nothing is written, the nearest one around it.
    #[must_use]
    pub fn rule(&self, field: &str) -> Rule {
        Rule {
            field: field.to_owned(),
            file: Some(self.file.clone()),
            line: self.places.locate(field).map(|place| place.line),
        }
    }

    /// The reason with the file and line of what it rests on, if it rests on a field here.
    #[must_use]
    pub fn place(&self, mut reason: Reason) -> Reason {
        let rule = reason.rule.map(|rule| self.rule(&rule.field));
        reason.rule = rule.map(Box::new);
        reason
    }
}
