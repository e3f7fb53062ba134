//! One commit as a [`Snapshot`]: the control zone whole, requests by name, bytes only of what is open.
//!
//! Trees are checked by [`tree`](super::tree) before one entry is used, sizes are taken from the object's header before
//! anything is inflated. What is wrong in the control zone or at the root is an error, in the data zone a finding on that
//! path alone.

use std::collections::BTreeMap;

use anyhow::Context as _;
use git2::Odb;

use crate::finding::{Code, Finding, Reason};
use crate::git::tree::{self, Entry};
use crate::git::{Repository, to_oid};
use crate::names::{ObjectId, RepoPath, RequestName, Sha256Digest};
use crate::snapshot::{Blob, KeyOwners, Snapshot};
use crate::zones::{self, DataFile};

// Deeper than any path that is allowed.
const DEEPEST: usize = 16;

impl Repository {
    /// Reads one commit.
    ///
    /// # Errors
    /// When git fails; what is wrong in the commit is in the snapshot.
    pub fn snapshot(&self, commit: ObjectId) -> anyhow::Result<Snapshot> {
        let odb = self.inner.odb().context("opening the object database")?;
        let mut reader = Reader {
            odb,
            snapshot: Snapshot {
                commit: Some(commit),
                ..Snapshot::default()
            },
        };
        let root = self
            .inner
            .find_commit(to_oid(commit))
            .context("reading the commit")?
            .tree_id();
        reader.root(super::to_id(root))?;
        reader.open_requests()?;
        Ok(reader.snapshot)
    }

    /// Looks up for which requests these keys were certified.
    ///
    /// # Errors
    /// When git fails.
    pub fn key_owners(&self, commit: ObjectId, keys: &[Sha256Digest]) -> anyhow::Result<KeyOwners> {
        let tree = self.inner.find_commit(to_oid(commit))?.tree()?;
        let mut owners = KeyOwners::new();
        for key in keys {
            let hex = key.to_string();
            let path = format!("issued/_keys/{}/{}", &hex[..2], &hex[2..]);
            let Ok(entry) = tree.get_path(path.as_ref()) else {
                continue;
            };
            let blob = self
                .inner
                .find_blob(entry.id())
                .with_context(|| format!("reading `{path}`"))?;
            owners.insert(
                *key,
                String::from_utf8_lossy(blob.content()).trim().to_owned(),
            );
        }
        Ok(owners)
    }

    /// The entries of a tree object, as far as they can be read; for code that has judged the tree before.
    pub(super) fn entries(&self, id: ObjectId) -> anyhow::Result<BTreeMap<String, Entry>> {
        let odb = self.inner.odb()?;
        let object = odb
            .read(to_oid(id))
            .with_context(|| format!("reading tree {id}"))?;
        let entries = tree::read(object.data()).unwrap_or_default();
        Ok(entries
            .into_iter()
            .map(|entry| (entry.name.clone(), entry))
            .collect())
    }
}

struct Reader<'r> {
    odb: Odb<'r>,
    snapshot: Snapshot,
}

