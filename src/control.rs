//! The control zone: everything that decides, as it was at one commit.
//!
//! In come the files under `policies/` and `templates/`; out comes a [`ControlZone`], or every finding of every file. It
//! is whole or nothing: one file that can't be read might be the one that denies. First the heads of all files are
//! read, then their specs, so that a reference to another object can be checked where it stands. File names and order
//! decide nothing.

pub mod allowed_signers;
pub mod approval_policy;
pub mod approvals;
mod ca_keys;
pub mod cluster;
pub mod deny_policy;
pub mod document;
pub mod entry;
pub mod files;
pub mod fold;
pub mod glob;
pub mod group;
pub mod identity;
pub mod key_list;
pub mod keys;
mod loading;
pub mod origin;
pub mod policy_test;
pub mod principal;
pub mod profile;
pub mod reading;
pub mod rule;
#[cfg(test)]
pub(crate) mod sample;
pub mod selector;
pub mod settings;
pub mod signer;
pub mod surroundings;
pub mod validation;
mod weight;

use std::collections::{BTreeMap, BTreeSet};

use crate::control::approval_policy::ApprovalPolicy;
use crate::control::ca_keys::CaKeys;
use crate::control::cluster::Cluster;
use crate::control::deny_policy::DenyPolicy;
use crate::control::document::{Document, Kind, TESTS};
use crate::control::group::Group;
use crate::control::loading::Loading;
use crate::control::policy_test::PolicyTest;
use crate::control::principal::{EmailAddress, Owners, Principal, SshKey};
use crate::control::settings::Settings;
use crate::control::signer::Signer;
use crate::control::surroundings::{Cas, Surroundings};
use crate::effort::Effort;
use crate::finding::{Code, Finding, Reason};
use crate::names::{ObjectId, ObjectName, RepoPath, SignerName};
use crate::snapshot::Blob;
use crate::ssh::key::PublicKey;
use crate::x509;
use crate::yaml::{Field, Problems, parser};

/// The files that decide, read and checked against each other.
#[derive(Clone, Debug)]
pub struct ControlZone {
    /// What holds for the whole repository.
    pub settings: Settings,
    /// The CAs, by name.
    pub signers: Vec<Signer>,
    /// The clusters of kubeconfigs.
    pub clusters: BTreeMap<ObjectName, Cluster>,
    /// The persons and bots, by name.
    pub principals: BTreeMap<ObjectName, Principal>,
    /// The groups of them, by name.
    pub groups: BTreeMap<ObjectName, Group>,
    /// What may be signed, by name.
    pub approval_policies: Vec<ApprovalPolicy>,
    /// What may not be signed, by name.
    pub deny_policies: Vec<DenyPolicy>,
    /// What must be decided, by name; it decides nothing itself.
    pub tests: Vec<PolicyTest>,
    /// The templates by file name, such as `kubeconfig.yaml.j2`.
    pub templates: BTreeMap<String, String>,
    owners: Owners,
    memberships: Memberships,
    ca_keys: CaKeys,
}

/// The groups that each Principal is in: by its own file and by those of the Groups.
pub type Memberships = BTreeMap<ObjectName, BTreeSet<ObjectName>>;

impl ControlZone {
    /// Reads the files of the control zone.
    ///
    /// # Errors
    /// Every finding of every file, sorted by file and place.
    pub fn load(files: &BTreeMap<RepoPath, Blob>) -> Result<Self, Vec<Finding>> {
        let mut loading = Loading::new(files);
        let templates = loading.templates();
        let key_lists = loading.key_lists();
        let trees = loading.trees();
        let documents = loading.documents(&trees);
        let around = &Surroundings::new(files, &documents, key_lists);
        let settings = loading.settings(&documents);
        let signers = loading.signers(&documents, around);
        let clusters = loading.each(&documents, Kind::Cluster, |head, problems| {
            Cluster::read(head, around, problems)
        });
        let approval_policies = loading.each(&documents, Kind::ApprovalPolicy, |head, problems| {
            ApprovalPolicy::read(head, around, problems)
        });
        let deny_policies = loading.each(&documents, Kind::DenyPolicy, |head, problems| {
            DenyPolicy::read(head, around, problems)
        });
        let mut owners = Owners::default();
        let principals = loading.each(&documents, Kind::Principal, |head, problems| {
            Principal::read(head, around, &mut owners, problems)
        });
        let groups = loading.each(&documents, Kind::Group, |head, problems| {
            Group::read(head, around, problems)
        });
        let tests = loading.each(&documents, Kind::PolicyTest, |head, problems| {
            PolicyTest::read(head, around, problems)
        });
        let policies = approval_policies.len() + deny_policies.len();
        loading.weigh_tests(&tests, policies);
        let principals = by_name(principals, |principal| &principal.name);
        let groups = by_name(groups, |group| &group.name);
        Ok(Self {
            settings: loading.finish(settings)?,
            ca_keys: CaKeys::of(files, &signers, &clusters),
            signers,
            clusters: by_name(clusters, |cluster| &cluster.name),
            memberships: memberships(&principals, &groups),
            principals,
            groups,
            approval_policies,
            deny_policies,
            tests,
            templates,
            owners,
        })
    }

