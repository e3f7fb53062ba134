//! The head of every policy file: apiVersion, kind, metadata; and the spec that its kind then reads.
//!
//! In comes the tree of one file; out comes a [`Document`]. A kind or version that is not known is an error and never
//! skipped, since it might be a rule that denies. Labels and annotations are free and decide nothing.

use crate::finding::{Code, Reason};
use crate::names::{ObjectId, ObjectName, RepoPath};
use crate::yaml::{Field, Node, Object, Problems, suggest};

/// The version of every kind.
pub const API_VERSION: &str = "gitca.dev/v1alpha1";
/// Where files of kind PolicyTest lie.
pub const TESTS: &str = "policies/tests/";
// What a later release reads as well.
const CERT_MANAGER: (&str, &str) = (
    "policy.cert-manager.io/v1alpha1",
    "CertificateRequestPolicy",
);
const KINDS: [(&str, Kind); 8] = [
    ("Settings", Kind::Settings),
    ("Signer", Kind::Signer),
    ("ApprovalPolicy", Kind::ApprovalPolicy),
    ("DenyPolicy", Kind::DenyPolicy),
    ("Principal", Kind::Principal),
    ("Group", Kind::Group),
    ("Cluster", Kind::Cluster),
    ("PolicyTest", Kind::PolicyTest),
];
// Leaves room for `-<8 hex>.json.sig` in the 255 octets that file systems allow one name.
const FILE_NAME_OCTETS: usize = 237;
const DATA: [&str; 2] = ["CertificateSigningRequest", "Revocation"];

/// What a policy file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What holds for the whole repository.
    Settings,
    /// A CA and what it may sign.
    Signer,
    /// What may be signed.
    ApprovalPolicy,
    /// What may not be signed.
    DenyPolicy,
    /// A person or bot.
    Principal,
    /// Principals that policies name together.
    Group,
    /// A cluster for kubeconfigs.
    Cluster,
    /// Expected decisions.
    PolicyTest,
}

/// One policy file whose head was read.
#[derive(Clone, Debug)]
pub struct Document<'n> {
    /// What it holds.
    pub kind: Kind,
    /// The name of the object.
    pub name: ObjectName,
    /// Where the name stands.
    pub name_field: Field<'n>,
    /// The file.
    pub file: RepoPath,
    /// Its git object.
    pub blob: ObjectId,
    /// What the kind reads.
    pub spec: Field<'n>,
    /// All of it.
    pub root: &'n Node,
}

impl<'n> Document<'n> {
    /// Reads the head of a file.
    pub fn read(
        root: &Field<'n>,
        file: &RepoPath,
        blob: ObjectId,
        problems: &mut Problems,
    ) -> Option<Self> {
        let object = root.object(&["apiVersion", "kind", "metadata", "spec"], problems)?;
        let version = object.require("apiVersion", problems);
        let kind = object.require("kind", problems);
        let metadata = object.require("metadata", problems);
        let spec = object.require("spec", problems);
        let metadata = metadata.and_then(|field| read_metadata(&field, problems));
        let kind = read_kind(&version?, &kind?, problems);
        let (name, name_field) = metadata?;
        let kind = kind.filter(|its| lies_where_it_may(*its, file, &object, problems));
        Some(Self {
            kind: kind?,
            name,
            name_field,
            file: file.clone(),
            blob,
            spec: spec?,
            root: root.node,
        })
    }

    /// Refuses a name that no file beginning with it could have, for objects after which gitca names files.
    pub(super) fn refuse_long_name(&self, problems: &mut Problems) {
        let octets = self.name.as_str().len();
        if octets > FILE_NAME_OCTETS {
            let message = format!(
                "must have at most {FILE_NAME_OCTETS} characters, since files are named after it; it has {octets}"
            );
            let help = "give it a shorter name: no clone could hold such files";
            problems.report_with_help(&self.name_field, message, help);
        }
    }
}

/// A test that lies among the policies would be taken for one of them by whoever looks for tests, and the other way round.
fn lies_where_it_may(
    kind: Kind,
    file: &RepoPath,
    object: &Object<'_>,
    problems: &mut Problems,
) -> bool {
    let is_right = kind != Kind::PolicyTest || file.as_str().starts_with(TESTS);
    if let Some(field) = object.get("kind").filter(|_| !is_right) {
        let message = format!("a PolicyTest lies below `{TESTS}`");
        let help = format!("git mv {file} {TESTS}{}", file.file_name());
        problems.report_with_help(&field, message, help);
    }
    is_right
}

fn read_kind(version: &Field<'_>, kind: &Field<'_>, problems: &mut Problems) -> Option<Kind> {
    let (version_text, text) = (version.text(problems)?, kind.text(problems)?);
    if (version_text, text) == CERT_MANAGER {
        later_kind(kind, text, problems);
        return None;
    }
    if version_text != API_VERSION {
        problems.report_with_help(
            version,
            format!("`{version_text}` is not a known version"),
            format!("write `{API_VERSION}`"),
        );
    } else if DATA.contains(&text) {
        let message = format!("a {text} does not belong into the control zone");
        problems.report_with_help(kind, message, "put it under `requests/`");
    } else {
        return known_kind(kind, text, problems);
    }
    None
}

fn known_kind(field: &Field<'_>, text: &str, problems: &mut Problems) -> Option<Kind> {
    let kind = KINDS.iter().find(|(name, _)| *name == text);
    if kind.is_none() {
        let names = KINDS.map(|(name, _)| name);
        problems.report_with_help(
            field,
            format!("`{text}` is not a known kind"),
            suggest(text, &names),
        );
    }
    kind.map(|(_, kind)| *kind)
}

fn later_kind(field: &Field<'_>, text: &str, problems: &mut Problems) {
    let message = format!("kind `{text}` is not implemented in this release of gitca");
    problems.push(
        Reason::new(Code::NotImplemented, message)
            .field(&field.path)
            .at(field.place)
            .help("remove the file until a release has it"),
    );
}

fn read_metadata<'n>(
    field: &Field<'n>,
    problems: &mut Problems,
) -> Option<(ObjectName, Field<'n>)> {
    let object = field.object(&["name", "labels", "annotations"], problems)?;
    for key in ["labels", "annotations"] {
        let entries = object.get(key).map(|field| field.entries(problems));
        for (_, value) in entries.unwrap_or_default() {
            value.text(problems);
        }
    }
    let name = object.require("name", problems)?;
    Some((name.parse(problems)?, name))
}