impl Reader<'_> {
    fn root(&mut self, id: ObjectId) -> anyhow::Result<()> {
        let entries = match self.tree(id)? {
            Ok(entries) => entries,
            Err(reason) => {
                self.snapshot.errors.push(Finding::anywhere(reason));
                return Ok(());
            }
        };
        for entry in entries {
            let folded = entry.name.to_ascii_lowercase();
            let is_zone = zones::CONTROL.contains(&folded.as_str())
                || [zones::REQUESTS, zones::ISSUED].contains(&folded.as_str());
            if !is_zone {
                continue;
            }
            if let Some(reason) = zone_problem(&entry, &folded) {
                self.snapshot.errors.push(Finding {
                    file: entry.name.parse().ok(),
                    ..Finding::anywhere(reason)
                });
            } else if folded == zones::REQUESTS {
                self.requests(entry.id, "", 0)?;
            } else if folded == zones::ISSUED {
                self.issued(entry.id, "", 0)?;
            } else {
                self.control(entry.id, &folded, 0)?;
            }
        }
        Ok(())
    }

    fn tree(&self, id: ObjectId) -> anyhow::Result<Result<Vec<Entry>, Reason>> {
        let object = self
            .odb
            .read(to_oid(id))
            .with_context(|| format!("reading tree {id}"))?;
        Ok(tree::read(object.data()))
    }

    fn blob(&self, id: ObjectId, limit: u64) -> anyhow::Result<Result<Vec<u8>, Reason>> {
        let (size, _) = self
            .odb
            .read_header(to_oid(id))
            .with_context(|| format!("reading object {id}"))?;
        if size as u64 > limit {
            let message = format!("has {size} octets, more than the {limit} allowed");
            return Ok(Err(Reason::new(Code::FileTooLarge, message)));
        }
        Ok(Ok(self.odb.read(to_oid(id))?.data().to_vec()))
    }

    fn control(&mut self, id: ObjectId, path: &str, depth: usize) -> anyhow::Result<()> {
        let entries = match self.tree(id)? {
            Ok(entries) if depth < DEEPEST => entries,
            Ok(_) => {
                self.error(path, Reason::new(Code::PathNotAllowed, "lies too deep"));
                return Ok(());
            }
            Err(reason) => {
                self.error(path, reason);
                return Ok(());
            }
        };
        for entry in entries {
            let path = format!("{path}/{}", entry.name);
            if let Some(reason) = entry.problem {
                self.error(&path, reason);
            } else if entry.is_tree {
                self.control(entry.id, &path, depth + 1)?;
            } else {
                match (
                    self.blob(entry.id, zones::control_limit(&path))?,
                    path.parse(),
                ) {
                    (Ok(bytes), Ok(name)) => drop(self.snapshot.control.insert(
                        name,
                        Blob {
                            id: entry.id,
                            bytes,
                        },
                    )),
                    (Err(reason), _) => self.error(&path, reason),
                    (_, Err(_)) => {
                        self.error(&path, Reason::new(Code::PathNotAllowed, "is no valid path"));
                    }
                }
            }
        }
        Ok(())
    }

    fn error(&mut self, path: &str, reason: Reason) {
        self.snapshot.errors.push(Finding {
            file: path.parse().ok(),
            ..Finding::anywhere(reason)
        });
    }

    /// Names only: no blob is read. `path` is below `requests/`.
    fn requests(&mut self, id: ObjectId, path: &str, depth: usize) -> anyhow::Result<()> {
        let entries = match self.tree(id)? {
            Ok(entries) if depth < DEEPEST => entries,
            Ok(_) => {
                self.finding(path, Reason::new(Code::PathNotAllowed, "lies too deep"));
                return Ok(());
            }
            Err(reason) => {
                self.finding(path, reason);
                return Ok(());
            }
        };
        if entries.len() > zones::DIRECTORY_ENTRIES {
            let message = format!("has more than {} entries", zones::DIRECTORY_ENTRIES);
            self.finding(path, Reason::new(Code::TooManyFiles, message));
            return Ok(());
        }
        let directories: Vec<String> = entries
            .iter()
            .filter(|entry| entry.is_tree)
            .map(|entry| entry.name.clone())
            .collect();
        for entry in entries {
            let path = if path.is_empty() {
                entry.name.clone()
            } else {
                format!("{path}/{}", entry.name)
            };
            if let Some(reason) = entry.problem {
                self.finding(&path, reason);
            } else if entry.is_tree {
                self.requests(entry.id, &path, depth + 1)?;
            } else {
                self.data_file(&path, entry.id, &directories);
            }
        }
        Ok(())
    }

    fn data_file(&mut self, path: &str, id: ObjectId, directories: &[String]) {
        match zones::data_file(path) {
            DataFile::LetThrough => {}
            DataFile::Refused(reason) => self.finding(path, reason),
            DataFile::Manifest(name)
                if directories.iter().any(|directory| directory == name.name()) =>
            {
                let message = "is also a directory, and their outputs would lie in one folder";
                self.finding(
                    path,
                    Reason::new(Code::PathNotAllowed, message)
                        .help("rename the file or the directory"),
                );
            }
            DataFile::Manifest(name) => drop(self.snapshot.requests.insert(name, id)),
        }
    }

    fn finding(&mut self, path: &str, reason: Reason) {
        let file: Option<RepoPath> = format!("requests/{path}")
            .trim_end_matches('/')
            .parse()
            .ok();
        // A name that is no path can only be shown with its directory.
        let directory = path
            .rsplit_once('/')
            .map_or("requests".to_owned(), |(directory, _)| {
                format!("requests/{directory}")
            });
        let file = file.or_else(|| directory.parse().ok());
        self.snapshot.findings.push(Finding {
            file,
            ..Finding::anywhere(reason)
        });
    }

    /// Every directory that holds `request.yaml` is the output of a request.
    fn issued(&mut self, id: ObjectId, path: &str, depth: usize) -> anyhow::Result<()> {
        let Ok(entries) = self.tree(id)? else {
            let message = "is malformed; only `gitca run` writes here";
            self.error("issued", Reason::new(Code::TreeOrder, message));
            return Ok(());
        };
        for entry in entries
            .into_iter()
            .filter(|entry| depth < DEEPEST && !entry.name.starts_with('_'))
        {
            if entry.is_tree {
                let path = if path.is_empty() {
                    entry.name
                } else {
                    format!("{path}/{}", entry.name)
                };
                self.issued(entry.id, &path, depth + 1)?;
            } else if entry.name == "request.yaml"
                && let Ok(name) = path.parse()
            {
                self.snapshot.issued.insert(name, entry.id);
            }
        }
        Ok(())
    }

    /// The bytes of the requests that `issued/` does not hold.
    fn open_requests(&mut self) -> anyhow::Result<()> {
        let open: Vec<(RequestName, ObjectId)> = self
            .snapshot
            .requests
            .iter()
            .filter(|(name, _)| !self.snapshot.is_unchanged(name))
            .map(|(name, id)| (name.clone(), *id))
            .collect();
        for (name, id) in open {
            match self.blob(id, zones::REQUEST_OCTETS)? {
                Ok(bytes) => drop(self.snapshot.open.insert(name, Blob { id, bytes })),
                Err(reason) => {
                    self.snapshot.requests.remove(&name);
                    self.snapshot
                        .findings
                        .push(Finding::in_request(&name, reason));
                }
            }
        }
        Ok(())
    }
}

/// A zone must be a directory of exactly its name.
fn zone_problem(entry: &Entry, zone: &str) -> Option<Reason> {
    if let Some(reason) = &entry.problem {
        return Some(reason.clone());
    }
    if entry.name != zone {
        let message = format!("`{}` could be taken for the zone `{zone}`", entry.name);
        return Some(Reason::new(Code::TreeDuplicate, message).help("rename it"));
    }
    (!entry.is_tree).then(|| {
        Reason::new(
            Code::UnexpectedFile,
            format!("`{zone}` must be a directory"),
        )
    })
}
