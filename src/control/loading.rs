//! The steps of reading a control zone, and every finding on the way.
//!
//! In come the files; each step takes what the step before left and adds what is wrong to one list, so that an author
//! sees all of it at once. The list is handed out at the end, sorted; a zone comes out only when it is empty.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use crate::control::document::{Document, Kind};
use crate::control::files::{self, Role};
use crate::control::key_list::KeyList;
use crate::control::policy_test::PolicyTest;
use crate::control::settings::Settings;
use crate::control::signer::Signer;
use crate::control::surroundings::Surroundings;
use crate::control::weight::{self, Weight};
use crate::finding::{Code, Finding, Place, Reason};
use crate::names::{ObjectName, RepoPath, SignerName};
use crate::snapshot::Blob;
use crate::yaml::{Field, Node, Problems, parser};

type Files = BTreeMap<RepoPath, Blob>;

/// A file, its object and its tree.
pub(super) type Tree<'a> = (&'a RepoPath, &'a Blob, Node);

/// What was found so far.
pub(super) struct Loading<'a> {
    files: Vec<(Role, &'a RepoPath, &'a Blob)>,
    findings: Vec<Finding>,
}

impl<'a> Loading<'a> {
    /// Sorts the files by what they are for.
    pub(super) fn new(files: &'a Files) -> Self {
        let mut loading = Self {
            files: Vec::new(),
            findings: Vec::new(),
        };
        for (path, blob) in files {
            match files::role(path) {
                Some(role) => loading.files.push((role, path, blob)),
                None => loading.report(path, [files::unexpected(path)]),
            }
            if path.as_str().starts_with("policies/") {
                loading.report(path, files::private_key(&blob.bytes));
            }
        }
        loading
    }

    /// The text of each template, by file name; and looks at the CA files that nobody may name.
    pub(super) fn templates(&mut self) -> BTreeMap<String, String> {
        for (path, blob) in self.with_role(Role::Certificates) {
            if let Err(error) = files::certificates(&blob.bytes) {
                self.report(path, [invalid(&error.to_string())]);
            }
        }
        let mut templates = BTreeMap::new();
        for (path, blob) in self.with_role(Role::Template) {
            match std::str::from_utf8(&blob.bytes) {
                Ok(text) => {
                    templates.insert(path.file_name().to_owned(), text.to_owned());
                }
                Err(_) => self.report(path, [invalid("is not UTF-8 text")]),
            }
        }
        templates
    }

    /// The lists of blocked keys, by path.
    pub(super) fn key_lists(&mut self) -> BTreeMap<RepoPath, Arc<KeyList>> {
        let mut lists = BTreeMap::new();
        for (path, blob) in self.with_role(Role::KeyList) {
            match KeyList::read(&blob.bytes) {
                Ok(list) => {
                    lists.insert(path.clone(), Arc::new(list));
                }
                Err(reasons) => self.report(path, reasons),
            }
        }
        lists
    }

    /// Reports tests that have too much to try under so many policies.
    pub(super) fn weigh_tests(&mut self, tests: &[PolicyTest], policies: usize) {
        if let Some((test, reason)) = weight::too_many_cases(tests, policies) {
            self.report(&test.file, [reason]);
        }
    }

