//! The commit that a merge would be: a head merged into a base, in memory, as a pull request will land.
//!
//! In come two commits; out goes a [`Proposal`]: the tree of the merge as a snapshot, and what is known of the requests
//! that it changes. Its first parent is the base. Nothing is written to the repository: what libgit2 makes while it merges
//! stays in memory. Renames are not looked for, so a change counts where its path says.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use anyhow::Context as _;
use git2::Oid;

use crate::finding::{Code, Finding, Reason};
use crate::git::account::History;
use crate::git::diff::Paths;
use crate::git::differing::differing;
use crate::git::extent;
use crate::git::follow::Following;
use crate::git::foreign::touched;
use crate::git::history::{Until, history};
use crate::git::ids::oid;
use crate::git::merge::merge;
use crate::git::new_files::There;
use crate::git::objects::{Objects, Searched};
use crate::git::producer::{Node, landed};
use crate::git::repository::Repository;
use crate::git::revoked::revocations;
use crate::git::since::{Base, Since};
use crate::git::tree;
use crate::names::{ObjectId, RepoPath, RequestName, Sha256Digest};
use crate::report::Grounds;
use crate::snapshot::{Blob, KeyOwners, RevocationHistory, Snapshot};
use crate::zones::{self, Kind, Role};

// A merge of the base alone would be left out by a rebase.
const ON_TOP: &str = "put the branch on top of the base, so that one can read there what will land: `git rebase`, or merge the base into it and make one commit of both, as by `git merge --squash`";
// Before the database on disk, so that what a merge makes stays in memory.
const FIRST: i32 = 1_000;

/// A merge that nobody has made yet.
#[derive(Debug)]
pub struct Proposal<'r> {
    pub(super) repository: &'r Repository,
    pub(super) base: ObjectId,
    pub(super) head: ObjectId,
    pub(super) top: ObjectId,
    ancestor: ObjectId,
    conflicts: Vec<RepoPath>,
    displaced: Vec<RepoPath>,
    pub(super) there: There,
    searched: Searched,
    landed: OnceCell<Option<Vec<Oid>>>,
}

/// The requests about which a merge changes what is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Those with another manifest, or without one.
    pub asked: BTreeSet<RequestName>,
    /// Those with another statement.
    pub stated: BTreeSet<RequestName>,
    /// Those with another revocation.
    pub revoked: BTreeSet<RequestName>,
}

impl Repository {
    /// Merges `head` into `base`, in memory.
    ///
    /// # Errors
    /// [`Stop`] when they have no common history, or when the head touches more than anybody reviews; other errors when git
    /// fails.
    pub fn propose(&self, base: ObjectId, head: ObjectId) -> anyhow::Result<Proposal<'_>> {
        let ancestor = self.fork(base, head)?;
        let objects = Objects::of(self)?;
        extent::require_few(&objects, self.tree_of(ancestor)?, self.tree_of(head)?)?;
        let before = self.tree_of(base)?;
        let proposal = |top, conflicts, displaced| {
            let (there, searched) = There::brought(&Objects::of(self)?, before, top)?;
            Ok(Proposal {
                repository: self,
                base,
                head,
                top,
                ancestor,
                conflicts,
                displaced,
                there,
                searched,
                landed: OnceCell::new(),
            })
        };
        if ancestor == base {
            return proposal(self.tree_of(head)?, Vec::new(), Vec::new());
        }
        let odb = self.inner.odb().context("opening the object database")?;
        odb.add_new_mempack_backend(FIRST)
            .context("making room for a merge in memory")?;
        let objects = Objects::of(self)?;
        let [before, ours, theirs] = [ancestor, base, head].map(|commit| self.tree_of(commit));
        let merged = merge(&objects, [before?, ours?, theirs?])
            .with_context(|| format!("merging {head} into {base}"))?;
        proposal(merged.top, merged.conflicts, merged.displaced)
    }
}

/// What the paths begin with that a finding is about: that of its file, and those of all that lies beside its request.
fn places(finding: &Finding) -> Vec<String> {
    let file = finding.file.as_ref().map(ToString::to_string);
    let request = finding.request.as_ref();
    let request = request.map(|request| format!("requests/{request}."));
    file.into_iter().chain(request).collect()
}

