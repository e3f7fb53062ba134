//! What one policy file may refer to: the other files and objects of the same control zone.
//!
//! In come the references in a field; out come the files and names they mean, or a problem at the field with the
//! nearest name as help. All of it is from the same commit.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::control::document::{Document, Kind};
use crate::control::files;
use crate::control::key_list::KeyList;
use crate::control::reading::{choice, elements};
use crate::effort::Effort;
use crate::names::{NameError, ObjectName, RepoPath};
use crate::snapshot::Blob;
use crate::x509::ca::Authority;
use crate::yaml::{Field, Problems, Value, suggest};

/// The other files and objects of the control zone.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// Every file.
    pub files: &'a BTreeMap<RepoPath, Blob>,
    /// The names of the clusters.
    pub clusters: Vec<ObjectName>,
    /// The names of the groups.
    pub groups: Vec<ObjectName>,
    /// The names of the principals.
    pub principals: Vec<ObjectName>,
    /// The lists of blocked keys, by path.
    pub key_lists: BTreeMap<RepoPath, Arc<KeyList>>,
    /// What compiling the patterns and rules of all files may still take.
    pub compiling: Effort,
    /// What was read of the files of CA certificates so far.
    pub cas: Cas,
}

/// The files of CA certificates, each read and verified once: a thousand objects may name the same one.
#[derive(Debug, Default)]
pub struct Cas {
    certificates: Known<Arc<str>, NameError>,
    authorities: Known<Arc<Authority>, Vec<String>>,
}

type Known<T, E> = RefCell<BTreeMap<RepoPath, Result<T, E>>>;

