//! What the evidence about one request is, and what it comes to.
//!
//! In come [`Records`], of which nothing is proven; out comes [`Testimony`], the only view of people that decisions
//! have. Records come from git, never from what a manifest says about its author.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::identity::Identity;
use crate::finding::Reason;
use crate::names::{ObjectName, RepoPath, Sha256Digest};
use crate::provenance::Provenance;
use crate::report::Requester;
use crate::request::Request;
use crate::snapshot::{Author, Blob, Brought, Introduction, StatementHistory};

/// What git knows about the people behind one request; nothing in it is proven yet.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    /// What was asked.
    pub request: &'a Request,
    /// The commit that brought it; `None` in a work tree.
    pub introduction: Option<&'a Introduction>,
    /// The files in its `.approvals` directory.
    pub statements: &'a BTreeMap<String, Blob>,
    /// What the mainline knows of them.
    pub history: &'a StatementHistory,
    /// In a work tree, who would commit what is there.
    pub committer: Option<&'a Author>,
    /// The certificate that is to be renewed, if these bytes have one: its approvals count again, as they did then.
    pub renews: Option<&'a Provenance>,
}

/// What the evidence comes to under one control zone.
#[derive(Clone, Debug, Default)]
pub struct Testimony {
    /// Who asked, as rules see it.
    pub identity: Identity,
    /// Who asked, as reports show it; `None` where no commit tells.
    pub requester: Option<Requester>,
    /// Whether the signature of a commit alone proves who asked; a squash merge drops it.
    pub is_by_commit: bool,
    /// Everybody who may have had a hand in the request, and so can't approve it.
    pub involved: Hands,
    /// The valid approvals of others, one for each person.
    pub approvals: BTreeMap<ObjectName, Approval>,
    /// The persons whose valid denial is in force.
    pub denials: BTreeSet<ObjectName>,
    /// Why statements that are there do not count.
    pub objections: Vec<Reason>,
    /// What changes no verdict.
    pub notices: Vec<Reason>,
}

impl Testimony {
    /// By how much every number of approvals is raised: whoever asked unknown may be one of the approvers.
    #[must_use]
    pub fn raise(&self) -> usize {
        usize::from(self.identity.principal.is_none())
    }
}

/// Who may have had a hand in a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hands {
    /// Those who are known to.
    pub names: BTreeSet<ObjectName>,
    /// Whether more are named than anybody reads, so that everybody may.
    pub are_too_many: bool,
}

impl Hands {
    /// Whether it may have been this person.
    #[must_use]
    pub fn contains(&self, person: &ObjectName) -> bool {
        self.are_too_many || self.names.contains(person)
    }
}

/// One person's valid approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The statement.
    pub file: RepoPath,
    /// The SHA-256 of its octets.
    pub sha256: Sha256Digest,
    /// The key that signed it, as `ssh-keygen -l` prints it.
    pub key_fingerprint: String,
    /// The commit that brought it; `None` in a work tree.
    pub brought: Option<Brought>,
}
