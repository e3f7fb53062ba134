//! `gitca revoke`: a revocation beside a request, to be committed and merged.
//!
//! In come the words of a person and what the mainline knows of the request; out comes the file. Nothing is decided here and
//! no key is needed: whoever gets it merged takes the certificates back. A draft is never written over; what the mainline
//! has is, since what that took back stays so.

mod draft;
mod past;
mod told;

use std::path::Path;

use crate::cli::RevokeArgs;
use crate::commands::revoke::draft::Draft;
use crate::commands::revoke::past::Past;
use crate::files;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::{RepoPath, RequestName};
use crate::plan::listing;
use crate::revocation::Which;
use crate::worktree;
use crate::world::World;

/// Writes the revocation and says what it reaches.
///
/// # Errors
/// A [`Stop`] when there is nothing to revoke, or another revocation is there already; any other error when git or the disk
/// fail.
pub fn revoke(args: &RevokeArgs, world: &World) -> anyhow::Result<String> {
    let root = worktree::root(&world.directory)?;
    let name = listing::name(&args.request);
    let name = name.ok_or_else(|| listing::no_such_request(&args.request))?;
    files::refuse_links(&root, &name.revocation())?;
    let past = Past::find(&name, &root, world)?;
    if past.certificates.is_empty() {
        return Err(nothing_issued(&name, &root)?.into());
    }
    let which = past.which(&args.serial)?;
    let draft = Draft::new(&name, args, &root)?;
    let (verb, which) = put(&draft, which, &past, &root)?;
    Ok(told::told(verb, &which, args, &past, world))
}

/// Puts the file there; says whether it was, and which certificates it names.
fn put(
    draft: &Draft<'_>,
    which: Which,
    past: &Past,
    root: &Path,
) -> anyhow::Result<(&'static str, Which)> {
    let file = draft.name.revocation();
    let Some(there) = worktree::file(root, &file)? else {
        if !past.merged.is_empty() {
            return Err(not_here(file).into());
        }
        let written = files::write_inside(root, &file, &draft.text(&which)?)?;
        anyhow::ensure!(written, "writing `{file}`: it is already there");
        return Ok(("Wrote", which));
    };
    let is_merged = past.merged.contains(&there.id);
    let is_said = draft.is_said_by(&there, &which);
    let open = past.open(&which);
    if is_said && (!is_merged || open.is_empty()) {
        return Ok(("There already is", which));
    }
    if !is_merged {
        return Err(another(file).into());
    }
    // The same words once more would be no change, and reach nothing that came after them.
    let which = if is_said { Which::Serials(open) } else { which };
    files::replace_inside(root, &file, &draft.text(&which)?)?;
    Ok(("Wrote", which))
}

/// What a revocation can't be of.
fn nothing_issued(name: &RequestName, root: &Path) -> anyhow::Result<Stop> {
    if worktree::file(root, &name.manifest())?.is_none() {
        return Ok(listing::no_such_request(name.as_str()));
    }
    let message = format!("nothing was issued for request `{name}`, as far as this clone knows");
    let help = format!(
        "git pull, if it was issued meanwhile; `gitca deny {name}` keeps it from being issued"
    );
    let reason = Reason::new(Code::SerialUnknown, message).help(help);
    Ok(Stop(vec![Finding::in_file(name.manifest(), reason)]))
}

/// The mainline has one that is not in the work tree: a second one would only get in its way.
fn not_here(file: RepoPath) -> Stop {
    let message = "the mainline has a revocation of this request, which is not in the work tree";
    let reason = Reason::new(Code::PathNotAllowed, message);
    let help = format!("git pull, or `git restore {file}`; then the same command again");
    Stop(vec![Finding::in_file(file, reason.help(help))])
}

/// Another revocation that nobody has merged yet.
fn another(file: RepoPath) -> Stop {
    let message = "this revocation is already there, is not merged yet, and says something else";
    let reason = Reason::new(Code::PathNotAllowed, message);
    let help = format!("edit it, or remove it if it was a draft: `git rm -f {file}`");
    Stop(vec![Finding::in_file(file, reason.help(help))])
}
