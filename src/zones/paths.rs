//! Which files a repository may hold, and what each is for: the rules about paths, and nothing about content.
//!
//! In comes a path below one of the four zones, out goes its role or the reason why it may not be there. What is let
//! through unread carries no authority; whatever is not named here is refused, since a `deny.yml` that is silently
//! skipped would be a lost rule.

use crate::finding::{Code, Reason};
use crate::names::{NameError, REVOCATION, RequestName};

/// The top-level directories that mean something; all others are inert.
pub const ZONES: [&str; 4] = ["issued", "policies", "requests", "templates"];

/// More entries than this in one directory are refused.
pub const DIRECTORY_ENTRIES: usize = 200_000;
// What a repository may hold in all, and what of it may decide.
pub(super) const ENTRIES: usize = 5_000_000;
pub(super) const CONTROL_ENTRIES: usize = 2_000;
// Of small text ten times as much memory is made; the digests of lists of keys are read as they come.
pub(super) const CONTROL_OCTETS: usize = 512 * 1024;
pub(super) const LIST_OCTETS: usize = 16 * 1024 * 1024;

pub(super) const LET_THROUGH: [&str; 3] = ["README.md", "OWNERS", ".gitkeep"];
/// Where git is told how to treat files, and to hide their changes.
pub const ATTRIBUTES: &str = ".gitattributes";
const MANIFEST: &str = ".yaml";
pub(super) const STATEMENTS: &str = ".approvals";
const KIB: u64 = 1024;

/// What a top-level directory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// `policies/` and `templates/`: everything that decides.
    Control,
    /// `requests/`: what people ask for.
    Data,
    /// `issued/`: what a run wrote.
    Output,
}

impl Zone {
    /// The zone that a path is in, by its first piece; `None` where nothing means anything.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        match path.split('/').next() {
            Some("policies" | "templates") => Some(Self::Control),
            Some("requests") => Some(Self::Data),
            Some("issued") => Some(Self::Output),
            _ => None,
        }
    }
}

/// What a file of the control or the data zone is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A file that decides: policy, CA certificate, key list or template.
    Control,
    /// A request.
    Manifest(RequestName),
    /// A revocation of the certificates of this request.
    Revocation(RequestName),
    /// A statement about this request, or the signature of one.
    Statement(RequestName),
    /// `.gitattributes`, whose rules may not hide anything from reviewers.
    Attributes,
    /// A file for people, never read.
    LetThrough,
}

/// What a directory of `requests/` is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Folder {
    /// A directory of requests; the name that a request would have at its place.
    Requests(RequestName),
    /// The signed statements about this request.
    Statements(RequestName),
}

/// Why a file or directory may not be where it is; a directory may hold hundreds of thousands, so it is put into words only
/// when it is told.
#[derive(Debug)]
pub(super) enum Misplaced {
    /// Nothing of that name is read.
    Unexpected,
    /// No request can be called so.
    Name(NameError),
}

impl Misplaced {
    /// The reason, with the nearest valid name.
    pub(super) fn reason(self, path: &str) -> Reason {
        match self {
            Self::Unexpected => unexpected(path),
            Self::Name(error) => wrong_name(request_of(path), &error),
        }
    }

    /// The same for the directory `requests/<below>`.
    pub(super) fn folder_reason(self, below: &str) -> Reason {
        match self {
            Self::Unexpected => unexpected(below),
            Self::Name(error) => {
                wrong_name(below.strip_suffix(STATEMENTS).unwrap_or(below), &error)
            }
        }
    }
}

/// What the file at this path of the control or data zone is for; `None` where no file may be.
#[must_use]
pub fn role(path: &str) -> Option<Role> {
    place(path).ok()
}

/// The same, or what is wrong with the path.
pub(super) fn place(path: &str) -> Result<Role, Misplaced> {
    let name = file_name(path);
    if name == ATTRIBUTES {
        return Ok(Role::Attributes);
    }
    if LET_THROUGH.contains(&name) {
        return Ok(Role::LetThrough);
    }
    match path.strip_prefix("requests/") {
        Some(below) => data_role(below),
        None if is_control(path) => Ok(Role::Control),
        None => Err(Misplaced::Unexpected),
    }
}

/// Whether a file of this name carries nothing wherever it lies.
#[must_use]
pub fn is_unread(path: &str) -> bool {
    let name = file_name(path);
    name == ATTRIBUTES || LET_THROUGH.contains(&name)
}

/// What the directory `requests/<below>` is for.
///
/// # Errors
/// The reason why no directory may have that name.
pub fn folder(below: &str) -> Result<Folder, Box<Reason>> {
    folder_place(below).map_err(|misplaced| Box::new(misplaced.folder_reason(below)))
}