impl Proposal<'_> {
    /// What would be on the mainline, with a finding for each conflict; these requests are open although `issued/` holds
    /// them.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn snapshot(&self, also: &BTreeSet<RequestName>) -> anyhow::Result<Snapshot> {
        let objects = self.searched()?;
        let mut snapshot = zones::survey(&objects, &self.top, also)
            .context("reading what the merge would make")?;
        self.forget_older(&objects, &mut snapshot)?;
        for path in &self.conflicts {
            let finding = Finding::in_file(path.clone(), conflict());
            match path.as_str().strip_prefix("requests/") {
                Some(_) => snapshot.findings.push(finding),
                None => snapshot.errors.push(finding),
            }
        }
        let displaced = self.displaced.iter();
        let displaced = displaced.map(|path| Finding::in_file(path.clone(), displaced_change()));
        snapshot.errors.extend(displaced);
        Ok(snapshot)
    }

    /// The same, if it can be told from what a run left on the mainline of the base.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn snapshot_since(&self, base: &Base) -> anyhow::Result<Option<Snapshot>> {
        if !self.conflicts.is_empty() || !self.displaced.is_empty() {
            return Ok(None);
        }
        let objects = self.searched()?;
        let since = Since::of(self.repository, &objects, base, self.top)?;
        since.snapshot(true)
    }

    /// The objects, of which so much is searched as of a change.
    fn searched(&self) -> anyhow::Result<Objects<'_>> {
        Ok(Objects::of(self.repository)?.searching(self.searched.clone()))
    }

    /// The commit and the rules that the merge is judged on.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn grounds(&self) -> anyhow::Result<Grounds> {
        let objects = Objects::of(self.repository)?;
        let zone = |name| objects.entry(self.top, name, tree::DIRECTORY);
        Ok(Grounds {
            base: self.base,
            policies: zone("policies")?,
            templates: zone("templates")?,
        })
    }

    /// Leaves out what was wrong in the base already and lies where nothing changes: it is not this change's fault.
    fn forget_older(&self, objects: &Objects<'_>, snapshot: &mut Snapshot) -> anyhow::Result<()> {
        if snapshot.findings.is_empty() {
            return Ok(());
        }
        let base = self.repository.tree_of(self.base)?;
        let before = zones::survey(objects, &base, &BTreeSet::new()).context("reading the base")?;
        let mut older: HashMap<Option<&RepoPath>, Vec<&Finding>> = HashMap::new();
        for finding in &before.findings {
            let of_file = older.entry(finding.file.as_ref()).or_default();
            of_file.push(finding);
        }
        let is_older = |finding: &Finding| {
            let of_file = older.get(&finding.file.as_ref());
            of_file.is_some_and(|of_file| of_file.contains(&finding))
        };
        let known = snapshot.findings.iter().filter(|found| is_older(found));
        let known: HashSet<String> = known.flat_map(places).collect();
        if known.is_empty() {
            return Ok(());
        }
        let requests = |top| objects.entry(top, "requests", tree::DIRECTORY);
        let (old, new) = (requests(base)?, requests(self.top)?);
        let (mut touched, mut is_whole) = (HashSet::new(), true);
        let mut show = |path: &str| {
            is_whole &= !path.ends_with('/');
            let ends = path.match_indices(['.', '/']);
            // With its dot, since that is where the name of a request ends.
            let ends = ends.map(|(end, found)| end + usize::from(found == "."));
            for end in ends.chain([path.len()]) {
                touched.extend(known.get(&path[..end]).cloned());
            }
        };
        differing(objects, "requests/", old, new, &mut show)?;
        // Where directories can't be compared every finding stays, and so does what is about no place.
        let is_touched = |finding: &Finding| {
            let mut places = places(finding).into_iter().peekable();
            places.peek().is_none() || places.any(|place| touched.contains(&place))
        };
        snapshot
            .findings
            .retain(|finding| !is_whole || is_touched(finding) || !is_older(finding));
        Ok(())
    }

    /// The paths in `issued/` that the merge would change, though only a run may.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn outputs(&self) -> anyhow::Result<BTreeSet<String>> {
        let objects = Objects::of(self.repository)?;
        let issued = |top| objects.entry(top, "issued", tree::DIRECTORY);
        let before = issued(self.repository.tree_of(self.base)?)?;
        touched(&objects, before, issued(self.top)?)
    }

    /// What the merge brings that nobody can check out.
    #[must_use]
    pub fn unfit(&self) -> &[Finding] {
        &self.there.unfit
    }

    /// The commit that the head was branched off at.
    #[must_use]
    pub fn ancestor(&self) -> ObjectId {
        self.ancestor
    }

    /// What is known of each open request that the merge changes, or about which it changes what was said: brought by
    /// this merge, whoever wrote it, or by the base. With them go those that it leaves alone and that have the key of one of
    /// them, or one that another had before the merge, since who came first has it, and those that it frees: these are named.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn history(
        &self,
        snapshot: &Snapshot,
        anchor: Option<ObjectId>,
        keys: &BTreeMap<RequestName, Sha256Digest>,
        before: &BTreeSet<Sha256Digest>,
        freed: &BTreeSet<RequestName>,
    ) -> anyhow::Result<(History, BTreeSet<RequestName>)> {
        if let Some(anchor) = anchor {
            self.repository.require_anchor(anchor, self.base)?;
        }
        let objects = Objects::of(self.repository)?;
        let base = self.repository.tree_of(self.base)?;
        let requests = |top| objects.entry(top, "requests", tree::DIRECTORY);
        let mut paths = Paths::new();
        for name in snapshot.open.keys() {
            paths.insert(format!("{name}.yaml"), (Kind::File, name));
            paths.insert(format!("{name}.approvals"), (Kind::Directory, name));
        }
        let changed = objects.differences(requests(base)?, requests(self.top)?, &paths)?;
        let changed: HashSet<&RequestName> =
            changed.into_iter().map(|found| found.follower).collect();
        let shared: HashSet<&Sha256Digest> = changed
            .iter()
            .filter_map(|name| keys.get(*name))
            .chain(before)
            .collect();
        let is_let_in = |name: &&RequestName| {
            let key = keys.get(*name);
            let has_shared = key.is_some_and(|key| shared.contains(key));
            !changed.contains(*name) && (has_shared || freed.contains(*name))
        };
        let rivals = snapshot.open.keys().filter(is_let_in);
        let rivals: BTreeSet<RequestName> = rivals.cloned().collect();
        let is_followed = |name: &RequestName| changed.contains(name) || rivals.contains(name);
        let following = Following::of(snapshot, false, is_followed);
        let until = anchor.map_or(Until::Found, Until::Anchor);
        let history = history(self.repository, &self.node(), until, following)?;
        Ok((history, rivals))
    }

    /// The requests about which the merge changes what is said beside them.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn news(&self) -> anyhow::Result<News> {
        let objects = Objects::of(self.repository)?;
        let requests = |top| objects.entry(top, "requests", tree::DIRECTORY);
        let before = requests(self.repository.tree_of(self.base)?)?;
        let (after, mut news) = (requests(self.top)?, News::default());
        let mut show = |path: &str| match zones::role(path) {
            Some(Role::Manifest(name)) => {
                news.asked.insert(name);
            }
            Some(Role::Statement(name)) => {
                news.stated.insert(name);
            }
            Some(Role::Revocation(name)) => {
                news.revoked.insert(name);
            }
            _ => {}
        };
        differing(&objects, "requests/", before, after, &mut show)?;
        Ok(news)
    }

    /// The manifests of these requests as the base has them; one that is not there, or too large, is left out.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn manifests_before(
        &self,
        names: &BTreeSet<RequestName>,
    ) -> anyhow::Result<BTreeMap<RequestName, Blob>> {
        let objects = Objects::of(self.repository)?;
        let base = self.repository.tree_of(self.base)?;
        let requests = objects.entry(base, "requests", tree::DIRECTORY)?;
        let mut manifests = BTreeMap::new();
        for name in names {
            let Some(id) = objects.reach(requests, &format!("{name}.yaml"), tree::FILE)? else {
                continue;
            };
            let limit = zones::size_limit(name.manifest().as_str());
            let content = objects.blob(id, limit)?;
            manifests.extend(content.ok().map(|bytes| (name.clone(), Blob { id, bytes })));
        }
        Ok(manifests)
    }

    /// Whether a revocation would lie beside a request, one that can be read or not.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn has_revocation(&self, name: &RequestName) -> anyhow::Result<bool> {
        let objects = Objects::of(self.repository)?;
        let path = name.revocation();
        let pieces: Vec<&str> = path.as_str().split('/').collect();
        Ok(objects.follow(self.top, &pieces, tree::FILE)?.is_some())
    }

    /// What the mainline would know of the revocation of each of these requests.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn revocations(
        &self,
        names: &BTreeSet<RequestName>,
    ) -> anyhow::Result<BTreeMap<RequestName, RevocationHistory>> {
        revocations(self.repository, self.node(), names)
    }

    /// The commits of the branch, children first; `None` where there are more than are looked at one by one.
    pub(super) fn landed(&self) -> anyhow::Result<Option<&[Oid]>> {
        if let Some(known) = self.landed.get() {
            return Ok(known.as_deref());
        }
        let found = landed(self.repository, &self.node())?;
        Ok(self.landed.get_or_init(|| found).as_deref())
    }

    pub(super) fn node(&self) -> Node {
        Node {
            commit: self.head,
            is_made: false,
            tree: self.top,
            parents: vec![oid(self.base), oid(self.head)],
        }
    }

    /// The requests that these public keys were certified for before.
    ///
    /// # Errors
    /// When `issued/_keys/` can't be read.
    pub fn key_owners(&self, keys: &[Sha256Digest]) -> anyhow::Result<KeyOwners> {
        // The base's: nobody but a run says whose a key is.
        self.repository.key_owners(self.base, keys)
    }
}

fn displaced_change() -> Reason {
    Reason::new(
        Code::MergeConflict,
        "one side took this away or moved it, and the other changed it: git may carry the change to a file that gitca reads",
    )
    .help(ON_TOP)
}

fn conflict() -> Reason {
    Reason::new(
        Code::MergeConflict,
        "the base and the head both changed what is here",
    )
    .help(ON_TOP)
}
