//! Which files of a work tree are looked at when somebody names a few requests.
//!
//! In come names and paths as people type them; out comes whether a path in `requests/` or `issued/` belongs to one of
//! them, or leads to it. Everything outside of these two zones is taken: rules are read whole, or not at all.

use std::path::{Path, PathBuf};

use crate::names::REVOCATION;

/// The requests that were named.
pub(super) struct Only {
    root: PathBuf,
    /// Below a zone and without an ending, such as `dev/jane`; a file that is no request has its whole name.
    stems: Vec<String>,
}

impl Only {
    /// Those of these names and paths.
    pub(super) fn of(root: &Path, named: &[String]) -> Self {
        let stems = named.iter().map(|text| stem(text)).collect();
        Self {
            root: root.to_owned(),
            stems,
        }
    }

    /// Whether this entry is one of theirs, or a directory on the way to it.
    pub(super) fn takes(&self, entry: &Path) -> bool {
        let below = entry.strip_prefix(&self.root).ok().and_then(Path::to_str);
        // What has a name that is no text is a fault, which its own zone tells.
        let Some(below) = below else { return true };
        let zones = ["requests/", "issued/"];
        let Some(path) = zones.iter().find_map(|zone| below.strip_prefix(zone)) else {
            return true;
        };
        // Keys of all are looked up where they are needed; attributes hide what lies below them.
        let is_attributes = path.rsplit('/').next() == Some(".gitattributes");
        is_attributes || self.stems.iter().any(|stem| belongs(path, stem))
    }
}

/// `dev/jane.approvals/x.json` belongs to `dev/jane`, and so do `dev` and `dev.yaml` on the way.
fn belongs(path: &str, stem: &str) -> bool {
    let leads = |path: &str| {
        let rest = stem.strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let rest = path.strip_prefix(stem);
    rest.is_some_and(|rest| rest.starts_with(['.', '/']))
        || leads(path)
        || path.strip_suffix(".yaml").is_some_and(leads)
}

/// What all files of one request begin with.
fn stem(text: &str) -> String {
    let path = text.trim_start_matches("./");
    let Some(path) = path.strip_prefix("requests/") else {
        return path.to_owned();
    };
    let (before, _) = path.split_once(".approvals/").unwrap_or((path, ""));
    let endings = [REVOCATION, ".yaml"];
    let stem = endings.iter().find_map(|end| before.strip_suffix(end));
    stem.unwrap_or(before).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_request_is_taken_and_what_leads_there() {
        let named = [
            "requests/dev/jane.yaml",
            "./requests/x.approvals/bob-1.json",
            "y",
            "requests/notes.yml",
        ];
        let only = Only::of(Path::new("/r"), &named.map(str::to_owned));
        for (path, is_taken) in [
            ("policies/a.yaml", true),
            ("requests", true),
            ("requests/dev", true),
            ("requests/dev.yaml", true),
            ("requests/.gitattributes", true),
            ("requests/dev/jane.yaml", true),
            ("requests/dev/jane", true),
            ("requests/dev/jane.approvals", true),
            ("requests/dev/jane.approvals/bob-1.json.sig", true),
            ("requests/dev/jane.revocation.yaml", true),
            ("requests/dev/janet.yaml", false),
            ("requests/dev/joe.yaml", false),
            ("requests/de", false),
            ("requests/x.yaml", true),
            ("requests/y.yaml", true),
            ("requests/z.yaml", false),
            ("requests/notes.yml", true),
            ("issued/dev", true),
            ("issued/dev/jane", true),
            ("issued/dev/jane/request.yaml", true),
            ("issued/dev/joe", false),
            ("issued/_keys", false),
        ] {
            assert_eq!(only.takes(&Path::new("/r").join(path)), is_taken, "{path}");
        }
    }
}
