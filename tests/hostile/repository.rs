//! A repository of `gitca init` with one good request, into which a test puts what a stranger might.
//!
//! Trees are written octet by octet, since no git would make most of them. The good request has to come through
//! whatever lies beside it.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use gitca::x509::certification_request;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

use crate::seeds::seeded_key;
use crate::support::{Answer, Scratch};

/// An entry of a tree: mode, name and object.
pub(crate) type Entry<'a> = (&'a str, &'a [u8], String);

/// The repository.
pub(crate) struct Hostile {
    pub(crate) scratch: Scratch,
}

/// A manifest that the starter policies admit, for a user of this name.
pub(crate) fn manifest(name: &str) -> String {
    manifest_of(
        name,
        &[
            (Attribute::CommonName, name),
            (Attribute::Organization, "dev"),
        ],
        name,
    )
}

/// A manifest of that name for this subject, with the key of this seed.
pub(crate) fn manifest_of(name: &str, values: &[(Attribute, &str)], seed: &str) -> String {
    let mut subject = Subject::default();
    for (attribute, value) in values {
        subject.push(*attribute, (*value).to_owned());
    }
    let sans = SubjectAltNames::default();
    let pem = certification_request::build(&subject, &sans, &seeded_key(seed));
    crate::wide::manifest(
        name,
        "kubernetes.io/kube-apiserver-client",
        "client auth",
        pem.expect("a request").as_bytes(),
    )
}

impl Hostile {
    /// The repository with `requests/good.yaml`: a copy of one that is made once.
    pub(crate) fn new() -> Self {
        static FIRST: OnceLock<Scratch> = OnceLock::new();
        let first = FIRST.get_or_init(|| {
            let scratch = Scratch::with_repository();
            scratch.write("repo/requests/good.yaml", manifest("good"));
            scratch.commit("add good");
            scratch.git(&["tag", "base"]);
            scratch
        });
        let scratch = Scratch::new();
        let copy = format!("cp -a {}/. .", first.path("").display());
        scratch.sh(&copy);
        Self { scratch }
    }

    /// Brings it back to where it began.
    pub(crate) fn reset(&self) {
        self.scratch.git(&["reset", "-q", "--hard", "base"]);
        self.scratch.git(&["clean", "-fdxq"]);
    }

    /// Writes and commits these files.
    pub(crate) fn commit(&self, files: &[(&str, &[u8])]) -> &Self {
        for (path, bytes) in files {
            self.scratch.write(&format!("repo/{path}"), bytes);
        }
        self.scratch.commit("change");
        self
    }

    /// Writes an object, however malformed.
    pub(crate) fn object(&self, kind: &str, octets: &[u8]) -> String {
        self.scratch.write("object", octets);
        let args = ["hash-object", "-t", kind, "--literally", "-w", "../object"];
        self.scratch.git(&args).stdout.trim().to_owned()
    }

