//! What a reviewer must know of a request, as values that every text output shows in its own way.
//!
//! In come the words of requests and policies as they were written; each output makes them harmless for itself. Nothing in
//! here is in the JSON of a report, and nothing decides.

use crate::names::{ObjectId, RepoPath};

/// The content of the certificate that a request would get or got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Its groups that have powers of their own in a cluster, such as `system:nodes`.
    pub privileged: Vec<String>,
    /// The subject as one line, `CN=jane, O=dev`.
    pub subject: String,
    /// Its names, kind by kind, such as `DNS:a.example.com`.
    pub sans: Vec<String>,
    /// Its usages.
    pub usages: Vec<String>,
    /// The kind of its key.
    pub key: String,
    /// How long it is valid; `None` when no signer was found for it.
    pub lifetime: Option<String>,
    /// The lifetime that was asked for.
    pub lifetime_asked: Option<String>,
    /// The file and the line of the policy that admits it.
    pub policy_place: Option<(RepoPath, u32)>,
    /// The policy that denies it, or comes nearest when none admits it.
    pub refuser: Option<Refuser>,
    /// How far the approvals have come, for each policy that admits and asks for some.
    pub assents: Vec<Assent>,
    /// The git object of the manifest, which an approval is bound to.
    pub blob: ObjectId,
    /// What each policy said; empty unless it is to be told in detail.
    pub trace: Vec<Opinion>,
    /// What the request says, line by line; empty unless it is to be told in detail.
    pub decoded: Vec<String>,
}

/// A policy that does not let a request through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refuser {
    /// Its name.
    pub name: String,
    /// The file that it was read from.
    pub file: RepoPath,
    /// The line of its name there, where it is known.
    pub line: Option<u32>,
    /// Whether it is a deny policy, one hit of which is final.
    pub denies: bool,
}

/// How far the approvals have come that one policy asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assent {
    /// The policy.
    pub policy: String,
    /// The file and the line of the policy.
    pub place: (RepoPath, u32),
    /// How many persons it needs in all.
    pub needed: usize,
    /// The persons whose approvals count for it.
    pub given: Vec<String>,
    /// What is open; nothing when it is complete.
    pub lacking: Vec<Lack>,
}

impl Assent {
    /// How many of the approvals that are needed are there.
    #[must_use]
    pub fn had(&self) -> usize {
        let open = self.lacking.iter().map(|lack| lack.count);
        let open = open.fold(0, usize::saturating_add);
        self.needed.saturating_sub(open)
    }
}

/// Approvals that are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// How many persons.
    pub count: usize,
    /// The groups whose members could give them.
    pub groups: Vec<String>,
    /// How many persons could give them, were they not involved or counted already.
    pub number: usize,
    /// The first of them, as many as somebody reads.
    pub able: Vec<String>,
}

/// What one policy said of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// The policy and what it said in one line.
    pub verdict: String,
    /// Why it does not admit, or what it hit.
    pub reasons: Vec<String>,
}

/// What a change was judged on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grounds {
    /// The commit that it would be merged into.
    pub base: ObjectId,
    /// The tree of `policies/` after the merge.
    pub policies: Option<ObjectId>,
    /// The tree of `templates/` after the merge.
    pub templates: Option<ObjectId>,
}
