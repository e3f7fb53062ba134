//! Where the commit of a run lands: on the branch of this repository, or on that of a remote.
//!
//! In come the arguments; out come the tip to judge, and after an attempt what is true there. What a server says decides
//! nothing, a new fetch does. Nothing is ever forced: whoever moved the branch first has moved it.

use std::time::Duration;

use crate::batch::Randomness;
use crate::cli::RunArgs;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::{self, Answer, RaceLost, Remote, Repository, fault};
use crate::names::ObjectId;
use crate::survey::Mainline;

// Long enough for a server to finish with somebody else's push.
const FIRST_PAUSE_MILLISECONDS: u64 = 100;
const LONGEST_PAUSE_MILLISECONDS: u64 = 10_000;

/// Where the commit goes.
pub(super) enum Target {
    /// The branch of this repository.
    Here,
    /// The same branch of a remote.
    At(Remote),
}

/// What an attempt to land came to.
pub(super) enum Step {
    /// The commit is on the mainline.
    Landed,
    /// The mainline has moved to this commit.
    Moved(ObjectId),
    /// Nothing has changed; this is why, should no further attempt help.
    Again(Stop),
}

impl Target {
    /// What the arguments say.
    ///
    /// # Errors
    /// For a name that is none, and in the job of a pull request: its code has not been accepted by anybody.
    pub(super) fn of(args: &RunArgs) -> Result<Self, Stop> {
        let Some(remote) = &args.push else {
            return Ok(Self::Here);
        };
        if let Some(variable) = git::pull_request() {
            let message = format!(
                "`run --push` does not work in the job of a pull request (`{variable}` is set)"
            );
            let help =
                "use `gitca check` there, and `gitca run --push` in a job of the protected branch";
            return Err(Stop::because(
                Reason::new(Code::PullRequestContext, message).help(help),
            ));
        }
        remote.parse().map(Self::At).map_err(|error| {
            let message = format!("the remote {error}");
            Stop::because(
                Reason::new(Code::ConfigInvalid, message)
                    .value(remote)
                    .help("git remote -v"),
            )
        })
    }

    pub(super) fn is_remote(&self) -> bool {
        matches!(self, Self::At(_))
    }

    /// The tip of the mainline; with a remote, the one there.
    ///
    /// # Errors
    /// `FetchFailed`, or `MainlineRewritten` when it does not lead to the one that was fetched before.
    pub(super) fn tip(
        &self,
        repository: &Repository,
        branch: &str,
    ) -> anyhow::Result<Option<ObjectId>> {
        let Self::At(remote) = self else {
            return repository.branch_tip(branch);
        };
        let before = repository.fetched(branch)?;
        let tip = repository.fetch(remote, branch)?;
        if let Some(before) = before {
            require_descent(repository, branch, before, tip)?;
        }
        Ok(Some(tip))
    }

    /// Says that the branch does not lead back to what was on it, or to what a run made here: what was issued there would be
    /// signed once more. What was fetched from a remote before has stopped the run already, and what a run has left on the
    /// branch here is taken over.
    ///
    /// # Errors
    /// When the repository can't be read.
    pub(super) fn doubt(&self, mainline: &Mainline) -> anyhow::Result<Option<Finding>> {
        let Some(lost) = mainline.lost()? else {
            return Ok(None);
        };
        let (branch, tip) = (&mainline.branch, mainline.tip);
        let Self::At(remote) = self else {
            let message = format!(
                "the mainline `{branch}` was rewritten or lags behind: {lost} was on it and is not on the first-parent chain of {tip}, so what was issued there may be signed once more"
            );
            let repair = format!("`git merge --ff-only {lost}`");
            return Ok(Some(rewritten_here((tip, lost), message, &repair)));
        };
        if let Some(here) = mainline.repository.branch_tip(branch)?
            && mainline.repository.is_on_mainline(lost, here)?
        {
            return Ok(None);
        }
        let message = format!(
            "a run made {lost} here, which is neither on `{branch}` of `{remote}` nor on that of this clone any more, so what was issued there may be signed once more"
        );
        let repair = format!(
            "`git update-ref refs/gitca/pending/again {lost}`, for the next `gitca run --push`"
        );
        Ok(Some(rewritten_here((tip, lost), message, &repair)))
    }

    /// Tries to land a commit that is a child of `from`.
    ///
    /// # Errors
    /// When no further attempt makes sense.
    pub(super) fn attempt(
        &self,
        repository: &Repository,
        branch: &str,
        (from, commit): (ObjectId, ObjectId),
        random: &mut Randomness<'_>,
    ) -> anyhow::Result<Step> {
        match self {
            Self::Here => land_here(repository, branch, from, commit),
            Self::At(remote) => {
                let answer = repository.push(remote, branch, from, commit)?;
                fault::point("pushed");
                let push = Push {
                    repository,
                    remote,
                    branch,
                    from,
                    commit,
                };
                push.judge(answer, random)
            }
        }
    }
}

