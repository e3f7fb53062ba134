//! What the mainline knows of the revocation of certificates.
//!
//! In come requests; out go every version of the revocation beside each and everything that was ever issued for it, with
//! the commits that brought them. A file that was taken away again was there. Whether a run brought a certificate, and
//! whom a revocation reaches, is judged elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::git::diff::Paths;
use crate::git::differing::differing;
use crate::git::follow::Zones;
use crate::git::ids::id;
use crate::git::objects::Objects;
use crate::git::producer::Node;
use crate::git::read::FILE_OCTETS;
use crate::git::repository::Repository;
use crate::git::tree;
use crate::names::{ObjectId, REVOCATION, RepoPath, RequestName, artifact};
use crate::snapshot::{Blob, Brought, Output, RevocationHistory};
use crate::zones::{self, Kind, Role};

/// How far back changes of revocations are looked for.
#[derive(Clone, Copy, Debug)]
pub enum Horizon<'s> {
    /// From the beginning of the mainline on.
    Beginning,
    /// After this commit of the mainline.
    Commit(ObjectId),
    /// After the newest run that wrote each of these files below `issued/`, whichever is the oldest.
    Files(&'s [RepoPath]),
}

impl Repository {
    /// What the mainline of `tip` knows of the revocation of each of these requests, from its first commit on; those of which
    /// it knows nothing are left out.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn revocations(
        &self,
        tip: ObjectId,
        names: &BTreeSet<RequestName>,
    ) -> anyhow::Result<BTreeMap<RequestName, RevocationHistory>> {
        revocations(self, Node::of(self, tip)?, names)
    }

    /// The requests whose revocation was changed, taken away or brought on the mainline of `tip`; `is_run` tells whether a
    /// run made a commit.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn revoked_since(
        &self,
        tip: ObjectId,
        horizon: Horizon<'_>,
        is_run: &mut dyn FnMut(ObjectId) -> anyhow::Result<bool>,
    ) -> anyhow::Result<BTreeSet<RequestName>> {
        let objects = Objects::of(self)?;
        let files = match horizon {
            Horizon::Files(files) => files,
            Horizon::Beginning | Horizon::Commit(_) => &[],
        };
        let mut awaited: Paths<&str> = files
            .iter()
            .filter_map(|file| file.as_str().strip_prefix("issued/"))
            .map(|file| (file.to_owned(), (Kind::File, file)))
            .collect();
        let mut found = BTreeSet::new();
        let mut node = Node::of(self, tip)?;
        loop {
            let is_end = match horizon {
                Horizon::Beginning => false,
                Horizon::Commit(commit) => node.commit == commit,
                Horizon::Files(_) => awaited.is_empty(),
            };
            let parent = match node.parents.first() {
                Some(parent) if !is_end => Node::of(self, id(*parent))?,
                _ => return Ok(found),
            };
            if parent.tree != node.tree {
                let (before, after) = (
                    Zones::of(&objects, parent.tree)?,
                    Zones::of(&objects, node.tree)?,
                );
                changed(&objects, before.requests, after.requests, &mut found)?;
                let written = objects.differences(before.issued, after.issued, &awaited)?;
                if !written.is_empty() && is_run(node.commit)? {
                    awaited.retain(|path, _| written.iter().all(|file| file.follower != path));
                }
            }
            node = parent;
        }
    }

    /// Shows every list that ever lay in `issued/_crl/` on the mainline of `tip`, each once; larger ones are left out.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn lists(
        &self,
        tip: ObjectId,
        octets: u64,
        show: &mut dyn FnMut(Vec<u8>),
    ) -> anyhow::Result<()> {
        let objects = Objects::of(self)?;
        let (mut folders, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut next = Some(tip);
        while let Some(commit) = next {
            let top = self.tree_of(commit)?;
            let folder = objects.follow(top, &["issued", "_crl"], tree::DIRECTORY)?;
            if let Some(folder) = folder.filter(|folder| folders.insert(*folder)) {
                for file in objects
                    .directory(Some(folder))?
                    .entries()
                    .unwrap_or_default()
                {
                    if file.mode == tree::FILE && seen.insert(file.id) {
                        objects
                            .blob(file.id, octets)?
                            .map_or_else(|_| (), &mut *show);
                    }
                }
            }
            next = self.commit_at(commit)?.parent_ids().next().map(id);
        }
        Ok(())
    }

    /// The requests beside which a revocation lies in a commit.
    ///
    /// # Errors
    /// When an object can't be read.
    pub fn revoked_at(&self, commit: ObjectId) -> anyhow::Result<BTreeSet<RequestName>> {
        let objects = Objects::of(self)?;
        let mut found = BTreeSet::new();
        let top = objects.entry(self.tree_of(commit)?, "requests", tree::DIRECTORY)?;
        let mut show = |path: &str| found.extend(revoked(path));
        differing(&objects, "requests/", None, top, &mut show)?;
        Ok(found)
    }
}

