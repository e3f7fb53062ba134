//! Walks the zones of a commit or of a work tree and fills a snapshot.
//!
//! A [`Source`] lists directories and reads files; everything else happens here, so that both see the same rules. Names
//! come first: of the data zone only the requests that `issued/` does not hold are read. A violation in the control zone,
//! in the output zone or at the top is an error, one in the data zone a finding that takes the requests at and below it
//! out of the snapshot, so that nothing that is in doubt can be signed.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Code, Finding, Reason};
use crate::names::{ObjectId, RepoPath, RequestName};
use crate::snapshot::{Blob, Snapshot};
use crate::zones::again::Again;
use crate::zones::attributes;
use crate::zones::copies::{Copies, copied};
use crate::zones::hunt::Hunt;
use crate::zones::paths::{
    ATTRIBUTES, CONTROL_ENTRIES, CONTROL_OCTETS, DIRECTORY_ENTRIES, ENTRIES, Folder, LIST_OCTETS,
    Role, Zone, folder_place, place, size_limit,
};
use crate::zones::source::{Child, Kind, Scope, Source, Statements};

// What is read of a repository in all.
const OCTETS: usize = 1 << 30;
// As deep as requests may lie; it bounds the recursion, too.
const CONTROL_PIECES: usize = 8;

/// Reads all zones below the given top directory; the requests in `also` are opened although `issued/` holds them.
///
/// # Errors
/// When the source fails; whatever is wrong in the repository is in the snapshot.
pub fn survey<S: Source>(
    source: &S,
    top: &S::Handle,
    also: &BTreeSet<RequestName>,
) -> anyhow::Result<Snapshot> {
    let mut survey = Survey::of(source);
    survey.also.clone_from(also);
    // `issued/` sorts before `requests/`, so what is open is known when a request is met.
    for child in survey.list(top, "", Scope::Root)? {
        survey.zone(child)?;
    }
    survey.read_statements()?;
    survey.refuse_collisions();
    survey.refuse_hidden();
    survey.drop_distrusted();
    Ok(survey.snapshot)
}

/// Reads the control zone alone.
///
/// # Errors
/// When the source fails; whatever is wrong in the control zone is in the snapshot.
pub fn control<S: Source>(source: &S, top: &S::Handle) -> anyhow::Result<Snapshot> {
    let mut survey = Survey::of(source);
    // The keys that lie about are those of the tip.
    survey.hunt.files_left = 0;
    for child in survey.list(top, "", Scope::Root)? {
        if matches!(Zone::of(&child.name), None | Some(Zone::Control)) {
            survey.zone(child)?;
        }
    }
    Ok(survey.snapshot)
}

pub(super) struct Survey<'s, S: Source> {
    pub(super) source: &'s S,
    pub(super) snapshot: Snapshot,
    /// Requests that are opened whether they changed or not.
    also: BTreeSet<RequestName>,
    /// Directories of `requests/`, which no request may be called as.
    pub(super) request_folders: Vec<RequestName>,
    /// Directories of `issued/` that hold other requests.
    pub(super) output_folders: Vec<RequestName>,
    /// Directories of `requests/` whose changes are hidden from reviewers.
    pub(super) hidden_folders: Vec<String>,
    /// Directories of statements, whether anybody asks for their requests or not.
    pub(super) statement_folders: Vec<Statements<S::Handle>>,
    /// Requests about which something was said that can't be read.
    pub(super) distrusted: Vec<RequestName>,
    pub(super) entries_left: usize,
    pub(super) control_left: usize,
    /// How many octets files that decide may still have, and lists of keys.
    pub(super) control_octets_left: usize,
    pub(super) list_octets_left: usize,
    /// Whether it was said that they have too many.
    pub(super) is_control_full: bool,
    pub(super) copies: Copies,
    again: Again,
    octets_left: usize,
    pub(super) hunt: Hunt,
    /// How many findings each directory has had, and how many all had, whether they were said or not.
    pub(super) reported: BTreeMap<String, usize>,
    pub(super) faults: usize,
}

impl<'s, S: Source> Survey<'s, S> {
    fn of(source: &'s S) -> Self {
        Self {
            source,
            snapshot: Snapshot::default(),
            also: BTreeSet::new(),
            request_folders: Vec::new(),
            output_folders: Vec::new(),
            hidden_folders: Vec::new(),
            statement_folders: Vec::new(),
            distrusted: Vec::new(),
            entries_left: ENTRIES,
            control_left: CONTROL_ENTRIES,
            control_octets_left: CONTROL_OCTETS,
            list_octets_left: LIST_OCTETS,
            is_control_full: false,
            copies: Copies::default(),
            again: Again::default(),
            octets_left: OCTETS,
            hunt: Hunt::default(),
            reported: BTreeMap::new(),
            faults: 0,
        }
    }