    /// Writes a tree with these entries in this order.
    pub(crate) fn tree(&self, entries: &[Entry<'_>]) -> String {
        let mut octets = Vec::new();
        for (mode, name, id) in entries {
            octets.extend(mode.as_bytes());
            octets.push(b' ');
            octets.extend(*name);
            octets.push(0);
            octets.extend((0..id.len()).step_by(2).map(|place| {
                u8::from_str_radix(&id[place..place + 2], 16).expect("hexadecimal digits")
            }));
        }
        self.object("tree", &octets)
    }

    /// Removes a file again.
    pub(crate) fn take_back(&self, path: &str) {
        self.scratch.git(&["rm", "-q", path]);
        self.scratch.commit("take it back");
    }

    /// Commits a tree as `requests/bad`, beside the good request.
    pub(crate) fn commit_bad(&self, tree: &str) -> &Self {
        self.commit_beside(&["good.yaml"], tree)
    }

    /// The same with small files of these names, which are in order.
    pub(crate) fn commit_files(&self, names: impl Iterator<Item = String>) -> &Self {
        let blob = self.object("blob", b"x");
        let names: Vec<String> = names.collect();
        let entries: Vec<(&str, &[u8], String)> = names
            .iter()
            .map(|name| ("100644", name.as_bytes(), blob.clone()))
            .collect();
        self.commit_bad(&self.tree(&entries))
    }

    /// Commits a tree as `requests/bad`, beside these files.
    pub(crate) fn commit_beside(&self, files: &[&str], tree: &str) -> &Self {
        let file = |file: &&str| {
            let file = format!("HEAD:requests/{file}");
            let id = self.scratch.git(&["rev-parse", &file]);
            id.stdout.trim().to_owned()
        };
        let ids: Vec<String> = files.iter().map(file).collect();
        let mut entries: Vec<Entry<'_>> = vec![("40000", b"bad", tree.to_owned())];
        for (file, id) in files.iter().zip(ids) {
            entries.push(("100644", file.as_bytes(), id));
        }
        let requests = self.tree(&entries);
        self.commit_top("requests", &requests)
    }

    /// Commits a tree in place of one at the top.
    pub(crate) fn commit_top(&self, name: &str, tree: &str) -> &Self {
        let listed = self.scratch.git(&["ls-tree", "HEAD"]).stdout;
        let kept = listed
            .lines()
            .filter(|line| !line.ends_with(&format!("\t{name}")));
        let mut lines: Vec<&str> = kept.collect();
        let entry = format!("040000 tree {tree}\t{name}");
        lines.push(&entry);
        self.scratch.write("entries", lines.join("\n") + "\n");
        let made = self
            .scratch
            .sh("git -C repo mktree --missing < entries")
            .stdout;
        self.commit_tree(made.trim())
    }

    /// Commits this top.
    pub(crate) fn commit_tree(&self, tree: &str) -> &Self {
        let args = ["commit-tree", "-p", "HEAD", "-m", "hostile", tree];
        let commit = self.scratch.git(&args).stdout;
        self.scratch
            .git(&["update-ref", "refs/heads/main", commit.trim()]);
        self
    }

    /// What `plan -o json` says.
    #[track_caller]
    pub(crate) fn plan(&self) -> Report {
        Report::of(&self.scratch.in_repo(&["plan", "-o", "json"]))
    }

    /// What `check -o json` says of the work tree.
    #[track_caller]
    pub(crate) fn check(&self) -> Report {
        Report::of(&self.scratch.in_repo(&["check", "-o", "json"]))
    }

    /// What `check -o json` says of everything since the beginning, as of a pull request or a push.
    #[track_caller]
    pub(crate) fn proposed(&self) -> Report {
        self.checked("base", "main")
    }

    /// What `check -o json` says of a merge of this head into this base.
    #[track_caller]
    pub(crate) fn checked(&self, base: &str, head: &str) -> Report {
        let check = ["check", "--base", base, "--head", head, "-o", "json"];
        Report::of(&self.scratch.in_repo(&check))
    }

    /// What `run -o json` says.
    #[track_caller]
    pub(crate) fn run(&self) -> Report {
        Report::of(&self.scratch.in_repo(&["run", "-o", "json"]))
    }
}

/// A report in JSON, and the exit code that came with it.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) code: Option<i32>,
    json: Value,
}

impl Report {
    #[track_caller]
    pub(crate) fn of(answer: &Answer) -> Self {
        Self {
            code: answer.code,
            json: answer.json(),
        }
    }

    /// The verdict on the request, or on the file, of this name.
    pub(crate) fn verdict(&self, name: &str) -> Option<&str> {
        self.result(name)?["verdict"].as_str()
    }

    /// The codes of its reasons.
    pub(crate) fn reasons(&self, name: &str) -> Vec<&str> {
        let reasons = self
            .result(name)
            .and_then(|result| result["reasons"].as_array());
        codes(reasons)
    }

    /// Whether any result about this file has this reason.
    pub(crate) fn has(&self, file: &str, code: &str) -> bool {
        let results = self.json["results"].as_array().into_iter().flatten();
        results
            .filter(|result| result["file"] == file)
            .any(|result| codes(result["reasons"].as_array()).contains(&code))
    }

    /// The codes of the reasons of all results.
    pub(crate) fn all_reasons(&self) -> Vec<&str> {
        let results = self.json["results"].as_array().into_iter().flatten();
        results
            .flat_map(|result| codes(result["reasons"].as_array()))
            .collect()
    }

    /// The codes of everything that stopped the command.
    pub(crate) fn errors(&self) -> Vec<&str> {
        codes(self.json["errors"].as_array())
    }

    /// The codes of all notices.
    pub(crate) fn notices(&self) -> Vec<&str> {
        codes(self.json["notices"].as_array())
    }

    /// What is said of a file or request, as it stands in the report.
    pub(crate) fn told(&self, name: &str) -> String {
        let results = self.json["results"].as_array().into_iter().flatten();
        let about = |result: &&Value| result["request"] == name || result["file"] == name;
        let notices = self.json["notices"].as_array().into_iter().flatten();
        let found = results.chain(notices).filter(about);
        found.map(ToString::to_string).collect()
    }

    /// What stopped the command, as it stands in the report.
    pub(crate) fn error(&self) -> String {
        self.json["errors"].to_string()
    }

    /// The requester of a request.
    pub(crate) fn requester(&self, name: &str) -> &Value {
        &self.result(name).expect("it is there")["requester"]
    }

    fn result(&self, name: &str) -> Option<&Value> {
        let results = self.json["results"].as_array()?;
        results
            .iter()
            .find(|result| result["request"] == name || result["file"] == name)
    }
}

fn codes(findings: Option<&Vec<Value>>) -> Vec<&str> {
    let all = findings.into_iter().flatten();
    all.filter_map(|finding| finding["code"].as_str()).collect()
}

/// Base64 in one line.
pub(crate) fn base64(text: impl AsRef<[u8]>) -> String {
    STANDARD.encode(text)
}
