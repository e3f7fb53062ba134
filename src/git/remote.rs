//! The remote: the system's git, run for fetch and push and for nothing else.
//!
//! In come the name of a remote and a branch; out come the tip of the branch there, or what a push came to. What a server
//! says is shown and decides nothing. No argument can be taken for an option: names are checked when they are parsed.
//! Credential helpers, proxies and ssh are those of the operator, who also owns the configuration of this clone.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where the system's git is run, and where it is found out who would run it"
)]

use std::fmt;
use std::io::IsTerminal as _;
use std::process::{Command, Output, Stdio};
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context as _;

use crate::finding::{Code, Reason, Stop};
use crate::git::child;
use crate::git::fault;
use crate::git::ids::{oid, reference_name};
use crate::git::repository::Repository;
use crate::names::{NameError, ObjectId};

// What is seen of remotes; a push may move it.
const REMOTES: &str = "refs/remotes/";
// A remote for one push.
const ONCE: &str = "gitca-push";
// Enough to understand a server, too little to fill a log.
const WORDS: usize = 2_000;
// What was fetched, until it is known to lead back to what was seen before.
const FETCHING: &str = "refs/gitca/fetching/";

/// A remote by its name in git's configuration, or by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote(String);

impl FromStr for Remote {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() || text.starts_with('-') || text.chars().any(char::is_control) {
            return Err(NameError::new(
                "must be the name or the address of a remote, and not begin with `-`",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What `git push` said; only a new fetch tells what is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The server took the commit, it says.
    Accepted,
    /// The server refused, with these words.
    Refused(String),
    /// No word about our branch came back; this is what git said.
    Nothing(String),
}

impl Repository {
    /// The tip of the branch at the remote, as it was last fetched.
    ///
    /// # Errors
    /// When the reference can't be read.
    pub fn fetched(&self, branch: &str) -> anyhow::Result<Option<ObjectId>> {
        self.commit_of(&remote_reference(branch)?)
    }

    /// Fetches the branch from the remote; out comes its tip there. Where that leads back to what was seen there last, it is
    /// what was seen last from now on; where it does not, the old one stays, so that whoever asks next is told as well.
    ///
    /// # Errors
    /// `FetchFailed` with git's words, or what is wrong with the reference here.
    pub fn fetch(&self, remote: &Remote, branch: &str) -> anyhow::Result<ObjectId> {
        let fetching = format!("{FETCHING}{branch}");
        let refspec = format!("+{}:{fetching}", reference_name(branch)?);
        // Without the empty map git would move the references of the configuration too: a branch here, if it says so, or one
        // that somebody else's push moves at the same time.
        let arguments = [
            "fetch",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-gc",
            "--recurse-submodules=no",
            "--refmap=",
            &remote.0,
            &refspec,
        ];
        let turn = self.turn_to_fetch()?;
        let output = self.git(&[], &arguments)?;
        let tip = self.commit_of(&fetching)?;
        let Some(tip) = tip.filter(|_| output.status.success()) else {
            return Err(fetch_failed(remote, branch, &words(&output)).into());
        };
        fault::point("fetched");
        let seen = self.see(branch, tip)?;
        seen.map_err(|error| fetch_failed(remote, branch, &cut(error.message())))?;
        let found = self.inner.find_reference(&fetching);
        let dropped = found.and_then(|mut reference| reference.delete());
        dropped.with_context(|| format!("removing the reference `{fetching}`"))?;
        drop(turn);
        Ok(tip)
    }

    /// Moves what was seen of the remote's branch to this tip, if that leads there.
    fn see(&self, branch: &str, tip: ObjectId) -> anyhow::Result<Result<(), git2::Error>> {
        const WHY: &str = "gitca: remote tip";
        let name = remote_reference(branch)?;
        let set = match self.fetched(branch)? {
            None => self.inner.reference(&name, oid(tip), false, WHY),
            Some(before) if before == tip || !self.is_on_mainline(before, tip)? => {
                return Ok(Ok(()));
            }
            Some(before) => {
                let inner = &self.inner;
                inner.reference_matching(&name, oid(tip), true, oid(before), WHY)
            }
        };
        Ok(set.map(|_| ()))
    }

    /// Pushes a commit to the branch of the remote, if that is at `from` there.
    ///
    /// # Errors
    /// When git can't be run.
    pub fn push(
        &self,
        remote: &Remote,
        branch: &str,
        from: ObjectId,
        commit: ObjectId,
    ) -> anyhow::Result<Answer> {
        let reference = reference_name(branch)?;
        // Without the lease a remote that was rewound to an ancestor would be moved forward over the rewind.
        let lease = format!("--force-with-lease={reference}:{from}");
        let refspec = format!("{commit}:{reference}");
        let (name, mut settings) = self.target(remote)?;
        let arguments = [
            "push",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            "--recurse-submodules=no",
            "--no-signed",
            &lease,
            &name,
            &refspec,
        ];
        // What somebody set for pushes of their own may be what the server does not take; an empty one takes back all.
        settings.extend(["-c".to_owned(), "push.pushOption=".to_owned()]);
        let output = self.git(&settings, &arguments)?;
        Ok(answer(&output, &reference))
    }

    /// The remote to push to, and settings that make it. Git moves what the remote's `fetch` says as if the branch had been
    /// fetched; where that is a branch here, or anything but what is seen of remotes, another remote does without it.
    fn target(&self, remote: &Remote) -> anyhow::Result<(String, Vec<String>)> {
        let prefix = format!("remote.{}.", remote.0);
        let context = || format!("reading the configuration of remote `{remote}`");
        let configuration = self.inner.config().with_context(context)?;
        let mut settings = Vec::new();
        let mut is_odd = false;
        let entries = configuration.entries(None).with_context(context)?;
        entries
            .for_each(|entry| {
                let (Ok(name), Ok(value)) = (entry.name(), entry.value()) else {
                    return;
                };
                let Some(key) = name.strip_prefix(&prefix) else {
                    return;
                };
                let moves = value.rsplit_once(':').map_or("", |(_, moved)| moved);
                let is_mirror = key == "mirror" || key == "push";
                if is_mirror || key == "fetch" && !moves.is_empty() && !moves.starts_with(REMOTES) {
                    is_odd = true;
                } else {
                    settings.extend(["-c".to_owned(), format!("remote.{ONCE}.{key}={value}")]);
                }
            })
            .with_context(context)?;
        Ok(if is_odd {
            (ONCE.to_owned(), settings)
        } else {
            (remote.0.clone(), Vec::new())
        })
    }

    fn git(&self, settings: &[String], arguments: &[&str]) -> anyhow::Result<Output> {
        let is_attended = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let mut command = Command::new("git");
        command
            .current_dir(self.workdir().unwrap_or(self.path()))
            .arg("--git-dir")
            .arg(self.path())
            // Hooks of this clone never run; those of the remote are its own matter.
            .args(["-c", "core.hooksPath=/dev/null"])
            .args(["-c", "core.fsmonitor=false"])
            .args(settings)
            .args(arguments)
            .env("LC_ALL", "C")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env_remove("GIT_DIR");
        if is_attended {
            command.stdin(Stdio::inherit());
        } else {
            command.env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
        }
        child::ended(command).with_context(|| format!("running `git {}`", arguments[0]))
    }
}

/// The variable that says that this is the job of a pull request, whose code nobody has accepted yet.
#[must_use]
pub fn pull_request() -> Option<&'static str> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let event = set("GITHUB_EVENT_NAME");
    let event = event.filter(|event| event.to_string_lossy().starts_with("pull_request"));
    event
        .map(|_| "GITHUB_EVENT_NAME")
        .or_else(|| set("CI_MERGE_REQUEST_IID").map(|_| "CI_MERGE_REQUEST_IID"))
}

/// Waits between two attempts.
pub fn pause(duration: Duration) {
    if !fault::is_hurried() {
        std::thread::sleep(duration);
    }
}

fn remote_reference(branch: &str) -> anyhow::Result<String> {
    reference_name(branch).map(|_| format!("refs/gitca/remote/{branch}"))
}

fn fetch_failed(remote: &Remote, branch: &str, words: &str) -> Stop {
    let message = format!("`{branch}` can't be fetched from `{remote}`: {words}");
    let help = format!("find out why with `git ls-remote {remote} {branch}`, then run again");
    Stop::because(Reason::new(Code::FetchFailed, message).help(help))
}

/// The status line of our branch: `<flag> TAB <from>:<to> TAB <summary>`, git-push(1).
fn answer(output: &Output, reference: &str) -> Answer {
    let text = String::from_utf8_lossy(&output.stdout);
    let status = text.lines().find_map(|line| {
        let (flag, rest) = line.split_once('\t')?;
        let (refs, summary) = rest.split_once('\t')?;
        let (_, to) = refs.rsplit_once(':')?;
        (to == reference).then_some((flag, summary))
    });
    match status {
        Some((" " | "=", _)) if output.status.success() => Answer::Accepted,
        Some(("!", summary)) => Answer::Refused(cut(&format!("{summary}; {}", words(output)))),
        _ => Answer::Nothing(words(output)),
    }
}

/// What git and the server said on stderr, in one line.
fn words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && *line != "remote:" && !line.starts_with("hint:"))
        .collect();
    if lines.is_empty() {
        return format!("git ended with {}", output.status);
    }
    cut(&lines.join("; "))
}