    fn zone(&mut self, child: Child<S::Handle>) -> anyhow::Result<()> {
        let name = child.name.as_str();
        match (child.kind, Zone::of(name)) {
            (Kind::File, None) if name == ATTRIBUTES => self.attributes(name, &child.handle),
            (_, None) if self.source.has_inert_files() => {
                self.search_below(child.name.clone(), child)
            }
            (_, None) => Ok(()),
            (Kind::File, Some(_)) => {
                let reason = Reason::new(Code::UnexpectedFile, "this must be a directory");
                let reason = reason.help("move the file elsewhere");
                self.snapshot.errors.push(finding(name, reason));
                Ok(())
            }
            (Kind::Directory, Some(Zone::Control)) => self.control(name, &child.handle, 1),
            (Kind::Directory, Some(Zone::Data)) => self.requests(name, &child.handle),
            (Kind::Directory, Some(Zone::Output)) => self.outputs(name, &child.handle),
        }
    }

    fn control(&mut self, path: &str, handle: &S::Handle, pieces: usize) -> anyhow::Result<()> {
        for child in self.list(handle, path, Scope::Zone)? {
            let path = format!("{path}/{}", child.name);
            match child.kind {
                Kind::File => self.control_file(&path, &child.handle)?,
                Kind::Directory if pieces < CONTROL_PIECES => {
                    self.control(&path, &child.handle, pieces + 1)?;
                }
                Kind::Directory => {
                    self.report(&path, too_deep());
                    self.search_below(path, child)?;
                }
            }
        }
        Ok(())
    }

    fn control_file(&mut self, path: &str, handle: &S::Handle) -> anyhow::Result<()> {
        match place(path) {
            _ if self.is_control_full => {}
            Err(misplaced) => {
                self.report_with(path, || misplaced.reason(path));
                self.search_file(path, handle)?;
            }
            Ok(Role::Attributes) => self.attributes(path, handle)?,
            Ok(Role::LetThrough) => self.search_file(path, handle)?,
            Ok(_) => {
                let blob = self.read(path, handle)?;
                if let Some(blob) = blob.and_then(|blob| self.within_octets(path, blob)) {
                    self.search_control(path, &blob.bytes);
                    self.snapshot
                        .control
                        .extend(repo_path(path).map(|path| (path, blob)));
                }
            }
        }
        Ok(())
    }

    fn requests(&mut self, path: &str, handle: &S::Handle) -> anyhow::Result<()> {
        let children = self.list(handle, path, Scope::Zone)?;
        self.check_count(path, children.len());
        if children.len() > DIRECTORY_ENTRIES {
            return self.search_all(path, children);
        }
        let mut below = format!("{path}/");
        let start = below.len();
        for child in children {
            below.truncate(start);
            below.push_str(&child.name);
            match child.kind {
                Kind::File => self.request_file(&below, &child.handle)?,
                Kind::Directory => self.request_folder(below.clone(), child)?,
            }
        }
        Ok(())
    }

    fn request_folder(&mut self, path: String, child: Child<S::Handle>) -> anyhow::Result<()> {
        self.doubt_folder(&path);
        let handle = &child.handle;
        let below = path.strip_prefix("requests/").unwrap_or(&path);
        match folder_place(below) {
            Err(misplaced) => {
                self.report_with(&path, || misplaced.folder_reason(below));
                self.search_below(path, child)?;
            }
            Ok(Folder::Statements(request)) => self.statement_folders.push(Statements {
                path,
                request,
                handle: child.handle,
            }),
            Ok(Folder::Requests(name)) => {
                self.request_folders.push(name);
                self.requests(&path, handle)?;
            }
        }
        Ok(())
    }

    fn request_file(&mut self, path: &str, handle: &S::Handle) -> anyhow::Result<()> {
        match place(path) {
            Err(misplaced) => {
                self.doubt(path);
                self.report_with(path, || misplaced.reason(path));
                self.search_file(path, handle)?;
            }
            Ok(Role::Attributes) => self.request_attributes(path, handle)?,
            Ok(Role::Manifest(name)) => self.manifest(path, name, handle)?,
            Ok(Role::Revocation(name)) => self.revocation(path, name, handle)?,
            Ok(Role::LetThrough | Role::Control | Role::Statement(_)) => {
                self.search_file(path, handle)?;
            }
        }
        Ok(())
    }

