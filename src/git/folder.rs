//! Where a file lies that a walk over trees has met.
//!
//! In come names from directories; out come paths, put together when they are asked for: a stranger may have put very many
//! files into a very deep directory.

use std::rc::Rc;

use crate::names::ObjectId;
use crate::zones::{self, Role, Scope, Zone};

/// A file that is new, by its directory and its name: a stranger may have put very many into a very deep one.
#[derive(Debug)]
pub(super) struct File {
    folder: Rc<Folder>,
    name: String,
    pub(super) id: ObjectId,
}

/// A directory, by its path with a slash behind it.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: String,
    pub(super) is_in_zone: bool,
    has_statements: bool,
}

impl Folder {
    pub(super) fn of(path: String) -> Self {
        Self {
            is_in_zone: Zone::of(&path).is_some(),
            has_statements: is_statement(&format!("{path}x.json")),
            path,
        }
    }

    /// What the readers of the top and of the zones know of names here.
    pub(super) fn scope(&self) -> Option<Scope> {
        match self.path.as_str() {
            "" => Some(Scope::Root),
            _ => self.is_in_zone.then_some(Scope::Zone),
        }
    }
}

fn is_statement(path: &str) -> bool {
    matches!(zones::role(path), Some(Role::Statement(_)))
}

impl File {
    pub(super) fn of(folder: &Rc<Folder>, name: String, id: ObjectId) -> Self {
        let folder = Rc::clone(folder);
        Self { folder, name, id }
    }

    /// Whether it lies in one of the zones.
    pub(super) fn is_in_zone(&self) -> bool {
        self.folder.is_in_zone
    }

    /// The path, put together when it is asked for.
    pub(super) fn path(&self) -> String {
        format!("{}{}", self.folder.path, self.name)
    }

    /// Whether it says something about a request.
    pub(super) fn is_statement(&self) -> bool {
        self.folder.has_statements && is_statement(&self.path())
    }
}
