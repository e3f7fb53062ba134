//! `gitca new --from FILE`: requests that exist already, as files of the repository.
//!
//! In comes a file with one request or many, such as what `kubectl get csr -o yaml` prints; out comes a manifest for
//! each, all of them or none. Each is one that `check` reads, and none is written over another.

use std::fmt::Write as _;
use std::path::Path;

use crate::cli::NewArgs;
use crate::commands::named;
use crate::commands::new::again;
use crate::commands::new::claim::Claimant;
use crate::files;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::names::{ObjectId, RequestName};
use crate::request::Request;
use crate::request::split::{self, Piece};
use crate::snapshot::Blob;
use crate::worktree;
use crate::world::World;

const NEXT_STEPS: &str = "Next:\n  gitca check\n  git switch -c requests\n  git add requests\n  \
    git commit -m \"request certificates\"\n  git push -u origin requests    # and open a pull request\n";

/// Writes one manifest for each request in the file, all of them or none, and says what comes next.
///
/// # Errors
/// A [`Stop`] when something in the file is no request, or a request of that name is already there.
pub(super) fn from(file: &Path, args: &NewArgs, world: &mut World) -> anyhow::Result<String> {
    let root = worktree::root(&world.directory)?;
    let text = if file == Path::new("-") {
        files::read_stdin()?
    } else {
        files::read_text(&world.directory.join(file))?
    };
    let pieces = split::split(&text).map_err(|reasons| named(file, reasons))?;
    let mut findings = Vec::new();
    let mut manifests = Vec::new();
    for piece in pieces {
        match accept(&piece, args, &root) {
            Ok(name) if manifests.iter().any(|(other, _)| *other == name) => {
                let reason = Reason::new(
                    Code::NameMismatch,
                    "two requests of the file have this name",
                );
                findings.push(Finding::in_request(&name, reason));
            }
            Ok(name) => manifests.push((name, piece)),
            Err(found) => findings.extend(found),
        }
    }
    if !findings.is_empty() {
        return Err(Stop(findings).into());
    }
    let claimant = Claimant::find(args.signing_key.as_deref(), &root, world)?;
    let mut text = String::new();
    for (name, piece) in &manifests {
        let is_new = files::write_inside(&root, &name.manifest(), piece.text.as_bytes())?;
        text.push_str(&told(name, piece, is_new));
    }
    let names = manifests.iter().map(|(name, _)| name);
    let names: Vec<&RequestName> = names
        .filter(|name| !again::is_claimed(name, &root))
        .collect();
    if !names.is_empty() {
        text.push_str(&claimant.claim(&names, &root, world)?);
    }
    Ok(text + NEXT_STEPS)
}

/// The path that the request gets, if it is one that `check` would read and nothing is there yet.
fn accept(piece: &Piece, args: &NewArgs, root: &Path) -> Result<RequestName, Vec<Finding>> {
    let path = match &args.name {
        Some(folder) => format!("{folder}/{}", piece.name),
        None => piece.name.clone(),
    };
    let name: RequestName = path.parse().map_err(|error| {
        let reason = Reason::new(Code::NameMismatch, format!("the name {error}"))
            .field("metadata.name")
            .value(&piece.name)
            .help("rename the request in the file, for example to its user in lower case");
        vec![Finding::anywhere(reason)]
    })?;
    files::refuse_links(root, &name.manifest()).map_err(|Stop(findings)| findings)?;
    if is_another(&name, piece, root) {
        let reason = Reason::new(Code::PathNotAllowed, "is already there, with other content").help(
            "remove it if it was a draft, or give another folder: `gitca new FOLDER --from FILE`",
        );
        return Err(vec![Finding::in_request(&name, reason)]);
    }
    let blob = Blob {
        id: ObjectId([0; 20]),
        bytes: piece.text.clone().into_bytes(),
    };
    match Request::read(&name, &blob) {
        Ok(_) => Ok(name),
        Err(reasons) => Err(reasons
            .into_iter()
            .map(|mut reason| {
                // The file with this line is not written.
                (reason.line, reason.column) = (None, None);
                Finding::in_request(&name, reason)
            })
            .collect()),
    }
}

/// Whether something else lies there; what an earlier call wrote is left as it is.
fn is_another(name: &RequestName, piece: &Piece, root: &Path) -> bool {
    match worktree::file(root, &name.manifest()) {
        Ok(there) => there.is_some_and(|there| there.bytes != piece.text.as_bytes()),
        Err(_) => true,
    }
}

fn told(name: &RequestName, piece: &Piece, is_new: bool) -> String {
    let did = if is_new { "Wrote" } else { "There already is" };
    let mut text = format!("{did} {}.\n", name.manifest());
    if !piece.left_out.is_empty() {
        let fields = piece.left_out.join(", ");
        let _ = writeln!(
            text,
            "  Left out, since an API server fills it in: {fields}"
        );
    }
    text
}