    fn manifest(
        &mut self,
        path: &str,
        name: RequestName,
        handle: &S::Handle,
    ) -> anyhow::Result<()> {
        let Some(id) = self.identify(path, handle)? else {
            return Ok(());
        };
        if self.snapshot.issued.get(&name) != Some(&id) || self.also.contains(&name) {
            if !self.admits(path, id) {
                return Ok(());
            }
            let Some(blob) = self.read(path, handle)? else {
                return Ok(());
            };
            // The reader of requests says so itself; what it refuses blocks the key for others.
            self.search_once(path, &blob);
            self.snapshot.open.insert(name.clone(), blob);
        }
        self.snapshot.requests.insert(name, id);
        Ok(())
    }

    pub(super) fn attributes(&mut self, path: &str, handle: &S::Handle) -> anyhow::Result<()> {
        if let Some(blob) = self.read(path, handle)? {
            self.search_and_tell(path, &blob);
            for reason in attributes::judge(path, &blob.bytes) {
                self.report(path, reason);
            }
        }
        Ok(())
    }

    pub(super) fn list(
        &mut self,
        handle: &S::Handle,
        path: &str,
        scope: Scope,
    ) -> anyhow::Result<Vec<Child<S::Handle>>> {
        let Some(listing) = self.look_into(path, handle, scope)? else {
            self.report(path, copied());
            return Ok(Vec::new());
        };
        for (name, reason) in listing.faults {
            match name {
                // Whatever is wrong at the top is an error, even about `requests`.
                name if scope == Scope::Root => {
                    let name = name.unwrap_or_default();
                    self.snapshot.errors.push(finding(&name, reason));
                }
                Some(name) => {
                    let path = format!("{path}/{name}");
                    self.doubt(&path);
                    self.report(&path, reason);
                }
                None => self.report(path, reason),
            }
        }
        // At the top nothing that is refused is signed over anyway.
        let refused = if scope == Scope::Zone {
            listing.refused
        } else {
            Vec::new()
        };
        for child in self.within_bounds(path, refused) {
            self.search_below(format!("{path}/{}", child.name), child)?;
        }
        Ok(self.within_bounds(path, listing.children))
    }

    pub(super) fn read(&mut self, path: &str, handle: &S::Handle) -> anyhow::Result<Option<Blob>> {
        let object = self.source.object(handle);
        let known = object.and_then(|object| self.again.get(object, size_limit(path)));
        let content = match known {
            Some(blob) => Ok(blob),
            None => self.source.read(handle, size_limit(path))?,
        };
        match content {
            Ok(blob) if blob.bytes.len() <= self.octets_left => {
                self.octets_left -= blob.bytes.len();
                self.again.meet(&blob);
                Ok(Some(blob))
            }
            Ok(_) => {
                let message = format!("what is to be read has more than {OCTETS} octets in all");
                let reason = Reason::new(Code::TooManyFiles, message);
                self.snapshot.errors.push(finding(path, reason));
                Ok(None)
            }
            Err(reason) => self.refuse_content(path, handle, reason),
        }
    }

    /// The blob that a file is; `None` where only reading it would tell and its place does not allow so much.
    pub(super) fn identify(
        &mut self,
        path: &str,
        handle: &S::Handle,
    ) -> anyhow::Result<Option<ObjectId>> {
        if let Some(object) = self.source.object(handle) {
            return Ok(Some(object));
        }
        match self.source.read(handle, size_limit(path))? {
            Ok(blob) => Ok(Some(blob.id)),
            Err(reason) => self.refuse_content(path, handle, reason),
        }
    }

    fn refuse_content<T>(
        &mut self,
        path: &str,
        handle: &S::Handle,
        reason: Reason,
    ) -> anyhow::Result<Option<T>> {
        self.report(path, reason);
        // Where nothing is signed over it anyway, nobody has to know what else is in it.
        if Zone::of(path) != Some(Zone::Control) {
            self.search_file(path, handle)?;
        }
        Ok(None)
    }
}

pub(super) fn finding(path: &str, reason: Reason) -> Finding {
    Finding {
        request: match place(path) {
            Ok(Role::Manifest(name)) => Some(name),
            _ => None,
        },
        file: repo_path(path),
        reason,
    }
}

// What is no proper path (the top itself, `.git` in a tree) has no file to point at.
fn repo_path(path: &str) -> Option<RepoPath> {
    path.parse().ok()
}

fn too_deep() -> Reason {
    let message = format!("a path has at most {CONTROL_PIECES} pieces");
    Reason::new(Code::PathNotAllowed, message)
}
