//! The same inputs as a pull request brings them: on a branch beside a mainline with rules, judged by `check`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use gitca::cli::{CheckArgs, Format, ReportArgs};
use gitca::commands::check::check;
use gitca::output::text;
use gitca::report::{Report, Verdict};
use gitca::world::World;

use crate::{Act, wide};

/// What a branch brings to a path: a file with these octets, or a directory that is there as an object.
pub(crate) enum Brought {
    File(Vec<u8>),
    Directory(String),
}

/// What a case is as a pull request.
#[derive(Default)]
pub(crate) struct Change {
    /// Rules of the mainline beside those that admit all.
    pub(crate) rules: Vec<(String, Vec<u8>)>,
    pub(crate) brings: Vec<(String, Brought)>,
    /// What its commit says.
    pub(crate) message: String,
}

impl Change {
    pub(crate) fn of_file(path: &str, octets: Vec<u8>) -> Self {
        Self {
            brings: vec![(path.to_owned(), Brought::File(octets))],
            ..Self::default()
        }
    }
}

/// Makes the branches `main` and `change` in a repository, which may have objects already.
pub(crate) fn make(folder: &Path, change: &Change) {
    let rules: Vec<(&str, &[u8])> = change
        .rules
        .iter()
        .map(|(path, octets)| (path.as_str(), octets.as_slice()))
        .collect();
    let mut stream = Vec::new();
    commit(&mut stream, "main", "x\n");
    for (path, blob) in wide::files(&rules) {
        file(&mut stream, path.as_str(), &blob.bytes);
    }
    commit(&mut stream, "change", &change.message);
    stream.extend(b"from refs/heads/main\n");
    for (path, brought) in &change.brings {
        match brought {
            Brought::File(octets) => file(&mut stream, path, octets),
            Brought::Directory(tree) => {
                stream.extend(format!("M 040000 {tree} {path}\n").as_bytes());
            }
        }
    }
    let repository = repository(folder);
    git(&repository, &["fast-import", "--quiet", "--force"], &stream);
}

/// Where the repository of a case is made.
pub(crate) fn repository(folder: &Path) -> std::path::PathBuf {
    let repository = folder.join("repository");
    if !repository.exists() {
        fs::create_dir(&repository).unwrap();
        git(
            &repository,
            &["init", "-q", "--bare", "-b", "main", "."],
            &[],
        );
    }
    repository
}

fn commit(stream: &mut Vec<u8>, branch: &str, message: &str) {
    let mut text = String::new();
    write!(
        text,
        "commit refs/heads/{branch}\ncommitter x <x@example.com> 1893456000 +0000\ndata {}\n{message}\n",
        message.len()
    )
    .unwrap();
    stream.extend(text.as_bytes());
}

fn file(stream: &mut Vec<u8>, path: &str, octets: &[u8]) {
    stream.extend(format!("M 100644 inline {path}\ndata {}\n", octets.len()).as_bytes());
    stream.extend(octets);
    stream.push(b'\n');
}

/// The command, with what people read.
pub(crate) fn ready(folder: &Path) -> Act {
    let world = World {
        directory: repository(folder),
        branch: None,
        anchor: None,
        variable: |_| None,
        now: wide::now(),
        random: Box::new(|octets| octets.fill(7)),
        talk: Box::new(|_| ()),
    };
    let args = CheckArgs {
        paths: Vec::new(),
        base: Some("refs/heads/main".to_owned()),
        head: Some("refs/heads/change".to_owned()),
        require_approved: false,
        report: ReportArgs {
            output: Format::Text,
            all: false,
        },
    };
    Box::new(move || {
        let mut report = Report::new("check");
        let is_stopped = check(&args, &world, &mut report).is_err();
        assert!(!text::report(&report, &text::Style::default()).is_empty());
        let verdicts = report.results.iter().map(|result| result.verdict);
        is_stopped
            || verdicts
                .into_iter()
                .any(|verdict| verdict != Verdict::Approved)
    })
}

pub(crate) fn git(folder: &Path, args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new("git")
        .args(["-c", "user.name=x", "-c", "user.email=x@example.com"])
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "git {args:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
