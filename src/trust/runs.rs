//! Which commits were made by a run of the issuing bot: by its key, where the control zone lists one.
//!
//! In come a commit as git has it and the control zone of its parent; out goes why it is none of a run, if it is none.
//! Without a key the author line is all there is, which anybody can write: certificates prove themselves. A key must
//! count at the time that the commit names, so that a bot may get a new one and its old commits stay its own.

use std::fmt;

use crate::control::ControlZone;
use crate::control::principal::{Principal, PrincipalKind, SshKey};
use crate::snapshot::{Author, Authorship};
use crate::ssh::signature::Signature;
use crate::timestamp::Timestamp;

/// Why a commit is none that a run made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It does not say that it is one.
    Unmarked,
    /// It has no parent, or more than one.
    Merge,
    /// It was made on another commit than its parent.
    Moved,
    /// It changes more than `issued/`.
    Wider,
    /// It changes nothing that a run writes, and a run with nothing to do makes no commit.
    Empty,
    /// The control zone of its parent can't be loaded, so no run could have been made there.
    Lawless,
    /// It is not signed by a key of the issuing bot that counted when it was made.
    Unsigned,
    /// Its author is not the bot of the Settings.
    Stranger,
    /// It claims to be older than the run before it.
    Backdated,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unmarked => "it does not have the trailers of one",
            Self::Merge => "it has not exactly one parent",
            Self::Moved => "its `Gitca-Base` is not its parent, as after a rebase or a cherry-pick",
            Self::Wider => "it changes more than `issued/`",
            Self::Empty => "it changes nothing that a run writes",
            Self::Lawless => "the control zone of its parent can't be loaded",
            Self::Unsigned => "no key of the bot that counted then has signed it",
            Self::Stranger => "its author is not the bot of the Settings",
            Self::Backdated => "it claims to be older than the run before it",
        })
    }
}

/// The Principal of kind bot that has the address of the Settings: other bots may ask, not issue.
#[must_use]
pub fn issuing_bot(zone: &ControlZone) -> Option<&Principal> {
    let found = zone.principal_by_email(&zone.settings.bot.email);
    found.filter(|principal| principal.kind == PrincipalKind::Bot)
}

/// What tells that a run made a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A key of the issuing bot has signed it.
    Signature,
    /// Its author line alone, as no key is listed.
    AuthorLine,
}

/// How it is known that the issuing bot of this control zone made the commit, which says that it was made at that time.
///
/// That time is the word of who has the key. Who has one that is past its `notAfter` can claim a time before that, as long
/// as no run has come after it: the mainline never goes back. Nothing in a repository tells such a commit from one that was
/// made in time, so a key that may be in other hands gets `compromisedFrom`, after which none of its commits is a run's.
///
/// # Errors
/// Why not.
pub fn by_bot(commit: &Authorship, zone: &ControlZone, at: Timestamp) -> Result<Proof, Flaw> {
    let Some(bot) = issuing_bot(zone).filter(|bot| !bot.ssh_keys.is_empty()) else {
        let settings = &zone.settings.bot;
        let is_bot = |author: &Author| {
            same(&author.name, &settings.name) && same(&author.email, &settings.email)
        };
        let is_bot = commit.author.as_ref().is_some_and(is_bot);
        return is_bot.then_some(Proof::AuthorLine).ok_or(Flaw::Stranger);
    };
    if signed_by(commit, bot, at) {
        Ok(Proof::Signature)
    } else {
        Err(Flaw::Unsigned)
    }
}

fn signed_by(commit: &Authorship, bot: &Principal, at: Timestamp) -> bool {
    commit.signature.as_ref().is_some_and(|signed| {
        let key = signed.signature().map(Signature::key);
        let counts = |listed: &SshKey| Some(&listed.key) == key && listed.counts(at);
        bot.ssh_keys.iter().any(counts) && signed.holds()
    })
}

/// Git trims these off the ends of a name or an address when it writes a commit.
fn same(written: &str, meant: &str) -> bool {
    let trimmed = |text: &str| {
        let is_crud = |c: char| c <= ' ' || ".,:;<>\"\\'".contains(c);
        text.trim_matches(is_crud).to_owned()
    };
    trimmed(written) == trimmed(meant)
}