fn cut(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .take(WORDS)
        .collect()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    fn output(code: i32, stdout: &str, stderr: &str) -> Output {
        Output {
            status: ExitStatus::from_raw(code << 8),
            stdout: stdout.into(),
            stderr: stderr.into(),
        }
    }

    #[test]
    fn the_status_line_of_our_branch_is_the_answer() {
        let hook = "remote: no\nhint: try harder\nerror: failed\n";
        for (code, stdout, stderr, expected) in [
            (
                0,
                "To x\n \tab:refs/heads/main\ta..b\nDone\n",
                "",
                Answer::Accepted,
            ),
            (
                0,
                "To x\n=\tab:refs/heads/main\t[up to date]\nDone\n",
                "",
                Answer::Accepted,
            ),
            (
                1,
                "To x\n!\tab:refs/heads/main\t[rejected] (stale info)\nDone\n",
                "",
                Answer::Refused("[rejected] (stale info); git ended with exit status: 1".into()),
            ),
            (
                1,
                "To x\n!\tab:refs/heads/main\t[remote rejected] (pre-receive hook declined)\n",
                hook,
                Answer::Refused(
                    "[remote rejected] (pre-receive hook declined); remote: no; error: failed"
                        .into(),
                ),
            ),
            (
                1,
                " \tab:refs/heads/main\ta..b\n",
                "cut",
                Answer::Nothing("cut".into()),
            ),
            (
                0,
                " \tab:refs/heads/other\ta..b\n",
                "x\u{1b}[2Jy",
                Answer::Nothing("x [2Jy".into()),
            ),
            (128, "", "fatal: no", Answer::Nothing("fatal: no".into())),
        ] {
            let found = answer(&output(code, stdout, stderr), "refs/heads/main");
            assert_eq!(found, expected, "{stdout}");
        }
    }

    #[test]
    fn no_remote_is_an_option() {
        for (text, valid) in [
            ("origin", true),
            ("https://example.com/x.git", true),
            ("../remote.git", true),
            ("", false),
            ("--upload-pack=touch /tmp/x", false),
            ("-f", false),
            ("origin\n", false),
        ] {
            assert_eq!(text.parse::<Remote>().is_ok(), valid, "{text:?}");
        }
    }
}
