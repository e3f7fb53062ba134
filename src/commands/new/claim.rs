//! The signed statement that a request is one's own, so that a squash merge keeps who asked.
//!
//! A key that was named must sign; one that only git's configuration names may be another's, or of nobody here, and then
//! the request goes without a statement and the person is told.

use std::fmt::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;

use crate::commands::signer::{self, Bond, Terms};
use crate::finding::Stop;
use crate::git::Repository;
use crate::names::{ObjectName, RequestName};
use crate::signing::SigningKey;
use crate::statement::StatementDecision;
use crate::worktree;
use crate::world::World;

/// Who claims requests, or why nobody does.
pub(super) enum Claimant {
    Nobody,
    /// Nobody, and the person should know why.
    Unable(String),
    Somebody(Box<Somebody>),
}

pub(super) struct Somebody {
    key: SigningKey,
    principal: ObjectName,
    bond: Bond,
    /// Whether the key was named on the command line.
    named: bool,
}

impl Claimant {
    /// Finds the key and its Principal, before anything is written.
    pub(super) fn find(flag: Option<&Path>, root: &Path, world: &World) -> anyhow::Result<Self> {
        match somebody(flag, root, world) {
            Ok(None) => Ok(Self::Nobody),
            Ok(Some(somebody)) => Ok(Self::Somebody(Box::new(somebody))),
            Err(error) if flag.is_none() => Ok(Self::Unable(format!("{error:#}"))),
            Err(error) => Err(error),
        }
    }

    /// Signs that these requests, whose files are written, are one's own; out comes what to tell.
    pub(super) fn claim(
        &self,
        names: &[&RequestName],
        root: &Path,
        world: &mut World,
    ) -> anyhow::Result<String> {
        let unclaimed = |why: &dyn fmt::Display| format!("Not signed as yours: {why}.\n");
        match self {
            Self::Nobody => Ok(String::new()),
            Self::Unable(why) => Ok(unclaimed(why)),
            Self::Somebody(somebody) => match somebody.claim(names, root, world) {
                Err(error) if !somebody.named => Ok(unclaimed(&format_args!("{error:#}"))),
                told => told,
            },
        }
    }

    /// Whether statements were to be written.
    pub(super) fn signs(&self) -> bool {
        matches!(self, Self::Somebody(_))
    }
}

fn somebody(flag: Option<&Path>, root: &Path, world: &World) -> anyhow::Result<Option<Somebody>> {
    let repository = Repository::discover(root)?;
    if flag.is_none() && !signer::is_configured(repository.as_ref())? {
        return Ok(None);
    }
    let zone = signer::rules(root)?;
    // Where nobody is known yet, a signature of whomever would say nothing.
    if flag.is_none() && zone.principals.is_empty() {
        return Ok(None);
    }
    let Some(key) = signer::chosen(flag, repository.as_ref(), world)? else {
        return Ok(None);
    };
    let owner = signer::owner(key.public(), StatementDecision::Request, &zone, world.now);
    Ok(Some(Somebody {
        principal: owner.map_err(Stop::because)?,
        bond: Bond::find(repository.as_ref(), &zone, world)?,
        key,
        named: flag.is_some(),
    }))
}

impl Somebody {
    fn claim(
        &self,
        names: &[&RequestName],
        root: &Path,
        world: &mut World,
    ) -> anyhow::Result<String> {
        let mut text = format!(
            "Signed as a request of {} with {}, for {}, so that a squash merge keeps who asked:\n",
            self.principal,
            self.key.public(),
            self.bond
        );
        for name in names {
            let blob = worktree::file(root, &name.manifest())?.context("the request is gone")?;
            let terms = Terms {
                decision: StatementDecision::Request,
                principal: self.principal.clone(),
                expires: None,
                reason: None,
            };
            let statement = signer::statement(name, &blob, terms, &self.bond, world);
            let file = signer::write(&self.key, &statement, root)?;
            let _ = writeln!(text, "  {file}");
        }
        Ok(text)
    }
}
