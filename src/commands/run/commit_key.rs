//! The key of the bot: what signs the commit of a run, and whether the control zone knows it.
//!
//! In come the arguments and a control zone; out comes the signature over a commit, or nothing where none is asked for. The
//! issuing bot is the Principal of kind bot that has the e-mail of `Settings.bot`; where it has keys, one of them must
//! sign, which is found out before anything is signed. Signatures: SSHSIG, namespace `git`, as `git verify-commit` reads.

use std::path::Path;

use crate::cli::RunArgs;
use crate::control::ControlZone;
use crate::control::allowed_signers::GIT_NAMESPACE;
use crate::files;
use crate::finding::{Code, Reason, Stop};
use crate::signing::SigningKey;
use crate::survey::Mainline;
use crate::timestamp::Timestamp;
use crate::trust::issuing_bot;
use crate::world::World;

/// The key that was given, opened when it is first needed.
pub(super) struct CommitKey(Option<SigningKey>);

impl CommitKey {
    /// No key, for a run that commits nothing.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// Opens the key that was given, and holds it against the control zone.
    ///
    /// # Errors
    /// `CommitKeyUnavailable`, `CommitKeyRequired` or `BotKeyUnknown`.
    pub(super) fn open(args: &RunArgs, mainline: &Mainline, world: &World) -> Result<Self, Stop> {
        let file = args.commit_key.as_ref();
        let opened = file.map(|file| read(&world.directory.join(file), mainline));
        let key = Self(opened.transpose()?);
        key.check(&mainline.survey.zone, world.now)?;
        Ok(key)
    }

    /// Demands one of the issuing bot's keys, where it has any.
    ///
    /// # Errors
    /// `CommitKeyRequired` without a key, `BotKeyUnknown` with another one.
    pub(super) fn check(&self, zone: &ControlZone, now: Timestamp) -> Result<(), Stop> {
        let Some(bot) = issuing_bot(zone).filter(|bot| !bot.ssh_keys.is_empty()) else {
            return Ok(());
        };
        let Some(key) = &self.0 else {
            let message = format!(
                "the control zone lists keys of the bot `{}`, so one of them must sign the commit",
                bot.name
            );
            let reason = Reason::new(Code::CommitKeyRequired, message);
            return Err(Stop::because(reason.help(
                "name it: `gitca run --commit-key FILE`, or set the variable `GITCA_COMMIT_KEY`",
            )));
        };
        let counts = bot
            .ssh_keys
            .iter()
            .any(|entry| entry.key == *key.public() && entry.counts(now));
        if counts {
            return Ok(());
        }
        let message = format!(
            "the commit key {} is none that counts now for the bot `{}`",
            key.public().fingerprint(),
            bot.name
        );
        let help = format!(
            "give another key, or list this one in `{}`: {}",
            bot.file,
            key.public().to_openssh()
        );
        Err(Stop::because(
            Reason::new(Code::BotKeyUnknown, message).help(help),
        ))
    }

    /// The signature over a commit; `None` where no key was given.
    pub(super) fn signer(&self) -> Option<impl Fn(&[u8]) -> anyhow::Result<String>> {
        let key = self.0.as_ref()?;
        Some(|octets: &[u8]| {
            let signed = key.sign(GIT_NAMESPACE, octets);
            signed.map_err(|reason| unavailable(reason).into())
        })
    }
}

fn read(file: &Path, mainline: &Mainline) -> Result<SigningKey, Stop> {
    let inside = mainline.repository.workdir();
    if inside.is_some_and(|top| files::is_inside(file, top)) {
        let message = format!(
            "the commit key `{}` lies inside the repository",
            file.display()
        );
        let reason = Reason::new(Code::CommitKeyUnavailable, message);
        return Err(Stop::because(reason.help(
            "move it out, and treat it as leaked if it was ever committed",
        )));
    }
    SigningKey::from_file(file).map_err(unavailable)
}

fn unavailable(reason: Reason) -> Stop {
    Stop::because(Reason {
        code: Code::CommitKeyUnavailable,
        ..reason
    })
}