    /// The trees of the YAML files.
    pub(super) fn trees(&mut self) -> Vec<Tree<'a>> {
        let mut trees = Vec::new();
        let mut weight = Weight::default();
        for (path, blob) in self.with_role(Role::Object) {
            match parser::parse(&blob.bytes) {
                Ok(node) => match weight.check(&node) {
                    light if light.is_empty() => trees.push((path, blob, node)),
                    heavy => self.report(path, heavy),
                },
                Err(reasons) => {
                    let as_config = |reason| Reason {
                        code: Code::ConfigInvalid,
                        ..reason
                    };
                    self.report(path, reasons.into_iter().map(as_config));
                }
            }
        }
        trees
    }

    /// The heads of the trees by kind and name, each name once for each kind.
    pub(super) fn documents<'n>(&mut self, trees: &'n [Tree<'a>]) -> Vec<Document<'n>> {
        let mut documents: Vec<Document<'n>> = Vec::new();
        let mut names: BTreeMap<(Kind, ObjectName), &RepoPath> = BTreeMap::new();
        for (path, blob, node) in trees {
            let mut problems = Problems::new(Code::ConfigInvalid);
            let document = Document::read(&Field::root(node), path, blob.id, &mut problems);
            if let Some(document) = &document {
                match names.entry((document.kind, document.name.clone())) {
                    Entry::Occupied(twin) => {
                        let message =
                            format!("`{}` is the name of `{}` too", document.name, twin.get());
                        problems.report(&document.name_field, message);
                    }
                    Entry::Vacant(new) => {
                        new.insert(path);
                    }
                }
            }
            self.report(path, problems.into_reasons());
            documents.extend(document);
        }
        documents.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        documents
    }

    /// Reads every object of a kind, by name.
    pub(super) fn each<T>(
        &mut self,
        documents: &[Document<'_>],
        kind: Kind,
        mut read: impl FnMut(&Document<'_>, &mut Problems) -> Option<T>,
    ) -> Vec<T> {
        let mut objects = Vec::new();
        for document in documents.iter().filter(|document| document.kind == kind) {
            let mut problems = Problems::new(Code::ConfigInvalid);
            objects.extend(read(document, &mut problems));
            self.report(&document.file, problems.into_reasons());
        }
        objects
    }

    /// The one Settings object.
    pub(super) fn settings(&mut self, documents: &[Document<'_>]) -> Option<Settings> {
        let of_kind = |document: &&Document<'_>| document.kind == Kind::Settings;
        let mut found: Vec<&Document<'_>> = documents.iter().filter(of_kind).collect();
        found.sort_by(|a, b| a.file.cmp(&b.file));
        let Some((first, others)) = found.split_first() else {
            // A file that can't be read may be the Settings; then that is the finding.
            if self.findings.is_empty() {
                let reason = invalid("the control zone has no Settings")
                    .help("add `policies/settings.yaml`; `gitca init` writes one");
                self.findings.push(Finding::anywhere(reason));
            }
            return None;
        };
        for other in others {
            let message = format!("there are Settings in `{}` already", first.file);
            let reason = invalid(&message).field("kind").at(other.name_field.place);
            self.report(&other.file, [reason]);
        }
        self.each(documents, Kind::Settings, Settings::read)
            .into_iter()
            .next()
    }

    /// The Signers by name, each signer name once.
    pub(super) fn signers(
        &mut self,
        documents: &[Document<'_>],
        around: &Surroundings<'_>,
    ) -> Vec<Signer> {
        let mut by_signer_name: BTreeMap<SignerName, RepoPath> = BTreeMap::new();
        let mut signers = Vec::new();
        for document in documents.iter().filter(|head| head.kind == Kind::Signer) {
            let mut problems = Problems::new(Code::ConfigInvalid);
            let Some(signer) = Signer::read(document, around, &mut problems) else {
                self.report(&document.file, problems.into_reasons());
                continue;
            };
            match by_signer_name.get(&signer.signer_name) {
                Some(first) => {
                    let message = format!("`{first}` answers to `{}` too", signer.signer_name);
                    let at = signer_name_place(document);
                    problems.push(invalid(&message).field("spec.signerName").at(at));
                }
                None => {
                    by_signer_name.insert(signer.signer_name.clone(), document.file.clone());
                }
            }
            self.report(&document.file, problems.into_reasons());
            signers.push(signer);
        }
        signers
    }

    /// The value, if nothing at all was found.
    ///
    /// # Errors
    /// Every finding, sorted by file and place.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<Finding>> {
        let place = |finding: &Finding| {
            let reason = &finding.reason;
            (finding.file.clone(), reason.line, reason.column)
        };
        self.findings.sort_by_key(place);
        match value {
            Some(value) if self.findings.is_empty() => Ok(value),
            _ => Err(self.findings),
        }
    }

    fn with_role(&self, role: Role) -> Vec<(&'a RepoPath, &'a Blob)> {
        self.files
            .iter()
            .filter(|(its, _, _)| *its == role)
            .map(|(_, path, blob)| (*path, *blob))
            .collect()
    }

    fn report(&mut self, file: &RepoPath, reasons: impl IntoIterator<Item = Reason>) {
        let in_file = |reason| Finding::in_file(file.clone(), reason);
        self.findings.extend(reasons.into_iter().map(in_file));
    }
}

fn signer_name_place(document: &Document<'_>) -> Place {
    let spec = document
        .spec
        .entries(&mut Problems::new(Code::ConfigInvalid));
    let field = spec.iter().find(|(key, _)| *key == "signerName");
    field.map_or(document.spec.place, |(_, field)| field.place)
}

fn invalid(message: &str) -> Reason {
    Reason::new(Code::ConfigInvalid, message)
}