impl<'a> Surroundings<'a> {
    /// What the heads of the files say is there.
    #[must_use]
    pub fn new(
        files: &'a BTreeMap<RepoPath, Blob>,
        documents: &[Document<'_>],
        key_lists: BTreeMap<RepoPath, Arc<KeyList>>,
    ) -> Self {
        let names = |kind| {
            let of_kind = documents.iter().filter(move |head| head.kind == kind);
            of_kind.map(|head| head.name.clone()).collect()
        };
        Self {
            files,
            clusters: names(Kind::Cluster),
            groups: names(Kind::Group),
            principals: names(Kind::Principal),
            key_lists,
            compiling: Effort::of_compiling(),
            cas: Cas::default(),
        }
    }

    /// The certificates in the file that a field names relative to `policies/`.
    pub fn certificates(
        &self,
        field: &Field<'_>,
        problems: &mut Problems,
    ) -> Option<(RepoPath, Arc<str>)> {
        let path = self.policy_file(field, "policies/ca/", problems)?;
        let blob = self.files.get(&path)?;
        let read = || files::certificates(&blob.bytes).map(Arc::from);
        let mut known = self.cas.certificates.borrow_mut();
        match known.entry(path.clone()).or_insert_with(read) {
            Ok(pem) => Some((path, Arc::clone(pem))),
            Err(error) => {
                problems.report(field, format!("`{path}` {error}"));
                None
            }
        }
    }

    /// The CA certificates in the file that a field names relative to `policies/`, if they may certify leaves.
    pub fn authority(
        &self,
        field: &Field<'_>,
        problems: &mut Problems,
    ) -> Option<(RepoPath, Arc<Authority>)> {
        let (path, pem) = self.certificates(field, problems)?;
        let read = || Authority::read(pem.as_bytes()).map(Arc::new);
        let mut known = self.cas.authorities.borrow_mut();
        match known.entry(path.clone()).or_insert_with(read) {
            Ok(authority) => Some((path, Arc::clone(authority))),
            Err(reasons) => {
                for reason in reasons {
                    problems.report(field, format!("`{path}` can't be used: {reason}"));
                }
                None
            }
        }
    }

    /// The list of blocked keys in the file that a field names relative to `policies/`.
    pub fn key_list(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Arc<KeyList>> {
        let path = self.policy_file(field, "policies/keys/", problems)?;
        // A list that is there but can't be read was reported already.
        self.key_lists.get(&path).cloned()
    }

    /// Names of files under `templates/` that are there.
    pub fn templates(&self, field: Option<Field<'_>>, problems: &mut Problems) -> Vec<String> {
        let known: Vec<&str> = self.below("templates/", ".j2").collect();
        references(field, &known, problems)
    }

    /// Names of clusters that are there.
    pub fn clusters(&self, field: Option<Field<'_>>, problems: &mut Problems) -> Vec<ObjectName> {
        let known: Vec<&str> = self.clusters.iter().map(ObjectName::as_str).collect();
        let names = references(field, &known, problems);
        names.iter().filter_map(|name| name.parse().ok()).collect()
    }

    /// Names of groups that are there, at least one.
    pub fn groups(&self, field: &Field<'_>, problems: &mut Problems) -> Vec<ObjectName> {
        objects(field, "Group", &self.groups, problems)
    }

    /// Names of principals that are there, at least one.
    pub fn principals(&self, field: &Field<'_>, problems: &mut Problems) -> Vec<ObjectName> {
        objects(field, "Principal", &self.principals, problems)
    }

    fn policy_file(
        &self,
        field: &Field<'_>,
        folder: &str,
        problems: &mut Problems,
    ) -> Option<RepoPath> {
        let text = field.text(problems)?;
        let path = format!("policies/{text}").parse().ok();
        let path = path.filter(|path| self.files.contains_key(path));
        if path.is_none() {
            let relative = |name| format!("{}{name}", folder.trim_start_matches("policies/"));
            let known: Vec<String> = self.below(folder, "").map(relative).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let message = format!("`policies/{text}` does not exist");
            problems.report_with_help(field, message, suggest(text, &known));
        }
        path
    }

    fn below(&self, folder: &str, suffix: &str) -> impl Iterator<Item = &str> {
        self.files
            .keys()
            .filter_map(move |path| path.as_str().strip_prefix(folder))
            .filter(move |name| name.ends_with(suffix))
    }
}

/// Names of objects in a list that is not empty, each one of the known ones and none twice.
fn objects(
    field: &Field<'_>,
    kind: &str,
    known: &[ObjectName],
    problems: &mut Problems,
) -> Vec<ObjectName> {
    let mut names: Vec<ObjectName> = Vec::new();
    let mut seen = BTreeSet::new();
    for element in elements(field, problems) {
        if problems.is_full() {
            break;
        }
        let Some(name) = element.parse::<ObjectName>(problems) else {
            continue;
        };
        if !known.contains(&name) {
            let known: Vec<&str> = known.iter().map(ObjectName::as_str).collect();
            let message = format!("there is no {kind} `{name}`");
            let help = if known.is_empty() {
                format!("add a file with `kind: {kind}` and this name below `policies/`")
            } else {
                suggest(name.as_str(), &known)
            };
            problems.report_with_help(&element, message, help);
        } else if seen.insert(name.clone()) {
            names.push(name);
        } else {
            problems.report(&element, format!("`{name}` is listed twice"));
        }
    }
    names
}

/// Names in a list, each one of the known ones and none twice. An empty list is the same as none here.
fn references(field: Option<Field<'_>>, known: &[&str], problems: &mut Problems) -> Vec<String> {
    let Some(field) = field else {
        return Vec::new();
    };
    if matches!(&field.node.value, Value::List(nodes) if nodes.is_empty()) {
        return Vec::new();
    }
    let words: Vec<(&str, &str)> = known.iter().map(|name| (*name, *name)).collect();
    let mut names: Vec<String> = Vec::new();
    for element in elements(&field, problems) {
        if problems.is_full() {
            break;
        }
        match choice(&element, &words, problems) {
            Some(name) if names.iter().any(|other| other == name) => {
                problems.report(&element, format!("`{name}` is listed twice"));
            }
            Some(name) => names.push(name.to_owned()),
            None => {}
        }
    }
    names
}