    /// The groups that a Principal is in.
    #[must_use]
    pub fn groups_of(&self, principal: &ObjectName) -> &BTreeSet<ObjectName> {
        const NONE: &BTreeSet<ObjectName> = &BTreeSet::new();
        self.memberships.get(principal).unwrap_or(NONE)
    }

    /// The groups of everybody.
    #[must_use]
    pub fn memberships(&self) -> &Memberships {
        &self.memberships
    }

    /// The Principal that has this key, whether the key counts now or not.
    #[must_use]
    pub fn principal_by_key(&self, key: &PublicKey) -> Option<(&Principal, &SshKey)> {
        let principal = self.principals.get(self.owners.of_key(key)?)?;
        let entry = principal.ssh_keys.iter().find(|entry| entry.key == *key)?;
        Some((principal, entry))
    }

    /// The Principal that has this e-mail address: the domain in any case of letters, the local part exactly.
    #[must_use]
    pub fn principal_by_email(&self, email: &str) -> Option<&Principal> {
        let email: EmailAddress = email.parse().ok()?;
        self.principals.get(self.owners.of_email(&email)?)
    }

    /// The file with the certificate of the CA that has this key: of any CA, whether something signs under it or not.
    #[must_use]
    pub fn ca_file_by_key(&self, key: &x509::key::PublicKey) -> Option<&RepoPath> {
        self.ca_keys.file_of(key)
    }

    /// Reads a test that lies outside of the zone, to be run against it.
    ///
    /// # Errors
    /// Every reason why it is no PolicyTest.
    pub fn read_test(&self, bytes: &[u8]) -> Result<PolicyTest, Vec<Reason>> {
        let tree = parser::parse(bytes)?;
        let place = format!("{TESTS}elsewhere.yaml");
        let place = place.parse().expect("it is a path");
        let mut problems = Problems::new(Code::ConfigInvalid);
        let none = BTreeMap::new();
        let around = Surroundings {
            files: &none,
            clusters: self.clusters.keys().cloned().collect(),
            groups: self.groups.keys().cloned().collect(),
            principals: self.principals.keys().cloned().collect(),
            key_lists: BTreeMap::new(),
            compiling: Effort::of_compiling(),
            cas: Cas::default(),
        };
        let root = Field::root(&tree);
        let head = Document::read(&root, &place, ObjectId([0; 20]), &mut problems);
        let test = match head {
            Some(head) if head.kind == Kind::PolicyTest => {
                PolicyTest::read(&head, &around, &mut problems)
            }
            Some(other) => {
                problems.report(&other.name_field, "names something that is no PolicyTest");
                None
            }
            None => None,
        };
        match test {
            Some(test) if problems.is_empty() => Ok(test),
            _ => Err(problems.into_reasons()),
        }
    }

    /// Whether any policy has a rule in CEL.
    #[must_use]
    pub fn has_rules(&self) -> bool {
        let mut denials = self.deny_policies.iter().flat_map(|policy| &policy.deny);
        let mut policies = self.approval_policies.iter();
        policies.any(|policy| !policy.validations.is_empty())
            || denials.any(|denial| denial.rule.is_some())
    }

    /// The Signer that answers to this signer name.
    #[must_use]
    pub fn signer(&self, signer_name: &SignerName) -> Option<&Signer> {
        self.signers
            .iter()
            .find(|signer| signer.signer_name == *signer_name)
    }
}

fn memberships(
    principals: &BTreeMap<ObjectName, Principal>,
    groups: &BTreeMap<ObjectName, Group>,
) -> Memberships {
    let own = principals.values();
    let own = own.map(|person| (person.name.clone(), person.groups.iter().cloned().collect()));
    let mut memberships: Memberships = own.collect();
    for group in groups.values() {
        for member in &group.members {
            let groups = memberships.entry(member.clone()).or_default();
            groups.insert(group.name.clone());
        }
    }
    memberships
}

fn by_name<T>(objects: Vec<T>, name: fn(&T) -> &ObjectName) -> BTreeMap<ObjectName, T> {
    let named = |object: T| (name(&object).clone(), object);
    objects.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests;
