//! The newtypes that cross every border: paths, names and digests, each parsed once and then trusted.
//!
//! In come strings from manifests, trees, flags and variables; out go values that can't hold anything else. Nothing in
//! here reads a file or knows what a name is used for. Rules: RFC 1123 as Kubernetes applies it to object names, and
//! the path rules of a gitca repository (a piece is never a device name or a reserved suffix).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

// Leaves room for `.revocation.yaml` in the 255 octets that file systems allow one name.
const PIECE_OCTETS: usize = 239;
const PIECES: usize = 8;
// RFC 1123 2.1, as Kubernetes bounds a subdomain.
const SUBDOMAIN_OCTETS: usize = 253;
// RFC 1035 2.3.4.
const LABEL_OCTETS: usize = 63;
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
const RESERVED_SUFFIXES: [&str; 2] = [".approvals", ".revocation"];

/// Why a text is not the name it should be: a sentence without its subject, `must not be empty`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError(String);

impl NameError {
    /// Says what the text must be or must not be.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NameError {}

/// The name of one object: a lower-case DNS-1123 subdomain, like `metadata.name` of most Kubernetes kinds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ObjectName(String);

impl ObjectName {
    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check_subdomain(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What identifies a request: its path below `requests/` without `.yaml`, such as `team-a/jane`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RequestName(String);

impl RequestName {
    /// The whole path, `team-a/jane`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last piece, which `metadata.name` must equal.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The directories before the name, outermost first.
    #[must_use]
    pub fn dirs(&self) -> Vec<&str> {
        let mut pieces: Vec<&str> = self.0.split('/').collect();
        pieces.pop();
        pieces
    }

    /// Where people put it: `requests/team-a/jane.yaml`.
    #[must_use]
    pub fn manifest(&self) -> RepoPath {
        RepoPath(format!("requests/{}.yaml", self.0))
    }

    /// Where one of its outputs goes: `issued/team-a/jane/<file>`.
    #[must_use]
    pub fn issued(&self, file: &str) -> RepoPath {
        RepoPath(format!("issued/{}/{file}", self.0))
    }
}

impl FromStr for RequestName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.split('/').count() > PIECES {
            return Err(NameError(format!("must have at most {PIECES} pieces")));
        }
        text.split('/').try_for_each(check_piece)?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for RequestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks one directory or stem below `requests/`.
///
/// # Errors
/// Says which rule the piece breaks.
pub fn check_piece(piece: &str) -> Result<(), NameError> {
    check_subdomain(piece)?;
    if piece.len() > PIECE_OCTETS {
        return Err(NameError(format!(
            "must have at most {PIECE_OCTETS} characters"
        )));
    }
    if let Some(suffix) = RESERVED_SUFFIXES
        .iter()
        .find(|suffix| piece.ends_with(**suffix))
    {
        return Err(NameError(format!("must not end in `{suffix}`")));
    }
    let stem = piece.split('.').next().unwrap_or_default();
    if is_device(stem) {
        return Err(NameError(format!(
            "must not be `{stem}`, which some systems take for a device"
        )));
    }
    Ok(())
}

fn is_device(stem: &str) -> bool {
    let numbered = |prefix| {
        stem.strip_prefix(prefix)
            .is_some_and(|digit| matches!(digit.as_bytes(), [b'1'..=b'9']))
    };
    DEVICES.contains(&stem) || numbered("com") || numbered("lpt")
}

fn check_subdomain(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError("must not be empty".into()));
    }
    if text.len() > SUBDOMAIN_OCTETS {
        return Err(NameError(format!(
            "must have at most {SUBDOMAIN_OCTETS} characters"
        )));
    }
    if !text.split('.').all(is_label_of_any_length) {
        return Err(NameError(
            "must be lower-case letters, digits, `-` and `.`, and begin and end with a letter or digit".into(),
        ));
    }
    Ok(())
}

fn is_label_of_any_length(label: &str) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = label.as_bytes();
    bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
}

/// A Kubernetes signer name, `<domain>/<path>`, by the syntax that the API server checks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SignerName(String);

