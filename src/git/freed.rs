//! The requests that a change lets be judged, since it takes away what lay in their way.
//!
//! In come the base and what a merge would make of it; out come open requests that the merge leaves alone, and that were
//! none in the base: of two whose names differ in the case of letters, of a request and a directory of its name, and below
//! attributes, nothing is judged.

use std::collections::{BTreeSet, HashSet};

use anyhow::Context as _;

use crate::git::differing::differing;
use crate::git::objects::Objects;
use crate::git::proposal::Proposal;
use crate::git::tree;
use crate::names::RequestName;
use crate::snapshot::Snapshot;
use crate::zones::{self, Role};

impl Proposal<'_> {
    /// The open requests that something beside them kept from being judged before the merge, which the snapshot shows. What
    /// the merge brings itself may be among them.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn freed(&self, snapshot: &Snapshot) -> anyhow::Result<BTreeSet<RequestName>> {
        let objects = Objects::of(self.repository)?;
        let requests = |top| objects.entry(top, "requests", tree::DIRECTORY);
        let base = self.repository.tree_of(self.base)?;
        let open: HashSet<&str> = snapshot.open.keys().map(RequestName::as_str).collect();
        let mut may_free = false;
        let mut show = |path: &str| may_free |= is_beside(path, &open);
        differing(
            &objects,
            "requests/",
            requests(base)?,
            requests(self.top)?,
            &mut show,
        )?;
        if !may_free {
            return Ok(BTreeSet::new());
        }
        let before =
            zones::survey(&objects, &base, &BTreeSet::new()).context("reading the base")?;
        let is_freed = |name: &&RequestName| {
            !before.open.contains_key(*name) && !before.issued.contains_key(*name)
        };
        Ok(snapshot.open.keys().filter(is_freed).cloned().collect())
    }
}

/// Whether what is at this path could stand in the way of one of these requests, and is none of its own files.
fn is_beside(path: &str, open: &HashSet<&str>) -> bool {
    match zones::role(path) {
        Some(Role::Attributes) => return true,
        Some(Role::Manifest(name) | Role::Statement(name) | Role::Revocation(name))
            if open.contains(name.as_str()) =>
        {
            return false;
        }
        _ => {}
    }
    let path = path.to_ascii_lowercase();
    let below = path.strip_prefix("requests/").unwrap_or(&path);
    let mut ends = below.match_indices(['.', '/']);
    ends.any(|(end, _)| open.contains(&below[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_lie_in_the_way_has_the_name_of_the_request() {
        let open = HashSet::from(["a", "team/jane.doe"]);
        for (path, is_in_the_way) in [
            ("requests/a/b.yaml", true),
            ("requests/a/README.md", true),
            ("requests/A.yaml", true),
            ("requests/a.yaml/x", true),
            ("requests/team/Jane.Doe.yaml", true),
            ("requests/TEAM/jane.doe.yaml", true),
            ("requests/x/.gitattributes", true),
            ("requests/a.yaml", false),
            ("requests/a.revocation.yaml", false),
            ("requests/team/jane.yaml", false),
            ("requests/ab.yaml", false),
        ] {
            assert_eq!(is_beside(path, &open), is_in_the_way, "{path}");
        }
    }
}