/// Adds the requests whose revocation is not the same in both trees. Where two directories can't be compared, every one below
/// either of them may have been brought or taken away.
fn changed(
    objects: &Objects<'_>,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    found: &mut BTreeSet<RequestName>,
) -> anyhow::Result<()> {
    let mut unknown = Vec::new();
    let mut show = |path: &str| {
        unknown.extend(path.ends_with('/').then(|| path.to_owned()));
        found.extend(revoked(path));
    };
    differing(objects, "requests/", old, new, &mut show)?;
    for place in unknown {
        let pieces: Vec<&str> = place
            .split('/')
            .skip(1)
            .filter(|piece| !piece.is_empty())
            .collect();
        for top in [old, new].into_iter().flatten() {
            let folder = objects.follow(top, &pieces, tree::DIRECTORY)?;
            // What can't be read by itself either holds nothing that counts.
            let mut show = |path: &str| found.extend(revoked(path));
            differing(objects, &place, None, folder, &mut show)?;
        }
    }
    Ok(())
}

fn revoked(path: &str) -> Option<RequestName> {
    match zones::role(path) {
        Some(Role::Revocation(name)) => Some(name),
        _ => None,
    }
}

/// The files beside some requests, and what the mainline was found to know of them.
struct Search<'n, 'o, 'r> {
    objects: &'o Objects<'r>,
    requests: Paths<&'n RequestName>,
    issued: Paths<&'n RequestName>,
    /// The revocations that were read: one file may lie beside many requests.
    read: HashMap<ObjectId, Option<Blob>>,
    found: BTreeMap<RequestName, RevocationHistory>,
}

impl<'n, 'o, 'r> Search<'n, 'o, 'r> {
    fn of(objects: &'o Objects<'r>, names: &'n BTreeSet<RequestName>) -> Self {
        let paths = |suffix: &str, kind| {
            let path = |name| (format!("{name}{suffix}"), (kind, name));
            names.iter().map(path).collect()
        };
        Self {
            objects,
            requests: paths(REVOCATION, Kind::File),
            issued: paths("", Kind::Directory),
            read: HashMap::new(),
            found: BTreeMap::new(),
        }
    }

    /// Takes in what one commit changed.
    fn compare(&mut self, before: &Zones, after: &Zones, brought: Brought) -> anyhow::Result<()> {
        let objects = self.objects;
        for change in objects.differences(before.requests, after.requests, &self.requests)? {
            let file = change.after.map(|file| self.revocation(file));
            let file = file.transpose()?.flatten();
            let history = self.found.entry(change.follower.clone()).or_default();
            history.revocations.push((brought, file));
        }
        for change in objects.differences(before.issued, after.issued, &self.issued)? {
            let Some(folder) = change.after else { continue };
            let output = output(objects, folder, brought)?;
            let history = self.found.entry(change.follower.clone()).or_default();
            history.outputs.extend(output);
        }
        Ok(())
    }

    fn revocation(&mut self, file: ObjectId) -> anyhow::Result<Option<Blob>> {
        if let Some(read) = self.read.get(&file) {
            return Ok(read.clone());
        }
        let limit = zones::size_limit(&format!("requests/any{REVOCATION}"));
        let content = self.objects.blob(file, limit)?;
        let blob = content.ok().map(|bytes| Blob { id: file, bytes });
        self.read.insert(file, blob.clone());
        Ok(blob)
    }
}

/// What the mainline that ends in `top`, which nobody may have made yet, knows of these requests.
pub(super) fn revocations(
    repository: &Repository,
    top: Node,
    names: &BTreeSet<RequestName>,
) -> anyhow::Result<BTreeMap<RequestName, RevocationHistory>> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let objects = Objects::of(repository)?;
    let mut search = Search::of(&objects, names);
    let mut node = top;
    // The later the greater, as everywhere; how long the mainline is shows at its end. `History::places` counts so too.
    let mut position = u64::MAX;
    loop {
        let parent = match node.parents.first() {
            Some(parent) => Some(Node::of(repository, id(*parent))?),
            None => None,
        };
        let is_same = parent
            .as_ref()
            .is_some_and(|parent| parent.tree == node.tree);
        if !is_same {
            let after = Zones::of(&objects, node.tree)?;
            let before = match &parent {
                Some(parent) => Zones::of(&objects, parent.tree)?,
                None => Zones::default(),
            };
            let brought = Brought {
                commit: node.commit,
                position,
                touches_control: before.control() != after.control() && parent.is_some(),
            };
            search.compare(&before, &after, brought)?;
        }
        let Some(parent) = parent else {
            return Ok(search.found);
        };
        node = parent;
        position -= 1;
    }
}

fn output(
    objects: &Objects<'_>,
    folder: ObjectId,
    brought: Brought,
) -> anyhow::Result<Option<Output>> {
    let request = objects.entry(folder, artifact::REQUEST, tree::FILE)?;
    let certificate = objects.entry(folder, artifact::CERTIFICATE, tree::FILE)?;
    let Some((request, certificate)) = request.zip(certificate) else {
        return Ok(None);
    };
    let certificate = objects.blob(certificate, FILE_OCTETS)?;
    Ok(certificate.ok().map(|certificate| Output {
        brought,
        request,
        certificate,
    }))
}