/// The same without words.
pub(super) fn folder_place(below: &str) -> Result<Folder, Misplaced> {
    match below.strip_suffix(STATEMENTS) {
        Some(request) => request_name(request).map(Folder::Statements),
        None => request_name(below).map(Folder::Requests),
    }
}

/// How many octets the file at this path may have.
#[must_use]
pub fn size_limit(path: &str) -> u64 {
    match Zone::of(path) {
        Some(Zone::Control) if path.starts_with("policies/keys/") => 16 * KIB * KIB,
        // A manifest of 64 KiB makes a csr.yaml of at most twice that and a certificate.
        Some(Zone::Control | Zone::Output) if file_name(path) != ATTRIBUTES => 256 * KIB,
        Some(Zone::Data) => match role(path) {
            Some(Role::Statement(_)) if path.strip_suffix(".sig").is_some() => 8 * KIB,
            Some(Role::Statement(_) | Role::Revocation(_)) => 16 * KIB,
            _ => 64 * KIB,
        },
        _ => 64 * KIB,
    }
}

/// The finding about a file that is larger than its place allows.
#[must_use]
pub fn too_large(size: u64, limit: u64) -> Reason {
    Reason::new(
        Code::FileTooLarge,
        format!("the file has {size} octets, more than the {limit} that its place allows"),
    )
}

fn data_role(below: &str) -> Result<Role, Misplaced> {
    let folder = below.rsplit_once('/').map(|(folder, _)| folder);
    if let Some(request) = folder.and_then(|folder| folder.strip_suffix(STATEMENTS)) {
        return if is_statement_name(file_name(below)) {
            request_name(request).map(Role::Statement)
        } else {
            Err(Misplaced::Unexpected)
        };
    }
    if let Some(request) = below.strip_suffix(REVOCATION) {
        return request_name(request).map(Role::Revocation);
    }
    match below.strip_suffix(MANIFEST) {
        Some(request) => request_name(request).map(Role::Manifest),
        None => Err(Misplaced::Unexpected),
    }
}

fn is_statement_name(name: &str) -> bool {
    let statement = name.strip_suffix(".sig").unwrap_or(name);
    statement
        .strip_suffix(".json")
        .is_some_and(|stem| !stem.is_empty())
}

fn is_control(path: &str) -> bool {
    let ends_in = |extension: &str| {
        file_name(path)
            .strip_suffix(extension)
            .is_some_and(|stem| !stem.is_empty())
    };
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["policies", "ca", _] if ends_in(".pem") => true,
        ["policies", "keys", _] if ends_in(".txt") => true,
        ["policies", ..] => ends_in(".yaml"),
        ["templates", _] => ends_in(".j2"),
        _ => false,
    }
}

fn request_name(text: &str) -> Result<RequestName, Misplaced> {
    text.parse().map_err(Misplaced::Name)
}

/// The path of the request that a file of `requests/` would belong to.
fn request_of(path: &str) -> &str {
    let below = path.strip_prefix("requests/").unwrap_or(path);
    let folder = below.rsplit_once('/').map(|(folder, _)| folder);
    let of_folder = folder.and_then(|folder| folder.strip_suffix(STATEMENTS));
    let suffixes = [REVOCATION, MANIFEST];
    let of_file = || {
        suffixes
            .iter()
            .find_map(|suffix| below.strip_suffix(suffix))
    };
    of_folder.or_else(of_file).unwrap_or(below)
}

fn wrong_name(text: &str, error: &NameError) -> Reason {
    let message = format!("the pieces of a path in `requests/` {error}");
    let reason = Reason::new(Code::PathNotAllowed, message).value(text);
    let lower = text.to_ascii_lowercase().replace('_', "-");
    match lower.parse::<RequestName>() {
        Ok(nearest) => reason.help(format!("rename it to `{nearest}`")),
        Err(_) => reason,
    }
}

fn unexpected(path: &str) -> Reason {
    let reason = Reason::new(
        Code::UnexpectedFile,
        "no file of this name is read here, and none may be skipped",
    );
    match nearest(path) {
        Some(nearest) => reason.help(format!("rename it to `{nearest}`")),
        None => reason.help(allowed_here(path)),
    }
}

fn nearest(path: &str) -> Option<String> {
    let lower = path.to_ascii_lowercase();
    let (stem, extension) = lower.rsplit_once('.')?;
    let right = match extension {
        "yml" | "json" => "yaml",
        "jinja" | "jinja2" => "j2",
        "crt" | "cer" => "pem",
        same => same,
    };
    let name = format!("{stem}.{right}");
    (name != path && role(&name).is_some()).then_some(name)
}

fn allowed_here(path: &str) -> String {
    let files = match path.split('/').next() {
        Some("policies") => "`*.yaml`, `ca/*.pem`, `keys/*.txt`",
        Some("templates") => "`*.j2`",
        _ if path.contains(".approvals/") => "`*.json`, `*.json.sig`",
        _ => "`<name>.yaml`, `<name>.revocation.yaml`, `<name>.approvals/`",
    };
    format!("allowed are {files} and `README.md`; move it elsewhere")
}

