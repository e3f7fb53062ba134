//! Reads the statements about open requests: `requests/<name>.approvals/`, signed approvals and denials.
//!
//! In come the directories that were met on the way, out go their files by request and name; nothing in here judges one.
//! They are read last, when it is known which requests are open. A directory that can't be read whole takes its request
//! out of the snapshot: what was left out could be a denial.

use crate::finding::{Code, Finding, Reason};
use crate::names::{REVOCATION, RequestName};
use crate::zones::paths::{Role, place};
use crate::zones::source::{Child, Kind, Scope, Source, Statements};
use crate::zones::survey::{Survey, finding};

// Nobody needs more signatures for one request, and each costs a verification.
const STATEMENT_FILES: usize = 64;
// How people may call a revocation.
const REVOCATIONS: [&str; 2] = [REVOCATION, ".revocation.yml"];

impl<S: Source> Survey<'_, S> {
    /// What can't be read and is called as a revocation may be one, so its request waits.
    pub(super) fn doubt(&mut self, path: &str) {
        // A directory may hold hundreds of thousands that are called otherwise.
        if !REVOCATIONS.iter().any(|ending| ends_in(path, ending)) {
            return;
        }
        let path = path.to_ascii_lowercase();
        let stem = path.strip_suffix(".yml").map(|stem| format!("{stem}.yaml"));
        if let Ok(Role::Revocation(name)) = place(stem.as_deref().unwrap_or(&path)) {
            self.distrusted.push(name);
        }
    }

    /// The same of a directory, which is none whatever lies in it.
    pub(super) fn doubt_folder(&mut self, path: &str) {
        if let Ok(Role::Revocation(_)) = place(path) {
            let reason = Reason::new(Code::UnexpectedFile, "a revocation is a file");
            self.report(path, reason.help("rename the directory"));
        }
        self.doubt(path);
    }

    /// A revocation that can't be read may be of what is asked for again, so its request waits.
    pub(super) fn revocation(
        &mut self,
        path: &str,
        name: RequestName,
        handle: &S::Handle,
    ) -> anyhow::Result<()> {
        match self.read(path, handle)? {
            Some(blob) => {
                self.search_and_tell(path, &blob);
                self.snapshot.revocations.insert(name, blob);
            }
            None => self.distrusted.push(name),
        }
        Ok(())
    }

    pub(super) fn read_statements(&mut self) -> anyhow::Result<()> {
        for folder in std::mem::take(&mut self.statement_folders) {
            if self.snapshot.open.contains_key(&folder.request) {
                self.statements(&folder)?;
            } else {
                self.look_beside(&folder)?;
                self.snapshot.stated.insert(folder.request);
            }
        }
        Ok(())
    }

    /// What lies beside the statements on a request that is not open; whoever asks for one of that name later would have to
    /// take it away. They themselves are not read any more; those that are new are searched with what commits brought.
    fn look_beside(&mut self, folder: &Statements<S::Handle>) -> anyhow::Result<()> {
        let children = self.list(&folder.handle, &folder.path, Scope::Zone)?;
        if are_too_many(&folder.path, &children) {
            self.report(&folder.path, too_many());
            return self.search_all(&folder.path, children);
        }
        for child in children {
            let path = format!("{}/{}", folder.path, child.name);
            if child.kind == Kind::Directory || !is_statement(&path) {
                self.statement(&path, child)?;
            }
        }
        Ok(())
    }

    fn statements(&mut self, folder: &Statements<S::Handle>) -> anyhow::Result<()> {
        let before = self.faults;
        let children = self.list(&folder.handle, &folder.path, Scope::Zone)?;
        if self.faults > before {
            let message = "some of what lies here is no statement";
            self.distrust(folder, Reason::new(Code::UnexpectedFile, message));
        }
        if are_too_many(&folder.path, &children) {
            self.distrust(folder, too_many());
            return self.search_all(&folder.path, children);
        }
        for child in children {
            self.statement(&format!("{}/{}", folder.path, child.name), child)?;
        }
        Ok(())
    }

    fn statement(&mut self, path: &str, child: Child<S::Handle>) -> anyhow::Result<()> {
        match (child.kind, place(path)) {
            (Kind::Directory, _) => {
                self.report(path, nested());
                self.search_below(path.to_owned(), child)?;
            }
            (Kind::File, Err(misplaced)) => {
                self.report_with(path, || misplaced.reason(path));
                self.search_file(path, &child.handle)?;
            }
            (Kind::File, Ok(Role::Attributes)) => self.request_attributes(path, &child.handle)?,
            (Kind::File, Ok(Role::Statement(request))) => {
                if let Some(blob) = self.read(path, &child.handle)? {
                    self.search_and_tell(path, &blob);
                    let files = self.snapshot.statements.entry(request).or_default();
                    files.insert(child.name, blob);
                }
            }
            (Kind::File, Ok(_)) => self.search_file(path, &child.handle)?,
        }
        Ok(())
    }

    fn distrust(&mut self, folder: &Statements<S::Handle>, reason: Reason) {
        let reason = reason.help(
            "remove what does not belong there; nothing is signed for this request until then",
        );
        self.distrusted.push(folder.request.clone());
        self.snapshot.findings.push(Finding {
            request: Some(folder.request.clone()),
            ..finding(&folder.path, reason)
        });
    }
}

/// Whether a file at this path says something about a request.
pub(super) fn is_statement(path: &str) -> bool {
    matches!(place(path), Ok(Role::Statement(_)))
}

fn ends_in(path: &str, ending: &str) -> bool {
    let end = path.len().checked_sub(ending.len());
    end.and_then(|end| path.get(end..))
        .is_some_and(|end| end.eq_ignore_ascii_case(ending))
}

/// Whether more of these say something about the request than are read.
fn are_too_many<H>(folder: &str, children: &[Child<H>]) -> bool {
    let is_counted = |child: &&Child<H>| {
        child.kind == Kind::File && is_statement(&format!("{folder}/{}", child.name))
    };
    children.iter().filter(is_counted).count() > STATEMENT_FILES
}

fn too_many() -> Reason {
    let message = format!("a request has at most {STATEMENT_FILES} files of statements");
    Reason::new(Code::TooManyFiles, message)
}

fn nested() -> Reason {
    Reason::new(
        Code::UnexpectedFile,
        "statements lie in no further directory",
    )
    .help("move the files to the directory above")
}
