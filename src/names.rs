//! The newtypes that cross every border: paths, names and digests, each parsed once and then trusted.
//!
//! In come strings from manifests, trees, flags and variables; out go values that can't hold anything else. Nothing in
//! here reads a file or knows what a name is used for. Rules: RFC 1123 as Kubernetes applies it to object names, and
//! the path rules of a gitca repository (a piece is never a device name or a reserved suffix).

pub mod artifact;
mod cidr;
mod digest;
mod dns;
mod object;
mod path;
mod request;
mod serial;
mod shard;
mod signer;

pub use crate::names::cidr::Cidr;
pub use crate::names::digest::{ObjectId, Sha256Digest, hex};
pub use crate::names::dns::NameError;
pub(crate) use crate::names::dns::is_label_of_any_length;
pub use crate::names::object::ObjectName;
pub use crate::names::path::RepoPath;
pub use crate::names::request::{REVOCATION, RequestName, check_piece};
pub use crate::names::serial::{Serial, SerialNumber};
pub use crate::names::shard::Shard;
pub use crate::names::signer::SignerName;

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
            name.issued(artifact::CSR).as_str(),
            "issued/team-a/jane/csr.yaml"
        );
    }
}
