//! The zones of a repository and what each path in them is.
//!
//! In comes a path below `requests/`; out comes what it is, or why it may not be there. Both edges that read files share
//! these rules, so a work tree and a commit are judged alike. Limits are octets and entries; nothing is read here.

use crate::finding::{Code, Reason};
use crate::names::{RequestName, check_piece};

/// The directories that decide.
pub const CONTROL: [&str; 2] = ["policies", "templates"];
/// The directory that people ask in.
pub const REQUESTS: &str = "requests";
/// The directory that only `gitca run` writes.
pub const ISSUED: &str = "issued";

/// The largest manifest.
pub const REQUEST_OCTETS: u64 = 64 * 1024;
/// The most entries that one directory of `requests/` may have.
pub const DIRECTORY_ENTRIES: usize = 200_000;
/// From so many entries on a directory makes every commit slow.
pub const LARGE_DIRECTORY: usize = 1_000;
const CONTROL_OCTETS: u64 = 256 * 1024;
const KEY_LIST_OCTETS: u64 = 16 * 1024 * 1024;

/// Files of these names may lie in any zone; nobody reads them.
const LET_THROUGH: [&str; 4] = ["README.md", "OWNERS", ".gitkeep", ".gitattributes"];
const MANIFEST: &str = ".yaml";
const REVOCATION: &str = ".revocation.yaml";
const APPROVALS: &str = ".approvals";

/// What a file of the data zone is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataFile {
    /// The manifest of this request.
    Manifest(RequestName),
    /// Nothing that gitca reads.
    LetThrough,
    /// Something that may not be there.
    Refused(Reason),
}

/// How large a file of the control zone may be.
#[must_use]
pub fn control_limit(path: &str) -> u64 {
    if path.starts_with("policies/keys/") {
        KEY_LIST_OCTETS
    } else {
        CONTROL_OCTETS
    }
}

/// Whether nobody reads a file of this name.
#[must_use]
pub fn is_let_through(file_name: &str) -> bool {
    LET_THROUGH.contains(&file_name)
}

/// What the file at this path below `requests/` is.
#[must_use]
pub fn data_file(path: &str) -> DataFile {
    let mut pieces: Vec<&str> = path.split('/').collect();
    let file = pieces.pop().unwrap_or_default();
    if is_let_through(file) {
        return DataFile::LetThrough;
    }
    if let Some(reason) = later_release(path, file) {
        return DataFile::Refused(reason);
    }
    let Some(stem) = file.strip_suffix(MANIFEST) else {
        return DataFile::Refused(unexpected(file));
    };
    if let Some(reason) = pieces.iter().copied().chain([stem]).find_map(refused_piece) {
        return DataFile::Refused(reason);
    }
    match path[..path.len() - MANIFEST.len()].parse() {
        Ok(name) => DataFile::Manifest(name),
        Err(error) => DataFile::Refused(Reason::new(
            Code::PathNotAllowed,
            format!("the path {error}"),
        )),
    }
}

/// Approvals and revocations are not judged yet, and never passed over in silence.
fn later_release(path: &str, file: &str) -> Option<Reason> {
    let is_approval = path
        .split('/')
        .rev()
        .skip(1)
        .any(|piece| piece.ends_with(APPROVALS));
    if is_approval {
        let message = "signed approvals are not in this release of gitca yet";
        return Some(
            Reason::new(Code::NotImplemented, message)
                .help("remove the file; the merge is the approval"),
        );
    }
    file.ends_with(REVOCATION).then(|| {
        let message = "revocations are not in this release of gitca yet";
        Reason::new(Code::NotImplemented, message)
            .help("remove the file, and revoke with your CA's own tools")
    })
}

fn refused_piece(piece: &str) -> Option<Reason> {
    let error = check_piece(piece).err()?;
    let reason = Reason::new(Code::PathNotAllowed, format!("`{piece}` {error}")).value(piece);
    Some(reason.help("rename it: lower-case letters, digits and `-`, such as `jane.yaml`"))
}

fn unexpected(file: &str) -> Reason {
    let reason = Reason::new(
        Code::UnexpectedFile,
        "only requests belong here: `NAME.yaml`",
    )
    .value(file);
    match file.rsplit_once('.') {
        Some((stem, "yml" | "json" | "YAML" | "YML")) => {
            reason.help(format!("rename it to `{stem}.yaml`"))
        }
        _ => reason.help("move it out of `requests/`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_of_the_data_zone_is_one_thing() {
        for (path, code) in [
            ("jane.yaml", None),
            ("dev/jane.yaml", None),
            ("README.md", None),
            ("dev/.gitkeep", None),
            ("jane.yml", Some(Code::UnexpectedFile)),
            ("Jane.yaml", Some(Code::PathNotAllowed)),
            ("con.yaml", Some(Code::PathNotAllowed)),
            ("DEV/jane.yaml", Some(Code::PathNotAllowed)),
            ("a/b/c/d/e/f/g/h/i.yaml", Some(Code::PathNotAllowed)),
            ("jane.revocation.yaml", Some(Code::NotImplemented)),
            ("jane.approvals/bob.json", Some(Code::NotImplemented)),
            (".yaml", Some(Code::PathNotAllowed)),
        ] {
            let found = match data_file(path) {
                DataFile::Refused(reason) => Some(reason.code),
                DataFile::Manifest(_) | DataFile::LetThrough => None,
            };
            assert_eq!(found, code, "{path}");
        }
    }
}
