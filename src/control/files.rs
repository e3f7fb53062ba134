//! Which files the control zone holds, and what each of them is for.
//!
//! In comes the path of a file under `policies/` or `templates/`; out comes its [`Role`]. A file that nothing would
//! read is an error that names the nearest path that would be read: a `deny.yml` that is silently skipped would be a
//! lost deny rule.

use crate::effort::Effort;
use crate::finding::{Code, Place, Reason};
use crate::names::{NameError, RepoPath};
use crate::secrets;

const UNREAD: [&str; 4] = ["README.md", "OWNERS", ".gitkeep", ".gitattributes"];
const BEGIN: &str = "-----BEGIN ";

/// What a file of the control zone is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One object, in YAML.
    Object,
    /// Certificates of a CA, in PEM.
    Certificates,
    /// A list of blocked keys.
    KeyList,
    /// A template of an output file.
    Template,
    /// Let through unread.
    Unread,
}

/// What the file at this path is for; `None` when nothing would read it.
#[must_use]
pub fn role(path: &RepoPath) -> Option<Role> {
    let text = path.as_str();
    if UNREAD.contains(&path.file_name()) {
        return Some(Role::Unread);
    }
    match text.split('/').collect::<Vec<_>>()[..] {
        ["policies", "ca", file] if has_suffix(file, ".pem") => Some(Role::Certificates),
        ["policies", "keys", file] if has_suffix(file, ".txt") => Some(Role::KeyList),
        ["policies", .., file] if has_suffix(file, ".yaml") => Some(Role::Object),
        ["templates", file] if has_suffix(file, ".j2") => Some(Role::Template),
        _ => None,
    }
}

/// The reason for a file that nothing would read.
#[must_use]
pub fn unexpected(path: &RepoPath) -> Reason {
    let message = format!("`{path}` is none of the files that the control zone holds");
    Reason::new(Code::UnexpectedFile, message).help(format!("did you mean `{}`?", nearest(path)))
}

fn has_suffix(file: &str, suffix: &str) -> bool {
    file.strip_suffix(suffix)
        .is_some_and(|stem| !stem.is_empty())
}

/// The path most like this one that would be read.
fn nearest(path: &RepoPath) -> String {
    let name = path.file_name();
    let cut = name.split_once(".yaml").or_else(|| name.rsplit_once('.'));
    let stem = cut.map_or(name, |(stem, _)| stem);
    let stem = if stem.is_empty() { "name" } else { stem };
    let folder = path.as_str().strip_suffix(name).unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match (folder.split('/').next(), extension) {
        (Some("templates"), "j2") => format!("templates/{name}"),
        (Some("templates"), _) => format!("templates/{name}.j2"),
        (_, "pem" | "crt" | "cer") => format!("policies/ca/{stem}.pem"),
        (_, "txt") => format!("policies/keys/{name}"),
        _ => format!("{folder}{stem}.yaml"),
    }
}

/// The PEM text of one or more certificates.
///
/// # Errors
/// It is no text, holds something else, or nothing.
pub fn certificates(bytes: &[u8]) -> Result<String, NameError> {
    let text = std::str::from_utf8(bytes).map_err(|_| NameError::new("must be PEM"))?;
    let labels: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix(BEGIN)?.strip_suffix("-----"))
        .collect();
    match labels.iter().find(|label| **label != "CERTIFICATE") {
        Some(other) => Err(NameError::new(format!(
            "must hold certificates, not `{other}`"
        ))),
        None if labels.is_empty() => {
            Err(NameError::new("must hold at least one certificate in PEM"))
        }
        None => Ok(text.to_owned()),
    }
}

/// Why a file may not lie there: it holds a private key.
#[must_use]
pub fn private_key(bytes: &[u8]) -> Option<Reason> {
    let leak = secrets::find(bytes, &Effort::of(0)).into_iter().next()?;
    let place = Place {
        line: leak.line,
        column: 1,
    };
    let reason = Reason::new(Code::ConfigInvalid, "holds a private key").at(place);
    Some(reason.help(
        "keep keys outside the repository; one that was ever pushed is burnt and must be replaced",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_a_role_or_is_an_error_with_the_nearest_path() {
        for (path, outcome) in [
            ("policies/settings.yaml", Ok(Role::Object)),
            ("policies/a/b/deny.yaml", Ok(Role::Object)),
            ("policies/tests/shop.yaml", Ok(Role::Object)),
            ("policies/ca/x.pem", Ok(Role::Certificates)),
            ("policies/keys/x.txt", Ok(Role::KeyList)),
            ("templates/kubeconfig.yaml.j2", Ok(Role::Template)),
            ("policies/README.md", Ok(Role::Unread)),
            ("policies/ca/.gitattributes", Ok(Role::Unread)),
            ("policies/deny.yml", Err("policies/deny.yaml")),
            ("policies/a/deny", Err("policies/a/deny.yaml")),
            ("policies/deny.yaml.bak", Err("policies/deny.yaml")),
            ("policies/.yaml", Err("policies/name.yaml")),
            ("policies/ca/x.crt", Err("policies/ca/x.pem")),
            ("policies/ca/a/x.pem", Err("policies/ca/x.pem")),
            ("policies/keys.txt", Err("policies/keys/keys.txt")),
            (
                "templates/kubeconfig.yaml",
                Err("templates/kubeconfig.yaml.j2"),
            ),
            ("templates/a/x.j2", Err("templates/x.j2")),
        ] {
            let path = path.parse().unwrap();
            let found = role(&path).ok_or_else(|| unexpected(&path).help.unwrap());
            let outcome = outcome.map_err(|nearest| format!("did you mean `{nearest}`?"));
            assert_eq!(found, outcome, "{path}");
        }
    }

    #[test]
    fn a_private_key_is_found_beside_a_certificate() {
        let text = "-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n";
        assert!(private_key(text.as_bytes()).is_some());
        assert!(certificates(text.as_bytes()).is_err());
        assert!(private_key(b"-----BEGIN CERTIFICATE-----\n").is_none());
        assert!(certificates(b"-----BEGIN CERTIFICATE-----\n").is_ok());
        assert!(certificates(b"").is_err());
    }
}