/// Waits a random time before attempt number `attempt`, counted from 1.
pub(super) fn wait(attempt: u32, random: &mut Randomness<'_>) {
    let limit = FIRST_PAUSE_MILLISECONDS
        .saturating_mul(1 << attempt.min(16))
        .min(LONGEST_PAUSE_MILLISECONDS);
    let mut octets = [0; 8];
    random(&mut octets);
    git::pause(Duration::from_millis(u64::from_be_bytes(octets) % limit));
}

fn land_here(
    repository: &Repository,
    branch: &str,
    from: ObjectId,
    commit: ObjectId,
) -> anyhow::Result<Step> {
    let Err(error) = repository.land(branch, Some(from), commit) else {
        return Ok(Step::Landed);
    };
    let lost = error.downcast::<RaceLost>()?;
    match lost.found {
        Some(tip) if tip == from => {
            let lock = repository.lock_of(branch);
            let help = format!("if no git process is at work, remove `{}`", lock.display());
            let reason = Reason::new(Code::RaceLost, lost.to_string());
            Ok(Step::Again(Stop::because(reason.help(help))))
        }
        Some(tip) if repository.is_on_mainline(from, tip)? => Ok(Step::Moved(tip)),
        Some(tip) => Err(rewritten(branch, from, tip, None).into()),
        None => Err(lost.into()),
    }
}

/// One push, and what it was about.
struct Push<'p> {
    repository: &'p Repository,
    remote: &'p Remote,
    branch: &'p str,
    from: ObjectId,
    commit: ObjectId,
}

impl Push<'_> {
    fn judge(&self, answer: Answer, random: &mut Randomness<'_>) -> anyhow::Result<Step> {
        let mut tip = self.repository.fetch(self.remote, self.branch)?;
        if tip == self.from && matches!(answer, Answer::Refused(_)) {
            // Somebody else's push may hold the lock and be about to show.
            wait(1, random);
            tip = self.repository.fetch(self.remote, self.branch)?;
        }
        if self.repository.has_landed(self.commit, tip)? {
            return Ok(Step::Landed);
        }
        match answer {
            Answer::Accepted => Err(self.not_visible(tip).into()),
            _ if tip != self.from => {
                require_descent(self.repository, self.branch, self.from, tip)?;
                Ok(Step::Moved(tip))
            }
            Answer::Refused(words) => Err(self.refused(&words).into()),
            Answer::Nothing(words) => Ok(Step::Again(self.failed(&words))),
        }
    }

    fn not_visible(&self, tip: ObjectId) -> Stop {
        let message = format!(
            "`{}` said that it took {}, but `{}` there is at {tip}, which does not have it",
            self.remote, self.commit, self.branch
        );
        let help = "find out what stands between here and the server and rewrites commits; they are pushed as they are";
        Stop::because(Reason::new(Code::PushNotVisible, message).help(help))
    }

    fn refused(&self, words: &str) -> Stop {
        let message = format!(
            "`{}` refuses the commit on `{}`, with the words: {words}",
            self.remote, self.branch
        );
        let help = "let the bot push to this branch; the next `gitca run --push` sends the same certificates";
        Stop::because(Reason::new(Code::PushRefused, message).help(help))
    }

    fn failed(&self, words: &str) -> Stop {
        let message = format!("pushing to `{}` failed: {words}", self.remote);
        let help = "run again: the next `gitca run --push` sends the same certificates";
        Stop::because(Reason::new(Code::PushFailed, message).help(help))
    }
}

/// Stops where the mainline no longer leads back to where it was.
fn require_descent(
    repository: &Repository,
    branch: &str,
    before: ObjectId,
    tip: ObjectId,
) -> anyhow::Result<()> {
    if repository.is_on_mainline(before, tip)? {
        return Ok(());
    }
    let reference = format!("refs/gitca/remote/{branch}");
    Err(rewritten(branch, before, tip, Some(&reference)).into())
}

fn rewritten_here((tip, lost): (ObjectId, ObjectId), message: String, repair: &str) -> Finding {
    let help = format!(
        "see what is missing with `git log --oneline {tip}..{lost}`, and bring it back: {repair}; if it was meant, revoke what was issued there"
    );
    Finding::anywhere(Reason::new(Code::MainlineRewritten, message).help(help))
}

fn rewritten(branch: &str, before: ObjectId, tip: ObjectId, reference: Option<&str>) -> Stop {
    let message = format!(
        "the mainline `{branch}` was rewritten: {before} is not on the first-parent chain of {tip}"
    );
    let help = match reference {
        Some(reference) => {
            format!("find out who did it; if it was meant: git update-ref -d {reference}")
        }
        None => format!("find out who did it: git reflog {branch}"),
    };
    Stop::because(Reason::new(Code::MainlineRewritten, message).help(help))
}
