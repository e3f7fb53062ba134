//! A repository in a temporary directory, and the `git` that works on it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gitca::git::{Draft, History, Repository};
use gitca::names::ObjectId;
use gitca::snapshot::{Author, Changeset};
use gitca::timestamp::Timestamp;
use tempfile::TempDir;

/// A repository and where it lies.
pub(crate) struct Repo {
    dir: TempDir,
    place: PathBuf,
}

impl Repo {
    /// An empty repository on `main`.
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let place = dir.path().join("repo");
        std::fs::create_dir(&place).expect("a directory");
        let repo = Self { dir, place };
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    /// One with a policy and the request `dev/jane`.
    pub(crate) fn with_request() -> Self {
        let repo = Self::new();
        repo.write("policies/settings.yaml", "kind: Settings\n");
        repo.write("requests/dev/jane.yaml", "jane 1\n");
        repo.commit("begin");
        repo
    }

    /// Makes `main` anew with other dates: that of each commit from its number, the oldest first, as awk reckons.
    pub(crate) fn redate(&self, date: &str) {
        let script = format!(
            "git fast-export main | awk '/^committer /{{ n++; $(NF-1) = {date} }} {{ print }}' | git fast-import --quiet --force"
        );
        let alias = format!("alias.redate=!{script}");
        self.git(&["-c", &alias, "redate"]);
    }

    pub(crate) fn path(&self) -> &Path {
        &self.place
    }

    /// A place outside of the repository.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn open(&self) -> Repository {
        Repository::open(&self.place).expect("a repository")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.place.join(path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("directories");
        std::fs::write(file, text).expect("a file");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.place.join(path)).expect("a file")
    }

    /// Commits the whole work tree.
    pub(crate) fn commit(&self, message: &str) -> ObjectId {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.head()
    }

    pub(crate) fn head(&self) -> ObjectId {
        object(&self.git(&["rev-parse", "HEAD"]))
    }

    /// The standard output of a `git` that succeeds.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.place, arguments, b"")
    }

    /// Makes a commit of a tree with these entries (mode, name, id), however malformed.
    pub(crate) fn hostile(&self, entries: &[(&str, &str, ObjectId)]) -> ObjectId {
        let tree = self.tree(entries).to_string();
        object(&self.git(&["commit-tree", &tree, "-m", "hostile"]))
    }

    /// Writes a tree object without any check.
    pub(crate) fn tree(&self, entries: &[(&str, &str, ObjectId)]) -> ObjectId {
        let mut octets = Vec::new();
        for (mode, name, id) in entries {
            octets.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            octets.extend_from_slice(&id.0);
        }
        let arguments = ["hash-object", "-t", "tree", "--literally", "-w", "--stdin"];
        object(&git(&self.place, &arguments, &octets))
    }

    pub(crate) fn blob(&self, content: &[u8]) -> ObjectId {
        object(&git(
            &self.place,
            &["hash-object", "-w", "--stdin"],
            content,
        ))
    }
}

/// Makes the commit of a run and lands it, as `gitca run` does.
pub(crate) trait Commit {
    fn commit(
        &self,
        base: ObjectId,
        branch: &str,
        changes: &Changeset,
        author: &Author,
        now: Timestamp,
        message: &str,
    ) -> anyhow::Result<ObjectId>;
}

impl Commit for Repository {
    fn commit(
        &self,
        base: ObjectId,
        branch: &str,
        changes: &Changeset,
        author: &Author,
        now: Timestamp,
        message: &str,
    ) -> anyhow::Result<ObjectId> {
        let commit = self.make_commit(&Draft {
            base,
            changes,
            author,
            now,
            message,
            sign: None,
        })?;
        self.land(branch, Some(base), commit)?;
        Ok(commit)
    }
}

/// Runs `git` in any directory.
pub(crate) fn git(dir: &Path, arguments: &[&str], input: &[u8]) -> String {
    let mut command = Command::new("git");
    command
        .current_dir(dir)
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments);
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "Ann"),
        ("GIT_AUTHOR_EMAIL", "ann@example.com"),
        ("GIT_AUTHOR_DATE", "2029-12-01T00:00:00Z"),
        ("GIT_COMMITTER_NAME", "Cai"),
        ("GIT_COMMITTER_EMAIL", "cai@example.com"),
        ("GIT_COMMITTER_DATE", "2029-12-01T00:00:00Z"),
    ] {
        command.env(name, value);
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("git is installed");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input)
        .expect("git reads its input");
    let output = child.wait_with_output().expect("git ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned()
}

pub(crate) fn object(hex: &str) -> ObjectId {
    let mut octets = [0; 20];
    for (octet, place) in octets.iter_mut().zip((0..).step_by(2)) {
        *octet = u8::from_str_radix(&hex[place..place + 2], 16).expect("hexadecimal digits");
    }
    ObjectId(octets)
}

pub(crate) fn bot() -> Author {
    Author {
        name: "gitca".into(),
        email: "gitca@example.com".into(),
    }
}

pub(crate) fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().expect("a time")
}

/// What is known of the requests that a merge of this head changes, whatever keys they have.
pub(crate) fn proposed(repository: &Repository, base: ObjectId, head: ObjectId) -> History {
    let proposal = repository.propose(base, head).expect("a proposal");
    let snapshot = proposal.snapshot(&BTreeSet::new()).expect("a snapshot");
    let (no_keys, none, freed) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    let history = proposal.history(&snapshot, None, &no_keys, &none, &freed);
    history.expect("a history").0
}
