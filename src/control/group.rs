//! Groups: Principals that policies name together.
//!
//! In comes the spec of a Group file; out comes a [`Group`]. Who is in a group is the union of its own members and of
//! the Principals whose files name it, so that either side may be the one that is written.

use crate::control::document::Document;
use crate::control::principal::written;
use crate::control::surroundings::Surroundings;
use crate::names::{ObjectName, RepoPath};
use crate::yaml::Problems;

/// One group.
#[derive(Clone, Debug)]
pub struct Group {
    /// The name of the object.
    pub name: ObjectName,
    /// The file it was read from.
    pub file: RepoPath,
    /// What it is for.
    pub description: Option<String>,
    /// The members that its own file names.
    pub members: Vec<ObjectName>,
}

impl Group {
    /// Reads the spec of a Group file.
    pub fn read(
        document: &Document<'_>,
        around: &Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let spec = document
            .spec
            .object(&["description", "members"], problems)?;
        let description = spec.get("description");
        let description = description.and_then(|field| field.text(problems).map(str::to_owned));
        Some(Self {
            name: document.name.clone(),
            file: document.file.clone(),
            description,
            members: written(&spec, "members")
                .map(|field| around.principals(&field, problems))
                .unwrap_or_default(),
        })
    }
}