impl SignerName {
    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Kubernetes keeps the name for itself: its domain is `kubernetes.io` or below it.
    #[must_use]
    pub fn is_kubernetes(&self) -> bool {
        let domain = self.0.split('/').next().unwrap_or_default();
        domain == "kubernetes.io" || domain.ends_with(".kubernetes.io")
    }
}

impl FromStr for SignerName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let Some((domain, path)) = text.split_once('/').filter(|(_, path)| !path.contains('/'))
        else {
            return Err(NameError(
                "must be `<domain>/<path>` with exactly one `/`".into(),
            ));
        };
        check_signer_domain(domain)?;
        if path.len() > SUBDOMAIN_OCTETS || !path.split('.').all(is_label_of_any_length) {
            return Err(NameError(format!(
                "must have a path of lower-case DNS-1123 pieces after the `/`, not `{path}`"
            )));
        }
        Ok(Self(text.to_owned()))
    }
}

fn check_signer_domain(domain: &str) -> Result<(), NameError> {
    let labels: Vec<&str> = domain.split('.').collect();
    let valid = |label: &&str| label.len() <= LABEL_OCTETS && is_label_of_any_length(label);
    if domain.len() > SUBDOMAIN_OCTETS || !labels.iter().all(valid) {
        return Err(NameError(format!(
            "must begin with a lower-case DNS name, not `{domain}`"
        )));
    }
    if labels.len() < 2 {
        return Err(NameError(format!(
            "must begin with a domain of at least two labels, not `{domain}`"
        )));
    }
    Ok(())
}

impl fmt::Display for SignerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The path of a file in a repository, `/` between its pieces, relative to the top.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RepoPath(String);

impl RepoPath {
    /// The path as git spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last piece.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl FromStr for RepoPath {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let hostile = |piece: &str| {
            matches!(piece, "" | "." | "..")
                || piece.contains(['\\', '\0'])
                || piece.eq_ignore_ascii_case(".git")
        };
        if text.split('/').any(hostile) {
            return Err(NameError(
                "must be a relative path without empty pieces, `.`, `..` or `\\`".into(),
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a git object: SHA-1 over its header and content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub [u8; 20]);

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Digest(pub [u8; 32]);

impl Sha256Digest {
    /// The digest of these octets.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        Self(Sha256::digest(octets).into())
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Sha256Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Lower-case hexadecimal, two digits an octet.
#[must_use]
pub fn hex(octets: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    octets
        .iter()
        .flat_map(|octet| {
            [
                DIGITS[usize::from(octet >> 4)],
                DIGITS[usize::from(octet & 15)],
            ]
        })
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_name_is_made_of_safe_pieces() {
        for (text, valid) in [
            ("jane", true),
            ("team-a/jane", true),
            ("a/b/c/d/e/f/g/h", true),
            ("a/b/c/d/e/f/g/h/i", false),
            ("../x", false),
            ("Jane", false),
            ("a//b", false),
            ("", false),
            ("con", false),
            ("com1.x", false),
            ("com10", true),
            ("jane.approvals", false),
            ("jane.revocation", false),
            (".git", false),
        ] {
            assert_eq!(text.parse::<RequestName>().is_ok(), valid, "{text:?}");
        }
    }

    #[test]
    fn a_signer_name_has_a_domain_and_a_path() {
        for (text, valid) in [
            ("kubernetes.io/kube-apiserver-client", true),
            ("1.2/3", true),
            ("example.com/a.b", true),
            ("/", false),
            ("example/x", false),
            ("example.com/a/b", false),
            ("example.com/A", false),
            ("example.com/-a", false),
        ] {
            assert_eq!(text.parse::<SignerName>().is_ok(), valid, "{text:?}");
        }
    }

    #[test]
    fn a_request_name_knows_its_places() {
        let name: RequestName = "team-a/jane".parse().expect("a valid name");
        assert_eq!(name.name(), "jane");
        assert_eq!(name.dirs(), ["team-a"]);
        assert_eq!(name.manifest().as_str(), "requests/team-a/jane.yaml");
        assert_eq!(
            name.issued("csr.yaml").as_str(),
            "issued/team-a/jane/csr.yaml"
        );
    }
}
