//! For which repository and branch a statement is signed.
//!
//! In come the rules of the work tree and what the repository knows of its branches; out comes a [`Bond`]. A work tree may be
//! the checkout of somebody's pull request, so that its Settings alone never choose what a person signs for: the mainline
//! that they name must have the same ones, and so must what each remote takes for its main branch. A branch that was named on
//! the command line has the last word.

use std::fmt;

use crate::control::ControlZone;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::Repository;
use crate::names::ObjectId;
use crate::world::World;

/// The repository and the branch that a statement is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::commands) struct Bond {
    pub(super) repository: String,
    pub(super) branch: String,
}

impl fmt::Display for Bond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "branch {} of repository {}",
            self.branch, self.repository
        )
    }
}

impl Bond {
    /// What the Settings of these rules say.
    fn of(zone: &ControlZone) -> Self {
        Self {
            repository: zone.settings.repository.as_str().to_owned(),
            branch: zone.settings.branch.as_str().to_owned(),
        }
    }

    /// Finds it, given the rules of the work tree.
    ///
    /// # Errors
    /// `BranchMismatch` when the Settings that have to agree do not, or are not there.
    pub(in crate::commands) fn find(
        repository: Option<&Repository>,
        zone: &ControlZone,
        world: &World,
    ) -> anyhow::Result<Self> {
        let there = Self::of(zone);
        let branch = world.branch.as_deref();
        let Some(repository) = repository else {
            return match branch {
                Some(branch) if branch != there.branch => Err(elsewhere("here", branch, &there)),
                _ => Ok(there),
            };
        };
        match branch {
            Some(branch) => pinned(repository, branch),
            None => confirmed(repository, there),
        }
    }
}

/// What the Settings at the tip of the branch say that was named.
fn pinned(repository: &Repository, branch: &str) -> anyhow::Result<Bond> {
    let tips = match repository.branch_tip(branch)? {
        Some(tip) => vec![(branch.to_owned(), tip)],
        None => repository.tracked(branch)?.into_iter().collect(),
    };
    let mut found: Option<(String, Bond)> = None;
    for (place, tip) in tips {
        let bond = at(repository, &place, tip)?;
        if bond.branch != branch {
            return Err(elsewhere(
                &format!("at the tip of `{place}`"),
                branch,
                &bond,
            ));
        }
        match &found {
            Some((other, before)) if *before != bond => {
                return Err(differ((other, before), (&place, &bond)));
            }
            _ => found = Some((place, bond)),
        }
    }
    let (_, bond) = found.ok_or_else(|| absent(branch))?;
    Ok(bond)
}

/// What the work tree says, where everything else in the repository says the same.
fn confirmed(repository: &Repository, there: Bond) -> anyhow::Result<Bond> {
    let local = repository.branch_tip(&there.branch)?;
    let local = local.map(|tip| (there.branch.clone(), tip));
    let mut tips: Vec<(String, ObjectId)> = local.into_iter().collect();
    tips.extend(repository.tracked(&there.branch)?);
    let heads = repository.remote_heads()?;
    // Just made: there is nothing that could disagree.
    if tips.is_empty() && heads.is_empty() && repository.head_commit()?.is_none() {
        return Ok(there);
    }
    if tips.is_empty() {
        return Err(absent(&there.branch));
    }
    tips.extend(heads);
    let mut seen = Vec::new();
    for (place, tip) in tips {
        if seen.contains(&tip) {
            continue;
        }
        let bond = at(repository, &place, tip)?;
        if bond != there {
            return Err(differ(("the work tree", &there), (&place, &bond)));
        }
        seen.push(tip);
    }
    Ok(there)
}

/// What the Settings at a commit say.
fn at(repository: &Repository, place: &str, commit: ObjectId) -> anyhow::Result<Bond> {
    let snapshot = repository.control(commit)?;
    let loaded = if snapshot.errors.is_empty() {
        ControlZone::load(&snapshot.control)
    } else {
        Err(snapshot.errors)
    };
    let zone = loaded.map_err(|findings| {
        let message = format!(
            "the rules at the tip of `{place}` can't be read, so that nothing says what would be signed for"
        );
        let mut all = vec![mismatch(message)];
        all.extend(findings);
        Stop(all)
    })?;
    Ok(Bond::of(&zone))
}

fn differ((place, one): (&str, &Bond), (other_place, other): (&str, &Bond)) -> anyhow::Error {
    let place = if place.contains(' ') {
        place.to_owned()
    } else {
        format!("the tip of `{place}`")
    };
    let message = format!(
        "the Settings of {place} are those of {one}, and at the tip of `{other_place}` of {other}"
    );
    Stop(vec![mismatch(message)]).into()
}

fn elsewhere(place: &str, branch: &str, bond: &Bond) -> anyhow::Error {
    let message = format!(
        "the Settings {place} name another mainline, `{}`, not `{branch}`",
        bond.branch
    );
    Stop(vec![mismatch(message)]).into()
}

fn absent(branch: &str) -> anyhow::Error {
    let message = format!("there is no branch `{branch}` here, and no remote's that was fetched");
    Stop(vec![mismatch(message)]).into()
}

fn mismatch(message: String) -> Finding {
    let reason = Reason::new(Code::BranchMismatch, message).field("spec.branch");
    Finding::anywhere(reason.help(
        "`git fetch`, then name the mainline that you know: `gitca --branch main approve REQUEST` (or `deny`, `new`)",
    ))
}
