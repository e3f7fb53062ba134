//! What the tests share: a scratch place with its own home, the real tools, and keys from seeds.
//!
//! Every tool runs with a configuration of its own, a fixed clock and a fixed identity, so that nothing of the machine's
//! user shows in a result. Keys that are committed with the example come from public seeds and guard nothing.
#![expect(clippy::disallowed_methods, reason = "tests run tools and write files")]
#![expect(clippy::print_stdout, reason = "what is not tested must be said")]
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

#[allow(unused_imports, reason = "each test file uses a part of this")]
pub(crate) use seeds::{seeded_key, seeded_octets};

pub(crate) mod seeds;

/// The clock of the tests.
pub(crate) const NOW: &str = "2030-01-01T00:00:00Z";
/// The same in seconds, for git.
pub(crate) const NOW_UNIX: &str = "1893456000 +0000";

/// What a tool answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The answer, if the tool succeeded.
    #[track_caller]
    pub(crate) fn success(self) -> Self {
        assert_eq!(
            self.code,
            Some(0),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The answer, if the tool ended with this code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Its stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}:\n{}\n{}", self.stdout, self.stderr))
    }
}

/// A place for one test, gone when it ends.
pub(crate) struct Scratch {
    directory: TempDir,
}

impl Scratch {
    /// An empty place with an empty home.
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().expect("a temporary directory can be made");
        fs::create_dir(directory.path().join("home")).expect("a home can be made");
        Self { directory }
    }

    /// A place with a gitca repository `repo`, made by `gitca init`.
    pub(crate) fn with_repository() -> Self {
        let scratch = Self::new();
        scratch.gitca(&["init", "repo"]).success();
        scratch
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file and its directories.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file has a directory"))
            .expect("directories can be made");
        fs::write(path, text).expect("the file can be written");
    }

    /// Reads a text file.
    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Changes a text file, which must say what is to be changed.
    #[track_caller]
    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no `{from}`");
        self.write(name, text.replace(from, to));
    }

    /// A command that sees nothing of the machine's user.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.directory.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Test")
            .env("GIT_AUTHOR_EMAIL", "test@example.com")
            .env("GIT_COMMITTER_NAME", "Test")
            .env("GIT_COMMITTER_EMAIL", "test@example.com")
            .env("GIT_AUTHOR_DATE", NOW_UNIX)
            .env("GIT_COMMITTER_DATE", NOW_UNIX)
            .env("GITCA_NOW", NOW)
            .stdin(Stdio::null());
        command
    }

    /// Runs a tool in the place.
    #[track_caller]
    pub(crate) fn run(&self, program: &str, args: &[&str]) -> Answer {
        let output = self.command(program).args(args).output();
        Answer::of(&output.unwrap_or_else(|error| panic!("`{program}` can't be run: {error}")))
    }

    /// Runs gitca in a directory of the place, with these variables.
    #[track_caller]
    pub(crate) fn gitca_with(
        &self,
        directory: &str,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Answer {
        let mut command = self.command(env!("CARGO_BIN_EXE_gitca"));
        command.envs(variables.iter().copied());
        let output = command.arg("-C").arg(directory).args(args).output();
        Answer::of(&output.expect("gitca can be run"))
    }

    /// Runs a shell command in the place and demands that it succeeds.
    #[track_caller]
    pub(crate) fn sh(&self, script: &str) -> Answer {
        self.run("bash", &["-euo", "pipefail", "-c", script])
            .success()
    }

    /// Runs gitca in the place.
    #[track_caller]
    pub(crate) fn gitca(&self, args: &[&str]) -> Answer {
        self.run(env!("CARGO_BIN_EXE_gitca"), args)
    }

    /// Runs gitca in the repository `repo`.
    #[track_caller]
    pub(crate) fn in_repo(&self, args: &[&str]) -> Answer {
        self.gitca(&[&["-C", "repo"], args].concat())
    }

    /// Runs git in the repository `repo`.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> Answer {
        self.run("git", &[&["-C", "repo"], args].concat()).success()
    }

    /// Commits everything in the repository `repo`.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }
}

/// A tool that is there, or a loud word that what needs it is not tested here.
pub(crate) fn tool(name: &str) -> bool {
    let found = Command::new(name)
        .arg("--help")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    if !found {
        println!(
            "NOT TESTED: `{name}` is not on this machine, so its part of this test did not run"
        );
    }
    found
}

/// Says that something was not tested here. A machine that could have been set up for it has to be.
pub(crate) fn untested(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "not tested in CI: {what}");
    say(&format!("NOT TESTED: {what}"));
}

/// Whether system calls can be watched here.
pub(crate) fn has_strace() -> bool {
    let scratch = Scratch::new();
    let works =
        tool("strace") && scratch.run("strace", &["-qq", "-o", "log", "true"]).code == Some(0);
    if !works {
        untested("what programs ask the system for, since `strace` does not work here");
    }
    works
}

/// Says something that the test runner shows, though the test passes.
pub(crate) fn say(line: &str) {
    let mut past_the_capture = std::io::stderr();
    writeln!(past_the_capture, "{line}").expect("the tests have an output");
}

/// Every file below a directory with its path, sorted.
pub(crate) fn files_below(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.expect("the folder can be read");
        if entry.file_type().is_file() {
            let path = entry
                .path()
                .strip_prefix(root)
                .expect("entries lie below the root");
            files.push((
                path.to_string_lossy().into_owned(),
                fs::read(entry.path()).expect("the file can be read"),
            ));
        }
    }
    files
}