pub(super) fn file_name(path: &str) -> &str {
    split(path).1
}

/// The directory of a path, which is empty at the top, and its last piece. Both are short, and asked for hundreds of thousands of
/// times: a search that is made for long texts takes longer.
pub(super) fn split(path: &str) -> (&str, &str) {
    match path.bytes().rposition(|octet| octet == b'/') {
        Some(place) => (&path[..place], &path[place + 1..]),
        None => ("", path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RequestName {
        text.parse().expect("a valid name")
    }

    #[test]
    fn a_path_has_one_role_or_none() {
        for (path, expected) in [
            ("policies/a.yaml", Ok(Role::Control)),
            ("policies/x/y/a.yaml", Ok(Role::Control)),
            ("policies/ca/root.pem", Ok(Role::Control)),
            ("policies/keys/lost.txt", Ok(Role::Control)),
            ("policies/root.pem", Err(Code::UnexpectedFile)),
            ("policies/deny.yml", Err(Code::UnexpectedFile)),
            ("policies/.yaml", Err(Code::UnexpectedFile)),
            ("policies/README.md", Ok(Role::LetThrough)),
            ("templates/kubeconfig.yaml.j2", Ok(Role::Control)),
            ("templates/sub/a.j2", Err(Code::UnexpectedFile)),
            ("requests/.gitattributes", Ok(Role::Attributes)),
            (
                "requests/dev/jane.yaml",
                Ok(Role::Manifest(name("dev/jane"))),
            ),
            ("requests/Jane.yaml", Err(Code::PathNotAllowed)),
            ("requests/con.yaml", Err(Code::PathNotAllowed)),
            (
                "requests/jane.revocation.yaml",
                Ok(Role::Revocation(name("jane"))),
            ),
            (
                "requests/dev/jane.approvals/bob-01234567.json",
                Ok(Role::Statement(name("dev/jane"))),
            ),
            (
                "requests/jane.approvals/bob-01234567.json.sig",
                Ok(Role::Statement(name("jane"))),
            ),
            ("requests/jane.approvals/OWNERS", Ok(Role::LetThrough)),
            ("requests/jane.approvals/x.sig", Err(Code::UnexpectedFile)),
            ("requests/jane.approvals/.json", Err(Code::UnexpectedFile)),
            ("requests/jane.approvals/x.yaml", Err(Code::UnexpectedFile)),
            ("requests/Jane.approvals/x.json", Err(Code::PathNotAllowed)),
            ("requests/jane.csr", Err(Code::UnexpectedFile)),
            ("requests/a/b/c/d/e/f/g/h/i.yaml", Err(Code::PathNotAllowed)),
        ] {
            let found = place(path).map_err(|misplaced| misplaced.reason(path).code);
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn a_refused_name_comes_with_the_nearest_valid_one() {
        for (path, help) in [
            ("policies/deny.yml", "rename it to `policies/deny.yaml`"),
            (
                "policies/ca/root.crt",
                "rename it to `policies/ca/root.pem`",
            ),
            ("requests/Jane_Doe.yaml", "rename it to `jane-doe`"),
            (
                "templates/run.sh",
                "allowed are `*.j2` and `README.md`; move it elsewhere",
            ),
        ] {
            let misplaced = place(path).err();
            let help_given = misplaced.and_then(|misplaced| misplaced.reason(path).help);
            assert_eq!(help_given.as_deref(), Some(help), "{path}");
        }
    }

    #[test]
    fn a_directory_holds_requests_or_statements() {
        assert_eq!(folder("dev"), Ok(Folder::Requests(name("dev"))));
        assert_eq!(
            folder("dev/jane.approvals"),
            Ok(Folder::Statements(name("dev/jane")))
        );
        for refused in ["Dev", "jane.revocation", "nul", ".approvals"] {
            assert!(folder(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_place_bounds_the_size_of_its_files() {
        for (path, limit) in [
            ("requests/a.yaml", 64 * KIB),
            ("requests/a.revocation.yaml", 16 * KIB),
            ("requests/a.approvals/b.json", 16 * KIB),
            ("requests/a.approvals/b.json.sig", 8 * KIB),
            ("requests/a.approvals/.gitattributes", 64 * KIB),
            ("policies/a.yaml", 256 * KIB),
            ("policies/keys/a.txt", 16 * 1024 * KIB),
            ("policies/.gitattributes", 64 * KIB),
            ("templates/a.j2", 256 * KIB),
            (".gitattributes", 64 * KIB),
            ("issued/a/provenance.json", 256 * KIB),
            ("issued/.gitattributes", 64 * KIB),
        ] {
            assert_eq!(size_limit(path), limit, "{path}");
        }
    }
}
